//! `/{tenantId}/login`.

use axum::Form;
use axum::extract::Query;
use axum::response::{IntoResponse as _, Redirect, Response};
use http::StatusCode;
use serde::Deserialize;

use super::return_url;
use super::session::SignedIn;
use super::view::{self, GoOnView, LoginView, SignedInView};
use super::visitor::{Visitor, password_page, stale_form};
use crate::accounts::sign_in::{Refusal, SignedInUser, sign_in};
use crate::accounts::{IDP_LOCAL, users};

const MISSING: &str = "Username and password are required";
const INVALID: &str = "Invalid username or password";
const LOCKED: &str = "Account is locked out";
const TOO_MANY: &str = "Too many failed attempts from your address. Try again in a few minutes.";

#[derive(Deserialize)]
pub(super) struct Target {
    #[serde(rename = "returnUrl")]
    pub(super) return_url: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Submitted {
    #[serde(default)]
    username: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    csrf: String,
    #[serde(rename = "returnUrl")]
    return_url: Option<String>,
}

/// The form, or who is signed in.
pub(super) async fn show(visitor: Visitor, Query(target): Query<Target>) -> Response {
    let return_url = return_url::checked(target.return_url.as_deref(), visitor.tenant.id());
    match &visitor.person {
        Some(person) if person.must_change_password => {
            Redirect::to(&password_page(visitor.tenant.id(), &return_url)).into_response()
        }
        // An application may ask for a new log-in.
        Some(_) if return_url::is_authorization(&return_url, visitor.tenant.id()) => {
            form(&visitor, StatusCode::OK, "", return_url, None)
        }
        Some(person) => signed_in(&visitor, person),
        None => form(&visitor, StatusCode::OK, "", return_url, None),
    }
}

/// Checks name and password.
pub(super) async fn submit(visitor: Visitor, Form(submitted): Form<Submitted>) -> Response {
    if !visitor.csrf_matches(&submitted.csrf) {
        return stale_form();
    }
    let return_url = return_url::checked(submitted.return_url.as_deref(), visitor.tenant.id());
    let username = submitted.username.trim();
    let refuse = |status, error| form(&visitor, status, username, return_url.clone(), Some(error));
    if username.is_empty() || submitted.password.is_empty() {
        return refuse(StatusCode::BAD_REQUEST, MISSING);
    }
    let (throttle, key) = (&visitor.state.throttles().logins, visitor.throttle_key());
    let now = visitor.state.clock().now();
    if !throttle.allows(&key, now) {
        return refuse(StatusCode::TOO_MANY_REQUESTS, TOO_MANY);
    }
    match sign_in(
        &visitor.state,
        &visitor.tenant,
        username,
        &submitted.password,
    )
    .await
    {
        Ok(Ok(user)) => enter(&visitor, &user, &return_url),
        Ok(Err(refusal)) => {
            throttle.attempt(&key, now);
            let text = match refusal {
                Refusal::Invalid => INVALID,
                Refusal::LockedOut => LOCKED,
            };
            refuse(StatusCode::FORBIDDEN, text)
        }
        Err(error) => view::failed(error),
    }
}

fn enter(visitor: &Visitor, signed_in: &SignedInUser, return_url: &str) -> Response {
    let own = signed_in.idp == IDP_LOCAL;
    let due = signed_in.user.attributes.bool("ResetPasswordOnLogin") == Some(true);
    let person = SignedIn {
        tenant: visitor.tenant.id().clone(),
        user: signed_in.user.rt_id,
        user_name: users::user_name(&signed_in.user).to_owned(),
        idp: signed_in.idp.clone(),
        auth_time: visitor.state.clock().unix_seconds(),
        sid: uuid::Uuid::new_v4().simple().to_string().to_uppercase(),
        must_change_password: own && due,
    };
    let target = match person.must_change_password {
        true => password_page(visitor.tenant.id(), return_url),
        false => return_url.to_owned(),
    };
    open_session(visitor, person, &target)
}

/// Opens a session in place of the one the browser has, and goes to `target`.
pub(super) fn open_session(visitor: &Visitor, person: SignedIn, target: &str) -> Response {
    visitor.close_session();
    let opened = visitor
        .state
        .sessions()
        .open(person, visitor.state.clock().now());
    match opened {
        Ok(cookie) => visitor.with_cookie(go_to(visitor, target), &cookie),
        Err(error) => view::failed(error),
    }
}

/// Browsers apply a page's policy for forms to all redirects that follow the form, and an
/// application may be where they end; so the way to one begins anew with a page.
fn go_to(visitor: &Visitor, target: &str) -> Response {
    match return_url::is_authorization(target, visitor.tenant.id()) {
        true => view::page(
            StatusCode::OK,
            &GoOnView {
                target: target.to_owned(),
            },
        ),
        false => Redirect::to(target).into_response(),
    }
}

fn form(
    visitor: &Visitor,
    status: StatusCode,
    username: &str,
    return_url: String,
    error: Option<&'static str>,
) -> Response {
    let anchor = match visitor.anchor() {
        Ok(anchor) => anchor,
        Err(error) => return view::failed(error),
    };
    let view = LoginView {
        tenant: visitor.tenant.id().to_string(),
        csrf: visitor.csrf(&anchor),
        return_url,
        username: username.chars().take(256).collect(),
        error,
    };
    visitor.with_anchor(view::page(status, &view), &anchor)
}

fn signed_in(visitor: &Visitor, person: &SignedIn) -> Response {
    match visitor.anchor() {
        Ok(anchor) => view::page(
            StatusCode::OK,
            &SignedInView {
                tenant: visitor.tenant.id().to_string(),
                csrf: visitor.csrf(&anchor),
                user_name: person.user_name.clone(),
            },
        ),
        Err(error) => view::failed(error),
    }
}
