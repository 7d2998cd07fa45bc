//! Users: U1–U3, U6, U7, U9 (identity.md 4.1 and 6.1).

pub(super) mod assignments;
mod dto;
pub(super) mod merge;
pub(super) mod password;
mod rules;

pub(super) use rules::is_valid_name;

use axum::Json;
use axum::extract::{Path, State};
use axum::response::Response;
use http::StatusCode;
use octo_runtime::{
    Criteria, DeleteEntity, Entity, EntityQuery, NewEntity, Operator, SortOrder, Tenant,
    UpdateEntity,
};
use octo_sdk::identity::UserDto;

use self::dto::UserBody;
use super::lookup::{self, unreadable};
use super::reach;
use crate::accounts::names::USER;
use crate::accounts::shadow::is_shadow_name;
use crate::accounts::users::{lock, normalize, user_name};
use crate::auth::{ReadOnly, ReadWrite, TenantCaller};
use crate::problem::Problem;
use crate::rest::{IfMatch, JsonBody, Paging, Params, Revised, USER_ROLES, require_any_role};
use crate::state::PlatformState;

const CREATION_FAILED: &str = "Creation of user failed";
const UPDATE_FAILED: &str = "Update of user failed";
const DELETE_FAILED: &str = "Delete of user failed";

/// U1.
pub(super) async fn list(caller: TenantCaller<ReadOnly>) -> Result<Json<Vec<UserDto>>, Problem> {
    let users = caller
        .tenant
        .query(by_user_name())
        .await
        .map_err(unreadable)?;
    Ok(Json(users.items.iter().map(dto::of_entity).collect()))
}

/// U2. The filter, which the real service ignores, is looked for in names and e-mail address.
pub(super) async fn page(
    caller: TenantCaller<ReadOnly>,
    params: Params,
) -> Result<Response, Problem> {
    let paging = Paging::read(&params)?;
    let mut query = by_user_name()
        .skip(paging.skip.into())
        .take(paging.take.into());
    if let Some(filter) = &paging.filter {
        query = query.filter(mentions(filter.trim()));
    }
    let users = caller.tenant.query(query).await.map_err(unreadable)?;
    Ok(paging.answer(
        users.items.iter().map(dto::of_entity).collect(),
        users.total,
    ))
}

/// U3.
pub(super) async fn read(
    caller: TenantCaller<ReadOnly>,
    Path((_, user)): Path<(String, String)>,
) -> Result<Revised<UserDto>, Problem> {
    let user = lookup::user(&caller.tenant, &user)
        .await?
        .ok_or_else(Problem::bare_not_found)?;
    Ok(Revised(dto::of_entity(&user)))
}

/// U6. Without a password the user exists and cannot sign in (section 6.1).
pub(super) async fn create(
    State(state): State<PlatformState>,
    caller: TenantCaller<ReadWrite>,
    JsonBody(body): JsonBody<UserBody>,
) -> Result<StatusCode, Problem> {
    require_any_role(&caller.caller, USER_ROLES)?;
    let tenant = &caller.tenant;
    let _only_one = lock(&state, tenant).await;
    let mut violations = rules::violations(tenant, &body, None).await?;
    violations.extend(
        body.password()
            .map(password::violations)
            .unwrap_or_default(),
    );
    if !violations.is_empty() {
        return Err(Problem::bad_request_with(CREATION_FAILED, violations));
    }
    let mut user = NewEntity::of(USER)
        .set("EmailConfirmed", false)
        .set("TwoFactorEnabled", false)
        .set("LockoutEnabled", true)
        .set("SecurityStamp", password::security_stamp());
    for (name, value) in body.attributes() {
        user = user.set_opt(name, value);
    }
    user = user.set("ResetPasswordOnLogin", body.reset_password_on_login());
    if let Some(password) = body.password() {
        user = user.set("PasswordHash", password::hash(&state, password).await?);
    }
    tenant
        .insert(user)
        .await
        .map_err(|error| Problem::runtime(CREATION_FAILED, &error))?;
    Ok(StatusCode::OK)
}

/// U7: the whole DTO replaces what was there, nulls included. Nobody has made sure of a new address.
pub(super) async fn update(
    State(state): State<PlatformState>,
    caller: TenantCaller<ReadWrite>,
    Path((_, name)): Path<(String, String)>,
    if_match: IfMatch,
    JsonBody(body): JsonBody<UserBody>,
) -> Result<StatusCode, Problem> {
    require_any_role(&caller.caller, USER_ROLES)?;
    let tenant = &caller.tenant;
    let _only_one = lock(&state, tenant).await;
    let user = existing(tenant, &name).await?;
    reach::require_user(&state, &caller.caller, tenant, &user).await?;
    if_match.check(&dto::of_entity(&user))?;
    let violations = rules::violations(tenant, &body, Some(&user)).await?;
    if !violations.is_empty() {
        return Err(Problem::bad_request_with(UPDATE_FAILED, violations));
    }
    let mut update = UpdateEntity::from_entity(&user)
        .set("ResetPasswordOnLogin", body.reset_password_on_login());
    for (name, value) in body.attributes() {
        update = update.set_opt(name, value);
    }
    if body.changes_email(&user) {
        update = update.set("EmailConfirmed", false);
    }
    tenant
        .update(update)
        .await
        .map_err(|error| Problem::runtime(UPDATE_FAILED, &error))?;
    Ok(StatusCode::OK)
}

/// U9: for good, with all role and group memberships.
pub(super) async fn delete(
    State(state): State<PlatformState>,
    caller: TenantCaller<ReadWrite>,
    Path((_, name)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    require_any_role(&caller.caller, USER_ROLES)?;
    let tenant = &caller.tenant;
    let _only_one = lock(&state, tenant).await;
    let user = existing(tenant, &name).await?;
    reach::require_user(&state, &caller.caller, tenant, &user).await?;
    let delete = DeleteEntity::of(USER, user.rt_id).erase();
    let deleted = tenant.delete(delete).await;
    deleted.map_err(|error| Problem::runtime(DELETE_FAILED, &error))?;
    Ok(StatusCode::OK)
}

async fn existing(tenant: &Tenant, name: &str) -> Result<Entity, Problem> {
    lookup::user(tenant, name)
        .await?
        .ok_or_else(|| Problem::not_found(format!("User name '{name}' not found.")))
}

fn by_user_name() -> EntityQuery {
    EntityQuery::of(USER).sort("NormalizedUserName", SortOrder::Ascending)
}

/// Users with this text in user name, e-mail address, first or last name, in any case.
fn mentions(text: &str) -> Criteria {
    let field = |path, text: String| Criteria::field(path, Operator::Contains, text);
    // The normalised forms are indexed.
    field("NormalizedUserName", normalize(text))
        .or(field("NormalizedEmail", normalize(text)))
        .or(field("FirstName", text.to_owned()))
        .or(field("LastName", text.to_owned()))
}

/// Whether a user lives in another tenant and is only known here.
fn is_shadow(user: &Entity) -> bool {
    is_shadow_name(user_name(user))
}

/// Whether two names are the same for this service.
fn same_name(left: &str, right: &str) -> bool {
    normalize(left) == normalize(right)
}
