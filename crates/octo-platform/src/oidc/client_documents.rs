//! Clients that describe themselves (OAuth client-id metadata documents): the client id is the
//! `https` address of a JSON document about the client.
//!
//! Whoever sends a request makes this server fetch an address. So it calls the public Internet only
//! (`octo_sdk::fetch`), follows no redirect, reads little, remembers what it got, and fetches no more
//! than a few documents per requesting address and minute. The document vouches for the addresses
//! codes are sent to, and for nothing else: scopes are fixed and people are asked.

use std::sync::Arc;
use std::time::Duration;

use moka::sync::Cache;
use octo_sdk::fetch::{FetchSetupError, Fetcher, Limits, ListedHost};
use serde::Deserialize;
use tokio::sync::Semaphore;
use url::Url;

use super::authorize::redirect_uri::{acceptable, is_loopback};
use super::client::{Client, ConsentRule, Lifetimes};
use super::error::OAuthError;
use super::grant_types::AUTHORIZATION_CODE;
use super::known_clients::{SCOPES, shown_name};
use crate::state::PlatformState;

const MAX_ADDRESS: usize = 500;
const MAX_URIS: usize = 50;
const REMEMBERED: Duration = Duration::from_secs(600);
const REMEMBERED_FAILURE: Duration = Duration::from_secs(30);
const CACHE_SIZE: u64 = 1000;
const FETCHES_AT_ONCE: usize = 8;
const LIMITS: Limits = Limits {
    time: Duration::from_secs(5),
    bytes: 64 * 1024,
    redirects: 0,
};

/// Fetches and remembers documents.
pub struct ClientDocuments {
    fetcher: Fetcher,
    places: Semaphore,
    known: Cache<String, Arc<Client>>,
    failed: Cache<String, Arc<str>>,
}

impl ClientDocuments {
    /// Documents of public hosts and of those in `listed`.
    ///
    /// # Errors
    /// [`FetchSetupError`] if there is no HTTPS.
    pub fn new(listed: Vec<ListedHost>) -> Result<Self, FetchSetupError> {
        let cache = |lifetime| {
            Cache::builder()
                .max_capacity(CACHE_SIZE)
                .time_to_live(lifetime)
        };
        Ok(Self {
            fetcher: Fetcher::new(listed, None, LIMITS)?,
            places: Semaphore::new(FETCHES_AT_ONCE),
            known: cache(REMEMBERED).build(),
            failed: Cache::builder()
                .max_capacity(CACHE_SIZE)
                .time_to_live(REMEMBERED_FAILURE)
                .build(),
        })
    }

    async fn client(&self, client_id: &str) -> Result<Client, Arc<str>> {
        let failed = |why: String| -> Arc<str> {
            let why: Arc<str> = why.into();
            self.failed.insert(client_id.to_owned(), Arc::clone(&why));
            why
        };
        let Ok(_place) = self.places.acquire().await else {
            return Err("no documents are fetched any more".into());
        };
        let text = self.fetcher.text(client_id).await;
        let text = text.map_err(|error| failed(error.to_string()))?;
        let client = read(client_id, &text).map_err(|error| failed(error.to_owned()))?;
        let known = Arc::new(client.clone());
        self.known.insert(client_id.to_owned(), known);
        Ok(client)
    }
}

/// Whether a client id is the address of a document: absolute, with a path, in its canonical form.
pub fn is_address(client_id: &str) -> bool {
    let Ok(url) = Url::parse(client_id) else {
        return false;
    };
    client_id.len() <= MAX_ADDRESS
        && matches!(url.scheme(), "https" | "http")
        && url.path() != "/"
        && url.fragment().is_none()
        && url.username().is_empty()
        && url.password().is_none()
        && url.as_str() == client_id
}

/// The client whose document is at `client_id`.
///
/// # Errors
/// `invalid_client` saying what is wrong with the document; 429 if `address` asked for too many.
pub async fn fetch(
    state: &PlatformState,
    client_id: &str,
    address: &str,
) -> Result<Client, OAuthError> {
    let documents = state.client_documents();
    if let Some(known) = documents.known.get(client_id) {
        return Ok((*known).clone());
    }
    if let Some(why) = documents.failed.get(client_id) {
        return Err(unusable(&why));
    }
    let throttle = &state.throttles().client_documents;
    if !throttle.attempt(address, state.clock().now()) {
        return Err(OAuthError::too_many());
    }
    let client = documents.client(client_id).await;
    client.map_err(|why| unusable(&why))
}

