//! What the counters of the server tell.

use std::collections::BTreeMap;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::call::UserCall;
use crate::reply::{Data, ToolResult};
use crate::statistics::{RANGES, Usage};

/// Shows how often the tools of this server were called, how long calls took and how many failed.
/// Counts this server process only.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct GetToolStatistics {
    /// Time to look back.
    #[serde(default)]
    time_range: TimeRange,
}

/// A time to look back.
#[derive(Clone, Copy, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(inline)]
enum TimeRange {
    Hour,
    #[default]
    Day,
    Week,
    Month,
}

/// Calls of one tool.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct TopTool {
    /// The tool.
    name: &'static str,
    /// Its calls.
    invocations: u64,
    /// Mean time of a call.
    avg_response_time: String,
}

/// How often something failed.
#[derive(Serialize, JsonSchema)]
struct ErrorCount {
    /// The failure.
    error: String,
    /// How often it happened since the server started.
    count: u64,
}

/// Failed calls.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct ErrorStatistics {
    /// Their number.
    total_errors: u64,
    /// The most frequent failures.
    common_errors: Vec<ErrorCount>,
}

/// A tool and its time.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Timed {
    /// The tool.
    name: &'static str,
    /// Mean time of a call.
    avg_time: String,
}

/// A tool and its reliability.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Reliable {
    /// The tool.
    name: &'static str,
    /// Calls that succeeded, percent.
    success_rate: f64,
}

/// The extremes.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Performance {
    /// Shortest mean time.
    fastest_tool: Option<Timed>,
    /// Longest mean time.
    slowest_tool: Option<Timed>,
    /// Highest success rate.
    most_reliable: Option<Reliable>,
    /// Lowest success rate.
    least_reliable: Option<Reliable>,
}

/// Counters of the calls.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ToolStatistics {
    /// The time looked back.
    time_range: TimeRange,
    /// When the counters were read.
    #[schemars(with = "String", extend("format" = "date-time"))]
    generated_at: jiff::Timestamp,
    /// Calls of all tools.
    total_invocations: u64,
    /// Tools that were called.
    unique_tools: usize,
    /// Mean time of a call.
    average_response_time: String,
    /// Calls that succeeded, percent.
    success_rate: f64,
    /// The tools called most.
    top_tools: Vec<TopTool>,
    /// Part of the calls by category, percent.
    category_breakdown: BTreeMap<&'static str, f64>,
    /// Failed calls.
    error_stats: ErrorStatistics,
    /// The extremes.
    performance: Performance,
}

pub(super) async fn get_tool_statistics(
    cx: UserCall,
    p: GetToolStatistics,
) -> ToolResult<Data<ToolStatistics>> {
    let (_, minutes) = RANGES[p.time_range as usize];
    let services = cx.services();
    let snapshot = services.statistics.snapshot(minutes);
    let mut total = Usage::default();
    let mut categories: BTreeMap<&'static str, u64> = BTreeMap::new();
    for (name, usage) in &snapshot.tools {
        total.add(usage);
        if let Some(tool) = services.catalogue.tool(name) {
            *categories.entry(tool.category).or_default() += usage.calls;
        }
    }
    let mut used: Vec<(&'static str, Usage)> = snapshot
        .tools
        .iter()
        .map(|(name, usage)| (*name, *usage))
        .collect();
    used.sort_by(|a, b| b.1.calls.cmp(&a.1.calls).then(a.0.cmp(b.0)));
    let share = |calls: u64| (calls as f64 * 1000.0 / total.calls.max(1) as f64).round() / 10.0;
    Ok(Data(ToolStatistics {
        time_range: p.time_range,
        generated_at: jiff::Timestamp::now(),
        total_invocations: total.calls,
        unique_tools: used.len(),
        average_response_time: millis(total.mean()),
        success_rate: total.success_rate(),
        top_tools: used
            .iter()
            .take(5)
            .map(|(name, usage)| TopTool {
                name,
                invocations: usage.calls,
                avg_response_time: millis(usage.mean()),
            })
            .collect(),
        category_breakdown: categories
            .into_iter()
            .map(|(name, n)| (name, share(n)))
            .collect(),
        error_stats: ErrorStatistics {
            total_errors: total.failures,
            common_errors: snapshot
                .errors
                .into_iter()
                .take(5)
                .map(|(error, count)| ErrorCount { error, count })
                .collect(),
        },
        performance: performance(&used),
    }))
}

fn performance(used: &[(&'static str, Usage)]) -> Performance {
    let timed = |(name, usage): &(&'static str, Usage)| Timed {
        name,
        avg_time: millis(usage.mean()),
    };
    let reliable = |(name, usage): &(&'static str, Usage)| Reliable {
        name,
        success_rate: usage.success_rate(),
    };
    let by_time = |tool: &&(&'static str, Usage)| tool.1.mean();
    let by_rate = |a: &&(&'static str, Usage), b: &&(&'static str, Usage)| {
        a.1.success_rate().total_cmp(&b.1.success_rate())
    };
    Performance {
        fastest_tool: used.iter().min_by_key(by_time).map(timed),
        slowest_tool: used.iter().max_by_key(by_time).map(timed),
        most_reliable: used.iter().max_by(by_rate).map(reliable),
        least_reliable: used.iter().min_by(by_rate).map(reliable),
    }
}

fn millis(time: Duration) -> String {
    format!("{}ms", (time.as_secs_f64() * 10_000.0).round() / 10.0)
}
