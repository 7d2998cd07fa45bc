//! Walks along the associations of a role: trees to look at, everything that can be reached, and
//! deep graphs to export (spec 2.10, 8.4, 11.6).
//!
//! A walk reads level by level: the edges of all entities of a level together, then the entities at
//! their far ends. How many steps it takes depends on how deep it goes, not on how many entities it
//! meets. Every walk ends: entities met before are not walked through again, and there is a limit
//! to how many it meets. A walk is not one moment: each of its steps sees what is stored then.

use std::collections::HashSet;

use octo_ck::RtCkId;

use crate::entity::{Association, Direction};
use crate::error::RuntimeError;
use crate::resolve;
use crate::rt_id::RtId;
use crate::store::{EdgePage, EdgeQuery};
use crate::tenant::Tenant;

mod deep;
mod tree;

pub use deep::{DeepGraph, DeepGraphQuery};
pub use tree::{Stop, Tree, TreeNode, TreeQuery};

/// Entities whose edges are read together.
const NEAR_ENDS: usize = 1000;
/// Edges read together.
const EDGES: usize = 5000;

/// Edges of one role in one direction, or in both.
#[derive(Debug, Clone)]
struct Path {
    role: RtCkId,
    direction: Direction,
}

impl Path {
    fn new(role: &str, direction: Direction) -> Result<Self, RuntimeError> {
        Ok(Self {
            role: resolve::role_id(role)?,
            direction,
        })
    }

    /// The directions one after the other, so that each edge has one near end.
    fn directions(&self) -> &'static [Direction] {
        match self.direction {
            Direction::Outbound => &[Direction::Outbound],
            Direction::Inbound => &[Direction::Inbound],
            Direction::Any => &[Direction::Outbound, Direction::Inbound],
        }
    }

    /// Shows near and far end of each edge of these entities to `visit`, as long as it returns
    /// true.
    async fn follow(
        &self,
        tenant: &Tenant,
        near: &[RtId],
        mut visit: impl FnMut(RtId, RtId) -> bool,
    ) -> Result<(), RuntimeError> {
        for direction in self.directions() {
            for near in near.chunks(NEAR_ENDS) {
                let query = EdgeQuery {
                    entities: near.to_vec(),
                    role: Some(self.role.clone()),
                    direction: *direction,
                };
                let mut edges = Edges::new(query);
                while let Some(page) = edges.next(tenant).await? {
                    let ends = page.iter().map(|edge| ends(edge, *direction));
                    for (near, far) in ends {
                        if !visit(near, far) {
                            return Ok(());
                        }
                    }
                }
            }
        }
        Ok(())
    }
}

/// Near and far end.
fn ends(edge: &Association, direction: Direction) -> (RtId, RtId) {
    match direction {
        Direction::Inbound => (edge.target.rt_id, edge.origin.rt_id),
        Direction::Outbound | Direction::Any => (edge.origin.rt_id, edge.target.rt_id),
    }
}

/// The edges that meet a query, page by page.
#[derive(Debug)]
struct Edges {
    query: EdgeQuery,
    page: EdgePage,
    is_done: bool,
}

impl Edges {
    fn new(query: EdgeQuery) -> Self {
        Self {
            query,
            page: EdgePage::first(EDGES),
            is_done: false,
        }
    }

    async fn next(&mut self, tenant: &Tenant) -> Result<Option<Vec<Association>>, RuntimeError> {
        if self.is_done {
            return Ok(None);
        }
        let (query, page) = (self.query.clone(), self.page.clone());
        let graph = tenant.graph();
        let found = tenant.store().edges(&graph, query, page).await;
        let found = tenant.checked_store(found)?;
        self.is_done = found.len() < EDGES;
        self.page.after = found.last().map(Association::key);
        Ok((!found.is_empty()).then_some(found))
    }
}

/// Ids of all entities that can be reached, the nearest first, without those started from unless
/// the path leads back to them.
async fn reachable(
    tenant: &Tenant,
    path: &Path,
    from: &[RtId],
    limit: usize,
) -> Result<Vec<RtId>, RuntimeError> {
    let mut found = Vec::new();
    let mut met = HashSet::new();
    let start: HashSet<RtId> = from.iter().copied().collect();
    let mut level: Vec<RtId> = from.to_vec();
    while !level.is_empty() {
        let mut next = Vec::new();
        path.follow(tenant, &level, |_, far| {
            if met.insert(far) {
                next.push(far);
            }
            met.len() <= limit
        })
        .await?;
        if met.len() > limit {
            return Err(RuntimeError::InvalidQuery(vec![format!(
                "More than {limit} entities can be reached by '{}'. Start from fewer entities.",
                path.role
            )]));
        }
        found.extend(&next);
        // Where the walk started needs no second visit.
        next.retain(|id| !start.contains(id));
        level = next;
    }
    Ok(found)
}
