//! `/{tenantId}/consent`: the person says whether an application may have what it asks for.

use axum::Form;
use axum::response::Response;
use http::StatusCode;
use serde::Deserialize;

use super::authorize;
use super::session::SignedIn;
use super::view::{self, ConsentView};
use super::visitor::{Visitor, stale_form};
use super::with_forms_to;
use crate::oidc::authorize::redirect_uri::is_loopback;
use crate::oidc::authorize::reply::{Refusal, policy_source};
use crate::oidc::authorize::request::AuthorizationRequest;
use crate::oidc::consent;
use crate::oidc::form::Params;

#[derive(Deserialize)]
pub(super) struct Decided {
    #[serde(default)]
    csrf: String,
    #[serde(default)]
    request: String,
    #[serde(default)]
    decision: String,
    #[serde(default)]
    remember: String,
}

/// Whether the person has to be asked.
pub(super) async fn is_due(
    visitor: &Visitor,
    person: &SignedIn,
    request: &AuthorizationRequest,
) -> Result<bool, Response> {
    if request.prompt.consent {
        return Ok(true);
    }
    if !request.client.consent.required {
        return Ok(false);
    }
    let (client, scopes) = (&request.client, &request.scopes);
    let remembered =
        consent::is_remembered(&visitor.state, &visitor.tenant, client, person.user, scopes);
    Ok(!remembered.await.map_err(view::failed)?)
}

/// Asks.
pub(super) fn ask(
    visitor: &Visitor,
    person: &SignedIn,
    params: &Params,
    request: &AuthorizationRequest,
) -> Response {
    let anchor = match visitor.anchor() {
        Ok(anchor) => anchor,
        Err(error) => return view::failed(error),
    };
    let reply_to = &request.reply_to;
    let view = ConsentView {
        tenant: visitor.tenant.id().to_string(),
        csrf: visitor.csrf(&anchor),
        user_name: person.user_name.clone(),
        request: params.to_query(),
        client_name: request.client.name.clone(),
        client_id: request.client.client_id.clone(),
        host: reply_to.shown_host(),
        is_local: is_loopback(&reply_to.uri),
        self_registered: request.client.self_registered,
        rememberable: request.client.consent.rememberable,
        scopes: request.known_scopes.in_words(&request.scopes),
    };
    with_forms_to(
        view::page(StatusCode::OK, &view),
        &policy_source(&reply_to.uri),
    )
}

/// Takes the decision.
pub(super) async fn decide(visitor: Visitor, Form(decided): Form<Decided>) -> Response {
    if !visitor.csrf_matches(&decided.csrf) {
        return stale_form();
    }
    let Ok(params) = Params::parse(&decided.request) else {
        return super::bad_request("A parameter of the request is repeated.");
    };
    let request = match authorize::read(&visitor, &params).await {
        Ok(request) => request,
        Err(response) => return response,
    };
    let person = match authorize::ready_person(&visitor, &params, &request) {
        Ok(person) => person,
        Err(response) => return response,
    };
    match decided.decision.as_str() {
        "allow" => {
            if decided.remember == "yes" {
                let (client, scopes) = (&request.client, &request.scopes);
                let (state, tenant) = (&visitor.state, &visitor.tenant);
                let kept = consent::remember(state, tenant, client, person.user, scopes).await;
                if let Err(error) = kept {
                    return view::failed(error);
                }
            }
            authorize::grant(&visitor, person, &request).await
        }
        "deny" => {
            let refusal = Refusal::new("access_denied", "the user denied the request");
            authorize::refuse(&request.reply_to, &refusal)
        }
        _ => ask(&visitor, person, &params, &request),
    }
}
