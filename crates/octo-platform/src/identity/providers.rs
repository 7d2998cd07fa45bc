//! Identity providers: I1–I5 (identity.md 4.5 and 6.7).

mod body;

use axum::Json;
use axum::extract::{Path, State};
use http::StatusCode;
use octo_runtime::{
    DeleteEntity, Entity, EntityQuery, NewEntity, RtId, SortOrder, Tenant, TenantId, UpdateEntity,
};
use octo_sdk::identity::IdentityProviderDto;
use serde::Serialize;

use self::body::{Draft, Problems, ProviderBody};
use super::lookup::{self, unreadable};
use crate::accounts::names::{GROUP, IDENTITY_PROVIDER};
use crate::accounts::providers::{client_secret, dto};
use crate::auth::{ReadOnly, ReadWrite, TenantCaller};
use crate::problem::Problem;
use crate::rest::{IfMatch, JsonBody, Revised, TENANT_ROLES, require_any_role};
use crate::state::PlatformState;

const FAILED: &str = "The identity provider could not be stored.";
const DELETE_FAILED: &str = "The identity provider could not be deleted.";
/// Providers of a tenant at most: a login page lists them all.
const MAX_PROVIDERS: usize = 100;

/// How the providers are wrapped, a single one as well.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Providers {
    identity_providers: Vec<IdentityProviderDto>,
}

/// I1.
pub(super) async fn list(caller: TenantCaller<ReadOnly>) -> Result<Json<Providers>, Problem> {
    let providers = all(&caller.tenant).await?;
    Ok(Json(Providers {
        identity_providers: providers.iter().map(dto).collect(),
    }))
}

/// I2.
pub(super) async fn read(
    caller: TenantCaller<ReadOnly>,
    Path((_, id)): Path<(String, String)>,
) -> Result<Revised<Providers>, Problem> {
    let provider = existing(&caller.tenant, lookup::id("rtId", &id)?).await?;
    Ok(Revised(alone(&provider)))
}

/// I3.
pub(super) async fn create(
    State(state): State<PlatformState>,
    caller: TenantCaller<ReadWrite>,
    JsonBody(body): JsonBody<ProviderBody>,
) -> Result<Json<IdentityProviderDto>, Problem> {
    require_any_role(&caller.caller, TENANT_ROLES)?;
    let tenant = &caller.tenant;
    let _only_one = lock(&state, tenant).await;
    let (draft, problems) = body.read(tenant.id())?;
    let present = all(tenant).await?;
    if present.len() >= MAX_PROVIDERS {
        return Err(Problem::bad_request(format!(
            "A tenant has at most {MAX_PROVIDERS} identity providers."
        )));
    }
    let new = NewEntity::of(draft.ck_type);
    let draft = checked(&state, tenant, draft, problems, &present, None).await?;
    let changes = draft.changes(state.vault(), tenant.id(), new.rt_id())?;
    let new = changes
        .into_iter()
        .fold(new, |new, (name, value)| new.set_opt(name, value));
    let stored = tenant.insert(new).await;
    let stored = stored.map_err(|error| Problem::runtime(FAILED, &error))?;
    Ok(Json(dto(&stored)))
}

/// I4: the provider is replaced as a whole, but for its type, its display name (which no body can
/// carry) and a client secret the body leaves out. The real service would create a provider of an
/// unknown id; a mistyped one is more likely.
pub(super) async fn update(
    State(state): State<PlatformState>,
    caller: TenantCaller<ReadWrite>,
    Path((_, id)): Path<(String, String)>,
    if_match: IfMatch,
    JsonBody(body): JsonBody<ProviderBody>,
) -> Result<Json<IdentityProviderDto>, Problem> {
    require_any_role(&caller.caller, TENANT_ROLES)?;
    let tenant = &caller.tenant;
    let id = lookup::id("rtId", &id)?;
    let _only_one = lock(&state, tenant).await;
    let stored = existing(tenant, id).await?;
    if_match.check(&alone(&stored))?;
    let (draft, problems) = body.read(tenant.id())?;
    let present = all(tenant).await?;
    let draft = checked(&state, tenant, draft, problems, &present, Some(&stored)).await?;
    let changes = draft.changes(state.vault(), tenant.id(), id)?;
    let update = changes.into_iter().fold(
        UpdateEntity::from_entity(&stored),
        |update, (name, value)| update.set_opt(name, value),
    );
    let updated = tenant.update(update).await;
    let updated = updated.map_err(|error| Problem::runtime(FAILED, &error))?;
    Ok(Json(dto(&updated)))
}

