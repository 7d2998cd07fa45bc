//! From an identity that somebody else has verified to a user of the tenant (identity.md 6.7, 6.9).
//!
//! A directory or another provider says who a person is: provider and *key*, which stays the same
//! for good. The user in whose `UserLogins` that pair stands is the person. Names and e-mail
//! addresses link nobody: whoever may choose them at the provider could choose somebody else's. (Where
//! a provider answers for addresses, [`external_link`](super::external_link) makes the link.)
//! Somebody unknown gets a user if the provider allows self-registration, with the groups of
//! [`first_login`].
//!
//! Provider names are an administrator's choice. The `idp` claim of such a sign-in begins with a
//! prefix that no other kind of sign-in has, so that no name can be taken for the local log-in or
//! for that of a parent tenant.

use octo_runtime::{
    ChangeSet, Criteria, Entity, EntityQuery, NewEntity, Operand, Operator, Record, RtId,
    RuntimeError, Tenant, Value,
};

use super::names::{MODEL, USER};
use super::sign_in::{Refusal, SignedInUser};
use super::{first_login, shadow, sign_in, users};
use crate::state::PlatformState;

/// How the `idp` claim of a sign-in through another provider begins; the provider's name follows.
pub(super) const IDP_PREFIX: &str = "external:";
/// Longest text of a user, in characters.
const MAX_TEXT: usize = 256;

/// Who somebody is, as a provider has verified it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExternalIdentity {
    /// What identifies the person at the provider for good.
    pub key: String,
    /// A name for a new user; another one is found if it cannot be used.
    pub user_name: String,
    /// Given name.
    pub first_name: Option<String>,
    /// Family name.
    pub last_name: Option<String>,
    /// E-mail address, if the provider answers for it.
    pub verified_email: Option<String>,
}

/// The user for an identity that `provider` has verified. The caller has checked that the provider
/// is enabled.
///
/// # Errors
/// [`RuntimeError`] if the tenant cannot be read or changed; a refusal is not an error.
pub async fn admit(
    state: &PlatformState,
    tenant: &Tenant,
    provider: &Entity,
    identity: &ExternalIdentity,
) -> Result<Result<SignedInUser, Refusal>, RuntimeError> {
    let _only_one = users::lock(state, tenant).await;
    let user = match linked(tenant, provider, &identity.key).await? {
        Some(user) if is_shadow(state, tenant, &user) => return Ok(Err(Refusal::Invalid)),
        Some(user) if sign_in::is_locked(state, &user) => return Ok(Err(Refusal::LockedOut)),
        Some(user) => user,
        None if provider.attributes.bool("AllowSelfRegistration") == Some(false) => {
            return Ok(Err(Refusal::NotRegistered));
        }
        None => create(tenant, provider, identity).await?,
    };
    Ok(Ok(SignedInUser {
        user,
        idp: idp(provider),
    }))
}

/// `idp` claim of sign-ins through `provider`.
pub fn idp(provider: &Entity) -> String {
    format!("{IDP_PREFIX}{}", name_of(provider))
}

/// How a user whose `idp` claim that is was authenticated: claim `amr`.
pub fn amr(idp: &str) -> Vec<String> {
    let external = idp.starts_with(IDP_PREFIX);
    vec![if external { "external" } else { "pwd" }.to_owned()]
}

/// The user linked to a key of a provider.
pub(super) async fn linked(
    tenant: &Tenant,
    provider: &Entity,
    key: &str,
) -> Result<Option<Entity>, RuntimeError> {
    let login = Criteria::eq("LoginProvider", provider.rt_id.to_string())
        .and(Criteria::eq("ProviderKey", key.to_owned()));
    let has_login = Criteria::field(
        "UserLogins",
        Operator::Match,
        Operand::Criteria(Box::new(login)),
    );
    tenant.first(EntityQuery::of(USER).filter(has_login)).await
}

/// Users of other tenants sign in there, whatever was added to their entity here.
pub(super) fn is_shadow(state: &PlatformState, tenant: &Tenant, user: &Entity) -> bool {
    shadow::is_shadow_name(users::user_name(user))
        || shadow::home_of(state.sealer(), tenant.id(), user).is_some()
}

