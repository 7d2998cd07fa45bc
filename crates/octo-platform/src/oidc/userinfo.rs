//! `GET`/`POST /connect/userinfo`: identity claims of the bearer.

use std::net::SocketAddr;

use axum::extract::{ConnectInfo, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode, header};

use super::error::{OAuthError, no_store};
use super::scopes::Scopes;
use super::{cors, issue, known_clients};
use crate::accounts::users;
use crate::auth::bearer_token;
use crate::state::PlatformState;

/// Answers with the claims the token's identity scopes open; 401 for an invalid token, 403 for one
/// without `openid`.
///
/// # Errors
/// [`OAuthError`] if the tenant cannot be read.
pub async fn userinfo(
    State(state): State<PlatformState>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
) -> Result<Response, OAuthError> {
    let claims = bearer_token(&headers).and_then(|token| state.tokens().verify(token).ok());
    let Some(claims) = claims else {
        return Ok(challenge(StatusCode::UNAUTHORIZED, "invalid_token"));
    };
    if !claims.scope.iter().any(|scope| scope == "openid") {
        return Ok(challenge(StatusCode::FORBIDDEN, "insufficient_scope"));
    }
    let tenant = match &claims.tenant_id {
        Some(tenant) => state.find_tenant(tenant).await?,
        None => None,
    };
    let (Some(tenant), Some(Ok(subject))) = (tenant, claims.sub.map(|sub| sub.parse())) else {
        return Ok(challenge(StatusCode::UNAUTHORIZED, "invalid_token"));
    };
    if cors::is_asked() {
        let address = peer.ip().to_string();
        let client = known_clients::find(&state, &tenant, &claims.client_id, &address).await?;
        client.iter().for_each(cors::note);
    }
    let Some(user) = users::by_id(&tenant, subject).await? else {
        return Ok(challenge(StatusCode::UNAUTHORIZED, "invalid_token"));
    };
    let scopes = Scopes::load(&tenant).await?;
    let body = issue::identity_claims(&state, &tenant, &user, &scopes, &claims.scope).await?;
    Ok(no_store(StatusCode::OK, &body))
}

fn challenge(status: StatusCode, error: &str) -> Response {
    let value = format!(r#"Bearer error="{error}""#);
    (
        status,
        [
            (header::WWW_AUTHENTICATE, value),
            (header::CACHE_CONTROL, "no-store".to_owned()),
        ],
    )
        .into_response()
}
