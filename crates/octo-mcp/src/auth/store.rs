//! Tokens obtained through the tools, in memory (spec, auth 10.3).
//!
//! A set of tokens belongs to a key: a bearer principal, a session minted here, or the fingerprint
//! of a handle minted here. Nothing is keyed by what a client chose alone, nothing by a constant,
//! and nothing about a tenant is kept besides its tokens.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use octo_sdk::Secret;

use super::claims::{Principal, VerifiedToken};

/// Key sets kept; the one idle for longest goes first.
const MAX_KEYS: usize = 1_000;
/// A session's tokens go with the session.
const SESSION_IDLE: Duration = Duration::from_secs(2 * 3600);
/// A handle ends after this idle time …
const HANDLE_IDLE: Duration = Duration::from_secs(8 * 3600);
/// … and at this age in any case.
const HANDLE_AGE: Duration = Duration::from_secs(24 * 3600);

/// Whose tokens these are.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum StoreKey {
    /// Logins a bearer caller made for tenants its own token does not reach.
    Bearer(Principal),
    /// An anonymous session, by its id.
    Session(Arc<str>),
    /// A sign-in without a session, by the SHA-256 of its handle.
    Handle([u8; 32]),
}

/// A token of the device flow with what is needed to renew it.
#[derive(Debug, Clone)]
pub struct StoredToken {
    /// The access token, verified.
    pub access: Arc<VerifiedToken>,
    /// Token to get the next one with.
    pub refresh: Option<Secret>,
    /// End of validity of the access token.
    pub expires: jiff::Timestamp,
}

/// A device authorization that waits for the user.
#[derive(Debug, Clone)]
pub struct PendingLogin {
    /// Tenant the user logs in to.
    pub tenant: String,
    /// Code the token endpoint is polled with.
    pub device_code: Secret,
    /// Code the user enters.
    pub user_code: String,
    /// Page where the user enters it.
    pub verification_uri: String,
    /// End of the authorization.
    pub expires: Instant,
    /// Least time between two polls.
    pub interval: Duration,
    /// When the token endpoint was asked last.
    pub polled: Option<Instant>,
}

/// All tokens of one key.
#[derive(Debug, Default)]
pub struct TokenSet {
    /// Login that waits for the user.
    pub pending: Option<PendingLogin>,
    /// The caller's own login; absent for bearer callers, whose token comes with each request.
    pub home: Option<StoredToken>,
    /// Logins of a bearer caller, by tenant.
    pub logins: HashMap<String, StoredToken>,
    /// Tokens exchanged for other tenants.
    pub exchanged: HashMap<String, Arc<VerifiedToken>>,
    /// Tenants whose exchange was refused lately.
    pub denied: HashMap<String, Instant>,
}

impl TokenSet {
    /// Starts over with a new login: nothing of the former one stays.
    pub fn replace(&mut self, home: StoredToken) {
        *self = Self {
            home: Some(home),
            ..Self::default()
        };
    }

    /// Drops everything.
    pub fn clear(&mut self) {
        *self = Self::default();
    }
}

/// A key's tokens. The lock is held across a refresh or an exchange, so that there is one at a
/// time per key.
#[derive(Debug)]
pub struct Slot {
    /// The tokens.
    pub tokens: tokio::sync::Mutex<TokenSet>,
    created: Instant,
    used: Mutex<Instant>,
}

/// The tokens of all keys.
#[derive(Debug, Default)]
pub struct TokenStore {
    slots: Mutex<HashMap<StoreKey, Arc<Slot>>>,
}

impl TokenStore {
    /// The tokens of a key, if it has any.
    pub fn find(&self, key: &StoreKey) -> Option<Arc<Slot>> {
        let mut slots = self.lock();
        let slot = slots.get(key)?.clone();
        if is_over(key, &slot, Instant::now()) {
            slots.remove(key);
            return None;
        }
        touch(&slot);
        Some(slot)
    }

    /// The tokens of a key, made on first use.
    pub fn open(&self, key: &StoreKey) -> Arc<Slot> {
        if let Some(slot) = self.find(key) {
            return slot;
        }
        let mut slots = self.lock();
        if slots.len() >= MAX_KEYS {
            let now = Instant::now();
            slots.retain(|key, slot| !is_over(key, slot, now));
        }
        if slots.len() >= MAX_KEYS {
            let oldest = slots
                .iter()
                .min_by_key(|(_, slot)| used(slot))
                .map(|(key, _)| key.clone());
            if let Some(oldest) = oldest {
                slots.remove(&oldest);
            }
        }
        let now = Instant::now();
        let slot = Slot {
            tokens: tokio::sync::Mutex::default(),
            created: now,
            used: Mutex::new(now),
        };
        slots
            .entry(key.clone())
            .or_insert_with(|| Arc::new(slot))
            .clone()
    }

    /// Forgets a key: its session ended or its user signed out.
    pub fn remove(&self, key: &StoreKey) {
        self.lock().remove(key);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<StoreKey, Arc<Slot>>> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Life of a handle after login, seconds, as told to the caller.
pub const HANDLE_IDLE_SECONDS: u64 = HANDLE_IDLE.as_secs();

fn is_over(key: &StoreKey, slot: &Slot, now: Instant) -> bool {
    let idle = now.saturating_duration_since(used(slot));
    match key {
        StoreKey::Handle(_) => {
            idle >= HANDLE_IDLE || now.saturating_duration_since(slot.created) >= HANDLE_AGE
        }
        StoreKey::Session(_) | StoreKey::Bearer(_) => idle >= SESSION_IDLE,
    }
}

fn used(slot: &Slot) -> Instant {
    *slot.used.lock().unwrap_or_else(PoisonError::into_inner)
}

fn touch(slot: &Slot) {
    *slot.used.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(n: usize) -> StoreKey {
        StoreKey::Session(format!("s{n}").into())
    }

    #[test]
    fn keys_are_bounded_and_the_longest_idle_goes_first() {
        let store = TokenStore::default();
        for n in 0..MAX_KEYS {
            store.open(&key(n));
        }
        assert!(store.find(&key(0)).is_some());
        store.open(&key(MAX_KEYS));
        assert!(store.find(&key(0)).is_some(), "just used");
        assert!(store.find(&key(1)).is_none(), "idle for longest");
    }

    #[test]
    fn a_removed_key_starts_empty() {
        let store = TokenStore::default();
        store
            .open(&key(1))
            .tokens
            .try_lock()
            .unwrap()
            .denied
            .insert("a".into(), Instant::now());
        store.remove(&key(1));
        assert!(store.find(&key(1)).is_none());
        assert!(
            store
                .open(&key(1))
                .tokens
                .try_lock()
                .unwrap()
                .denied
                .is_empty()
        );
    }
}
