//! One tenant: its types, its entities, its associations.

use std::sync::{Arc, PoisonError, RwLock};

use octo_ck::TypeGraph;

use crate::aggregation::{self, Aggregated, AggregationQuery};
use crate::change::{
    Applied, ChangeSet, DeleteEntity, Deleted, NewEntity, RestoreEntity, Restored, UpdateEntity,
};
use crate::entity::{Association, Direction, Entity};
use crate::error::RuntimeError;
use crate::models::{self, Graphs, Site};
use crate::query::{AssociationQuery, CursorPage, EntityQuery, Page, TargetQuery};
use crate::rt_id::RtId;
use crate::store::{EdgePage, EdgeQuery, EntityStore, StoreError, transact};
use crate::tenant_id::{DatabaseName, TenantId};
use crate::{mutation, resolve};

mod binaries;
mod columns;
mod pages;
mod schema;

/// Entities on a page of a query that does not say.
const DEFAULT_TAKE: u64 = 100;

/// A tenant, open for use. Cheap to share behind its [`Arc`].
///
/// A handle outlives its tenant without harm: once the tenant is deleted or detached every call
/// fails with [`RuntimeError::TenantUnknown`].
pub struct Tenant {
    id: TenantId,
    database: DatabaseName,
    store: Arc<dyn EntityStore>,
    graph: RwLock<Arc<TypeGraph>>,
    graphs: Arc<Graphs>,
    // Shared by changes of entities, exclusive for changes of models: an import sees the outcome of
    // the one before, and no entity is checked against types that are being replaced.
    models: tokio::sync::RwLock<()>,
}

impl Tenant {
    /// Opens a tenant whose entities are in `store`, and loads its types.
    ///
    /// # Errors
    /// When the store cannot be read or its models do not form a graph.
    pub async fn open(
        id: TenantId,
        database: DatabaseName,
        store: Arc<dyn EntityStore>,
    ) -> Result<Arc<Self>, RuntimeError> {
        Self::open_sharing(id, database, store, Arc::default()).await
    }

    /// As [`open`](Self::open), sharing types with other tenants that have the same models.
    pub(crate) async fn open_sharing(
        id: TenantId,
        database: DatabaseName,
        store: Arc<dyn EntityStore>,
        graphs: Arc<Graphs>,
    ) -> Result<Arc<Self>, RuntimeError> {
        let site = Site {
            tenant: &id,
            store: store.as_ref(),
            graphs: &graphs,
        };
        let graph = models::load_graph(site).await?;
        Ok(Arc::new(Self {
            graphs,
            id,
            database,
            store,
            graph: RwLock::new(graph),
            models: tokio::sync::RwLock::new(()),
        }))
    }

    /// Its id.
    pub fn id(&self) -> &TenantId {
        &self.id
    }

    /// Name of its database.
    pub fn database(&self) -> &DatabaseName {
        &self.database
    }

    /// Its types as of now; the graph itself never changes.
    pub fn graph(&self) -> Arc<TypeGraph> {
        let graph = self.graph.read().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(&graph)
    }

    /// The store with its entities.
    pub fn store(&self) -> &Arc<dyn EntityStore> {
        &self.store
    }

    /// The entity of that id, if it is of the type (or derives from it) and not archived.
    ///
    /// # Errors
    /// Unknown type; failing store.
    pub async fn get(&self, ck_type: &str, rt_id: RtId) -> Result<Option<Entity>, RuntimeError> {
        let found = self.get_with_archived(ck_type, rt_id).await?;
        Ok(found.filter(|entity| !entity.is_archived()))
    }

    /// As [`get`](Self::get), archived entities included.
    ///
    /// # Errors
    /// Unknown type; failing store.
    pub async fn get_with_archived(
        &self,
        ck_type: &str,
        rt_id: RtId,
    ) -> Result<Option<Entity>, RuntimeError> {
        let graph = self.graph();
        let wanted = resolve::find_type(&graph, ck_type)?.rt_id.clone();
        let entity = self.checked_store(self.store.entity(&graph, rt_id).await)?;
        Ok(entity.filter(|found| resolve::is_a(&graph, &found.ck_type_id, &wanted)))
    }

