//! `GET`/`POST /connect/endsession`: an application signs its user out (OpenID Connect RP-initiated
//! logout 1.0).
//!
//! Like authorization requests, the request is handed on to a page of the tenant, which sees the
//! session cookie. The tenant is that of the id token, else the one `acr_values` names.

use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use octo_runtime::{RuntimeError, Tenant};
use url::Url;

use super::form::Params;
use super::{known_clients, tenant};
use crate::pages;
use crate::state::PlatformState;
use crate::token::IdHint;

const MAX_QUERY: usize = 8000;

/// `GET /connect/endsession`.
pub async fn get(State(state): State<PlatformState>, RawQuery(query): RawQuery) -> Response {
    match Params::parse(&query.unwrap_or_default()) {
        Ok(params) => hand_on(&state, &params).await,
        Err(_) => pages::bad_request("A parameter of the request is repeated."),
    }
}

/// `POST /connect/endsession`.
pub async fn post(State(state): State<PlatformState>, params: Params) -> Response {
    hand_on(&state, &params).await
}

async fn hand_on(state: &PlatformState, params: &Params) -> Response {
    let query = params.to_query();
    if query.len() > MAX_QUERY {
        return pages::bad_request("The request is too long.");
    }
    let hinted = hint(state, params).map(|hint| hint.tenant_id);
    let found = match hinted {
        Some(named) => state.find_tenant(&named).await.ok().flatten(),
        None => tenant::requested(state, params).await.ok(),
    };
    match found {
        Some(tenant) => {
            Redirect::to(&format!("/{}/endsession?{query}", tenant.id())).into_response()
        }
        None => pages::bad_request("The request names a tenant that does not exist."),
    }
}

/// Whose sign-in the request is about, if it proves it.
pub fn hint(state: &PlatformState, params: &Params) -> Option<IdHint> {
    state.tokens().read_hint(params.get("id_token_hint")?)
}

/// Where the browser goes afterwards: an address that is registered for the client that asks, which
/// is known from the id token or by its name.
///
/// # Errors
/// [`RuntimeError`] if the tenant cannot be read.
pub async fn way_back(
    state: &PlatformState,
    tenant: &Tenant,
    params: &Params,
    address: &str,
) -> Result<Option<Url>, RuntimeError> {
    let hinted = hint(state, params).map(|hint| hint.client_id);
    let named = params.get("client_id");
    let client_id = match (&hinted, named) {
        (Some(hinted), Some(named)) if hinted != named => return Ok(None),
        (Some(hinted), _) => hinted,
        (None, Some(named)) => named,
        (None, None) => return Ok(None),
    };
    let Some(wanted) = params.get("post_logout_redirect_uri") else {
        return Ok(None);
    };
    let client = known_clients::find(state, tenant, client_id, address).await;
    let Ok(Some(client)) = client else {
        return Ok(None);
    };
    let registered = client
        .post_logout_redirect_uris
        .iter()
        .any(|known| known == wanted);
    let uri = super::authorize::redirect_uri::acceptable(wanted).filter(|_| registered);
    Ok(uri.map(|mut uri| {
        if let Some(state) = params.verbatim("state") {
            uri.query_pairs_mut().append_pair("state", state);
        }
        uri
    }))
}
