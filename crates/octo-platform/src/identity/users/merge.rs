//! Merging one user into another: U13 (identity.md 4.1).

use std::collections::BTreeSet;

use axum::extract::{Path, State};
use http::StatusCode;
use octo_runtime::{
    ChangeSet, DeleteEntity, Direction, Entity, Record, RtId, Tenant, UpdateEntity, Value,
};
use serde::Deserialize;

use super::{is_shadow, lock, lookup, reach};
use crate::accounts::names::{ASSIGNED_ROLE, GROUP_MEMBER, USER};
use crate::auth::{ReadWrite, TenantCaller};
use crate::problem::Problem;
use crate::rest::{JsonBody, USER_ROLES, require_any_role};
use crate::state::PlatformState;

const FAILED: &str = "Merge of users failed";

/// Which user goes.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(in crate::identity) struct MergeBody {
    #[serde(rename = "sourceusername")]
    source: Option<String>,
}

/// U13: roles, groups and external logins of the source go to the target, then the source goes.
/// Name, address and password of the target stay.
pub(in crate::identity) async fn merge(
    State(state): State<PlatformState>,
    caller: TenantCaller<ReadWrite>,
    Path((_, name)): Path<(String, String)>,
    JsonBody(body): JsonBody<MergeBody>,
) -> Result<StatusCode, Problem> {
    require_any_role(&caller.caller, USER_ROLES)?;
    let source = body.source.unwrap_or_default();
    if source.trim().is_empty() {
        return Err(Problem::required("SourceUserName"));
    }
    let tenant = &caller.tenant;
    let _only_one = lock(&state, tenant).await;
    let target = found(tenant, &name, "Target").await?;
    let source = found(tenant, &source, "Source").await?;
    if target.rt_id == source.rt_id {
        return Err(Problem::bad_request("Cannot merge a user into itself."));
    }
    if is_shadow(&target) || is_shadow(&source) {
        return Err(Problem::bad_request(
            "A user of another tenant cannot be merged: its log-in belongs to that tenant.",
        ));
    }
    // Each side gets at what the other had: roles here, log-ins there.
    for user in [&target, &source] {
        reach::require_user(&state, &caller.caller, tenant, user).await?;
    }
    let changes = ChangeSet::new()
        .update(with_logins(&target, &source))
        .delete(DeleteEntity::of(USER, source.rt_id).erase());
    let changes = hand_over(tenant, changes, &source, &target).await?;
    let merged = tenant.apply(changes).await;
    merged.map_err(|error| Problem::runtime(FAILED, &error))?;
    Ok(StatusCode::OK)
}

async fn found(tenant: &Tenant, name: &str, what: &str) -> Result<Entity, Problem> {
    let user = lookup::user(tenant, name).await?;
    user.ok_or_else(|| Problem::not_found(format!("{what} user '{name}' not found.")))
}

/// The target with those external logins of the source that it has not yet.
fn with_logins(target: &Entity, source: &Entity) -> UpdateEntity {
    let key = |login: &Record| {
        let text = |name: &str| login.attributes.str(name).unwrap_or_default().to_owned();
        (text("LoginProvider"), text("ProviderKey"))
    };
    let mut logins = target.attributes.records("UserLogins").to_vec();
    for login in source.attributes.records("UserLogins") {
        if !logins.iter().any(|known| key(known) == key(login)) {
            logins.push(login.clone().set("UserId", target.rt_id.to_string()));
        }
    }
    UpdateEntity::from_entity(target).set("UserLogins", Value::RecordArray(logins))
}

/// Adds the role assignments and memberships that only the source has.
async fn hand_over(
    tenant: &Tenant,
    mut changes: ChangeSet,
    source: &Entity,
    target: &Entity,
) -> Result<ChangeSet, Problem> {
    let edges = |user: RtId, role, direction| async move {
        let edges = tenant.associations_of([user], Some(role), direction).await;
        edges.map_err(lookup::unreadable)
    };
    let held = edges(target.rt_id, ASSIGNED_ROLE, Direction::Outbound).await?;
    let held: BTreeSet<RtId> = held.iter().map(|edge| edge.target.rt_id).collect();
    for edge in edges(source.rt_id, ASSIGNED_ROLE, Direction::Outbound).await? {
        if !held.contains(&edge.target.rt_id) {
            changes = changes.associate(target, ASSIGNED_ROLE, edge.target);
        }
    }
    let listing = edges(target.rt_id, GROUP_MEMBER, Direction::Inbound).await?;
    let listing: BTreeSet<RtId> = listing.iter().map(|edge| edge.origin.rt_id).collect();
    for edge in edges(source.rt_id, GROUP_MEMBER, Direction::Inbound).await? {
        if !listing.contains(&edge.origin.rt_id) {
            changes = changes.associate(edge.origin, GROUP_MEMBER, target);
        }
    }
    Ok(changes)
}