    /// Entities that meet a query.
    ///
    /// # Errors
    /// [`RuntimeError::InvalidQuery`] with everything that is wrong with the query, or when it
    /// takes all of more than 100,000 matches.
    pub async fn query(&self, query: EntityQuery) -> Result<Page<Entity>, RuntimeError> {
        if query.after.is_some() {
            let page = self.page(query).await?;
            return Ok(Page {
                items: page.items,
                total: page.total,
            });
        }
        let graph = self.graph();
        let mut resolved = resolve::query(&graph, &query)?;
        resolved.take = resolved.take.or(Some(resolve::MAX_TAKE));
        let page = self.checked_store(self.store.query(&graph, resolved).await)?;
        let is_cut = query.take.is_none() && page.items.len() as u64 == resolve::MAX_TAKE;
        if is_cut && page.total > query.skip + resolve::MAX_TAKE {
            return Err(RuntimeError::InvalidQuery(vec![format!(
                "{} entities meet the query; at most {} can be read at once. Read them page by page.",
                page.total,
                resolve::MAX_TAKE
            )]));
        }
        Ok(page)
    }

    /// A page of entities, 100 unless the query says how many, and how to get the next one.
    ///
    /// The next page begins behind the last entity of this one, whatever was created or deleted
    /// meanwhile, and costs no more than the first.
    ///
    /// # Errors
    /// [`RuntimeError::InvalidQuery`] with everything that is wrong with the query.
    pub async fn page(&self, query: EntityQuery) -> Result<CursorPage, RuntimeError> {
        let graph = self.graph();
        let mut resolved = resolve::query(&graph, &query)?;
        resolved.take = resolved.take.or(Some(DEFAULT_TAKE));
        self.page_of(&graph, &query, resolved, None).await
    }

    /// Figures over all entities that meet a query.
    ///
    /// # Errors
    /// [`RuntimeError::InvalidQuery`] with everything that is wrong with the query.
    pub async fn aggregate(&self, query: AggregationQuery) -> Result<Aggregated, RuntimeError> {
        let graph = self.graph();
        let resolved = resolve::aggregation::query(&graph, &query)?;
        let found = self.checked_store(self.store.aggregate(resolved).await)?;
        aggregation::rows(&graph, &query, found)
    }

    /// The first entity that meets a query.
    ///
    /// # Errors
    /// As [`query`](Self::query).
    pub async fn first(&self, query: EntityQuery) -> Result<Option<Entity>, RuntimeError> {
        Ok(self.query(query.take(1)).await?.items.pop())
    }

    /// The entity of a type with that well-known name.
    ///
    /// # Errors
    /// As [`query`](Self::query).
    pub async fn named(&self, ck_type: &str, name: &str) -> Result<Option<Entity>, RuntimeError> {
        self.first(EntityQuery::of(ck_type).eq("rtWellKnownName", name))
            .await
    }

    /// Edges of an entity: at most as many as the query takes, outbound ones first, by role and
    /// far end. An unknown role has no edges.
    ///
    /// # Errors
    /// A role that is not an id; failing store.
    pub async fn associations(
        &self,
        query: AssociationQuery,
    ) -> Result<Vec<Association>, RuntimeError> {
        let edges = EdgeQuery {
            entities: vec![query.entity],
            role: query.role.as_deref().map(resolve::role_id).transpose()?,
            direction: query.direction,
        };
        let page = EdgePage {
            after: query.after,
            take: Some(query.take),
            far: query.far,
        };
        let graph = self.graph();
        self.checked_store(self.store.edges(&graph, edges, page).await)
    }

    /// All edges of several entities in one go; only of `role`, in any spelling of its id, when
    /// one is given.
    ///
    /// # Errors
    /// A role that is not an id; failing store.
    pub async fn associations_of(
        &self,
        entities: impl IntoIterator<Item = RtId>,
        role: Option<&str>,
        direction: Direction,
    ) -> Result<Vec<Association>, RuntimeError> {
        let edges = EdgeQuery {
            entities: entities.into_iter().collect(),
            role: role.map(resolve::role_id).transpose()?,
            direction,
        };
        let graph = self.graph();
        self.checked_store(self.store.edges(&graph, edges, EdgePage::all()).await)
    }

