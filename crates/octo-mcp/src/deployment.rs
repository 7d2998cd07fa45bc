//! Where the backend services are: inside this process, or behind the configured addresses.
//!
//! The only module that knows the embedded platform. Everything else sees addresses and, where the
//! data is at hand, the runtime.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use octo_platform::{
    BindAddresses, Platform, PlatformConfig, PlatformError, ProviderAuthorities, RunningPlatform,
    SelfRegistration,
};
use octo_runtime::Runtime;
use url::Url;

use crate::config::{Config, EmbeddedConfig};
use crate::services::Endpoints;

/// The backend of a server.
pub enum Deployment {
    /// The platform in this process.
    Embedded(Box<RunningPlatform>),
    /// Real services.
    Cluster(Box<Endpoints>),
}

impl Deployment {
    /// Starts the embedded platform, or takes the configured addresses.
    ///
    /// # Errors
    /// When the platform cannot be started.
    pub async fn start(
        config: &Config,
        data_dir: &Path,
        public_url: &str,
    ) -> Result<Self, PlatformError> {
        let urls = &config.octoserviceurls;
        if urls.any() {
            return Ok(Self::Cluster(Box::new(Endpoints {
                identity: urls.identityserviceurl.clone(),
                assets: urls.assetserviceurl.clone(),
                communication: urls.communicationserviceurl.clone(),
                bot: urls.botserviceurl.clone(),
                reporting: urls.reportingserviceurl.clone(),
            })));
        }
        let mut platform = PlatformConfig::embedded(data_dir, public_url);
        platform.bind = bind_addresses(&config.embedded);
        platform.identity_url = config.mcp.authorityurl.as_ref().map(Url::to_string);
        platform.self_registration = SelfRegistration {
            dynamic: config.embedded.dynamicclientregistration,
            documents: config.embedded.clientmetadatadocuments,
            listed_hosts: config.embedded.clientmetadatahosts.clone(),
        };
        platform
            .provider_hosts
            .clone_from(&config.embedded.providerhosts);
        platform.provider_authorities = provider_authorities(&config.embedded);
        platform.trusted_ca.clone_from(&config.mcp.trustedcafile);
        platform.admin_password = config
            .embedded
            .adminpassword
            .as_ref()
            .map(|password| password.reveal().to_owned());
        Ok(Self::Embedded(Box::new(Platform::start(platform).await?)))
    }

    /// Where the services answer.
    pub fn endpoints(&self) -> Endpoints {
        match self {
            Self::Cluster(endpoints) => endpoints.as_ref().clone(),
            Self::Embedded(platform) => {
                let urls = platform.urls();
                let url = |text: &str| Url::parse(text).ok();
                Endpoints {
                    identity: url(&urls.identity),
                    assets: url(&urls.assets),
                    communication: url(&urls.communication),
                    bot: url(&urls.bot),
                    reporting: url(&urls.reporting),
                }
            }
        }
    }

    /// The tenants' data, where this process has it.
    pub fn runtime(&self) -> Option<Arc<Runtime>> {
        match self {
            Self::Embedded(platform) => Some(platform.runtime().clone()),
            Self::Cluster(_) => None,
        }
    }

    /// The password made for `admin` at the very first start, to be shown once.
    pub fn generated_password(&self) -> Option<&str> {
        match self {
            Self::Embedded(platform) => platform.generated_admin_password(),
            Self::Cluster(_) => None,
        }
    }

    /// Lets requests finish for up to `grace`, then closes the databases.
    pub async fn stop(self, grace: Duration) {
        if let Self::Embedded(platform) = self {
            let runtime = platform.runtime().clone();
            platform.shutdown(grace).await;
            runtime.close().await;
        }
    }
}

fn provider_authorities(config: &EmbeddedConfig) -> ProviderAuthorities {
    let usual = ProviderAuthorities::default();
    let address =
        |configured: &Option<Url>, usual| configured.as_ref().map_or(usual, Url::to_string);
    ProviderAuthorities {
        google: address(&config.googleauthority, usual.google),
        microsoft: address(&config.microsoftauthority, usual.microsoft),
        entra: address(&config.entraauthority, usual.entra),
    }
}

fn bind_addresses(config: &EmbeddedConfig) -> BindAddresses {
    let at = |port| SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port);
    BindAddresses {
        identity: at(config.identityport),
        assets: at(config.assetsport),
        communication: at(config.communicationport),
        bot: at(config.botport),
        reporting: at(config.reportingport),
    }
}
