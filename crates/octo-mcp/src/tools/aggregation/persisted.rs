//! Running stored queries (spec, runtime 2.13).

use std::sync::Arc;

use octo_ck::TypeGraph;
use octo_runtime::dto::EntityDto;
use octo_runtime::persisted::{self, PERSISTENT_QUERY, Wanted};
use octo_runtime::{AggregationColumn, Criteria, Entity, PersistedQuery, RtId, Tenant};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::columns::default_name;
use super::{refuse_secret, rows};
use crate::call::TenantCall;
use crate::reply::{Data, Failure, ToolResult};
use crate::tools::entities::criteria::FieldFilterCriteria;
use crate::tools::entities::{EntityItem, columns::Columns, protection};

/// Entities returned when nothing else is asked for.
const DEFAULT_TAKE: u64 = 100;

/// Runs a stored query: an entity of a type derived from System/PersistentQuery. SimpleRtQuery
/// returns entities, AggregationRtQuery one row of figures, GroupingAggregationRtQuery one row per
/// group. A figure is named by function and path (avg_power); a repeated name gets a number
/// (avg_power_2).
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ExecuteRuntimeQuery {
    /// Id of the stored query, 24 hex digits.
    query_rt_id: String,
    /// What must hold besides the stored conditions.
    extra_filters: Option<FieldFilterCriteria>,
    /// Leave out so many entities first; only for queries that return entities.
    #[schemars(range(min = 0))]
    skip: Option<u64>,
    /// At most so many entities; default 100; only for queries that return entities.
    #[schemars(range(min = 1, max = 1000))]
    take: Option<u64>,
    /// nextCursor of the page before, instead of skip; only for queries that return entities.
    cursor: Option<String>,
}

/// What a stored query found.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct QueryResult {
    /// Id of the stored query.
    query_rt_id: String,
    /// Its kind, e.g. "RtSimpleRtQuery".
    query_subtype: String,
    /// The type whose entities were asked for.
    ck_type_id: String,
    /// The entities, if the query returns entities.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Vec<EntityItem>>")]
    entities: Option<Vec<EntityDto>>,
    /// Rows of figures, if the query computes figures.
    #[serde(skip_serializing_if = "Option::is_none")]
    rows: Option<Vec<Map<String, Value>>>,
    /// Entities or rows returned.
    row_count: usize,
    /// All matches, if the query returns entities.
    #[serde(skip_serializing_if = "Option::is_none")]
    total_count: Option<u64>,
    /// There are more groups than these rows.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    is_truncated: bool,
    /// Pass it as cursor to get the next page of entities; absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
}

pub(super) async fn execute_runtime_query(
    cx: TenantCall,
    p: ExecuteRuntimeQuery,
) -> ToolResult<Data<QueryResult>> {
    let known = |failure: Failure| {
        failure
            .with("queryRtId", &p.query_rt_id)
            .with("tenantId", cx.tenant_id())
    };
    let extra = p.extra_filters.unwrap_or_default();
    let extra = extra.into_criteria("extraFilters").map_err(known)?;
    let tenant = cx.data().await?;
    let entity = find(&tenant, &p.query_rt_id).await.map_err(known)?;
    let graph = tenant.graph();
    let subtype = persisted::subtype(&graph, &entity);
    let known = |failure: Failure| known(failure).with("querySubtype", &subtype);
    let query = PersistedQuery::read(&graph, &entity)
        .map_err(|error| known(Failure::new(error.to_string())))?;
    let known = |failure: Failure| known(failure).with("ckTypeId", &query.ck_type);
    let run = Run {
        tenant,
        graph,
        query_rt_id: entity.rt_id.to_string(),
        query: &query,
        extra,
    };
    run.refuse_secrets().map_err(known)?;
    let result = match &query.wanted {
        Wanted::Entities(columns) => {
            let page = Page {
                skip: p.skip.unwrap_or(0),
                take: p.take.unwrap_or(DEFAULT_TAKE),
                cursor: p.cursor,
            };
            run.entities(columns, page).await
        }
        Wanted::Figures(columns) => run.figures(columns, &[]).await,
        Wanted::Groups(columns, paths) => run.figures(columns, paths).await,
    };
    result.map(Data).map_err(known)
}

