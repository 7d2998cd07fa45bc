//! Ways to sign in with accounts kept elsewhere (`spec/identity.md` 4.5).

mod dto;

pub use dto::{
    DirectoryDto, EntraDto, IdentityProviderDto, OAuthProviderDto, OpenLdapDto, ProviderKind,
};

use serde_json::Value;

use super::IdentityClient;
use crate::ServiceError;

const ROUTE: &str = "identityProviders";

impl IdentityClient {
    /// I1: all identity providers of the tenant. Real services send client secrets along.
    ///
    /// # Errors
    /// [`ServiceError`].
    pub async fn identity_providers(&self) -> Result<Vec<IdentityProviderDto>, ServiceError> {
        self.service.get(&[ROUTE]).read_list_in(ROUTE).await
    }

    /// I2: the provider with this runtime id; `None` when there is none.
    ///
    /// Services answer with a list of one in a wrapper where their own client expects the provider
    /// itself (section 9, item 2); both are read.
    ///
    /// # Errors
    /// [`ServiceError`].
    pub async fn identity_provider(
        &self,
        id: &str,
    ) -> Result<Option<IdentityProviderDto>, ServiceError> {
        let answer = self.service.get(&[ROUTE, id]).read_any::<Value>().await;
        let found = match answer {
            Err(error) if error.is_not_found() => return Ok(None),
            answer => unwrapped(answer?.unwrap_or_default()),
        };
        let Some(found) = found else {
            return Ok(None);
        };
        let text = found.to_string();
        serde_json::from_value(found).map(Some).map_err(|error| {
            ServiceError::unexpected(::http::StatusCode::OK, text.as_bytes(), &error)
        })
    }

    /// I3: creates a provider and returns it with its id.
    ///
    /// # Errors
    /// [`ServiceError`]; 400 when the name or a setting of its kind does not do.
    pub async fn create_identity_provider(
        &self,
        provider: &IdentityProviderDto,
    ) -> Result<IdentityProviderDto, ServiceError> {
        let body = without_id(provider);
        self.service.post(&[ROUTE]).json(&body).read().await
    }

    /// I4: replaces a provider. Without a client secret the present one stays, as long as the kind
    /// is the same. Real services create a provider of an id they do not know.
    ///
    /// # Errors
    /// [`ServiceError`]; 400 when the name or a setting of its kind does not do.
    pub async fn update_identity_provider(
        &self,
        id: &str,
        provider: &IdentityProviderDto,
    ) -> Result<(), ServiceError> {
        let body = without_id(provider);
        self.service.put(&[ROUTE, id]).json(&body).done().await
    }

    /// I5: deletes a provider; also succeeds when there is none.
    ///
    /// # Errors
    /// [`ServiceError`].
    pub async fn delete_identity_provider(&self, id: &str) -> Result<(), ServiceError> {
        self.service.delete(&[ROUTE, id]).done().await
    }
}

/// Services fail on a body with an id (section 5).
fn without_id(provider: &IdentityProviderDto) -> IdentityProviderDto {
    IdentityProviderDto {
        rt_id: None,
        ..provider.clone()
    }
}

fn unwrapped(answer: Value) -> Option<Value> {
    let found = match answer {
        Value::Object(mut object) => match object.remove(ROUTE) {
            Some(Value::Array(list)) => list.into_iter().next().unwrap_or_default(),
            Some(other) => other,
            None => object.into(),
        },
        bare => bare,
    };
    (!found.is_null()).then_some(found)
}
