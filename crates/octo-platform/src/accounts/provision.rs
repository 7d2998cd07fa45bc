//! Making a user of a parent tenant the administrator of a child tenant (identity.md 6.10, P3).

use std::sync::Arc;

use octo_runtime::{
    ChangeSet, Direction, Entity, EntityQuery, NewEntity, RtId, RuntimeError, TargetQuery, Tenant,
};

use super::names::{EXTERNAL_MAPPING, GROUP, GROUP_MEMBER, OCTO_TENANT_PROVIDER, ROLE};
use super::shadow::HomeIdentity;
use super::{mappings, shadow, trust, users};
use crate::seed::OWNERS_GROUP;
use crate::state::PlatformState;

/// The administrator's entry in the child tenant.
#[derive(Debug, Clone)]
pub struct Provisioned {
    /// The mapping entity.
    pub mapping: Entity,
    /// Whether this call made it.
    pub created: bool,
}

/// Why nobody was made administrator.
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
/// Calling it again changes nothing.
///
/// A user who is a shadow in `parent` is mapped under its home identity, because that is who
/// arrives when a token is exchanged straight from home.
///
/// # Errors
/// [`ProvisionError`]; the child is then unchanged.
pub async fn provision_admin(
    state: &PlatformState,
    child: &Arc<Tenant>,
    parent: &Arc<Tenant>,
    user: RtId,
) -> Result<Provisioned, ProvisionError> {
    let account = users::by_id(parent, user)
        .await?
        .ok_or_else(|| ProvisionError::UserUnknown {
            user,
            tenant: parent.id().to_string(),
        })?;
    let home = shadow::home_of(state.sealer(), parent.id(), &account).unwrap_or_else(|| {
        let user_name = users::user_name(&account).to_owned();
        HomeIdentity {
            tenant: parent.id().clone(),
            user,
            user_name,
        }
    });
    let _only_one = state
        .locks()
        .lock(&[child.id().as_str(), "provision"])
        .await;
    let mut changes = ChangeSet::new();
    if !trust::parents(child)
        .await?
        .iter()
        .any(|trust| trust.parent == *parent.id())
    {
        changes = changes.insert(parent_provider(parent));
    }
    let existing = mappings::of(child, &home.tenant, home.user)
        .await?
        .into_iter()
        .next();
    let created = existing.is_none();
    let mapping = match existing {
        Some(mapping) => {
            changes = join_owners(child, changes, (EXTERNAL_MAPPING, mapping.rt_id)).await?;
            Some(mapping)
        }
        None => {
            let mapping = new_mapping(child, &home).await?;
            changes = join_owners(child, changes, (EXTERNAL_MAPPING, mapping.rt_id())).await?;
            changes = changes.insert(mapping);
            None
        }
    };
    let applied = if changes.is_empty() {
        None
    } else {
        Some(child.apply(changes).await?)
    };
    let stored = || {
        applied
            .into_iter()
            .flat_map(|applied| applied.inserted)
            .last()
    };
    let mapping = mapping
        .or_else(stored)
        .ok_or(RuntimeError::TenantUnknown(child.id().clone()))?;
    Ok(Provisioned { mapping, created })
}

fn parent_provider(parent: &Tenant) -> NewEntity {
    NewEntity::of(OCTO_TENANT_PROVIDER)
        .set("Name", format!("ParentTenant_{}", parent.id()))
        .set("DisplayName", format!("Login via {}", parent.id()))
        .set("IsEnabled", true)
        .set("AllowSelfRegistration", true)
        .set("ParentTenantId", parent.id().to_string())
}

async fn new_mapping(child: &Tenant, home: &HomeIdentity) -> Result<NewEntity, RuntimeError> {
    let roles = child.query(EntityQuery::of(ROLE)).await?.items;
    let role_ids: Vec<String> = roles.iter().map(|role| role.rt_id.to_string()).collect();
    Ok(NewEntity::of(EXTERNAL_MAPPING)
        .set("SourceTenantId", home.tenant.to_string())
        .set("SourceUserId", home.user.to_string())
        .set("SourceUserName", home.user_name.clone())
        .set("MappedRoleIds", role_ids))
}

/// Adds the membership in `TenantOwners`, if there is such a group and the mapping is not in it.
async fn join_owners(
    child: &Tenant,
    changes: ChangeSet,
    mapping: (&str, RtId),
) -> Result<ChangeSet, RuntimeError> {
    let query = EntityQuery::of(GROUP).eq("NormalizedGroupName", users::normalize(OWNERS_GROUP));
    let Some(owners) = child.query(query.take(1)).await?.items.into_iter().next() else {
        return Ok(changes);
    };
    let members = TargetQuery::new(owners.rt_id, GROUP_MEMBER, Direction::Outbound)
        .to(EntityQuery::of(EXTERNAL_MAPPING).ids([mapping.1]));
    if child.targets(members).await?.total > 0 {
        return Ok(changes);
    }
    Ok(changes.associate(&owners, GROUP_MEMBER, mapping))
}
