//! Settings of a catalog behind HTTP.

use std::path::{Path, PathBuf};
use std::time::Duration;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use url::Url;

use crate::HttpOptions;
use crate::http::HttpSetupError;

/// The pages where the public models are (spec, Construction Kit 8.1).
pub const PUBLIC_PAGES: &str = "https://meshmakers.github.io/";

/// The pages of models for the platform's own services (spec, Construction Kit 8.1).
pub const PRIVATE_PAGES: &str = "https://meshmakers.github.io/construction-kit-libraries-build/";

/// Settings of a catalog behind HTTP.
#[derive(Clone, Debug)]
pub struct HttpCatalogOptions {
    /// Address of the folder that holds `ck-models/v2`.
    pub pages: Url,
    /// File that keeps the index for the next start; none to keep it in memory only.
    pub cache_file: Option<PathBuf>,
    /// Connections; the timeout is that of one request.
    pub http: HttpOptions,
    /// Pauses before a request is repeated; as many repetitions as pauses. Requests are repeated
    /// after network errors, timeouts and the answers 408, 429 and 5xx.
    pub retries: Vec<Duration>,
    /// Time that refreshing the index, or loading a model, may take in total.
    pub limit: Duration,
    /// Requests under way at the same time.
    pub concurrency: usize,
    /// Pause before the cache file is tried again after an error.
    pub file_pause: Duration,
}

impl HttpCatalogOptions {
    /// The published rules (spec, Construction Kit 8.3) for a catalog at `pages`, without a file.
    pub fn new(pages: Url) -> Self {
        Self {
            pages,
            cache_file: None,
            http: HttpOptions {
                timeout: Duration::from_secs(30),
                ..HttpOptions::default()
            },
            retries: vec![Duration::from_secs(2), Duration::from_secs(5)],
            limit: Duration::from_secs(120),
            concurrency: 8,
            file_pause: Duration::from_millis(200),
        }
    }

    /// Keeps the index in `folder`, in a file of its own. The published catalogs have the names
    /// that the original's tools give them.
    pub fn cached_in(mut self, folder: &Path) -> Self {
        let is =
            |pages: &str| self.pages.as_str().trim_end_matches('/') == pages.trim_end_matches('/');
        let name = if is(PUBLIC_PAGES) {
            "public-github-catalog-cache.json".to_owned()
        } else if is(PRIVATE_PAGES) {
            "private-github-catalog-cache.json".to_owned()
        } else {
            let address = self.pages.as_str().trim_end_matches('/');
            format!("{}.json", utf8_percent_encode(address, NON_ALPHANUMERIC))
        };
        self.cache_file = Some(folder.join(name));
        self
    }
}

/// Why a catalog cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum HttpCatalogError {
    /// The address is of no use.
    #[error("'{0}' is not an http or https address")]
    Address(Url),
    /// The HTTP core cannot be set up.
    #[error(transparent)]
    Http(#[from] HttpSetupError),
    /// There is no thread for the requests.
    #[error("cannot start the catalog: {0}")]
    Thread(#[from] std::io::Error),
}
