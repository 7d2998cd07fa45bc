//! Getting and renewing tokens for a key: device login, refresh, exchange (spec, auth 3 and 10).

use std::sync::Arc;
use std::time::{Duration, Instant};

use moka::sync::Cache;
use octo_sdk::oauth::{DeviceAuthorization, OAuthClient, OAuthFailure, TokenResponse};

use serde_json::{Map, Value};

use super::claims::VerifiedToken;
use super::store::{PendingLogin, Slot, StoredToken, TokenSet};
use super::verifier::{TokenRefused, TokenVerifier, fingerprint};

/// A token counts as expired this long before it is.
const MARGIN_SECONDS: i64 = 30;
/// A refused exchange is not tried again for this long.
const DENIAL_MEMORY: Duration = Duration::from_secs(30);

/// Obtains tokens from the identity service.
pub struct SessionTokens {
    oauth: OAuthClient,
    verifier: Arc<TokenVerifier>,
    users: Cache<[u8; 32], Arc<Map<String, Value>>>,
}

/// What one poll for a pending login brought.
#[derive(Debug)]
pub enum Poll {
    /// There is nothing to poll for.
    NothingPending,
    /// The time to confirm is over; the login is forgotten.
    Expired,
    /// The user has not decided yet; poll again after so many seconds.
    Pending {
        /// The login waited for.
        login: PendingLogin,
        /// Seconds to wait.
        retry_after: u64,
        /// The caller polls faster than allowed.
        too_fast: bool,
    },
    /// The user signed in.
    SignedIn(StoredToken),
    /// The identity service refused for good; the login is forgotten.
    Refused(String),
    /// The identity service could not be asked; the login goes on.
    Failed(String),
}

/// Why there is no token for a tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExchangeFailure {
    /// The caller's own token is not accepted any more.
    SubjectInvalid,
    /// The identity service refused: unknown or forbidden tenant, no difference is told.
    Denied,
    /// The identity service cannot be reached or answered nonsense.
    Unavailable(String),
}

impl SessionTokens {
    /// Talks to the identity service through `oauth`, trusts what `verifier` accepts.
    pub fn new(oauth: OAuthClient, verifier: Arc<TokenVerifier>) -> Self {
        let users = Cache::builder()
            .max_capacity(1_000)
            .time_to_live(Duration::from_secs(300))
            .build();
        Self {
            oauth,
            verifier,
            users,
        }
    }

    /// Starts a login to `tenant`; it replaces a pending one of the same key.
    ///
    /// # Errors
    /// A text for the caller.
    pub async fn start_login(
        &self,
        slot: &Slot,
        tenant: &str,
    ) -> Result<DeviceAuthorization, String> {
        let started = self
            .oauth
            .device_authorization(tenant)
            .await
            .map_err(|e| say(&e))?;
        let mut tokens = slot.tokens.lock().await;
        tokens.pending = Some(PendingLogin {
            tenant: tenant.to_lowercase(),
            device_code: started.device_code.clone(),
            user_code: started.user_code.clone(),
            verification_uri: started.verification_uri.clone(),
            expires: Instant::now() + Duration::from_secs(started.expires_in),
            interval: Duration::from_secs(started.interval),
            polled: None,
        });
        Ok(started)
    }

    /// Asks once whether the user has confirmed. `is_bearer` keeps the login beside the caller's
    /// own token instead of making it the caller's login.
    pub async fn poll_login(&self, slot: &Slot, is_bearer: bool) -> Poll {
        let mut tokens = slot.tokens.lock().await;
        let Some(login) = tokens.pending.clone() else {
            return Poll::NothingPending;
        };
        let now = Instant::now();
        if now >= login.expires {
            tokens.pending = None;
            return Poll::Expired;
        }
        if let Some(wait) = time_to_wait(&login, now) {
            return Poll::Pending {
                retry_after: wait,
                too_fast: true,
                login,
            };
        }
        if let Some(pending) = &mut tokens.pending {
            pending.polled = Some(now);
        }
        let failure = match self.oauth.poll_device_token(&login.device_code).await {
            Ok(response) => {
                return self
                    .signed_in(&mut tokens, &login, response, is_bearer)
                    .await;
            }
            Err(failure) => failure,
        };
        let OAuthFailure::Refused(error) = &failure else {
            return Poll::Failed(say(&failure));
        };
        match error.error.as_str() {
            "authorization_pending" => {
                let retry_after = login.interval.as_secs();
                Poll::Pending {
                    login,
                    retry_after,
                    too_fast: false,
                }
            }
            "slow_down" => {
                let interval = login.interval + Duration::from_secs(5);
                if let Some(pending) = &mut tokens.pending {
                    pending.interval = interval;
                }
                Poll::Pending {
                    login,
                    retry_after: interval.as_secs(),
                    too_fast: true,
                }
            }
            _ => {
                tokens.pending = None;
                Poll::Refused(say(&failure))
            }
        }
    }

    async fn signed_in(
        &self,
        tokens: &mut TokenSet,
        login: &PendingLogin,
        response: TokenResponse,
        is_bearer: bool,
    ) -> Poll {
        let stored = match self.accept(response).await {
            Ok(stored) => stored,
            Err(refused) => {
                tokens.pending = None;
                return Poll::Refused(refused.to_string());
            }
        };
        if is_bearer {
            tokens.pending = None;
            tokens.logins.insert(login.tenant.clone(), stored.clone());
        } else {
            tokens.replace(stored.clone());
        }
        Poll::SignedIn(stored)
    }

