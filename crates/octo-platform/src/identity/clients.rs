//! OAuth clients: C1–C6 (identity.md 4.4 and 6.4).
//!
//! Changing clients needs the role of an administrator of tenants: whoever may give a client a
//! secret and a role may act with that role.

mod body;
mod dto;
pub(super) mod mirrors;
pub(super) mod overlays;
pub(super) mod roles;

use axum::Json;
use axum::extract::{Path, State};
use axum::response::Response;
use http::StatusCode;
use octo_runtime::{
    ChangeSet, DeleteEntity, Entity, EntityQuery, NewEntity, SortOrder, Tenant, UpdateEntity,
};
use octo_sdk::identity::ClientDto;

use self::body::ClientBody;
use super::lookup::unreadable;
use crate::accounts::client_mirrors;
use crate::accounts::names::CLIENT;
use crate::auth::{ReadOnly, ReadWrite, TenantCaller};
use crate::oidc::client::Client;
use crate::problem::{Detail, Problem};
use crate::rest::{IfMatch, JsonBody, Paging, Params, Revised, TENANT_ROLES, require_any_role};
use crate::state::PlatformState;

const CREATION_FAILED: &str = "Creation of client failed";
const UPDATE_FAILED: &str = "Update of client failed";
const DELETE_FAILED: &str = "Delete of client failed";

/// C1.
pub(super) async fn list(caller: TenantCaller<ReadOnly>) -> Result<Json<Vec<ClientDto>>, Problem> {
    let clients = caller.tenant.query(by_id()).await.map_err(unreadable)?;
    Ok(Json(clients.items.iter().map(dto::of_entity).collect()))
}

/// C2.
pub(super) async fn page(
    caller: TenantCaller<ReadOnly>,
    params: Params,
) -> Result<Response, Problem> {
    let paging = Paging::read(&params)?;
    let query = by_id().skip(paging.skip.into()).take(paging.take.into());
    let clients = caller.tenant.query(query).await.map_err(unreadable)?;
    Ok(paging.answer(
        clients.items.iter().map(dto::of_entity).collect(),
        clients.total,
    ))
}

/// C3.
pub(super) async fn read(
    caller: TenantCaller<ReadOnly>,
    Path((_, client)): Path<(String, String)>,
) -> Result<Revised<ClientDto>, Problem> {
    let client = find(&caller.tenant, &client)
        .await?
        .ok_or_else(Problem::bare_not_found)?;
    Ok(Revised(dto::of_entity(&client)))
}

/// C4. An expired dynamic registration gives its id up.
pub(super) async fn create(
    State(state): State<PlatformState>,
    caller: TenantCaller<ReadWrite>,
    JsonBody(body): JsonBody<ClientBody>,
) -> Result<StatusCode, Problem> {
    require_any_role(&caller.caller, TENANT_ROLES)?;
    if body.client_id().is_empty() {
        return Err(Problem::dictionary(
            "clientId",
            "The clientId field is required.",
        ));
    }
    body.check()?;
    let missing = body.missing();
    if !missing.is_empty() {
        return Err(Problem::bad_request_with(CREATION_FAILED, missing));
    }
    let tenant = &caller.tenant;
    let _only_one = lock(&state, tenant).await;
    let mut changes = ChangeSet::new();
    if let Some(taken) = find(tenant, body.client_id()).await? {
        if !Client::is_expired(&taken, state.clock().now()) {
            return Err(taken_by_another(body.client_id()));
        }
        changes = changes.delete(DeleteEntity::of(CLIENT, taken.rt_id).erase());
    }
    let client = NewEntity::of(CLIENT)
        .attributes(body::initial())
        .attributes(body.changes());
    tenant
        .apply(changes.insert(client))
        .await
        .map_err(|error| Problem::runtime(CREATION_FAILED, &error))?;
    Ok(StatusCode::OK)
}

