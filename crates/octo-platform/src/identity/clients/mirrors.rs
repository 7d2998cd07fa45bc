//! Copies of clients in child tenants: C13–C17 (identity.md 4.4 and 6.5).
//!
//! The real service copies a tenant's clients, secrets and all, into any tenant that is named. Here
//! the target must lie below the tenant; any other counts as unknown.

use axum::Json;
use axum::extract::{Path, State};
use http::StatusCode;
use octo_runtime::{Entity, RuntimeError, Tenant, TenantId, UpdateEntity};
use octo_sdk::identity::{
    ClientMirrorBackfillResponseDto, ClientMirrorDto, ClientMirrorProvisionResponseDto,
};
use serde::Deserialize;

use super::{UPDATE_FAILED, existing, is_flagged, lock, refresh_copies};
use crate::accounts::client_mirrors::{self, Copied};
use crate::auth::{ReadOnly, ReadWrite, TenantCaller};
use crate::identity::lookup::unreadable;
use crate::problem::Problem;
use crate::rest::{JsonBody, Params, TENANT_ROLES, require_any_role};
use crate::state::PlatformState;

/// Child tenants one request copies into at most.
const MAX_CHILDREN: usize = 100_000;

/// `SetAutoProvisionInChildTenantsDto` as received; absent means no.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(in crate::identity) struct FlagBody {
    enabled: Option<bool>,
}

/// C13.
pub(in crate::identity) async fn list(
    caller: TenantCaller<ReadOnly>,
    Path((_, client_id)): Path<(String, String)>,
) -> Result<Json<Vec<ClientMirrorDto>>, Problem> {
    existing(&caller.tenant, &client_id).await?;
    let mut rows: Vec<ClientMirrorDto> = client_mirrors::rows_of(&caller.tenant, &client_id)
        .await
        .map_err(unreadable)?
        .iter()
        .map(dto_of)
        .collect();
    rows.sort_by(|left, right| left.child_tenant_id.cmp(&right.child_tenant_id));
    Ok(Json(rows))
}

/// C14: all flagged clients, into every child tenant. One that fails is logged and left out.
pub(in crate::identity) async fn provision_everywhere(
    State(state): State<PlatformState>,
    caller: TenantCaller<ReadWrite>,
    Path((_, client_id)): Path<(String, String)>,
) -> Result<Json<ClientMirrorBackfillResponseDto>, Problem> {
    require_any_role(&caller.caller, TENANT_ROLES)?;
    let parent = &caller.tenant;
    require_flagged(parent, &client_id).await?;
    let children = state
        .children_of(parent.id(), MAX_CHILDREN)
        .await
        .map_err(unreadable)?;
    let mut sums = ClientMirrorBackfillResponseDto::default();
    for child in &children {
        sums.child_tenants_considered += 1;
        match provision(&state, parent, child).await {
            Ok(copied) => {
                sums.newly_provisioned += copied.new;
                sums.already_present += copied.present;
            }
            Err(error) => tracing::warn!(%child, %error, "clients could not be copied"),
        }
    }
    Ok(Json(sums))
}

/// C15: all flagged clients, into one tenant below.
pub(in crate::identity) async fn provision_one(
    State(state): State<PlatformState>,
    caller: TenantCaller<ReadWrite>,
    Path((_, client_id)): Path<(String, String)>,
    params: Params,
) -> Result<Json<ClientMirrorProvisionResponseDto>, Problem> {
    require_any_role(&caller.caller, TENANT_ROLES)?;
    let [child] = params.require(["childTenantId"])?;
    let parent = &caller.tenant;
    require_flagged(parent, &client_id).await?;
    let copied = match below(&state, parent, child).await.map_err(unreadable)? {
        Some(child) => provision(&state, parent, &child)
            .await
            .map_err(|error| Problem::runtime("The clients could not be copied.", &error))?,
        None => Copied::default(),
    };
    Ok(Json(ClientMirrorProvisionResponseDto {
        flagged_clients_considered: copied.flagged,
        newly_provisioned: copied.new,
        already_present: copied.present,
    }))
}

