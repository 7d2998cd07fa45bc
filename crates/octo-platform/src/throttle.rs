//! Counting attempts per key inside a time window.
//!
//! Used for wrong passwords per address, user-code look-ups per address, wrong client secrets and
//! the like. The number of keys is bounded: when the table is full, windows that ended are dropped
//! first, and if none ended, new keys are refused, because forgetting an attacker is worse than
//! delaying a stranger.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;

/// Allows `limit` attempts per key and `window`.
#[derive(Debug)]
pub struct Throttle {
    limit: u32,
    window: Duration,
    capacity: usize,
    windows: Mutex<HashMap<String, Window>>,
}

#[derive(Debug, Clone, Copy)]
struct Window {
    ends_at: Timestamp,
    attempts: u32,
}

impl Throttle {
    /// A throttle that remembers at most `capacity` keys.
    pub fn new(limit: u32, window: Duration, capacity: usize) -> Self {
        Self {
            limit,
            window,
            capacity,
            windows: Mutex::default(),
        }
    }

    /// Whether `key` has attempts left at `now`, without using one.
    pub fn allows(&self, key: &str, now: Timestamp) -> bool {
        let windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        match windows.get(key) {
            Some(window) if now < window.ends_at => window.attempts < self.limit,
            Some(_) => true,
            None => {
                windows.len() < self.capacity || windows.values().any(|other| other.ends_at <= now)
            }
        }
    }

    /// Uses one attempt of `key`; `false` when there was none left.
    pub fn attempt(&self, key: &str, now: Timestamp) -> bool {
        let mut windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        if !windows.contains_key(key) && windows.len() >= self.capacity {
            windows.retain(|_, window| now < window.ends_at);
            if windows.len() >= self.capacity {
                return false;
            }
        }
        let fresh = Window {
            ends_at: now.checked_add(self.window).unwrap_or(now),
            attempts: 0,
        };
        let window = windows.entry(key.to_owned()).or_insert(fresh);
        if window.ends_at <= now {
            *window = fresh;
        }
        if window.attempts >= self.limit {
            return false;
        }
        window.attempts += 1;
        true
    }

    /// Takes back one attempt of `key`, which came to nothing.
    pub fn take_back(&self, key: &str) {
        let mut windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(window) = windows.get_mut(key) {
            window.attempts = window.attempts.saturating_sub(1);
        }
    }

    /// Forgets the attempts of `key`, after it proved itself.
    pub fn forgive(&self, key: &str) {
        self.windows
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    #[test]
    fn attempts_run_out_and_return_with_the_next_window() {
        let throttle = Throttle::new(2, MINUTE, 10);
        let now = Timestamp::now();
        assert!(throttle.attempt("a", now) && throttle.attempt("a", now));
        assert!(!throttle.attempt("a", now) && !throttle.allows("a", now));
        assert!(throttle.allows("b", now));
        let later = now + MINUTE;
        assert!(throttle.allows("a", later) && throttle.attempt("a", later));
    }

    #[test]
    fn forgiving_restores_all_attempts() {
        let throttle = Throttle::new(1, MINUTE, 10);
        let now = Timestamp::now();
        assert!(throttle.attempt("a", now));
        throttle.forgive("a");
        assert!(throttle.attempt("a", now));
    }

    #[test]
    fn an_attempt_that_came_to_nothing_is_taken_back_alone() {
        let throttle = Throttle::new(2, MINUTE, 10);
        let now = Timestamp::now();
        assert!(throttle.attempt("a", now) && throttle.attempt("a", now));
        throttle.take_back("a");
        throttle.take_back("b");
        assert!(throttle.attempt("a", now) && !throttle.attempt("a", now));
    }

    #[test]
    fn a_full_table_refuses_new_keys_until_a_window_ends() {
        let throttle = Throttle::new(5, MINUTE, 2);
        let now = Timestamp::now();
        assert!(throttle.attempt("a", now) && throttle.attempt("b", now));
        assert!(!throttle.attempt("c", now));
        assert!(throttle.attempt("c", now + MINUTE));
    }
}
