//! Small routes beside the administration of identities (`spec/identity.md` 4.11).

use serde::{Deserialize, Serialize};

use super::IdentityClient;
use crate::json::null_as_default;
use crate::{Secret, ServiceError};

/// What the service knows about the caller.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct DiagnosticsDto {
    /// Name of the caller.
    pub name: Option<String>,
    /// Claims of the caller's token.
    #[serde(deserialize_with = "null_as_default")]
    pub claims: Vec<ClaimDto>,
}

/// One claim of a token.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ClaimDto {
    /// Name of the claim.
    #[serde(deserialize_with = "null_as_default")]
    pub key: String,
    /// Value of the claim; a list has one entry per value.
    #[serde(deserialize_with = "null_as_default")]
    pub value: String,
}

impl IdentityClient {
    /// A random password that meets no particular policy: 16 letters and digits.
    ///
    /// # Errors
    /// [`ServiceError`].
    pub async fn generate_password(&self) -> Result<Secret, ServiceError> {
        #[derive(Deserialize)]
        struct Generated {
            value: String,
        }
        let request = self.service.get(&["tools", "generatePassword"]);
        Ok(Secret::new(request.read::<Generated>().await?.value))
    }

    /// What the service reads out of the caller's token.
    ///
    /// # Errors
    /// [`ServiceError`].
    pub async fn diagnostics(&self) -> Result<DiagnosticsDto, ServiceError> {
        self.service.get(&["diagnostics"]).read().await
    }
}