async fn find(tenant: &Tenant, query_rt_id: &str) -> Result<Entity, Failure> {
    let missing = format!("Persisted query '{query_rt_id}' not found.");
    let rt_id: RtId = query_rt_id
        .trim()
        .parse()
        .map_err(|error| Failure::new(format!("{missing} {error}")))?;
    let found = tenant.get(PERSISTENT_QUERY, rt_id).await?;
    found.ok_or_else(|| Failure::new(missing))
}

/// Which of the entities are returned.
struct Page {
    skip: u64,
    take: u64,
    cursor: Option<String>,
}

/// A stored query about to run.
struct Run<'q> {
    tenant: Arc<Tenant>,
    graph: Arc<TypeGraph>,
    query_rt_id: String,
    query: &'q PersistedQuery,
    extra: Criteria,
}

impl Run<'_> {
    fn refuse_secrets(&self) -> Result<(), Failure> {
        let ck_type = &self.query.ck_type;
        protection::refuse_filters(&self.graph, ck_type, &self.extra)?;
        for criteria in self.query.entities.criteria() {
            protection::refuse_filters(&self.graph, ck_type, criteria)?;
        }
        let mut paths = self.query.paths.iter();
        paths.try_for_each(|path| refuse_secret(&self.graph, ck_type, path))
    }

    async fn entities(self, columns: &[String], page: Page) -> Result<QueryResult, Failure> {
        let columns = Columns::of(columns)?;
        let query = self.query.entities.clone();
        let mut query = query.filter(self.extra).skip(page.skip).take(page.take);
        if let Some(cursor) = page.cursor.filter(|cursor| !cursor.trim().is_empty()) {
            query = query.after(cursor);
        }
        let page = self.tenant.page(query).await?;
        let entities = columns
            .shown(&self.tenant, &self.query.ck_type, page.items)
            .await?;
        Ok(QueryResult {
            query_rt_id: self.query_rt_id,
            query_subtype: self.query.subtype.clone(),
            ck_type_id: self.query.ck_type.clone(),
            row_count: entities.len(),
            entities: Some(entities),
            rows: None,
            total_count: Some(page.total),
            is_truncated: false,
            next_cursor: page.next,
        })
    }

    async fn figures(
        self,
        columns: &[AggregationColumn],
        paths: &[String],
    ) -> Result<QueryResult, Failure> {
        let Some(aggregation) = self.query.aggregation(self.extra) else {
            return Err(Failure::new("The stored query computes no figures."));
        };
        let found = self.tenant.aggregate(aggregation).await?;
        let is_truncated = found.is_truncated;
        let names = names(columns, paths);
        let rows = rows::shown(&names, found.rows);
        Ok(QueryResult {
            query_rt_id: self.query_rt_id,
            query_subtype: self.query.subtype.clone(),
            ck_type_id: self.query.ck_type.clone(),
            entities: None,
            row_count: rows.len(),
            rows: Some(rows),
            total_count: None,
            is_truncated,
            next_cursor: None,
        })
    }
}

/// Stored columns have no alias, so that two of the same function and path would have one name:
/// the second gets a number.
fn names(columns: &[AggregationColumn], paths: &[String]) -> Vec<String> {
    let mut names: Vec<String> = Vec::with_capacity(columns.len() + paths.len());
    for column in columns {
        let name = default_name(column.function, column.path.as_deref());
        let is_free = |name: &str| {
            let mut taken = names.iter().chain(paths);
            !taken.any(|taken| taken.eq_ignore_ascii_case(name))
        };
        let numbered = || (2..).map(|number| format!("{name}_{number}"));
        let name = std::iter::once(name.clone())
            .chain(numbered())
            .find(|name| is_free(name))
            .unwrap_or_default();
        names.push(name);
    }
    names.extend(paths.iter().cloned());
    names
}
