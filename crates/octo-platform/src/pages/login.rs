//! `/{tenantId}/login`.

use axum::Form;
use axum::extract::Query;
use axum::response::{IntoResponse as _, Redirect, Response};
use http::StatusCode;
use octo_runtime::{Entity, TenantId};
use serde::Deserialize;

use super::session::SignedIn;
use super::view::{self, DirectoryChoice, GoOnView, LoginView, ProviderButton, SignedInView};
use super::visitor::{Visitor, login_page, password_page, stale_form};
use super::{hand_over, return_url};
use crate::accounts::sign_in::{Refusal, SignedInUser, sign_in};
use crate::accounts::sign_in_basis::basis_of;
use crate::accounts::{IDP_LOCAL, directory_sign_in, users};
use crate::oidc::external::provider;

const MISSING: &str = "Username and password are required";
const INVALID: &str = "Invalid username or password";
const LOCKED: &str = "Account is locked out";
const NOT_REGISTERED: &str =
    "You have no account here yet, and this way to sign in does not create one.";
const NO_SUCH_PROVIDER: &str = "This way to sign in is not available any more. Choose another one.";
const UNAVAILABLE: &str = "The directory cannot be asked at the moment. Try again later.";
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
    /// Id of the directory whose name and password these are; empty for the tenant's own.
    #[serde(default)]
    provider: String,
    #[serde(default)]
    csrf: String,
    #[serde(rename = "returnUrl")]
    return_url: Option<String>,
}

/// What a form shows that was filled in before.
#[derive(Default)]
struct Filled<'a> {
    username: &'a str,
    provider: &'a str,
    error: Option<&'static str>,
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
            form(&visitor, StatusCode::OK, return_url, Filled::default()).await
        }
        Some(person) => signed_in(&visitor, person),
        None => form(&visitor, StatusCode::OK, return_url, Filled::default()).await,
    }
}

/// Checks name and password.
pub(super) async fn submit(visitor: Visitor, Form(submitted): Form<Submitted>) -> Response {
    if !visitor.csrf_matches(&submitted.csrf) {
        return stale_form();
    }
    let return_url = return_url::checked(submitted.return_url.as_deref(), visitor.tenant.id());
    let (username, provider) = (submitted.username.trim(), submitted.provider.trim());
    let refuse = |status, error| {
        let filled = Filled {
            username,
            provider,
            error: Some(error),
        };
        form(&visitor, status, return_url.clone(), filled)
    };
    if username.is_empty() || submitted.password.is_empty() {
        return refuse(StatusCode::BAD_REQUEST, MISSING).await;
    }
    let (throttle, key) = (&visitor.state.throttles().logins, visitor.throttle_key());
    let now = visitor.state.clock().now();
    // Counted before the check, or guesses made at once would all pass.
    if !throttle.attempt(&key, now) {
        return refuse(StatusCode::TOO_MANY_REQUESTS, TOO_MANY).await;
    }
    let (state, tenant, password) = (&visitor.state, &visitor.tenant, &submitted.password);
    let checked = match provider {
        "" => sign_in(state, tenant, username, password).await,
        directory => directory_sign_in::sign_in(state, tenant, directory, username, password).await,
    };
    match checked {
        Ok(Ok(user)) => {
            throttle.take_back(&key);
            enter(&visitor, &user, &return_url).await
        }
        Ok(Err(refusal)) => {
            let (status, text) = match refusal {
                Refusal::Invalid => (StatusCode::FORBIDDEN, INVALID),
                Refusal::LockedOut => (StatusCode::FORBIDDEN, LOCKED),
                Refusal::NotRegistered => (StatusCode::FORBIDDEN, NOT_REGISTERED),
                Refusal::NoSuchProvider => (StatusCode::BAD_REQUEST, NO_SUCH_PROVIDER),
                Refusal::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, UNAVAILABLE),
            };
            refuse(status, text).await
        }
        Err(error) => {
            throttle.take_back(&key);
            view::failed(error)
        }
    }
}

/// Opens a session for somebody who has been authenticated, and goes on.
pub(super) async fn enter(
    visitor: &Visitor,
    signed_in: &SignedInUser,
    return_url: &str,
) -> Response {
    let (state, tenant) = (&visitor.state, &visitor.tenant);
    let basis = basis_of(state, tenant, &signed_in.user, &signed_in.idp).await;
    let basis = match basis {
        Ok(Some(basis)) => basis,
        Ok(None) => return Redirect::to(&login_page(tenant.id(), return_url)).into_response(),
        Err(error) => return view::failed(error),
    };
    let own = signed_in.idp == IDP_LOCAL;
    let due = signed_in.user.attributes.bool("ResetPasswordOnLogin") == Some(true);
    let person = SignedIn {
        tenant: visitor.tenant.id().clone(),
        user: signed_in.user.rt_id,
        user_name: users::user_name(&signed_in.user).to_owned(),
        idp: signed_in.idp.clone(),
        basis,
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

async fn form(
    visitor: &Visitor,
    status: StatusCode,
    return_url: String,
    filled: Filled<'_>,
) -> Response {
    let directories = match directory_sign_in::choices(&visitor.tenant).await {
        Ok(directories) => directories,
        Err(error) => return view::failed(error),
    };
    let providers = match provider::choices(&visitor.tenant).await {
        Ok(providers) => providers,
        Err(error) => return view::failed(error),
    };
    let anchor = match visitor.anchor() {
        Ok(anchor) => anchor,
        Err(error) => return view::failed(error),
    };
    let view = LoginView {
        tenant: visitor.tenant.id().to_string(),
        csrf: visitor.csrf(&anchor),
        return_url,
        username: filled.username.chars().take(256).collect(),
        directories: directories
            .iter()
            .map(|directory| choice(directory, filled.provider))
            .collect(),
        providers: providers
            .iter()
            .map(|provider| button(visitor.tenant.id(), provider))
            .collect(),
        error: filled.error,
    };
    visitor.with_anchor(view::page(status, &view), &anchor)
}

fn choice(directory: &Entity, chosen: &str) -> DirectoryChoice {
    let id = directory.rt_id.to_string();
    DirectoryChoice {
        name: shown_name(directory).to_owned(),
        chosen: id == chosen,
        id,
    }
}

fn button(tenant: &TenantId, entity: &Entity) -> ProviderButton {
    let name = entity.attributes.str("Name").unwrap_or_default();
    let parent = match provider::is_parent(entity) {
        true => hand_over::parent_of(entity),
        false => None,
    };
    let text = match parent {
        Some(parent) => format!("Sign in with an account of {parent}"),
        None => format!("Sign in with {}", shown_name(entity)),
    };
    ProviderButton {
        action: format!("/{tenant}/external/{name}"),
        text,
    }
}

fn shown_name(provider: &Entity) -> &str {
    let text = |name| provider.attributes.str(name).map(str::trim);
    let name = text("DisplayName").filter(|name| !name.is_empty());
    name.or_else(|| text("Name")).unwrap_or_default()
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
