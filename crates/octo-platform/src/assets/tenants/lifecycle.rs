//! Lifecycle of tenants: T9 and T10 (assets.md 3).
//!
//! The embedded platform sets a tenant up before it answers the request that creates it, so every
//! tenant there is has been started.

use axum::Json;
use axum::extract::State;
use octo_runtime::{EntityQuery, RuntimeError, TenantInfo};
use octo_sdk::assets::TenantLifecycleDto;

use super::super::setup;
use super::refusal::{self, UPDATE};
use super::{child_of, finish};
use crate::auth::{ReadOnly, ReadWrite, TenantCaller};
use crate::problem::Problem;
use crate::rest::{Params, TENANT_ROLES, require_any_role};
use crate::state::PlatformState;

/// T9.
pub(in crate::assets) async fn read(
    State(state): State<PlatformState>,
    caller: TenantCaller<ReadOnly>,
    params: Params,
) -> Result<Json<TenantLifecycleDto>, Problem> {
    let [child] = params.require(["childTenantId"])?;
    let info = child_of(&state, &caller.tenant, child)
        .await
        .map_err(|error| unknown(&error))?;
    lifecycle_of(&state, info).await
}

/// T10: restores the identity data every tenant has.
pub(in crate::assets) async fn rerun_setup(
    State(state): State<PlatformState>,
    caller: TenantCaller<ReadWrite>,
    params: Params,
) -> Result<Json<TenantLifecycleDto>, Problem> {
    require_any_role(&caller.caller, TENANT_ROLES)?;
    let [child] = params.require(["childTenantId"])?;
    let info = child_of(&state, &caller.tenant, child)
        .await
        .map_err(|error| unknown(&error))?;
    let (platform, id) = (state.clone(), info.id.clone());
    finish(async move {
        let tenant = platform
            .runtime()
            .tenant(&id)
            .await
            .map_err(|error| UPDATE.problem(&error))?;
        setup::restore(&platform, &tenant)
            .await
            .map_err(|error| UPDATE.setup_problem(&error))
    })
    .await?;
    lifecycle_of(&state, info).await
}

fn unknown(error: &RuntimeError) -> Problem {
    match error {
        RuntimeError::TenantUnknown(_) | RuntimeError::Name(_) => Problem::bare_not_found(),
        other => refusal::unreadable(other),
    }
}

async fn lifecycle_of(
    state: &PlatformState,
    info: TenantInfo,
) -> Result<Json<TenantLifecycleDto>, Problem> {
    let record = EntityQuery::of("System/Tenant").eq("TenantId", info.id.as_str());
    let record = state.runtime().system_tenant().first(record).await;
    let record = record.map_err(|error| refusal::unreadable(&error))?;
    Ok(Json(TenantLifecycleDto {
        tenant_id: Some(info.id.to_string()),
        database_name: Some(info.database.to_string()),
        state: Some("Active".to_owned()),
        phase: Some("Started".to_owned()),
        attempt_count: 1,
        created_utc: record.as_ref().map(|record| record.created),
        last_transition_utc: record.map(|record| record.changed),
        ..TenantLifecycleDto::default()
    }))
}