fn unusable(why: &str) -> OAuthError {
    OAuthError::invalid_client().describe(format!("the document of the client: {why}"))
}

#[derive(Deserialize)]
struct Document {
    client_id: String,
    #[serde(default)]
    client_name: Option<String>,
    #[serde(default)]
    redirect_uris: Vec<String>,
    #[serde(default)]
    grant_types: Option<Vec<String>>,
    #[serde(default)]
    response_types: Option<Vec<String>>,
    #[serde(default)]
    token_endpoint_auth_method: Option<String>,
    #[serde(default)]
    client_secret: Option<serde_json::Value>,
}

fn read(address: &str, text: &str) -> Result<Client, &'static str> {
    let document: Document = serde_json::from_str(text)
        .map_err(|_| "it is not a JSON object with client_id and redirect_uris")?;
    if document.client_id != address {
        return Err("its client_id is not the address it was fetched from");
    }
    let method = document.token_endpoint_auth_method.as_deref();
    if !matches!(method, None | Some("none")) || document.client_secret.is_some() {
        return Err("token_endpoint_auth_method must be none");
    }
    let lacks = |list: &Option<Vec<String>>, wanted: &str| {
        let list = list.as_ref();
        list.is_some_and(|list| !list.iter().any(|entry| entry == wanted))
    };
    if lacks(&document.grant_types, AUTHORIZATION_CODE) {
        return Err("grant_types must contain authorization_code");
    }
    if lacks(&document.response_types, "code") {
        return Err("response_types must contain code");
    }
    let uris = document.redirect_uris;
    if uris.is_empty() || uris.len() > MAX_URIS || !uris.iter().all(|uri| is_usable(uri)) {
        return Err(
            "redirect_uris must be https, http on this machine, or of an application's own scheme",
        );
    }
    let name = shown_name(document.client_name.as_deref().unwrap_or_default());
    Ok(Client {
        rt_id: None,
        client_id: address.to_owned(),
        name: name.unwrap_or_else(|| address.to_owned()),
        grant_types: vec![AUTHORIZATION_CODE.to_owned()],
        scopes: SCOPES.map(str::to_owned).to_vec(),
        offline_access: true,
        requires_secret: false,
        user_claims_in_id_token: false,
        redirect_uris: uris,
        post_logout_redirect_uris: Vec::new(),
        allowed_origins: Vec::new(),
        consent: ConsentRule {
            required: true,
            rememberable: false,
            lifetime: None,
        },
        self_registered: true,
        lifetimes: Lifetimes::default(),
        secrets: Vec::new(),
    })
}

fn is_usable(uri: &str) -> bool {
    acceptable(uri).is_some_and(|url| url.scheme() != "http" || is_loopback(&url))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADDRESS: &str = "https://app.example/oauth/client.json";

    #[test]
    fn addresses_of_documents_are_canonical_and_have_a_path() {
        assert!(is_address(ADDRESS));
        for other in [
            "https://app.example",
            "https://app.example/",
            "https://app.example/a/../b",
            "https://APP.example/a",
            "https://app.example/a#x",
            "https://u@app.example/a",
            "octo-cli",
            "ftp://app.example/a",
        ] {
            assert!(!is_address(other), "{other}");
        }
    }

    #[test]
    fn a_document_vouches_for_its_own_address_only() {
        let document = |id: &str, rest: &str| format!(r#"{{"client_id":"{id}",{rest}}}"#);
        let uris = r#""redirect_uris":["https://app.example/cb","http://127.0.0.1/cb","app:/cb"]"#;
        let client = read(ADDRESS, &document(ADDRESS, uris)).unwrap();
        assert!(client.consent.required && !client.requires_secret);
        assert_eq!(client.redirect_uris.len(), 3);
        assert!(read(ADDRESS, &document("https://app.example/other", uris)).is_err());
        for rest in [
            r#""redirect_uris":[]"#,
            r#""redirect_uris":["http://app.example/cb"]"#,
            r#""redirect_uris":["javascript:alert(1)"]"#,
            &format!(r#"{uris},"token_endpoint_auth_method":"client_secret_basic""#),
            &format!(r#"{uris},"client_secret":"x""#),
            &format!(r#"{uris},"grant_types":["implicit"]"#),
            &format!(r#"{uris},"response_types":["token"]"#),
        ] {
            assert!(read(ADDRESS, &document(ADDRESS, rest)).is_err(), "{rest}");
        }
        assert!(read(ADDRESS, "[]").is_err() && read(ADDRESS, "").is_err());
    }
}
