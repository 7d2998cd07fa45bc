//! Asking JSON services behind addresses somebody else chose: the same checks as for documents, but
//! no redirect is followed, because requests may carry credentials.

use reqwest::header::{ACCEPT, ACCEPT_ENCODING};
use reqwest::{RequestBuilder, StatusCode};
use serde_json::Value;
use url::Url;

use super::{FetchError, Fetcher, refused};
use crate::{AccessToken, Secret};

/// What a service answered; refusals are answers too.
#[derive(Clone)]
pub struct JsonAnswer {
    /// Status of the response.
    pub status: StatusCode,
    /// The document. It may hold tokens, so it does not show up in debug output.
    pub body: Value,
}

impl std::fmt::Debug for JsonAnswer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("JsonAnswer")
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}

impl Fetcher {
    /// Gets a JSON document, as the bearer of a token if one is given.
    ///
    /// # Errors
    /// See [`FetchError`]; [`FetchError::NotJson`] when the answer is something else.
    pub async fn json(
        &self,
        url: &Url,
        bearer: Option<&AccessToken>,
    ) -> Result<JsonAnswer, FetchError> {
        let request = self.client_for(url)?.get(url.clone());
        self.ask(match bearer {
            Some(token) => request.bearer_auth(token.expose()),
            None => request,
        })
        .await
    }

    /// Posts a form, with HTTP Basic credentials if they are given.
    ///
    /// # Errors
    /// As [`Fetcher::json`].
    pub async fn post_form(
        &self,
        url: &Url,
        form: &[(&str, &str)],
        basic: Option<(&str, &Secret)>,
    ) -> Result<JsonAnswer, FetchError> {
        let request = self.client_for(url)?.post(url.clone()).form(form);
        self.ask(match basic {
            Some((name, secret)) => request.basic_auth(name, Some(secret.expose())),
            None => request,
        })
        .await
    }

    /// Whether an address may be called at all, by what is written in it.
    ///
    /// # Errors
    /// See [`FetchError`].
    pub fn check(&self, url: &Url) -> Result<(), FetchError> {
        self.client_for(url).map(drop)
    }

    async fn ask(&self, request: RequestBuilder) -> Result<JsonAnswer, FetchError> {
        let request = request
            .header(ACCEPT, "application/json")
            .header(ACCEPT_ENCODING, "identity");
        let answer = async {
            let response = request.send().await.map_err(|error| refused(&error))?;
            let status = response.status();
            let bytes = self.bytes(response).await?;
            let body = serde_json::from_slice(&bytes).map_err(|_| match status {
                status if status.is_success() => FetchError::NotJson,
                status => FetchError::Status(status),
            })?;
            Ok(JsonAnswer { status, body })
        };
        let time = self.limits.time;
        let answered = tokio::time::timeout(time, answer).await;
        answered.unwrap_or(Err(FetchError::TooSlow(time)))
    }
}
