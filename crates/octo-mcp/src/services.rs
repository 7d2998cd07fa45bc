//! Everything the calls of one server share.

use std::sync::Arc;

use octo_runtime::Runtime;
use octo_sdk::Http;
use url::Url;

use crate::auth::{Gate, SessionTokens, TokenStore, TokenVerifier};
use crate::catalogue::Catalogue;
use crate::config::Config;
use crate::confirm::Confirmations;
use crate::derived::Derived;
use crate::reply::Failure;
use crate::statistics::Statistics;
use crate::transfer::TransferStore;
use octo_sdk::fetch::Fetcher;

/// Shared state of the server.
pub struct Services {
    /// The configuration it was started with.
    pub config: Config,
    /// External address of the server, without trailing slash.
    pub public_url: String,
    /// Issuer of access tokens, with trailing slash.
    pub issuer: String,
    /// Addresses of the backend services.
    pub endpoints: Endpoints,
    /// Connection pools towards them.
    pub http: Http,
    /// The tenants' data, where this process has access to it.
    pub runtime: Option<Arc<Runtime>>,
    /// What follows from the tenants' types.
    pub derived: Derived,
    /// Fetches documents tenants point to.
    pub fetcher: Fetcher,
    /// All tools.
    pub catalogue: Catalogue,
    /// Checks access tokens.
    pub verifier: Arc<TokenVerifier>,
    /// Tokens obtained through the tools.
    pub token_store: Arc<TokenStore>,
    /// Gets and renews them.
    pub session_tokens: Arc<SessionTokens>,
    /// Decides who may act on a tenant.
    pub gate: Gate,
    /// Files on their way in or out.
    pub transfers: TransferStore,
    /// Counters of the calls.
    pub statistics: Statistics,
    /// Questions put to users before destructive calls.
    pub confirmations: Confirmations,
    /// Places for calls running at the same time.
    pub places: tokio::sync::Semaphore,
}

/// Addresses of the backend services.
#[derive(Debug, Clone, Default)]
pub struct Endpoints {
    /// Identity service.
    pub identity: Option<Url>,
    /// Asset repository.
    pub assets: Option<Url>,
    /// Communication controller.
    pub communication: Option<Url>,
    /// Bot service.
    pub bot: Option<Url>,
    /// Reporting service.
    pub reporting: Option<Url>,
}

impl Endpoints {
    /// Address of the identity service.
    ///
    /// # Errors
    /// A failure naming the missing key (spec, auth 3.9).
    pub fn identity(&self) -> Result<&Url, Failure> {
        configured(self.identity.as_ref(), "IdentityServiceUrl")
    }

    /// Address of the asset repository; see [`Endpoints::identity`].
    ///
    /// # Errors
    /// A failure naming the missing key.
    pub fn assets(&self) -> Result<&Url, Failure> {
        configured(self.assets.as_ref(), "AssetServiceUrl")
    }

    /// Address of the bot service; see [`Endpoints::identity`].
    ///
    /// # Errors
    /// A failure naming the missing key.
    pub fn bot(&self) -> Result<&Url, Failure> {
        configured(self.bot.as_ref(), "BotServiceUrl")
    }
}

fn configured<'a>(url: Option<&'a Url>, key: &str) -> Result<&'a Url, Failure> {
    url.ok_or_else(|| {
        Failure::new(format!(
            "OctoServiceUrls:{key} is not configured. Add it to appsettings.json."
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_address_is_named_by_its_key() {
        let none = Endpoints::default();
        for (answer, key) in [
            (none.identity(), "IdentityServiceUrl"),
            (none.assets(), "AssetServiceUrl"),
            (none.bot(), "BotServiceUrl"),
        ] {
            let text =
                format!("OctoServiceUrls:{key} is not configured. Add it to appsettings.json.");
            assert_eq!(answer.expect_err("missing").message(), text);
        }
    }
}
