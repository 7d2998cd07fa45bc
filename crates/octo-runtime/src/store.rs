//! What a database of a tenant must offer.
//!
//! An [`EntityStore`] keeps the entities, associations and models of one tenant. It knows nothing
//! about rules: queries reach it resolved against the type graph ([`StoreQuery`]), changes reach
//! it validated. The graph passed along is needed only to turn stored values back into typed ones.
//!
//! Changes run as *work*: a closure that reads and writes through a [`WriteTransaction`]. A store
//! runs works one after the other (or isolated as if it did), each all or nothing, and
//! acknowledges a work only once its changes would survive a power failure. A store may run a work
//! again after a transient conflict, hence `FnMut`.
//!
//! Every store passes the suite in `tests/store_contract`.

use std::io::Read;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use jiff::Timestamp;
use octo_ck::{RtCkId, TypeGraph};

use crate::attributes::Attributes;
use crate::entity::{Association, Entity, RtState};
use crate::query::Page;
use crate::rt_id::RtId;

pub mod aggregation;
pub mod binary;
pub mod edge;
pub mod filter;
pub mod paging;
pub mod search;
pub mod sqlite;

pub use aggregation::{Aggregation, Figure, Function, Group, Groups, Measure, Source};
pub use binary::StoredBinary;
pub use edge::{EdgeKey, EdgePage, EdgeQuery};
pub use filter::{
    Comparison, Field, FieldPath, Filter, Link, PathIndex, PathStep, SortKey, StoreQuery,
    SystemField, Test, TypeScope,
};
pub use paging::{EntityPage, KeyValue, Position};
pub use search::{Distance, TextField, TextSearch};

/// A database of one tenant.
#[async_trait]
pub trait EntityStore: Send + Sync {
    /// The entity of that id, archived or not.
    async fn entity(
        &self,
        graph: &Arc<TypeGraph>,
        rt_id: RtId,
    ) -> Result<Option<Entity>, StoreError>;

    /// Entities that meet a query. Page and total are one consistent view.
    async fn query(
        &self,
        graph: &Arc<TypeGraph>,
        query: StoreQuery,
    ) -> Result<Page<Entity>, StoreError>;

    /// A page of entities that meet a query, and where it ends. Counts only when `count` says so:
    /// who walks through all pages needs the total once.
    async fn page(
        &self,
        graph: &Arc<TypeGraph>,
        query: StoreQuery,
        count: bool,
    ) -> Result<EntityPage, StoreError>;

    /// For each entity the first ones at the far end of a link, by id, at most `limit` of them.
    async fn linked(
        &self,
        graph: &Arc<TypeGraph>,
        near: Vec<RtId>,
        link: Link,
        limit: usize,
    ) -> Result<Vec<Vec<Entity>>, StoreError>;

    /// For each entity the number of entities at the far end of a link.
    async fn link_counts(&self, near: Vec<RtId>, link: Link) -> Result<Vec<u64>, StoreError>;

    /// Figures over all entities that meet a query, whatever its sort order and paging; one
    /// consistent view, in memory that does not grow with the matches.
    async fn aggregate(&self, aggregation: Aggregation) -> Result<Groups, StoreError>;

    /// A page of the edges of entities, in the order of [`EdgeQuery`].
    async fn edges(
        &self,
        graph: &Arc<TypeGraph>,
        query: EdgeQuery,
        page: EdgePage,
    ) -> Result<Vec<Association>, StoreError>;

    /// As [`page`](Self::page), of the distinct entities at the far ends of edges.
    async fn far_ends(
        &self,
        graph: &Arc<TypeGraph>,
        edges: EdgeQuery,
        far: StoreQuery,
        count: bool,
    ) -> Result<EntityPage, StoreError>;

    /// What is recorded about a stored file.
    async fn binary(&self, id: RtId) -> Result<Option<StoredBinary>, StoreError>;

    /// Bytes of a stored file from `offset` on, as many as the store likes to hand out at once but
    /// never more than 1 MiB; `None` at its end, or when there is no such file.
    async fn binary_part(&self, id: RtId, offset: u64) -> Result<Option<Vec<u8>>, StoreError>;

    /// All models, ordered by name.
    async fn models(&self) -> Result<Vec<StoredModel>, StoreError>;

