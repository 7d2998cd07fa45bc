//! `GET`/`POST /connect/authorize`: where a client sends a browser (RFC 6749, 4.1.1).
//!
//! The endpoint only finds out which tenant is meant and hands the request on to that tenant's
//! page `/{tenantId}/authorize`, which can see the tenant's session cookie. The page reads the
//! request ([`request`]) and answers the client ([`reply`]), at an address found registered for it
//! ([`redirect_uri`]) and nowhere else.

pub mod redirect_uri;
pub mod reply;
pub mod request;

use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse as _, Redirect, Response};

use super::form::Params;
use super::tenant;
use crate::pages;
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
    match tenant::requested(state, &params).await {
        Ok(tenant) => {
            let target = format!("/{}/authorize?{query}", tenant.id());
            Redirect::to(&target).into_response()
        }
        Err(_) => pages::bad_request("The request names a tenant that does not exist."),
    }
}
