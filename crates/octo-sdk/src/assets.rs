//! Client of the asset repository: tenants and Construction Kit import.
//!
//! The tenant of the client is the *parent*: every tenant route acts on its children
//! (`spec/assets.md` 2 and 3).

mod dto;
mod models;
mod tenants;

use url::Url;

pub use dto::{JobIdDto, TenantDto, TenantLifecycleDto};
pub use models::{ModelFile, ModelFileType};

use crate::http::{Http, ServiceClient};
use crate::{AccessToken, ServiceError};

/// The asset repository as seen by one caller in one tenant.
#[derive(Clone, Debug)]
pub struct AssetsClient {
    service: ServiceClient,
}

impl AssetsClient {
    /// A client for `tenant` of the service at `service`.
    ///
    /// # Errors
    /// [`ServiceError::InvalidArgument`] as [`ServiceClient::new`].
    pub fn new(
        http: &Http,
        service: &Url,
        tenant: &str,
        token: AccessToken,
    ) -> Result<Self, ServiceError> {
        Ok(Self {
            service: ServiceClient::new(http, service, tenant, &token)?,
        })
    }
}
