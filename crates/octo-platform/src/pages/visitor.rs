//! Who looks at a page: tenant, cookie, session, address.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::extract::{ConnectInfo, FromRequestParts, OriginalUri, Path};
use axum::response::{IntoResponse as _, Redirect, Response};
use http::request::Parts;
use http::{HeaderValue, Method, StatusCode, header};
use octo_runtime::{RuntimeError, Tenant, TenantId};
use serde::Deserialize;

use super::session::SignedIn;
use super::{cookie, view};
use crate::accounts::sign_in_basis;
use crate::secret::{RandomUnavailable, random_secret};
use crate::state::PlatformState;

const CSRF_LABEL: &str = "page-csrf";

/// A visitor of a tenant's pages.
pub(super) struct Visitor {
    pub(super) state: PlatformState,
    pub(super) tenant: Arc<Tenant>,
    pub(super) address: IpAddr,
    pub(super) person: Option<SignedIn>,
    cookie: Option<String>,
}

/// A cookie value, and whether the browser does not have it yet.
pub(super) struct Anchor {
    value: String,
    is_new: bool,
}

/// The tenant of an address, whatever else the address names.
#[derive(Deserialize)]
struct TenantPath {
    #[serde(rename = "tenantId")]
    named: String,
}

impl FromRequestParts<PlatformState> for Visitor {
    type Rejection = Response;

    async fn from_request_parts(
        parts: &mut Parts,
        state: &PlatformState,
    ) -> Result<Self, Self::Rejection> {
        let Path(TenantPath { named }) = Path::<TenantPath>::from_request_parts(parts, state)
            .await
            .map_err(|_| unknown_tenant())?;
        let tenant = state.find_tenant(&named).await.map_err(view::failed)?;
        let tenant = tenant.ok_or_else(unknown_tenant)?;
        if named != tenant.id().as_str() {
            return Err(canonical(parts, &named, &tenant));
        }
        let ConnectInfo(peer) = ConnectInfo::<SocketAddr>::from_request_parts(parts, state)
            .await
            .map_err(|rejection| rejection.into_response())?;
        let cookie = cookie::read(&parts.headers, tenant.id());
        let person = match &cookie {
            Some(cookie) => person(state, &tenant, cookie).await.map_err(view::failed)?,
            None => None,
        };
        Ok(Self {
            state: state.clone(),
            tenant,
            address: peer.ip(),
            person,
            cookie,
        })
    }
}

impl Visitor {
    /// The address as key of attempt limits.
    pub(super) fn throttle_key(&self) -> String {
        self.address.to_string()
    }

    /// The cookie that anchors forms: the one the browser sent, else a new one.
    pub(super) fn anchor(&self) -> Result<Anchor, RandomUnavailable> {
        match &self.cookie {
            Some(value) => Ok(Anchor {
                value: value.clone(),
                is_new: false,
            }),
            None => Ok(Anchor {
                value: random_secret()?,
                is_new: true,
            }),
        }
    }

    /// The CSRF token for forms anchored at `anchor`.
    pub(super) fn csrf(&self, anchor: &Anchor) -> String {
        self.state
            .sealer()
            .seal(CSRF_LABEL, &[self.tenant.id().as_str(), &anchor.value])
    }

    /// Whether `token` belongs to the cookie the browser sent.
    pub(super) fn csrf_matches(&self, token: &str) -> bool {
        self.cookie.as_deref().is_some_and(|cookie| {
            let parts = [self.tenant.id().as_str(), cookie];
            self.state.sealer().verify(CSRF_LABEL, &parts, token)
        })
    }

    /// Sends the cookie along, if the browser does not have it.
    pub(super) fn with_anchor(&self, response: Response, anchor: &Anchor) -> Response {
        match anchor.is_new {
            true => self.with_cookie(response, &anchor.value),
            false => response,
        }
    }

    /// Replaces the browser's cookie.
    pub(super) fn with_cookie(&self, mut response: Response, value: &str) -> Response {
        if let Some(cookie) = cookie::set(self.tenant.id(), value, self.is_secure()) {
            response.headers_mut().append(header::SET_COOKIE, cookie);
        }
        response
    }

    /// Whether cookies are for encrypted connections only.
    pub(super) fn is_secure(&self) -> bool {
        self.state.authority().starts_with("https:")
    }

    /// The person who is signed in and may go on; else the page to go to first, from which the
    /// way leads back to `page`.
    pub(super) fn ready_person(&self, page: &str) -> Result<&SignedIn, String> {
        let tenant = self.tenant.id();
        match &self.person {
            None => Err(login_page(tenant, page)),
            Some(person) if person.must_change_password => Err(password_page(tenant, page)),
            Some(person) => Ok(person),
        }
    }

    /// The person who is signed in, but has to choose a new password.
    pub(super) fn due_for_new_password(&self) -> Option<&SignedIn> {
        self.person
            .as_ref()
            .filter(|person| person.must_change_password)
    }

    /// Ends the session the browser has, if any.
    pub(super) fn close_session(&self) {
        if let Some(cookie) = &self.cookie {
            self.state.sessions().close(cookie);
        }
    }
}

/// Who is signed in with a cookie. A session whose basis is gone ends.
async fn person(
    state: &PlatformState,
    tenant: &Tenant,
    cookie: &str,
) -> Result<Option<SignedIn>, RuntimeError> {
    let sessions = state.sessions();
    let Some(person) = sessions.find(cookie, tenant.id(), state.clock().now()) else {
        return Ok(None);
    };
    let SignedIn {
        user, idp, basis, ..
    } = &person;
    let counts = sign_in_basis::still_signed_in(state, tenant, *user, idp, basis).await?;
    if counts.is_none() {
        sessions.close(cookie);
        return Ok(None);
    }
    Ok(Some(person))
}

/// The page on which people sign in; from there the way leads to `page`.
pub(super) fn login_page(tenant: &TenantId, page: &str) -> String {
    with_return_url(&format!("/{tenant}/login"), page)
}

/// The page on which a new password is chosen; from there the way leads to `page`.
pub(super) fn password_page(tenant: &TenantId, page: &str) -> String {
    with_return_url(&format!("/{tenant}/password"), page)
}

fn with_return_url(path: &str, page: &str) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.append_pair("returnUrl", page);
    format!("{path}?{}", query.finish())
}

/// The answer to a form whose token does not match.
pub(super) fn stale_form() -> Response {
    view::message(
        StatusCode::FORBIDDEN,
        "The form has expired",
        "This form is no longer valid, or your browser does not accept cookies. Open the page again.",
    )
}

/// Cookies are confined to the path of the tenant, so its spelling must be the canonical one.
fn canonical(parts: &Parts, named: &str, tenant: &Tenant) -> Response {
    let uri = parts
        .extensions
        .get::<OriginalUri>()
        .map_or(&parts.uri, |uri| &uri.0);
    let rest = uri
        .path()
        .strip_prefix('/')
        .and_then(|path| path.split_once('/'));
    match rest {
        Some((first, rest)) if parts.method == Method::GET && first.len() >= named.len() => {
            let query = uri
                .query()
                .map(|query| format!("?{query}"))
                .unwrap_or_default();
            let target = format!("/{}/{rest}{query}", tenant.id());
            match HeaderValue::from_str(&target) {
                Ok(_) => Redirect::to(&target).into_response(),
                Err(_) => unknown_tenant(),
            }
        }
        _ => unknown_tenant(),
    }
}

fn unknown_tenant() -> Response {
    view::message(
        StatusCode::NOT_FOUND,
        "No such tenant",
        "There is no tenant of this name. Check the address.",
    )
}
