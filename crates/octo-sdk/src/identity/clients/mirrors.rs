//! Copies of clients in child tenants (`spec/identity.md` 4.4, C13–C17).

use serde_json::json;

use super::{ClientMirrorBackfillResponseDto, ClientMirrorDto, ClientMirrorProvisionResponseDto};
use crate::ServiceError;
use crate::identity::IdentityClient;

impl IdentityClient {
    /// C13: the copies of a client.
    ///
    /// # Errors
    /// [`ServiceError`]; 404 for an unknown client.
    pub async fn client_mirrors(
        &self,
        client_id: &str,
    ) -> Result<Vec<ClientMirrorDto>, ServiceError> {
        self.service
            .get(&["clients", client_id, "mirrors"])
            .read_list()
            .await
    }

    /// C14: copies *all* flagged clients of the tenant into all its child tenants.
    ///
    /// # Errors
    /// [`ServiceError`]; 400 when `client_id` is not flagged.
    pub async fn provision_client_in_existing_tenants(
        &self,
        client_id: &str,
    ) -> Result<ClientMirrorBackfillResponseDto, ServiceError> {
        self.service
            .post(&[
                "clients",
                client_id,
                "mirrors",
                "provisionInExistingTenants",
            ])
            .read()
            .await
    }

    /// C15: copies *all* flagged clients of the tenant into one child tenant; all counts are zero
    /// when there is no such child.
    ///
    /// # Errors
    /// [`ServiceError`]; 400 when `client_id` is not flagged.
    pub async fn provision_client_in_tenant(
        &self,
        client_id: &str,
        child_tenant: &str,
    ) -> Result<ClientMirrorProvisionResponseDto, ServiceError> {
        self.service
            .post(&["clients", client_id, "mirrors", "provisionInTenant"])
            .query("childTenantId", child_tenant)
            .read()
            .await
    }

    /// C16: deletes the copy in one child tenant.
    ///
    /// # Errors
    /// [`ServiceError`]; 404 when there is no such copy.
    pub async fn delete_client_mirror(
        &self,
        client_id: &str,
        child_tenant: &str,
    ) -> Result<(), ServiceError> {
        self.service
            .delete(&["clients", client_id, "mirrors", child_tenant])
            .done()
            .await
    }

    /// C17: sets whether new child tenants receive a copy of the client.
    ///
    /// # Errors
    /// [`ServiceError`]; 404 for an unknown client.
    pub async fn set_client_auto_provision(
        &self,
        client_id: &str,
        enabled: bool,
    ) -> Result<(), ServiceError> {
        self.service
            .patch(&["clients", client_id, "autoProvisionInChildTenants"])
            .json(&json!({ "enabled": enabled }))
            .done()
            .await
    }
}
