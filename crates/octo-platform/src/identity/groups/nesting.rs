//! Groups in groups: G16–G18 (identity.md 6.3).

use std::collections::BTreeSet;

use axum::Json;
use axum::extract::{Path, State};
use http::StatusCode;
use octo_runtime::{ChangeSet, Direction, Entity, RtId, Tenant};

use super::{UPDATE_FAILED, existing, lock};
use crate::accounts::names::{CHILD_GROUP, GROUP};
use crate::auth::{ReadOnly, ReadWrite, TenantCaller};
use crate::identity::lookup::{self, unreadable};
use crate::identity::reach;
use crate::problem::Problem;
use crate::rest::{USER_ROLES, require_any_role};
use crate::state::PlatformState;

/// G16.
pub(in crate::identity) async fn list(
    caller: TenantCaller<ReadOnly>,
    Path((_, id)): Path<(String, String)>,
) -> Result<Json<Vec<String>>, Problem> {
    let group = existing(&caller.tenant, &id).await?;
    let edges = children(&caller.tenant, [group.rt_id]).await?;
    Ok(Json(edges.iter().map(RtId::to_string).collect()))
}

/// G17.
pub(in crate::identity) async fn add(
    State(state): State<PlatformState>,
    caller: TenantCaller<ReadWrite>,
    Path((_, parent, child)): Path<(String, String, String)>,
) -> Result<StatusCode, Problem> {
    require_any_role(&caller.caller, USER_ROLES)?;
    let tenant = &caller.tenant;
    let _only_one = lock(&state, tenant).await;
    let (parent, child) = both(tenant, &parent, &child).await?;
    reach::require_group(&caller.caller, tenant, parent.rt_id).await?;
    reach::require_group(&caller.caller, tenant, child.rt_id).await?;
    if parent.rt_id == child.rt_id {
        let text = "A group cannot be a member of itself.";
        return Err(Problem::text(StatusCode::BAD_REQUEST, text));
    }
    if reaches(tenant, child.rt_id, parent.rt_id).await? {
        let text = "Adding this group would create a circular reference.";
        return Err(Problem::text(StatusCode::BAD_REQUEST, text));
    }
    if !children(tenant, [parent.rt_id])
        .await?
        .contains(&child.rt_id)
    {
        let changes = ChangeSet::new().associate(&parent, CHILD_GROUP, &child);
        apply(tenant, changes).await?;
    }
    Ok(StatusCode::OK)
}

/// G18.
pub(in crate::identity) async fn remove(
    State(state): State<PlatformState>,
    caller: TenantCaller<ReadWrite>,
    Path((_, parent, child)): Path<(String, String, String)>,
) -> Result<StatusCode, Problem> {
    require_any_role(&caller.caller, USER_ROLES)?;
    let tenant = &caller.tenant;
    let _only_one = lock(&state, tenant).await;
    let (parent, child) = both(tenant, &parent, &child).await?;
    reach::require_group(&caller.caller, tenant, parent.rt_id).await?;
    reach::require_group(&caller.caller, tenant, child.rt_id).await?;
    if !children(tenant, [parent.rt_id])
        .await?
        .contains(&child.rt_id)
    {
        let name = |group: &Entity| {
            group
                .attributes
                .str("GroupName")
                .unwrap_or_default()
                .to_owned()
        };
        return Err(Problem::bad_request(format!(
            "Group '{}' is not nested in group '{}'.",
            name(&child),
            name(&parent)
        )));
    }
    apply(
        tenant,
        ChangeSet::new().dissociate(&parent, CHILD_GROUP, &child),
    )
    .await?;
    Ok(StatusCode::OK)
}

async fn both(tenant: &Tenant, parent: &str, child: &str) -> Result<(Entity, Entity), Problem> {
    let parent = existing(tenant, parent).await?;
    let child = lookup::id("childGroupId", child)?;
    let child = tenant.get(GROUP, child).await.map_err(unreadable)?;
    let child =
        child.ok_or_else(|| Problem::text(StatusCode::NOT_FOUND, "Child group not found."))?;
    Ok((parent, child))
}

/// Whether `wanted` is nested in `start`, at any depth.
async fn reaches(tenant: &Tenant, start: RtId, wanted: RtId) -> Result<bool, Problem> {
    let mut seen = BTreeSet::from([start]);
    let mut level = seen.clone();
    while !level.is_empty() {
        level = children(tenant, level).await?;
        if level.contains(&wanted) {
            return Ok(true);
        }
        level.retain(|group| seen.insert(*group));
    }
    Ok(false)
}

async fn children(
    tenant: &Tenant,
    groups: impl IntoIterator<Item = RtId>,
) -> Result<BTreeSet<RtId>, Problem> {
    let edges = tenant
        .associations_of(groups, Some(CHILD_GROUP), Direction::Outbound)
        .await
        .map_err(unreadable)?;
    Ok(edges.iter().map(|edge| edge.target.rt_id).collect())
}

async fn apply(tenant: &Tenant, changes: ChangeSet) -> Result<(), Problem> {
    let applied = tenant.apply(changes).await;
    applied.map_err(|error| Problem::runtime(UPDATE_FAILED, &error))?;
    Ok(())
}
