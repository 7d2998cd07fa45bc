//! The pages on which people sign in and confirm devices (auth.md 6.8).
//!
//! Plain HTML forms that work without scripts. Every page is served with a content security policy
//! that allows nothing but the own stylesheet and own forms; every form that changes something
//! carries a token bound to the session cookie.

use axum::Router;
use axum::middleware;
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::{get, post};
use http::{HeaderValue, header};

use crate::state::PlatformState;

mod cookie;
mod device;
mod login;
mod logout;
mod password;
mod return_url;
pub mod session;
mod view;
mod visitor;

const POLICY: &str = "default-src 'none'; style-src 'self'; form-action 'self'; \
                      frame-ancestors 'none'; base-uri 'none'";
const STYLESHEET: &str = include_str!("../templates/octo.css");

/// Routes of the pages.
pub fn router(state: PlatformState) -> Router {
    let system_login = format!("/{}/login", state.runtime().system_tenant().id());
    Router::new()
        .route("/", get(move || async move { Redirect::to(&system_login) }))
        .route("/{tenantId}/login", get(login::show).post(login::submit))
        .route("/{tenantId}/device", get(device::show))
        .route("/{tenantId}/device/confirm", post(device::decide))
        .route("/{tenantId}/logout", get(logout::show).post(logout::submit))
        .route(
            "/{tenantId}/password",
            get(password::show).post(password::submit),
        )
        .layer(middleware::map_response(secure))
        .route("/assets/octo.css", get(stylesheet))
        .with_state(state)
}

async fn secure(mut response: Response) -> Response {
    let headers = [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    for (name, value) in headers {
        response
            .headers_mut()
            .insert(name, HeaderValue::from_static(value));
    }
    response
}

async fn stylesheet() -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/css; charset=utf-8"),
        (header::CACHE_CONTROL, "max-age=3600"),
    ];
    (headers, STYLESHEET).into_response()
}
