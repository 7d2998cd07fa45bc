//! The OpenID provider (auth.md 6).
//!
//! | module | endpoint |
//! |---|---|
//! | [`discovery`] | both well-known documents, JWKS |
//! | [`authorize`] | `GET`/`POST /connect/authorize`, continued by the tenant's pages |
//! | [`registration`] | `POST /connect/register` |
//! | [`device`] | `POST /connect/deviceauthorization` |
//! | [`token_endpoint`] | `POST /connect/token`; one module per grant: [`code_grant`], [`refresh`], [`exchange`], the short ones inside |
//! | [`userinfo`] | `GET`/`POST /connect/userinfo` |
//! | [`end_session`] | `GET`/`POST /connect/endsession`, continued by the tenant's pages |
//! | [`revocation`] | `POST /connect/revocation` |
//!
//! [`external`] is the other side: the platform as client of other providers.
//!
//! Clients, scopes and resources are read from the database of the tenant a request is for
//! ([`tenant`]), never from another one; only clients that made themselves known are the same for all
//! tenants ([`known_clients`]).

use axum::Router;
use axum::middleware;
use axum::routing::{get, post};

use crate::state::PlatformState;

pub mod authorization_codes;
pub mod authorize;
pub mod client;
pub mod client_auth;
pub mod client_documents;
pub mod code_grant;
pub mod consent;
mod cors;
pub mod device;
pub mod device_codes;
pub mod discovery;
pub mod end_session;
pub mod error;
pub mod exchange;
pub mod external;
pub mod form;
pub mod issue;
pub mod known_clients;
pub mod pkce;
pub mod refresh;
pub mod registration;
pub mod revocation;
pub mod scopes;
pub mod tenant;
pub mod token_endpoint;
pub mod userinfo;

/// Names of the grants.
pub mod grant_types {
    /// Authorization code with PKCE.
    pub const AUTHORIZATION_CODE: &str = "authorization_code";
    /// A service acting for itself.
    pub const CLIENT_CREDENTIALS: &str = "client_credentials";
    /// Device authorization (RFC 8628).
    pub const DEVICE_CODE: &str = "urn:ietf:params:oauth:grant-type:device_code";
    /// Refresh token.
    pub const REFRESH_TOKEN: &str = "refresh_token";
    /// Token exchange (RFC 8693), used to enter another tenant.
    pub const TOKEN_EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
}

/// The scope that asks for a refresh token.
pub const OFFLINE_ACCESS: &str = "offline_access";

/// Routes of the provider.
pub fn router(state: PlatformState) -> Router {
    public()
        .merge(for_clients())
        .route(
            "/connect/authorize",
            get(authorize::get).post(authorize::post),
        )
        .route(
            "/connect/endsession",
            get(end_session::get).post(end_session::post),
        )
        .with_state(state)
}

/// The same for everybody.
fn public() -> Router<PlatformState> {
    Router::new()
        .route(
            "/.well-known/openid-configuration",
            get(discovery::document),
        )
        .route(
            "/.well-known/oauth-authorization-server",
            get(discovery::document),
        )
        .route(
            "/.well-known/openid-configuration/jwks",
            get(discovery::jwks),
        )
        .route("/connect/register", post(registration::register))
        .layer(middleware::from_fn(cors::public))
}

/// Answers to one client.
fn for_clients() -> Router<PlatformState> {
    Router::new()
        .route("/connect/deviceauthorization", post(device::authorize))
        .route("/connect/token", post(token_endpoint::token))
        .route(
            "/connect/userinfo",
            get(userinfo::userinfo).post(userinfo::userinfo),
        )
        .route("/connect/revocation", post(revocation::revoke))
        .layer(middleware::from_fn(cors::of_client))
}
