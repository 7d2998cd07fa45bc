//! `/{tenantId}/password`: a person whose password was set by somebody else chooses a new one.

use axum::Form;
use axum::extract::Query;
use axum::response::{IntoResponse as _, Redirect, Response};
use http::StatusCode;
use octo_runtime::Entity;
use serde::Deserialize;

use super::login::{Target, open_session};
use super::return_url;
use super::session::SignedIn;
use super::view::{self, PasswordView};
use super::visitor::{Visitor, stale_form};
use crate::accounts::credentials::change_password;
use crate::accounts::sign_in_basis::basis_of;
use crate::accounts::users;

const DIFFERENT: &str = "The two passwords are not the same.";

#[derive(Deserialize)]
pub(super) struct Submitted {
    #[serde(default)]
    password: String,
    #[serde(default)]
    repeated: String,
    #[serde(default)]
    csrf: String,
    #[serde(rename = "returnUrl")]
    return_url: Option<String>,
}

/// The form; only for people who have to change their password.
pub(super) async fn show(visitor: Visitor, Query(target): Query<Target>) -> Response {
    let return_url = return_url::checked(target.return_url.as_deref(), visitor.tenant.id());
    match visitor.due_for_new_password() {
        Some(person) => form(&visitor, person, StatusCode::OK, return_url, Vec::new()),
        None => Redirect::to(&return_url).into_response(),
    }
}

/// Stores the new password and goes on with a new session.
pub(super) async fn submit(visitor: Visitor, Form(submitted): Form<Submitted>) -> Response {
    if !visitor.csrf_matches(&submitted.csrf) {
        return stale_form();
    }
    let return_url = return_url::checked(submitted.return_url.as_deref(), visitor.tenant.id());
    let Some(person) = visitor.due_for_new_password() else {
        return Redirect::to(&return_url).into_response();
    };
    if submitted.password != submitted.repeated {
        let status = StatusCode::BAD_REQUEST;
        return form(&visitor, person, status, return_url, vec![DIFFERENT]);
    }
    let user = match users::by_id(&visitor.tenant, person.user).await {
        Ok(Some(user)) => user,
        Ok(None) => {
            visitor.close_session();
            return Redirect::to(&return_url).into_response();
        }
        Err(error) => return view::failed(error),
    };
    match change_password(&visitor.state, &visitor.tenant, &user, &submitted.password).await {
        Ok(Ok(user)) => go_on(&visitor, person, &user, &return_url).await,
        Ok(Err(problems)) => form(
            &visitor,
            person,
            StatusCode::BAD_REQUEST,
            return_url,
            problems,
        ),
        Err(error) => view::failed(error),
    }
}

/// Opens the session that rests on the new password.
async fn go_on(visitor: &Visitor, person: &SignedIn, user: &Entity, return_url: &str) -> Response {
    let basis = match basis_of(&visitor.state, &visitor.tenant, user, &person.idp).await {
        Ok(Some(basis)) => basis,
        Ok(None) => return Redirect::to(return_url).into_response(),
        Err(error) => return view::failed(error),
    };
    let person = SignedIn {
        must_change_password: false,
        basis,
        ..person.clone()
    };
    open_session(visitor, person, return_url)
}

fn form(
    visitor: &Visitor,
    person: &SignedIn,
    status: StatusCode,
    return_url: String,
    errors: Vec<&'static str>,
) -> Response {
    match visitor.anchor() {
        Ok(anchor) => view::page(
            status,
            &PasswordView {
                tenant: visitor.tenant.id().to_string(),
                csrf: visitor.csrf(&anchor),
                return_url,
                user_name: person.user_name.clone(),
                errors,
            },
        ),
        Err(error) => view::failed(error),
    }
}
