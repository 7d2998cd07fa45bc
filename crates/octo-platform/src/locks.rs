//! Locks by key, for "look first, then write" on one account or tenant.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;

use tokio::sync::{Mutex, OwnedMutexGuard};

const STRIPES: usize = 64;

/// A fixed number of locks shared by all keys. Different keys may wait for each other; the same
/// key always does.
#[derive(Debug)]
pub struct KeyedLocks(Vec<Arc<Mutex<()>>>);

impl Default for KeyedLocks {
    fn default() -> Self {
        Self((0..STRIPES).map(|_| Arc::default()).collect())
    }
}

impl KeyedLocks {
    /// Waits until nobody else holds the lock of `key`. Never take a second one while holding one.
    pub async fn lock(&self, key: &[&str]) -> OwnedMutexGuard<()> {
        let mut hasher = DefaultHasher::new();
        key.hash(&mut hasher);
        let stripe = (hasher.finish() % STRIPES as u64) as usize;
        Arc::clone(&self.0[stripe]).lock_owned().await
    }
}