/// C16.
pub(in crate::identity) async fn remove(
    State(state): State<PlatformState>,
    caller: TenantCaller<ReadWrite>,
    Path((_, client_id, child)): Path<(String, String, String)>,
) -> Result<StatusCode, Problem> {
    require_any_role(&caller.caller, TENANT_ROLES)?;
    let rows = client_mirrors::rows_of(&caller.tenant, &client_id)
        .await
        .map_err(unreadable)?;
    let is_meant = |row: &&Entity| client_mirrors::child_of(row).eq_ignore_ascii_case(child.trim());
    let row = rows.iter().find(is_meant).ok_or_else(|| {
        Problem::not_found(format!(
            "No mirror tracked for client '{client_id}' in child tenant '{child}'."
        ))
    })?;
    client_mirrors::remove(&state, &caller.tenant, row)
        .await
        .map_err(|error| Problem::runtime("The mirror could not be removed.", &error))?;
    Ok(StatusCode::NO_CONTENT)
}

/// C17: copies that exist stay when the flag is taken away, and nothing is copied when it is set.
pub(in crate::identity) async fn set_flag(
    State(state): State<PlatformState>,
    caller: TenantCaller<ReadWrite>,
    Path((_, client_id)): Path<(String, String)>,
    JsonBody(body): JsonBody<FlagBody>,
) -> Result<StatusCode, Problem> {
    require_any_role(&caller.caller, TENANT_ROLES)?;
    let tenant = &caller.tenant;
    let enabled = body.enabled.unwrap_or(false);
    let only_one = lock(&state, tenant).await;
    let client = existing(tenant, &client_id).await?;
    let update = UpdateEntity::from_entity(&client).set("AutoProvisionInChildTenants", enabled);
    let updated = tenant.update(update).await;
    updated.map_err(|error| Problem::runtime(UPDATE_FAILED, &error))?;
    drop(only_one);
    if enabled {
        refresh_copies(&state, tenant, &client_id, &client).await?;
    }
    Ok(StatusCode::NO_CONTENT)
}

/// Copies the flagged clients of `parent`. Opening a child for the first time copies those of the
/// system tenant, so what is new is told by the records from before.
async fn provision(
    state: &PlatformState,
    parent: &Tenant,
    child: &TenantId,
) -> Result<Copied, RuntimeError> {
    let before = client_mirrors::recorded(parent, child).await?;
    let Some(tenant) = state.find_tenant(child.as_str()).await? else {
        return Ok(Copied::default());
    };
    let copied = client_mirrors::copy_flagged(state, parent, &tenant).await?;
    let after = client_mirrors::recorded(parent, child).await?;
    let new = after.difference(&before).count() as u64;
    Ok(Copied {
        new,
        present: copied.flagged.saturating_sub(new),
        ..copied
    })
}

/// The tenant `text` names if it lies below `parent`.
async fn below(
    state: &PlatformState,
    parent: &Tenant,
    text: &str,
) -> Result<Option<TenantId>, RuntimeError> {
    let Ok(child) = text.parse::<TenantId>() else {
        return Ok(None);
    };
    match state.runtime().ancestors(&child).await {
        Ok(ancestors) => Ok(ancestors.contains(parent.id()).then_some(child)),
        Err(RuntimeError::TenantUnknown(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

async fn require_flagged(tenant: &Tenant, client_id: &str) -> Result<(), Problem> {
    match is_flagged(&existing(tenant, client_id).await?) {
        true => Ok(()),
        false => Err(Problem::bad_request(format!(
            "Client '{client_id}' is not flagged AutoProvisionInChildTenants. Set the flag first."
        ))),
    }
}

fn dto_of(row: &Entity) -> ClientMirrorDto {
    let text = |name: &str| row.attributes.str(name).unwrap_or_default().to_owned();
    ClientMirrorDto {
        parent_client_id: text("ParentClientId"),
        parent_tenant_id: text("ParentTenantId"),
        child_tenant_id: text("ChildTenantId"),
        provisioned_at: row.attributes.timestamp("ProvisionedAt"),
        secret_hash_version: row.attributes.i32("SecretHashVersion").unwrap_or(0),
    }
}