/// C5.
pub(super) async fn update(
    State(state): State<PlatformState>,
    caller: TenantCaller<ReadWrite>,
    Path((_, name)): Path<(String, String)>,
    if_match: IfMatch,
    JsonBody(body): JsonBody<ClientBody>,
) -> Result<StatusCode, Problem> {
    require_any_role(&caller.caller, TENANT_ROLES)?;
    body.check()?;
    let tenant = &caller.tenant;
    let only_one = lock(&state, tenant).await;
    let client = existing(tenant, &name).await?;
    if_match.check(&dto::of_entity(&client))?;
    let renamed = !body.client_id().is_empty() && body.client_id() != name;
    if renamed && find(tenant, body.client_id()).await?.is_some() {
        return Err(taken_by_another(body.client_id()));
    }
    let update = body.changes().into_iter().fold(
        UpdateEntity::from_entity(&client),
        |update, (name, value)| update.set(&name, value),
    );
    let client = tenant
        .update(update)
        .await
        .map_err(|error| Problem::runtime(UPDATE_FAILED, &error))?;
    drop(only_one);
    if renamed || is_flagged(&client) {
        refresh_copies(&state, tenant, &name, &client).await?;
    }
    Ok(StatusCode::OK)
}

/// C6: for good, with roles, group memberships and all copies on record.
pub(super) async fn delete(
    State(state): State<PlatformState>,
    caller: TenantCaller<ReadWrite>,
    Path((_, name)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    require_any_role(&caller.caller, TENANT_ROLES)?;
    let tenant = &caller.tenant;
    let only_one = lock(&state, tenant).await;
    let client = existing(tenant, &name).await?;
    let delete = DeleteEntity::of(CLIENT, client.rt_id).erase();
    let deleted = tenant.delete(delete).await;
    deleted.map_err(|error| Problem::runtime(DELETE_FAILED, &error))?;
    drop(only_one);
    let copies = client_mirrors::rows_of(tenant, &name)
        .await
        .map_err(unreadable)?;
    for copy in &copies {
        if let Err(error) = client_mirrors::remove(&state, tenant, copy).await {
            tracing::warn!(client = %name, %error, "a copy of a deleted client could not be removed");
        }
    }
    Ok(StatusCode::OK)
}

/// The client with this id, compared exactly.
pub(super) async fn find(tenant: &Tenant, client_id: &str) -> Result<Option<Entity>, Problem> {
    let query = EntityQuery::of(CLIENT).eq("ClientId", client_id);
    tenant.first(query).await.map_err(unreadable)
}

/// The client of a route that changes it, or the 404 all of them share.
pub(super) async fn existing(tenant: &Tenant, client_id: &str) -> Result<Entity, Problem> {
    find(tenant, client_id)
        .await?
        .ok_or_else(|| Problem::not_found(format!("Client with id '{client_id}' does not exist.")))
}

/// Whether new child tenants receive a copy of a client.
pub(super) fn is_flagged(client: &Entity) -> bool {
    client.attributes.bool("AutoProvisionInChildTenants") == Some(true)
}

/// Carries a change of a client over to its copies.
pub(super) async fn refresh_copies(
    state: &PlatformState,
    tenant: &Tenant,
    known_as: &str,
    client: &Entity,
) -> Result<(), Problem> {
    client_mirrors::refresh(state, tenant, known_as, client.rt_id)
        .await
        .map_err(unreadable)
}

/// Ids are unique by comparison, not by index: writers of a tenant's clients take turns. Let go
/// of it before copies are refreshed.
pub(super) async fn lock(
    state: &PlatformState,
    tenant: &Tenant,
) -> tokio::sync::OwnedMutexGuard<()> {
    state.locks().lock(&[tenant.id().as_str(), "clients"]).await
}

fn by_id() -> EntityQuery {
    EntityQuery::of(CLIENT).sort("ClientId", SortOrder::Ascending)
}

fn taken_by_another(client_id: &str) -> Problem {
    Problem::text(
        StatusCode::CONFLICT,
        format!("Client with id '{client_id}' already exists."),
    )
}

/// A reason for a mandatory member that is missing.
fn required(member: &str) -> Detail {
    Detail::new("Required", format!("The {member} field is required."))
}
