//! Rows of figures as callers get them.

use octo_runtime::{Aggregated, AggregatedRow, Figure};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::reply::{Done, Failure, literal};

/// Rows of figures.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Rows {
    /// One row per group: figures under their alias, then the values of the group-by paths. Numbers
    /// have all their digits in the text of the result.
    rows: Vec<Map<String, Value>>,
    /// Number of rows.
    row_count: usize,
    /// There are more groups than these rows.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    is_truncated: bool,
}

/// A failure as these tools report it: with no rows.
pub(super) fn failed(failure: Failure) -> Failure {
    let rows: [(); 0] = [];
    failure.with("rows", rows).with("rowCount", 0)
}

/// The answer for figures whose members have these names.
pub(super) fn table(names: &[String], found: Aggregated, offset: usize) -> Done<Rows> {
    let is_truncated = found.is_truncated;
    let rows = shown(names, found.rows);
    let count = rows.len();
    let mut message = match count {
        0 => "No rows produced (possibly no entities matched the filters).".to_owned(),
        count => format!("{count} row(s) produced."),
    };
    if is_truncated {
        let next = offset + count;
        message.push_str(&format!(
            " There are more groups: pass offset={next} for the next ones, or filter, or group by fewer paths."
        ));
    }
    Done::new(
        message,
        Rows {
            rows,
            row_count: count,
            is_truncated,
        },
    )
}

/// Rows with the members of these names.
pub(super) fn shown(names: &[String], rows: Vec<AggregatedRow>) -> Vec<Map<String, Value>> {
    let rows = rows.into_iter();
    rows.map(|row| {
        let figures = row.figures.iter().map(figure);
        let keys = row.keys.into_iter().map(key);
        names.iter().cloned().zip(figures.chain(keys)).collect()
    })
    .collect()
}

fn figure(figure: &Figure) -> Value {
    match figure {
        Figure::Count(count) => json!(count),
        Figure::Decimal(decimal) => literal(decimal.to_string()),
        Figure::Double(double) => json!(double),
        Figure::Instant(instant) => json!(instant.to_string()),
        Figure::Null | Figure::OutOfRange => literal("null"),
    }
}

// Null is a key like any other: it stays in the row.
fn key(key: Value) -> Value {
    match key {
        Value::Null => literal("null"),
        other => other,
    }
}
