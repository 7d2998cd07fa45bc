//! Secrets of clients and API resources (`spec/identity.md` 4.7, K1–K10).
//!
//! A stored secret is known by its hash (`valueEncrypted`), which stands in paths as Base64 of its
//! text.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::IdentityClient;
use crate::json::{exposed, instant, null_as_default};
use crate::{Secret, ServiceError};

/// A secret of a client or an API resource.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ApiSecretDto {
    /// Base64 of the SHA-256 of the secret; by it the secret is addressed. Written as empty text
    /// when a secret is created, as the real service refuses null.
    #[serde(deserialize_with = "null_as_default")]
    pub value_encrypted: String,
    /// The secret itself; only in the answer to its creation.
    #[serde(serialize_with = "exposed")]
    pub value_clear_text: Option<Secret>,
    /// When it stops being valid; never, if `None`.
    #[serde(deserialize_with = "instant")]
    pub expiration_date: Option<Timestamp>,
    /// What it is for.
    pub description: Option<String>,
}

/// Who has a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecretOwner<'a> {
    /// The client with this OAuth client id.
    Client(&'a str),
    /// The API resource with this name.
    ApiResource(&'a str),
}

impl<'a> SecretOwner<'a> {
    fn segments(self) -> [&'a str; 3] {
        match self {
            Self::Client(id) => ["apiSecrets", "client", id],
            Self::ApiResource(name) => ["apiSecrets", "apiResource", name],
        }
    }
}

impl IdentityClient {
    /// K1, K6: the secrets of an owner. Real services leave out when they expire (section 6.8).
    ///
    /// # Errors
    /// [`ServiceError`]; 404 for an unknown owner.
    pub async fn api_secrets(
        &self,
        owner: SecretOwner<'_>,
    ) -> Result<Vec<ApiSecretDto>, ServiceError> {
        self.service.get(&owner.segments()).read_list().await
    }

    /// K2, K7: one secret, by its hash.
    ///
    /// # Errors
    /// [`ServiceError`]; 404 for an unknown owner or secret.
    pub async fn api_secret(
        &self,
        owner: SecretOwner<'_>,
        value_encrypted: &str,
    ) -> Result<ApiSecretDto, ServiceError> {
        self.service
            .get(&addressed(owner, &STANDARD.encode(value_encrypted)))
            .read()
            .await
    }

    /// K3, K8: adds a secret. The answer holds its clear text, this once: real services make one up
    /// whatever was sent.
    ///
    /// # Errors
    /// [`ServiceError`]; 404 for an unknown owner.
    pub async fn create_api_secret(
        &self,
        owner: SecretOwner<'_>,
        secret: &ApiSecretDto,
    ) -> Result<ApiSecretDto, ServiceError> {
        self.service
            .post(&owner.segments())
            .json(secret)
            .read()
            .await
    }

    /// K4, K9: replaces expiration and description of the secret with that hash, nulls included.
    ///
    /// # Errors
    /// [`ServiceError`]; 404 for an unknown owner or secret.
    pub async fn update_api_secret(
        &self,
        owner: SecretOwner<'_>,
        secret: &ApiSecretDto,
    ) -> Result<(), ServiceError> {
        self.service
            .put(&owner.segments())
            .json(secret)
            .done()
            .await
    }

    /// K5, K10: deletes every secret with that hash.
    ///
    /// # Errors
    /// [`ServiceError`]; 404 for an unknown owner or secret.
    pub async fn delete_api_secret(
        &self,
        owner: SecretOwner<'_>,
        value_encrypted: &str,
    ) -> Result<(), ServiceError> {
        self.service
            .delete(&addressed(owner, &STANDARD.encode(value_encrypted)))
            .done()
            .await
    }
}

fn addressed<'a>(owner: SecretOwner<'a>, encoded: &'a str) -> [&'a str; 4] {
    let [service, kind, name] = owner.segments();
    [service, kind, name, encoded]
}
