//! Client of the OpenID provider: device flow, token requests, discovery and keys.
//!
//! The forms are those of `spec/auth.md` 2.1, 2.2, 3.5 and 3.6, with one improvement: a refresh
//! names its tenant, so that it works after a restart of the provider. An answer of the provider
//! (`authorization_pending`, `invalid_grant`) is an [`OAuthError`]; everything else that can go
//! wrong is a [`OAuthFailure`] of another kind, so that a broken connection is never taken for a
//! refusal.

mod answer;
mod metadata;

use url::Url;

pub use answer::{DeviceAuthorization, OAuthError, OAuthFailure, TokenResponse};
pub use metadata::{Discovery, JwkSet};

use crate::http::{Http, extend_path};
use crate::{AccessToken, Secret};

/// Client id the MCP server uses.
pub const DEVICE_CLIENT_ID: &str = "octo-mcpServices-device";

/// Scopes asked for when a user signs in.
pub const DEVICE_SCOPE: &str = "openid profile email role octo_api offline_access";

/// Scopes asked for when a token is exchanged for one of another tenant.
pub const EXCHANGE_SCOPE: &str = "openid profile email role octo_api";

/// Audience of tokens for the services.
pub const SERVICES_AUDIENCE: &str = "octoAPI";

const DEVICE_CODE_GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";
const EXCHANGE_GRANT: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
const ACCESS_TOKEN_TYPE: &str = "urn:ietf:params:oauth:token-type:access_token";

/// The OpenID provider as seen by one public client.
#[derive(Clone, Debug)]
pub struct OAuthClient {
    http: Http,
    authority: Url,
    client_id: String,
}

impl OAuthClient {
    /// A client of the provider at `authority`, acting as `client_id`.
    pub fn new(http: &Http, authority: Url, client_id: impl Into<String>) -> Self {
        Self {
            http: http.clone(),
            authority,
            client_id: client_id.into(),
        }
    }

    /// Starts a device authorization for a login to `tenant`.
    ///
    /// # Errors
    /// [`OAuthFailure`].
    pub async fn device_authorization(
        &self,
        tenant: &str,
    ) -> Result<DeviceAuthorization, OAuthFailure> {
        let acr_values = tenant_acr(tenant)?;
        let form = [
            ("client_id", self.client_id.as_str()),
            ("scope", DEVICE_SCOPE),
            ("acr_values", &acr_values),
        ];
        self.post(&["connect", "deviceauthorization"], &form).await
    }

    /// Asks once whether the user has decided.
    ///
    /// # Errors
    /// [`OAuthFailure`]; while the user has not, an [`OAuthError`] `authorization_pending` or
    /// `slow_down`.
    pub async fn poll_device_token(
        &self,
        device_code: &Secret,
    ) -> Result<TokenResponse, OAuthFailure> {
        let form = [
            ("client_id", self.client_id.as_str()),
            ("grant_type", DEVICE_CODE_GRANT),
            ("device_code", device_code.expose()),
        ];
        self.post(&["connect", "token"], &form).await
    }

    /// Gets a new access token; `tenant` is the one the refresh token was issued in.
    ///
    /// # Errors
    /// [`OAuthFailure`].
    pub async fn refresh(
        &self,
        refresh_token: &Secret,
        tenant: Option<&str>,
    ) -> Result<TokenResponse, OAuthFailure> {
        let acr_values = tenant.map(tenant_acr).transpose()?;
        let mut form = vec![
            ("client_id", self.client_id.as_str()),
            ("grant_type", "refresh_token"),
            ("refresh_token", refresh_token.expose()),
        ];
        if let Some(acr_values) = &acr_values {
            form.push(("acr_values", acr_values));
        }
        self.post(&["connect", "token"], &form).await
    }

    /// Exchanges a user's token for one of another tenant (RFC 8693).
    ///
    /// # Errors
    /// [`OAuthFailure`]; an [`OAuthError`] when the user may not act there.
    pub async fn exchange(
        &self,
        subject: &AccessToken,
        tenant: &str,
    ) -> Result<TokenResponse, OAuthFailure> {
        self.exchange_for(subject, tenant, None).await
    }

