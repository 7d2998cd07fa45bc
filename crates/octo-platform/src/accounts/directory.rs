//! Asking directories (OpenLDAP, Active Directory) whether a password is right and who has it.
//!
//! The password is tried in a bind as the person; there is no technical user whose password would
//! have to be kept, and the person's own is neither stored nor logged. After it, the person's entry
//! is read with the person's own rights.
//!
//! Which host is asked is an administrator's choice of some tenant, not the operator's: hosts in
//! private networks are called only if the operator listed them, answers are bounded in size and
//! time, and referrals to other hosts are not followed. So far [`ldap3`](https://docs.rs/ldap3),
//! the usual client, cannot be used for such hosts: it collects answers of any size and panics on
//! malformed ones. The few messages of a sign-in are encoded here instead ([RFC 4511]).
//!
//! [RFC 4511]: https://www.rfc-editor.org/rfc/rfc4511

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use octo_sdk::fetch::{self, FetchError, ListedHost};
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{CertificateError, ClientConfig};
use rustls_platform_verifier::Verifier;
use tokio::sync::Semaphore;

mod active_directory;
mod ber;
mod connection;
mod message;
mod names;
mod open_ldap;
mod person;
mod settings;
#[cfg(test)]
mod tests;

use connection::Connection;
pub use names::is_attribute;
pub use person::Person;
pub use settings::{DirectoryKind, DirectorySettings, is_directory};

/// Time for everything.
const TIME: Duration = Duration::from_secs(10);
/// Directories asked at the same time; more people wait.
const PLACES: usize = 64;
/// Longest password that is passed on, octets.
const MAX_PASSWORD: usize = 1024;
/// Ports of directories, for hosts the operator listed without one.
const USUAL_PORTS: [u16; 2] = [389, 636];

/// Why a directory could not say whether a password is right.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum DirectoryError {
    /// The provider's settings are of no use.
    #[error("the provider's settings are incomplete or malformed")]
    Settings,
    /// The operator has not allowed the host.
    #[error("{0}")]
    Host(FetchError),
    /// No connection, or one that broke.
    #[error("the directory does not answer or has closed the connection")]
    Unreachable,
    /// The certificate is not trusted, or not for this host.
    #[error("the directory's certificate is not accepted: {0}")]
    Certificate(CertificateError),
    /// No encrypted connection for another reason.
    #[error("the directory does not speak TLS on this port, or TLS cannot be set up here")]
    Tls,
    /// Too slow.
    #[error("the directory did not answer within {} ms", .0.as_millis())]
    TooSlow(Duration),
    /// An answer beyond the limits.
    #[error("the directory's answer is too large")]
    TooLarge,
    /// Not a directory's answer.
    #[error("what answers is not a directory, or one that says something unexpected")]
    Protocol,
    /// The directory refused for a reason other than name and password (RFC 4511, appendix A).
    #[error("the directory refused with result code {0}")]
    Refused(u32),
    /// The person may sign in, but the entry that says who it is cannot be read.
    #[error("people cannot read their own entry in the directory (result code {0})")]
    OwnEntry(u32),
}

impl From<ber::Malformed> for DirectoryError {
    fn from(_: ber::Malformed) -> Self {
        Self::Protocol
    }
}

/// Asks directories.
pub struct Directories {
    listed: Vec<ListedHost>,
    trusted_ca: Option<PathBuf>,
    time: Duration,
    places: Semaphore,
    tls: OnceLock<Arc<ClientConfig>>,
}

impl Directories {
    /// Directories on the public Internet and on the `listed` hosts. Their certificates come from
    /// authorities the machine trusts, or from those in the file `trusted_ca` (PEM).
    pub fn new(listed: Vec<ListedHost>, trusted_ca: Option<PathBuf>) -> Self {
        Self {
            listed,
            trusted_ca,
            time: TIME,
            places: Semaphore::new(PLACES),
            tls: OnceLock::new(),
        }
    }

    /// The person of this name and password; `None` if the directory does not accept them.
    ///
    /// # Errors
    /// [`DirectoryError`] if the directory could not be asked.
    pub async fn check(
        &self,
        settings: &DirectorySettings,
        name: &str,
        password: &str,
    ) -> Result<Option<Person>, DirectoryError> {
        // A bind without password succeeds for any name (RFC 4513 5.1.2).
        if name.is_empty() || password.is_empty() || password.len() > MAX_PASSWORD {
            return Ok(None);
        }
        let asked = tokio::time::timeout(self.time, async {
            let place = self.places.acquire().await;
            let _place = place.map_err(|_| DirectoryError::Unreachable)?;
            self.ask(settings, name, password).await
        });
        asked
            .await
            .unwrap_or(Err(DirectoryError::TooSlow(self.time)))
    }

    async fn ask(
        &self,
        settings: &DirectorySettings,
        name: &str,
        password: &str,
    ) -> Result<Option<Person>, DirectoryError> {
        let mut connection = self.connect(settings).await?;
        let connected = &mut connection;
        let person = match &settings.kind {
            DirectoryKind::OpenLdap {
                user_base_dn: base,
                user_name_attribute: attribute,
            } => open_ldap::check(connected, base, attribute, name, password).await,
            DirectoryKind::ActiveDirectory => {
                active_directory::check(connected, name, password).await
            }
        };
        connection.close().await;
        person
    }

    async fn connect(&self, settings: &DirectorySettings) -> Result<Connection, DirectoryError> {
        let (host, port) = (settings.host.to_string(), settings.port);
        let addresses = fetch::callable(&host, port, &USUAL_PORTS, &self.listed)
            .await
            .map_err(|error| match error {
                FetchError::Unreachable => DirectoryError::Unreachable,
                error => DirectoryError::Host(error),
            })?;
        let tls = match settings.use_tls {
            true => Some(self.tls()?),
            false => None,
        };
        Connection::open(&addresses, &settings.host, tls).await
    }

    /// Set up at the first use: not every machine has certificates and directories.
    fn tls(&self) -> Result<Arc<ClientConfig>, DirectoryError> {
        if let Some(known) = self.tls.get() {
            return Ok(Arc::clone(known));
        }
        let config = self.new_tls().map_err(|cause| {
            tracing::error!(%cause, "TLS to directories cannot be set up");
            DirectoryError::Tls
        })?;
        Ok(Arc::clone(self.tls.get_or_init(|| Arc::new(config))))
    }

    fn new_tls(&self) -> Result<ClientConfig, Box<dyn std::error::Error + Send + Sync>> {
        let extra = match &self.trusted_ca {
            Some(path) => CertificateDer::pem_file_iter(path)?.collect::<Result<Vec<_>, _>>()?,
            None => Vec::new(),
        };
        let provider = Arc::new(aws_lc_rs::default_provider());
        let verifier = Verifier::new_with_extra_roots(extra, Arc::clone(&provider))?;
        // The verifier is the one of the operating system, not a laxer one.
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier))
            .with_no_client_auth();
        Ok(config)
    }
}

/// Whether a bind's result code means yes. Codes that speak of name, password or account mean no,
/// all alike; any other means that the question was not answered.
fn accepted(code: u32) -> Result<bool, DirectoryError> {
    match code {
        message::SUCCESS => Ok(true),
        // constraintViolation, noSuchObject, invalidDNSyntax, inappropriateAuthentication,
        // invalidCredentials, insufficientAccessRights, unwillingToPerform
        19 | 32 | 34 | 48 | 49 | 50 | 53 => {
            tracing::debug!(code, "a directory did not accept name and password");
            Ok(false)
        }
        other => Err(DirectoryError::Refused(other)),
    }
}
