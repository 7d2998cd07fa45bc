//! Roles of a group: G8 and G9.

use axum::Json;
use axum::extract::{Path, State};
use http::StatusCode;

use super::{UPDATE_FAILED, existing, lock};
use crate::accounts::roles;
use crate::auth::{ReadOnly, ReadWrite, TenantCaller};
use crate::identity::lookup::{self, unreadable};
use crate::identity::reach;
use crate::problem::Problem;
use crate::rest::{JsonList, USER_ROLES, require_any_role};
use crate::state::PlatformState;

/// G8.
pub(in crate::identity) async fn list(
    caller: TenantCaller<ReadOnly>,
    Path((_, id)): Path<(String, String)>,
) -> Result<Json<Vec<String>>, Problem> {
    let group = existing(&caller.tenant, &id).await?;
    let roles = roles::direct(&caller.tenant, group.rt_id).await;
    let roles = roles.map_err(unreadable)?;
    Ok(Json(roles.keys().map(ToString::to_string).collect()))
}

/// G9: exactly these roles, all of them or none.
pub(in crate::identity) async fn replace(
    State(state): State<PlatformState>,
    caller: TenantCaller<ReadWrite>,
    Path((_, id)): Path<(String, String)>,
    JsonList(ids): JsonList<String>,
) -> Result<StatusCode, Problem> {
    require_any_role(&caller.caller, USER_ROLES)?;
    let tenant = &caller.tenant;
    let _only_one = lock(&state, tenant).await;
    let group = existing(tenant, &id).await?;
    let wanted = lookup::roles_by_id(tenant, &ids).await?;
    reach::require_group(&caller.caller, tenant, group.rt_id).await?;
    reach::require_all(&caller.caller, &wanted)?;
    let replaced = roles::replace(tenant, &group, &wanted).await;
    replaced.map_err(|error| Problem::runtime(UPDATE_FAILED, &error))?;
    Ok(StatusCode::OK)
}
