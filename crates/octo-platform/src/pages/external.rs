//! `/{tenantId}/external/{provider}`: signing in with an account kept elsewhere.
//!
//! The button of the log-in page posts here; the answer sends the browser to the provider, which
//! sends it back to `…/callback`. A cookie ties the two together: it holds for ten minutes and is
//! seen by these two addresses only.

use axum::Form;
use axum::extract::{Path, RawQuery};
use axum::response::Response;
use http::{HeaderMap, StatusCode, header};
use octo_runtime::Entity;
use serde::Deserialize;

use super::login;
use super::return_url;
use super::view::{self, GoOnView, Link, MessageView};
use super::visitor::{Visitor, login_page, stale_form};
use super::{cookie, hand_over};
use crate::accounts::external_identity::admit;
use crate::accounts::external_link::link_by_email;
use crate::accounts::sign_in::{Refusal, SignedInUser};
use crate::oidc::external::pending::{LIFETIME_SECONDS, Pending};
use crate::oidc::external::provider::{self, Provider};
use crate::oidc::external::{Answer, ExternalError, Way};
use crate::oidc::form::Params;
use crate::oidc::known_clients::shown_name;
use crate::secret::random_secret;

const GONE: &str = "This way to sign in is not available any more. Choose another one.";
const INCOMPLETE: &str = "This way to sign in is not set up completely. Tell your administrator.";
const EXPIRED: &str = "This sign-in has expired, has been used already, or was begun in another \
                       browser. Begin again.";
const DENIED: &str = "The other service did not let you sign in here. Begin again if you want to.";
const UNREACHABLE: &str = "The other service cannot be reached at the moment, or does not answer as \
                           it should. Try again later.";
const UNTRUSTED: &str = "The other service's answer could not be accepted, so you are not signed in. \
                         Begin again.";
const BUSY: &str = "Too many people are signing in at the moment. Try again in a few minutes.";
const NOT_REGISTERED: &str = "You have no account here yet, and this way to sign in does not create \
                              one. Ask your administrator for an account.";
const LOCKED: &str = "Your account is locked at the moment. Try again later.";
const REFUSED: &str = "Your account may not sign in here this way.";

#[derive(Deserialize)]
pub(super) struct Submitted {
    #[serde(default)]
    csrf: String,
    #[serde(rename = "returnUrl")]
    return_url: Option<String>,
}

/// Sends the browser to the provider.
pub(super) async fn start(
    visitor: Visitor,
    Path((_, name)): Path<(String, String)>,
    headers: HeaderMap,
    Form(submitted): Form<Submitted>,
) -> Response {
    if !visitor.csrf_matches(&submitted.csrf) {
        return stale_form();
    }
    let return_url = return_url::checked(submitted.return_url.as_deref(), visitor.tenant.id());
    let refuse = |status, text| refused(&visitor, status, text, &return_url);
    let now = visitor.state.clock().now();
    let throttle = &visitor.state.throttles().external_sign_ins;
    if !throttle.attempt(&visitor.throttle_key(), now) {
        return refuse(StatusCode::TOO_MANY_REQUESTS, BUSY);
    }
    let entity = match provider::find(&visitor.tenant, &name).await {
        Ok(Some(entity)) => entity,
        Ok(None) => return refuse(StatusCode::NOT_FOUND, GONE),
        Err(error) => return view::failed(error),
    };
    let browser = match cookie::read_external(&headers, visitor.tenant.id()) {
        Some(known) => known,
        None => match random_secret() {
            Ok(new) => new,
            Err(error) => return view::failed(error),
        },
    };
    let redirect_uri = redirect_uri(&visitor, &name);
    let way = Way {
        tenant: visitor.tenant.id(),
        redirect_uri: &redirect_uri,
        return_url: &return_url,
        browser: &browser,
    };
    let target = match address(&visitor, &entity, way).await {
        Ok(Some(target)) => target,
        Ok(None) => return refuse(StatusCode::CONFLICT, INCOMPLETE),
        Err(error) => return problem(&visitor, &entity, &error, &return_url),
    };
    // A page, because browsers apply the policy for forms to redirects.
    let page = view::page(StatusCode::OK, &GoOnView { target });
    let secure = visitor.is_secure();
    with_cookie(
        page,
        cookie::set_external(visitor.tenant.id(), &browser, LIFETIME_SECONDS, secure),
    )
}

/// Where the browser goes; `None` if the provider is not set up completely.
async fn address(
    visitor: &Visitor,
    entity: &Entity,
    way: Way<'_>,
) -> Result<Option<String>, ExternalError> {
    let (state, external) = (&visitor.state, visitor.state.external());
    if provider::is_parent(entity) {
        let begun = external
            .pending()
            .begin(entity.rt_id, way, state.clock().now())?;
        return Ok(hand_over::address(
            visitor.tenant.id(),
            entity,
            &begun.state,
        ));
    }
    match Provider::of(state, &visitor.tenant, entity) {
        Some(provider) => {
            let url = external.begin(state, &provider, way).await?;
            Ok(Some(url.into()))
        }
        None => Ok(None),
    }
}

