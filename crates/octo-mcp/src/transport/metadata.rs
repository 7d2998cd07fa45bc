//! Protected-resource metadata (RFC 9728): where to sign in for this server.

use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::Edge;

/// The same document for every path below the well-known one.
pub(super) async fn document(State(edge): State<Edge>) -> Response {
    let body = json!({
        "resource": edge.services.public_url,
        "authorization_servers": [edge.services.issuer],
        "bearer_methods_supported": ["header"],
        "scopes_supported": ["openid", "profile", "email", "role", "octo_api", "offline_access"],
    });
    ([(header::ACCESS_CONTROL_ALLOW_ORIGIN, "*")], Json(body)).into_response()
}
