//! Signing keys of providers.
//!
//! Keys are fetched when a token names one that is not known, but not more often than every
//! 30 seconds: whoever sends tokens around must not make this server call others. After an hour they
//! are fetched anew, so that a key its owner gave up does not count for good.

use std::sync::Arc;
use std::time::{Duration, Instant};

use jsonwebtoken::jwk::{Jwk, PublicKeyUse};
use jsonwebtoken::{Algorithm, AlgorithmFamily, DecodingKey};
use moka::sync::Cache;
use octo_sdk::fetch::Fetcher;
use serde_json::Value;
use tokio::sync::Mutex;
use url::Url;

use super::ExternalError;

const REFRESH: Duration = Duration::from_secs(30);
const LIFETIME: Duration = Duration::from_secs(3600);
const MAX_KEYS: usize = 100;

/// The keys of all providers, by the address they are published at.
pub struct KeySets(Cache<String, Arc<Mutex<KeySet>>>);

#[derive(Default)]
struct KeySet {
    keys: Vec<Key>,
    fetched: Option<Instant>,
}

struct Key {
    id: Option<String>,
    family: AlgorithmFamily,
    key: Arc<DecodingKey>,
}

impl KeySets {
    /// Keys of at most `capacity` providers.
    pub fn new(capacity: u64) -> Self {
        Self(
            Cache::builder()
                .max_capacity(capacity)
                .time_to_live(LIFETIME)
                .build(),
        )
    }

    /// The key of that id; without an id, the only one that fits.
    ///
    /// # Errors
    /// [`ExternalError`] if there is none, or keys cannot be had.
    pub async fn key(
        &self,
        fetcher: &Fetcher,
        address: &Url,
        id: Option<String>,
        algorithm: Algorithm,
    ) -> Result<Arc<DecodingKey>, ExternalError> {
        let set = self.0.get_with(address.to_string(), Arc::default);
        // Held while fetching: everybody who waits for the same keys fetches them once.
        let mut set = set.lock().await;
        if let Some(key) = set.find(id.as_deref(), algorithm) {
            return Ok(key);
        }
        if set.fetched.is_none_or(|at| at.elapsed() >= REFRESH) {
            set.keys = fetch(fetcher, address).await?;
            set.fetched = Some(Instant::now());
        }
        let key = set.find(id.as_deref(), algorithm);
        key.ok_or(ExternalError::Untrusted(
            "the id token is signed with an unknown key",
        ))
    }
}

impl KeySet {
    fn find(&self, id: Option<&str>, algorithm: Algorithm) -> Option<Arc<DecodingKey>> {
        let mut fitting = self.keys.iter().filter(|key| {
            key.family == algorithm.family() && (id.is_none() || key.id.as_deref() == id)
        });
        let found = fitting.next()?;
        let only = id.is_some() || fitting.next().is_none();
        only.then(|| Arc::clone(&found.key))
    }
}

async fn fetch(fetcher: &Fetcher, address: &Url) -> Result<Vec<Key>, ExternalError> {
    let unusable = |why: String| ExternalError::Unusable(format!("signing keys: {why}"));
    let answer = fetcher.json(address, None).await;
    let answer = answer.map_err(|error| unusable(error.to_string()))?;
    if !answer.status.is_success() {
        return Err(unusable(format!("HTTP {}", answer.status.as_u16())));
    }
    let documents = answer.body["keys"].as_array();
    let documents = documents.ok_or_else(|| unusable("no list of keys".to_owned()))?;
    Ok(documents.iter().take(MAX_KEYS).filter_map(read).collect())
}

/// Keys of kinds that are not known, and secrets, are left out.
fn read(document: &Value) -> Option<Key> {
    let jwk: Jwk = serde_json::from_value(document.clone()).ok()?;
    let signs = !matches!(
        jwk.common.public_key_use,
        Some(PublicKeyUse::Encryption | PublicKeyUse::Other(_))
    );
    let key = DecodingKey::from_jwk(&jwk).ok()?;
    let family = key.family();
    (signs && family != AlgorithmFamily::Hmac).then(|| Key {
        id: jwk.common.key_id,
        family,
        key: Arc::new(key),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn set(documents: &[Value]) -> KeySet {
        KeySet {
            keys: documents.iter().filter_map(read).collect(),
            fetched: None,
        }
    }

    fn rsa(id: &str, usage: &str) -> Value {
        json!({ "kty": "RSA", "kid": id, "use": usage, "n": "sXchDaQebHnPiGvyDOAT4saGEUetSyo9MKLOoWFsueri23bOdgWp4Dy1WlUzewbgBHod5pcM9H95GQRV3JDXboIRROSBigeC5yjU1hGzHHyXss8UDprecbAYxknTcQkhslANGRUZmdTOQ5qTRsLAt6BTYuyvVRdhS8exSZEy_c4gs_7svlJJQ4H9_NxsiIoLwAEk7-Q3UXERGYw_75IDrGA84-lA_-Ct4eTlXHBIY2EaV7t7LjJaynVJCpkv4LKjTTAumiGUIuQhrNhZLuF_RJLqHpM2kgWFLU7-VTdL1VbC2tejvcI2BlMkEpk1BzBZI0KQB0GaDWFLN-aEAw3vRw", "e": "AQAB" })
    }

    #[test]
    fn keys_are_found_by_id_and_family_and_secrets_are_no_keys() {
        let hmac = json!({ "kty": "oct", "kid": "h", "k": "AAAA" });
        let set = set(&[rsa("a", "sig"), rsa("b", "enc"), hmac, json!({})]);
        assert_eq!(set.keys.len(), 1);
        assert!(set.find(Some("a"), Algorithm::RS256).is_some());
        assert!(set.find(None, Algorithm::PS256).is_some());
        for (id, algorithm) in [
            (Some("b"), Algorithm::RS256),
            (Some("h"), Algorithm::HS256),
            (Some("a"), Algorithm::ES256),
        ] {
            assert!(set.find(id, algorithm).is_none(), "{id:?}");
        }
    }

    #[test]
    fn without_an_id_only_an_only_key_is_taken() {
        let set = set(&[rsa("a", "sig"), rsa("b", "sig")]);
        assert!(set.find(None, Algorithm::RS256).is_none());
    }
}
