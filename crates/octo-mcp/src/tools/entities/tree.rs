//! Entities and what hangs below them (spec, runtime 2.10).

use octo_ck::{RtCkId, TypeGraph};
use octo_runtime::dto::{AttributeDto, EntityDto, Projection};
use octo_runtime::{EntityQuery, RtId, Stop, Tree, TreeNode, TreeQuery};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::associations::{LinkDirection, find_role};
use super::criteria::SimpleFilters;
use super::{AttributeItem, protection, shown};
use crate::call::TenantCall;
use crate::reply::{Data, Failure, ToolResult};

/// Nodes returned when no limit is given.
const DEFAULT_NODES: usize = 1000;

/// Shows entities and everything associated with them by a role, level by level. Inbound: from
/// parents down to children (System/ParentChild). Outbound: from children up to parents.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct GetAssociationTree {
    /// Type of the entities to start from; derived types are included.
    root_ck_type_id: String,
    /// Id of the role, e.g. "System/ParentChild".
    ck_role_id: String,
    /// Inbound: to the origins of associations. Outbound: to their targets. Any: both.
    direction: LinkDirection,
    /// Levels below the roots; 0 for the roots alone.
    #[serde(default = "default_depth")]
    #[schemars(range(max = 32))]
    max_depth: i64,
    /// Only return these attributes; paths reach into records (address.city).
    attribute_paths: Option<Vec<String>>,
    /// Conditions on the roots: a list of {attributePath, value}, or an object {path: value}; e.g.
    /// {rtId: …} for one entity.
    root_filters: Option<SimpleFilters>,
    /// At most so many nodes in all levels; default 1000.
    #[schemars(range(min = 1, max = 10000))]
    max_nodes: Option<usize>,
}

fn default_depth() -> i64 {
    2
}

/// Trees of entities.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct AssociationTree {
    /// The type of the roots asked for.
    root_ck_type_id: String,
    /// The role asked for.
    ck_role_id: String,
    /// The direction asked for.
    direction: LinkDirection,
    /// Levels asked for.
    max_depth: i64,
    /// The roots.
    nodes: Vec<Branch>,
    /// Nodes returned, all levels together.
    node_count: usize,
    /// Roots there are; more than returned when maxNodes is too small.
    total_roots: u64,
    /// Something was left out because of maxNodes.
    is_truncated: bool,
}

/// An entity in a tree.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Branch {
    /// Id of the entity.
    #[schemars(with = "String")]
    rt_id: RtId,
    /// Its concrete type.
    #[schemars(with = "String")]
    ck_type_id: RtCkId,
    /// Its name for look-ups, if it has one.
    rt_well_known_name: Option<String>,
    /// Its name for people, if it has one.
    rt_display_name: Option<String>,
    /// Its values.
    #[schemars(with = "Vec<AttributeItem>")]
    attributes: Vec<AttributeDto>,
    /// The entities below, by id; absent when there are none or the depth is used up.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    children: Vec<Branch>,
    /// Why there may be more below. Cycle: the entity stands above itself. Limit: maxNodes was
    /// reached.
    stop: Option<StopReason>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(inline)]
enum StopReason {
    Cycle,
    Limit,
}

pub(super) async fn get_association_tree(
    cx: TenantCall,
    p: GetAssociationTree,
) -> ToolResult<Data<AssociationTree>> {
    let (role, direction, max_depth) = (p.ck_role_id.clone(), p.direction, p.max_depth);
    let tree = tree(&cx, p).await.map(Data);
    tree.map_err(|failure| {
        failure
            .with("ckRoleId", role)
            .with("direction", direction)
            .with("maxDepth", max_depth)
    })
}

async fn tree(cx: &TenantCall, p: GetAssociationTree) -> Result<AssociationTree, Failure> {
    let tenant = cx.data().await?;
    let graph = tenant.graph();
    let role = find_role(&graph, &p.ck_role_id)?.rt_id.to_string();
    let projection = Projection::of(p.attribute_paths.as_deref().unwrap_or_default())?;
    let mut roots = EntityQuery::of(&p.root_ck_type_id);
    if let Some(filters) = p.root_filters {
        let criteria = filters.into_criteria("rootFilters");
        protection::refuse_filters(&graph, &p.root_ck_type_id, &criteria)?;
        roots = roots.filter(criteria);
    }
    let depth = u32::try_from(p.max_depth.max(0)).unwrap_or(u32::MAX);
    let query = TreeQuery::new(roots, role, p.direction.into())
        .max_depth(depth)
        .max_nodes(p.max_nodes.unwrap_or(DEFAULT_NODES));
    let tree = tenant.tree(query).await?;
    let painter = Painter {
        tree: &tree,
        graph: &graph,
        projection: &projection,
    };
    let roots = tree.nodes.iter().take(tree.root_count);
    Ok(AssociationTree {
        root_ck_type_id: p.root_ck_type_id,
        ck_role_id: p.ck_role_id,
        direction: p.direction,
        max_depth: p.max_depth,
        nodes: roots.filter_map(|node| painter.branch(node)).collect(),
        node_count: tree.nodes.len(),
        total_roots: tree.root_total,
        is_truncated: tree.is_truncated,
    })
}

struct Painter<'t> {
    tree: &'t Tree,
    graph: &'t TypeGraph,
    projection: &'t Projection,
}

impl Painter<'_> {
    /// A node and all below. Calls itself once per level, and levels are limited.
    fn branch(&self, node: &TreeNode) -> Option<Branch> {
        let entity = self.tree.entity(node)?.clone();
        let EntityDto {
            rt_id,
            ck_type_id,
            rt_well_known_name,
            rt_display_name,
            attributes,
            ..
        } = shown(entity, self.graph, self.projection);
        let children = node.children.iter().map(|at| &self.tree.nodes[*at]);
        Some(Branch {
            rt_id,
            ck_type_id,
            rt_well_known_name,
            rt_display_name,
            attributes,
            children: children.filter_map(|child| self.branch(child)).collect(),
            stop: node.stop.map(|stop| match stop {
                Stop::Cycle => StopReason::Cycle,
                Stop::Limit => StopReason::Limit,
            }),
        })
    }
}