    /// Runs a work; returns after its changes are durable, or undone when it asks for that.
    async fn write(&self, graph: Arc<TypeGraph>, work: Work) -> Result<(), StoreError>;

    /// Ends all use of the database; later calls fail with [`StoreError::Closed`].
    async fn close(&self) -> Result<(), StoreError>;
}

/// A change that runs inside a transaction.
pub type Work = Box<dyn FnMut(&mut dyn WriteTransaction) -> Outcome + Send>;

/// How a work ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Keep its changes.
    Commit,
    /// Undo its changes.
    RollBack,
}

/// Reads and writes of one work. Reads see the work's own writes.
pub trait WriteTransaction {
    /// The entity of that id, archived or not.
    fn entity(&mut self, rt_id: RtId) -> Result<Option<Entity>, StoreError>;

    /// Entities that meet a query.
    fn query(&mut self, query: &StoreQuery) -> Result<Page<Entity>, StoreError>;

    /// Ids of the entities that meet a query, in its order.
    fn find_ids(&mut self, query: &StoreQuery) -> Result<Vec<RtId>, StoreError>;

    /// Which of these ids are taken, by archived entities as well; in any order.
    fn taken_ids(&mut self, rt_ids: &[RtId]) -> Result<Vec<RtId>, StoreError>;

    /// At most `limit` entities of exactly this type, archived ones included, in ascending order of
    /// their ids, beginning after `after`. The type need not be in the graph.
    fn batch(
        &mut self,
        ck_type: &RtCkId,
        after: Option<RtId>,
        limit: usize,
    ) -> Result<Vec<Entity>, StoreError>;

    /// A page of the edges of entities, in the order of [`EdgeQuery`].
    fn edges(&mut self, query: &EdgeQuery, page: &EdgePage)
    -> Result<Vec<Association>, StoreError>;

    /// The edge of a role between two entities.
    fn edge(
        &mut self,
        origin: RtId,
        role: &RtCkId,
        target: RtId,
    ) -> Result<Option<Association>, StoreError>;

    /// Adds an entity; its id must be free.
    fn insert(&mut self, entity: &Entity) -> Result<(), StoreError>;

    /// Adds entities; their ids must be free.
    fn insert_all(&mut self, entities: &[Entity]) -> Result<(), StoreError> {
        entities.iter().try_for_each(|entity| self.insert(entity))
    }

    /// Changes an entity; only what the patch names is written.
    fn patch(&mut self, patch: &EntityPatch) -> Result<(), StoreError>;

    /// Gives an entity another type, moves it to where entities of that type are kept, and renames
    /// the type at all its edges. Writes nothing else of the entity.
    fn retype(&mut self, rt_id: RtId, ck_type: &RtCkId) -> Result<(), StoreError>;

    /// Removes an entity and the files that belong to it.
    fn erase(&mut self, rt_id: RtId) -> Result<(), StoreError>;

    /// Adds an edge.
    fn insert_edge(&mut self, edge: &Association) -> Result<(), StoreError>;

    /// Removes an edge.
    fn delete_edge(&mut self, id: RtId) -> Result<(), StoreError>;

    /// What is recorded about a stored file.
    fn binary(&mut self, id: RtId) -> Result<Option<StoredBinary>, StoreError>;

    /// Stores a file; its id must be free and its owner exist. The content must have exactly the
    /// size that is recorded, and is never held in memory as a whole.
    fn put_binary(
        &mut self,
        binary: &StoredBinary,
        content: &mut dyn Read,
    ) -> Result<(), StoreError>;

    /// Makes an entity the owner of a stored file that has none.
    fn claim_binary(&mut self, id: RtId, owner: RtId) -> Result<(), StoreError>;

    /// Removes a stored file.
    fn delete_binary(&mut self, id: RtId) -> Result<(), StoreError>;

    /// Adds a model or replaces the one of the same name.
    fn put_model(&mut self, model: &StoredModel) -> Result<(), StoreError>;

    /// Makes the indexes that speed up queries exactly these.
    fn set_indexes(&mut self, indexes: &[IndexDefinition]) -> Result<(), StoreError>;
}