    /// Exchanges a user's token for another API into one for the services, in the tenant the token
    /// is of (`spec/auth.md` 10.6). Not every provider offers it.
    ///
    /// # Errors
    /// [`OAuthFailure`]; an [`OAuthError`] when the provider does not do that.
    pub async fn exchange_for_services(
        &self,
        subject: &AccessToken,
        tenant: &str,
    ) -> Result<TokenResponse, OAuthFailure> {
        let audience = Some(SERVICES_AUDIENCE);
        self.exchange_for(subject, tenant, audience).await
    }

    async fn exchange_for(
        &self,
        subject: &AccessToken,
        tenant: &str,
        audience: Option<&str>,
    ) -> Result<TokenResponse, OAuthFailure> {
        let acr_values = tenant_acr(tenant)?;
        let mut form = vec![
            ("client_id", self.client_id.as_str()),
            ("grant_type", EXCHANGE_GRANT),
            ("subject_token", subject.expose()),
            ("subject_token_type", ACCESS_TOKEN_TYPE),
            ("acr_values", &acr_values),
            ("scope", EXCHANGE_SCOPE),
        ];
        if let Some(audience) = audience {
            form.push(("audience", audience));
        }
        self.post(&["connect", "token"], &form).await
    }

    /// Revokes a refresh token (RFC 7009). The access token of the same login, sent along, tells
    /// the provider the tenant (`spec/auth.md` 6.3).
    ///
    /// # Errors
    /// [`OAuthFailure`].
    pub async fn revoke(
        &self,
        refresh_token: &Secret,
        login: Option<&AccessToken>,
    ) -> Result<(), OAuthFailure> {
        let form = [
            ("client_id", self.client_id.as_str()),
            ("token", refresh_token.expose()),
            ("token_type_hint", "refresh_token"),
        ];
        let url = self.url(&["connect", "revocation"])?;
        let mut request = self.http.pool(&url).post(url).form(&form);
        if let Some(login) = login {
            request = request.bearer_auth(login.expose());
        }
        answer::acknowledged(request, self.http.timeout()).await
    }

    /// Reads the discovery document.
    ///
    /// # Errors
    /// [`OAuthFailure`].
    pub async fn discovery(&self) -> Result<Discovery, OAuthFailure> {
        let url = self.url(&[".well-known", "openid-configuration"])?;
        answer::read(self.http.pool(&url).get(url), self.http.timeout()).await
    }

    /// Reads the signing keys from the address the discovery document names.
    ///
    /// # Errors
    /// [`OAuthFailure`].
    pub async fn keys(&self, jwks_uri: &Url) -> Result<JwkSet, OAuthFailure> {
        answer::read(
            self.http.pool(jwks_uri).get(jwks_uri.clone()),
            self.http.timeout(),
        )
        .await
    }

    /// Reads the claims of the user a token stands for.
    ///
    /// # Errors
    /// [`OAuthFailure`]; [`OAuthFailure::Unauthorized`] when the token is no longer good.
    pub async fn userinfo(
        &self,
        token: &AccessToken,
    ) -> Result<serde_json::Map<String, serde_json::Value>, OAuthFailure> {
        let url = self.url(&["connect", "userinfo"])?;
        let request = self.http.pool(&url).get(url).bearer_auth(token.expose());
        answer::read(request, self.http.timeout()).await
    }

    async fn post<T: serde::de::DeserializeOwned>(
        &self,
        path: &[&str],
        form: &[(&str, &str)],
    ) -> Result<T, OAuthFailure> {
        let url = self.url(path)?;
        answer::read(
            self.http.pool(&url).post(url).form(form),
            self.http.timeout(),
        )
        .await
    }

    fn url(&self, path: &[&str]) -> Result<Url, OAuthFailure> {
        extend_path(&self.authority, path)
            .map_err(|error| OAuthFailure::InvalidArgument(error.to_string()))
    }
}

/// `tenant:{id}`. The value is a blank-separated list, so an id with blanks would be read as
/// another request than the one meant.
fn tenant_acr(tenant: &str) -> Result<String, OAuthFailure> {
    let tenant = tenant.trim();
    if tenant.is_empty() {
        return Err(OAuthFailure::InvalidArgument(
            "A tenantId is required.".to_owned(),
        ));
    }
    if tenant.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return Err(OAuthFailure::InvalidArgument(format!(
            "'{}' is not a tenant id: it contains blanks.",
            tenant.escape_debug()
        )));
    }
    Ok(format!("tenant:{tenant}"))
}