async fn create(
    tenant: &Tenant,
    provider: &Entity,
    identity: &ExternalIdentity,
) -> Result<Entity, RuntimeError> {
    let name = free_name(tenant, provider, &identity.user_name).await?;
    let email = short(&identity.verified_email);
    let user = NewEntity::of(USER);
    let login = login(provider, &identity.key, user.rt_id());
    let user = user
        .set("NormalizedUserName", users::normalize(&name))
        .set("UserName", name)
        .set_opt("FirstName", short(&identity.first_name))
        .set_opt("LastName", short(&identity.last_name))
        .set_opt("NormalizedEmail", email.as_deref().map(users::normalize))
        .set("EmailConfirmed", email.is_some())
        .set_opt("Email", email.clone())
        .set("TwoFactorEnabled", false)
        .set("LockoutEnabled", true)
        .set("ResetPasswordOnLogin", false)
        .set("SecurityStamp", uuid::Uuid::new_v4().simple().to_string())
        .set("UserLogins", Value::RecordArray(vec![login]));
    let default_group = provider.attributes.str("DefaultGroupRtId");
    let groups = first_login::groups(tenant, default_group, email.as_deref()).await?;
    let id = user.rt_id();
    let changes = first_login::join(ChangeSet::new(), &user, &groups);
    let applied = tenant.apply(changes.insert(user)).await?;
    tracing::info!(tenant = %tenant.id(), user = %id, provider = %provider.rt_id, "first sign-in of an external user");
    let created = applied.inserted.into_iter().find(|user| user.rt_id == id);
    created.ok_or_else(|| RuntimeError::TenantUnknown(tenant.id().clone()))
}

/// What stands in the user for an identity of a provider.
pub(super) fn login(provider: &Entity, key: &str, user: RtId) -> Record {
    Record::of(MODEL, "UserLogin")
        .set("LoginProvider", provider.rt_id.to_string())
        .set("ProviderKey", key)
        .set("ProviderDisplayName", name_of(provider))
        .set("UserId", user.to_string())
}

/// A name nobody in the tenant has, and no address of somebody: the wished one, else with the provider's name, else with a
/// random end.
async fn free_name(tenant: &Tenant, provider: &Entity, wish: &str) -> Result<String, RuntimeError> {
    let wish = usable(wish);
    let with_provider = usable(&format!("{wish}@{}", name_of(provider)));
    for name in [&wish, &with_provider] {
        if !users::is_known(tenant, name).await? {
            return Ok(name.clone());
        }
    }
    Ok(format!("{wish}@{}", uuid::Uuid::new_v4().simple()))
}

/// A wished name in the form names of users have (identity.md 6.1).
fn usable(wish: &str) -> String {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "-._@+".contains(c);
    let name: String = wish
        .trim()
        .chars()
        .take(MAX_TEXT)
        .map(|c| if allowed(c) { c } else { '_' })
        .collect();
    match name.as_str() {
        "" | "." | ".." => "user".to_owned(),
        reserved if shadow::is_shadow_name(reserved) => format!("user_{reserved}"),
        _ => name,
    }
}

fn name_of(provider: &Entity) -> &str {
    provider.attributes.str("Name").unwrap_or_default()
}

fn short(text: &Option<String>) -> Option<String> {
    let text = text.as_deref().map(str::trim);
    let text = text.filter(|text| !text.is_empty() && text.chars().count() <= MAX_TEXT);
    text.map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wished_names_become_names_of_users() {
        for (wish, expected) in [
            ("ada", "ada"),
            (" Ada.L+x@x-y.org ", "Ada.L+x@x-y.org"),
            ("müller/.. %", "m_ller_..__"),
            ("", "user"),
            ("..", "user"),
            ("XT_octosystem_admin", "user_XT_octosystem_admin"),
        ] {
            assert_eq!(usable(wish), expected, "{wish}");
        }
        assert_eq!(usable(&"x".repeat(300)).len(), MAX_TEXT);
    }
}
