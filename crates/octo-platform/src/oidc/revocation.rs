//! `POST /connect/revocation` (RFC 7009): ends a family of refresh tokens.

use std::net::SocketAddr;

use axum::extract::{ConnectInfo, State};
use axum::response::Response;
use http::{HeaderMap, StatusCode};
use serde_json::json;

use super::error::{OAuthError, no_store};
use super::form::Params;
use super::{client_auth, refresh};
use crate::state::PlatformState;

/// Revokes a refresh token with all its relatives. An unknown token is no error; an access token
/// cannot be revoked, it ends by itself.
///
/// # Errors
/// `invalid_client`, `invalid_request`, `unsupported_token_type`.
pub async fn revoke(
    State(state): State<PlatformState>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    params: Params,
) -> Result<Response, OAuthError> {
    let token = params.require("token")?;
    let tenant = match refresh::tenant_of(token) {
        Some(tenant) => state.find_tenant(tenant).await?,
        None => None,
    };
    let known = tenant.is_some();
    let tenant = tenant.unwrap_or_else(|| state.runtime().system_tenant());
    let address = peer.ip().to_string();
    let client = client_auth::authenticate(&state, &tenant, &headers, &params, &address).await?;
    if known {
        refresh::revoke(&state, &tenant, &client.client, token).await?;
    } else if state.tokens().verify(token).is_ok() {
        return Err(OAuthError::new("unsupported_token_type")
            .describe("access tokens cannot be revoked; they expire"));
    }
    Ok(no_store(StatusCode::OK, &json!({})))
}
