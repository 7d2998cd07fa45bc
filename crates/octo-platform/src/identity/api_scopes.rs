//! API scopes: S1–S6 (identity.md 4.6 and 6.8).

use axum::Json;
use axum::extract::{Path, State};
use axum::response::Response;
use http::StatusCode;
use octo_runtime::{DeleteEntity, Entity, NewEntity, RtId, Tenant, UpdateEntity, Value};
use octo_sdk::identity::ApiScopeDto;

use super::lookup::unreadable;
use super::resources::{ResourceBody, by_name, find};
use crate::accounts::names::{API_SCOPE, IDENTITY_RESOURCE};
use crate::auth::{ReadOnly, ReadWrite, TenantCaller};
use crate::oidc::OFFLINE_ACCESS;
use crate::problem::Problem;
use crate::rest::{IfMatch, JsonBody, Paging, Params, Revised, TENANT_ROLES, require_any_role};
use crate::state::PlatformState;

const CREATION_FAILED: &str = "Creation of API scope failed";
const UPDATE_FAILED: &str = "Update of API scope failed";
const DELETE_FAILED: &str = "Delete of API scope failed";

/// S1.
pub(super) async fn list(
    caller: TenantCaller<ReadOnly>,
) -> Result<Json<Vec<ApiScopeDto>>, Problem> {
    let all = caller.tenant.query(by_name(API_SCOPE)).await;
    let scopes = all.map_err(unreadable)?.items;
    Ok(Json(scopes.iter().map(dto_of).collect()))
}

/// S2.
pub(super) async fn page(
    caller: TenantCaller<ReadOnly>,
    params: Params,
) -> Result<Response, Problem> {
    let paging = Paging::read(&params)?;
    let query = by_name(API_SCOPE)
        .skip(paging.skip.into())
        .take(paging.take.into());
    let page = caller.tenant.query(query).await.map_err(unreadable)?;
    Ok(paging.answer(page.items.iter().map(dto_of).collect(), page.total))
}

/// S3.
pub(super) async fn read(
    caller: TenantCaller<ReadOnly>,
    Path((_, name)): Path<(String, String)>,
) -> Result<Revised<ApiScopeDto>, Problem> {
    let scope = find(&caller.tenant, API_SCOPE, &name)
        .await?
        .ok_or_else(Problem::bare_not_found)?;
    Ok(Revised(dto_of(&scope)))
}

/// S4.
pub(super) async fn create(
    State(state): State<PlatformState>,
    caller: TenantCaller<ReadWrite>,
    JsonBody(body): JsonBody<ResourceBody>,
) -> Result<StatusCode, Problem> {
    require_any_role(&caller.caller, TENANT_ROLES)?;
    required_name(&body)?;
    body.check(true)?;
    let tenant = &caller.tenant;
    let _only_one = lock(&state, tenant).await;
    require_free(tenant, body.name(), None).await?;
    let scope = NewEntity::of(API_SCOPE).set("Claims", Value::StringArray(Vec::new()));
    let scope = body
        .scope_changes()
        .into_iter()
        .fold(scope, |scope, (name, value)| scope.set_opt(name, value));
    let created = tenant.insert(scope).await;
    created.map_err(|error| Problem::runtime(CREATION_FAILED, &error))?;
    Ok(StatusCode::OK)
}

/// S5: the scope is the one the *route* names; another name in the body renames it.
pub(super) async fn update(
    State(state): State<PlatformState>,
    caller: TenantCaller<ReadWrite>,
    Path((_, name)): Path<(String, String)>,
    if_match: IfMatch,
    JsonBody(body): JsonBody<ResourceBody>,
) -> Result<StatusCode, Problem> {
    require_any_role(&caller.caller, TENANT_ROLES)?;
    required_name(&body)?;
    body.check(true)?;
    let tenant = &caller.tenant;
    let _only_one = lock(&state, tenant).await;
    let scope = existing(tenant, &name).await?;
    if_match.check(&dto_of(&scope))?;
    require_free(tenant, body.name(), Some(scope.rt_id)).await?;
    let update = body.scope_changes().into_iter().fold(
        UpdateEntity::from_entity(&scope),
        |update, (name, value)| update.set_opt(name, value),
    );
    let updated = tenant.update(update).await;
    updated.map_err(|error| Problem::runtime(UPDATE_FAILED, &error))?;
    Ok(StatusCode::OK)
}

/// S6.
pub(super) async fn delete(
    State(state): State<PlatformState>,
    caller: TenantCaller<ReadWrite>,
    Path((_, name)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    require_any_role(&caller.caller, TENANT_ROLES)?;
    let tenant = &caller.tenant;
    let _only_one = lock(&state, tenant).await;
    let scope = existing(tenant, &name).await?;
    let delete = DeleteEntity::of(API_SCOPE, scope.rt_id).erase();
    let deleted = tenant.delete(delete).await;
    deleted.map_err(|error| Problem::runtime(DELETE_FAILED, &error))?;
    Ok(StatusCode::OK)
}

async fn existing(tenant: &Tenant, name: &str) -> Result<Entity, Problem> {
    find(tenant, API_SCOPE, name)
        .await?
        .ok_or_else(|| Problem::not_found(format!("Scope with name '{name}' does not exist.")))
}

fn required_name(body: &ResourceBody) -> Result<(), Problem> {
    match body.name() {
        "" => Err(Problem::dictionary("name", "The name field is required.")),
        _ => Ok(()),
    }
}

/// A scope name must not mean two things: other API scopes, scopes of identity claims and
/// `offline_access` are taken.
async fn require_free(tenant: &Tenant, name: &str, own: Option<RtId>) -> Result<(), Problem> {
    let same = find(tenant, API_SCOPE, name).await?;
    let taken = same.is_some_and(|scope| Some(scope.rt_id) != own)
        || name == OFFLINE_ACCESS
        || find(tenant, IDENTITY_RESOURCE, name).await?.is_some();
    match taken {
        true => Err(Problem::text(
            StatusCode::CONFLICT,
            format!("Scope with name '{name}' already exists."),
        )),
        false => Ok(()),
    }
}

async fn lock(state: &PlatformState, tenant: &Tenant) -> tokio::sync::OwnedMutexGuard<()> {
    state
        .locks()
        .lock(&[tenant.id().as_str(), "apiScopes"])
        .await
}

fn dto_of(scope: &Entity) -> ApiScopeDto {
    let attributes = &scope.attributes;
    let text = |name: &str| attributes.str(name).map(str::to_owned);
    let flag = |name: &str| attributes.bool(name).unwrap_or(false);
    ApiScopeDto {
        is_enabled: flag("Enabled"),
        name: text("Name"),
        display_name: text("DisplayName"),
        description: text("Description"),
        show_in_discovery_document: flag("ShowInDiscoveryDocument"),
        user_claims: Some(attributes.strings("Claims").to_vec()),
        is_required: flag("IsRequired"),
        is_emphasize: flag("IsEmphasized"),
        require_resource_indicator: false,
        api_secrets: false,
    }
}
