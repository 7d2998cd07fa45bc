//! `POST /connect/token`: one endpoint, five grants (auth.md 6.5).

use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::{ConnectInfo, State};
use axum::response::Response;
use http::{HeaderMap, StatusCode};
use octo_runtime::Tenant;

use super::client_auth::{self, AuthenticatedClient};
use super::device_codes::PollError;
use super::error::{OAuthError, no_store};
use super::form::Params;
use super::grant_types::{
    AUTHORIZATION_CODE, CLIENT_CREDENTIALS, DEVICE_CODE, REFRESH_TOKEN, TOKEN_EXCHANGE,
};
use super::issue::{self, Authentication, Grant, TokenResponse};
use super::scopes::Scopes;
use super::{OFFLINE_ACCESS, code_grant, exchange, refresh, tenant};
use crate::accounts::external_identity;
use crate::state::PlatformState;

/// Answers a token request.
///
/// # Errors
/// RFC 6749 errors, as the grant says.
pub async fn token(
    State(state): State<PlatformState>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    params: Params,
) -> Result<Response, OAuthError> {
    let request = Request {
        state: &state,
        headers: &headers,
        params: &params,
        peer,
    };
    let response = match params.require("grant_type")? {
        AUTHORIZATION_CODE => code_grant::tokens(&request).await?,
        DEVICE_CODE => request.device_code().await?,
        REFRESH_TOKEN => request.refresh_token().await?,
        CLIENT_CREDENTIALS => request.client_credentials().await?,
        TOKEN_EXCHANGE => request.token_exchange().await?,
        _ => return Err(OAuthError::new("unsupported_grant_type")),
    };
    Ok(no_store(StatusCode::OK, &response))
}

/// A token request.
pub(super) struct Request<'a> {
    pub(super) state: &'a PlatformState,
    headers: &'a HeaderMap,
    pub(super) params: &'a Params,
    peer: SocketAddr,
}

