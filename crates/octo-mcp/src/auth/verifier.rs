//! Checking access tokens: signature, issuer, lifetime, audience (spec, auth 10.6 and 10.8).

use std::collections::HashMap;
use std::sync::{Arc, RwLock};
use std::time::{Duration, Instant};

use aws_lc_rs::digest;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use moka::sync::Cache;
use octo_sdk::AccessToken;
use octo_sdk::oauth::{JwkSet, OAuthClient, OAuthFailure};

use super::claims::{Claims, VerifiedToken};

/// Clocks of identity service and server may differ by this much, seconds.
const CLOCK_SKEW: u64 = 60;
/// Unknown key ids cause a fetch of the keys at most this often.
const KEY_REFRESH: Duration = Duration::from_secs(30);
/// Longest token looked at, bytes.
const MAX_TOKEN: usize = 16 * 1024;
/// Verified tokens remembered.
const REMEMBERED: u64 = 10_000;

/// Why a token was refused. The text may be shown; it never holds the token.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenRefused {
    /// Not a token of this issuer, altered, or expired.
    #[error("the access token is invalid or expired")]
    Invalid,
    /// Issued for another service.
    #[error("the access token was issued for another audience")]
    Audience,
    /// The keys of the issuer cannot be had.
    #[error("the identity service cannot be reached to check the access token")]
    Unavailable,
}

/// Checks tokens against the published keys of the issuer and remembers the good ones.
pub struct TokenVerifier {
    oauth: OAuthClient,
    issuer: String,
    keys: RwLock<HashMap<String, Arc<DecodingKey>>>,
    fetched: tokio::sync::Mutex<Option<Instant>>,
    verified: Cache<[u8; 32], Arc<VerifiedToken>>,
}

impl TokenVerifier {
    /// Checks tokens of `issuer` (with trailing slash), whose keys `oauth` fetches.
    pub fn new(oauth: OAuthClient, issuer: String) -> Self {
        Self {
            oauth,
            issuer,
            keys: RwLock::default(),
            fetched: tokio::sync::Mutex::new(None),
            verified: Cache::builder()
                .max_capacity(REMEMBERED)
                .time_to_live(Duration::from_secs(300))
                .build(),
        }
    }

    /// Checks signature, issuer and lifetime.
    ///
    /// # Errors
    /// [`TokenRefused::Invalid`] or [`TokenRefused::Unavailable`].
    pub async fn verify(&self, token: &str) -> Result<Arc<VerifiedToken>, TokenRefused> {
        if token.len() > MAX_TOKEN {
            return Err(TokenRefused::Invalid);
        }
        let digest = fingerprint(token);
        if let Some(known) = self.verified.get(&digest) {
            return if is_expired(&known.claims) {
                Err(TokenRefused::Invalid)
            } else {
                Ok(known)
            };
        }
        let header = decode_header(token).map_err(|_| TokenRefused::Invalid)?;
        let kid = header.kid.ok_or(TokenRefused::Invalid)?;
        let key = self.key(&kid).await?;
        let mut rules = Validation::new(Algorithm::RS256);
        rules.leeway = CLOCK_SKEW;
        rules.validate_aud = false;
        rules.validate_nbf = true;
        rules.set_issuer(&[&self.issuer]);
        rules.set_required_spec_claims(&["exp", "iss"]);
        let decoded = decode::<Claims>(token, &key, &rules).map_err(|_| TokenRefused::Invalid)?;
        let verified = Arc::new(VerifiedToken {
            token: AccessToken::new(token),
            principal: decoded.claims.principal(),
            claims: decoded.claims,
        });
        self.verified.insert(digest, verified.clone());
        Ok(verified)
    }

    async fn key(&self, kid: &str) -> Result<Arc<DecodingKey>, TokenRefused> {
        if let Some(key) = self.known(kid) {
            return Ok(key);
        }
        let mut fetched = self.fetched.lock().await;
        if let Some(key) = self.known(kid) {
            return Ok(key);
        }
        if fetched.is_some_and(|at| at.elapsed() < KEY_REFRESH) {
            return Err(TokenRefused::Invalid);
        }
        let set = self.fetch().await.map_err(|error| {
            tracing::warn!(%error, "the signing keys of the identity service cannot be fetched");
            TokenRefused::Unavailable
        })?;
        *fetched = Some(Instant::now());
        let keys = decoding_keys(&set);
        *self
            .keys
            .write()
            .unwrap_or_else(std::sync::PoisonError::into_inner) = keys;
        self.known(kid).ok_or(TokenRefused::Invalid)
    }

    async fn fetch(&self) -> Result<JwkSet, OAuthFailure> {
        let discovery = self.oauth.discovery().await?;
        self.oauth.keys(&discovery.jwks_uri).await
    }

    fn known(&self, kid: &str) -> Option<Arc<DecodingKey>> {
        self.keys
            .read()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .get(kid)
            .cloned()
    }
}

fn decoding_keys(set: &JwkSet) -> HashMap<String, Arc<DecodingKey>> {
    set.keys
        .iter()
        .filter_map(|document| {
            let jwk: Jwk = serde_json::from_value(document.clone()).ok()?;
            let key = DecodingKey::from_jwk(&jwk).ok()?;
            Some((jwk.common.key_id?, Arc::new(key)))
        })
        .collect()
}

fn is_expired(claims: &Claims) -> bool {
    claims.exp + CLOCK_SKEW as i64 <= jiff::Timestamp::now().as_second()
}

/// SHA-256 of a secret, for look-up tables that must not hold it.
pub fn fingerprint(secret: &str) -> [u8; 32] {
    let digest = digest::digest(&digest::SHA256, secret.as_bytes());
    let mut bytes = [0; 32];
    bytes.copy_from_slice(digest.as_ref());
    bytes
}