    /// Entities at the far ends of an entity's edges of one role, and how to get the next ones
    /// when the query takes a page of them.
    ///
    /// # Errors
    /// As [`page`](Self::page).
    pub async fn targets(&self, query: TargetQuery) -> Result<CursorPage, RuntimeError> {
        let graph = self.graph();
        let far = resolve::query(&graph, &query.far)?;
        let edges = EdgeQuery {
            entities: vec![query.entity],
            role: Some(resolve::role_id(&query.role)?),
            direction: query.direction,
        };
        self.page_of(&graph, &query.far, far, Some(edges)).await
    }

    /// Applies a change set: all of it, or nothing when there is any error.
    ///
    /// # Errors
    /// [`RuntimeError::Invalid`] with all findings, [`RuntimeError::InvalidValues`],
    /// [`RuntimeError::VersionConflict`], [`RuntimeError::EntityMissing`],
    /// [`RuntimeError::Duplicate`], or a failing store.
    pub async fn apply(&self, changes: ChangeSet) -> Result<Applied, RuntimeError> {
        let _shared = self.models.read().await;
        let graph = self.graph();
        let tenant = self.id.clone();
        let types = Arc::clone(&graph);
        let result = transact(self.store.as_ref(), graph, move |transaction| {
            mutation::run(transaction, &types, &tenant, &changes)
        })
        .await;
        self.checked(result)
    }

    /// Creates one entity.
    ///
    /// # Errors
    /// As [`apply`](Self::apply).
    pub async fn insert(&self, entity: NewEntity) -> Result<Entity, RuntimeError> {
        let applied = self.apply(ChangeSet::new().insert(entity)).await?;
        one(applied.inserted)
    }

    /// Changes one entity.
    ///
    /// # Errors
    /// As [`apply`](Self::apply).
    pub async fn update(&self, update: UpdateEntity) -> Result<Entity, RuntimeError> {
        let applied = self.apply(ChangeSet::new().update(update)).await?;
        one(applied.updated)
    }

    /// Deletes one entity.
    ///
    /// # Errors
    /// As [`apply`](Self::apply).
    pub async fn delete(&self, delete: DeleteEntity) -> Result<Deleted, RuntimeError> {
        let applied = self.apply(ChangeSet::new().delete(delete)).await?;
        one(applied.deleted)
    }

    /// Brings one archived entity back.
    ///
    /// # Errors
    /// As [`apply`](Self::apply).
    pub async fn restore(&self, restore: RestoreEntity) -> Result<Restored, RuntimeError> {
        let applied = self.apply(ChangeSet::new().restore(restore)).await?;
        one(applied.restored)
    }

    fn swap(&self, graph: Arc<TypeGraph>) {
        *self.graph.write().unwrap_or_else(PoisonError::into_inner) = graph;
    }

    pub(crate) fn checked_store<T>(
        &self,
        result: Result<T, StoreError>,
    ) -> Result<T, RuntimeError> {
        self.checked(result.map_err(RuntimeError::from))
    }

    // A closed store means that the tenant is gone.
    fn checked<T>(&self, result: Result<T, RuntimeError>) -> Result<T, RuntimeError> {
        result.map_err(|error| match error {
            RuntimeError::Store(StoreError::Closed) => RuntimeError::TenantUnknown(self.id.clone()),
            other => other,
        })
    }
}

fn one<T>(mut items: Vec<T>) -> Result<T, RuntimeError> {
    items.pop().ok_or_else(|| {
        RuntimeError::Store(StoreError::Failed {
            operation: "write",
            message: "the change had no result".to_owned(),
        })
    })
}

impl std::fmt::Debug for Tenant {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tenant")
            .field("id", &self.id)
            .field("database", &self.database)
            .finish_non_exhaustive()
    }
}