/// Changes to one stored entity; `None` leaves a field as it is.
#[derive(Debug, Clone, PartialEq)]
pub struct EntityPatch {
    /// Which entity.
    pub rt_id: RtId,
    /// Its new version.
    pub version: u64,
    /// When it was changed.
    pub changed: Timestamp,
    /// Attributes to set.
    pub set: Attributes,
    /// PascalCase names of attributes to clear.
    pub clear: Vec<String>,
    /// New well-known name.
    pub well_known_name: Option<Option<String>>,
    /// New display name.
    pub display_name: Option<Option<String>>,
    /// New display description.
    pub display_description: Option<Option<String>>,
    /// New state and instant of archiving.
    pub state: Option<(RtState, Option<Timestamp>)>,
}

impl EntityPatch {
    /// A patch that writes only version and instant of change.
    pub fn touch(rt_id: RtId, version: u64, changed: Timestamp) -> Self {
        Self {
            rt_id,
            version,
            changed,
            set: Attributes::new(),
            clear: Vec::new(),
            well_known_name: None,
            display_name: None,
            display_description: None,
            state: None,
        }
    }
}

/// A model as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredModel {
    /// Name; at most one model of a name is stored.
    pub name: String,
    /// Whether it is part of the tenant's types.
    pub state: ModelState,
    /// The compiled model as JSON.
    pub document: String,
}

/// State of an installed model (spec, Construction Kit 9.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ModelState {
    /// Being imported.
    Importing = 0,
    /// Part of the schema.
    Available = 1,
    /// Its dependencies do not resolve against the installed models.
    ResolveFailed = 2,
}

/// An index over fields of the entities below one collection root.
#[derive(Debug, Clone, PartialEq)]
pub struct IndexDefinition {
    /// Root of the types it covers.
    pub root: RtCkId,
    /// Its fields, in order.
    pub fields: Vec<Field>,
}

/// Why a store could not do its work.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The database was closed or removed.
    #[error("The database is closed.")]
    Closed,
    /// The database did not answer as it should.
    #[error("Database operation '{operation}' failed: {message}")]
    Failed {
        /// What was attempted.
        operation: &'static str,
        /// What the database said.
        message: String,
    },
    /// Stored data cannot be read.
    #[error("Stored data of {what} cannot be read: {message}")]
    Corrupt {
        /// Which data.
        what: String,
        /// Why not.
        message: String,
    },
    /// The database was written by a newer version of this program.
    #[error(
        "The database has layout {found}, this program knows up to {known}. Use a newer version of the program."
    )]
    TooNew {
        /// Layout found.
        found: i64,
        /// Newest layout known.
        known: i64,
    },
}

/// Runs `work` in a transaction of `store` and returns what it returns; changes are kept exactly
/// when that is `Ok`.
pub async fn transact<T, E>(
    store: &dyn EntityStore,
    graph: Arc<TypeGraph>,
    work: impl FnMut(&mut dyn WriteTransaction) -> Result<T, E> + Send + 'static,
) -> Result<T, E>
where
    T: Send + 'static,
    E: From<StoreError> + Send + 'static,
{
    perform(store, graph, Outcome::Commit, work).await
}

/// Runs `work` in a transaction of `store` and returns what it returns; no change is kept.
pub async fn rehearse<T, E>(
    store: &dyn EntityStore,
    graph: Arc<TypeGraph>,
    work: impl FnMut(&mut dyn WriteTransaction) -> Result<T, E> + Send + 'static,
) -> Result<T, E>
where
    T: Send + 'static,
    E: From<StoreError> + Send + 'static,
{
    perform(store, graph, Outcome::RollBack, work).await
}

async fn perform<T, E>(
    store: &dyn EntityStore,
    graph: Arc<TypeGraph>,
    success: Outcome,
    mut work: impl FnMut(&mut dyn WriteTransaction) -> Result<T, E> + Send + 'static,
) -> Result<T, E>
where
    T: Send + 'static,
    E: From<StoreError> + Send + 'static,
{
    let slot = Arc::new(Mutex::new(None));
    let result_of_work = Arc::clone(&slot);
    let run: Work = Box::new(move |transaction| {
        let result = work(transaction);
        let outcome = if result.is_ok() {
            success
        } else {
            Outcome::RollBack
        };
        *result_of_work
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = Some(result);
        outcome
    });
    store.write(graph, run).await?;
    let result = slot.lock().unwrap_or_else(PoisonError::into_inner).take();
    result.unwrap_or(Err(E::from(StoreError::Failed {
        operation: "write",
        message: "the change was not run".to_owned(),
    })))
}
