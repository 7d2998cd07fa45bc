//! Which scripts of other origins may read answers.
//!
//! What is the same for everybody (metadata, keys, registration) may be read by every script. Answers
//! to a client are for scripts of that client's origins: those an administrator allowed
//! (`AllowedCorsOrigins`), or, for a client that made itself known, those of its redirect addresses.
//! Cookies count nowhere here, so a script can do no more than any program that knows what it knows.
//!
//! A browser asks before a request (preflight) without saying for which client. It is told yes: the
//! answer itself says who may read it.

use std::cell::RefCell;

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use url::Url;

use super::client::Client;

/// Browsers need not ask again for ten minutes.
const MAX_AGE: &str = "600";
const METHODS: &str = "GET, POST";
/// A wildcard stands for every header but this one.
const HEADERS: &str = "Authorization, *";
const EVERYBODY: HeaderValue = HeaderValue::from_static("*");

tokio::task_local! {
    static ORIGINS: RefCell<Vec<String>>;
}

/// Answers every script may read.
pub(super) async fn public(request: Request, next: Next) -> Response {
    if is_preflight(&request) {
        return preflight(EVERYBODY);
    }
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, EVERYBODY);
    response
}

/// Answers scripts of the client may read that the request is from.
pub(super) async fn of_client(request: Request, next: Next) -> Response {
    let Some(origin) = request.headers().get(header::ORIGIN).cloned() else {
        return next.run(request).await;
    };
    if is_preflight(&request) {
        return preflight(origin);
    }
    let answer = async {
        let response = next.run(request).await;
        (response, ORIGINS.with(RefCell::take))
    };
    let (mut response, allowed) = ORIGINS.scope(RefCell::default(), answer).await;
    let headers = response.headers_mut();
    headers.append(header::VARY, HeaderValue::from_static("Origin"));
    if allowed
        .iter()
        .any(|allowed| allowed.as_bytes() == origin.as_bytes())
    {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        expose(headers);
    }
    response
}

/// Whether a script of another origin waits for the answer.
pub(super) fn is_asked() -> bool {
    ORIGINS.try_with(|_| ()).is_ok()
}

/// Notes the client the present request is from.
pub(super) fn note(client: &Client) {
    // Nobody asks outside of `of_client`.
    _ = ORIGINS.try_with(|origins| origins.replace(origins_of(client)));
}

fn origins_of(client: &Client) -> Vec<String> {
    let addresses = match client.self_registered {
        true => &client.redirect_uris,
        false => &client.allowed_origins,
    };
    let origin = |address: &String| {
        let origin = Url::parse(address).ok()?.origin();
        // Applications with a scheme of their own all have the origin `null`.
        origin.is_tuple().then(|| origin.ascii_serialization())
    };
    addresses.iter().filter_map(origin).collect()
}

fn is_preflight(request: &Request) -> bool {
    let headers = request.headers();
    request.method() == Method::OPTIONS
        && headers.contains_key(header::ORIGIN)
        && headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD)
}

fn preflight(origin: HeaderValue) -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    let fixed: [(HeaderName, &'static str); 4] = [
        (header::ACCESS_CONTROL_ALLOW_METHODS, METHODS),
        (header::ACCESS_CONTROL_ALLOW_HEADERS, HEADERS),
        (header::ACCESS_CONTROL_MAX_AGE, MAX_AGE),
        (header::VARY, "Origin"),
    ];
    let headers = response.headers_mut();
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    response
}

fn expose(headers: &mut HeaderMap) {
    let exposed = HeaderValue::from_static("WWW-Authenticate");
    headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, exposed);
}
