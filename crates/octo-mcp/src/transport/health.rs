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

/// The server takes calls, and can read its data where it has any.
pub(super) async fn ready(State(edge): State<Edge>) -> Response {
    if takes_calls(&edge) && data_problem(&edge).await.is_none() {
        "Healthy".into_response()
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "Unhealthy").into_response()
    }
}

/// Every check with its result.
pub(super) async fn health(State(edge): State<Edge>) -> Response {
    let starts = check("Startup", takes_calls(&edge), None);
    let problem = data_problem(&edge).await;
    let is_healthy = takes_calls(&edge) && problem.is_none();
    let data = check("TenantContext", problem.is_none(), problem);
    let status = if is_healthy {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    let body = json!({"status": word(is_healthy), "results": [starts, data]});
    (status, Json(body)).into_response()
}

fn check(title: &str, is_healthy: bool, description: Option<String>) -> serde_json::Value {
    json!({"title": title, "status": word(is_healthy), "description": description, "data": {}})
}

fn word(is_healthy: bool) -> &'static str {
    if is_healthy { "Healthy" } else { "Unhealthy" }
}

fn takes_calls(edge: &Edge) -> bool {
    !edge.services.places.is_closed()
}

/// Why the system tenant's database cannot be read.
async fn data_problem(edge: &Edge) -> Option<String> {
    let runtime = edge.services.runtime.as_ref()?;
    let read = runtime.system_tenant().models().await;
    read.err().map(|error| {
        tracing::error!(%error, "the system tenant cannot be read");
        "The database of the system tenant cannot be read.".to_owned()
    })
}
