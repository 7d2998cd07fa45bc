//! OAuth clients and their roles (`spec/identity.md` 4.4, C1–C10).

mod dto;
mod mirrors;
mod overlays;

pub use dto::{
    ApplyOverlayUrisDto, ApplyOverlayUrisListCountDto, ApplyOverlayUrisResultDto,
    CleanOverlayEntriesClientResultDto, CleanOverlayEntriesResultDto, ClientDto,
    ClientMirrorBackfillResponseDto, ClientMirrorDto, ClientMirrorProvisionResponseDto,
};

use super::{IdentityClient, PagedResult};
use crate::ServiceError;

impl IdentityClient {
    /// C1: all OAuth clients of the tenant, expired dynamic ones included.
    ///
    /// # Errors
    /// [`ServiceError`].
    pub async fn clients(&self) -> Result<Vec<ClientDto>, ServiceError> {
        self.service.get(&["clients"]).read_list().await
    }

    /// C2: one page of the clients.
    ///
    /// # Errors
    /// [`ServiceError`].
    pub async fn clients_page(
        &self,
        skip: u32,
        take: u32,
    ) -> Result<PagedResult<ClientDto>, ServiceError> {
        self.service
            .get(&["clients", "GetPaged"])
            .query("skip", &skip.to_string())
            .query("take", &take.to_string())
            .read()
            .await
    }

    /// C3: the client with this OAuth client id, compared exactly.
    ///
    /// # Errors
    /// [`ServiceError`]; 404 for an unknown client.
    pub async fn client(&self, client_id: &str) -> Result<ClientDto, ServiceError> {
        self.service.get(&["clients", client_id]).read().await
    }

    /// C4: creates a client. The real service refuses one without `isEnabled` or
    /// `allowedGrantTypes`.
    ///
    /// # Errors
    /// [`ServiceError`]; 409 when the client id is taken.
    pub async fn create_client(&self, client: &ClientDto) -> Result<(), ServiceError> {
        self.service.post(&["clients"]).json(client).done().await
    }

    /// C5: changes the members that are not null. Two of them are not patched: `allowedScopes`
    /// becomes the default scopes plus the given ones (null: the default scopes alone), and a
    /// secret replaces all secrets (section 6.4).
    ///
    /// # Errors
    /// [`ServiceError`]; 404 for an unknown client.
    pub async fn update_client(
        &self,
        client_id: &str,
        client: &ClientDto,
    ) -> Result<(), ServiceError> {
        self.service
            .put(&["clients", client_id])
            .json(client)
            .done()
            .await
    }

    /// C6: deletes a client for good, with its roles, group memberships and mirrors.
    ///
    /// # Errors
    /// [`ServiceError`]; 404 for an unknown client.
    pub async fn delete_client(&self, client_id: &str) -> Result<(), ServiceError> {
        self.service.delete(&["clients", client_id]).done().await
    }

    /// C7: runtime ids of the roles assigned to a client directly.
    ///
    /// # Errors
    /// [`ServiceError`]; 404 for an unknown client.
    pub async fn client_roles(&self, client_id: &str) -> Result<Vec<String>, ServiceError> {
        self.service
            .get(&["clients", client_id, "roles"])
            .read_list()
            .await
    }

    /// C8: replaces the roles of a client by those with these runtime ids.
    ///
    /// # Errors
    /// [`ServiceError`]; 404 for an unknown client.
    pub async fn set_client_roles(
        &self,
        client_id: &str,
        role_ids: &[String],
    ) -> Result<(), ServiceError> {
        self.service
            .put(&["clients", client_id, "roles"])
            .json(&role_ids)
            .done()
            .await
    }

    /// C9: assigns a role to a client; safe to repeat.
    ///
    /// # Errors
    /// [`ServiceError`]; 404 for an unknown client or role.
    pub async fn add_client_to_role(
        &self,
        client_id: &str,
        role: &str,
    ) -> Result<(), ServiceError> {
        self.service
            .put(&["clients", client_id, "roles", role])
            .done()
            .await
    }

    /// C10: takes a directly assigned role from a client.
    ///
    /// # Errors
    /// [`ServiceError`]; the real service answers 500 when the client does not have the role.
    pub async fn remove_client_from_role(
        &self,
        client_id: &str,
        role: &str,
    ) -> Result<(), ServiceError> {
        self.service
            .delete(&["clients", client_id, "roles", role])
            .done()
            .await
    }
}
