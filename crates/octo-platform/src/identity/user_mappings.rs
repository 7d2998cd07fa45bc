//! External tenant user mappings: M1–M5 (identity.md 4.9 and 6.10).

pub(super) mod dto;

use axum::Json;
use axum::extract::{OriginalUri, Path, State};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::LOCATION;
use octo_runtime::{DeleteEntity, Entity, EntityQuery, NewEntity, Tenant, UpdateEntity};
use octo_sdk::identity::ExternalTenantUserMappingDto;

use self::dto::{MappingBody, Source, of_entities, of_entity};
use super::lookup::{self, unreadable};
use super::reach;
use crate::accounts::mappings;
use crate::accounts::names::EXTERNAL_MAPPING;
use crate::accounts::provision;
use crate::accounts::roles::Roles;
use crate::auth::{ReadOnly, ReadWrite, TenantCaller};
use crate::problem::Problem;
use crate::rest::{JsonBody, Params, USER_ROLES, require_any_role};
use crate::state::PlatformState;

pub(super) const FAILED: &str = "The mapping could not be stored.";

/// M1. Unlike in the original, `skip` and `take` count with a source tenant, too.
pub(super) async fn list(
    caller: TenantCaller<ReadOnly>,
    params: Params,
) -> Result<Json<Vec<ExternalTenantUserMappingDto>>, Problem> {
    let mut query = EntityQuery::of(EXTERNAL_MAPPING);
    if let Some(source) = params.get("sourceTenantId") {
        // Stored in lower case here, in any case in data that comes from elsewhere.
        let spellings = [source.trim().to_lowercase(), source.trim().to_owned()];
        query = query.is_in("SourceTenantId", spellings);
    }
    if let Some(skip) = params.parsed::<u32>("skip")? {
        query = query.skip(skip.into());
    }
    if let Some(take) = params.parsed::<u32>("take")? {
        query = query.take(take.into());
    }
    let found = caller.tenant.query(query).await.map_err(unreadable)?.items;
    Ok(Json(of_entities(&caller.tenant, &found).await?))
}

/// M2.
pub(super) async fn read(
    caller: TenantCaller<ReadOnly>,
    Path((_, id)): Path<(String, String)>,
) -> Result<Json<ExternalTenantUserMappingDto>, Problem> {
    let mapping = existing(&caller.tenant, &id).await?;
    Ok(Json(of_entity(&caller.tenant, &mapping).await?))
}

/// M3. A user is mapped once; the original stores a second mapping and fails at the next log-in.
pub(super) async fn create(
    State(state): State<PlatformState>,
    caller: TenantCaller<ReadWrite>,
    OriginalUri(uri): OriginalUri,
    JsonBody(body): JsonBody<MappingBody>,
) -> Result<Response, Problem> {
    require_any_role(&caller.caller, USER_ROLES)?;
    let tenant = &caller.tenant;
    let source = body.source(tenant.id())?;
    let roles = lookup::roles_by_id(tenant, body.role_ids()).await?;
    reach::require_all(&caller.caller, &roles)?;
    let _only_one = provision::lock(&state, tenant).await;
    let present = mappings::of(tenant, &source.tenant, source.user).await;
    if !present.map_err(unreadable)?.is_empty() {
        return Err(taken(&source, tenant));
    }
    let mapping = NewEntity::of(EXTERNAL_MAPPING)
        .set("SourceTenantId", source.tenant.to_string())
        .set("SourceUserId", source.user.to_string())
        .set("SourceUserName", source.user_name)
        .set("MappedRoleIds", ids(&roles));
    let stored = tenant.insert(mapping).await;
    let stored = stored.map_err(|error| Problem::runtime(FAILED, &error))?;
    let dto = of_entity(tenant, &stored).await?;
    let location = format!("{}/{}", uri.path().trim_end_matches('/'), stored.rt_id);
    Ok((StatusCode::CREATED, [(LOCATION, location)], Json(dto)).into_response())
}

/// M4: exactly these roles; none when they are left out.
pub(super) async fn update(
    caller: TenantCaller<ReadWrite>,
    Path((_, id)): Path<(String, String)>,
    JsonBody(body): JsonBody<MappingBody>,
) -> Result<Json<ExternalTenantUserMappingDto>, Problem> {
    require_any_role(&caller.caller, USER_ROLES)?;
    let tenant = &caller.tenant;
    let mapping = existing(tenant, &id).await?;
    let roles = lookup::roles_by_id(tenant, body.role_ids()).await?;
    reach::require_mapping(&caller.caller, tenant, &mapping).await?;
    reach::require_all(&caller.caller, &roles)?;
    let update = UpdateEntity::from_entity(&mapping).set("MappedRoleIds", ids(&roles));
    let updated = tenant.update(update).await;
    let updated = updated.map_err(|error| Problem::runtime(FAILED, &error))?;
    Ok(Json(of_entity(tenant, &updated).await?))
}

/// M5. The shadow user stays, without what the mapping gave it.
pub(super) async fn delete(
    caller: TenantCaller<ReadWrite>,
    Path((_, id)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    require_any_role(&caller.caller, USER_ROLES)?;
    let mapping = existing(&caller.tenant, &id).await?;
    reach::require_mapping(&caller.caller, &caller.tenant, &mapping).await?;
    erase(&caller.tenant, &mapping).await?;
    Ok(StatusCode::OK)
}

/// Deletes a mapping for good.
pub(super) async fn erase(tenant: &Tenant, mapping: &Entity) -> Result<(), Problem> {
    let delete = DeleteEntity::of(EXTERNAL_MAPPING, mapping.rt_id).erase();
    let deleted = tenant.delete(delete).await;
    deleted.map_err(|error| Problem::runtime(FAILED, &error))?;
    Ok(())
}

/// 409 for a user who is mapped already.
pub(super) fn taken(source: &Source, tenant: &Tenant) -> Problem {
    let text = format!(
        "User '{}' of tenant '{}' has a mapping in tenant '{}' already. Change or delete that one.",
        source.user_name,
        source.tenant,
        tenant.id()
    );
    Problem::text(StatusCode::CONFLICT, text)
}

async fn existing(tenant: &Tenant, id: &str) -> Result<Entity, Problem> {
    let id = lookup::id("rtId", id)?;
    let mapping = tenant.get(EXTERNAL_MAPPING, id).await.map_err(unreadable)?;
    mapping.ok_or_else(Problem::bare_not_found)
}

fn ids(roles: &Roles) -> Vec<String> {
    roles.keys().map(ToString::to_string).collect()
}
