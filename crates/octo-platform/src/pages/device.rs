//! `/{tenantId}/device`: a person types the code of an application, sees who asks for what, and
//! allows or denies it. Opening the address with the code in it only saves the typing.

use axum::Form;
use axum::extract::Query;
use axum::response::{IntoResponse as _, Redirect, Response};
use http::StatusCode;
use serde::Deserialize;

use super::session::SignedIn;
use super::view::{self, DeviceCodeView, DeviceConfirmView};
use super::visitor::{Visitor, stale_form};
use crate::accounts::users;
use crate::oidc::device_codes::{Approval, Decision, DeviceRequest, digits};
use crate::oidc::scopes::Scopes;

const UNKNOWN_CODE: &str = "Invalid or expired device code";
const TOO_MANY: &str = "Too many wrong codes from your address. Try again in a few minutes.";

#[derive(Deserialize)]
pub(super) struct Code {
    #[serde(rename = "userCode", default)]
    user_code: String,
}

#[derive(Deserialize)]
pub(super) struct Decided {
    #[serde(rename = "userCode", default)]
    user_code: String,
    #[serde(default)]
    csrf: String,
    #[serde(default)]
    decision: String,
}

/// Asks for the code; with a code, asks for the decision.
pub(super) async fn show(visitor: Visitor, Query(code): Query<Code>) -> Response {
    let user_code = digits(&code.user_code);
    let person = match visitor.ready_person(&this_page(&visitor, &user_code)) {
        Ok(person) => person,
        Err(first) => return Redirect::to(&first).into_response(),
    };
    if code.user_code.trim().is_empty() {
        return code_form(&visitor, person, StatusCode::OK, "", None);
    }
    match look_up(&visitor, &user_code) {
        Ok(request) => confirmation(&visitor, person, &user_code, request).await,
        Err((status, error)) => code_form(&visitor, person, status, &user_code, Some(error)),
    }
}

/// Takes the decision.
pub(super) async fn decide(visitor: Visitor, Form(decided): Form<Decided>) -> Response {
    if !visitor.csrf_matches(&decided.csrf) {
        return stale_form();
    }
    let user_code = digits(&decided.user_code);
    let person = match visitor.ready_person(&this_page(&visitor, &user_code)) {
        Ok(person) => person,
        Err(first) => return Redirect::to(&first).into_response(),
    };
    let request = match look_up(&visitor, &user_code) {
        Ok(request) => request,
        Err((status, error)) => {
            return code_form(&visitor, person, status, &user_code, Some(error));
        }
    };
    match decided.decision.as_str() {
        "allow" => match approval(&visitor, person, request).await {
            Ok(approval) => finish(&visitor, person, &user_code, Decision::Approve(approval)),
            Err(response) => response,
        },
        "deny" => finish(&visitor, person, &user_code, Decision::Deny),
        _ => confirmation(&visitor, person, &user_code, request).await,
    }
}

fn look_up(
    visitor: &Visitor,
    user_code: &str,
) -> Result<DeviceRequest, (StatusCode, &'static str)> {
    let (throttle, key) = (
        &visitor.state.throttles().user_codes,
        visitor.throttle_key(),
    );
    let now = visitor.state.clock().now();
    if !throttle.attempt(&key, now) {
        return Err((StatusCode::TOO_MANY_REQUESTS, TOO_MANY));
    }
    let found = visitor
        .state
        .device_codes()
        .look_up(visitor.tenant.id(), user_code, now);
    if found.is_some() {
        throttle.take_back(&key);
    }
    found.ok_or((StatusCode::NOT_FOUND, UNKNOWN_CODE))
}

async fn approval(
    visitor: &Visitor,
    person: &SignedIn,
    request: DeviceRequest,
) -> Result<Approval, Response> {
    match users::by_id(&visitor.tenant, person.user).await {
        Ok(Some(_)) => Ok(Approval {
            user: person.user,
            scopes: request.scopes,
            auth_time: person.auth_time,
            idp: person.idp.clone(),
            basis: person.basis.clone(),
            sid: person.sid.clone(),
        }),
        Ok(None) => {
            visitor.close_session();
            Err(Redirect::to(&this_page(visitor, "")).into_response())
        }
        Err(error) => Err(view::failed(error)),
    }
}

fn finish(visitor: &Visitor, person: &SignedIn, user_code: &str, decision: Decision) -> Response {
    let allowed = matches!(decision, Decision::Approve(_));
    let now = visitor.state.clock().now();
    if !visitor
        .state
        .device_codes()
        .decide(visitor.tenant.id(), user_code, decision, now)
    {
        let status = StatusCode::NOT_FOUND;
        return code_form(visitor, person, status, user_code, Some(UNKNOWN_CODE));
    }
    match allowed {
        true => view::message(
            StatusCode::OK,
            "Access allowed",
            "You can close this page and return to the application.",
        ),
        false => view::message(
            StatusCode::OK,
            "Access denied",
            "The application gets no access. You can close this page.",
        ),
    }
}

/// This page, with a code if there is one.
fn this_page(visitor: &Visitor, user_code: &str) -> String {
    let tenant = visitor.tenant.id();
    match user_code {
        "" => format!("/{tenant}/device"),
        code => format!("/{tenant}/device?userCode={code}"),
    }
}

fn code_form(
    visitor: &Visitor,
    person: &SignedIn,
    status: StatusCode,
    user_code: &str,
    error: Option<&'static str>,
) -> Response {
    let view = DeviceCodeView {
        tenant: visitor.tenant.id().to_string(),
        user_name: person.user_name.clone(),
        user_code: user_code.to_owned(),
        error,
    };
    view::page(status, &view)
}

async fn confirmation(
    visitor: &Visitor,
    person: &SignedIn,
    user_code: &str,
    request: DeviceRequest,
) -> Response {
    let scopes = match Scopes::load(&visitor.tenant).await {
        Ok(scopes) => scopes.in_words(&request.scopes),
        Err(error) => return view::failed(error),
    };
    let anchor = match visitor.anchor() {
        Ok(anchor) => anchor,
        Err(error) => return view::failed(error),
    };
    let view = DeviceConfirmView {
        tenant: visitor.tenant.id().to_string(),
        csrf: visitor.csrf(&anchor),
        user_name: person.user_name.clone(),
        user_code: user_code.to_owned(),
        shown_code: in_groups(user_code),
        client_name: request.client_name,
        client_id: request.client_id,
        address: request.address.to_string(),
        scopes,
    };
    view::page(StatusCode::OK, &view)
}

/// A code in groups of three digits, as people read it.
fn in_groups(user_code: &str) -> String {
    let digits: Vec<char> = user_code.chars().collect();
    digits
        .chunks(3)
        .map(|group| group.iter().collect::<String>())
        .collect::<Vec<_>>()
        .join(" ")
}
