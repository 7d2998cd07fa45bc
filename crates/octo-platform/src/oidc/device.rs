//! Starting a device authorization (RFC 8628, auth.md 6.4).

use std::net::SocketAddr;

use axum::extract::{ConnectInfo, State};
use axum::response::Response;
use http::{HeaderMap, StatusCode};
use serde_json::json;

use super::device_codes::{DeviceRequest, POLL_INTERVAL_SECONDS, StartError};
use super::error::{OAuthError, no_store};
use super::form::Params;
use super::grant_types::DEVICE_CODE;
use super::scopes::Scopes;
use super::{client_auth, tenant};
use crate::state::PlatformState;

/// `POST /connect/deviceauthorization`.
///
/// # Errors
/// RFC 6749 errors; 429 when too many requests are pending.
pub async fn authorize(
    State(state): State<PlatformState>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    params: Params,
) -> Result<Response, OAuthError> {
    let tenant = tenant::requested(&state, &params).await?;
    let address = peer.ip().to_string();
    let client = client_auth::authenticate(&state, &tenant, &headers, &params, &address).await?;
    let client = client.client;
    if !client.allows_grant(DEVICE_CODE) {
        return Err(OAuthError::unauthorized_client());
    }
    let scopes = Scopes::load(&tenant)
        .await?
        .for_user(&client, params.get("scope"))?;
    let request = DeviceRequest {
        tenant: tenant.id().clone(),
        client_id: client.client_id,
        client_name: client.name,
        scopes,
        address: peer.ip(),
    };
    let lifetime = client.lifetimes.device_code;
    let issued = state
        .device_codes()
        .start(request, lifetime, state.clock().now())
        .map_err(|error| match error {
            StartError::TooMany => OAuthError::too_many(),
            StartError::Random(error) => error.into(),
        })?;
    let verification_uri = format!("{}/{}/device", state.authority(), tenant.id());
    let body = json!({
        "device_code": issued.device_code,
        "user_code": issued.user_code,
        "verification_uri_complete": format!("{verification_uri}?userCode={}", issued.user_code),
        "verification_uri": verification_uri,
        "expires_in": lifetime,
        "interval": POLL_INTERVAL_SECONDS,
    });
    Ok(no_store(StatusCode::OK, &body))
}
