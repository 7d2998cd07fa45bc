//! Configuration: file, environment, command line (spec, auth 5).
//!
//! Keys keep the names of the server this one replaces, so that an existing deployment can be
//! pointed here unchanged: `Mcp:PublicUrl` in a JSON file is `OCTO_MCP__PUBLICURL` in the
//! environment; names ignore case. Keys of parts that do not exist here (message broker, dynamic
//! tools) are accepted and unused; any other unknown key is refused at start.

use std::net::IpAddr;
use std::path::{Path, PathBuf};

use figment::providers::{Env, Format, Json};
use figment::{Figment, Profile};
use serde::Deserialize;
use url::Url;

use octo_sdk::fetch::ListedHost;

mod keys;

/// Everything the server can be told.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Config {
    /// Section `Mcp`.
    pub mcp: McpConfig,
    /// Section `OctoServiceUrls`: set any of them to serve a cluster instead of the embedded
    /// platform.
    pub octoserviceurls: ServiceUrls,
    /// Section `TenantAuthorization`.
    pub tenantauthorization: TenantAuthorization,
    /// Section `Embedded`.
    pub embedded: EmbeddedConfig,
}

/// Section `Mcp`.
#[derive(Debug, Clone, Deserialize)]
#[serde(default)]
pub struct McpConfig {
    /// External address of this server: OAuth resource identifier, base of transfer links.
    pub publicurl: Option<Url>,
    /// Issuer of the access tokens; a trailing slash is added where it is missing.
    pub authorityurl: Option<Url>,
    /// Address the MCP listener binds to.
    pub bindaddress: IpAddr,
    /// Port of the MCP listener; 0 takes a free one.
    pub port: u16,
    /// Who may sign in through the tools without a bearer token.
    pub anonymouslogin: AnonymousLogin,
    /// Refuse tokens that were issued for somebody else.
    pub validateaudience: bool,
    /// Additional accepted audiences.
    pub extraaudiences: Vec<String>,
    /// A token needs one of these scopes.
    pub requiredapiscopes: Vec<String>,
    /// Refuse a `tenantId` argument that differs from the route's tenant.
    pub routetenantisbinding: bool,
    /// Web origins allowed to call, besides loopback and that of `PublicUrl`.
    pub allowedorigins: Vec<String>,
    /// Seconds a tool call may take, 1 to 86 400.
    pub calltimeoutseconds: u64,
    /// Tool calls running at the same time; more wait for a place.
    pub maxconcurrentcalls: usize,
    /// Hosts (`host` or `host:port`) whose documents knowledge sources may name even though they are
    /// not on the public Internet, over HTTP too.
    pub knowledgehosts: Vec<ListedHost>,
    /// PEM file with additional certificate authorities for calls to the services.
    pub trustedcafile: Option<PathBuf>,
    /// Accept any certificate of services on loopback addresses.
    pub insecuretls: bool,
    /// Lowest level of log lines: Trace, Debug, Info, Warn, Error, Fatal or Off.
    pub minloglevel: LogLevel,
}

impl Default for McpConfig {
    fn default() -> Self {
        Self {
            publicurl: None,
            authorityurl: None,
            bindaddress: IpAddr::from([127, 0, 0, 1]),
            port: 5016,
            anonymouslogin: AnonymousLogin::Loopback,
            validateaudience: true,
            extraaudiences: Vec::new(),
            requiredapiscopes: vec!["octo_api".to_owned()],
            routetenantisbinding: false,
            allowedorigins: Vec::new(),
            calltimeoutseconds: 3600,
            maxconcurrentcalls: 256,
            knowledgehosts: Vec::new(),
            trustedcafile: None,
            insecuretls: false,
            minloglevel: LogLevel::Warn,
        }
    }
}

/// When callers without a bearer token may list tools and sign in (spec, auth 10.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum AnonymousLogin {
    /// Only from this machine, straight to a loopback listener, and only while `PublicUrl` is a
    /// loopback address, too.
    #[serde(alias = "loopback")]
    Loopback,
    /// Never.
    #[serde(alias = "off")]
    Off,
    /// From anywhere. Only behind TLS.
    #[serde(alias = "always")]
    Always,
}

/// Lowest level of log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[expect(missing_docs, reason = "the names say it")]
pub enum LogLevel {
    #[serde(alias = "trace")]
    Trace,
    #[serde(alias = "debug")]
    Debug,
    #[serde(alias = "info")]
    Info,
    #[serde(alias = "warn")]
    Warn,
    #[serde(alias = "error", alias = "fatal", alias = "Fatal")]
    Error,
    #[serde(alias = "off")]
    Off,
}

impl LogLevel {
    /// The directive of `tracing` for this level.
    pub fn directive(self) -> &'static str {
        match self {
            Self::Trace => "trace",
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Error => "error",
            Self::Off => "off",
        }
    }
}

/// Section `OctoServiceUrls`: base addresses of the backend services.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct ServiceUrls {
    /// Asset repository.
    pub assetserviceurl: Option<Url>,
    /// Identity service.
    pub identityserviceurl: Option<Url>,
    /// Communication controller.
    pub communicationserviceurl: Option<Url>,
    /// Bot (job) service.
    pub botserviceurl: Option<Url>,
    /// Reporting service.
    pub reportingserviceurl: Option<Url>,
}

impl ServiceUrls {
    /// Whether any service is configured, which selects the cluster deployment.
    pub fn any(&self) -> bool {
        [
            &self.assetserviceurl,
            &self.identityserviceurl,
            &self.communicationserviceurl,
            &self.botserviceurl,
            &self.reportingserviceurl,
        ]
        .iter()
        .any(|url| url.is_some())
    }
}

