//! Process-wide HTTP settings and connection pools.

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use reqwest::redirect::{Attempt, Policy};
use reqwest::{Certificate, Client, ClientBuilder};
use url::{Host, Url};

/// Redirects followed at most for one call.
const MAX_REDIRECTS: usize = 5;

/// Settings of the HTTP core.
#[derive(Clone, Debug)]
pub struct HttpOptions {
    /// Time a whole call may take; the original waits 100 seconds (`spec/identity.md` 1).
    pub timeout: Duration,
    /// Time a connection may take to be established.
    pub connect_timeout: Duration,
    /// PEM file with certificates to trust besides those of the operating system.
    pub extra_ca: Option<PathBuf>,
    /// Accepts any certificate of a service on this machine (`localhost`, `127.0.0.0/8`, `::1`).
    /// Certificates of all other hosts are always verified.
    pub insecure_loopback: bool,
}

impl Default for HttpOptions {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(100),
            connect_timeout: Duration::from_secs(15),
            extra_ca: None,
            insecure_loopback: false,
        }
    }
}

/// Why the HTTP core cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum HttpSetupError {
    /// The file with extra certificates cannot be read.
    #[error("cannot read the CA file {path}: {source}")]
    CaFile {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// The file with extra certificates holds none.
    #[error("the CA file {path} holds no usable PEM certificate: {reason}")]
    CaContent {
        /// The file.
        path: PathBuf,
        /// Why it is of no use.
        reason: String,
    },
    /// The TLS library cannot be initialised.
    #[error("cannot set up HTTPS: {0}")]
    Tls(#[from] reqwest::Error),
}

/// Connection pools of the process; cheap to clone.
#[derive(Clone, Debug)]
pub struct Http {
    remote: Client,
    loopback: Client,
    timeout: Duration,
}

impl Http {
    /// Sets up the pools.
    ///
    /// # Errors
    /// [`HttpSetupError`] when the extra CA file is unusable or TLS cannot be initialised.
    pub fn new(options: &HttpOptions) -> Result<Self, HttpSetupError> {
        let extra = extra_certificates(options)?;
        let remote = builder(options, extra.clone()).build()?;
        // A proxy of the environment never serves this machine's own loopback addresses.
        let loopback = builder(options, extra)
            .no_proxy()
            .tls_danger_accept_invalid_certs(options.insecure_loopback)
            .build()?;
        Ok(Self {
            remote,
            loopback,
            timeout: options.timeout,
        })
    }

    /// Time a whole call may take.
    pub fn timeout(&self) -> Duration {
        self.timeout
    }

    /// The pool for an address.
    pub(crate) fn pool(&self, url: &Url) -> &Client {
        if is_loopback(url) {
            &self.loopback
        } else {
            &self.remote
        }
    }
}

fn builder(options: &HttpOptions, extra: Vec<Certificate>) -> ClientBuilder {
    Client::builder()
        .user_agent(concat!("octo-sdk/", env!("CARGO_PKG_VERSION")))
        .timeout(options.timeout)
        .connect_timeout(options.connect_timeout)
        .tls_certs_merge(extra)
        .redirect(Policy::custom(follow_on_same_host))
}

/// Requests carry tokens and passwords: they follow a redirect only to the host they were sent to,
/// and never from HTTPS to HTTP.
fn follow_on_same_host(attempt: Attempt<'_>) -> reqwest::redirect::Action {
    let next = attempt.url();
    let same_host = attempt.previous().iter().all(|previous| {
        previous.host() == next.host()
            && (previous.scheme() == next.scheme() || next.scheme() == "https")
    });
    if same_host && attempt.previous().len() <= MAX_REDIRECTS {
        attempt.follow()
    } else {
        attempt.stop()
    }
}

fn extra_certificates(options: &HttpOptions) -> Result<Vec<Certificate>, HttpSetupError> {
    let Some(path) = &options.extra_ca else {
        return Ok(Vec::new());
    };
    let unusable = |reason: String| HttpSetupError::CaContent {
        path: path.clone(),
        reason,
    };
    let pem = std::fs::read(path).map_err(|source| HttpSetupError::CaFile {
        path: path.clone(),
        source,
    })?;
    let certificates =
        Certificate::from_pem_bundle(&pem).map_err(|error| unusable(error.to_string()))?;
    if certificates.is_empty() {
        return Err(unusable("no certificate found".to_owned()));
    }
    Ok(certificates)
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
        Some(Host::Ipv4(address)) => IpAddr::V4(address).is_loopback(),
        Some(Host::Ipv6(address)) => IpAddr::V6(address).is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_is_this_machine_only() {
        for (text, expected) in [
            ("http://localhost:1/", true),
            ("http://127.9.9.9/", true),
            ("http://[::1]/", true),
            ("http://localhost.example.com/", false),
            ("http://10.0.0.1/", false),
        ] {
            assert_eq!(is_loopback(&text.parse().unwrap()), expected, "{text}");
        }
    }

    #[test]
    fn unusable_ca_files_are_named() {
        let options = HttpOptions {
            extra_ca: Some("/no/such.pem".into()),
            ..Default::default()
        };
        let error = Http::new(&options).unwrap_err().to_string();
        assert!(
            error.starts_with("cannot read the CA file /no/such.pem"),
            "{error}"
        );
    }
}
