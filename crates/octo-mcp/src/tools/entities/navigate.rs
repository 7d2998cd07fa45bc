//! From an entity to its neighbours (spec, runtime 2.9, 8.2).

use octo_ck::TypeGraph;
use octo_ck::graph::{AssociationNode, RoleNode};
use octo_runtime::dto::{AssociationDto, EntityDto};
use octo_runtime::{AssociationQuery, Direction, Entity, EntityQuery, RtId, TargetQuery, Tenant};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::associations::{AssociationItem, LinkDirection, find_role};
use super::columns::Columns;
use super::criteria::SimpleFilters;
use super::sort::{SortKey, sorted};
use super::{EntityItem, parse_id, protection};
use crate::call::TenantCall;
use crate::reply::{Done, Failure, ToolResult};

/// Entities returned when no limit is given.
const DEFAULT_LIMIT: u64 = 100;
/// The type all entities have.
const ANY_TYPE: &str = "System/Entity";

/// Lists the entities associated with an entity by a role, and the associations themselves.
/// Outbound: from the origin of associations to their targets (from a child to its parent by
/// System/ParentChild). Inbound: from the target to the origins (from a parent to its children).
/// get_type_schema tells which roles a type has. Pass nextCursor as cursor, everything else
/// unchanged, to get the next page.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct NavigateAssociations {
    /// Id of the type of the entity to start from, or of a base type.
    ck_type_id: String,
    /// Id of the entity to start from, 24 hex digits.
    rt_id: String,
    /// Id of the role, e.g. "System/ParentChild".
    ck_role_id: String,
    /// Outbound: the entity is the origin. Inbound: the entity is the target. Any: both.
    direction: LinkDirection,
    /// Only entities of this type or derived from it. Default: all.
    target_type_id: Option<String>,
    /// Conditions on the entities found: a list of {attributePath, value}, or an object
    /// {path: value}.
    filters: Option<SimpleFilters>,
    /// Only return these attributes; paths reach into records (address.city), lists
    /// (items[0].name) and, from the targetTypeId, over associations (parent.Basic/City->name).
    attribute_paths: Option<Vec<String>>,
    /// Order of the entities; default: by id.
    sort: Option<Vec<SortKey>>,
    /// At most so many entities; default 100.
    #[schemars(range(min = 1, max = 1000))]
    limit: Option<u64>,
    /// Leave out so many entities first.
    #[schemars(range(min = 0))]
    offset: Option<u64>,
    /// nextCursor of the page before, instead of offset.
    cursor: Option<String>,
}

/// Neighbours of an entity.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Neighbours {
    /// The type asked for.
    origin_ck_type_id: String,
    /// Id of the entity started from.
    origin_rt_id: String,
    /// The role asked for.
    ck_role_id: String,
    /// The type of neighbours asked for.
    target_type_id: String,
    /// All matches, not only those returned.
    total_count: u64,
    /// Entities returned.
    returned_count: usize,
    /// The entities.
    #[schemars(with = "Vec<EntityItem>")]
    entities: Vec<EntityDto>,
    /// The associations that lead to the entities returned.
    #[schemars(with = "Vec<AssociationItem>")]
    associations: Vec<AssociationDto>,
    /// Pass it as cursor to get the next page; absent on the last page.
    next_cursor: Option<String>,
}

pub(super) async fn navigate_associations(
    cx: TenantCall,
    p: NavigateAssociations,
) -> ToolResult<Done<Neighbours>> {
    let (origin_type, origin, role) = (p.ck_type_id.clone(), p.rt_id.clone(), p.ck_role_id.clone());
    let target_type = p.target_type_id.clone();
    navigate(&cx, p).await.map_err(|failure| {
        failure
            .with("originCkTypeId", origin_type)
            .with("originRtId", origin)
            .with("ckRoleId", role)
            .with("targetTypeId", target_type)
    })
}

