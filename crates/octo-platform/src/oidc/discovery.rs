//! The provider's description of itself (auth.md 6.2). It lists what exists, nothing more.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::error::OAuthError;
use super::grant_types::{
    AUTHORIZATION_CODE, CLIENT_CREDENTIALS, DEVICE_CODE, REFRESH_TOKEN, TOKEN_EXCHANGE,
};
use super::pkce;
use super::scopes::Scopes;
use crate::state::PlatformState;

/// Metadata under both well-known paths.
///
/// # Errors
/// 500 if the scopes cannot be read.
pub async fn document(State(state): State<PlatformState>) -> Result<Response, OAuthError> {
    // The document is the same for all tenants; its scopes are those of the system tenant.
    let scopes = Scopes::load(&state.runtime().system_tenant()).await?;
    let published = scopes.published();
    let mut document = metadata(state.authority(), state.tokens().issuer(), &published);
    let registration = &state.config().self_registration;
    if registration.dynamic {
        let endpoint = format!("{}/connect/register", state.authority());
        document["registration_endpoint"] = endpoint.into();
    }
    document["client_id_metadata_document_supported"] = registration.documents.into();
    Ok(Json(document).into_response())
}

/// The public signing key.
pub async fn jwks(State(state): State<PlatformState>) -> Response {
    Json(state.keys().jwks()).into_response()
}

fn metadata(authority: &str, issuer: &str, scopes: &[&str]) -> Value {
    let at = |path: &str| format!("{authority}{path}");
    json!({
        "issuer": issuer,
        "jwks_uri": at("/.well-known/openid-configuration/jwks"),
        "authorization_endpoint": at("/connect/authorize"),
        "token_endpoint": at("/connect/token"),
        "device_authorization_endpoint": at("/connect/deviceauthorization"),
        "end_session_endpoint": at("/connect/endsession"),
        "userinfo_endpoint": at("/connect/userinfo"),
        "revocation_endpoint": at("/connect/revocation"),
        "scopes_supported": scopes,
        "grant_types_supported":
            [AUTHORIZATION_CODE, CLIENT_CREDENTIALS, REFRESH_TOKEN, DEVICE_CODE, TOKEN_EXCHANGE],
        "response_types_supported": ["code"],
        "response_modes_supported": ["query", "form_post"],
        "prompt_values_supported": ["none", "login", "consent", "select_account"],
        "code_challenge_methods_supported": [pkce::METHOD],
        "authorization_response_iss_parameter_supported": true,
        "token_endpoint_auth_methods_supported":
            ["client_secret_basic", "client_secret_post", "none"],
        "revocation_endpoint_auth_methods_supported":
            ["client_secret_basic", "client_secret_post", "none"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "subject_types_supported": ["public"],
    })
}
