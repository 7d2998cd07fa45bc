//! Token exchange: entering another tenant with the token of one's home tenant (auth.md 6.5.2).
//!
//! The checks run in the order of the specification's table. A user may enter tenants *below* its
//! home: those that trust the home tenant, directly or step by step. There it acts as its shadow
//! user, with the roles mapped to it. The rule of the table that API scopes may be chosen freely is
//! tightened: an exchange never yields an API scope the presented token does not have.
//!
//! Within one tenant there is one exchange: with `audience=octoAPI`, a token for the MCP server alone
//! becomes one for the platform's services.

use octo_runtime::TenantId;

use super::OFFLINE_ACCESS;
use super::error::OAuthError;
use super::form::Params;
use super::issue::{self, Authentication, Grant, TokenResponse};
use super::tenant::named_tenant;
use crate::accounts::{HomeIdentity, IDP_LOCAL, mappings, parent_sign_in, shadow};
use crate::auth::{API_AUDIENCE, SCOPE_API, SCOPE_DATA_MODEL, SCOPE_READ_ONLY};
use crate::state::PlatformState;
use crate::token::AccessClaims;

/// Type of the tokens that are exchanged for one another.
pub const ACCESS_TOKEN_TYPE: &str = "urn:ietf:params:oauth:token-type:access_token";

/// Exchanges the subject token for one of `grant.tenant`. The grant comes with client and scopes
/// checked and without user.
///
/// # Errors
/// As the table says; nothing is changed unless the exchange succeeds.
pub async fn exchange(
    state: &PlatformState,
    params: &Params,
    mut grant: Grant,
) -> Result<TokenResponse, OAuthError> {
    let source = subject(state, params)?;
    check_target(params, grant.tenant.id())?;
    if is_for_services(params, &source, &grant) {
        return for_services(state, &source, grant).await;
    }
    // Checks 7 and 8.
    let home = home(state, &source).await?.ok_or_else(denied)?;
    let admission = parent_sign_in::admission(state, &grant.tenant, &home).await?;
    let self_registration = admission.ok_or_else(denied)?;
    let may_create = self_registration || mappings::admit(&grant.tenant, &home).await?;
    grant.granted.retain(|scope| scope != OFFLINE_ACCESS);
    check_scopes(&grant, &source.claims)?;
    let shadow = shadow::find_or_create(state, &grant.tenant, &home, may_create)
        .await?
        .ok_or_else(not_provisioned)?;
    tracing::info!(
        source_user = %source.user, source_tenant = %source.tenant, target_tenant = %grant.tenant.id(),
        shadow = %shadow.rt_id, "token exchanged"
    );
    let authentication = Authentication {
        auth_time: source.claims.auth_time.unwrap_or(source.claims.iat),
        idp: home.idp(),
        amr: vec!["token_exchange".to_owned()],
        sid: None,
    };
    grant.user = Some((shadow, authentication));
    let mut response = issue::access_token(state, &grant).await?;
    response.issued_token_type = Some(ACCESS_TOKEN_TYPE);
    Ok(response)
}

/// Whether a token for another API of the same tenant is to become one for the platform's services.
fn is_for_services(params: &Params, source: &Source, grant: &Grant) -> bool {
    source.tenant == *grant.tenant.id() && params.get("audience") == Some(API_AUDIENCE)
}

/// The MCP server got a token that is meant for it alone, and has to call the services for the same
/// user: it may not pass that token on (auth.md 10.6).
async fn for_services(
    state: &PlatformState,
    source: &Source,
    mut grant: Grant,
) -> Result<TokenResponse, OAuthError> {
    grant.granted.retain(|scope| scope != OFFLINE_ACCESS);
    check_scopes(&grant, &source.claims)?;
    let claims = &source.claims;
    let idp = claims.idp.as_deref().unwrap_or(IDP_LOCAL);
    let user = issue::active_user(state, &grant.tenant, source.user, idp).await?;
    let authentication = Authentication {
        auth_time: claims.auth_time.unwrap_or(claims.iat),
        idp: idp.to_owned(),
        amr: vec!["token_exchange".to_owned()],
        sid: claims.sid.clone(),
    };
    grant.resources = vec![API_AUDIENCE.to_owned()];
    grant.user = Some((user, authentication));
    let mut response = issue::access_token(state, &grant).await?;
    response.issued_token_type = Some(ACCESS_TOKEN_TYPE);
    Ok(response)
}

