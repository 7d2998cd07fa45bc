//! Who is calling a REST endpoint, and for which tenant.
//!
//! Every service of the platform takes its callers from the extractors of this module, so that a
//! handler cannot run unchecked:
//!
//! - [`TenantCaller<P>`] for routes with a `{tenantId}` segment: a valid bearer token with audience
//!   `octoAPI`, a scope that satisfies `P`, and a token issued for exactly that tenant. It carries
//!   the opened tenant; handlers have no need to look one up.
//! - [`SystemCaller<P>`] for routes without tenant; a tenant named elsewhere in the request is
//!   opened with [`SystemCaller::tenant`], which applies the same rule.
//!
//! Policies are [`ReadOnly`], [`ReadWrite`], [`DataModel`] and [`AnyScope`] (auth.md 7). The tenant
//! rule of auth.md 4.6 is enforced for users and for services: a token without `tenant_id` opens no
//! tenant.
//!
//! A signature says what was true when the token was issued. That its holder is still there is asked
//! with every request (`auth/holder.rs`).

mod holder;

use std::marker::PhantomData;
use std::sync::Arc;

use axum::extract::{FromRef, FromRequestParts, RawPathParams};
use axum::response::{IntoResponse, Response};
use http::header::{AUTHORIZATION, CONTENT_TYPE, WWW_AUTHENTICATE};
use http::request::Parts;
use http::{HeaderMap, StatusCode};
use octo_runtime::{RtId, RuntimeError, Tenant, TenantId};

use crate::state::PlatformState;
use crate::token::AccessClaims;

/// Audience every REST service expects (auth.md 6.7).
pub const API_AUDIENCE: &str = "octoAPI";
/// Full access to the REST services.
pub const SCOPE_API: &str = "octo_api";
/// Read access to the REST services.
pub const SCOPE_READ_ONLY: &str = "octo_api.read_only";
/// Management of Construction Kit models.
pub const SCOPE_DATA_MODEL: &str = "octo_api.data_model_management";

/// A caller with a valid access token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The user in the token's tenant; `None` for a service.
    pub subject: Option<RtId>,
    /// The tenant the token was issued for.
    pub tenant: Option<TenantId>,
    /// The client the token was issued to.
    pub client_id: String,
    /// Granted scopes.
    pub scopes: Vec<String>,
    /// Names of the effective roles at the time the token was issued.
    pub roles: Vec<String>,
    /// When the token was issued, seconds since 1970.
    pub issued: i64,
}

impl Caller {
    /// Whether one of `scopes` was granted.
    pub fn has_any_scope(&self, scopes: &[&str]) -> bool {
        scopes
            .iter()
            .any(|wanted| self.scopes.iter().any(|granted| granted == wanted))
    }

    /// Whether the caller has the role named `role`.
    pub fn has_role(&self, role: &str) -> bool {
        self.roles.iter().any(|name| name == role)
    }

    fn from_claims(claims: AccessClaims) -> Option<Self> {
        let subject = claims
            .sub
            .map(|sub| sub.parse().ok())
            .map_or(Some(None), |id| id.map(Some))?;
        Some(Self {
            subject,
            tenant: claims.tenant_id.and_then(|tenant| tenant.parse().ok()),
            client_id: claims.client_id,
            scopes: claims.scope,
            roles: claims.role.0,
            issued: claims.iat,
        })
    }
}

/// Which scopes open an endpoint; any one of them suffices.
pub trait ScopePolicy: Send + Sync + 'static {
    /// The accepted scopes; empty accepts every valid token.
    const ANY_OF: &'static [&'static str];
}

/// Reading: `octo_api` or `octo_api.read_only`.
#[derive(Debug)]
pub enum ReadOnly {}
/// Writing: `octo_api`.
#[derive(Debug)]
pub enum ReadWrite {}
/// Changing Construction Kit models: `octo_api` or `octo_api.data_model_management`.
#[derive(Debug)]
pub enum DataModel {}
/// Any valid token.
#[derive(Debug)]
pub enum AnyScope {}

impl ScopePolicy for ReadOnly {
    const ANY_OF: &'static [&'static str] = &[SCOPE_API, SCOPE_READ_ONLY];
}
impl ScopePolicy for ReadWrite {
    const ANY_OF: &'static [&'static str] = &[SCOPE_API];
}
impl ScopePolicy for DataModel {
    const ANY_OF: &'static [&'static str] = &[SCOPE_API, SCOPE_DATA_MODEL];
}
impl ScopePolicy for AnyScope {
    const ANY_OF: &'static [&'static str] = &[];
}

/// A caller whose token was issued for the tenant in the route, with that tenant.
#[derive(Debug)]
pub struct TenantCaller<P> {
    /// The caller.
    pub caller: Caller,
    /// The tenant of the route.
    pub tenant: Arc<Tenant>,
    policy: PhantomData<P>,
}

/// A caller on a route without tenant.
#[derive(Debug)]
pub struct SystemCaller<P> {
    /// The caller.
    pub caller: Caller,
    policy: PhantomData<P>,
}

impl<P> SystemCaller<P> {
    /// Opens the tenant `tenant_id` that the request names outside its path.
    ///
    /// # Errors
    /// [`AuthRejection`] if there is no such tenant or the token is for another one.
    pub async fn tenant(
        &self,
        state: &PlatformState,
        tenant_id: &str,
    ) -> Result<Arc<Tenant>, AuthRejection> {
        open_tenant(state, &self.caller, tenant_id).await
    }
}

