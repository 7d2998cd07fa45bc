//! Entities and what hangs below them (spec 2.10).

use std::collections::{HashMap, HashSet};

use super::Path;
use crate::entity::{Direction, Entity};
use crate::error::RuntimeError;
use crate::query::EntityQuery;
use crate::rt_id::RtId;
use crate::tenant::Tenant;

/// The type all entities have.
const ENTITY: &str = "System/Entity";

/// Which tree to read.
#[derive(Debug, Clone, PartialEq)]
pub struct TreeQuery {
    roots: EntityQuery,
    role: String,
    direction: Direction,
    max_depth: u32,
    max_nodes: usize,
}

impl TreeQuery {
    /// From the entities that meet `roots` along `role`: with [`Direction::Inbound`] from parents
    /// to children, with [`Direction::Outbound`] from children to parents. Two levels below the
    /// roots and 1000 nodes, unless told otherwise.
    pub fn new(roots: EntityQuery, role: impl Into<String>, direction: Direction) -> Self {
        Self {
            roots,
            role: role.into(),
            direction,
            max_depth: 2,
            max_nodes: 1000,
        }
    }

    /// So many levels below the roots.
    #[must_use]
    pub fn max_depth(mut self, levels: u32) -> Self {
        self.max_depth = levels;
        self
    }

    /// So many nodes at most, roots included; upper levels come first.
    #[must_use]
    pub fn max_nodes(mut self, count: usize) -> Self {
        self.max_nodes = count;
        self
    }
}

/// A tree, or several. An entity that can be reached on several ways stands at the end of each.
#[derive(Debug)]
pub struct Tree {
    /// All nodes, level by level; the roots come first.
    pub nodes: Vec<TreeNode>,
    /// How many of the nodes are roots.
    pub root_count: usize,
    /// How many roots there would be without limit.
    pub root_total: u64,
    /// Whether the limit of nodes left something out.
    pub is_truncated: bool,
    entities: HashMap<RtId, Entity>,
}

/// A place in a tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TreeNode {
    /// The entity that stands there.
    pub rt_id: RtId,
    /// Positions of the nodes below, by id of their entities.
    pub children: Vec<usize>,
    /// Why there may be more below than shown; reaching the depth is no such reason.
    pub stop: Option<Stop>,
    parent: Option<usize>,
}

/// Why a tree does not go on at a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// The entity stands above itself: what is below is shown there.
    Cycle,
    /// There are as many nodes as allowed.
    Limit,
}

impl Tree {
    /// The entity of a node.
    pub fn entity(&self, node: &TreeNode) -> Option<&Entity> {
        self.entities.get(&node.rt_id)
    }
}

impl Tenant {
    /// Reads a tree. An unknown role gives roots without children.
    ///
    /// # Errors
    /// What is wrong with the query for the roots, a role that is not an id, a failing store.
    pub async fn tree(&self, query: TreeQuery) -> Result<Tree, RuntimeError> {
        let path = Path::new(&query.role, query.direction)?;
        let roots = query.roots.take(query.max_nodes as u64);
        let roots = self.query(roots).await?;
        let mut grower = Grower {
            tenant: self,
            path,
            max_nodes: query.max_nodes,
            tree: Tree {
                nodes: Vec::new(),
                root_count: roots.items.len(),
                root_total: roots.total,
                is_truncated: roots.total > roots.items.len() as u64,
                entities: HashMap::new(),
            },
            below: HashMap::new(),
        };
        let mut level: Vec<usize> = Vec::with_capacity(roots.items.len());
        for entity in roots.items {
            level.push(grower.plant(entity.rt_id, None));
            grower.tree.entities.insert(entity.rt_id, entity);
        }
        for _ in 0..query.max_depth {
            if level.is_empty() {
                break;
            }
            level = grower.grow(&level).await?;
        }
        Ok(grower.tree)
    }
}

