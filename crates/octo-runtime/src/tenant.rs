//! One tenant: its types, its entities, its associations.

use std::sync::{Arc, PoisonError, RwLock};

use octo_ck::{CkModelId, CompiledModel, TypeGraph};

use crate::change::{
    Applied, ChangeSet, DeleteEntity, Deleted, NewEntity, RestoreEntity, Restored, UpdateEntity,
};
use crate::entity::{Association, Entity};
use crate::error::RuntimeError;
use crate::models::{self, InstalledModel, ModelImport};
use crate::query::{AssociationQuery, EntityQuery, Page, TargetQuery};
use crate::rt_id::RtId;
use crate::store::{EdgePage, EdgeQuery, EntityStore, StoreError, transact};
use crate::tenant_id::{DatabaseName, TenantId};
use crate::{mutation, resolve};

/// A tenant, open for use. Cheap to share behind its [`Arc`].
///
/// A handle outlives its tenant without harm: once the tenant is deleted or detached every call
/// fails with [`RuntimeError::TenantUnknown`].
pub struct Tenant {
    id: TenantId,
    database: DatabaseName,
    store: Arc<dyn EntityStore>,
    graph: RwLock<Arc<TypeGraph>>,
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
        let graph = models::load_graph(store.as_ref()).await?;
        Ok(Arc::new(Self {
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

    /// Installs a compiled model or replaces the installed version of it.
    ///
    /// All or nothing: when the model does not fit (dependencies not installed in exactly the
    /// versions it was compiled against, or inconsistent itself) the tenant keeps what it had.
    ///
    /// # Errors
    /// [`RuntimeError::ModelRejected`] with all problems found.
    pub async fn import_model(&self, model: CompiledModel) -> Result<ModelImport, RuntimeError> {
        self.import_models(vec![Arc::new(model)]).await
    }

    /// Installs several models that may depend on each other, in any order; all or nothing.
    ///
    /// # Errors
    /// As [`import_model`](Self::import_model).
    pub async fn import_models(
        &self,
        models: Vec<Arc<CompiledModel>>,
    ) -> Result<ModelImport, RuntimeError> {
        let _exclusive = self.models.write().await;
        let (import, graph) = self.checked(models::import(self.store.as_ref(), models).await)?;
        self.swap(graph);
        Ok(import)
    }

    /// All installed models with their state, ordered by name.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn models(&self) -> Result<Vec<InstalledModel>, RuntimeError> {
        self.checked(models::installed(self.store.as_ref()).await)
    }

    /// The installed version of a model that is part of the types.
    pub fn model(&self, name: &str) -> Option<CkModelId> {
        self.graph().model(name).cloned()
    }

    /// Reads the types again from the store.
    ///
    /// # Errors
    /// When the store cannot be read; the types stay as they were.
    pub async fn reload(&self) -> Result<(), RuntimeError> {
        let _exclusive = self.models.write().await;
        let graph = self.checked(models::load_graph(self.store.as_ref()).await)?;
        self.swap(graph);
        Ok(())
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
    /// [`RuntimeError::InvalidQuery`] with everything that is wrong with the query.
    pub async fn query(&self, query: EntityQuery) -> Result<Page<Entity>, RuntimeError> {
        let graph = self.graph();
        let resolved = resolve::query(&graph, &query)?;
        self.checked_store(self.store.query(&graph, resolved).await)
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

    /// Entities at the far ends of an entity's edges of one role.
    ///
    /// # Errors
    /// As [`query`](Self::query).
    pub async fn targets(&self, query: TargetQuery) -> Result<Page<Entity>, RuntimeError> {
        let graph = self.graph();
        let far = resolve::query(&graph, &query.far)?;
        let edges = EdgeQuery {
            entities: vec![query.entity],
            role: Some(resolve::role_id(&query.role)?),
            direction: query.direction,
        };
        self.checked_store(self.store.far_ends(&graph, edges, far).await)
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
