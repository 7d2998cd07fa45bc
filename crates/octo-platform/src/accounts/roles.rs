//! Effective roles of users and clients (identity.md 6.3).

use std::collections::{BTreeMap, BTreeSet};

use octo_runtime::{Direction, Entity, EntityQuery, RtId, RuntimeError, TargetQuery, Tenant};

use super::names::{ASSIGNED_ROLE, CHILD_GROUP, GROUP, GROUP_MEMBER, ROLE};

/// How many levels of nested groups hand on roles; the group that lists the subject is level 0.
const MAX_GROUP_DEPTH: usize = 10;

/// Roles by id.
pub type Roles = BTreeMap<RtId, Entity>;

/// The roles assigned to a user, client or group itself.
///
/// # Errors
/// [`RuntimeError`] if the tenant cannot be read.
pub async fn direct(tenant: &Tenant, subject: RtId) -> Result<Roles, RuntimeError> {
    let roles = far_ends(tenant, subject, ASSIGNED_ROLE, Direction::Outbound, ROLE).await?;
    Ok(roles.into_iter().map(|role| (role.rt_id, role)).collect())
}

/// Direct roles, plus the roles of every group that lists the subject and of the groups nested in
/// those, ten levels deep; each group counts once.
///
/// # Errors
/// [`RuntimeError`] if the tenant cannot be read.
pub async fn effective(tenant: &Tenant, subject: RtId) -> Result<Roles, RuntimeError> {
    let mut roles = direct(tenant, subject).await?;
    let mut seen = BTreeSet::new();
    let mut level = ids(far_ends(tenant, subject, GROUP_MEMBER, Direction::Inbound, GROUP).await?);
    for _ in 0..=MAX_GROUP_DEPTH {
        let mut next = Vec::new();
        for group in level {
            if seen.insert(group) {
                roles.extend(direct(tenant, group).await?);
                let nested = far_ends(tenant, group, CHILD_GROUP, Direction::Outbound, GROUP);
                next.extend(ids(nested.await?));
            }
        }
        level = next;
    }
    Ok(roles)
}

/// Names of the effective roles, sorted, without repetition.
///
/// # Errors
/// [`RuntimeError`] if the tenant cannot be read.
pub async fn effective_names(tenant: &Tenant, subject: RtId) -> Result<Vec<String>, RuntimeError> {
    let roles = effective(tenant, subject).await?;
    let names: BTreeSet<String> = roles
        .values()
        .filter_map(|role| role.attributes.str("Name"))
        .map(str::to_owned)
        .collect();
    Ok(names.into_iter().collect())
}

async fn far_ends(
    tenant: &Tenant,
    from: RtId,
    role: &str,
    direction: Direction,
    far_type: &str,
) -> Result<Vec<Entity>, RuntimeError> {
    let query = TargetQuery::new(from, role, direction).to(EntityQuery::of(far_type));
    Ok(tenant.targets(query).await?.items)
}

fn ids(entities: Vec<Entity>) -> Vec<RtId> {
    entities.into_iter().map(|entity| entity.rt_id).collect()
}