struct Grower<'t> {
    tenant: &'t Tenant,
    path: Path,
    max_nodes: usize,
    tree: Tree,
    /// What is known to be below entities; each is asked for once.
    below: HashMap<RtId, Vec<RtId>>,
}

impl Grower<'_> {
    /// The next level.
    async fn grow(&mut self, level: &[usize]) -> Result<Vec<usize>, RuntimeError> {
        let is_complete = self.look_below(level).await?;
        let mut next = Vec::new();
        for at in level {
            if self.tree.nodes[*at].stop == Some(Stop::Cycle) {
                continue;
            }
            let rt_id = self.tree.nodes[*at].rt_id;
            let Some(children) = self.below.get(&rt_id) else {
                // Not looked at, because there was no room any more.
                self.truncate(*at);
                continue;
            };
            let room = self.max_nodes.saturating_sub(self.tree.nodes.len());
            let has_room = children.len() <= room;
            for child in children.iter().take(room).copied().collect::<Vec<_>>() {
                let child = self.plant(child, Some(*at));
                self.tree.nodes[*at].children.push(child);
                next.push(child);
            }
            if !has_room {
                self.truncate(*at);
            }
        }
        self.tree.is_truncated |= !is_complete;
        Ok(next)
    }

    fn truncate(&mut self, at: usize) {
        self.tree.nodes[at].stop = Some(Stop::Limit);
        self.tree.is_truncated = true;
    }

    fn plant(&mut self, rt_id: RtId, parent: Option<usize>) -> usize {
        let nodes = &mut self.tree.nodes;
        let mut above = parent;
        let mut stop = None;
        while let Some(at) = above {
            if nodes[at].rt_id == rt_id {
                stop = Some(Stop::Cycle);
                break;
            }
            above = nodes[at].parent;
        }
        nodes.push(TreeNode {
            rt_id,
            children: Vec::new(),
            stop,
            parent,
        });
        nodes.len() - 1
    }

    /// Finds out what is below the entities of a level, with their entities; false when there is
    /// more than there is room for.
    async fn look_below(&mut self, level: &[usize]) -> Result<bool, RuntimeError> {
        let mut asked = HashSet::new();
        let near: Vec<RtId> = level
            .iter()
            .map(|at| &self.tree.nodes[*at])
            .filter(|node| node.stop.is_none() && !self.below.contains_key(&node.rt_id))
            .map(|node| node.rt_id)
            .filter(|id| asked.insert(*id))
            .collect();
        let room = self.max_nodes.saturating_sub(self.tree.nodes.len());
        let mut found: HashMap<RtId, Vec<RtId>> = HashMap::new();
        let mut count = 0;
        self.path
            .follow(self.tenant, &near, |near, far| {
                let children = found.entry(near).or_default();
                children.push(far);
                count += 1;
                // Both directions may lead to the same entity.
                count <= room.saturating_mul(2)
            })
            .await?;
        let is_complete = count <= room.saturating_mul(2);
        self.load(found.values().flatten()).await?;
        for rt_id in near {
            let mut children = found.remove(&rt_id).unwrap_or_default();
            children.retain(|id| self.tree.entities.contains_key(id));
            children.sort_unstable();
            children.dedup();
            // Without room for all, having found nothing means nothing.
            if is_complete || !children.is_empty() {
                self.below.insert(rt_id, children);
            }
        }
        Ok(is_complete)
    }

    /// Reads entities that were not met before; those that are gone stay unknown.
    async fn load(&mut self, ids: impl Iterator<Item = &RtId>) -> Result<(), RuntimeError> {
        let known = &self.tree.entities;
        let new: HashSet<RtId> = ids.filter(|id| !known.contains_key(id)).copied().collect();
        if new.is_empty() {
            return Ok(());
        }
        let query = EntityQuery::of(ENTITY).ids(new);
        for entity in self.tenant.query(query).await?.items {
            self.tree.entities.insert(entity.rt_id, entity);
        }
        Ok(())
    }
}
