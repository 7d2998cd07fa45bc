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

/// Signs out.
pub(super) async fn submit(visitor: Visitor, Form(submitted): Form<Submitted>) -> Response {
    if !visitor.csrf_matches(&submitted.csrf) {
        return stale_form();
    }
    signed_out(&visitor)
}

/// Ends the session, and says so.
pub(super) fn signed_out(visitor: &Visitor) -> Response {
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
    leave(visitor, view::page(StatusCode::OK, &view))
}

/// Ends the session, and gives the browser a cookie that stands for nobody along with `response`.
pub(super) fn leave(visitor: &Visitor, response: Response) -> Response {
    visitor.close_session();
    match random_secret() {
        Ok(cookie) => visitor.with_cookie(response, &cookie),
        Err(error) => view::failed(error),
    }
}
