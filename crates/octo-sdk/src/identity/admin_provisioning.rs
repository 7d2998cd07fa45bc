//! Provisioning of administrators in other tenants (`spec/identity.md` 4.10).

use super::{
    CreateExternalTenantUserMappingDto, ExternalTenantUserMappingDto, IdentityClient,
    ProvisionWithGroupsDto, RoleDto, SourceUserDto, TargetGroupDto,
};
use crate::ServiceError;

const ROUTE: &str = "adminProvisioning";

impl IdentityClient {
    /// P1: the mappings of `target`.
    ///
    /// # Errors
    /// [`ServiceError`]; 404 for an unknown tenant.
    pub async fn provisioned_mappings(
        &self,
        target: &str,
    ) -> Result<Vec<ExternalTenantUserMappingDto>, ServiceError> {
        self.service.get(&[ROUTE, target]).read_list().await
    }

    /// P2: creates a mapping in `target`, which from then on trusts the source tenant.
    ///
    /// # Errors
    /// [`ServiceError`]; 404 for an unknown tenant.
    pub async fn provision_mapping(
        &self,
        target: &str,
        mapping: &CreateExternalTenantUserMappingDto,
    ) -> Result<ExternalTenantUserMappingDto, ServiceError> {
        self.service
            .post(&[ROUTE, target])
            .json(mapping)
            .read()
            .await
    }

    /// P3: makes the calling user an administrator of `target_tenant`; safe to repeat.
    ///
    /// # Errors
    /// [`ServiceError`]; 404 for an unknown tenant.
    pub async fn provision_current_user(
        &self,
        target_tenant: &str,
    ) -> Result<ExternalTenantUserMappingDto, ServiceError> {
        self.service
            .post(&[ROUTE, target_tenant, "provisionCurrentUser"])
            .read()
            .await
    }

    /// P4: deletes a mapping of `target`.
    ///
    /// # Errors
    /// [`ServiceError`]; 404 for an unknown tenant or mapping.
    pub async fn delete_provisioned_mapping(
        &self,
        target: &str,
        id: &str,
    ) -> Result<(), ServiceError> {
        self.service.delete(&[ROUTE, target, id]).done().await
    }

    /// P5: users of the ancestors of `target` with `search` in name or e-mail address.
    ///
    /// # Errors
    /// [`ServiceError`]; 404 for an unknown tenant.
    pub async fn source_users(
        &self,
        target: &str,
        search: Option<&str>,
        take: Option<u32>,
    ) -> Result<Vec<SourceUserDto>, ServiceError> {
        let mut request = self.service.get(&[ROUTE, target, "sourceUsers"]);
        if let Some(search) = search {
            request = request.query("search", search);
        }
        if let Some(take) = take {
            request = request.query("take", &take.to_string());
        }
        request.read_list().await
    }

    /// P6: the roles of `target`.
    ///
    /// # Errors
    /// [`ServiceError`]; 404 for an unknown tenant.
    pub async fn target_roles(&self, target: &str) -> Result<Vec<RoleDto>, ServiceError> {
        self.service
            .get(&[ROUTE, target, "roles"])
            .read_list()
            .await
    }

    /// P7: the groups of `target`.
    ///
    /// # Errors
    /// [`ServiceError`]; 404 for an unknown tenant.
    pub async fn target_groups(&self, target: &str) -> Result<Vec<TargetGroupDto>, ServiceError> {
        self.service
            .get(&[ROUTE, target, "groups"])
            .read_list()
            .await
    }

    /// P8: creates a mapping in `target` that is a member of groups there.
    ///
    /// # Errors
    /// [`ServiceError`]; 404 for an unknown tenant.
    pub async fn provision_with_groups(
        &self,
        target: &str,
        mapping: &ProvisionWithGroupsDto,
    ) -> Result<ExternalTenantUserMappingDto, ServiceError> {
        self.service
            .post(&[ROUTE, target, "withGroups"])
            .json(mapping)
            .read()
            .await
    }
}
