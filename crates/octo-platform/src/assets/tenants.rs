//! Tenants: T1–T8 and T11 (assets.md 3). The tenant of the route is the parent.
//!
//! Changes run in tasks of their own: a caller that hangs up does not leave a half-made tenant.

pub(super) mod lifecycle;
mod refusal;

use std::future::Future;

use axum::Json;
use axum::extract::{Path, State};
use axum::response::Response;
use http::StatusCode;
use octo_runtime::{ChildrenQuery, DatabaseName, RuntimeError, Tenant, TenantId, TenantInfo};
use octo_sdk::assets::TenantDto;

use self::refusal::{ATTACH, CLEAN, CREATE, DELETE, DETACH, UPDATE};
use super::setup;
use crate::accounts::client_mirrors;
use crate::auth::{ReadOnly, ReadWrite, TenantCaller};
use crate::problem::Problem;
use crate::rest::{Paging, Params, TENANT_ROLES, require_any_role};
use crate::state::PlatformState;

/// The id that stands for the system tenant in routes.
const SYSTEM_ALIAS: &str = "system";

/// T1.
pub(super) async fn list(
    State(state): State<PlatformState>,
    caller: TenantCaller<ReadOnly>,
    params: Params,
) -> Result<Response, Problem> {
    let paging = Paging::read(&params)?;
    let query = ChildrenQuery {
        skip: paging.skip.into(),
        take: Some(paging.take.into()),
        filter: paging
            .filter
            .as_deref()
            .map(|filter| filter.trim().to_lowercase()),
    };
    let children = state.runtime().children(caller.tenant.id(), query).await;
    let children = children.map_err(|error| refusal::unreadable(&error))?;
    Ok(paging.answer(
        children.items.into_iter().map(dto).collect(),
        children.total,
    ))
}

/// T2.
pub(super) async fn read(
    State(state): State<PlatformState>,
    caller: TenantCaller<ReadOnly>,
    Path((_, child)): Path<(String, String)>,
) -> Result<Json<TenantDto>, Problem> {
    match child_of(&state, &caller.tenant, &child).await {
        Ok(info) => Ok(Json(dto(info))),
        Err(RuntimeError::TenantUnknown(_) | RuntimeError::Name(_)) => {
            Err(Problem::bare_not_found())
        }
        Err(error) => Err(refusal::unreadable(&error)),
    }
}

