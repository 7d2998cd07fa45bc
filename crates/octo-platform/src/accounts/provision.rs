//! Giving users of a tenant rights in a tenant below it (identity.md 6.10).

use std::sync::Arc;

use octo_runtime::{
    ChangeSet, Direction, Entity, EntityQuery, NewEntity, RtId, RuntimeError, Tenant,
};

use super::names::{EXTERNAL_MAPPING, GROUP, GROUP_MEMBER, OCTO_TENANT_PROVIDER, ROLE};
use super::shadow::HomeIdentity;
use super::{mappings, shadow, trust, users};
use crate::seed::OWNERS_GROUP;
use crate::state::PlatformState;

/// The user's entry in the child tenant.
#[derive(Debug, Clone)]
pub struct Provisioned {
    /// The mapping entity.
    pub mapping: Entity,
    /// Whether this call made it.
    pub created: bool,
}

/// What a user is given.
#[derive(Debug, Default)]
pub struct Rights {
    /// Ids of roles of the child tenant.
    pub roles: Vec<RtId>,
    /// Groups of the child tenant.
    pub groups: Vec<Entity>,
}

/// Why nobody was given rights.
#[derive(Debug, thiserror::Error)]
pub enum ProvisionError {
    /// The user does not exist in the parent tenant.
    #[error("User '{user}' not found in tenant '{tenant}'.")]
    UserUnknown {
        /// The id that was looked for.
        user: RtId,
        /// Where.
        tenant: String,
    },
    /// A tenant could not be read or changed.
    #[error(transparent)]
    Runtime(#[from] RuntimeError),
}

/// Makes `user` of `parent` an administrator of `child`: the child trusts the parent's users, a
/// mapping gives this one all roles of the child, and the mapping is a member of `TenantOwners`.
/// Calling it again changes nothing, but for a membership that was taken away.
///
/// # Errors
/// [`ProvisionError`]; the child is then unchanged.
pub async fn provision_admin(
    state: &PlatformState,
    child: &Arc<Tenant>,
    parent: &Arc<Tenant>,
    user: RtId,
) -> Result<Provisioned, ProvisionError> {
    let home = home_identity(state, parent, user).await?;
    let roles = child.query(EntityQuery::of(ROLE)).await?.items;
    let owners = EntityQuery::of(GROUP).eq("NormalizedGroupName", users::normalize(OWNERS_GROUP));
    let rights = Rights {
        roles: roles.iter().map(|role| role.rt_id).collect(),
        groups: child.first(owners).await?.into_iter().collect(),
    };
    let _only_one = lock(state, child).await;
    if let Some(mapping) = existing(child, &home).await? {
        let changes = trust_parent(child, parent).await?;
        let changes = join(child, changes, mapping.rt_id, &rights.groups).await?;
        if !changes.is_empty() {
            child.apply(changes).await?;
        }
        return Ok(Provisioned {
            mapping,
            created: false,
        });
    }
    create(child, parent, &home, &rights).await
}

/// Gives `user` of `parent` rights in `child`, which trusts the parent's users from then on. A user
/// who has a mapping already keeps it as it is.
///
/// # Errors
/// [`ProvisionError`]; the child is then unchanged.
pub async fn admit(
    state: &PlatformState,
    child: &Arc<Tenant>,
    parent: &Arc<Tenant>,
    user: RtId,
    rights: &Rights,
) -> Result<Provisioned, ProvisionError> {
    let home = home_identity(state, parent, user).await?;
    let _only_one = lock(state, child).await;
    match existing(child, &home).await? {
        Some(mapping) => Ok(Provisioned {
            mapping,
            created: false,
        }),
        None => create(child, parent, &home, rights).await,
    }
}

/// Mappings of a tenant are unique by comparison: whoever adds one takes turns.
pub async fn lock(state: &PlatformState, tenant: &Tenant) -> tokio::sync::OwnedMutexGuard<()> {
    state
        .locks()
        .lock(&[tenant.id().as_str(), "provision"])
        .await
}

/// Who is mapped. A user who is a shadow in `parent` is mapped under its home identity, because
/// that is who arrives when a token is exchanged straight from home.
async fn home_identity(
    state: &PlatformState,
    parent: &Tenant,
    user: RtId,
) -> Result<HomeIdentity, ProvisionError> {
    let account = users::by_id(parent, user)
        .await?
        .ok_or_else(|| ProvisionError::UserUnknown {
            user,
            tenant: parent.id().to_string(),
        })?;
    let home = shadow::home_of(state.sealer(), parent.id(), &account);
    Ok(home.unwrap_or_else(|| HomeIdentity {
        tenant: parent.id().clone(),
        user,
        user_name: users::user_name(&account).to_owned(),
    }))
}

async fn existing(child: &Tenant, home: &HomeIdentity) -> Result<Option<Entity>, RuntimeError> {
    let mappings = mappings::of(child, &home.tenant, home.user).await?;
    Ok(mappings.into_iter().next())
}

async fn create(
    child: &Tenant,
    parent: &Tenant,
    home: &HomeIdentity,
    rights: &Rights,
) -> Result<Provisioned, ProvisionError> {
    let roles: Vec<String> = rights.roles.iter().map(RtId::to_string).collect();
    let mapping = NewEntity::of(EXTERNAL_MAPPING)
        .set("SourceTenantId", home.tenant.to_string())
        .set("SourceUserId", home.user.to_string())
        .set("SourceUserName", home.user_name.clone())
        .set("MappedRoleIds", roles);
    let id = mapping.rt_id();
    let changes = trust_parent(child, parent).await?;
    let changes = join(child, changes, id, &rights.groups).await?;
    let applied = child.apply(changes.insert(mapping)).await?;
    let mapping = applied.inserted.into_iter().find(|new| new.rt_id == id);
    let mapping = mapping.ok_or_else(|| RuntimeError::TenantUnknown(child.id().clone()))?;
    Ok(Provisioned {
        mapping,
        created: true,
    })
}

/// Adds the provider that lets the parent's users in, unless there is one.
async fn trust_parent(child: &Tenant, parent: &Tenant) -> Result<ChangeSet, RuntimeError> {
    let trusted = trust::parents(child).await?;
    let changes = ChangeSet::new();
    if trusted.iter().any(|trust| trust.parent == *parent.id()) {
        return Ok(changes);
    }
    let provider = NewEntity::of(OCTO_TENANT_PROVIDER)
        .set("Name", format!("ParentTenant_{}", parent.id()))
        .set("DisplayName", format!("Login via {}", parent.id()))
        .set("IsEnabled", true)
        .set("AllowSelfRegistration", true)
        .set("ParentTenantId", parent.id().to_string());
    Ok(changes.insert(provider))
}

/// Adds the memberships of a mapping that are missing.
async fn join(
    child: &Tenant,
    changes: ChangeSet,
    mapping: RtId,
    groups: &[Entity],
) -> Result<ChangeSet, RuntimeError> {
    let edges = child
        .associations_of([mapping], Some(GROUP_MEMBER), Direction::Inbound)
        .await?;
    let lists_it = |group: &Entity| edges.iter().any(|edge| edge.origin.rt_id == group.rt_id);
    let missing = groups.iter().filter(|group| !lists_it(group));
    Ok(missing.fold(changes, |changes, group| {
        changes.associate(group, GROUP_MEMBER, (EXTERNAL_MAPPING, mapping))
    }))
}
