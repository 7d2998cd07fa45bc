//! The pages on which people sign in and confirm devices (auth.md 6.8).
//!
//! Plain HTML forms that work without scripts. Every page is served with a content security policy
//! that allows nothing but the own stylesheet and own forms; every form that changes something
//! carries a token bound to the session cookie.

use axum::Router;
use axum::middleware;
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::{get, post};
use http::{HeaderValue, StatusCode, header};

use crate::state::PlatformState;

mod authorize;
mod consent;
mod cookie;
mod device;
mod end_session;
mod external;
mod fresh_sign_in;
mod hand_over;
mod login;
mod logout;
mod password;
mod return_url;
pub mod session;
pub(crate) mod tenant_discovery;
mod view;
mod visitor;

const POLICY: &str = "default-src 'none'; style-src 'self'; form-action 'self'; \
                      frame-ancestors 'none'; base-uri 'none'";
/// The part of the policy that says where forms may lead.
const POLICY_FORMS: &str = "form-action 'self'";
const STYLESHEET: &str = include_str!("../templates/octo.css");

/// Routes of the pages.
pub fn router(state: PlatformState) -> Router {
    let system_login = format!("/{}/login", state.runtime().system_tenant().id());
    Router::new()
        .route("/", get(move || async move { Redirect::to(&system_login) }))
        .route("/{tenantId}/login", get(login::show).post(login::submit))
        .route("/{tenantId}/authorize", get(authorize::show))
        .route("/{tenantId}/consent", post(consent::decide))
        .route(
            "/{tenantId}/endsession",
            get(end_session::show).post(end_session::submit),
        )
        .route("/tenant-discovery", get(tenant_discovery::show))
        .route("/{tenantId}/device", get(device::show))
        .route("/{tenantId}/device/confirm", post(device::decide))
        .route("/{tenantId}/external/{provider}", post(external::start))
        .route(
            "/{tenantId}/external/{provider}/callback",
            get(external::finish),
        )
        .route("/{tenantId}/hand-over", get(hand_over::show))
        .route("/{tenantId}/logout", get(logout::show).post(logout::submit))
        .route(
            "/{tenantId}/password",
            get(password::show).post(password::submit),
        )
        .layer(middleware::map_response(secure))
        .route("/assets/octo.css", get(stylesheet))
        .with_state(state)
}

async fn secure(response: Response) -> Response {
    secured(response)
}

fn secured(mut response: Response) -> Response {
    let headers = [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    let own_policy = response
        .headers()
        .get(header::CONTENT_SECURITY_POLICY)
        .cloned();
    for (name, value) in headers {
        response
            .headers_mut()
            .insert(name, HeaderValue::from_static(value));
    }
    if let Some(policy) = own_policy {
        response
            .headers_mut()
            .insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    response
}

/// A page whose forms may also lead to `source`.
fn with_forms_to(mut response: Response, source: &str) -> Response {
    let policy = POLICY.replace(POLICY_FORMS, &format!("{POLICY_FORMS} {source}"));
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        response
            .headers_mut()
            .insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    response
}

/// A page about a request that is not answered otherwise.
pub(crate) fn bad_request(text: &'static str) -> Response {
    let page = view::message(
        StatusCode::BAD_REQUEST,
        "The request cannot be answered",
        text,
    );
    secured(page)
}

async fn stylesheet() -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/css; charset=utf-8"),
        (header::CACHE_CONTROL, "max-age=3600"),
    ];
    (headers, STYLESHEET).into_response()
}
