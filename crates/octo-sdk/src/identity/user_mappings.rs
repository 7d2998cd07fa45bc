//! External tenant user mappings (`spec/identity.md` 4.9).

use super::{
    CreateExternalTenantUserMappingDto, ExternalTenantUserMappingDto, IdentityClient,
    UpdateExternalTenantUserMappingDto,
};
use crate::ServiceError;

const ROUTE: &str = "externalTenantUserMappings";

impl IdentityClient {
    /// M1: mappings of users of `source_tenant`, or of all tenants. Real services ignore `skip` and
    /// `take` together with a source tenant.
    ///
    /// # Errors
    /// [`ServiceError`].
    pub async fn user_mappings(
        &self,
        source_tenant: Option<&str>,
        skip: Option<u32>,
        take: Option<u32>,
    ) -> Result<Vec<ExternalTenantUserMappingDto>, ServiceError> {
        let mut request = self.service.get(&[ROUTE]);
        if let Some(skip) = skip {
            request = request.query("skip", &skip.to_string());
        }
        if let Some(take) = take {
            request = request.query("take", &take.to_string());
        }
        if let Some(tenant) = source_tenant {
            request = request.query("sourceTenantId", tenant);
        }
        request.read_list().await
    }

    /// M2: the mapping with this runtime id.
    ///
    /// # Errors
    /// [`ServiceError`]; 404 for an unknown mapping.
    pub async fn user_mapping(
        &self,
        id: &str,
    ) -> Result<ExternalTenantUserMappingDto, ServiceError> {
        self.service.get(&[ROUTE, id]).read().await
    }

    /// M3: creates a mapping and returns it.
    ///
    /// # Errors
    /// [`ServiceError`].
    pub async fn create_user_mapping(
        &self,
        mapping: &CreateExternalTenantUserMappingDto,
    ) -> Result<ExternalTenantUserMappingDto, ServiceError> {
        self.service.post(&[ROUTE]).json(mapping).read().await
    }

    /// M4: replaces the roles of a mapping.
    ///
    /// # Errors
    /// [`ServiceError`]; 404 for an unknown mapping.
    pub async fn update_user_mapping(
        &self,
        id: &str,
        mapping: &UpdateExternalTenantUserMappingDto,
    ) -> Result<ExternalTenantUserMappingDto, ServiceError> {
        self.service.put(&[ROUTE, id]).json(mapping).read().await
    }

    /// M5: deletes a mapping.
    ///
    /// # Errors
    /// [`ServiceError`]; 404 for an unknown mapping.
    pub async fn delete_user_mapping(&self, id: &str) -> Result<(), ServiceError> {
        self.service.delete(&[ROUTE, id]).done().await
    }
}
