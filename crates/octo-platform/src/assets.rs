//! REST service of assets: tenants and Construction Kit models (assets.md 3 and 8.2).
//!
//! Models come as one compiled document, as a zip with one, or as a zip of a source folder, which
//! is compiled against the models of the tenant. [`octo_ck::package`] finds the model in what is
//! uploaded.

mod import;
mod setup;
mod tenants;
mod upload;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post, put};

use crate::rest::versioned;
use crate::state::PlatformState;
use upload::UploadSlots;

/// The routes of this service.
pub fn router(state: PlatformState) -> Router {
    versioned("/{tenantId}", routes()).with_state(state)
}

fn routes() -> Router<PlatformState> {
    Router::new()
        .route(
            "/tenants",
            get(tenants::list)
                .post(tenants::create)
                .delete(tenants::delete),
        )
        .route("/tenants/attach", post(tenants::attach))
        .route("/tenants/detach", post(tenants::detach))
        .route("/tenants/clear", put(tenants::clean))
        .route("/tenants/clearCache", put(tenants::clear_cache))
        .route("/tenants/lifecycle", get(tenants::lifecycle::read))
        .route("/tenants/rerunSetup", post(tenants::lifecycle::rerun_setup))
        .route("/tenants/update", put(tenants::update_system_model))
        .route("/tenants/{childTenantId}", get(tenants::read))
        .merge(uploads())
}

fn uploads() -> Router<PlatformState> {
    Router::new()
        .route("/models/ImportCk", post(import::import_ck))
        .layer(DefaultBodyLimit::max(upload::BODY_LIMIT))
        .layer(axum::Extension(UploadSlots::default()))
}
