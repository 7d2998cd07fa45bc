//! Browser origins (spec, protocol H-2 and auth 10.8): a web page may call only if it is local,
//! served from the public address, or explicitly allowed.

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use url::{Host, Origin, Url};

use super::Edge;

/// Refuses requests of pages that are not allowed.
pub(super) fn check(edge: &Edge, headers: &HeaderMap) -> Result<(), Response> {
    let Some(origin) = headers.get(header::ORIGIN) else {
        return Ok(());
    };
    let allowed = origin.to_str().is_ok_and(|origin| is_allowed(edge, origin));
    if allowed {
        Ok(())
    } else {
        Err((StatusCode::FORBIDDEN, "Forbidden: Origin").into_response())
    }
}

/// Headers that let an allowed page read the answer.
pub(super) fn cors(request: &HeaderMap) -> HeaderMap {
    let mut headers = HeaderMap::new();
    if let Some(origin) = request.get(header::ORIGIN) {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
        headers.insert(header::VARY, HeaderValue::from_static("Origin"));
        headers.insert(
            header::ACCESS_CONTROL_EXPOSE_HEADERS,
            HeaderValue::from_static("Mcp-Session-Id, WWW-Authenticate"),
        );
    }
    headers
}

/// Answers a browser that asks whether it may send a request.
pub(super) fn preflight(request: &HeaderMap) -> Response {
    let mut headers = cors(request);
    headers.insert(
        header::ACCESS_CONTROL_ALLOW_METHODS,
        HeaderValue::from_static("GET, POST, DELETE"),
    );
    headers.insert(
        header::ACCESS_CONTROL_ALLOW_HEADERS,
        HeaderValue::from_static(
            "Accept, Authorization, Content-Type, Last-Event-ID, Mcp-Method, Mcp-Name, MCP-Protocol-Version, Mcp-Session-Id",
        ),
    );
    headers.insert(
        header::ACCESS_CONTROL_MAX_AGE,
        HeaderValue::from_static("600"),
    );
    (StatusCode::NO_CONTENT, headers).into_response()
}

fn is_allowed(edge: &Edge, origin: &str) -> bool {
    let Ok(url) = Url::parse(origin) else {
        return false;
    };
    if is_loopback(&url) {
        return true;
    }
    let config = &edge.services.config.mcp;
    let own = Url::parse(&edge.services.public_url).ok();
    let listed = config
        .allowedorigins
        .iter()
        .filter_map(|allowed| Url::parse(allowed).ok());
    own.into_iter()
        .chain(listed)
        .any(|allowed| same(&allowed.origin(), &url.origin()))
}

fn same(a: &Origin, b: &Origin) -> bool {
    a.is_tuple() && a == b
}

/// Whether an address is on this machine.
pub(super) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}
