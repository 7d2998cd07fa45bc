//! API scopes (`spec/identity.md` 4.6, S1–S6).

use serde::{Deserialize, Serialize};

use super::{IdentityClient, PagedResult};
use crate::ServiceError;
use crate::json::null_as_default;

/// A permission clients can ask for in an access token.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ApiScopeDto {
    /// Whether it can be asked for.
    #[serde(deserialize_with = "null_as_default")]
    pub is_enabled: bool,
    /// Name, unique in the tenant.
    pub name: Option<String>,
    /// Name for people.
    pub display_name: Option<String>,
    /// What it allows.
    pub description: Option<String>,
    /// Whether the discovery document lists it.
    #[serde(deserialize_with = "null_as_default")]
    pub show_in_discovery_document: bool,
    /// Claims about the caller it opens; null leaves them as they are when written.
    pub user_claims: Option<Vec<String>>,
    /// Whether a user cannot refuse it.
    #[serde(deserialize_with = "null_as_default")]
    pub is_required: bool,
    /// Whether a consent page shows it prominently.
    #[serde(deserialize_with = "null_as_default")]
    pub is_emphasize: bool,
    /// Always false.
    #[serde(deserialize_with = "null_as_default")]
    pub require_resource_indicator: bool,
    /// Always false.
    #[serde(deserialize_with = "null_as_default")]
    pub api_secrets: bool,
}

impl IdentityClient {
    /// S1: all API scopes of the tenant.
    ///
    /// # Errors
    /// [`ServiceError`].
    pub async fn api_scopes(&self) -> Result<Vec<ApiScopeDto>, ServiceError> {
        self.service.get(&["apiScopes"]).read_list().await
    }

    /// S2: one page of the API scopes.
    ///
    /// # Errors
    /// [`ServiceError`].
    pub async fn api_scopes_page(
        &self,
        skip: u32,
        take: u32,
    ) -> Result<PagedResult<ApiScopeDto>, ServiceError> {
        self.service
            .get(&["apiScopes", "GetPaged"])
            .query("skip", &skip.to_string())
            .query("take", &take.to_string())
            .read()
            .await
    }

    /// S3: the API scope with this name.
    ///
    /// # Errors
    /// [`ServiceError`]; 404 for an unknown one.
    pub async fn api_scope(&self, name: &str) -> Result<ApiScopeDto, ServiceError> {
        self.service.get(&["apiScopes", name]).read().await
    }

    /// S4: creates an API scope.
    ///
    /// # Errors
    /// [`ServiceError`]; 409 when the name is taken.
    pub async fn create_api_scope(&self, scope: &ApiScopeDto) -> Result<(), ServiceError> {
        self.service.post(&["apiScopes"]).json(scope).done().await
    }

    /// S5: replaces the API scope named `name`; another name in `scope` renames it.
    ///
    /// # Errors
    /// [`ServiceError`]; 404 for an unknown one.
    pub async fn update_api_scope(
        &self,
        name: &str,
        scope: &ApiScopeDto,
    ) -> Result<(), ServiceError> {
        self.service
            .put(&["apiScopes", name])
            .json(scope)
            .done()
            .await
    }

    /// S6: deletes an API scope for good.
    ///
    /// # Errors
    /// [`ServiceError`]; 404 for an unknown one.
    pub async fn delete_api_scope(&self, name: &str) -> Result<(), ServiceError> {
        self.service.delete(&["apiScopes", name]).done().await
    }
}
