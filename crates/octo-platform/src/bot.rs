//! REST service of background jobs: J1 (assets.md 13).
//!
//! Jobs are asked for below the tenant they work on, or below `system` as older clients do. Either
//! way a job is shown to callers of its own tenant, and to administrators of the tenants above.

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use http::StatusCode;
use octo_sdk::bot::JobDto;

use crate::auth::{Caller, ReadOnly, SystemCaller, TenantCaller};
use crate::jobs::Job;
use crate::problem::Problem;
use crate::rest::{Params, TENANT_ROLES, require_any_role, versioned};
use crate::state::PlatformState;

/// The routes of this service.
pub fn router(state: PlatformState) -> Router {
    versioned("/system", Router::new().route("/jobs", get(by_system)))
        .merge(versioned(
            "/{tenantId}",
            Router::new().route("/jobs", get(by_tenant)),
        ))
        .with_state(state)
}

async fn by_tenant(
    State(state): State<PlatformState>,
    caller: TenantCaller<ReadOnly>,
    params: Params,
) -> Result<Json<JobDto>, Problem> {
    job(&state, &caller.caller, &params).await
}

async fn by_system(
    State(state): State<PlatformState>,
    caller: SystemCaller<ReadOnly>,
    params: Params,
) -> Result<Json<JobDto>, Problem> {
    job(&state, &caller.caller, &params).await
}

async fn job(
    state: &PlatformState,
    caller: &Caller,
    params: &Params,
) -> Result<Json<JobDto>, Problem> {
    let [id] = params.require(["id"])?;
    let job = state.jobs().get(id).ok_or_else(|| {
        Problem::text(StatusCode::NOT_FOUND, format!("No job found with id: {id}"))
    })?;
    require_visible(state, caller, &job).await?;
    Ok(Json(dto(job)))
}

async fn require_visible(state: &PlatformState, caller: &Caller, job: &Job) -> Result<(), Problem> {
    let hidden = || Problem::bare(StatusCode::FORBIDDEN);
    let tenant = caller.tenant.as_ref().ok_or_else(hidden)?;
    if *tenant == job.tenant {
        return Ok(());
    }
    require_any_role(caller, TENANT_ROLES).map_err(|_| hidden())?;
    // A tenant that was deleted meanwhile has no ancestors, so its jobs stay hidden.
    let above = state
        .runtime()
        .ancestors(&job.tenant)
        .await
        .unwrap_or_default();
    if above.contains(tenant) {
        Ok(())
    } else {
        Err(hidden())
    }
}

fn dto(job: Job) -> JobDto {
    JobDto {
        id: Some(job.id),
        created_at: Some(job.created_at),
        state_changed_at: Some(job.state_changed_at),
        status: Some(job.status.name().to_owned()),
        reason: None,
        error_message: job.error_message,
    }
}
