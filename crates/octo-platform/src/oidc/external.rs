//! Signing in with accounts of other OpenID providers: here the platform is the client.
//!
//! | module | step |
//! |---|---|
//! | [`provider`] | what a tenant's administrator has set up |
//! | [`pending`] | sign-ins that are under way |
//! | [`metadata`] | the provider's discovery document |
//! | [`keys`] | its signing keys |
//! | [`code`] | redeeming the code |
//! | [`id_token`] | checking the id token |
//! | [`profile`] | who the person is |
//!
//! Authorization code with PKCE (S256), state and nonce. State is kept here, not in the address: it
//! counts once, for ten minutes, and only for the browser that was sent away. The pages of it are
//! `pages/external.rs`; what becomes of the person is [`crate::accounts::external_identity`].
//!
//! Administrators of tenants choose addresses and the platform calls them: only public ones, unless
//! the operator lists the host (`octo_sdk::fetch`).
//!
//! Facebook is not offered: its discovery document names no token endpoint, so a provider that works
//! by discovery alone cannot redeem a code there.

use std::path::Path;
use std::time::Duration;

use moka::future::Cache;
use octo_runtime::TenantId;
use octo_sdk::fetch::{FetchSetupError, Fetcher, Limits, ListedHost};
use url::Url;

use self::keys::KeySets;
use self::metadata::Metadata;
use self::pending::{Begun, Pending, PendingSignIns};
use self::provider::Provider;
use crate::accounts::external_identity::ExternalIdentity;
use crate::secret::RandomUnavailable;
use crate::state::PlatformState;

pub mod code;
pub mod id_token;
pub mod keys;
pub mod metadata;
pub mod pending;
pub mod profile;
pub mod provider;

const LIMITS: Limits = Limits {
    time: Duration::from_secs(10),
    bytes: 256 * 1024,
    redirects: 0,
};
const METADATA_LIFETIME: Duration = Duration::from_secs(3600);
const PROVIDERS_REMEMBERED: u64 = 1000;
const SCOPE: &str = "openid profile email";

/// Why somebody could not sign in with another provider. The text is for the log: it may quote what
/// the provider said, and holds no secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExternalError {
    /// The provider does not answer as providers do.
    #[error("the provider cannot be used: {0}")]
    Unusable(String),
    /// The provider refused the code.
    #[error("the provider refused the code: {0}")]
    Refused(String),
    /// The provider's answer proves nothing.
    #[error("the answer of the provider is not acceptable: {0}")]
    Untrusted(&'static str),
    /// Too many people are signing in at the moment.
    #[error("too many sign-ins are pending")]
    TooMany,
    /// No randomness.
    #[error(transparent)]
    Random(#[from] RandomUnavailable),
}

/// What the platform needs to be a client of other providers.
pub struct ExternalProviders {
    fetcher: Fetcher,
    metadata: Cache<String, Metadata>,
    keys: KeySets,
    pending: PendingSignIns,
}

/// The platform's own addresses a sign-in involves.
#[derive(Debug, Clone, Copy)]
pub struct Way<'a> {
    /// Tenant that is signed in to.
    pub tenant: &'a TenantId,
    /// Where the provider sends the browser.
    pub redirect_uri: &'a str,
    /// Page to go to afterwards.
    pub return_url: &'a str,
    /// Secret of the browser that is sent away.
    pub browser: &'a str,
}

impl ExternalProviders {
    /// Calls public hosts and those in `listed`, whose certificates may come from `extra_ca`.
    ///
    /// # Errors
    /// [`FetchSetupError`].
    pub fn new(listed: Vec<ListedHost>, extra_ca: Option<&Path>) -> Result<Self, FetchSetupError> {
        Ok(Self {
            fetcher: Fetcher::new(listed, extra_ca, LIMITS)?,
            metadata: Cache::builder()
                .max_capacity(PROVIDERS_REMEMBERED)
                .time_to_live(METADATA_LIFETIME)
                .build(),
            keys: KeySets::new(PROVIDERS_REMEMBERED),
            pending: PendingSignIns::default(),
        })
    }

    /// Sign-ins that are under way.
    pub fn pending(&self) -> &PendingSignIns {
        &self.pending
    }

    /// Begins a sign-in: the address at the provider the browser has to go to.
    ///
    /// # Errors
    /// [`ExternalError`].
    pub async fn begin(
        &self,
        state: &PlatformState,
        provider: &Provider,
        way: Way<'_>,
    ) -> Result<Url, ExternalError> {
        let metadata = self.metadata(provider).await?;
        let begun = self.pending.begin(provider.id, way, state.clock().now())?;
        Ok(address(&metadata, provider, way, &begun))
    }

    /// Finishes a sign-in: redeems the code and checks what comes back.
    ///
    /// # Errors
    /// [`ExternalError`].
    pub async fn finish(
        &self,
        state: &PlatformState,
        provider: &Provider,
        pending: &Pending,
        answer: Answer<'_>,
    ) -> Result<ExternalIdentity, ExternalError> {
        let metadata = self.metadata(provider).await?;
        metadata.check_answering_issuer(answer.issuer)?;
        let tokens = code::redeem(
            &self.fetcher,
            &metadata,
            provider,
            answer.redirect_uri,
            answer.code,
            pending,
        )
        .await?;
        let key = |kid, algorithm| {
            self.keys
                .key(&self.fetcher, &metadata.jwks_uri, kid, algorithm)
        };
        let expected = id_token::Expected {
            issuer: &metadata.issuer,
            client_id: &provider.client_id,
            nonce: &pending.nonce,
            directory: provider.directory.as_deref(),
            now: state.clock().unix_seconds(),
        };
        let claims = id_token::check(&tokens.id_token, &expected, key).await?;
        let claims = profile::complete(&self.fetcher, &metadata, &tokens, claims).await?;
        Ok(profile::identity(&metadata.issuer, claims))
    }

    async fn metadata(&self, provider: &Provider) -> Result<Metadata, ExternalError> {
        let key = provider.authority.address().to_owned();
        let fetched = metadata::fetch(&self.fetcher, &provider.authority);
        let found = self.metadata.try_get_with(key, fetched).await;
        found.map_err(|error| (*error).clone())
    }
}

/// What the provider sent the browser back with.
#[derive(Debug, Clone, Copy)]
pub struct Answer<'a> {
    /// The code.
    pub code: &'a str,
    /// Who answers, if that is said (RFC 9207).
    pub issuer: Option<&'a str>,
    /// Where the browser was sent.
    pub redirect_uri: &'a str,
}

fn address(metadata: &Metadata, provider: &Provider, way: Way<'_>, begun: &Begun) -> Url {
    let mut url = metadata.authorization_endpoint.clone();
    let mut query = url.query_pairs_mut();
    query
        .append_pair("response_type", "code")
        .append_pair("client_id", &provider.client_id)
        .append_pair("redirect_uri", way.redirect_uri)
        .append_pair("scope", SCOPE)
        .append_pair("state", &begun.state)
        .append_pair("nonce", &begun.nonce)
        .append_pair("code_challenge", &begun.challenge)
        .append_pair("code_challenge_method", super::pkce::METHOD);
    if let Some(tenant) = &provider.tenant_hint {
        query.append_pair("acr_values", &format!("tenant:{tenant}"));
    }
    drop(query);
    url
}