/// The provider has sent the browser back.
pub(super) async fn finish(
    visitor: Visitor,
    Path((_, name)): Path<(String, String)>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Response {
    let Ok(params) = Params::parse(&query.unwrap_or_default()) else {
        return super::bad_request("A parameter of the request is repeated.");
    };
    let Some(pending) = taken(&visitor, &headers, &params) else {
        let login = format!("/{}/login", visitor.tenant.id());
        return refused(&visitor, StatusCode::BAD_REQUEST, EXPIRED, &login);
    };
    let return_url = pending.return_url.clone();
    let refuse = |status, text| refused(&visitor, status, text, &return_url);
    let entity = match provider::find(&visitor.tenant, &name).await {
        Ok(Some(entity)) if entity.rt_id == pending.provider => entity,
        Ok(_) => return refuse(StatusCode::NOT_FOUND, GONE),
        Err(error) => return view::failed(error),
    };
    let admitted = match provider::is_parent(&entity) {
        true => hand_over::enter(&visitor, &entity, &params).await,
        false => external(&visitor, &name, &entity, &pending, &params).await,
    };
    match admitted {
        Ok(user) => {
            tracing::info!(tenant = %visitor.tenant.id(), user = %user.user.rt_id, provider = %entity.rt_id, "signed in with an external account");
            let response = login::enter(&visitor, &user, &return_url).await;
            let secure = visitor.is_secure();
            with_cookie(
                response,
                cookie::set_external(visitor.tenant.id(), "", 0, secure),
            )
        }
        Err(Stop::Refused(refusal)) => {
            tracing::info!(tenant = %visitor.tenant.id(), provider = %entity.rt_id, %refusal, "an external sign-in was refused");
            refuse(StatusCode::FORBIDDEN, text(refusal))
        }
        Err(Stop::Denied(code)) => {
            tracing::info!(tenant = %visitor.tenant.id(), provider = %entity.rt_id, code, "the provider did not sign somebody in");
            refuse(StatusCode::FORBIDDEN, DENIED)
        }
        Err(Stop::Incomplete) => refuse(StatusCode::CONFLICT, INCOMPLETE),
        Err(Stop::Failed(error)) => problem(&visitor, &entity, &error, &return_url),
        Err(Stop::Broken(error)) => view::failed(error),
    }
}

/// Why somebody does not come in.
pub(super) enum Stop {
    /// The tenant does not let the person in.
    Refused(Refusal),
    /// The provider did not, with this error code.
    Denied(String),
    /// The provider is not set up completely.
    Incomplete,
    /// The provider's answer is of no use.
    Failed(ExternalError),
    /// A tenant could not be read or changed.
    Broken(octo_runtime::RuntimeError),
}

impl From<octo_runtime::RuntimeError> for Stop {
    fn from(error: octo_runtime::RuntimeError) -> Self {
        Self::Broken(error)
    }
}

/// The sign-in under way that the request finishes.
fn taken(visitor: &Visitor, headers: &HeaderMap, params: &Params) -> Option<Pending> {
    let browser = cookie::read_external(headers, visitor.tenant.id())?;
    let (state, now) = (params.get("state")?, visitor.state.clock().now());
    let pending = visitor.state.external().pending();
    pending.take(state, visitor.tenant.id(), &browser, now)
}

async fn external(
    visitor: &Visitor,
    name: &str,
    entity: &Entity,
    pending: &Pending,
    params: &Params,
) -> Result<SignedInUser, Stop> {
    let (state, tenant) = (&visitor.state, &visitor.tenant);
    let redirect_uri = redirect_uri(visitor, name);
    let code = match (params.get("error"), params.get("code")) {
        (None, Some(code)) => code,
        (error, _) => {
            let code = shown_name(error.unwrap_or_default());
            return Err(Stop::Denied(code.unwrap_or_default()));
        }
    };
    let provider = Provider::of(state, tenant, entity).ok_or(Stop::Incomplete)?;
    let answer = Answer {
        code,
        issuer: params.get("iss"),
        redirect_uri: &redirect_uri,
    };
    let finished = state.external().finish(state, &provider, pending, answer);
    let identity = finished.await.map_err(Stop::Failed)?;
    link_by_email(state, tenant, entity, &identity).await?;
    let admitted = admit(state, tenant, entity, &identity).await?;
    admitted.map_err(Stop::Refused)
}

fn text(refusal: Refusal) -> &'static str {
    match refusal {
        Refusal::NotRegistered => NOT_REGISTERED,
        Refusal::LockedOut => LOCKED,
        Refusal::NoSuchProvider => GONE,
        Refusal::Unavailable => UNREACHABLE,
        Refusal::Invalid => REFUSED,
    }
}

/// Where a provider sends the browser back to: what has to be registered there.
fn redirect_uri(visitor: &Visitor, name: &str) -> String {
    let (authority, tenant) = (visitor.state.authority(), visitor.tenant.id());
    format!("{authority}/{tenant}/external/{name}/callback")
}

fn problem(
    visitor: &Visitor,
    entity: &Entity,
    error: &ExternalError,
    return_url: &str,
) -> Response {
    let (tenant, provider) = (visitor.tenant.id(), entity.rt_id);
    tracing::warn!(%tenant, %provider, %error, "an external sign-in failed");
    let (status, text) = match error {
        ExternalError::Unusable(_) => (StatusCode::BAD_GATEWAY, UNREACHABLE),
        ExternalError::Refused(_) | ExternalError::Untrusted(_) => {
            (StatusCode::FORBIDDEN, UNTRUSTED)
        }
        ExternalError::TooMany => (StatusCode::TOO_MANY_REQUESTS, BUSY),
        ExternalError::Random(error) => return view::failed(error),
    };
    refused(visitor, status, text, return_url)
}

/// Says why nobody is signed in, and leads back to the log-in page.
fn refused(
    visitor: &Visitor,
    status: StatusCode,
    text: &'static str,
    return_url: &str,
) -> Response {
    let view = MessageView {
        title: "You are not signed in",
        text,
        is_error: true,
        link: Some(Link {
            href: login_page(visitor.tenant.id(), return_url),
            text: "Back to the sign-in page",
        }),
    };
    view::page(status, &view)
}

fn with_cookie(mut response: Response, cookie: Option<http::HeaderValue>) -> Response {
    if let Some(cookie) = cookie {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}
