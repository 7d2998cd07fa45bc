//! Health for operators and orchestrators (spec, surface 8).

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::Edge;

/// The process runs.
pub(super) async fn live() -> &'static str {
    "Healthy"
}

/// The server takes calls: it can reach its data, where it has any.
pub(super) async fn ready(State(edge): State<Edge>) -> Response {
    if is_ready(&edge) {
        "Healthy".into_response()
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "Unhealthy").into_response()
    }
}

/// Every check with its result.
pub(super) async fn health(State(edge): State<Edge>) -> Response {
    let ready = is_ready(&edge);
    let (status, text) = if ready {
        (StatusCode::OK, "Healthy")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "Unhealthy")
    };
    let results = json!([
        {"title": "Startup", "status": "Healthy", "description": null, "data": {}},
        {"title": "TenantContext", "status": text, "description": null, "data": {}},
    ]);
    (status, Json(json!({"status": text, "results": results}))).into_response()
}

fn is_ready(edge: &Edge) -> bool {
    !edge.services.places.is_closed()
}