    /// The caller's login, renewed if it has expired. Tells whether it was renewed.
    pub async fn home(&self, tokens: &mut TokenSet) -> Option<(StoredToken, bool)> {
        let home = tokens.home.clone()?;
        if is_fresh(&home) {
            return Some((home, false));
        }
        match self.renew(&home).await {
            Some(renewed) => {
                tokens.home = Some(renewed.clone());
                Some((renewed, true))
            }
            None => {
                tokens.clear();
                None
            }
        }
    }

    /// A bearer caller's login to a tenant, renewed if it has expired.
    pub async fn login(&self, tokens: &mut TokenSet, tenant: &str) -> Option<StoredToken> {
        let login = tokens.logins.get(tenant).cloned()?;
        if is_fresh(&login) {
            return Some(login);
        }
        match self.renew(&login).await {
            Some(renewed) => {
                tokens.logins.insert(tenant.to_owned(), renewed.clone());
                Some(renewed)
            }
            None => {
                tokens.logins.remove(tenant);
                None
            }
        }
    }

    /// A token of the same user for another tenant (RFC 8693), remembered while it is valid. For the
    /// tenant `subject` is of, it is one for the services.
    ///
    /// # Errors
    /// See [`ExchangeFailure`].
    pub async fn exchange(
        &self,
        tokens: &mut TokenSet,
        subject: &VerifiedToken,
        tenant: &str,
    ) -> Result<Arc<VerifiedToken>, ExchangeFailure> {
        if let Some(known) = tokens.exchanged.get(tenant) {
            if is_current(known) {
                return Ok(known.clone());
            }
            tokens.exchanged.remove(tenant);
        }
        tokens.denied.retain(|_, at| at.elapsed() < DENIAL_MEMORY);
        if tokens.denied.contains_key(tenant) {
            return Err(ExchangeFailure::Denied);
        }
        let is_home = subject.claims.home_tenant().as_deref() == Some(tenant);
        let answer = match is_home {
            true => {
                let token = &subject.token;
                self.oauth.exchange_for_services(token, tenant).await
            }
            false => self.oauth.exchange(&subject.token, tenant).await,
        };
        match answer {
            Ok(response) => {
                let token = self
                    .accept(response)
                    .await
                    .map_err(|refused| ExchangeFailure::Unavailable(refused.to_string()))?;
                tokens
                    .exchanged
                    .insert(tenant.to_owned(), token.access.clone());
                Ok(token.access)
            }
            Err(OAuthFailure::Refused(error)) if error.error == "invalid_grant" => {
                Err(ExchangeFailure::SubjectInvalid)
            }
            Err(OAuthFailure::Refused(error)) => {
                tracing::debug!(error = error.error, "token exchange refused");
                tokens.denied.insert(tenant.to_owned(), Instant::now());
                Err(ExchangeFailure::Denied)
            }
            Err(failure) => Err(ExchangeFailure::Unavailable(say(&failure))),
        }
    }

    /// Claims about the user that the token does not carry; remembered for a while. `None` if the
    /// identity service does not tell.
    pub async fn user_info(&self, token: &VerifiedToken) -> Option<Arc<Map<String, Value>>> {
        let key = fingerprint(token.token.expose());
        if let Some(known) = self.users.get(&key) {
            return Some(known);
        }
        let info = Arc::new(self.oauth.userinfo(&token.token).await.ok()?);
        self.users.insert(key, info.clone());
        Some(info)
    }

    async fn renew(&self, token: &StoredToken) -> Option<StoredToken> {
        let refresh = token.refresh.as_ref()?;
        let tenant = token.access.claims.home_tenant();
        let response = self.oauth.refresh(refresh, tenant.as_deref()).await;
        let response = response
            .inspect_err(|error| tracing::debug!(%error, "refresh failed"))
            .ok()?;
        let mut renewed = self.accept(response).await.ok()?;
        renewed.refresh = renewed.refresh.or_else(|| Some(refresh.clone()));
        Some(renewed)
    }

    async fn accept(&self, response: TokenResponse) -> Result<StoredToken, TokenRefused> {
        let access = self.verifier.verify(response.access_token.expose()).await?;
        let expires =
            jiff::Timestamp::from_second(access.claims.exp).unwrap_or(jiff::Timestamp::MAX);
        Ok(StoredToken {
            access,
            refresh: response.refresh_token,
            expires,
        })
    }
}

/// Whether a login can be used without renewal.
pub fn is_fresh(token: &StoredToken) -> bool {
    is_current(&token.access)
}

fn is_current(token: &VerifiedToken) -> bool {
    token.claims.exp - MARGIN_SECONDS > jiff::Timestamp::now().as_second()
}

fn time_to_wait(login: &PendingLogin, now: Instant) -> Option<u64> {
    let next = login.polled? + login.interval;
    (now < next).then(|| (next - now).as_secs().max(1))
}

/// The text of a failure, without the provider's raw answer.
fn say(failure: &OAuthFailure) -> String {
    failure.to_string()
}
