//! Sign-ins that are under way at another provider.
//!
//! What is remembered about one is found by its state, counts once, for ten minutes, and only with
//! the secret of the browser that was sent away. So nobody can have somebody else's browser finish a
//! sign-in and thereby put them into a foreign account.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use octo_runtime::{RtId, TenantId};
use octo_sdk::Secret;
use subtle::ConstantTimeEq as _;

use super::{ExternalError, Way};
use crate::secret::{random_secret, sha256};

/// How long somebody may take, in seconds.
pub const LIFETIME_SECONDS: i64 = 600;
const MAX_PENDING: usize = 10_000;

/// A sign-in under way.
#[derive(Debug, Clone)]
pub struct Pending {
    /// Tenant that is signed in to.
    pub tenant: TenantId,
    /// Entity of the provider.
    pub provider: RtId,
    /// Page to go to afterwards.
    pub return_url: String,
    /// What the id token must repeat.
    pub nonce: String,
    /// What the code challenge was made from.
    pub verifier: Secret,
    browser: [u8; 32],
    ends: Timestamp,
}

/// What the provider is told about a new sign-in.
#[derive(Debug)]
pub struct Begun {
    /// Comes back with the code.
    pub state: String,
    /// Comes back in the id token.
    pub nonce: String,
    /// Makes the code useless for others.
    pub challenge: String,
}

/// All sign-ins under way.
#[derive(Debug, Default)]
pub struct PendingSignIns(Mutex<HashMap<[u8; 32], Pending>>);

impl PendingSignIns {
    /// Remembers a new sign-in.
    ///
    /// # Errors
    /// [`ExternalError::TooMany`]; [`ExternalError::Random`].
    pub fn begin(
        &self,
        provider: RtId,
        way: Way<'_>,
        now: Timestamp,
    ) -> Result<Begun, ExternalError> {
        let (state, nonce, verifier) = (random_secret()?, random_secret()?, random_secret()?);
        let begun = Begun {
            challenge: URL_SAFE_NO_PAD.encode(sha256(&verifier)),
            state,
            nonce,
        };
        let mut all = self.lock();
        if all.len() >= MAX_PENDING {
            all.retain(|_, pending| now < pending.ends);
        }
        if all.len() >= MAX_PENDING {
            return Err(ExternalError::TooMany);
        }
        let pending = Pending {
            tenant: way.tenant.clone(),
            provider,
            return_url: way.return_url.to_owned(),
            nonce: begun.nonce.clone(),
            verifier: Secret::new(verifier),
            browser: sha256(way.browser),
            ends: now
                .checked_add(SignedDuration::from_secs(LIFETIME_SECONDS))
                .unwrap_or(now),
        };
        all.insert(sha256(&begun.state), pending);
        Ok(begun)
    }

    /// Takes the sign-in of a state, if it is one of this tenant and browser.
    pub fn take(
        &self,
        state: &str,
        tenant: &TenantId,
        browser: &str,
        now: Timestamp,
    ) -> Option<Pending> {
        let key = sha256(state);
        let mut all = self.lock();
        let pending = all.get(&key)?;
        let own = pending.tenant == *tenant && pending.browser.ct_eq(&sha256(browser)).into();
        // A stranger who knows the state must not be able to use it up.
        let pending = if own { all.remove(&key) } else { None };
        pending.filter(|pending| now < pending.ends)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<[u8; 32], Pending>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oidc::pkce;

    fn way(tenant: &TenantId) -> Way<'_> {
        Way {
            tenant,
            redirect_uri: "http://id/acme/external/x/callback",
            return_url: "/acme/login",
            browser: "secret of the browser",
        }
    }

    #[test]
    fn a_sign_in_is_finished_once_by_the_browser_that_began_it() {
        let (all, now) = (PendingSignIns::default(), Timestamp::now());
        let (acme, other) = ("acme".parse().unwrap(), "other".parse().unwrap());
        let begun = all.begin(RtId::generate(), way(&acme), now).unwrap();
        let browser = way(&acme).browser;
        assert!(all.take(&begun.state, &acme, "another", now).is_none());
        assert!(all.take(&begun.state, &other, browser, now).is_none());
        assert!(all.take("unknown", &acme, browser, now).is_none());
        let pending = all.take(&begun.state, &acme, browser, now).unwrap();
        assert_eq!(pending.nonce, begun.nonce);
        assert!(pkce::matches(pending.verifier.expose(), &begun.challenge));
        assert!(all.take(&begun.state, &acme, browser, now).is_none());
    }

    #[test]
    fn sign_ins_end_and_their_number_is_bounded() {
        let (all, now) = (PendingSignIns::default(), Timestamp::now());
        let acme = "acme".parse().unwrap();
        let begun = all.begin(RtId::generate(), way(&acme), now).unwrap();
        let later = now + SignedDuration::from_secs(LIFETIME_SECONDS);
        let browser = way(&acme).browser;
        assert!(all.take(&begun.state, &acme, browser, later).is_none());
        for _ in 0..MAX_PENDING {
            all.begin(RtId::generate(), way(&acme), now).unwrap();
        }
        let refused = all.begin(RtId::generate(), way(&acme), now);
        assert_eq!(refused.unwrap_err(), ExternalError::TooMany);
        assert!(all.begin(RtId::generate(), way(&acme), later).is_ok());
    }
}
