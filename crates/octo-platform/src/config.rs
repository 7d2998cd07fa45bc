//! What a deployment decides before the platform starts.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use octo_sdk::fetch::ListedHost;

/// The five listeners of the platform, by the service that answers on them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Service {
    /// OpenID provider, its pages, and the REST API for users and roles.
    Identity,
    /// Asset repository: tenants and Construction Kit models.
    Assets,
    /// Communication controller.
    Communication,
    /// Bot service: jobs.
    Bot,
    /// Reporting service.
    Reporting,
}

impl Service {
    /// Every service, in the order in which listeners are bound.
    pub const ALL: [Self; 5] = [
        Self::Identity,
        Self::Assets,
        Self::Communication,
        Self::Bot,
        Self::Reporting,
    ];

    /// Lower-case name, as in log lines and the ready file.
    pub fn name(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Assets => "assets",
            Self::Communication => "communication",
            Self::Bot => "bot",
            Self::Reporting => "reporting",
        }
    }

    /// The port of the embedded deployment when nothing else is configured.
    pub fn default_port(self) -> u16 {
        match self {
            Self::Identity => 5003,
            Self::Assets => 5001,
            Self::Communication => 5015,
            Self::Bot => 5009,
            Self::Reporting => 5007,
        }
    }
}

/// Where each service listens. Port 0 asks the operating system for a free port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BindAddresses {
    /// Identity service.
    pub identity: SocketAddr,
    /// Asset repository.
    pub assets: SocketAddr,
    /// Communication controller.
    pub communication: SocketAddr,
    /// Bot service.
    pub bot: SocketAddr,
    /// Reporting service.
    pub reporting: SocketAddr,
}

impl BindAddresses {
    /// Loopback with the well-known ports of the embedded deployment.
    pub fn embedded() -> Self {
        Self::on(IpAddr::V4(Ipv4Addr::LOCALHOST), Service::default_port)
    }

    /// Loopback with free ports.
    pub fn free_ports() -> Self {
        Self::on(IpAddr::V4(Ipv4Addr::LOCALHOST), |_| 0)
    }

    fn on(ip: IpAddr, port: impl Fn(Service) -> u16) -> Self {
        let at = |service| SocketAddr::new(ip, port(service));
        Self {
            identity: at(Service::Identity),
            assets: at(Service::Assets),
            communication: at(Service::Communication),
            bot: at(Service::Bot),
            reporting: at(Service::Reporting),
        }
    }

    /// The address of one service.
    pub fn of(&self, service: Service) -> SocketAddr {
        match service {
            Service::Identity => self.identity,
            Service::Assets => self.assets,
            Service::Communication => self.communication,
            Service::Bot => self.bot,
            Service::Reporting => self.reporting,
        }
    }
}

/// Everything the platform needs to know to start.
#[derive(Clone)]
pub struct PlatformConfig {
    /// Directory of the tenant databases and of the signing key. Created when missing.
    pub data_dir: PathBuf,
    /// Public base URL of the identity service without trailing slash (`AuthorityUrl`); it becomes
    /// the issuer of every token. `None` derives it from the bound identity address.
    pub identity_url: Option<String>,
    /// Public base URL of the MCP server without trailing slash (`Mcp:PublicUrl`); with a slash
    /// appended it names the MCP API resource (auth.md 6.7).
    pub mcp_public_url: String,
    /// Listeners.
    pub bind: BindAddresses,
    /// Password of the user `admin` at the first start; `None` generates one.
    pub admin_password: Option<String>,
    /// Id of the system tenant.
    pub system_tenant: String,
    /// How applications may make themselves known.
    pub self_registration: SelfRegistration,
    /// Hosts of identity providers that are called even though they are not on the public Internet.
    /// Administrators of tenants choose the hosts; what else is in the operator's network is none
    /// of their business.
    pub provider_hosts: Vec<ListedHost>,
    /// Where providers are whose address no administrator names.
    pub provider_authorities: ProviderAuthorities,
    /// PEM file with certificate authorities trusted besides those of the operating system, for
    /// calls to identity providers.
    pub trusted_ca: Option<PathBuf>,
}

/// Addresses of the providers that are the same for everybody. Private clouds and tests have others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderAuthorities {
    /// Google accounts.
    pub google: String,
    /// Personal Microsoft accounts: the directory Microsoft keeps them in.
    pub microsoft: String,
    /// Microsoft Entra ID, without directory; the default of providers that name no authority.
    pub entra: String,
}

impl Default for ProviderAuthorities {
    fn default() -> Self {
        Self {
            google: "https://accounts.google.com".to_owned(),
            microsoft:
                "https://login.microsoftonline.com/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0"
                    .to_owned(),
            entra: "https://login.microsoftonline.com".to_owned(),
        }
    }
}

/// How applications may make themselves known to the provider, without an administrator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SelfRegistration {
    /// By registering (RFC 7591): `POST /connect/register`.
    pub dynamic: bool,
    /// By publishing a document about themselves, whose address is their client id.
    pub documents: bool,
    /// Hosts whose documents are fetched even though they are not on the public Internet, over HTTP
    /// too.
    pub listed_hosts: Vec<ListedHost>,
}

impl Default for SelfRegistration {
    fn default() -> Self {
        Self {
            dynamic: true,
            documents: true,
            listed_hosts: Vec::new(),
        }
    }
}

impl PlatformConfig {
    /// The embedded deployment: loopback, well-known ports, system tenant `octosystem`.
    pub fn embedded(data_dir: impl Into<PathBuf>, mcp_public_url: impl Into<String>) -> Self {
        Self {
            data_dir: data_dir.into(),
            identity_url: None,
            mcp_public_url: mcp_public_url.into(),
            bind: BindAddresses::embedded(),
            admin_password: None,
            system_tenant: "octosystem".to_owned(),
            self_registration: SelfRegistration::default(),
            provider_hosts: Vec::new(),
            provider_authorities: ProviderAuthorities::default(),
            trusted_ca: None,
        }
    }
}

impl std::fmt::Debug for PlatformConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PlatformConfig")
            .field("data_dir", &self.data_dir)
            .field("identity_url", &self.identity_url)
            .field("mcp_public_url", &self.mcp_public_url)
            .field("bind", &self.bind)
            .field(
                "admin_password",
                &self.admin_password.as_ref().map(|_| "(set)"),
            )
            .field("system_tenant", &self.system_tenant)
            .field("self_registration", &self.self_registration)
            .field("provider_hosts", &self.provider_hosts)
            .field("provider_authorities", &self.provider_authorities)
            .field("trusted_ca", &self.trusted_ca)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_output_hides_the_admin_password() {
        let mut config = PlatformConfig::embedded("/nowhere", "http://localhost:5016");
        config.admin_password = Some("Sup3r-secret".to_owned());
        let shown = format!("{config:?}");
        assert!(shown.contains("(set)"));
        assert!(!shown.contains("Sup3r"));
    }

    #[test]
    fn embedded_ports_are_the_documented_ones() {
        let bind = BindAddresses::embedded();
        let ports = Service::ALL.map(|service| bind.of(service).port());
        assert_eq!(ports, [5003, 5001, 5015, 5009, 5007]);
    }
}
