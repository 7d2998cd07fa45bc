//! Shadow users: what a user of another tenant is inside a tenant.
//!
//! A shadow user is named `xt_{home tenant}_{user name}`. The name is for people; what counts is
//! the *home link*, an entry in the user's `UserLogins` that names home tenant and home user and is
//! sealed by the platform. Administrators of a tenant may edit every entity of that tenant; without
//! the seal they could turn any user into somebody's shadow and walk into other tenants as that
//! person. For the same reason a shadow user has no password, and a token acts for its home
//! identity only if its `idp` claim says that the home tenant authenticated it.

use octo_runtime::{
    ChangeSet, Criteria, Entity, EntityQuery, NewEntity, Operand, Operator, Record, RtId,
    RuntimeError, Tenant, TenantId, UpdateEntity, Value,
};

use super::names::{MODEL, USER};
use super::{first_login, trust, users};
use crate::secret::Sealer;
use crate::state::PlatformState;

const NAME_PREFIX: &str = "xt_";
const PROVIDER_PREFIX: &str = "octo-tenant:";
/// Ends the id of the home user in a home link; the seal follows.
const KEY_END: char = '.';
const IDP_PREFIX: &str = "ParentTenant_";
const SEAL_LABEL: &str = "home-link";

/// Who a shadow user really is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HomeIdentity {
    /// Tenant that authenticates the user.
    pub tenant: TenantId,
    /// The user there.
    pub user: RtId,
    /// The user's name there.
    pub user_name: String,
}

impl HomeIdentity {
    /// Name of this user's shadow in other tenants.
    pub fn shadow_name(&self) -> String {
        format!("{NAME_PREFIX}{}_{}", self.tenant, self.user_name)
    }

    /// `idp` claim of tokens of this user's shadows.
    pub fn idp(&self) -> String {
        format!("{IDP_PREFIX}{}", self.tenant)
    }
}

/// Whether a token's `idp` claim says that another tenant authenticated the user.
pub fn is_foreign_idp(idp: &str) -> bool {
    idp.starts_with(IDP_PREFIX)
}

/// Whether a name has the form reserved for shadow users.
pub fn is_shadow_name(user_name: &str) -> bool {
    user_name
        .get(..NAME_PREFIX.len())
        .is_some_and(|head| head.eq_ignore_ascii_case(NAME_PREFIX))
}

/// The home identity of a shadow user; `None` for an ordinary user and for a link without valid
/// seal.
pub fn home_of(sealer: &Sealer, tenant: &TenantId, user: &Entity) -> Option<HomeIdentity> {
    user.attributes
        .records("UserLogins")
        .iter()
        .find_map(|login| read_link(sealer, tenant, user.rt_id, login))
}

/// The shadow users of a user of another tenant: those with a valid home link. There should be one.
///
/// # Errors
/// [`RuntimeError`] if the tenant cannot be read.
pub async fn linked_to(
    sealer: &Sealer,
    tenant: &Tenant,
    home: &TenantId,
    user: RtId,
) -> Result<Vec<Entity>, RuntimeError> {
    let key = Criteria::field(
        "ProviderKey",
        Operator::StartsWith,
        format!("{user}{KEY_END}"),
    );
    let login = Criteria::eq("LoginProvider", format!("{PROVIDER_PREFIX}{home}")).and(key);
    let has_login = Criteria::field(
        "UserLogins",
        Operator::Match,
        Operand::Criteria(Box::new(login)),
    );
    let mut found = tenant
        .query(EntityQuery::of(USER).filter(has_login))
        .await?
        .items;
    found.retain(|shadow| {
        home_of(sealer, tenant.id(), shadow)
            .is_some_and(|known| known.tenant == *home && known.user == user)
    });
    Ok(found)
}

/// The e-mail address of a user, if somebody has made sure that it is the user's own.
pub fn confirmed_email(user: &Entity) -> Option<&str> {
    let confirmed = user.attributes.bool("EmailConfirmed") == Some(true);
    user.attributes.str("Email").filter(|_| confirmed)
}

fn read_link(
    sealer: &Sealer,
    tenant: &TenantId,
    shadow: RtId,
    login: &Record,
) -> Option<HomeIdentity> {
    let fields = &login.attributes;
    let home_tenant: TenantId = fields
        .str("LoginProvider")?
        .strip_prefix(PROVIDER_PREFIX)?
        .parse()
        .ok()?;
    let (user, seal) = fields.str("ProviderKey")?.split_once(KEY_END)?;
    let home = HomeIdentity {
        tenant: home_tenant,
        user: user.parse().ok()?,
        user_name: fields.str("ProviderDisplayName")?.to_owned(),
    };
    sealer
        .verify(SEAL_LABEL, &sealed_parts(tenant, shadow, &home), seal)
        .then_some(home)
}

fn sealed_parts<'a>(tenant: &'a TenantId, shadow: RtId, home: &'a HomeIdentity) -> [String; 5] {
    [
        tenant.to_string(),
        shadow.to_string(),
        home.tenant.to_string(),
        home.user.to_string(),
        home.user_name.clone(),
    ]
}

fn link(sealer: &Sealer, tenant: &TenantId, shadow: RtId, home: &HomeIdentity) -> Record {
    let seal = sealer.seal(SEAL_LABEL, &sealed_parts(tenant, shadow, home));
    Record::of(MODEL, "UserLogin")
        .set("LoginProvider", format!("{PROVIDER_PREFIX}{}", home.tenant))
        .set("ProviderKey", format!("{}{KEY_END}{seal}", home.user))
        .set("ProviderDisplayName", home.user_name.clone())
        .set("UserId", shadow.to_string())
}

