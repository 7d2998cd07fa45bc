//! `/{tenantId}/endsession`: an application signs its user out.
//!
//! An id token of the very sign-in proves that the application may do so; without one the person is
//! asked, because a mere link must not end a session.

use axum::Form;
use axum::extract::RawQuery;
use axum::response::{IntoResponse as _, Redirect, Response};
use http::StatusCode;
use serde::Deserialize;
use url::Url;

use super::logout::{leave, signed_out};
use super::view::{self, EndSessionView};
use super::visitor::{Visitor, stale_form};
use super::with_forms_to;
use crate::oidc::authorize::reply::policy_source;
use crate::oidc::end_session::{hint, way_back};
use crate::oidc::form::Params;

#[derive(Deserialize)]
pub(super) struct Confirmed {
    #[serde(default)]
    csrf: String,
    #[serde(default)]
    request: String,
}

/// Signs out, or asks.
pub(super) async fn show(visitor: Visitor, RawQuery(query): RawQuery) -> Response {
    let Ok(params) = Params::parse(&query.unwrap_or_default()) else {
        return super::bad_request("A parameter of the request is repeated.");
    };
    let back = match find_way_back(&visitor, &params).await {
        Ok(back) => back,
        Err(response) => return response,
    };
    let Some(person) = &visitor.person else {
        return finish(&visitor, back);
    };
    let proven = hint(&visitor.state, &params).is_some_and(|hint| {
        hint.tenant_id == visitor.tenant.id().as_str()
            && hint.sub == person.user.to_string()
            && hint.sid.as_deref() == Some(&*person.sid)
    });
    if proven {
        return finish(&visitor, back);
    }
    let anchor = match visitor.anchor() {
        Ok(anchor) => anchor,
        Err(error) => return view::failed(error),
    };
    let view = EndSessionView {
        tenant: visitor.tenant.id().to_string(),
        csrf: visitor.csrf(&anchor),
        user_name: person.user_name.clone(),
        request: params.to_query(),
    };
    let page = view::page(StatusCode::OK, &view);
    match back {
        Some(back) => with_forms_to(page, &policy_source(&back)),
        None => page,
    }
}

/// Signs out after the person was asked.
pub(super) async fn submit(visitor: Visitor, Form(confirmed): Form<Confirmed>) -> Response {
    if !visitor.csrf_matches(&confirmed.csrf) {
        return stale_form();
    }
    let Ok(params) = Params::parse(&confirmed.request) else {
        return super::bad_request("A parameter of the request is repeated.");
    };
    match find_way_back(&visitor, &params).await {
        Ok(back) => finish(&visitor, back),
        Err(response) => response,
    }
}

async fn find_way_back(visitor: &Visitor, params: &Params) -> Result<Option<Url>, Response> {
    let address = visitor.throttle_key();
    let back = way_back(&visitor.state, &visitor.tenant, params, &address).await;
    back.map_err(view::failed)
}

fn finish(visitor: &Visitor, back: Option<Url>) -> Response {
    match back {
        Some(back) => leave(visitor, Redirect::to(back.as_str()).into_response()),
        None => signed_out(visitor),
    }
}
