//! Roles of a user: U4, U5, U10–U12 (identity.md 4.1 and 6.3).

use axum::Json;
use axum::extract::{Path, State};
use http::StatusCode;
use octo_runtime::{ChangeSet, Entity, Tenant};
use octo_sdk::identity::RoleDto;

use super::{lock, lookup, reach, user_name};
use crate::accounts::names::ASSIGNED_ROLE;
use crate::accounts::roles::{self, Roles};
use crate::auth::{ReadOnly, ReadWrite, TenantCaller};
use crate::identity::roles::{dto_of, name_of};
use crate::problem::Problem;
use crate::rest::{JsonList, USER_ROLES, require_any_role};
use crate::state::PlatformState;

const UPDATE_FAILED: &str = "Update of user roles failed";

/// U4: direct and through groups.
pub(in crate::identity) async fn effective(
    State(state): State<PlatformState>,
    caller: TenantCaller<ReadOnly>,
    Path((_, user)): Path<(String, String)>,
) -> Result<Json<Vec<RoleDto>>, Problem> {
    let user = lookup::user(&caller.tenant, &user)
        .await?
        .ok_or_else(Problem::bare_not_found)?;
    let held = roles::effective_of_user(&state, &caller.tenant, &user)
        .await
        .map_err(lookup::unreadable)?;
    Ok(Json(dtos(&held)))
}

/// U5.
pub(in crate::identity) async fn direct(
    caller: TenantCaller<ReadOnly>,
    Path((_, user)): Path<(String, String)>,
) -> Result<Json<Vec<RoleDto>>, Problem> {
    let user = lookup::user(&caller.tenant, &user)
        .await?
        .ok_or_else(Problem::bare_not_found)?;
    let held = roles::direct(&caller.tenant, user.rt_id)
        .await
        .map_err(lookup::unreadable)?;
    Ok(Json(dtos(&held)))
}

/// U10: exactly these roles, all of them or none.
pub(in crate::identity) async fn replace(
    State(state): State<PlatformState>,
    caller: TenantCaller<ReadWrite>,
    Path((_, user)): Path<(String, String)>,
    JsonList(ids): JsonList<String>,
) -> Result<StatusCode, Problem> {
    require_any_role(&caller.caller, USER_ROLES)?;
    let tenant = &caller.tenant;
    let _only_one = lock(&state, tenant).await;
    let found = lookup::user(tenant, &user).await?;
    let found = found.ok_or_else(|| unknown_user(&user))?;
    let wanted = lookup::roles_by_id(tenant, &ids).await?;
    let held = roles::direct(tenant, found.rt_id).await;
    let changed = roles::difference(&held.map_err(lookup::unreadable)?, &wanted);
    reach::require_all(&caller.caller, &changed)?;
    let replaced = roles::replace(tenant, &found, &wanted).await;
    replaced.map_err(|error| Problem::runtime(UPDATE_FAILED, &error))?;
    Ok(StatusCode::OK)
}

/// U11.
pub(in crate::identity) async fn add(
    State(state): State<PlatformState>,
    caller: TenantCaller<ReadWrite>,
    Path((_, user, role)): Path<(String, String, String)>,
) -> Result<StatusCode, Problem> {
    require_any_role(&caller.caller, USER_ROLES)?;
    let tenant = &caller.tenant;
    let _only_one = lock(&state, tenant).await;
    let (user, role) = both(tenant, &user, &role).await?;
    reach::require_roles(&caller.caller, [&role])?;
    let held = roles::effective_of_user(&state, tenant, &user)
        .await
        .map_err(lookup::unreadable)?;
    if held.contains_key(&role.rt_id) {
        return Err(Problem::bad_request(format!(
            "User '{}' already has role '{}'",
            user_name(&user),
            name_of(&role)
        )));
    }
    change(
        tenant,
        ChangeSet::new().associate(&user, ASSIGNED_ROLE, &role),
    )
    .await
}

/// U12.
pub(in crate::identity) async fn remove(
    State(state): State<PlatformState>,
    caller: TenantCaller<ReadWrite>,
    Path((_, user, role)): Path<(String, String, String)>,
) -> Result<StatusCode, Problem> {
    require_any_role(&caller.caller, USER_ROLES)?;
    let tenant = &caller.tenant;
    let _only_one = lock(&state, tenant).await;
    let (user, role) = both(tenant, &user, &role).await?;
    reach::require_roles(&caller.caller, [&role])?;
    let direct = roles::direct(tenant, user.rt_id)
        .await
        .map_err(lookup::unreadable)?;
    if !direct.contains_key(&role.rt_id) {
        let held = roles::effective_of_user(&state, tenant, &user)
            .await
            .map_err(lookup::unreadable)?;
        let (user, role_name) = (user_name(&user), name_of(&role));
        return Err(Problem::bad_request(if held.contains_key(&role.rt_id) {
            format!(
                "User '{user}' has role '{role_name}' through a group or as a user of another \
                 tenant. Remove the user from the group, or the role from group or mapping."
            )
        } else {
            format!("User '{user}' doesn't have role '{role_name}'")
        }));
    }
    change(
        tenant,
        ChangeSet::new().dissociate(&user, ASSIGNED_ROLE, &role),
    )
    .await
}

async fn both(tenant: &Tenant, user: &str, role: &str) -> Result<(Entity, Entity), Problem> {
    let found = lookup::user(tenant, user)
        .await?
        .ok_or_else(|| unknown_user(user))?;
    let role = lookup::role(tenant, role)
        .await?
        .ok_or_else(|| Problem::not_found(format!("Role with name '{role}' not found.")))?;
    Ok((found, role))
}

fn unknown_user(name: &str) -> Problem {
    Problem::not_found(format!("User with name '{name}' not found."))
}

async fn change(tenant: &Tenant, changes: ChangeSet) -> Result<StatusCode, Problem> {
    let applied = tenant.apply(changes).await;
    applied.map_err(|error| Problem::runtime(UPDATE_FAILED, &error))?;
    Ok(StatusCode::OK)
}

fn dtos(roles: &Roles) -> Vec<RoleDto> {
    roles.values().map(dto_of).collect()
}