impl<S, P> FromRequestParts<S> for TenantCaller<P>
where
    PlatformState: FromRef<S>,
    S: Send + Sync,
    P: ScopePolicy,
{
    type Rejection = AuthRejection;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Self::Rejection> {
        let platform = PlatformState::from_ref(state);
        let caller = authenticate::<P>(&platform, &parts.headers)?;
        let tenant_id = tenant_segment(parts, state)
            .await
            .ok_or(AuthRejection::UnknownTenant)?;
        let tenant = open_tenant(&platform, &caller, &tenant_id).await?;
        Ok(Self {
            caller,
            tenant,
            policy: PhantomData,
        })
    }
}

impl<S, P> FromRequestParts<S> for SystemCaller<P>
where
    PlatformState: FromRef<S>,
    S: Send + Sync,
    P: ScopePolicy,
{
    type Rejection = AuthRejection;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Self::Rejection> {
        let platform = PlatformState::from_ref(state);
        let caller = authenticate::<P>(&platform, &parts.headers)?;
        if let Some(own) = &caller.tenant {
            open_tenant(&platform, &caller, own.as_str())
                .await
                .map_err(|rejection| match rejection {
                    AuthRejection::UnknownTenant => AuthRejection::InvalidToken,
                    other => other,
                })?;
        }
        Ok(Self {
            caller,
            policy: PhantomData,
        })
    }
}

/// The token of an `Authorization: Bearer` header.
pub fn bearer_token(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme
        .eq_ignore_ascii_case("bearer")
        .then(|| token.trim())
        .filter(|token| !token.is_empty())
}

fn authenticate<P: ScopePolicy>(
    state: &PlatformState,
    headers: &HeaderMap,
) -> Result<Caller, AuthRejection> {
    let token = bearer_token(headers).ok_or(AuthRejection::NoToken)?;
    let claims = state
        .tokens()
        .verify(token)
        .map_err(|_| AuthRejection::InvalidToken)?;
    if !claims.aud.iter().any(|audience| audience == API_AUDIENCE) {
        return Err(AuthRejection::InvalidToken);
    }
    let caller = Caller::from_claims(claims).ok_or(AuthRejection::InvalidToken)?;
    if !P::ANY_OF.is_empty() && !caller.has_any_scope(P::ANY_OF) {
        return Err(AuthRejection::InsufficientScope(P::ANY_OF));
    }
    Ok(caller)
}

async fn tenant_segment<S: Send + Sync>(parts: &mut Parts, state: &S) -> Option<String> {
    let params = RawPathParams::from_request_parts(parts, state).await.ok()?;
    params
        .iter()
        .find(|(name, _)| *name == "tenantId")
        .map(|(_, value)| value.to_owned())
}

async fn open_tenant(
    state: &PlatformState,
    caller: &Caller,
    tenant_id: &str,
) -> Result<Arc<Tenant>, AuthRejection> {
    let tenant = state
        .find_tenant(tenant_id)
        .await
        .map_err(AuthRejection::Failed)?;
    let tenant = tenant.ok_or(AuthRejection::UnknownTenant)?;
    if caller.tenant.as_ref() != Some(tenant.id()) {
        return Err(AuthRejection::ForeignTenant);
    }
    match holder::is_there(&tenant, caller).await {
        Ok(true) => Ok(tenant),
        Ok(false) => Err(AuthRejection::InvalidToken),
        Err(error) => Err(AuthRejection::Failed(error)),
    }
}

/// Why a request was turned away.
#[derive(Debug)]
pub enum AuthRejection {
    /// No bearer token: 401.
    NoToken,
    /// A token that is not ours, expired, meant for another resource, or of somebody who is gone: 401.
    InvalidToken,
    /// None of these scopes was granted: 403.
    InsufficientScope(&'static [&'static str]),
    /// The tenant does not exist: 404.
    UnknownTenant,
    /// The token was issued for another tenant, or for none: 403 with empty body.
    ForeignTenant,
    /// The tenant could not be read: 500.
    Failed(RuntimeError),
}

impl IntoResponse for AuthRejection {
    fn into_response(self) -> Response {
        match self {
            Self::NoToken => challenge(StatusCode::UNAUTHORIZED, "Bearer".to_owned()),
            Self::InvalidToken => challenge(
                StatusCode::UNAUTHORIZED,
                r#"Bearer error="invalid_token""#.to_owned(),
            ),
            Self::InsufficientScope(scopes) => challenge(
                StatusCode::FORBIDDEN,
                format!(
                    r#"Bearer error="insufficient_scope", scope="{}""#,
                    scopes.join(" ")
                ),
            ),
            Self::UnknownTenant => not_found(),
            Self::ForeignTenant => StatusCode::FORBIDDEN.into_response(),
            Self::Failed(error) => {
                tracing::error!(%error, "a caller's tenant could not be read");
                StatusCode::INTERNAL_SERVER_ERROR.into_response()
            }
        }
    }
}

fn challenge(status: StatusCode, value: String) -> Response {
    (status, [(WWW_AUTHENTICATE, value)]).into_response()
}

/// A bare 404 as problem document (assets.md 1.4).
pub fn not_found() -> Response {
    let body = serde_json::json!({
        "type": "https://tools.ietf.org/html/rfc9110#section-15.5.5",
        "title": "Not Found",
        "status": 404,
    });
    (
        StatusCode::NOT_FOUND,
        [(CONTENT_TYPE, "application/problem+json")],
        body.to_string(),
    )
        .into_response()
}
