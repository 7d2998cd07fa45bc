//! `/{tenantId}/authorize`: an application asks for a code.
//!
//! The person signs in if need be, is asked if need be, and goes back to the application. The
//! request travels in the address, so nothing is kept here until a code is issued; every step reads
//! and checks it anew.

use axum::extract::RawQuery;
use axum::response::{IntoResponse as _, Redirect, Response};
use http::StatusCode;

use super::consent;
use super::fresh_sign_in;
use super::session::SignedIn;
use super::view::{self, FormPostView};
use super::visitor::{Visitor, login_page, password_page};
use super::with_forms_to;
use crate::accounts::users;
use crate::oidc::authorization_codes::{CodeGrant, IssueError};
use crate::oidc::authorize::reply::{Refusal, Reply, ReplyTo, policy_source};
use crate::oidc::authorize::request::{AuthorizationRequest, Rejected};
use crate::oidc::form::Params;

/// Answers a request.
pub(super) async fn show(visitor: Visitor, RawQuery(query): RawQuery) -> Response {
    let Ok(params) = Params::parse(&query.unwrap_or_default()) else {
        return super::bad_request("A parameter of the request is repeated.");
    };
    let request = match read(&visitor, &params).await {
        Ok(request) => request,
        Err(response) => return response,
    };
    let person = match ready_person(&visitor, &params, &request) {
        Ok(person) => person,
        Err(response) => return response,
    };
    match consent::is_due(&visitor, person, &request).await {
        Ok(false) => grant(&visitor, person, &request).await,
        Ok(true) if request.prompt.none => {
            let refusal = Refusal::new("consent_required", "the user has not allowed this yet");
            refuse(&request.reply_to, &refusal)
        }
        Ok(true) => consent::ask(&visitor, person, &params, &request),
        Err(response) => response,
    }
}

/// Reads a request; what cannot be granted is answered.
pub(super) async fn read(
    visitor: &Visitor,
    params: &Params,
) -> Result<AuthorizationRequest, Response> {
    let address = visitor.throttle_key();
    let read = AuthorizationRequest::read(&visitor.state, &visitor.tenant, params, &address).await;
    read.map_err(|rejected| match rejected {
        Rejected::Page(text) => super::bad_request(text),
        Rejected::Client(reply_to, refusal) => refuse(&reply_to, &refusal),
        Rejected::Failed(cause) => view::failed(cause),
    })
}

/// The person who signed in recently enough; else the way to the log-in page, or the refusal if
/// nothing may be asked.
pub(super) fn ready_person<'a>(
    visitor: &'a Visitor,
    params: &Params,
    request: &AuthorizationRequest,
) -> Result<&'a SignedIn, Response> {
    let now = visitor.state.clock().unix_seconds();
    let (sealer, tenant) = (visitor.state.sealer(), visitor.tenant.id());
    let since = fresh_sign_in::since(sealer, tenant, params);
    let fresh = |person: &&SignedIn| match since {
        Some(since) => person.auth_time >= since,
        None => {
            let age = now.saturating_sub(person.auth_time);
            !request.prompt.login && request.max_age.is_none_or(|max_age| age <= max_age)
        }
    };
    let person = visitor.person.as_ref().filter(fresh);
    if person.is_none() && request.prompt.none {
        let refusal = Refusal::new("login_required", "nobody is signed in");
        return Err(refuse(&request.reply_to, &refusal));
    }
    match person {
        Some(person) if person.must_change_password && request.prompt.none => {
            let refusal = Refusal::new("interaction_required", "a new password is due");
            Err(refuse(&request.reply_to, &refusal))
        }
        Some(person) if person.must_change_password => {
            let page = format!("/{tenant}/authorize?{}", params.to_query());
            Err(Redirect::to(&password_page(tenant, &page)).into_response())
        }
        Some(person) => Ok(person),
        None => {
            // From now on counts that somebody signs in, not what prompt and max_age said.
            let params = fresh_sign_in::asking(sealer, tenant, params, since.unwrap_or(now));
            let page = format!("/{tenant}/authorize?{}", params.to_query());
            Err(Redirect::to(&login_page(tenant, &page)).into_response())
        }
    }
}

/// Issues the code and goes back to the application with it.
pub(super) async fn grant(
    visitor: &Visitor,
    person: &SignedIn,
    request: &AuthorizationRequest,
) -> Response {
    match users::by_id(&visitor.tenant, person.user).await {
        Ok(Some(_)) => {}
        Ok(None) => {
            visitor.close_session();
            let refusal = Refusal::new("access_denied", "the user no longer exists");
            return refuse(&request.reply_to, &refusal);
        }
        Err(error) => return view::failed(error),
    }
    let grant = CodeGrant {
        tenant: visitor.tenant.id().clone(),
        client_id: request.client.client_id.clone(),
        redirect_uri: request.redirect_uri.clone(),
        challenge: request.challenge.clone(),
        user: person.user,
        scopes: request.scopes.clone(),
        resources: request.resources.clone(),
        nonce: request.nonce.clone(),
        auth_time: person.auth_time,
        idp: person.idp.clone(),
        basis: person.basis.clone(),
        sid: person.sid.clone(),
    };
    let lifetime = request.client.lifetimes.authorization_code;
    let now = visitor.state.clock().now();
    let codes = visitor.state.authorization_codes();
    match codes.issue(grant, lifetime, now) {
        Ok(code) => answer(&request.reply_to, request.reply_to.code(&code)),
        Err(IssueError::TooMany) => {
            let refusal = Refusal::new("temporarily_unavailable", "too many requests are pending");
            refuse(&request.reply_to, &refusal)
        }
        Err(IssueError::Random(error)) => view::failed(error),
    }
}

/// Tells the application that it gets nothing.
pub(super) fn refuse(reply_to: &ReplyTo, refusal: &Refusal) -> Response {
    answer(reply_to, reply_to.refuse(refusal))
}

fn answer(reply_to: &ReplyTo, reply: Reply) -> Response {
    match reply {
        Reply::Redirect(target) => Redirect::to(&target).into_response(),
        Reply::Post { action, fields } => {
            let view = FormPostView {
                action: action.into(),
                host: reply_to.shown_host(),
                fields,
            };
            with_forms_to(
                view::page(StatusCode::OK, &view),
                &policy_source(&reply_to.uri),
            )
        }
    }
}
