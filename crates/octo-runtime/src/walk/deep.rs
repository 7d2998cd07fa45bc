//! Everything below some entities, for exports (spec 8.4, 11.6).

use std::collections::{HashMap, HashSet};

use super::{Edges, NEAR_ENDS, Path, reachable};
use crate::entity::{Association, Direction, Entity};
use crate::error::RuntimeError;
use crate::query::{EntityQuery, Page, TargetQuery};
use crate::resolve;
use crate::rt_id::RtId;
use crate::store::EdgeQuery;
use crate::tenant::Tenant;

/// Entities a walk may meet unless told otherwise.
const MAX_ENTITIES: usize = 1_000_000;
/// Entities in a batch.
const BATCH: usize = 500;
/// The type all entities have.
const ENTITY: &str = "System/Entity";

/// From which entities a deep graph starts, and where it goes.
#[derive(Debug, Clone, PartialEq)]
pub struct DeepGraphQuery {
    roots: Vec<RtId>,
    role: String,
    direction: Direction,
    max_entities: usize,
}

impl DeepGraphQuery {
    /// The entities of these ids and everything below them: what points to them by `role`, what
    /// points to that, and so on.
    pub fn below(roots: impl IntoIterator<Item = RtId>, role: impl Into<String>) -> Self {
        Self {
            roots: roots.into_iter().collect(),
            role: role.into(),
            direction: Direction::Inbound,
            max_entities: MAX_ENTITIES,
        }
    }

    /// Goes in another direction.
    #[must_use]
    pub fn direction(mut self, direction: Direction) -> Self {
        self.direction = direction;
        self
    }

    /// Fails when there are more entities; a million unless told otherwise.
    #[must_use]
    pub fn max_entities(mut self, count: usize) -> Self {
        self.max_entities = count;
        self
    }
}

/// A set of entities and all associations among them, of any role, read batch by batch.
///
/// Only the ids are kept in memory (some 50 bytes each); entities and associations pass through.
/// What is deleted or archived while it is read is left out.
#[derive(Debug)]
pub struct DeepGraph<'t> {
    tenant: &'t Tenant,
    /// In the order of the walk: roots first, then level by level.
    ids: Vec<RtId>,
    members: HashSet<RtId>,
    entities_read: usize,
    edges_started: usize,
    edges: Option<Edges>,
}

impl DeepGraph<'_> {
    /// How many entities it has.
    pub fn entity_count(&self) -> usize {
        self.ids.len()
    }

    /// The next entities: roots first, then level by level. `None` when all were read.
    ///
    /// # Errors
    /// A failing store.
    pub async fn next_entities(&mut self) -> Result<Option<Vec<Entity>>, RuntimeError> {
        while self.entities_read < self.ids.len() {
            let end = (self.entities_read + BATCH).min(self.ids.len());
            let ids = &self.ids[self.entities_read..end];
            self.entities_read = end;
            let batch = in_order(self.tenant, ids).await?;
            if !batch.is_empty() {
                return Ok(Some(batch));
            }
        }
        Ok(None)
    }

    /// The next associations, by origin in the order of the entities. `None` when all were read.
    ///
    /// # Errors
    /// A failing store.
    pub async fn next_associations(&mut self) -> Result<Option<Vec<Association>>, RuntimeError> {
        let tenant = self.tenant;
        while let Some(edges) = self.open_edges() {
            match edges.next(tenant).await? {
                None => self.edges = None,
                Some(mut page) => {
                    page.retain(|edge| self.members.contains(&edge.target.rt_id));
                    if !page.is_empty() {
                        return Ok(Some(page));
                    }
                }
            }
        }
        Ok(None)
    }

    /// The edges being read, or those of the next entities.
    fn open_edges(&mut self) -> Option<&mut Edges> {
        if self.edges.is_none() {
            let end = (self.edges_started + NEAR_ENDS).min(self.ids.len());
            let entities = self.ids[self.edges_started..end].to_vec();
            if entities.is_empty() {
                return None;
            }
            self.edges_started = end;
            self.edges = Some(Edges::new(EdgeQuery {
                entities,
                role: None,
                direction: Direction::Outbound,
            }));
        }
        self.edges.as_mut()
    }
}

impl Tenant {
    /// The graph of some entities and everything below them. Ids of entities that do not exist are
    /// left out; an unknown role leads nowhere.
    ///
    /// # Errors
    /// A role that is not an id, more entities than allowed, a failing store.
    pub async fn deep_graph(&self, query: DeepGraphQuery) -> Result<DeepGraph<'_>, RuntimeError> {
        let path = Path::new(&query.role, query.direction)?;
        let mut ids = Vec::new();
        for roots in query.roots.chunks(BATCH) {
            let there = in_order(self, roots).await?;
            ids.extend(there.iter().map(|entity| entity.rt_id));
        }
        let mut members = HashSet::new();
        ids.retain(|id| members.insert(*id));
        let below = reachable(self, &path, &ids, query.max_entities).await?;
        ids.extend(below.into_iter().filter(|id| members.insert(*id)));
        Ok(DeepGraph {
            tenant: self,
            ids,
            members,
            entities_read: 0,
            edges_started: 0,
            edges: None,
        })
    }

    /// Entities that can be reached from an entity over any number of edges of one role: as
    /// [`targets`](Self::targets), but not only the next ones. The entity itself is among them only
    /// when a path leads back to it.
    ///
    /// # Errors
    /// As [`targets`](Self::targets); more than a million entities can be reached.
    pub async fn reachable(&self, query: TargetQuery) -> Result<Page<Entity>, RuntimeError> {
        let graph = self.graph();
        let mut far = resolve::query(&graph, &query.far)?;
        let path = Path::new(&query.role, query.direction)?;
        let mut ids = reachable(self, &path, &[query.entity], MAX_ENTITIES).await?;
        if let Some(wanted) = &far.ids {
            let wanted: HashSet<&RtId> = wanted.iter().collect();
            ids.retain(|id| wanted.contains(id));
        }
        far.ids = Some(ids);
        self.checked_store(self.store().query(&graph, far).await)
    }
}

/// The active entities of these ids, in their order.
async fn in_order(tenant: &Tenant, ids: &[RtId]) -> Result<Vec<Entity>, RuntimeError> {
    let query = EntityQuery::of(ENTITY).ids(ids.iter().copied());
    let found = tenant.query(query).await?.items.into_iter();
    let mut by_id: HashMap<RtId, Entity> = found.map(|entity| (entity.rt_id, entity)).collect();
    Ok(ids.iter().filter_map(|id| by_id.remove(id)).collect())
}
