//! Who sends a request (spec, auth 10.1, 10.2 and 10.6).

use std::net::SocketAddr;
use std::sync::Arc;

use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use url::Url;

use super::{Edge, is_modern, origin};
use crate::auth::{Caller, Claims, TokenRefused, VerifiedToken};
use crate::config::{AnonymousLogin, Enforcement};

/// Scopes a client is asked to request.
const CHALLENGE_SCOPES: &str = "openid profile email role octo_api";

/// The caller, or the answer that refuses it.
///
/// A token that is not good is never treated as no token.
pub(super) async fn identify(
    edge: &Edge,
    request: &Parts,
    peer: SocketAddr,
    route: Option<&str>,
) -> Result<Caller, Response> {
    let Some(authorization) = request.headers.get(header::AUTHORIZATION) else {
        return if is_anonymous_admitted(edge, &request.headers, peer) {
            Ok(Caller::Anonymous)
        } else {
            Err(challenge(edge, request, None))
        };
    };
    let token = match bearer(authorization) {
        Some(token) => verify(edge, token).await,
        None => Err(TokenRefused::Invalid),
    };
    let token = match token {
        Ok(token) => token,
        Err(TokenRefused::Unavailable) => {
            let text = TokenRefused::Unavailable.to_string();
            return Err((StatusCode::SERVICE_UNAVAILABLE, text).into_response());
        }
        Err(TokenRefused::Invalid | TokenRefused::Audience) => {
            return Err(challenge(edge, request, Some("invalid_token")));
        }
    };
    let scopes = &edge.services.config.mcp.requiredapiscopes;
    if !scopes.is_empty() && !scopes.iter().any(|scope| token.claims.has_scope(scope)) {
        return Err(insufficient_scope(edge, request));
    }
    if let Some(route) = route
        && !may_use_route(edge, &token.claims, route)
    {
        return Err(StatusCode::FORBIDDEN.into_response());
    }
    Ok(Caller::Bearer(token))
}

/// Checks a token as the caller of this server: signature, issuer, lifetime, audience.
pub(super) async fn verify(edge: &Edge, token: &str) -> Result<Arc<VerifiedToken>, TokenRefused> {
    let token = edge.services.verifier.verify(token).await?;
    if edge.services.config.mcp.validateaudience && !is_for_us(edge, &token.claims) {
        return Err(TokenRefused::Audience);
    }
    Ok(token)
}

/// The token of an `Authorization` header.
pub(super) fn bearer(authorization: &HeaderValue) -> Option<&str> {
    let (scheme, token) = authorization.to_str().ok()?.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

/// Issued for this server, or for the platform's services in general (device logins, services).
fn is_for_us(edge: &Edge, claims: &Claims) -> bool {
    let own = edge.services.public_url.as_str();
    claims.aud.iter().any(|audience| {
        let trimmed = audience.trim_end_matches('/');
        audience == "octoAPI"
            || trimmed.eq_ignore_ascii_case(own)
            || trimmed
                .strip_prefix(own)
                .is_some_and(|rest| rest.ends_with("/mcp"))
            || edge.services.config.mcp.extraaudiences.contains(audience)
    })
}

/// Whether a bearer's tenant fits the endpoint (spec, auth 4.6, services per 10.5).
fn may_use_route(edge: &Edge, claims: &Claims, route: &str) -> bool {
    let matches = claims
        .home_tenant()
        .is_some_and(|home| home == route.to_lowercase());
    if claims.sub.is_some() || matches {
        return matches;
    }
    let rules = &edge.services.config.tenantauthorization;
    rules.servicetokenenforcement != Enforcement::Enforce
        || claims
            .client_id
            .as_ref()
            .is_some_and(|id| rules.crosstenantserviceclientids.contains(id))
}

fn is_anonymous_admitted(edge: &Edge, headers: &HeaderMap, peer: SocketAddr) -> bool {
    match edge.services.config.mcp.anonymouslogin {
        AnonymousLogin::Off => false,
        AnonymousLogin::Always => true,
        AnonymousLogin::Loopback => {
            edge.is_loopback
                && is_published_locally(edge)
                && peer.ip().to_canonical().is_loopback()
                && is_host_loopback(headers)
                && !is_forwarded(headers)
        }
    }
}

/// Behind a proxy on this machine every caller looks local; a public address tells of the proxy.
fn is_published_locally(edge: &Edge) -> bool {
    Url::parse(&edge.services.public_url).is_ok_and(|url| origin::is_loopback(&url))
}

fn is_host_loopback(headers: &HeaderMap) -> bool {
    let host = headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok());
    host.and_then(|host| Url::parse(&format!("http://{host}/")).ok())
        .is_some_and(|url| origin::is_loopback(&url))
}

fn is_forwarded(headers: &HeaderMap) -> bool {
    headers
        .keys()
        .any(|name| name == header::FORWARDED || name.as_str().starts_with("x-forwarded-"))
}

/// 401 with the address of the metadata that tells where to sign in.
fn challenge(edge: &Edge, request: &Parts, error: Option<&str>) -> Response {
    let mut value = format!(
        "Bearer resource_metadata=\"{}\"",
        metadata_url(edge, request)
    );
    if is_modern(&request.headers) {
        value.push_str(&format!(", scope=\"{CHALLENGE_SCOPES}\""));
    }
    if let Some(error) = error {
        value.push_str(&format!(", error=\"{error}\""));
    }
    refused(StatusCode::UNAUTHORIZED, &value)
}

fn insufficient_scope(edge: &Edge, request: &Parts) -> Response {
    let scopes = edge.services.config.mcp.requiredapiscopes.join(" ");
    let value = format!(
        "Bearer error=\"insufficient_scope\", scope=\"{scopes}\", resource_metadata=\"{}\"",
        metadata_url(edge, request)
    );
    refused(StatusCode::FORBIDDEN, &value)
}

fn refused(status: StatusCode, challenge: &str) -> Response {
    let mut response = status.into_response();
    if let Ok(value) = HeaderValue::from_str(challenge) {
        response
            .headers_mut()
            .insert(header::WWW_AUTHENTICATE, value);
    }
    response
}

/// Built from the configured address: a request's own `Host` could name a stranger's server.
fn metadata_url(edge: &Edge, request: &Parts) -> String {
    let path = request.uri.path();
    format!(
        "{}/.well-known/oauth-protected-resource{path}",
        edge.services.public_url
    )
}