/// Section `TenantAuthorization`: tokens of services, which have no user (spec, auth 10.5).
#[derive(Debug, Clone, Deserialize)]
#[serde(default)]
pub struct TenantAuthorization {
    /// What happens when a service token names another tenant, or none.
    pub servicetokenenforcement: Enforcement,
    /// OAuth clients that may act on every tenant.
    pub crosstenantserviceclientids: Vec<String>,
}

impl Default for TenantAuthorization {
    fn default() -> Self {
        Self {
            servicetokenenforcement: Enforcement::Enforce,
            crosstenantserviceclientids: Vec::new(),
        }
    }
}

/// How strictly a rule is applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum Enforcement {
    /// Refuse.
    #[serde(alias = "enforce")]
    Enforce,
    /// Allow and log.
    #[serde(alias = "logonly", alias = "logOnly")]
    LogOnly,
    /// Allow.
    #[serde(alias = "disabled")]
    Disabled,
}

/// Section `Embedded`: the platform inside the binary.
#[derive(Debug, Clone, Deserialize)]
#[serde(default)]
pub struct EmbeddedConfig {
    /// Password of the first user `admin`; generated when absent.
    pub adminpassword: Option<Secret>,
    /// Port of the identity service; 0 takes a free one. Likewise the other ports.
    pub identityport: u16,
    /// Port of the asset repository.
    pub assetsport: u16,
    /// Port of the communication controller.
    pub communicationport: u16,
    /// Port of the bot service.
    pub botport: u16,
    /// Port of the reporting service.
    pub reportingport: u16,
    /// Whether applications may register themselves as OAuth clients.
    pub dynamicclientregistration: bool,
    /// Whether applications may be OAuth clients by a document about themselves, whose address is
    /// their client id.
    pub clientmetadatadocuments: bool,
    /// Hosts (`host` or `host:port`) from which such documents are taken even though they are not on
    /// the public Internet, over HTTP too.
    pub clientmetadatahosts: Vec<ListedHost>,
    /// Hosts (`host` or `host:port`) of identity providers that are called even though they are not
    /// on the public Internet.
    pub providerhosts: Vec<ListedHost>,
    /// Address of the provider of Google accounts, where it is another one.
    pub googleauthority: Option<Url>,
    /// Address of the provider of Microsoft accounts, where it is another one.
    pub microsoftauthority: Option<Url>,
    /// Address of Entra ID for providers that name none, where it is another one.
    pub entraauthority: Option<Url>,
}

impl Default for EmbeddedConfig {
    fn default() -> Self {
        Self {
            adminpassword: None,
            identityport: 5003,
            assetsport: 5001,
            communicationport: 5015,
            botport: 5009,
            reportingport: 5007,
            dynamicclientregistration: true,
            clientmetadatadocuments: true,
            clientmetadatahosts: Vec::new(),
            providerhosts: Vec::new(),
            googleauthority: None,
            microsoftauthority: None,
            entraauthority: None,
        }
    }
}

/// A configured secret; never printed.
#[derive(Clone, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// The secret itself.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl From<String> for Secret {
    fn from(secret: String) -> Self {
        Self(secret)
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[redacted]")
    }
}

/// Why the configuration was refused: one line per problem, each naming its key.
#[derive(Debug, thiserror::Error)]
#[error("the configuration is not usable:\n{}", .0.iter().map(|p| format!("  - {p}")).collect::<Vec<_>>().join("\n"))]
pub struct ConfigError(pub Vec<String>);

impl Config {
    /// Reads `file` (JSON, optional) and then the `OCTO_…` environment, which wins.
    ///
    /// # Errors
    /// Every unknown key and every bad value, by the name it was given under.
    pub fn load(file: Option<&Path>) -> Result<Self, ConfigError> {
        let mut figment = Figment::new();
        if let Some(path) = file {
            if !path.is_file() {
                let text = format!("--config: there is no file '{}'", path.display());
                return Err(ConfigError(vec![text]));
            }
            figment = figment.merge(keys::lower_cased(Json::file_exact(path))?);
        }
        let settings = Env::prefixed("OCTO_").filter(|name| !keys::is_service_link(name.as_str()));
        figment = figment.merge(settings.split("__").profile(Profile::Default));
        Self::from_figment(figment)
    }

    fn from_figment(figment: Figment) -> Result<Self, ConfigError> {
        let mut problems = keys::unknown(&figment);
        let normalised = keys::lists_from_indexes(&figment);
        let config = match normalised.extract::<Self>() {
            Ok(config) => config,
            Err(_) => {
                problems.extend(keys::unfit::<Self>(&normalised));
                return Err(ConfigError(problems));
            }
        };
        problems.extend(config.problems());
        if problems.is_empty() {
            Ok(config)
        } else {
            Err(ConfigError(problems))
        }
    }

    fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        if let Some(url) = &self.mcp.publicurl
            && !matches!(url.scheme(), "http" | "https")
        {
            problems.push(format!(
                "McpServiceOptions.PublicUrl must be an absolute http(s) URI, but was '{url}'. Set OCTO_MCP__PUBLICURL to the external MCP URL."
            ));
        }
        if !(1..=86_400).contains(&self.mcp.calltimeoutseconds) {
            problems.push("OCTO_MCP__CALLTIMEOUTSECONDS must be between 1 and 86400".to_owned());
        }
        if self.mcp.maxconcurrentcalls == 0 {
            problems.push("OCTO_MCP__MAXCONCURRENTCALLS must be at least 1".to_owned());
        }
        if self.octoserviceurls.any() && self.mcp.authorityurl.is_none() {
            problems.push(
                "OCTO_MCP__AUTHORITYURL is required when OCTO_OCTOSERVICEURLS__… names a cluster"
                    .to_owned(),
            );
        }
        problems
    }
}

#[cfg(test)]
mod tests;