/// T3.
pub(super) async fn create(
    State(state): State<PlatformState>,
    caller: TenantCaller<ReadWrite>,
    params: Params,
) -> Result<StatusCode, Problem> {
    require_any_role(&caller.caller, TENANT_ROLES)?;
    let (child, database) = names(&params)?;
    if let Some(blueprint) = params.get("blueprintId") {
        return Err(Problem::bad_request(format!(
            "Blueprint application failed: blueprint '{blueprint}' is not known."
        )));
    }
    if child.as_str() == SYSTEM_ALIAS {
        return Err(CREATE.problem(&RuntimeError::TenantIdTaken(child)));
    }
    let request = request(&caller);
    finish(async move {
        let created = setup::create(&state, &request, &child, &database).await;
        created.map_err(|error| CREATE.setup_problem(&error))
    })
    .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// T4. A database that no tenant uses may hold anybody's data, so only the system tenant may give
/// one to a tenant.
pub(super) async fn attach(
    State(state): State<PlatformState>,
    caller: TenantCaller<ReadWrite>,
    params: Params,
) -> Result<StatusCode, Problem> {
    require_any_role(&caller.caller, TENANT_ROLES)?;
    if caller.tenant.id() != state.runtime().system_tenant().id() {
        return Err(Problem::forbidden(
            "Databases can be attached below the system tenant only: a detached database may \
             hold the data of any tenant.",
        ));
    }
    let (child, database) = names(&params)?;
    if child.as_str() == SYSTEM_ALIAS {
        return Err(ATTACH.problem(&RuntimeError::TenantIdTaken(child)));
    }
    finish(async move {
        let attached = state
            .runtime()
            .attach_tenant(caller.tenant.id(), &child, &database)
            .await;
        attached.map(drop).map_err(|error| ATTACH.problem(&error))
    })
    .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// T5.
pub(super) async fn detach(
    State(state): State<PlatformState>,
    caller: TenantCaller<ReadWrite>,
    params: Params,
) -> Result<StatusCode, Problem> {
    require_any_role(&caller.caller, TENANT_ROLES)?;
    let child = child_id(&params)?;
    finish(async move {
        let detached = state
            .runtime()
            .detach_tenant(caller.tenant.id(), &child)
            .await;
        detached.map_err(|error| DETACH.problem(&error))
    })
    .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// T6.
pub(super) async fn clean(
    State(state): State<PlatformState>,
    caller: TenantCaller<ReadWrite>,
    params: Params,
) -> Result<StatusCode, Problem> {
    require_any_role(&caller.caller, TENANT_ROLES)?;
    let child = child_id(&params)?;
    let request = request(&caller);
    finish(async move {
        let cleaned = setup::clean(&state, &request, &child).await;
        cleaned.map_err(|error| CLEAN.setup_problem(&error))
    })
    .await?;
    Ok(StatusCode::OK)
}

/// T7.
pub(super) async fn clear_cache(
    State(state): State<PlatformState>,
    caller: TenantCaller<ReadWrite>,
    params: Params,
) -> Result<Json<&'static str>, Problem> {
    require_any_role(&caller.caller, TENANT_ROLES)?;
    let [child] = params.require(["childTenantId"])?;
    let cleared = async {
        let info = child_of(&state, &caller.tenant, child).await?;
        state.runtime().clear_cache(&info.id).await
    };
    cleared.await.map_err(|error| UPDATE.problem(&error))?;
    Ok(Json("Cache cleared"))
}

/// T8.
pub(super) async fn delete(
    State(state): State<PlatformState>,
    caller: TenantCaller<ReadWrite>,
    params: Params,
) -> Result<StatusCode, Problem> {
    require_any_role(&caller.caller, TENANT_ROLES)?;
    let child = child_id(&params)?;
    finish(async move {
        let deleted = state
            .runtime()
            .delete_tenant(caller.tenant.id(), &child)
            .await;
        deleted.map_err(|error| DELETE.problem(&error))?;
        for parent in [&caller.tenant, &state.runtime().system_tenant()] {
            // The tenant is gone: records of copies in it are no reason to say otherwise.
            if let Err(error) = client_mirrors::forget_child(parent, &child).await {
                tracing::warn!(%child, %error, "records of copied clients could not be removed");
            }
        }
        Ok(())
    })
    .await?;
    Ok(StatusCode::OK)
}

/// T11: the current `System` model, as if the tenant were new, and with it the other models of
/// services the tenant has, because they fit each other only.
pub(super) async fn update_system_model(
    State(state): State<PlatformState>,
    caller: TenantCaller<ReadWrite>,
    params: Params,
) -> Result<StatusCode, Problem> {
    require_any_role(&caller.caller, TENANT_ROLES)?;
    let [child] = params.require(["childTenantId"])?;
    let updated = async {
        let info = child_of(&state, &caller.tenant, child).await?;
        let tenant = state.runtime().tenant(&info.id).await?;
        tenant.install_service_models(&[]).await
    };
    updated.await.map_err(|error| UPDATE.problem(&error))?;
    Ok(StatusCode::NO_CONTENT)
}

/// A child of `parent`; the system tenant sees all tenants.
async fn child_of(
    state: &PlatformState,
    parent: &Tenant,
    child: &str,
) -> Result<TenantInfo, RuntimeError> {
    let child: TenantId = child.parse()?;
    let info = state.runtime().tenant_info(&child).await?;
    let is_root = info.parent.is_none();
    let sees_all = parent.id() == state.runtime().system_tenant().id();
    if !is_root && (sees_all || info.parent.as_ref() == Some(parent.id())) {
        Ok(info)
    } else {
        Err(RuntimeError::TenantUnknown(child))
    }
}

/// Both names of a new tenant, or everything that is wrong with them.
fn names(params: &Params) -> Result<(TenantId, DatabaseName), Problem> {
    let [child, database] = params.require(["childTenantId", "databaseName"])?;
    match (child.parse::<TenantId>(), database.parse::<DatabaseName>()) {
        (Ok(child), Ok(database)) => Ok((child, database)),
        (child, database) => {
            let errors = [child.err(), database.err()];
            let texts: Vec<String> = errors.iter().flatten().map(ToString::to_string).collect();
            Err(Problem::bad_request(texts.join(" ")))
        }
    }
}

fn child_id(params: &Params) -> Result<TenantId, Problem> {
    let [child] = params.require(["childTenantId"])?;
    child.parse().map_err(Problem::bad_request)
}

fn request(caller: &TenantCaller<ReadWrite>) -> setup::Request {
    setup::Request {
        parent: caller.tenant.clone(),
        user: caller.caller.subject,
    }
}

fn dto(info: TenantInfo) -> TenantDto {
    TenantDto {
        tenant_id: Some(info.id.to_string()),
        database: Some(info.database.to_string()),
    }
}

/// Runs a change to its end, whether or not the caller still waits.
async fn finish<T: Send + 'static>(
    change: impl Future<Output = Result<T, Problem>> + Send + 'static,
) -> Result<T, Problem> {
    match tokio::spawn(change).await {
        Ok(result) => result,
        Err(error) => Err(Problem::internal(
            "The operation ended unexpectedly.",
            &error,
        )),
    }
}
