//! Counters of tool calls, kept in this process: per minute for the last hour, per hour for the
//! last month.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Ranges statistics can be asked for, with their length in minutes.
pub const RANGES: [(&str, i64); 4] = [
    ("hour", 60),
    ("day", 24 * 60),
    ("week", 7 * 24 * 60),
    ("month", 30 * 24 * 60),
];

/// Different error texts remembered.
const MAX_ERRORS: usize = 100;

/// What is known of one tool over a range.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    /// Calls that were answered.
    pub calls: u64,
    /// Calls among them that failed.
    pub failures: u64,
    /// Time they took together.
    pub time: Duration,
}

impl Usage {
    /// Adds the calls of another range or tool.
    pub fn add(&mut self, other: &Self) {
        self.calls += other.calls;
        self.failures += other.failures;
        self.time += other.time;
    }

    /// Mean time of a call.
    pub fn mean(&self) -> Duration {
        u32::try_from(self.calls)
            .ok()
            .and_then(|n| self.time.checked_div(n))
            .unwrap_or_default()
    }

    /// Part of the calls that succeeded, percent.
    pub fn success_rate(&self) -> f64 {
        if self.calls == 0 {
            return 100.0;
        }
        let rate = (self.calls - self.failures) as f64 * 100.0 / self.calls as f64;
        (rate * 10.0).round() / 10.0
    }
}

/// A bucket: its start in minutes since 1970, and what happened in it.
type Bucket = (i64, Usage);

#[derive(Debug, Default)]
struct Series {
    minutes: VecDeque<Bucket>,
    hours: VecDeque<Bucket>,
}

#[derive(Debug, Default)]
struct Counters {
    tools: HashMap<&'static str, Series>,
    errors: BTreeMap<String, u64>,
}

/// All counters of a server.
#[derive(Debug, Default)]
pub struct Statistics {
    counters: Mutex<Counters>,
}

/// The counters over a range.
#[derive(Debug, Default)]
pub struct Snapshot {
    /// Usage by tool; only tools that were called.
    pub tools: BTreeMap<&'static str, Usage>,
    /// Failure texts with their number since start, most frequent first.
    pub errors: Vec<(String, u64)>,
}

impl Statistics {
    /// Counts a call. `error` is the text of a failed one.
    pub fn record(&self, tool: &'static str, took: Duration, error: Option<&str>) {
        self.record_at(minute_now(), tool, took, error);
    }

    fn record_at(&self, minute: i64, tool: &'static str, took: Duration, error: Option<&str>) {
        let usage = Usage {
            calls: 1,
            failures: u64::from(error.is_some()),
            time: took,
        };
        let mut counters = self.counters.lock().unwrap_or_else(PoisonError::into_inner);
        let series = counters.tools.entry(tool).or_default();
        count(&mut series.minutes, minute, &usage, minute - 60);
        count(
            &mut series.hours,
            minute - minute.rem_euclid(60),
            &usage,
            minute - 30 * 24 * 60,
        );
        if let Some(error) = error {
            let kind = kind_of(error);
            if counters.errors.len() < MAX_ERRORS || counters.errors.contains_key(&kind) {
                *counters.errors.entry(kind).or_default() += 1;
            }
        }
    }

    /// The counters of the last `range` minutes.
    pub fn snapshot(&self, range: i64) -> Snapshot {
        self.snapshot_at(minute_now(), range)
    }

    fn snapshot_at(&self, now: i64, range: i64) -> Snapshot {
        let counters = self.counters.lock().unwrap_or_else(PoisonError::into_inner);
        let mut snapshot = Snapshot::default();
        for (tool, series) in &counters.tools {
            let buckets = if range <= 60 {
                &series.minutes
            } else {
                &series.hours
            };
            let mut usage = Usage::default();
            for (start, bucket) in buckets {
                if *start > now - range - if range <= 60 { 0 } else { 60 } {
                    usage.add(bucket);
                }
            }
            if usage.calls > 0 {
                snapshot.tools.insert(tool, usage);
            }
        }
        snapshot.errors = counters
            .errors
            .iter()
            .map(|(e, n)| (e.clone(), *n))
            .collect();
        snapshot
            .errors
            .sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        snapshot
    }
}

fn count(buckets: &mut VecDeque<Bucket>, start: i64, usage: &Usage, oldest: i64) {
    match buckets.back_mut() {
        Some((last, bucket)) if *last == start => bucket.add(usage),
        _ => buckets.push_back((start, *usage)),
    }
    while buckets.front().is_some_and(|(start, _)| *start < oldest) {
        buckets.pop_front();
    }
}

/// The kind of an error: its text without quoted parts, which name things of a tenant.
fn kind_of(error: &str) -> String {
    let unquoted: String = error
        .split('\'')
        .enumerate()
        .map(|(i, part)| if i % 2 == 0 { part } else { "…" })
        .collect();
    let first = unquoted.lines().next().unwrap_or_default();
    first
        .chars()
        .filter(|c| !c.is_ascii_digit())
        .take(120)
        .collect()
}

fn minute_now() -> i64 {
    jiff::Timestamp::now().as_second().div_euclid(60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_counted_per_range() {
        let statistics = Statistics::default();
        let took = Duration::from_millis(10);
        statistics.record_at(0, "a", took, None);
        statistics.record_at(90, "a", took, Some("no"));
        statistics.record_at(100, "b", took, None);
        let hour = statistics.snapshot_at(100, 60);
        assert_eq!(
            hour.tools["a"],
            Usage {
                calls: 1,
                failures: 1,
                time: took
            }
        );
        let day = statistics.snapshot_at(100, 24 * 60);
        assert_eq!(day.tools["a"].calls, 2);
        assert_eq!(day.tools["a"].success_rate(), 50.0);
        assert_eq!(day.tools["b"].mean(), took);
    }

    #[test]
    fn old_buckets_go() {
        let statistics = Statistics::default();
        statistics.record_at(0, "a", Duration::ZERO, None);
        statistics.record_at(60 * 24 * 31, "a", Duration::ZERO, None);
        assert_eq!(
            statistics.snapshot_at(60 * 24 * 31, 60 * 24 * 365).tools["a"].calls,
            1
        );
    }

    #[test]
    fn error_kinds_name_nothing_of_a_tenant() {
        assert_eq!(
            kind_of("User 'bob' not found in 'acme'. 42"),
            "User … not found in …. "
        );
    }
}
