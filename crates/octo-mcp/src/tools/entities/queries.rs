//! Finding entities of a type.

use octo_runtime::dto::EntityDto;
use octo_runtime::{EntityQuery, Tenant};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::columns::Columns;
use super::criteria::{FieldFilterCriteria, SimpleFilters};
use super::searches::{AttributeSearchInput, NearPoint, TextSearch};
use super::sort::{SortKey, sorted};
use super::{EntityItem, protection};
use crate::call::TenantCall;
use crate::reply::{Data, Failure, ToolResult};

/// Entities returned when no limit is given.
const DEFAULT_LIMIT: u64 = 100;

/// Finds entities of a type, derived types included, that meet a filter: conditions on attributes
/// with any operator, combined by And and Or in groups. Without a filter: all entities of the type.
/// Pass nextCursor as cursor, everything else unchanged, to get the next page.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct QueryEntities {
    /// Id of the type, e.g. "Basic/City".
    ck_type_id: String,
    /// What must hold for an entity.
    filters: Option<FieldFilterCriteria>,
    /// Only entities in whose texts words are found; needs a text index of the type.
    text_search: Option<TextSearch>,
    /// Only entities that have a value in any of several attributes.
    attribute_search: Option<AttributeSearchInput>,
    /// Only entities around a point, nearest first.
    near: Option<NearPoint>,
    #[serde(flatten)]
    view: View,
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
    #[serde(flatten)]
    view: View,
}

/// Which of the matches are returned, and what of them.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct View {
    /// Only return these attributes; paths reach into records (address.city), lists
    /// (items[0].name) and over associations (parent.Basic/City->name,
    /// children.Basic/City::totalCount).
    attribute_paths: Option<Vec<String>>,
    /// What becomes of entities from which a path over associations leads nowhere: Filter leaves
    /// them out, Include (the default) shows them without a value.
    navigation_filter_mode: Option<FilterMode>,
    /// Order of the entities; default: by id, for searches best or nearest first.
    sort: Option<Vec<SortKey>>,
    /// At most so many entities; default 100.
    #[schemars(range(min = 1, max = 1000))]
    limit: Option<u64>,
    /// Leave out so many entities first.
    #[schemars(range(min = 0))]
    offset: Option<u64>,
    /// nextCursor of the page before, instead of offset.
    cursor: Option<String>,
    /// Also return archived (deleted) entities; default false.
    include_archived: Option<bool>,
}

// In this order: the numbers of the original are positions.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[schemars(inline)]
enum FilterMode {
    Filter,
    Include,
}

pub(super) async fn query_entities(
    cx: TenantCall,
    p: QueryEntities,
) -> ToolResult<Data<EntityList>> {
    let ck_type_id = p.ck_type_id.clone();
    let answer = query(&cx, p).await.map(Data);
    answer.map_err(|failure| failure.with("ckTypeId", ck_type_id))
}

async fn query(cx: &TenantCall, p: QueryEntities) -> Result<EntityList, Failure> {
    let tenant = cx.data().await?;
    let graph = tenant.graph();
    let refuse = |path: &str| protection::refuse_path(&graph, &p.ck_type_id, path);
    let mut query = EntityQuery::of(&p.ck_type_id);
    if let Some(filters) = p.filters {
        let criteria = filters.into_criteria("filters")?;
        protection::refuse_filters(&graph, &p.ck_type_id, &criteria)?;
        query = query.filter(criteria);
    }
    if let Some(search) = p.text_search {
        query = query.text(search.into());
    }
    if let Some(search) = p.attribute_search {
        search.paths().try_for_each(refuse)?;
        query = query.search(search.into());
    }
    if let Some(near) = p.near {
        refuse(near.path())?;
        query = query.near(near.into());
    }
    p.view.answer(&tenant, query, p.ck_type_id.clone()).await
}

pub(super) async fn query_entities_simple(
    cx: TenantCall,
    p: QueryEntitiesSimple,
) -> ToolResult<Data<EntityList>> {
    let ck_type_id = p.ck_type_id.clone();
    let answer = query_simple(&cx, p).await.map(Data);
    answer.map_err(|failure| failure.with("ckTypeId", ck_type_id))
}

async fn query_simple(cx: &TenantCall, p: QueryEntitiesSimple) -> Result<EntityList, Failure> {
    let tenant = cx.data().await?;
    let mut query = EntityQuery::of(&p.ck_type_id);
    if let Some(filters) = p.simple_filters {
        let criteria = filters.into_criteria("simpleFilters");
        protection::refuse_filters(&tenant.graph(), &p.ck_type_id, &criteria)?;
        query = query.filter(criteria);
    }
    p.view.answer(&tenant, query, p.ck_type_id).await
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
    /// Pass it as cursor to get the next page; absent on the last page.
    next_cursor: Option<String>,
}

impl View {
    async fn answer(
        self,
        tenant: &Tenant,
        query: EntityQuery,
        ck_type_id: String,
    ) -> Result<EntityList, Failure> {
        let graph = tenant.graph();
        let paths = self.attribute_paths.unwrap_or_default();
        let columns = Columns::of(&paths)?;
        let keys = self.sort.as_deref().unwrap_or_default();
        let mut query = sorted(query, keys, &graph, &ck_type_id)?
            .skip(self.offset.unwrap_or(0))
            .take(self.limit.unwrap_or(DEFAULT_LIMIT));
        if let Some(cursor) = self.cursor.filter(|cursor| !cursor.trim().is_empty()) {
            query = query.after(cursor);
        }
        if self.navigation_filter_mode == Some(FilterMode::Filter) {
            columns
                .linked()
                .try_for_each(|path| protection::refuse_path(&graph, &ck_type_id, path))?;
            query = query.reaching(columns.linked().map(str::to_owned));
        }
        if self.include_archived.unwrap_or(false) {
            query = query.include_archived();
        }
        let page = tenant.page(query).await?;
        let entities = columns.shown(tenant, &ck_type_id, page.items).await?;
        Ok(EntityList {
            ck_type_id,
            total_count: page.total,
            returned_count: entities.len(),
            entities,
            next_cursor: page.next,
        })
    }
}
