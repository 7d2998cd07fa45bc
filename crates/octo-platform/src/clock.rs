//! The platform's time.
//!
//! Every expiry of the platform (codes, sessions, tokens, lock-outs, throttles) is measured
//! against one [`Clock`], which can be moved forward: what happens after five minutes is then
//! observable at once instead of after five minutes.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

/// Wall-clock time plus an offset that only grows.
#[derive(Debug, Default)]
pub struct Clock {
    offset_seconds: AtomicI64,
}

impl Clock {
    /// A clock that shows the time of the machine.
    pub fn new() -> Self {
        Self::default()
    }

    /// The current time.
    pub fn now(&self) -> Timestamp {
        let offset = SignedDuration::from_secs(self.offset_seconds.load(Ordering::Relaxed));
        let now = Timestamp::now();
        now.checked_add(offset).unwrap_or(now)
    }

    /// The current time in whole seconds since 1970, as tokens carry it.
    pub fn unix_seconds(&self) -> i64 {
        self.now().as_second()
    }

    /// Moves the clock forward by `step`, truncated to whole seconds.
    pub fn advance(&self, step: Duration) {
        let seconds = i64::try_from(step.as_secs()).unwrap_or(i64::MAX);
        self.offset_seconds.fetch_add(seconds, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn advancing_moves_the_time_forward() {
        let clock = Clock::new();
        let before = clock.unix_seconds();
        clock.advance(Duration::from_secs(300));
        assert!(clock.unix_seconds() - before >= 300);
    }
}
