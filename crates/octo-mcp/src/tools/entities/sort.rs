//! Order of results as callers write it.

use octo_ck::TypeGraph;
use octo_runtime::{EntityQuery, SortOrder};
use schemars::JsonSchema;
use serde::Deserialize;

use super::protection;
use crate::reply::Failure;

/// A sort key.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::tools) struct SortKey {
    /// Attribute, path into a record, or system field (rtCreationDateTime, …).
    attribute_path: String,
    /// Small values first, or great ones; missing values are the smallest.
    #[serde(default)]
    sort_order: Order,
}

#[derive(Clone, Copy, Default, Deserialize, JsonSchema)]
#[schemars(inline)]
enum Order {
    #[default]
    Ascending,
    Descending,
}

/// Adds sort keys to a query, the first one weighing most; secrets cannot be sorted by, because
/// their order would tell them.
pub(in crate::tools) fn sorted(
    query: EntityQuery,
    keys: &[SortKey],
    graph: &TypeGraph,
    ck_type: &str,
) -> Result<EntityQuery, Failure> {
    keys.iter().try_fold(query, |query, key| {
        protection::refuse_path(graph, ck_type, &key.attribute_path)?;
        let order = match key.sort_order {
            Order::Ascending => SortOrder::Ascending,
            Order::Descending => SortOrder::Descending,
        };
        Ok(query.sort(&key.attribute_path, order))
    })
}
