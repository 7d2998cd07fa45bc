//! `GET`/`POST /connect/authorize`: where a client sends a browser (RFC 6749, 4.1.1).
//!
//! The endpoint only finds out which tenant is meant and hands the request on to that tenant's
//! page `/{tenantId}/authorize`, which can see the tenant's session cookie. The page reads the
//! request ([`request`]) and answers the client ([`reply`]), at an address found registered for it
//! ([`redirect_uri`]) and nowhere else.

pub mod redirect_uri;
pub mod reply;
pub mod request;

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use octo_runtime::Tenant;

use super::error::OAuthError;
use super::form::Params;
use super::tenant;
use crate::pages::{self, tenant_discovery};
use crate::state::PlatformState;

/// Longest request that is handed on, bytes of its query.
const MAX_QUERY: usize = 6000;

/// `GET /connect/authorize`.
pub async fn get(State(state): State<PlatformState>, RawQuery(query): RawQuery) -> Response {
    match Params::parse(&query.unwrap_or_default()) {
        Ok(params) => hand_on(&state, params).await,
        Err(_) => pages::bad_request("A parameter of the request is repeated."),
    }
}

/// `POST /connect/authorize`.
pub async fn post(State(state): State<PlatformState>, params: Params) -> Response {
    hand_on(&state, params).await
}

async fn hand_on(state: &PlatformState, params: Params) -> Response {
    let query = params.to_query();
    if query.len() > MAX_QUERY {
        return pages::bad_request("The request is too long.");
    }
    match tenant_of(state, &params).await {
        Ok(Some(tenant)) => {
            let target = format!("/{}/authorize?{query}", tenant.id());
            Redirect::to(&target).into_response()
        }
        Ok(None) => Redirect::to(&tenant_discovery::address(&params)).into_response(),
        Err(error) if error.code() == "server_error" => error.into_response(),
        Err(_) => pages::bad_request("The request names a tenant that does not exist."),
    }
}

/// The tenant a request is for: the one it names, the one whose MCP endpoint it wants a token for,
/// or the only one there is. `None` if the person has to say it.
async fn tenant_of(
    state: &PlatformState,
    params: &Params,
) -> Result<Option<Arc<Tenant>>, OAuthError> {
    if tenant::named_tenant(params).is_some() {
        return tenant::requested(state, params).await.map(Some);
    }
    let mcp = &state.config().mcp_public_url;
    let endpoint = params.resources().iter().find_map(|resource| {
        let path = resource.strip_prefix(mcp)?.strip_prefix('/')?;
        path.strip_suffix("/mcp").filter(|name| !name.contains('/'))
    });
    if let Some(name) = endpoint
        && let Some(tenant) = state.find_tenant(name).await?
    {
        return Ok(Some(tenant));
    }
    let system = state.runtime().system_tenant();
    let others = state.children_of(system.id(), 1).await?;
    Ok(others.is_empty().then_some(system))
}
