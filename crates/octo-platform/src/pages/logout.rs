//! `/{tenantId}/logout`.

use axum::Form;
use axum::response::{IntoResponse as _, Redirect, Response};
use http::StatusCode;
use serde::Deserialize;

use super::view::{self, Link, LogoutView, MessageView};
use super::visitor::{Visitor, stale_form};
use crate::secret::random_secret;

#[derive(Deserialize)]
pub(super) struct Submitted {
    #[serde(default)]
    csrf: String,
}

/// Asks before signing out: a link alone must not end a session.
pub(super) async fn show(visitor: Visitor) -> Response {
    let tenant = visitor.tenant.id().to_string();
    if visitor.person.is_none() {
        return Redirect::to(&format!("/{tenant}/login")).into_response();
    }
    match visitor.anchor() {
        Ok(anchor) => view::page(
            StatusCode::OK,
            &LogoutView {
                tenant,
                csrf: visitor.csrf(&anchor),
            },
        ),
        Err(error) => view::failed(error),
    }
}

/// Ends the session and gives the browser a cookie that stands for nobody.
pub(super) async fn submit(visitor: Visitor, Form(submitted): Form<Submitted>) -> Response {
    if !visitor.csrf_matches(&submitted.csrf) {
        return stale_form();
    }
    visitor.close_session();
    let href = format!("/{}/login", visitor.tenant.id());
    let view = MessageView {
        title: "Signed out",
        text: "You are signed out. Applications you allowed before keep their access.",
        is_error: false,
        link: Some(Link {
            href,
            text: "Sign in again",
        }),
    };
    match random_secret() {
        Ok(cookie) => visitor.with_cookie(view::page(StatusCode::OK, &view), &cookie),
        Err(error) => view::failed(error),
    }
}
