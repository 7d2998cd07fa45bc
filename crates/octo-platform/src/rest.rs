//! What the REST services have in common: versions in the path, query parameters, JSON bodies,
//! paging, revisions and the roles a caller needs.

mod body;
mod paging;
mod params;
mod revision;
mod roles;

use axum::Router;
use http::{HeaderName, HeaderValue};
use tower_http::set_header::SetResponseHeaderLayer;

pub(crate) use body::{JsonBody, JsonList};
pub(crate) use paging::Paging;
pub(crate) use params::Params;
pub(crate) use revision::{IfMatch, Revised};
pub(crate) use roles::{MODEL_ROLES, TENANT_ROLES, USER_ROLES, require_any_role};

use crate::state::PlatformState;

const SUPPORTED_VERSIONS: HeaderName = HeaderName::from_static("api-supported-versions");

/// Puts routes below `{prefix}/v1` and `{prefix}/v1.0`, which mean the same (identity.md 2).
pub(crate) fn versioned(prefix: &str, routes: Router<PlatformState>) -> Router<PlatformState> {
    Router::new()
        .nest(&format!("{prefix}/v1"), routes.clone())
        .nest(&format!("{prefix}/v1.0"), routes)
        .layer(SetResponseHeaderLayer::overriding(
            SUPPORTED_VERSIONS,
            HeaderValue::from_static("1.0"),
        ))
}
