//! Roles: R1–R6 (identity.md 4.2 and 6.2).
//!
//! Services go by the names of the seeded roles. Without one of these names what it opens is closed
//! to everybody, so nobody renames them, and only who administers tenants deletes them.

use axum::Json;
use axum::extract::{Path, State};
use axum::response::Response;
use http::StatusCode;
use octo_runtime::{
    Criteria, DeleteEntity, Entity, EntityQuery, NewEntity, Operator, RtId, SortOrder, Tenant,
    UpdateEntity,
};
use octo_sdk::identity::RoleDto;
use serde::Deserialize;

use super::lookup::{self, unreadable};
use super::reach;
use crate::accounts::names::ROLE;
use crate::accounts::users::normalize;
use crate::auth::{ReadOnly, ReadWrite, TenantCaller};
use crate::problem::{Detail, Problem};
use crate::rest::{JsonBody, Paging, Params, TENANT_ROLES, USER_ROLES, require_any_role};
use crate::seed::ROLE_NAMES;
use crate::state::PlatformState;

const CREATION_FAILED: &str = "Creation of role failed";
const UPDATE_FAILED: &str = "Update of role failed";
const DELETE_FAILED: &str = "Delete of role failed";

/// Longest role name in characters.
const MAX_NAME: usize = 256;

/// `RoleDto` as received; the id is ignored.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct RoleBody {
    name: Option<String>,
}

impl RoleBody {
    fn name(&self) -> &str {
        self.name.as_deref().unwrap_or_default().trim()
    }
}

/// R1.
pub(super) async fn list(caller: TenantCaller<ReadOnly>) -> Result<Json<Vec<RoleDto>>, Problem> {
    let roles = caller.tenant.query(by_name()).await.map_err(unreadable)?;
    Ok(Json(roles.items.iter().map(dto_of).collect()))
}

/// R2.
pub(super) async fn page(
    caller: TenantCaller<ReadOnly>,
    params: Params,
) -> Result<Response, Problem> {
    let paging = Paging::read(&params)?;
    let mut query = by_name().skip(paging.skip.into()).take(paging.take.into());
    if let Some(filter) = &paging.filter {
        let wanted = Criteria::field("NormalizedName", Operator::Contains, normalize(filter));
        query = query.filter(wanted);
    }
    let roles = caller.tenant.query(query).await.map_err(unreadable)?;
    Ok(paging.answer(roles.items.iter().map(dto_of).collect(), roles.total))
}

/// R3.
pub(super) async fn read(
    caller: TenantCaller<ReadOnly>,
    Path((_, role)): Path<(String, String)>,
) -> Result<Json<RoleDto>, Problem> {
    let role = lookup::role(&caller.tenant, &role)
        .await?
        .ok_or_else(Problem::bare_not_found)?;
    Ok(Json(dto_of(&role)))
}

/// R4.
pub(super) async fn create(
    State(state): State<PlatformState>,
    caller: TenantCaller<ReadWrite>,
    JsonBody(body): JsonBody<RoleBody>,
) -> Result<StatusCode, Problem> {
    require_any_role(&caller.caller, USER_ROLES)?;
    let tenant = &caller.tenant;
    let _only_one = lock(&state, tenant).await;
    let name = body.name();
    require_free(tenant, name, None, CREATION_FAILED).await?;
    let none: Vec<String> = Vec::new();
    let role = NewEntity::of(ROLE)
        .set("Name", name)
        .set("NormalizedName", normalize(name))
        .set("SubjectIds", none.clone())
        .set("IdentityRoleIds", none);
    tenant
        .insert(role)
        .await
        .map_err(|error| Problem::runtime(CREATION_FAILED, &error))?;
    Ok(StatusCode::OK)
}

