//! All tenants of one deployment.
//!
//! Each tenant has a database file `tenants/<database>.db` below the data directory. Which tenants
//! exist is recorded as `System/Tenant` entities in the system tenant (see [`registry`]); files
//! without such an entity are databases that were detached.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::sync::Mutex;

use crate::error::RuntimeError;
use crate::models::Graphs;
use crate::query::Page;
use crate::store::EntityStore;
use crate::store::sqlite::SqliteStore;
use crate::tenant::Tenant;
use crate::tenant_id::{DatabaseName, TenantId};

mod files;
mod lifecycle;
pub mod registry;
mod service_models;

use files::TenantFiles;
pub use registry::{ChildrenQuery, TenantInfo};

/// Steps [`Runtime::ancestors`] takes at most.
pub const MAX_ANCESTORS: usize = 10;

/// Where a runtime keeps its data and what its root is called.
#[derive(Debug, Clone)]
pub struct RuntimeConfig {
    /// Folder of all databases; created when missing.
    pub data_dir: PathBuf,
    /// Id of the system tenant, also the name of its database; `octosystem` by default.
    pub system_tenant: String,
}

impl RuntimeConfig {
    /// The default configuration below a folder.
    pub fn new(data_dir: impl Into<PathBuf>) -> Self {
        Self {
            data_dir: data_dir.into(),
            system_tenant: "octosystem".to_owned(),
        }
    }
}

/// All tenants of one deployment.
pub struct Runtime {
    files: TenantFiles,
    system: Arc<Tenant>,
    graphs: Arc<Graphs>,
    open: Mutex<HashMap<TenantId, Arc<Tenant>>>,
    // Creating, deleting and so on happen one at a time; taken before `open`.
    lifecycle: Mutex<()>,
}

impl Runtime {
    /// Opens the tenants below a data directory; creates the system tenant at first start.
    ///
    /// # Errors
    /// A bad system tenant id, or a data directory that cannot be used.
    pub async fn open(config: RuntimeConfig) -> Result<Arc<Self>, RuntimeError> {
        let id: TenantId = config.system_tenant.parse()?;
        let database: DatabaseName = config.system_tenant.parse()?;
        let files = TenantFiles::open(&config.data_dir).await?;
        let graphs = Arc::<Graphs>::default();
        let path = files.path(&database);
        let system = open_tenant(path, id, database, Arc::clone(&graphs)).await?;
        Ok(Arc::new(Self {
            files,
            system,
            graphs,
            open: Mutex::new(HashMap::new()),
            lifecycle: Mutex::new(()),
        }))
    }

    /// The system tenant.
    pub fn system_tenant(&self) -> Arc<Tenant> {
        Arc::clone(&self.system)
    }

    /// A tenant by id, opened when it is not open yet.
    ///
    /// # Errors
    /// [`RuntimeError::TenantUnknown`]; a database that cannot be opened.
    pub async fn tenant(&self, id: &TenantId) -> Result<Arc<Tenant>, RuntimeError> {
        if id == self.system.id() {
            return Ok(self.system_tenant());
        }
        let mut open = self.open.lock().await;
        if let Some(tenant) = open.get(id) {
            return Ok(Arc::clone(tenant));
        }
        let info = self.registered(id).await?;
        let tenant = self.open_registered(&info).await?;
        open.insert(id.clone(), Arc::clone(&tenant));
        Ok(tenant)
    }

    /// What is recorded about a tenant.
    ///
    /// # Errors
    /// [`RuntimeError::TenantUnknown`].
    pub async fn tenant_info(&self, id: &TenantId) -> Result<TenantInfo, RuntimeError> {
        if id == self.system.id() {
            return Ok(TenantInfo {
                id: id.clone(),
                database: self.system.database().clone(),
                parent: None,
            });
        }
        self.registered(id).await
    }

    /// Tenants below a parent, ordered by id: its direct children, or every tenant of the
    /// platform when the parent is the system tenant (spec, Assets 3.2).
    ///
    /// # Errors
    /// Unknown parent; failing store.
    pub async fn children(
        &self,
        parent: &TenantId,
        query: ChildrenQuery,
    ) -> Result<Page<TenantInfo>, RuntimeError> {
        self.tenant_info(parent).await?;
        registry::children(&self.system, parent, &query).await
    }

    /// The parent of a tenant; `None` for the system tenant.
    ///
    /// # Errors
    /// Unknown tenant.
    pub async fn parent_of(&self, id: &TenantId) -> Result<Option<TenantId>, RuntimeError> {
        Ok(self.tenant_info(id).await?.parent)
    }

    /// Parents of a tenant, nearest first, up to the system tenant; at most
    /// [`MAX_ANCESTORS`] steps.
    ///
    /// # Errors
    /// Unknown tenant.
    pub async fn ancestors(&self, id: &TenantId) -> Result<Vec<TenantId>, RuntimeError> {
        let mut ancestors = Vec::new();
        let mut next = self.parent_of(id).await?;
        while let Some(parent) = next.filter(|_| ancestors.len() < MAX_ANCESTORS) {
            next = match self.parent_of(&parent).await {
                Ok(parent) => parent,
                Err(RuntimeError::TenantUnknown(_)) => None,
                Err(error) => return Err(error),
            };
            ancestors.push(parent);
        }
        Ok(ancestors)
    }

    /// Makes a tenant read its types again; unknown tenants have nothing to clear.
    ///
    /// # Errors
    /// A store that cannot be read.
    pub async fn clear_cache(&self, id: &TenantId) -> Result<(), RuntimeError> {
        if id == self.system.id() {
            return self.system.reload().await;
        }
        let open = self.open.lock().await.get(id).cloned();
        match open {
            Some(tenant) => tenant.reload().await,
            None => Ok(()),
        }
    }

    /// Closes all databases; every later call on any tenant fails.
    pub async fn close(&self) {
        let mut open = self.open.lock().await;
        for (_, tenant) in open.drain() {
            close(&tenant).await;
        }
        close(&self.system).await;
    }

    async fn registered(&self, id: &TenantId) -> Result<TenantInfo, RuntimeError> {
        registry::find(&self.system, id)
            .await?
            .map(|row| row.info)
            .ok_or_else(|| RuntimeError::TenantUnknown(id.clone()))
    }

    async fn open_registered(&self, info: &TenantInfo) -> Result<Arc<Tenant>, RuntimeError> {
        if !self.files.exists(&info.database).await {
            tracing::error!(tenant = %info.id, database = %info.database, "database file is missing");
            return Err(RuntimeError::TenantUnknown(info.id.clone()));
        }
        open_tenant(
            self.files.path(&info.database),
            info.id.clone(),
            info.database.clone(),
            Arc::clone(&self.graphs),
        )
        .await
    }
}

async fn open_tenant(
    path: impl AsRef<Path>,
    id: TenantId,
    database: DatabaseName,
    graphs: Arc<Graphs>,
) -> Result<Arc<Tenant>, RuntimeError> {
    let store: Arc<dyn EntityStore> = Arc::new(SqliteStore::open(path.as_ref()).await?);
    let tenant = Tenant::open_sharing(id, database, store, graphs).await?;
    service_models::bring_up_to_date(&tenant).await?;
    Ok(tenant)
}

async fn close(tenant: &Tenant) {
    if let Err(error) = tenant.store().close().await {
        tracing::warn!(tenant = %tenant.id(), %error, "closing the database failed");
    }
}

impl std::fmt::Debug for Runtime {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Runtime")
            .field("system", self.system.id())
            .finish_non_exhaustive()
    }
}
