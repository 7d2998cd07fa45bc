//! One GET of a catalog: bounded, repeated a few times, explained when it fails.

use std::error::Error;
use std::time::Duration;

use octo_ck::catalog::CatalogError;
use reqwest::{Response, StatusCode};
use url::Url;

use super::options::{HttpCatalogError, HttpCatalogOptions};
use crate::Http;
use crate::http::extend_path;

/// What was found at a path.
#[derive(Debug)]
pub(super) enum Found {
    Text(String),
    /// The source says that there is nothing.
    Missing,
}

/// Fetches files of one catalog.
#[derive(Debug)]
pub(super) struct Fetch {
    catalog: String,
    pages: Url,
    http: Http,
    retries: Vec<Duration>,
    pub(super) concurrency: usize,
}

/// Why a request did not lead to an answer.
struct Failure {
    is_timeout: bool,
    is_worth_repeating: bool,
    reason: String,
}

impl Fetch {
    pub(super) fn new(
        catalog: &str,
        options: &HttpCatalogOptions,
    ) -> Result<Self, HttpCatalogError> {
        let pages = extend_path(&options.pages, &[])
            .map_err(|_| HttpCatalogError::Address(options.pages.clone()))?;
        Ok(Self {
            catalog: catalog.to_owned(),
            pages,
            http: Http::new(&options.http)?,
            retries: options.retries.clone(),
            concurrency: options.concurrency.max(1),
        })
    }

    /// The file at a path that was checked to lie inside the catalog, of at most `limit` bytes.
    pub(super) async fn get(&self, path: &str, limit: usize) -> Result<Found, CatalogError> {
        let mut pauses = self.retries.iter();
        loop {
            let failure = match self.try_get(path, limit).await {
                Ok(found) => return Ok(found),
                Err(failure) => failure,
            };
            match pauses.next().filter(|_| failure.is_worth_repeating) {
                Some(pause) => tokio::time::sleep(*pause).await,
                None if failure.is_timeout => return Err(self.timeout(path)),
                None => {
                    return Err(CatalogError::Unreachable {
                        catalog: self.catalog.clone(),
                        reason: format!("{}: {}", self.address(path), failure.reason),
                    });
                }
            }
        }
    }

    async fn try_get(&self, path: &str, limit: usize) -> Result<Found, Failure> {
        let names: Vec<&str> = path.split('/').collect();
        let url = extend_path(&self.pages, &names).map_err(Failure::of_content)?;
        let request = self.http.pool(&url).get(url);
        let response = request.send().await.map_err(Failure::of_network)?;
        let status = response.status();
        if status == StatusCode::NOT_FOUND {
            return Ok(Found::Missing);
        }
        if !status.is_success() {
            return Err(Failure::of_status(status));
        }
        let body = body(response, limit).await?;
        match String::from_utf8(body) {
            Ok(text) => Ok(Found::Text(text)),
            Err(_) => Err(Failure::of_content("the file is not valid UTF-8")),
        }
    }

    /// The address of a path, for messages.
    pub(super) fn address(&self, path: &str) -> String {
        let base = self.pages.as_str().trim_end_matches('/');
        format!("{base}/{path}")
    }

    pub(super) fn timeout(&self, path: &str) -> CatalogError {
        CatalogError::Timeout {
            catalog: self.catalog.clone(),
            address: self.address(path),
        }
    }

    /// Name of the catalog.
    pub(super) fn catalog(&self) -> &str {
        &self.catalog
    }
}

async fn body(mut response: Response, limit: usize) -> Result<Vec<u8>, Failure> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(Failure::of_network)? {
        if body.len() + chunk.len() > limit {
            let text = format!("the file is larger than {} MiB", limit / (1024 * 1024));
            return Err(Failure::of_content(text));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

impl Failure {
    fn of_network(problem: reqwest::Error) -> Self {
        // The outermost text only says that a request failed; what helps is furthest inside.
        let mut cause: &dyn Error = &problem;
        while let Some(inner) = cause.source() {
            cause = inner;
        }
        Self {
            is_timeout: problem.is_timeout(),
            is_worth_repeating: true,
            reason: cause.to_string(),
        }
    }

    fn of_status(status: StatusCode) -> Self {
        let is_transient = status == StatusCode::REQUEST_TIMEOUT
            || status == StatusCode::TOO_MANY_REQUESTS
            || status.is_server_error();
        let reason = if status.is_redirection() {
            format!("the answer {status} leads to another host; use the address of that host")
        } else {
            format!("the answer was {status}")
        };
        Self {
            is_timeout: false,
            is_worth_repeating: is_transient,
            reason,
        }
    }

    fn of_content(problem: impl std::fmt::Display) -> Self {
        Self {
            is_timeout: false,
            is_worth_repeating: false,
            reason: problem.to_string(),
        }
    }
}