async fn navigate(cx: &TenantCall, p: NavigateAssociations) -> ToolResult<Done<Neighbours>> {
    let rt_id = parse_id(&p.rt_id)?;
    let tenant = cx.data().await?;
    let graph = tenant.graph();
    let role = find_role(&graph, &p.ck_role_id)?;
    let target_type = p.target_type_id.unwrap_or_else(|| ANY_TYPE.to_owned());
    let paths = p.attribute_paths.unwrap_or_default();
    let columns = Columns::of(&paths)?;
    let mut far = EntityQuery::of(&target_type)
        .skip(p.offset.unwrap_or(0))
        .take(p.limit.unwrap_or(DEFAULT_LIMIT));
    if let Some(filters) = p.filters {
        let criteria = filters.into_criteria("filters");
        protection::refuse_filters(&graph, &target_type, &criteria)?;
        far = far.filter(criteria);
    }
    if let Some(cursor) = p.cursor.filter(|cursor| !cursor.trim().is_empty()) {
        far = far.after(cursor);
    }
    let sort = p.sort.as_deref().unwrap_or_default();
    let far = sorted(far, sort, &graph, &target_type)?;
    let source = source(&tenant, &p.ck_type_id, &p.rt_id, rt_id).await?;
    let direction = p.direction.into();
    let role_id = role.rt_id.to_string();
    let targets = TargetQuery::new(rt_id, &role_id, direction).to(far);
    let page = tenant.targets(targets).await?;
    let edges = AssociationQuery::of(rt_id)
        .role(&role_id)
        .direction(direction)
        .far_ends(page.items.iter().map(|entity| entity.rt_id))
        // Two entities can have an association in each direction.
        .take(page.items.len() * 2);
    let edges = tenant.associations(edges).await?;
    let neighbours = Neighbours {
        origin_ck_type_id: p.ck_type_id,
        origin_rt_id: p.rt_id,
        ck_role_id: p.ck_role_id,
        total_count: page.total,
        returned_count: page.items.len(),
        associations: edges
            .iter()
            .map(|edge| AssociationDto::new(edge, &graph))
            .collect(),
        entities: columns.shown(&tenant, &target_type, page.items).await?,
        target_type_id: target_type,
        next_cursor: page.next,
    };
    let message = summary(&neighbours, &graph, &source, role, direction);
    Ok(Done::new(message, neighbours))
}

async fn source(
    tenant: &Tenant,
    ck_type: &str,
    given_id: &str,
    rt_id: RtId,
) -> Result<Entity, Failure> {
    let found = tenant.get(ck_type, rt_id).await?;
    found.ok_or_else(|| {
        Failure::new(format!(
            "Source entity with ID '{given_id}' not found in type '{ck_type}'"
        ))
    })
}

fn summary(
    neighbours: &Neighbours,
    graph: &TypeGraph,
    source: &Entity,
    role: &RoleNode,
    direction: Direction,
) -> String {
    let Neighbours {
        total_count,
        returned_count,
        ..
    } = neighbours;
    let mut text = format!("{returned_count} of {total_count} associated entities returned.");
    if *total_count == 0
        && let Some(hint) = hint(graph, source, role, direction)
    {
        text.push(' ');
        text.push_str(&hint);
    }
    text
}

/// Why nothing can be found, where the model tells.
fn hint(
    graph: &TypeGraph,
    source: &Entity,
    role: &RoleNode,
    direction: Direction,
) -> Option<String> {
    let node = graph.type_node(&source.ck_type_id)?;
    let has = |side: &[AssociationNode]| side.iter().any(|a| a.role.rt_id == role.rt_id);
    let (is_outbound, is_inbound) = (has(&node.outbound), has(&node.inbound));
    let (type_id, role_id) = (&node.rt_id, &role.rt_id);
    match (direction, is_outbound, is_inbound) {
        (_, false, false) => Some(format!("Type '{type_id}' has no role '{role_id}'.")),
        (Direction::Outbound, false, true) => Some(format!(
            "Type '{type_id}' has role '{role_id}' with direction Inbound only."
        )),
        (Direction::Inbound, true, false) => Some(format!(
            "Type '{type_id}' has role '{role_id}' with direction Outbound only."
        )),
        _ => None,
    }
}
