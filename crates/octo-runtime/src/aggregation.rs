//! Figures over many entities: count, sum, mean, extremes, in groups or over all (spec 7).
//!
//! ```no_run
//! # async fn demo(tenant: &octo_runtime::Tenant) -> Result<(), octo_runtime::RuntimeError> {
//! use octo_runtime::{AggregationQuery, EntityQuery, Function};
//!
//! let by_state = AggregationQuery::over(EntityQuery::of("Energy/Meter"))
//!     .count()
//!     .column(Function::Average, "Power")
//!     .group_by("State");
//! for row in tenant.aggregate(by_state).await?.rows {
//!     println!("{:?} {:?}", row.keys, row.figures);
//! }
//! # Ok(()) }
//! ```
//!
//! All matches count, however many there are; sort order and paging of the entity query mean
//! nothing. How values are taken:
//!
//! | path leads to | `count` | `sum`, `avg` | `min`, `max` |
//! |---|---|---|---|
//! | integer, double, `rtVersion` | values | exact | exact |
//! | enum | values | of the keys | of the keys |
//! | time span | values | ticks of 100 ns | ticks |
//! | date, creation, change, archiving | values | – | instants |
//! | text, boolean, id, record, file, point | values | – | – |
//! | list of integers | entities that have a list | of all elements | of all elements |
//! | a path through all elements (`Items[*].Quantity`) | values of all elements | of all elements | of all elements |

use octo_ck::TypeGraph;
use serde_json::{Value as Json, json};

use crate::query::EntityQuery;
use crate::resolve;
use crate::store::Figure;
use crate::store::aggregation::grouping::{KeyPart, encode};
use crate::value::stored::ticks;
use crate::value::{Value, instants};

pub use crate::store::aggregation::Function;

/// Groups returned when nothing else is asked for.
pub const DEFAULT_GROUPS: usize = 1_000;
/// Groups returned at most.
pub const MAX_GROUPS: usize = 10_000;
/// Groups that can be skipped to see later ones.
pub const MAX_SKIPPED_GROUPS: usize = 100_000;

/// A question for figures.
#[derive(Debug, Clone, PartialEq)]
pub struct AggregationQuery {
    pub(crate) entities: EntityQuery,
    pub(crate) columns: Vec<AggregationColumn>,
    pub(crate) group_by: Vec<String>,
    pub(crate) skip: usize,
    pub(crate) take: usize,
}

/// One figure to compute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AggregationColumn {
    /// What to compute.
    pub function: Function,
    /// Of which values; `None` counts entities.
    pub path: Option<String>,
}

/// Figures, one row per group.
#[derive(Debug, Clone, PartialEq)]
pub struct Aggregated {
    /// Rows in ascending order of their keys, null first. Pages are cut by the keys of enums, but
    /// each page shows them ordered by name.
    pub rows: Vec<AggregatedRow>,
    /// There are more groups than these.
    pub is_truncated: bool,
}

/// The figures of one group.
#[derive(Debug, Clone, PartialEq)]
pub struct AggregatedRow {
    /// Values of the group-by paths as JSON, as in entity DTOs.
    pub keys: Vec<Json>,
    /// One figure per column.
    pub figures: Vec<Figure>,
}

impl AggregationQuery {
    /// Figures over the entities that meet a query.
    pub fn over(entities: EntityQuery) -> Self {
        Self {
            entities,
            columns: Vec::new(),
            group_by: Vec::new(),
            skip: 0,
            take: DEFAULT_GROUPS,
        }
    }

    /// Adds the number of entities.
    #[must_use]
    pub fn count(mut self) -> Self {
        self.columns.push(AggregationColumn {
            function: Function::Count,
            path: None,
        });
        self
    }

    /// Adds a function of the values at a path.
    #[must_use]
    pub fn column(mut self, function: Function, path: &str) -> Self {
        self.columns.push(AggregationColumn {
            function,
            path: Some(path.to_owned()),
        });
        self
    }

    /// One row for each value of `path`; several paths: for each combination.
    #[must_use]
    pub fn group_by(mut self, path: &str) -> Self {
        self.group_by.push(path.to_owned());
        self
    }