/// The user and tenant of the presented token.
struct Source {
    claims: AccessClaims,
    user: octo_runtime::RtId,
    tenant: TenantId,
}

/// Checks 1 to 4.
fn subject(state: &PlatformState, params: &Params) -> Result<Source, OAuthError> {
    let token = params
        .get("subject_token")
        .ok_or_else(|| OAuthError::invalid_request("subject_token is required"))?;
    if params
        .get("subject_token_type")
        .is_some_and(|kind| kind != ACCESS_TOKEN_TYPE)
    {
        return Err(OAuthError::invalid_request(
            "subject_token_type must be urn:ietf:params:oauth:token-type:access_token",
        ));
    }
    let claims = state
        .tokens()
        .verify(token)
        .map_err(|_| OAuthError::invalid_grant().describe("subject_token is invalid or expired"))?;
    if !is_meant_for_us(state, &claims) {
        return Err(OAuthError::invalid_grant()
            .describe("subject_token is meant for another API and cannot be exchanged"));
    }
    let user = claims.sub.as_deref().and_then(|sub| sub.parse().ok());
    let tenant = claims
        .tenant_id
        .as_deref()
        .and_then(|tenant| tenant.parse().ok());
    match (user, tenant) {
        (Some(user), Some(tenant)) => Ok(Source {
            claims,
            user,
            tenant,
        }),
        _ => Err(OAuthError::invalid_grant()
            .describe("subject_token must carry a user subject and tenant_id")),
    }
}

/// Whether a token is for the platform's services or the MCP server, or for no API at all. Any other
/// API that was handed one could otherwise make it a token for the services.
fn is_meant_for_us(state: &PlatformState, claims: &AccessClaims) -> bool {
    let mcp = format!("{}/", state.config().mcp_public_url);
    let is_ours = |audience: &String| audience == API_AUDIENCE || *audience == mcp;
    claims.aud.is_empty() || claims.aud.iter().any(is_ours)
}

/// Checks 5 and 6.
fn check_target(params: &Params, resolved: &TenantId) -> Result<(), OAuthError> {
    let named = named_tenant(params).ok_or_else(|| {
        OAuthError::invalid_request(
            "acr_values=tenant:{targetTenantId} is required for token exchange",
        )
    })?;
    match named.parse::<TenantId>() {
        Ok(named) if named == *resolved => Ok(()),
        _ => Err(OAuthError::new("invalid_target")
            .describe("target tenant could not be resolved for this request")),
    }
}

async fn home(state: &PlatformState, source: &Source) -> Result<Option<HomeIdentity>, OAuthError> {
    let Some(tenant) = state.find_tenant(source.tenant.as_str()).await? else {
        return Ok(None);
    };
    let idp = source.claims.idp.as_deref().unwrap_or(IDP_LOCAL);
    Ok(parent_sign_in::home_identity(state, &tenant, source.user, idp).await?)
}

fn check_scopes(grant: &Grant, presented: &AccessClaims) -> Result<(), OAuthError> {
    let covered = |scope: &str| {
        let has = |name: &str| presented.scope.iter().any(|held| held == name);
        // `octo_api` is full access, so it covers the narrower API scopes.
        has(scope) || ([SCOPE_READ_ONLY, SCOPE_DATA_MODEL].contains(&scope) && has(SCOPE_API))
    };
    let exceeds = |scope: &&String| grant.scopes.is_api(scope) && !covered(scope);
    match grant.granted.iter().find(exceeds) {
        None => Ok(()),
        Some(_) => Err(OAuthError::new("invalid_scope")
            .describe("an exchange cannot yield API scopes that subject_token does not have")),
    }
}

fn denied() -> OAuthError {
    OAuthError::new("unauthorized_client")
        .describe("cross-tenant access to the target tenant is denied")
}

fn not_provisioned() -> OAuthError {
    OAuthError::invalid_grant().describe("failed to provision the target-tenant user")
}
