//! Finding entities of a type.

use octo_runtime::dto::{EntityDto, Projection};
use octo_runtime::{Criteria, EntityQuery};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::criteria::{FieldFilterCriteria, SimpleFilters};
use super::{EntityItem, protection, shown};
use crate::call::TenantCall;
use crate::reply::{Data, Failure, ToolResult};

/// Entities returned when no limit is given.
const DEFAULT_LIMIT: u64 = 100;

/// Finds entities of a type, derived types included, that meet a filter: conditions on attributes
/// with any operator, combined by And and Or in groups. Without a filter: all entities of the type.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct QueryEntities {
    /// Id of the type, e.g. "Basic/City".
    ck_type_id: String,
    /// What must hold for an entity.
    filters: Option<FieldFilterCriteria>,
    /// Only return these attributes; paths reach into records (address.city).
    attribute_paths: Option<Vec<String>>,
    /// At most so many entities; default 100.
    #[schemars(range(min = 1, max = 1000))]
    limit: Option<u64>,
    /// Leave out so many entities first.
    #[schemars(range(min = 0))]
    offset: Option<u64>,
}

pub(super) async fn query_entities(
    cx: TenantCall,
    p: QueryEntities,
) -> ToolResult<Data<EntityList>> {
    let ck_type_id = p.ck_type_id.clone();
    let failed = |failure: Failure| failure.with("ckTypeId", &ck_type_id);
    let filters = p.filters.unwrap_or_default();
    let request = Request {
        criteria: filters.into_criteria("filters").map_err(failed)?,
        ck_type_id: p.ck_type_id,
        attribute_paths: p.attribute_paths.unwrap_or_default(),
        limit: p.limit,
        offset: p.offset,
    };
    request.answer(&cx).await.map(Data).map_err(failed)
}

/// Finds entities of a type, derived types included, whose attributes have the given values. All
/// conditions must hold. Without conditions: all entities of the type.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct QueryEntitiesSimple {
    /// Id of the type, e.g. "Basic/City".
    ck_type_id: String,
    /// Conditions: a list of {attributePath, value}, or an object {path: value}.
    simple_filters: Option<SimpleFilters>,
    /// Only return these attributes; paths reach into records (address.city).
    attribute_paths: Option<Vec<String>>,
    /// At most so many entities; default 100.
    #[schemars(range(min = 1, max = 1000))]
    limit: Option<u64>,
    /// Leave out so many entities first.
    #[schemars(range(min = 0))]
    offset: Option<u64>,
}

pub(super) async fn query_entities_simple(
    cx: TenantCall,
    p: QueryEntitiesSimple,
) -> ToolResult<Data<EntityList>> {
    let ck_type_id = p.ck_type_id.clone();
    let none = SimpleFilters::List(Vec::new());
    let request = Request {
        criteria: p
            .simple_filters
            .unwrap_or(none)
            .into_criteria("simpleFilters"),
        ck_type_id: p.ck_type_id,
        attribute_paths: p.attribute_paths.unwrap_or_default(),
        limit: p.limit,
        offset: p.offset,
    };
    let answer = request.answer(&cx).await.map(Data);
    answer.map_err(|failure| failure.with("ckTypeId", ck_type_id))
}

/// Found entities.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct EntityList {
    /// The type asked for.
    ck_type_id: String,
    /// All matches, not only those returned.
    total_count: u64,
    /// Entities returned.
    returned_count: usize,
    /// The entities.
    #[schemars(with = "Vec<EntityItem>")]
    entities: Vec<EntityDto>,
}

/// What both tools ask for.
struct Request {
    ck_type_id: String,
    criteria: Criteria,
    attribute_paths: Vec<String>,
    limit: Option<u64>,
    offset: Option<u64>,
}

impl Request {
    async fn answer(self, cx: &TenantCall) -> Result<EntityList, Failure> {
        let tenant = cx.data().await?;
        let graph = tenant.graph();
        let projection = Projection::of(&self.attribute_paths)?;
        protection::refuse_filters(&graph, &self.ck_type_id, &self.criteria)?;
        let query = EntityQuery::of(&self.ck_type_id)
            .filter(self.criteria)
            .skip(self.offset.unwrap_or(0))
            .take(self.limit.unwrap_or(DEFAULT_LIMIT));
        let page = tenant.query(query).await?;
        let entities: Vec<EntityDto> = page
            .items
            .into_iter()
            .map(|entity| shown(entity, &graph, &projection))
            .collect();
        Ok(EntityList {
            ck_type_id: self.ck_type_id,
            total_count: page.total,
            returned_count: entities.len(),
            entities,
        })
    }
}
