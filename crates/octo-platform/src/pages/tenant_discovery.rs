//! `/tenant-discovery`: an application asked without saying for which tenant (auth.md 6.3), so the
//! person says it.

use axum::extract::{Query, State};
use axum::response::Response;
use http::StatusCode;
use serde::Deserialize;

use super::view::{self, GoOnView, TenantDiscoveryView};
use crate::oidc::form::Params;
use crate::state::PlatformState;

const UNKNOWN: &str = "There is no tenant of this name.";

#[derive(Deserialize)]
pub(super) struct Wanted {
    #[serde(default)]
    request: String,
    #[serde(default)]
    tenant: Option<String>,
}

/// The address of the page for a request.
pub(crate) fn address(request: &Params) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.append_pair("request", &request.to_query());
    format!("/tenant-discovery?{}", query.finish())
}

/// Asks for the tenant; with one, leads on with the request.
pub(super) async fn show(
    State(state): State<PlatformState>,
    Query(wanted): Query<Wanted>,
) -> Response {
    let Ok(request) = Params::parse(&wanted.request) else {
        return super::bad_request("A parameter of the request is repeated.");
    };
    let Some(named) = &wanted.tenant else {
        let suggested = state.runtime().system_tenant().id().to_string();
        return form(StatusCode::OK, &request, suggested, None);
    };
    match state.find_tenant(named).await {
        Ok(Some(tenant)) => {
            let further = request.get("acr_values").unwrap_or_default();
            let acr_values = format!("tenant:{} {further}", tenant.id());
            let request = request.with("acr_values", Some(acr_values));
            // A page, because browsers take a redirect here for one of the form that was sent.
            let target = format!("/connect/authorize?{}", request.to_query());
            view::page(StatusCode::OK, &GoOnView { target })
        }
        Ok(None) => {
            let shown = named.chars().take(100).collect();
            form(StatusCode::NOT_FOUND, &request, shown, Some(UNKNOWN))
        }
        Err(error) => view::failed(error),
    }
}

fn form(
    status: StatusCode,
    request: &Params,
    tenant: String,
    error: Option<&'static str>,
) -> Response {
    let view = TenantDiscoveryView {
        request: request.to_query(),
        tenant,
        error,
    };
    view::page(status, &view)
}
