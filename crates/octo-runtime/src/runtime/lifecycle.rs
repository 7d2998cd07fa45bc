//! Creating, attaching, detaching, deleting and cleaning tenants (spec, Assets 3.2).

use std::sync::Arc;

use crate::error::RuntimeError;
use crate::runtime::registry::{self, Row, TenantInfo};
use crate::runtime::{Runtime, close, open_tenant};
use crate::tenant::Tenant;
use crate::tenant_id::{DatabaseName, TenantId};

const RESERVED_DATABASES: [&str; 3] = ["admin", "local", "config"];

impl Runtime {
    /// Creates a tenant with an empty database that holds the model `System` only. When anything
    /// fails, nothing is left behind.
    ///
    /// # Errors
    /// Unknown parent; id or database name taken or reserved; failing store.
    pub async fn create_tenant(
        &self,
        parent: &TenantId,
        child: &TenantId,
        database: &DatabaseName,
    ) -> Result<Arc<Tenant>, RuntimeError> {
        let _one_at_a_time = self.lifecycle.lock().await;
        let parent = self.tenant(parent).await?;
        self.require_free(child, database).await?;
        if self.files.exists(database).await {
            return Err(RuntimeError::DatabaseNameTaken(database.clone()));
        }
        let info = info(&parent, child, database);
        let fresh = self.build_database(&info).await?;
        self.files.publish(&fresh, database).await?;
        match self.register(&parent, &info).await {
            Ok(tenant) => Ok(tenant),
            Err(error) => {
                self.files.remove(database).await?;
                Err(error)
            }
        }
    }

    /// Makes a tenant of an existing database that no tenant uses.
    ///
    /// # Errors
    /// As [`create_tenant`](Self::create_tenant); a database that does not exist is reported as a
    /// name that is not available.
    pub async fn attach_tenant(
        &self,
        parent: &TenantId,
        child: &TenantId,
        database: &DatabaseName,
    ) -> Result<Arc<Tenant>, RuntimeError> {
        let _one_at_a_time = self.lifecycle.lock().await;
        let parent = self.tenant(parent).await?;
        self.require_free(child, database).await?;
        if !self.files.exists(database).await {
            return Err(RuntimeError::DatabaseNameTaken(database.clone()));
        }
        let info = info(&parent, child, database);
        self.register(&parent, &info).await
    }

    /// Forgets a tenant; its database stays and can be attached again.
    ///
    /// # Errors
    /// [`RuntimeError::TenantUnknown`] unless `child` is a child of `parent` (the system tenant
    /// sees all tenants).
    pub async fn detach_tenant(
        &self,
        parent: &TenantId,
        child: &TenantId,
    ) -> Result<(), RuntimeError> {
        let _one_at_a_time = self.lifecycle.lock().await;
        let row = self.child_row(parent, child).await?;
        self.forget(&row).await
    }

    /// Deletes a tenant with its database.
    ///
    /// # Errors
    /// As [`detach_tenant`](Self::detach_tenant); [`RuntimeError::TenantHasChildren`].
    pub async fn delete_tenant(
        &self,
        parent: &TenantId,
        child: &TenantId,
    ) -> Result<(), RuntimeError> {
        let _one_at_a_time = self.lifecycle.lock().await;
        let row = self.child_row(parent, child).await?;
        self.refuse_with_children(child).await?;
        self.forget(&row).await?;
        self.files.remove(&row.info.database).await?;
        Ok(())
    }

    /// Drops all data of a tenant: afterwards it is as just created.
    ///
    /// # Errors
    /// As [`delete_tenant`](Self::delete_tenant).
    pub async fn clean_tenant(
        &self,
        parent: &TenantId,
        child: &TenantId,
    ) -> Result<Arc<Tenant>, RuntimeError> {
        let _one_at_a_time = self.lifecycle.lock().await;
        let row = self.child_row(parent, child).await?;
        self.refuse_with_children(child).await?;
        // Complete before it replaces the old one in one step; the registry does not change.
        let fresh = self.build_database(&row.info).await?;
        let mut open = self.open.lock().await;
        if let Some(tenant) = open.remove(child) {
            close(&tenant).await;
        }
        self.files.publish(&fresh, &row.info.database).await?;
        let tenant = self.open_registered(&row.info).await?;
        open.insert(child.clone(), Arc::clone(&tenant));
        Ok(tenant)
    }

    async fn require_free(
        &self,
        child: &TenantId,
        database: &DatabaseName,
    ) -> Result<(), RuntimeError> {
        let id_taken =
            child == self.system.id() || registry::find(&self.system, child).await?.is_some();
        if id_taken {
            return Err(RuntimeError::TenantIdTaken(child.clone()));
        }
        let database_taken = database == self.system.database()
            || RESERVED_DATABASES.contains(&database.as_str())
            || registry::find_by_database(&self.system, database)
                .await?
                .is_some();
        if database_taken {
            return Err(RuntimeError::DatabaseNameTaken(database.clone()));
        }
        Ok(())
    }

    /// Opens the database of a tenant and records it.
    async fn register(
        &self,
        parent: &Tenant,
        info: &TenantInfo,
    ) -> Result<Arc<Tenant>, RuntimeError> {
        let tenant = self.open_registered(info).await?;
        // Nobody can look the tenant up between its record and its handle.
        let mut open = self.open.lock().await;
        if let Err(error) = registry::register(&self.system, parent, info).await {
            close(&tenant).await;
            return Err(error);
        }
        open.insert(info.id.clone(), Arc::clone(&tenant));
        Ok(tenant)
    }

    async fn build_database(&self, info: &TenantInfo) -> Result<std::path::PathBuf, RuntimeError> {
        let path = self.files.temporary();
        let opened = open_tenant(
            &path,
            info.id.clone(),
            info.database.clone(),
            Arc::clone(&self.graphs),
        );
        match opened.await {
            Ok(tenant) => {
                close(&tenant).await;
                Ok(path)
            }
            Err(error) => {
                self.files.discard(&path).await;
                Err(error)
            }
        }
    }

    async fn child_row(&self, parent: &TenantId, child: &TenantId) -> Result<Row, RuntimeError> {
        let unknown = || RuntimeError::TenantUnknown(child.clone());
        let row = registry::find(&self.system, child)
            .await?
            .ok_or_else(unknown)?;
        let visible = parent == self.system.id() || row.info.parent.as_ref() == Some(parent);
        if visible { Ok(row) } else { Err(unknown()) }
    }

    async fn refuse_with_children(&self, tenant: &TenantId) -> Result<(), RuntimeError> {
        let children = registry::direct_children(&self.system, tenant).await?;
        if children.is_empty() {
            return Ok(());
        }
        let names: Vec<&str> = children.iter().map(TenantId::as_str).collect();
        Err(RuntimeError::TenantHasChildren {
            tenant: tenant.clone(),
            children: names.join(", "),
        })
    }

    async fn forget(&self, row: &Row) -> Result<(), RuntimeError> {
        let parent = match &row.info.parent {
            Some(parent) => self.tenant(parent).await.ok(),
            None => None,
        };
        let mut open = self.open.lock().await;
        registry::forget(&self.system, parent.as_deref(), row).await?;
        if let Some(tenant) = open.remove(&row.info.id) {
            close(&tenant).await;
        }
        Ok(())
    }
}

fn info(parent: &Tenant, child: &TenantId, database: &DatabaseName) -> TenantInfo {
    TenantInfo {
        id: child.clone(),
        database: database.clone(),
        parent: Some(parent.id().clone()),
    }
}
