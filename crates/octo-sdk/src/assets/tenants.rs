//! Tenants (`spec/assets.md` 3).

use ::http::StatusCode;
use serde::Deserialize;

use super::{AssetsClient, TenantDto, TenantLifecycleDto};
use crate::ServiceError;
use crate::identity::PagedResult;

/// Items asked for in one request; the server returns at most 100.
const PAGE: usize = 100;

/// Most children read before giving up on a server that never ends its list.
const MAX_TENANTS: usize = 100_000;

/// The shapes in which a list of tenants arrives.
#[derive(Deserialize)]
#[serde(untagged)]
enum TenantList {
    Whole(Vec<TenantDto>),
    Page(PagedResult<TenantDto>),
}

impl AssetsClient {
    /// T1: all children of the tenant, every page of them.
    ///
    /// # Errors
    /// [`ServiceError`].
    pub async fn tenants(&self) -> Result<Vec<TenantDto>, ServiceError> {
        let mut tenants = Vec::new();
        loop {
            let answer = self
                .service
                .get(&["tenants"])
                .query("skip", &tenants.len().to_string())
                .query("take", &PAGE.to_string())
                .read_any()
                .await?;
            let page = match answer {
                None => return Ok(tenants),
                Some(TenantList::Whole(list)) => return Ok(list),
                Some(TenantList::Page(page)) => page,
            };
            let received = page.list.len();
            tenants.extend(page.list);
            let total = usize::try_from(page.total_count).unwrap_or(0);
            if received == 0 || tenants.len() >= total || tenants.len() >= MAX_TENANTS {
                return Ok(tenants);
            }
        }
    }

    /// T2: one child.
    ///
    /// # Errors
    /// [`ServiceError`]; 404 when the tenant has no such child.
    pub async fn tenant(&self, child: &str) -> Result<TenantDto, ServiceError> {
        self.service.get(&["tenants", child]).read().await
    }

    /// T3: creates a child with a database of its own.
    ///
    /// # Errors
    /// [`ServiceError`]; 409 when the id or the database name is taken.
    pub async fn create_tenant(&self, child: &str, database: &str) -> Result<(), ServiceError> {
        self.service
            .post(&["tenants"])
            .query("childTenantId", child)
            .query("databaseName", database)
            .done()
            .await
    }

    /// T4: makes an existing database a child.
    ///
    /// # Errors
    /// [`ServiceError`]; 400 when the id is taken or the database does not exist.
    pub async fn attach_tenant(&self, child: &str, database: &str) -> Result<(), ServiceError> {
        self.service
            .post(&["tenants", "attach"])
            .query("childTenantId", child)
            .query("databaseName", database)
            .done()
            .await
    }

    /// T5: forgets a child and keeps its database.
    ///
    /// # Errors
    /// [`ServiceError`].
    pub async fn detach_tenant(&self, child: &str) -> Result<(), ServiceError> {
        self.service
            .post(&["tenants", "detach"])
            .query("childTenantId", child)
            .done()
            .await
    }

    /// T6: resets a child to its state right after creation.
    ///
    /// # Errors
    /// [`ServiceError`].
    pub async fn clean_tenant(&self, child: &str) -> Result<(), ServiceError> {
        self.service
            .put(&["tenants", "clear"])
            .query("childTenantId", child)
            .done()
            .await
    }

    /// T7: makes all services drop what they cached of a child.
    ///
    /// # Errors
    /// [`ServiceError`].
    pub async fn clear_tenant_cache(&self, child: &str) -> Result<(), ServiceError> {
        self.service
            .put(&["tenants", "clearCache"])
            .query("childTenantId", child)
            .done()
            .await
    }

    /// T8: deletes a child and its database.
    ///
    /// # Errors
    /// [`ServiceError`]; 404 when the tenant has no such child.
    pub async fn delete_tenant(&self, child: &str) -> Result<(), ServiceError> {
        self.service
            .delete(&["tenants"])
            .query("childTenantId", child)
            .done()
            .await
    }

    /// T9: how far the setup of a child is.
    ///
    /// # Errors
    /// [`ServiceError`].
    pub async fn tenant_lifecycle(&self, child: &str) -> Result<TenantLifecycleDto, ServiceError> {
        self.service
            .get(&["tenants", "lifecycle"])
            .query("childTenantId", child)
            .read()
            .await
    }

    /// T10: runs the setup of a child again.
    ///
    /// # Errors
    /// [`ServiceError`].
    pub async fn rerun_tenant_setup(
        &self,
        child: &str,
    ) -> Result<TenantLifecycleDto, ServiceError> {
        self.service
            .post(&["tenants", "rerunSetup"])
            .query("childTenantId", child)
            .read()
            .await
    }

    /// T11: imports the current `System` model into a child.
    ///
    /// # Errors
    /// [`ServiceError`]; [`ServiceError::NotSupported`] from services without that route.
    pub async fn update_system_model(&self, child: &str) -> Result<(), ServiceError> {
        let answer = self
            .service
            .put(&["tenants", "update"])
            .query("childTenantId", child)
            .done()
            .await;
        match answer {
            Err(error) if error.status() == Some(StatusCode::METHOD_NOT_ALLOWED) => {
                Err(ServiceError::NotSupported(
                    "This asset service cannot update the System model of a tenant: it has no such \
                     operation. It brings tenants up to date itself when it starts."
                        .to_owned(),
                ))
            }
            answer => answer,
        }
    }
}
