//! Fetching documents from addresses that somebody else chose: users of a tenant (spec, protocol
//! A-11), or applications that describe themselves.
//!
//! Whoever may write such an address could make this server call its own neighbours. So only public
//! addresses are called, over HTTPS: names are resolved by a resolver that hands out nothing but
//! public addresses, and the connection goes to exactly what the resolver checked, so that a name
//! cannot mean one address when checked and another when called. Redirects go through the same
//! checks. Hosts listed in the configuration are called whatever their address is, over HTTP too.

mod address;
mod host;
mod service;
mod text;

use std::error::Error as _;
use std::net::IpAddr;
use std::path::Path;
use std::time::Duration;

use reqwest::header::{ACCEPT, ACCEPT_ENCODING, LOCATION};
use reqwest::redirect::Policy;
use reqwest::{Certificate, Client, ClientBuilder, Response, StatusCode};
use url::{Host, Url};

pub use address::callable;
use address::{NotPublic, PublicResolver};
pub use host::ListedHost;
pub use service::JsonAnswer;

/// How much a document may cost.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Time for everything, redirects included.
    pub time: Duration,
    /// Size of the document, bytes.
    pub bytes: usize,
    /// Redirects followed.
    pub redirects: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            time: Duration::from_secs(10),
            bytes: 1024 * 1024,
            redirects: 3,
        }
    }
}

/// Why a document was not fetched, as the end of a sentence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FetchError {
    /// Not an address.
    #[error("the address is not a URL with a host")]
    Address,
    /// Another scheme than HTTPS.
    #[error("only https addresses are fetched")]
    Scheme,
    /// User name or password in the address.
    #[error("the address must not contain a user name or password")]
    Credentials,
    /// Not on the public Internet.
    #[error("the host is not on the public Internet; an operator can list it in the configuration")]
    NotPublic,
    /// No connection.
    #[error("the host does not answer or its certificate is not trusted")]
    Unreachable,
    /// The server refused.
    #[error("HTTP {}{}", .0.as_u16(), .0.canonical_reason().map(|r| format!(" {r}")).unwrap_or_default())]
    Status(StatusCode),
    /// A redirect to nowhere.
    #[error("the server redirects without a usable address")]
    Redirect,
    /// Too many redirects.
    #[error("the server redirects more than {0} times")]
    Redirects(usize),
    /// Not a text.
    #[error("the document is not a text")]
    NotText,
    /// Not the document a JSON service answers with.
    #[error("the answer is not JSON")]
    NotJson,
    /// Too large.
    #[error("the document is larger than {0} bytes")]
    TooLarge(usize),
    /// Too slow.
    #[error("the document did not arrive within {} ms", .0.as_millis())]
    TooSlow(Duration),
}

/// Fetches documents.
pub struct Fetcher {
    public: Client,
    listed: Client,
    hosts: Vec<ListedHost>,
    limits: Limits,
}

/// Why fetching cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum FetchSetupError {
    /// The file with extra certificates cannot be read.
    #[error("cannot read the CA file: {0}")]
    CaFile(#[from] std::io::Error),
    /// HTTPS is not usable.
    #[error("cannot set up HTTPS: {0}")]
    Tls(#[from] reqwest::Error),
}

impl Fetcher {
    /// A fetcher that also calls `hosts`, whose certificates may come from `extra_ca` (PEM).
    ///
    /// # Errors
    /// An unusable certificate file, or no HTTPS.
    pub fn new(
        hosts: Vec<ListedHost>,
        extra_ca: Option<&Path>,
        limits: Limits,
    ) -> Result<Self, FetchSetupError> {
        let extra = match extra_ca {
            Some(path) => Certificate::from_pem_bundle(&std::fs::read(path)?)?,
            None => Vec::new(),
        };
        Ok(Self {
            public: builder()
                .https_only(true)
                .dns_resolver(PublicResolver)
                .build()?,
            listed: builder().tls_certs_merge(extra).build()?,
            hosts,
            limits,
        })
    }

    /// The text at an address, without control characters.
    ///
    /// # Errors
    /// See [`FetchError`].
    pub async fn text(&self, address: &str) -> Result<String, FetchError> {
        let time = self.limits.time;
        let fetched = tokio::time::timeout(time, self.follow(address)).await;
        fetched.unwrap_or(Err(FetchError::TooSlow(time)))
    }

    async fn follow(&self, address: &str) -> Result<String, FetchError> {
        let mut url = Url::parse(address.trim()).map_err(|_| FetchError::Address)?;
        for _ in 0..=self.limits.redirects {
            let response = self.get(url.clone()).await?;
            let status = response.status();
            if status.is_success() {
                return self.body(response).await;
            }
            if !is_redirect(status) {
                return Err(FetchError::Status(status));
            }
            let target = response.headers().get(LOCATION);
            let target = target.and_then(|target| target.to_str().ok());
            let target = target.ok_or(FetchError::Redirect)?;
            url = url.join(target).map_err(|_| FetchError::Redirect)?;
        }
        Err(FetchError::Redirects(self.limits.redirects))
    }

    async fn get(&self, url: Url) -> Result<Response, FetchError> {
        let client = self.client_for(&url)?;
        let request = client
            .get(url)
            .header(ACCEPT, "text/*, application/json;q=0.5")
            .header(ACCEPT_ENCODING, "identity");
        request.send().await.map_err(|error| refused(&error))
    }

    /// The client an address may be called with.
    fn client_for(&self, url: &Url) -> Result<&Client, FetchError> {
        if !url.username().is_empty() || url.password().is_some() {
            return Err(FetchError::Credentials);
        }
        let host = url.host().ok_or(FetchError::Address)?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(FetchError::Scheme);
        }
        if self.hosts.iter().any(|listed| listed.is(url)) {
            return Ok(&self.listed);
        }
        // Addresses written as numbers never reach the resolver.
        let written = match host {
            Host::Domain(_) => None,
            Host::Ipv4(ip) => Some(IpAddr::V4(ip)),
            Host::Ipv6(ip) => Some(IpAddr::V6(ip)),
        };
        if written.is_some_and(|ip| !address::is_public(ip)) {
            return Err(FetchError::NotPublic);
        }
        if url.scheme() != "https" {
            return Err(FetchError::Scheme);
        }
        Ok(&self.public)
    }

    async fn body(&self, response: Response) -> Result<String, FetchError> {
        if !text::is_text(response.headers()) {
            return Err(FetchError::NotText);
        }
        Ok(text::clean(&self.bytes(response).await?))
    }

    async fn bytes(&self, mut response: Response) -> Result<Vec<u8>, FetchError> {
        let limit = self.limits.bytes;
        let announced = response.content_length().unwrap_or_default();
        if usize::try_from(announced).map_or(true, |bytes| bytes > limit) {
            return Err(FetchError::TooLarge(limit));
        }
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|e| refused(&e))? {
            if bytes.len() + chunk.len() > limit {
                return Err(FetchError::TooLarge(limit));
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(bytes)
    }
}

fn builder() -> ClientBuilder {
    // A proxy would resolve names itself, past all checks.
    Client::builder()
        .user_agent(concat!("octo-mcp/", env!("CARGO_PKG_VERSION")))
        .redirect(Policy::none())
        .no_proxy()
}

fn is_redirect(status: StatusCode) -> bool {
    matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308)
}

fn refused(error: &reqwest::Error) -> FetchError {
    let mut cause = error.source();
    while let Some(error) = cause {
        if error.is::<NotPublic>() {
            return FetchError::NotPublic;
        }
        cause = error.source();
    }
    FetchError::Unreachable
}

#[cfg(test)]
mod tests;