/// The shadow of `home` in `tenant`, under the name its user has at home by now. Created if it is
/// missing and `may_create`; `None` if it is missing and may not be created, or if its name is taken
/// by the shadow of a former user of the same name.
///
/// # Errors
/// [`RuntimeError`] if a tenant cannot be read or changed.
pub async fn find_or_create(
    state: &PlatformState,
    tenant: &Tenant,
    home: &HomeIdentity,
    may_create: bool,
) -> Result<Option<Entity>, RuntimeError> {
    let home = &named_as_now(state, home.clone()).await?;
    let name = home.shadow_name();
    let _only_one = users::lock(state, tenant).await;
    let mut known = linked_to(state.sealer(), tenant, &home.tenant, home.user).await?;
    if !known.is_empty() {
        let named = known.iter().position(|user| users::user_name(user) == name);
        let shadow = known.swap_remove(named.unwrap_or(0));
        return rename(state, tenant, shadow, home).await.map(Some);
    }
    if let Some(holder) = users::by_name(tenant, &name).await? {
        let Some(former) = home_of(state.sealer(), tenant.id(), &holder) else {
            return adopt(state, tenant, holder, home).await.map(Some);
        };
        let former = named_as_now(state, former).await?;
        rename(state, tenant, holder, &former).await?;
        if former.shadow_name() == name {
            return Ok(None);
        }
    }
    match may_create {
        true => create(state, tenant, home).await.map(Some),
        false => Ok(None),
    }
}

/// The same user, under the name it has at home by now. One who is gone keeps the last name.
async fn named_as_now(
    state: &PlatformState,
    home: HomeIdentity,
) -> Result<HomeIdentity, RuntimeError> {
    let user = at_home(state, &home).await?;
    let user_name = user.map(|user| users::user_name(&user).to_owned());
    Ok(HomeIdentity {
        user_name: user_name.unwrap_or(home.user_name),
        ..home
    })
}

async fn at_home(
    state: &PlatformState,
    home: &HomeIdentity,
) -> Result<Option<Entity>, RuntimeError> {
    match state.find_tenant(home.tenant.as_str()).await? {
        Some(tenant) => users::by_id(&tenant, home.user).await,
        None => Ok(None),
    }
}

/// Gives a shadow user the name that belongs to `home`, unless somebody else has it.
async fn rename(
    state: &PlatformState,
    tenant: &Tenant,
    shadow: Entity,
    home: &HomeIdentity,
) -> Result<Entity, RuntimeError> {
    let name = home.shadow_name();
    if users::user_name(&shadow) == name {
        return Ok(shadow);
    }
    let holder = users::by_name(tenant, &name).await?;
    if holder.is_some_and(|holder| holder.rt_id != shadow.rt_id) {
        tracing::warn!(tenant = %tenant.id(), user = %shadow.rt_id, "a shadow user keeps its old name: the new one is taken");
        return Ok(shadow);
    }
    let mut logins = shadow.attributes.records("UserLogins").to_vec();
    logins.retain(|login| read_link(state.sealer(), tenant.id(), shadow.rt_id, login).is_none());
    logins.push(link(state.sealer(), tenant.id(), shadow.rt_id, home));
    let update = UpdateEntity::from_entity(&shadow)
        .set("NormalizedUserName", users::normalize(&name))
        .set("UserName", name)
        .set("UserLogins", Value::RecordArray(logins));
    tenant.update(update).await
}

async fn create(
    state: &PlatformState,
    tenant: &Tenant,
    home: &HomeIdentity,
) -> Result<Entity, RuntimeError> {
    let name = home.shadow_name();
    let shadow = NewEntity::of(USER);
    let login = link(state.sealer(), tenant.id(), shadow.rt_id(), home);
    let shadow = shadow
        .set("NormalizedUserName", users::normalize(&name))
        .set("UserName", name)
        .set("LockoutEnabled", true)
        .set("ResetPasswordOnLogin", false)
        .set("UserLogins", Value::RecordArray(vec![login]));
    let groups = first_groups(state, tenant, home).await?;
    let id = shadow.rt_id();
    let changes = first_login::join(ChangeSet::new(), &shadow, &groups);
    let applied = tenant.apply(changes.insert(shadow)).await?;
    let created = applied.inserted.into_iter().find(|user| user.rt_id == id);
    created.ok_or_else(|| RuntimeError::TenantUnknown(tenant.id().clone()))
}

/// Groups for a shadow user that is made now: the provider that names the home tenant may have a
/// default group, and rules may name the domain of the address the user has at home, if it is known
/// there that the address is the user's own: administrators of users may write any.
async fn first_groups(
    state: &PlatformState,
    tenant: &Tenant,
    home: &HomeIdentity,
) -> Result<Vec<Entity>, RuntimeError> {
    let trusted = trust::parents(tenant).await?;
    let provider = trusted.iter().find(|trust| trust.parent == home.tenant);
    let default_group = provider.and_then(|trust| trust.default_group.as_deref());
    let user = at_home(state, home).await?;
    let email = user.as_ref().and_then(confirmed_email);
    first_login::groups(tenant, default_group, email).await
}

/// Takes over a user that has the name but no valid link, for example from an imported backup. A
/// password it may have is removed: shadow users sign in at home.
async fn adopt(
    state: &PlatformState,
    tenant: &Tenant,
    user: Entity,
    home: &HomeIdentity,
) -> Result<Entity, RuntimeError> {
    tracing::warn!(tenant = %tenant.id(), user = %user.rt_id, "linking a shadow user without home link");
    let login = link(state.sealer(), tenant.id(), user.rt_id, home);
    let update = UpdateEntity::from_entity(&user)
        .clear("PasswordHash")
        .set("UserLogins", Value::RecordArray(vec![login]));
    tenant.update(update).await
}
