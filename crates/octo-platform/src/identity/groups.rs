//! Groups: G1–G7 (identity.md 4.3 and 6.3).

mod dto;
pub(super) mod members;
pub(super) mod nesting;
pub(super) mod roles;

use axum::Json;
use axum::extract::{Path, State};
use http::StatusCode;
use octo_runtime::{
    ChangeSet, DeleteEntity, Entity, EntityQuery, NewEntity, RtId, SortOrder, Tenant, UpdateEntity,
};
use octo_sdk::identity::GroupDto;

use self::dto::GroupBody;
use super::lookup::{self, unreadable};
use super::reach;
use crate::accounts::names::{ASSIGNED_ROLE, GROUP};
use crate::accounts::users::normalize;
use crate::auth::{ReadOnly, ReadWrite, TenantCaller};
use crate::problem::Problem;
use crate::rest::{IfMatch, JsonBody, Paging, Params, Revised, USER_ROLES, require_any_role};
use crate::state::PlatformState;

const CREATION_FAILED: &str = "Creation of group failed";
const UPDATE_FAILED: &str = "Update of group failed";
const DELETE_FAILED: &str = "Delete of group failed";

/// G1.
pub(super) async fn list(caller: TenantCaller<ReadOnly>) -> Result<Json<Vec<GroupDto>>, Problem> {
    answer(&caller.tenant, by_name()).await
}

/// G2: a bare list, unlike the pages of other things.
pub(super) async fn page(
    caller: TenantCaller<ReadOnly>,
    params: Params,
) -> Result<Json<Vec<GroupDto>>, Problem> {
    let paging = Paging::read(&params)?;
    let query = by_name().skip(paging.skip.into()).take(paging.take.into());
    answer(&caller.tenant, query).await
}

/// G3.
pub(super) async fn read(
    caller: TenantCaller<ReadOnly>,
    Path((_, id)): Path<(String, String)>,
) -> Result<Revised<GroupDto>, Problem> {
    let group = existing(&caller.tenant, &id).await?;
    Ok(Revised(dto::of_entity(&caller.tenant, &group).await?))
}

/// G4.
pub(super) async fn read_named(
    caller: TenantCaller<ReadOnly>,
    Path((_, name)): Path<(String, String)>,
) -> Result<Revised<GroupDto>, Problem> {
    let group = named(&caller.tenant, &name)
        .await?
        .ok_or_else(Problem::bare_not_found)?;
    Ok(Revised(dto::of_entity(&caller.tenant, &group).await?))
}

/// G5. Roles are looked up first, so that a wrong one leaves no half-made group behind.
pub(super) async fn create(
    State(state): State<PlatformState>,
    caller: TenantCaller<ReadWrite>,
    JsonBody(body): JsonBody<GroupBody>,
) -> Result<(StatusCode, Json<GroupDto>), Problem> {
    require_any_role(&caller.caller, USER_ROLES)?;
    let tenant = &caller.tenant;
    let name = body.name()?;
    let roles = lookup::roles_by_id(tenant, body.role_ids()).await?;
    reach::require_all(&caller.caller, &roles)?;
    let _only_one = lock(&state, tenant).await;
    require_free(tenant, name, None).await?;
    let group = NewEntity::of(GROUP)
        .set("GroupName", name)
        .set("NormalizedGroupName", normalize(name))
        .set_opt("GroupDescription", body.description());
    let changes = roles.values().fold(ChangeSet::new(), |changes, role| {
        changes.associate(&group, ASSIGNED_ROLE, role)
    });
    let created = tenant.apply(changes.insert(group)).await;
    let created = created.map_err(|error| Problem::runtime(CREATION_FAILED, &error))?;
    let group = created
        .inserted
        .first()
        .ok_or_else(Problem::bare_not_found)?;
    let dto = dto::of_entity(tenant, group).await?;
    Ok((StatusCode::CREATED, Json(dto)))
}

/// G6: name and description; an absent description is cleared.
pub(super) async fn update(
    State(state): State<PlatformState>,
    caller: TenantCaller<ReadWrite>,
    Path((_, id)): Path<(String, String)>,
    if_match: IfMatch,
    JsonBody(body): JsonBody<GroupBody>,
) -> Result<Json<GroupDto>, Problem> {
    require_any_role(&caller.caller, USER_ROLES)?;
    let tenant = &caller.tenant;
    let name = body.name()?;
    let _only_one = lock(&state, tenant).await;
    let group = existing(tenant, &id).await?;
    reach::require_group(&caller.caller, tenant, group.rt_id).await?;
    if_match.check(&dto::of_entity(tenant, &group).await?)?;
    require_free(tenant, name, Some(group.rt_id)).await?;
    let update = UpdateEntity::from_entity(&group)
        .set("GroupName", name)
        .set("NormalizedGroupName", normalize(name))
        .set_opt("GroupDescription", body.description());
    let updated = tenant.update(update).await;
    let updated = updated.map_err(|error| Problem::runtime(UPDATE_FAILED, &error))?;
    Ok(Json(dto::of_entity(tenant, &updated).await?))
}

/// G7: for good; members stay.
pub(super) async fn delete(
    State(state): State<PlatformState>,
    caller: TenantCaller<ReadWrite>,
    Path((_, id)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    require_any_role(&caller.caller, USER_ROLES)?;
    let tenant = &caller.tenant;
    let _only_one = lock(&state, tenant).await;
    let group = existing(tenant, &id).await?;
    reach::require_group(&caller.caller, tenant, group.rt_id).await?;
    let delete = DeleteEntity::of(GROUP, group.rt_id).erase();
    let deleted = tenant.delete(delete).await;
    deleted.map_err(|error| Problem::runtime(DELETE_FAILED, &error))?;
    Ok(StatusCode::OK)
}

async fn answer(tenant: &Tenant, query: EntityQuery) -> Result<Json<Vec<GroupDto>>, Problem> {
    let groups = tenant.query(query).await.map_err(unreadable)?.items;
    Ok(Json(dto::of_entities(tenant, &groups).await?))
}

/// The group a route names by its id.
async fn existing(tenant: &Tenant, id: &str) -> Result<Entity, Problem> {
    let id = lookup::id("rtId", id)?;
    let group = tenant.get(GROUP, id).await.map_err(unreadable)?;
    group.ok_or_else(Problem::bare_not_found)
}

async fn named(tenant: &Tenant, name: &str) -> Result<Option<Entity>, Problem> {
    let query = EntityQuery::of(GROUP).eq("NormalizedGroupName", normalize(name));
    tenant.first(query).await.map_err(unreadable)
}

async fn require_free(tenant: &Tenant, name: &str, own: Option<RtId>) -> Result<(), Problem> {
    let query = EntityQuery::of(GROUP)
        .eq("NormalizedGroupName", normalize(name))
        .take(2);
    let holders = tenant.query(query).await.map_err(unreadable)?.items;
    if holders.iter().any(|group| Some(group.rt_id) != own) {
        return Err(Problem::text(
            StatusCode::CONFLICT,
            format!("A group with name '{name}' already exists."),
        ));
    }
    Ok(())
}

fn by_name() -> EntityQuery {
    EntityQuery::of(GROUP).sort("NormalizedGroupName", SortOrder::Ascending)
}

/// Names are unique by comparison, and circles are looked for before nesting: writers of a tenant's
/// groups take turns.
async fn lock(state: &PlatformState, tenant: &Tenant) -> tokio::sync::OwnedMutexGuard<()> {
    state.locks().lock(&[tenant.id().as_str(), "groups"]).await
}