/// R5: a new name; id and assignments stay. Seeded roles keep their names.
pub(super) async fn rename(
    State(state): State<PlatformState>,
    caller: TenantCaller<ReadWrite>,
    Path((_, role)): Path<(String, String)>,
    JsonBody(body): JsonBody<RoleBody>,
) -> Result<StatusCode, Problem> {
    require_any_role(&caller.caller, USER_ROLES)?;
    let tenant = &caller.tenant;
    let _only_one = lock(&state, tenant).await;
    let role = existing(tenant, &role).await?;
    let name = body.name();
    reach::require_roles(&caller.caller, [&role])?;
    reach::require_name(&caller.caller, name)?;
    if is_seeded(&role) && name != name_of(&role) {
        return Err(Problem::bad_request_with(
            UPDATE_FAILED,
            vec![fixed_name(&role)],
        ));
    }
    require_free(tenant, name, Some(role.rt_id), UPDATE_FAILED).await?;
    let update = UpdateEntity::from_entity(&role)
        .set("Name", name)
        .set("NormalizedName", normalize(name));
    tenant
        .update(update)
        .await
        .map_err(|error| Problem::runtime(UPDATE_FAILED, &error))?;
    Ok(StatusCode::OK)
}

/// R6: for good, with all assignments.
pub(super) async fn delete(
    State(state): State<PlatformState>,
    caller: TenantCaller<ReadWrite>,
    Path((_, role)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    require_any_role(&caller.caller, USER_ROLES)?;
    let tenant = &caller.tenant;
    let _only_one = lock(&state, tenant).await;
    let role = existing(tenant, &role).await?;
    reach::require_roles(&caller.caller, [&role])?;
    if is_seeded(&role) {
        require_any_role(&caller.caller, TENANT_ROLES)?;
    }
    let delete = DeleteEntity::of(ROLE, role.rt_id).erase();
    let deleted = tenant.delete(delete).await;
    deleted.map_err(|error| Problem::runtime(DELETE_FAILED, &error))?;
    Ok(StatusCode::OK)
}

/// A stored role as DTO.
pub(super) fn dto_of(role: &Entity) -> RoleDto {
    RoleDto {
        id: Some(role.rt_id.to_string()),
        name: Some(name_of(role).to_owned()),
    }
}

/// The name of a role.
pub(super) fn name_of(role: &Entity) -> &str {
    role.attributes.str("Name").unwrap_or_default()
}

/// Whether a role has a name that services go by.
fn is_seeded(role: &Entity) -> bool {
    ROLE_NAMES.contains(&name_of(role))
}

fn fixed_name(role: &Entity) -> Detail {
    let text = format!(
        "Role '{}' cannot be renamed: services go by its name. Create a role of your own instead.",
        name_of(role)
    );
    Detail::new("InvalidRoleName", text)
}

async fn existing(tenant: &Tenant, name: &str) -> Result<Entity, Problem> {
    lookup::role(tenant, name)
        .await?
        .ok_or_else(|| Problem::not_found(format!("Role '{name}' not found.")))
}

/// A role name must not be blank nor used by another role; there is no rule about characters.
async fn require_free(
    tenant: &Tenant,
    name: &str,
    own: Option<RtId>,
    message: &str,
) -> Result<(), Problem> {
    let refuse = |code, text| {
        Err(Problem::bad_request_with(
            message,
            vec![Detail::new(code, text)],
        ))
    };
    // A path cannot carry '.' and '..', so roles of such names could never be addressed.
    let unusable =
        name.is_empty() || matches!(name, "." | "..") || name.chars().any(char::is_control);
    if unusable || name.chars().count() > MAX_NAME {
        let shown: String = name.chars().take(MAX_NAME).collect();
        return refuse(
            "InvalidRoleName",
            format!("Role name '{shown}' is invalid."),
        );
    }
    let query = EntityQuery::of(ROLE)
        .eq("NormalizedName", normalize(name))
        .take(2);
    let holders = tenant.query(query).await.map_err(unreadable)?.items;
    if holders.iter().any(|role| Some(role.rt_id) != own) {
        return refuse(
            "DuplicateRoleName",
            format!("Role name '{name}' is already taken."),
        );
    }
    Ok(())
}

fn by_name() -> EntityQuery {
    EntityQuery::of(ROLE).sort("NormalizedName", SortOrder::Ascending)
}

async fn lock(state: &PlatformState, tenant: &Tenant) -> tokio::sync::OwnedMutexGuard<()> {
    state.locks().lock(&[tenant.id().as_str(), "roles"]).await
}
