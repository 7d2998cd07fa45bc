//! API resources: A1–A6 (identity.md 4.6 and 6.8).

use axum::Json;
use axum::extract::{Path, State};
use axum::response::Response;
use http::StatusCode;
use octo_runtime::{DeleteEntity, Entity, NewEntity, Tenant, UpdateEntity, Value};
use octo_sdk::identity::ApiResourceDto;

use super::lookup::unreadable;
use super::resources::{ResourceBody, by_name, find};
use crate::accounts::names::API_RESOURCE;
use crate::auth::{ReadOnly, ReadWrite, TenantCaller};
use crate::problem::Problem;
use crate::rest::{IfMatch, JsonBody, Paging, Params, Revised, TENANT_ROLES, require_any_role};
use crate::state::PlatformState;

const CREATION_FAILED: &str = "Creation of API resource failed";
const UPDATE_FAILED: &str = "Update of API resource failed";
const DELETE_FAILED: &str = "Delete of API resource failed";

/// A1.
pub(super) async fn list(
    caller: TenantCaller<ReadOnly>,
) -> Result<Json<Vec<ApiResourceDto>>, Problem> {
    let all = caller.tenant.query(by_name(API_RESOURCE)).await;
    let resources = all.map_err(unreadable)?.items;
    Ok(Json(resources.iter().map(dto_of).collect()))
}

/// A2.
pub(super) async fn page(
    caller: TenantCaller<ReadOnly>,
    params: Params,
) -> Result<Response, Problem> {
    let paging = Paging::read(&params)?;
    let query = by_name(API_RESOURCE)
        .skip(paging.skip.into())
        .take(paging.take.into());
    let page = caller.tenant.query(query).await.map_err(unreadable)?;
    Ok(paging.answer(page.items.iter().map(dto_of).collect(), page.total))
}

/// A3.
pub(super) async fn read(
    caller: TenantCaller<ReadOnly>,
    Path((_, name)): Path<(String, String)>,
) -> Result<Revised<ApiResourceDto>, Problem> {
    let resource = find(&caller.tenant, API_RESOURCE, &name)
        .await?
        .ok_or_else(Problem::bare_not_found)?;
    Ok(Revised(dto_of(&resource)))
}

/// A4. Without `scopes` the resource has none; the real service fails.
pub(super) async fn create(
    State(state): State<PlatformState>,
    caller: TenantCaller<ReadWrite>,
    JsonBody(body): JsonBody<ResourceBody>,
) -> Result<StatusCode, Problem> {
    require_any_role(&caller.caller, TENANT_ROLES)?;
    let name = required_name(&body)?;
    body.check(false)?;
    let tenant = &caller.tenant;
    let _only_one = lock(&state, tenant).await;
    if find(tenant, API_RESOURCE, name).await?.is_some() {
        return Err(Problem::text(
            StatusCode::CONFLICT,
            format!("API resource with name '{name}' already exists."),
        ));
    }
    let none = || Value::StringArray(Vec::new());
    let resource = NewEntity::of(API_RESOURCE)
        .set("Name", name)
        .set("Claims", none())
        .set("Scopes", none())
        .set("ApiSecrets", Value::RecordArray(Vec::new()));
    let resource = body
        .resource_changes()
        .into_iter()
        .fold(resource, |resource, (name, value)| {
            resource.set_opt(name, value)
        });
    let created = tenant.insert(resource).await;
    created.map_err(|error| Problem::runtime(CREATION_FAILED, &error))?;
    Ok(StatusCode::OK)
}

/// A5: the resource is the one the *body* names, as in the real service.
pub(super) async fn update(
    State(state): State<PlatformState>,
    caller: TenantCaller<ReadWrite>,
    Path((_, route_name)): Path<(String, String)>,
    if_match: IfMatch,
    JsonBody(body): JsonBody<ResourceBody>,
) -> Result<StatusCode, Problem> {
    require_any_role(&caller.caller, TENANT_ROLES)?;
    let name = required_name(&body)?;
    body.check(false)?;
    let tenant = &caller.tenant;
    let _only_one = lock(&state, tenant).await;
    let resource = find(tenant, API_RESOURCE, name)
        .await?
        .ok_or_else(|| unknown(&route_name))?;
    if_match.check(&dto_of(&resource))?;
    let update = body.resource_changes().into_iter().fold(
        UpdateEntity::from_entity(&resource),
        |update, (name, value)| update.set_opt(name, value),
    );
    let updated = tenant.update(update).await;
    updated.map_err(|error| Problem::runtime(UPDATE_FAILED, &error))?;
    Ok(StatusCode::OK)
}

/// A6.
pub(super) async fn delete(
    State(state): State<PlatformState>,
    caller: TenantCaller<ReadWrite>,
    Path((_, name)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    require_any_role(&caller.caller, TENANT_ROLES)?;
    let tenant = &caller.tenant;
    let _only_one = lock(&state, tenant).await;
    let resource = find(tenant, API_RESOURCE, &name)
        .await?
        .ok_or_else(|| unknown(&name))?;
    let delete = DeleteEntity::of(API_RESOURCE, resource.rt_id).erase();
    let deleted = tenant.delete(delete).await;
    deleted.map_err(|error| Problem::runtime(DELETE_FAILED, &error))?;
    Ok(StatusCode::OK)
}

/// Names are unique by comparison, not by index: writers of a tenant's resources take turns.
pub(super) async fn lock(
    state: &PlatformState,
    tenant: &Tenant,
) -> tokio::sync::OwnedMutexGuard<()> {
    state
        .locks()
        .lock(&[tenant.id().as_str(), "apiResources"])
        .await
}

fn required_name(body: &ResourceBody) -> Result<&str, Problem> {
    match body.name() {
        "" => Err(Problem::dictionary("name", "The name field is required.")),
        name => Ok(name),
    }
}

fn unknown(name: &str) -> Problem {
    Problem::not_found(format!("API resource with name '{name}' does not exist."))
}

fn dto_of(resource: &Entity) -> ApiResourceDto {
    let attributes = &resource.attributes;
    let text = |name: &str| attributes.str(name).map(str::to_owned);
    let flag = |name: &str| attributes.bool(name).unwrap_or(false);
    let texts = |name: &str| Some(attributes.strings(name).to_vec());
    ApiResourceDto {
        is_enabled: flag("Enabled"),
        name: text("Name"),
        display_name: text("DisplayName"),
        description: text("Description"),
        show_in_discovery_document: flag("ShowInDiscoveryDocument"),
        user_claims: texts("Claims"),
        require_resource_indicator: flag("RequireResourceIndicator"),
        scopes: texts("Scopes"),
        allowed_access_token_signing_algorithms: texts("AllowedAccessTokenSigningAlgorithms"),
    }
}
