//! API resources (`spec/identity.md` 4.6, A1–A6).

use serde::{Deserialize, Serialize};

use super::{IdentityClient, PagedResult};
use crate::ServiceError;
use crate::json::null_as_default;

/// An API: the audience of tokens with one of its scopes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ApiResourceDto {
    /// Whether tokens can be made for it.
    #[serde(deserialize_with = "null_as_default")]
    pub is_enabled: bool,
    /// Name, unique in the tenant.
    pub name: Option<String>,
    /// Name for people.
    pub display_name: Option<String>,
    /// What it is.
    pub description: Option<String>,
    /// Whether it is published.
    #[serde(deserialize_with = "null_as_default")]
    pub show_in_discovery_document: bool,
    /// Claims about the caller its tokens carry; null leaves them as they are when written.
    pub user_claims: Option<Vec<String>>,
    /// Whether its tokens must be asked for by resource indicator.
    #[serde(deserialize_with = "null_as_default")]
    pub require_resource_indicator: bool,
    /// Names of its scopes; null leaves them as they are when written.
    pub scopes: Option<Vec<String>>,
    /// Algorithms its tokens may be signed with; empty for all.
    pub allowed_access_token_signing_algorithms: Option<Vec<String>>,
}

impl IdentityClient {
    /// A1: all API resources of the tenant.
    ///
    /// # Errors
    /// [`ServiceError`].
    pub async fn api_resources(&self) -> Result<Vec<ApiResourceDto>, ServiceError> {
        self.service.get(&["apiResources"]).read_list().await
    }

    /// A2: one page of the API resources.
    ///
    /// # Errors
    /// [`ServiceError`].
    pub async fn api_resources_page(
        &self,
        skip: u32,
        take: u32,
    ) -> Result<PagedResult<ApiResourceDto>, ServiceError> {
        self.service
            .get(&["apiResources", "GetPaged"])
            .query("skip", &skip.to_string())
            .query("take", &take.to_string())
            .read()
            .await
    }

    /// A3: the API resource with this name.
    ///
    /// # Errors
    /// [`ServiceError`]; 404 for an unknown one.
    pub async fn api_resource(&self, name: &str) -> Result<ApiResourceDto, ServiceError> {
        self.service.get(&["apiResources", name]).read().await
    }

    /// A4: creates an API resource. The real service cannot store one whose `scopes` are null.
    ///
    /// # Errors
    /// [`ServiceError`]; 409 when the name is taken.
    pub async fn create_api_resource(&self, resource: &ApiResourceDto) -> Result<(), ServiceError> {
        self.service
            .post(&["apiResources"])
            .json(resource)
            .done()
            .await
    }

    /// A5: replaces an API resource, found by the name in `resource`. The path repeats that name.
    ///
    /// # Errors
    /// [`ServiceError`]; [`ServiceError::InvalidArgument`] without a name, 404 for an unknown one.
    pub async fn update_api_resource(&self, resource: &ApiResourceDto) -> Result<(), ServiceError> {
        let name = resource.name.as_deref().unwrap_or_default();
        self.service
            .put(&["apiResources", name])
            .json(resource)
            .done()
            .await
    }

    /// A6: deletes an API resource for good.
    ///
    /// # Errors
    /// [`ServiceError`]; 404 for an unknown one.
    pub async fn delete_api_resource(&self, name: &str) -> Result<(), ServiceError> {
        self.service.delete(&["apiResources", name]).done().await
    }
}
