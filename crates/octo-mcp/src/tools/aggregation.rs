//! Figures over entities, and stored queries (spec, runtime 2.11 to 2.13).

mod auto_complete;
mod columns;
mod persisted;
mod rows;

use octo_runtime::{AggregationQuery, EntityQuery};
use schemars::JsonSchema;
use serde::Deserialize;

use super::entities::criteria::FieldFilterCriteria;
use super::entities::protection;
use crate::call::TenantCall;
use crate::reply::{Done, Failure, ToolResult};
use crate::tool::{Toolset, tool};
use auto_complete::{GetAutoCompleteValues, get_auto_complete_values};
use columns::{AggregationColumn, Columns};
use persisted::execute_runtime_query;
use rows::{Rows, failed, table};

/// The group of tools for figures and stored queries.
pub fn toolset() -> Toolset {
    Toolset::new(
        "Runtime: aggregation and persisted queries",
        "Counting, summing and grouping entities, and running stored queries",
    )
    .tool(tool(
        "query_entities_aggregation",
        query_entities_aggregation,
    ))
    .tool(tool("query_entities_grouping", query_entities_grouping))
    .tool(tool("execute_runtime_query", execute_runtime_query))
    .tool(
        tool("get_auto_complete_values", get_auto_complete_values)
            .check(GetAutoCompleteValues::problems),
    )
}

/// Computes figures over all entities of a type, derived types included, that meet a filter:
/// count, sum, avg, min, max. Nulls are skipped; sums are exact. The answer has one row.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct QueryEntitiesAggregation {
    /// Id of the type, e.g. "Basic/City".
    ck_type_id: String,
    /// The figures; at least one.
    aggregations: Vec<AggregationColumn>,
    /// Which entities count.
    filters: Option<FieldFilterCriteria>,
}

async fn query_entities_aggregation(
    cx: TenantCall,
    p: QueryEntitiesAggregation,
) -> ToolResult<Done<Rows>> {
    let request = Request {
        ck_type_id: p.ck_type_id,
        aggregations: p.aggregations,
        group_by: None,
        filters: p.filters.unwrap_or_default(),
        limit: None,
        offset: 0,
    };
    request.answer(&cx).await.map_err(failed)
}

/// Computes figures over the entities of a type in groups: one row for each value, or combination
/// of values, of the group-by paths, in ascending order, with null as a group of its own.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct QueryEntitiesGrouping {
    /// Id of the type, e.g. "Basic/City".
    ck_type_id: String,
    /// Attributes (kind), paths into records (address.city), over associations that lead to one
    /// entity (parent.Basic/City->name), numbers of associated entities
    /// (children.Basic/City::totalCount) or system fields (ckTypeId) that make the groups.
    group_by_attribute_paths: Vec<String>,
    /// The figures of each group; at least one.
    aggregations: Vec<AggregationColumn>,
    /// Which entities count.
    filters: Option<FieldFilterCriteria>,
    /// At most so many groups; default 1000.
    #[schemars(range(min = 1, max = 1000))]
    limit: Option<usize>,
    /// Leave out so many groups first.
    #[schemars(range(min = 0, max = 100_000))]
    offset: Option<usize>,
}

async fn query_entities_grouping(
    cx: TenantCall,
    p: QueryEntitiesGrouping,
) -> ToolResult<Done<Rows>> {
    let request = Request {
        ck_type_id: p.ck_type_id,
        aggregations: p.aggregations,
        group_by: Some(p.group_by_attribute_paths),
        filters: p.filters.unwrap_or_default(),
        limit: p.limit,
        offset: p.offset.unwrap_or(0),
    };
    request.answer(&cx).await.map_err(failed)
}

/// What both tools ask for.
struct Request {
    ck_type_id: String,
    aggregations: Vec<AggregationColumn>,
    group_by: Option<Vec<String>>,
    filters: FieldFilterCriteria,
    limit: Option<usize>,
    offset: usize,
}

impl Request {
    async fn answer(self, cx: &TenantCall) -> Result<Done<Rows>, Failure> {
        let columns = Columns::read(self.aggregations, self.group_by)?;
        let criteria = self.filters.into_criteria("filters")?;
        let tenant = cx.data().await?;
        let graph = tenant.graph();
        protection::refuse_filters(&graph, &self.ck_type_id, &criteria)?;
        for path in columns.paths() {
            refuse_secret(&graph, &self.ck_type_id, path)?;
        }
        let entities = EntityQuery::of(&self.ck_type_id).filter(criteria);
        let mut query = columns
            .add_to(AggregationQuery::over(entities))
            .skip(self.offset);
        if let Some(limit) = self.limit {
            query = query.take(limit);
        }
        let found = tenant.aggregate(query).await?;
        Ok(table(&columns.names(), found, self.offset))
    }
}

/// Refuses figures and groups of secrets: they would tell them.
fn refuse_secret(graph: &octo_ck::TypeGraph, ck_type: &str, path: &str) -> Result<(), Failure> {
    protection::refuse_path(graph, ck_type, path).map_err(|_| {
        Failure::new(format!(
            "'{path}' holds secrets and cannot be aggregated or grouped by."
        ))
    })
}