    /// Leaves out the first `count` groups; at most [`MAX_SKIPPED_GROUPS`].
    #[must_use]
    pub fn skip(mut self, count: usize) -> Self {
        self.skip = count;
        self
    }

    /// At most `count` groups; at most [`MAX_GROUPS`].
    #[must_use]
    pub fn take(mut self, count: usize) -> Self {
        self.take = count;
        self
    }
}

/// The rows of the groups a store found.
pub(crate) fn rows(
    graph: &TypeGraph,
    query: &AggregationQuery,
    found: crate::store::Groups,
) -> Result<Aggregated, crate::RuntimeError> {
    let enums = resolve::aggregation::enums(graph, query);
    let mut groups: Vec<_> = found.groups.into_iter().skip(query.skip).collect();
    if enums.iter().any(Option::is_some) {
        groups.sort_by_cached_key(|group| sort_key(&group.keys, &enums));
    }
    let mut problems = Vec::new();
    let mut rows = Vec::new();
    for group in groups {
        for (column, figure) in query.columns.iter().zip(&group.figures) {
            if let (Figure::OutOfRange, Some(path)) = (figure, &column.path) {
                let problem = format!(
                    "The {} of '{path}' is beyond 7.9·10^28, the greatest decimal number.",
                    column.function.name()
                );
                if !problems.contains(&problem) {
                    problems.push(problem);
                }
            }
        }
        let keys = group.keys.iter().zip(&enums);
        rows.push(AggregatedRow {
            keys: keys.map(|(key, node)| shown(key.as_ref(), *node)).collect(),
            figures: group.figures,
        });
    }
    if !problems.is_empty() {
        return Err(crate::RuntimeError::InvalidQuery(problems));
    }
    Ok(Aggregated {
        rows,
        is_truncated: found.is_truncated,
    })
}

type EnumOf<'g> = Option<&'g octo_ck::graph::EnumNode>;

fn sort_key(keys: &[Option<Value>], enums: &[EnumOf<'_>]) -> Vec<u8> {
    let mut sort_key = Vec::new();
    for (key, node) in keys.iter().zip(enums) {
        encode(key_part(key.as_ref(), *node), &mut sort_key);
    }
    sort_key
}

fn key_part<'v>(key: Option<&'v Value>, node: EnumOf<'v>) -> KeyPart<'v> {
    match key {
        Some(Value::Enum(key)) => match node.and_then(|node| node.name_of(*key)) {
            Some(name) => KeyPart::Text(name),
            None => KeyPart::Integer(i64::from(*key)),
        },
        Some(Value::Int(number)) => KeyPart::Integer(i64::from(*number)),
        Some(Value::Int64(number) | Value::TimeSpan(number)) => KeyPart::Integer(*number),
        Some(Value::Boolean(flag)) => KeyPart::Integer(i64::from(*flag)),
        Some(Value::DateTime(instant)) => KeyPart::Integer(instant.as_millisecond()),
        Some(Value::DateTimeOffset(value)) => KeyPart::Integer(ticks(value.instant)),
        Some(Value::Double(number)) => KeyPart::Double(*number),
        Some(Value::String(text)) => KeyPart::Text(text),
        _ => KeyPart::Null,
    }
}

fn shown(key: Option<&Value>, node: EnumOf<'_>) -> Json {
    match key {
        Some(Value::Enum(key)) => match node.and_then(|node| node.name_of(*key)) {
            Some(name) => json!(name),
            None => json!(key),
        },
        Some(Value::DateTime(instant)) => json!(instant.to_string()),
        Some(Value::DateTimeOffset(value)) => json!(instants::with_offset(value)),
        Some(Value::Int(number)) => json!(number),
        Some(Value::Int64(number) | Value::TimeSpan(number)) => json!(number),
        Some(Value::Boolean(flag)) => json!(flag),
        Some(Value::Double(number)) => json!(number),
        Some(Value::String(text)) => json!(text),
        _ => Json::Null,
    }
}
