//! `POST /connect/register`: applications make themselves known (RFC 7591, auth.md 6.9).
//!
//! Anybody may do so, hence the limits: only native applications of this machine, with fixed scopes
//! and without a secret, few at a time, for ninety days. What they register is a client of the
//! system tenant, which all tenants know ([`super::known_clients`]). It proves nothing about the
//! application: people are asked before it gets anything.

mod body;
pub(crate) mod sweep;

use std::net::SocketAddr;

use axum::body::Bytes;
use axum::extract::{ConnectInfo, State};
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use jiff::{SignedDuration, Timestamp};
use octo_runtime::{Entity, NewEntity, Record, Value};
use serde_json::json;

use self::body::Registration;
pub use self::sweep::sweep;
use super::client::Client;
use super::error::{OAuthError, no_store};
use super::grant_types::{AUTHORIZATION_CODE, REFRESH_TOKEN};
use super::known_clients::{DYNAMIC_PREFIX, SCOPES};
use crate::accounts::names::{CLIENT, MODEL};
use crate::secret::random_bytes;
use crate::state::PlatformState;

const CAP: usize = 100;
const LIFETIME: SignedDuration = SignedDuration::from_hours(90 * 24);
const TOO_MANY: &str = "Too many requests. Please try again later.";
const CAP_REACHED: &str = "Dynamic client registration cap reached for this instance.";
const SOURCE: &str = "dynamic";

/// Registers an application, or finds the registration it has.
///
/// # Errors
/// `invalid_redirect_uri` or `invalid_client_metadata`; 403 when too many are registered; 429 after
/// too many requests; 404 when registration is turned off.
pub async fn register(
    State(state): State<PlatformState>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    body: Bytes,
) -> Result<Response, OAuthError> {
    if !state.config().self_registration.dynamic {
        return Ok(crate::auth::not_found());
    }
    let now = state.clock().now();
    let throttle = &state.throttles().registrations;
    if !throttle.attempt(&peer.ip().to_string(), now) {
        return Ok((StatusCode::TOO_MANY_REQUESTS, TOO_MANY).into_response());
    }
    let wanted = Registration::read(&body)?;
    let tenant = state.runtime().system_tenant();
    // The lock of everybody who writes clients of the tenant.
    let _only_one = state.locks().lock(&[tenant.id().as_str(), "clients"]).await;
    let mut live = sweep::registered(&tenant).await?;
    live.retain(|client| !Client::is_expired(client, now));
    if let Some(known) = live.iter().find(|known| wanted.is(known)) {
        return Ok(answer(StatusCode::OK, known, &wanted));
    }
    if live.len() >= CAP {
        return Err(OAuthError::new("access_denied")
            .describe(CAP_REACHED)
            .with_status(StatusCode::FORBIDDEN));
    }
    let client = tenant.insert(entity(&wanted, now)?).await?;
    tracing::info!(
        client = client.attributes.str("ClientId"),
        "an application registered itself"
    );
    Ok(answer(StatusCode::CREATED, &client, &wanted))
}

fn entity(wanted: &Registration, now: Timestamp) -> Result<NewEntity, OAuthError> {
    let id: String = random_bytes::<16>()?
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let uris = wanted.redirect_uris.iter().map(|uri| {
        Record::of(MODEL, "ClientUriEntry")
            .set("Uri", uri.as_str())
            .set("Source", SOURCE)
    });
    let no_records = || Value::RecordArray(Vec::new());
    let no_texts = || Value::StringArray(Vec::new());
    let expires = now.checked_add(LIFETIME).map_err(OAuthError::server)?;
    Ok(NewEntity::of(CLIENT)
        .set("ClientId", format!("{DYNAMIC_PREFIX}{id}"))
        .set("ClientName", wanted.client_name.as_str())
        .set("Enabled", true)
        .set("ProtocolType", "oidc")
        .set("DynamicRegistration", true)
        .set("DynamicRegistrationExpiresAt", expires)
        .set("RequirePkce", true)
        .set("RequireClientSecret", false)
        .set("RequireConsent", true)
        .set("AllowOfflineAccess", true)
        // Every tenant looks it up where it was registered; copies would have to be swept.
        .set("AutoProvisionInChildTenants", false)
        .set("AllowedGrantTypes", [AUTHORIZATION_CODE])
        .set("AllowedScopes", SCOPES)
        .set("RedirectUris", Value::RecordArray(uris.collect()))
        .set("PostLogoutRedirectUris", no_records())
        .set("AllowedCorsOrigins", no_records())
        .set("ClientSecrets", no_records())
        .set("ClientClaims", no_records())
        .set("IdentityProviderRestrictions", no_texts())
        .set("AllowedIdentityTokenSigningAlgorithms", no_texts()))
}

fn answer(status: StatusCode, client: &Entity, wanted: &Registration) -> Response {
    let issued = client.created.as_second();
    let body = json!({
        "client_id": client.attributes.str("ClientId"),
        "client_id_issued_at": issued,
        "client_name": wanted.client_name,
        "redirect_uris": wanted.redirect_uris,
        "grant_types": [AUTHORIZATION_CODE, REFRESH_TOKEN],
        "response_types": ["code"],
        "token_endpoint_auth_method": "none",
        "scope": SCOPES.join(" "),
    });
    no_store(status, &body)
}
