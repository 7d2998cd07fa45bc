//! Roles of a client: C7–C10 (identity.md 4.4).

use axum::Json;
use axum::extract::{Path, State};
use http::StatusCode;
use octo_runtime::{ChangeSet, Entity, Tenant};

use super::{find, lock};
use crate::accounts::names::ASSIGNED_ROLE;
use crate::accounts::roles;
use crate::auth::{ReadOnly, ReadWrite, TenantCaller};
use crate::identity::lookup::{self, unreadable};
use crate::problem::Problem;
use crate::rest::{JsonList, TENANT_ROLES, require_any_role};
use crate::state::PlatformState;

const UPDATE_FAILED: &str = "Update of client roles failed";

/// C7.
pub(in crate::identity) async fn list(
    caller: TenantCaller<ReadOnly>,
    Path((_, client)): Path<(String, String)>,
) -> Result<Json<Vec<String>>, Problem> {
    let client = existing(&caller.tenant, &client).await?;
    let held = roles::direct(&caller.tenant, client.rt_id)
        .await
        .map_err(unreadable)?;
    Ok(Json(held.keys().map(ToString::to_string).collect()))
}

/// C8: all or nothing; every unknown id is reported.
pub(in crate::identity) async fn replace(
    State(state): State<PlatformState>,
    caller: TenantCaller<ReadWrite>,
    Path((_, client)): Path<(String, String)>,
    JsonList(wanted): JsonList<String>,
) -> Result<StatusCode, Problem> {
    require_any_role(&caller.caller, TENANT_ROLES)?;
    let tenant = &caller.tenant;
    let _only_one = lock(&state, tenant).await;
    let client = existing(tenant, &client).await?;
    let wanted = lookup::roles_by_id(tenant, &wanted).await?;
    let held = roles::direct(tenant, client.rt_id)
        .await
        .map_err(unreadable)?;
    let changes = wanted
        .values()
        .filter(|role| !held.contains_key(&role.rt_id))
        .fold(ChangeSet::new(), |changes, role| {
            changes.associate(&client, ASSIGNED_ROLE, role)
        });
    let changes = held
        .values()
        .filter(|role| !wanted.contains_key(&role.rt_id))
        .fold(changes, |changes, role| {
            changes.dissociate(&client, ASSIGNED_ROLE, role)
        });
    change(tenant, changes).await
}

/// C9.
pub(in crate::identity) async fn add(
    State(state): State<PlatformState>,
    caller: TenantCaller<ReadWrite>,
    Path((_, client, role)): Path<(String, String, String)>,
) -> Result<StatusCode, Problem> {
    require_any_role(&caller.caller, TENANT_ROLES)?;
    let tenant = &caller.tenant;
    let _only_one = lock(&state, tenant).await;
    let client = existing(tenant, &client).await?;
    let role = lookup::role(tenant, &role)
        .await?
        .ok_or_else(|| Problem::not_found(format!("Role with name '{role}' not found.")))?;
    let held = roles::direct(tenant, client.rt_id)
        .await
        .map_err(unreadable)?;
    match held.contains_key(&role.rt_id) {
        true => Ok(StatusCode::OK),
        false => {
            let changes = ChangeSet::new().associate(&client, ASSIGNED_ROLE, &role);
            change(tenant, changes).await
        }
    }
}

/// C10: nothing to do for a role that does not exist; a client that lacks an existing one is told.
pub(in crate::identity) async fn remove(
    State(state): State<PlatformState>,
    caller: TenantCaller<ReadWrite>,
    Path((_, client_id, role_name)): Path<(String, String, String)>,
) -> Result<StatusCode, Problem> {
    require_any_role(&caller.caller, TENANT_ROLES)?;
    let tenant = &caller.tenant;
    let _only_one = lock(&state, tenant).await;
    let client = existing(tenant, &client_id).await?;
    let Some(role) = lookup::role(tenant, &role_name).await? else {
        return Ok(StatusCode::OK);
    };
    let held = roles::direct(tenant, client.rt_id)
        .await
        .map_err(unreadable)?;
    if !held.contains_key(&role.rt_id) {
        return Err(Problem::bad_request(format!(
            "Client '{client_id}' doesn't have role '{role_name}'"
        )));
    }
    let changes = ChangeSet::new().dissociate(&client, ASSIGNED_ROLE, &role);
    change(tenant, changes).await
}

async fn existing(tenant: &Tenant, client_id: &str) -> Result<Entity, Problem> {
    find(tenant, client_id)
        .await?
        .ok_or_else(|| Problem::not_found(format!("Client with id '{client_id}' not found.")))
}

async fn change(tenant: &Tenant, changes: ChangeSet) -> Result<StatusCode, Problem> {
    if !changes.is_empty() {
        let applied = tenant.apply(changes).await;
        applied.map_err(|error| Problem::runtime(UPDATE_FAILED, &error))?;
    }
    Ok(StatusCode::OK)
}
