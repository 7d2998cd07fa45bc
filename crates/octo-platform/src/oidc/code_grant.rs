//! Redeeming authorization codes at the token endpoint (RFC 6749, 4.1.3; RFC 7636; RFC 8707).

use std::sync::Arc;

use octo_runtime::Tenant;

use super::authorization_codes::{CodeGrant, Presented, RedeemError};
use super::error::OAuthError;
use super::grant_types::AUTHORIZATION_CODE;
use super::issue::{self, Authentication, Grant, TokenResponse};
use super::scopes::Scopes;
use super::token_endpoint::{Request, has_offline, restricted};
use super::{refresh, tenant};
use crate::accounts::external_identity;

/// The tokens a code stands for.
///
/// # Errors
/// `invalid_grant` for a code that is unknown, expired, used, or not this client's; in case of a
/// used one the refresh tokens it led to are revoked.
pub(super) async fn tokens(request: &Request<'_>) -> Result<TokenResponse, OAuthError> {
    let code = request.params.require("code")?;
    let redirect_uri = request.params.require("redirect_uri")?;
    let verifier = request.params.require("code_verifier")?;
    let codes = request.state.authorization_codes();
    let tenant = match codes.tenant_of(code) {
        Some(granted) => tenant::of_grant(request.state, request.params, granted.as_str()).await?,
        None => return Err(OAuthError::invalid_grant()),
    };
    let client = request.client(&tenant).await?.client;
    if !client.allows_grant(AUTHORIZATION_CODE) {
        return Err(OAuthError::unauthorized_client());
    }
    let presented = Presented {
        code,
        client_id: &client.client_id,
        redirect_uri,
        verifier,
    };
    let redeemed = codes.redeem(presented, request.state.clock().now());
    let granted = match redeemed {
        Ok(granted) => granted,
        Err(error) => return Err(refused(&tenant, error).await?),
    };
    let basis = granted.basis.clone();
    let (grant, offline) = grant(request, tenant, client, granted).await?;
    let mut response = issue::user_tokens(request.state, &grant).await?;
    if offline && let Some((user, authentication)) = &grant.user {
        let started = refresh::start(request.state, &grant, user, authentication, &basis).await?;
        if !codes.note_family(code, &started.family) {
            refresh::remove_family(&grant.tenant, &started.family).await?;
            return Err(OAuthError::invalid_grant());
        }
        response.refresh_token = Some(started.handle);
    }
    Ok(response)
}

async fn grant(
    request: &Request<'_>,
    tenant: Arc<Tenant>,
    client: super::client::Client,
    granted: CodeGrant,
) -> Result<(Grant, bool), OAuthError> {
    let (user, idp, basis) = (granted.user, &granted.idp, &granted.basis);
    let user = issue::signed_in_user(request.state, &tenant, user, idp, basis).await?;
    let scopes = Scopes::load(&tenant).await?;
    let asked = scopes.resources(request.params.resources(), &granted.scopes)?;
    let offline = client.offline_access && has_offline(&granted.scopes);
    let authentication = Authentication {
        auth_time: granted.auth_time,
        amr: external_identity::amr(&granted.idp),
        idp: granted.idp,
        sid: Some(granted.sid),
    };
    let grant = Grant {
        resources: restricted(&granted.resources, asked)?,
        granted: granted.scopes,
        nonce: granted.nonce,
        user: Some((user, authentication)),
        tenant,
        client,
        scopes,
    };
    Ok((grant, offline))
}

async fn refused(tenant: &Tenant, error: RedeemError) -> Result<OAuthError, OAuthError> {
    if let RedeemError::Replayed { family } = error {
        tracing::warn!(tenant = %tenant.id(), "an authorization code was used twice; its tokens are revoked");
        if let Some(family) = family {
            refresh::remove_family(tenant, &family).await?;
        }
    }
    Ok(OAuthError::invalid_grant())
}