impl Request<'_> {
    /// The client, authenticated.
    pub(super) async fn client(&self, tenant: &Tenant) -> Result<AuthenticatedClient, OAuthError> {
        let address = self.peer.ip().to_string();
        client_auth::authenticate(self.state, tenant, self.headers, self.params, &address).await
    }

    async fn device_code(&self) -> Result<TokenResponse, OAuthError> {
        let code = self.params.require("device_code")?;
        let tenant = match self.state.device_codes().tenant_of(code) {
            Some(granted) => tenant::of_grant(self.state, self.params, granted.as_str()).await?,
            None => tenant::requested(self.state, self.params).await?,
        };
        let client = self.client(&tenant).await?.client;
        if !client.allows_grant(DEVICE_CODE) {
            return Err(OAuthError::unauthorized_client());
        }
        let now = self.state.clock().now();
        let redeemed = self
            .state
            .device_codes()
            .poll(code, &client.client_id, now)
            .map_err(poll_error)?;
        let approval = redeemed.approval;
        let (user, idp, basis) = (approval.user, &approval.idp, &approval.basis);
        let user = issue::signed_in_user(self.state, &tenant, user, idp, basis).await?;
        let authentication = Authentication {
            auth_time: approval.auth_time,
            amr: external_identity::amr(&approval.idp),
            idp: approval.idp,
            sid: Some(approval.sid),
        };
        let scopes = Scopes::load(&tenant).await?;
        let resources = scopes.resources(self.params.resources(), &approval.scopes)?;
        let offline = client.offline_access && has_offline(&approval.scopes);
        let grant = Grant {
            tenant,
            client,
            granted: approval.scopes,
            resources,
            nonce: None,
            scopes,
            user: Some((user, authentication)),
        };
        let mut response = issue::user_tokens(self.state, &grant).await?;
        if offline && let Some((user, authentication)) = &grant.user {
            let started =
                refresh::start(self.state, &grant, user, authentication, &approval.basis).await?;
            response.refresh_token = Some(started.handle);
        }
        Ok(response)
    }

    async fn refresh_token(&self) -> Result<TokenResponse, OAuthError> {
        let handle = self.params.require("refresh_token")?;
        let tenant = match refresh::tenant_of(handle) {
            Some(granted) => tenant::of_grant(self.state, self.params, granted).await?,
            None => return Err(OAuthError::invalid_grant()),
        };
        let client = self.client(&tenant).await?.client;
        if !client.offline_access {
            return Err(OAuthError::unauthorized_client());
        }
        let grant = refresh::look_up(self.state, &tenant, &client, handle).await?;
        let (user, idp, basis) = (grant.user, &grant.idp, &grant.basis);
        let user = issue::signed_in_user(self.state, &tenant, user, idp, basis).await?;
        let granted = narrowed(&grant.scopes, self.params.get("scope"))?;
        let scopes = Scopes::load(&tenant).await?;
        let asked = scopes.resources(self.params.resources(), &granted)?;
        let resources = restricted(&grant.resources, asked)?;
        let successor = refresh::rotate(self.state, &tenant, &client, handle).await?;
        let user = Some((user, grant.authentication()));
        let grant = Grant {
            tenant,
            client,
            granted,
            resources,
            nonce: None,
            scopes,
            user,
        };
        let mut response = issue::user_tokens(self.state, &grant).await?;
        response.refresh_token = Some(successor);
        Ok(response)
    }

    async fn client_credentials(&self) -> Result<TokenResponse, OAuthError> {
        let tenant = tenant::requested(self.state, self.params).await?;
        let AuthenticatedClient { client, proved } = self.client(&tenant).await?;
        if !client.allows_grant(CLIENT_CREDENTIALS) {
            return Err(OAuthError::unauthorized_client());
        }
        if !proved {
            return Err(OAuthError::invalid_client());
        }
        let scopes = Scopes::load(&tenant).await?;
        let granted = scopes.for_service(&client, self.params.get("scope"))?;
        let resources = scopes.resources(self.params.resources(), &granted)?;
        let grant = Grant {
            tenant,
            client,
            granted,
            resources,
            nonce: None,
            scopes,
            user: None,
        };
        issue::access_token(self.state, &grant).await
    }

    async fn token_exchange(&self) -> Result<TokenResponse, OAuthError> {
        let tenant = self.exchange_tenant().await?;
        let client = self.client(&tenant).await?.client;
        if !client.allows_grant(TOKEN_EXCHANGE) {
            return Err(OAuthError::unauthorized_client());
        }
        let scopes = Scopes::load(&tenant).await?;
        let granted = scopes.for_user(&client, self.params.get("scope"))?;
        let resources = scopes.resources(self.params.resources(), &granted)?;
        let grant = Grant {
            tenant,
            client,
            granted,
            resources,
            nonce: None,
            scopes,
            user: None,
        };
        exchange::exchange(self.state, self.params, grant).await
    }

    /// A tenant that does not exist is reported by the exchange itself, after its earlier checks;
    /// until then the client is looked up in the system tenant.
    async fn exchange_tenant(&self) -> Result<Arc<Tenant>, OAuthError> {
        let named = match tenant::named_tenant(self.params) {
            Some(named) => self.state.find_tenant(named).await?,
            None => None,
        };
        Ok(named.unwrap_or_else(|| self.state.runtime().system_tenant()))
    }
}

pub(super) fn has_offline(scopes: &[String]) -> bool {
    scopes.iter().any(|scope| scope == OFFLINE_ACCESS)
}

/// The scopes of a refreshed token: those of the grant, or fewer.
fn narrowed(granted: &[String], requested: Option<&str>) -> Result<Vec<String>, OAuthError> {
    let Some(requested) = requested else {
        return Ok(granted.to_vec());
    };
    let asked: Vec<&str> = requested.split_ascii_whitespace().collect();
    if asked
        .iter()
        .any(|scope| !granted.iter().any(|held| held == scope))
    {
        return Err(OAuthError::new("invalid_scope").describe("a refresh cannot add scopes"));
    }
    Ok(granted
        .iter()
        .filter(|held| asked.contains(&held.as_str()))
        .cloned()
        .collect())
}

/// The resources of a token: those of the grant, or those of them that are asked for.
///
/// # Errors
/// `invalid_target` if one is asked for that the grant is not for.
pub(super) fn restricted(
    granted: &[String],
    asked: Vec<String>,
) -> Result<Vec<String>, OAuthError> {
    if asked.is_empty() {
        return Ok(granted.to_vec());
    }
    let inside = |name: &String| granted.is_empty() || granted.contains(name);
    match asked.iter().all(inside) {
        true => Ok(asked),
        false => {
            Err(OAuthError::new("invalid_target")
                .describe("the grant was not given for this resource"))
        }
    }
}

fn poll_error(error: PollError) -> OAuthError {
    OAuthError::new(match error {
        PollError::InvalidGrant => "invalid_grant",
        PollError::SlowDown => "slow_down",
        PollError::Expired => "expired_token",
        PollError::AccessDenied => "access_denied",
        PollError::Pending => "authorization_pending",
    })
}