/// I5: also when there is none.
pub(super) async fn delete(
    State(state): State<PlatformState>,
    caller: TenantCaller<ReadWrite>,
    Path((_, id)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    require_any_role(&caller.caller, TENANT_ROLES)?;
    let tenant = &caller.tenant;
    let id = lookup::id("rtId", &id)?;
    let _only_one = lock(&state, tenant).await;
    if found(tenant, id).await?.is_some() {
        let delete = DeleteEntity::of(IDENTITY_PROVIDER, id).erase();
        let deleted = tenant.delete(delete).await;
        deleted.map_err(|error| Problem::runtime(DELETE_FAILED, &error))?;
    }
    Ok(StatusCode::OK)
}

/// One provider as it is read.
fn alone(provider: &Entity) -> Providers {
    Providers {
        identity_providers: vec![dto(provider)],
    }
}

/// Adds what only the tenant's content can tell to the problems of a body, and reports them all.
async fn checked(
    state: &PlatformState,
    tenant: &Tenant,
    mut draft: Draft,
    mut problems: Problems,
    present: &[Entity],
    stored: Option<&Entity>,
) -> Result<Draft, Problem> {
    let own = stored.map(|stored| stored.rt_id);
    if is_taken(present, &draft.name, own) {
        problems.push(("Name", "Name must be unique".to_owned()));
    }
    if let Some(stored) = stored
        && stored.ck_type_id.to_string() != draft.ck_type
    {
        let text = "A provider keeps its type. Delete it and create another one.";
        problems.push(("$type", text.to_owned()));
    }
    if let Some(group) = &draft.default_group
        && !is_group(tenant, group).await?
    {
        let text = format!("Group with id '{group}' not found.");
        problems.push(("DefaultGroupRtId", text));
    }
    if let Some(parent) = &draft.parent
        && !is_parent_of(stored, parent)
        && state
            .find_tenant(parent.as_str())
            .await
            .map_err(unreadable)?
            .is_none()
    {
        let text = format!("Tenant '{parent}' not found.");
        problems.push(("ParentTenantId", text));
    }
    if draft.needs_secret && draft.secret.is_none() {
        match stored.filter(|stored| draft.sends_secret_as(stored)) {
            Some(stored) => draft.secret = client_secret(state.vault(), tenant, stored),
            None if stored.is_some() => {
                let text = "A provider at another address needs its ClientSecret again.";
                problems.push(("ClientSecret", text.to_owned()));
            }
            None => {}
        }
        if draft.secret.is_none() && !problems.iter().any(|(field, _)| *field == "ClientSecret") {
            let text = "The ClientSecret field is required.";
            problems.push(("ClientSecret", text.to_owned()));
        }
    }
    match problems.is_empty() {
        true => Ok(draft),
        false => Err(Problem::validation_errors(&problems)),
    }
}

fn is_taken(present: &[Entity], name: &str, own: Option<RtId>) -> bool {
    let same = |provider: &Entity| {
        let other = provider.attributes.str("Name").unwrap_or_default();
        other.eq_ignore_ascii_case(name) && Some(provider.rt_id) != own
    };
    present.iter().any(same)
}

/// Whether the stored provider names that parent already: it may be gone, and the provider is still
/// to be disabled.
fn is_parent_of(stored: Option<&Entity>, parent: &TenantId) -> bool {
    let named = stored.and_then(|stored| stored.attributes.str("ParentTenantId"));
    named.is_some_and(|named| named.eq_ignore_ascii_case(parent.as_str()))
}

async fn is_group(tenant: &Tenant, id: &str) -> Result<bool, Problem> {
    match id.parse() {
        Ok(id) => Ok(tenant.get(GROUP, id).await.map_err(unreadable)?.is_some()),
        Err(_) => Ok(false),
    }
}

async fn all(tenant: &Tenant) -> Result<Vec<Entity>, Problem> {
    let query = EntityQuery::of(IDENTITY_PROVIDER).sort("Name", SortOrder::Ascending);
    Ok(tenant.query(query).await.map_err(unreadable)?.items)
}

async fn existing(tenant: &Tenant, id: RtId) -> Result<Entity, Problem> {
    found(tenant, id).await?.ok_or_else(Problem::bare_not_found)
}

async fn found(tenant: &Tenant, id: RtId) -> Result<Option<Entity>, Problem> {
    tenant.get(IDENTITY_PROVIDER, id).await.map_err(unreadable)
}

/// Names are unique by comparison: writers of a tenant's providers take turns.
async fn lock(state: &PlatformState, tenant: &Tenant) -> tokio::sync::OwnedMutexGuard<()> {
    state
        .locks()
        .lock(&[tenant.id().as_str(), "identityProviders"])
        .await
}
