//! Answers of the token and device endpoints.

use std::time::Duration;

use ::http::StatusCode;
use bytes::Bytes;
use reqwest::RequestBuilder;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};

use crate::error::status_name;
use crate::http::read_bounded;
use crate::{AccessToken, Secret, ServiceError};

/// Largest answer accepted from the provider, in bytes.
const LIMIT: usize = 1024 * 1024;

/// What the user has to be shown, and what is polled with.
#[derive(Clone, Debug, Deserialize)]
pub struct DeviceAuthorization {
    /// Code the token endpoint is polled with.
    pub device_code: Secret,
    /// Code the user enters.
    pub user_code: String,
    /// Page where the user enters it.
    pub verification_uri: String,
    /// The same page with the code filled in.
    #[serde(default)]
    pub verification_uri_complete: Option<String>,
    /// Life of both codes in seconds.
    #[serde(default = "default_code_life", deserialize_with = "seconds")]
    pub expires_in: u64,
    /// Least time between two polls in seconds, at least 1.
    #[serde(default = "default_interval", deserialize_with = "interval")]
    pub interval: u64,
}

/// Tokens; prints without their values.
#[derive(Clone, Debug, Deserialize)]
pub struct TokenResponse {
    /// The access token.
    pub access_token: AccessToken,
    /// Token to get the next one with.
    #[serde(default, deserialize_with = "non_empty_secret")]
    pub refresh_token: Option<Secret>,
    /// Identity token.
    #[serde(default, deserialize_with = "non_empty_secret")]
    pub id_token: Option<Secret>,
    /// `Bearer`.
    #[serde(default)]
    pub token_type: Option<String>,
    /// Life of the access token in seconds.
    #[serde(default, deserialize_with = "seconds")]
    pub expires_in: u64,
    /// Granted scopes, separated by blanks.
    #[serde(default)]
    pub scope: Option<String>,
}

/// An error the provider answered with (RFC 6749 5.2).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, thiserror::Error)]
#[error("{error} - {}", .description.as_deref().unwrap_or_default())]
pub struct OAuthError {
    /// Code, for example `authorization_pending`.
    pub error: String,
    /// Explanation for a person.
    #[serde(default, rename = "error_description")]
    pub description: Option<String>,
    /// Status of the response.
    #[serde(skip)]
    pub status: StatusCode,
}

/// Why a request to the provider gave no result.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OAuthFailure {
    /// The provider said no, and why.
    #[error(transparent)]
    Refused(#[from] OAuthError),
    /// The provider does not accept the bearer token (401 without an error document).
    #[error("The identity service does not accept the access token.")]
    Unauthorized,
    /// The provider answered with something that is not an OAuth document. The body is kept out of
    /// the text: it may be a page of a proxy, or hold a token.
    #[error("The identity service answered {} with an unexpected document: {reason}", status_name(*.status))]
    Unreadable {
        /// Status of the response.
        status: StatusCode,
        /// What is wrong with the document.
        reason: String,
    },
    /// The provider could not be reached or the connection broke.
    #[error("{0}")]
    Transport(String),
    /// A value given by the caller cannot be sent; nothing was sent.
    #[error("{0}")]
    InvalidArgument(String),
}

/// Sends a request and reads the JSON answer.
pub(super) async fn read<T: DeserializeOwned>(
    request: RequestBuilder,
    timeout: Duration,
) -> Result<T, OAuthFailure> {
    let (status, body) = send(request, timeout).await?;
    serde_json::from_slice(&body).map_err(|error| unreadable(status, &error))
}

/// Sends a request whose answer has no content of interest.
pub(super) async fn acknowledged(
    request: RequestBuilder,
    timeout: Duration,
) -> Result<(), OAuthFailure> {
    send(request, timeout).await.map(drop)
}

async fn send(
    request: RequestBuilder,
    timeout: Duration,
) -> Result<(StatusCode, Bytes), OAuthFailure> {
    let response = request
        .header(reqwest::header::ACCEPT, "application/json")
        .send()
        .await
        .map_err(|error| transport(&ServiceError::transport(error, timeout)))?;
    let status = response.status();
    let body = read_bounded(response, LIMIT, timeout)
        .await
        .map_err(|error| transport(&error))?;
    if status.is_success() {
        return Ok((status, body));
    }
    match serde_json::from_slice::<OAuthError>(&body) {
        Ok(error) => Err(OAuthFailure::Refused(OAuthError { status, ..error })),
        Err(_) if status == StatusCode::UNAUTHORIZED => Err(OAuthFailure::Unauthorized),
        Err(error) => Err(unreadable(status, &error)),
    }
}

fn transport(error: &ServiceError) -> OAuthFailure {
    let text = error.to_string();
    OAuthFailure::Transport(text.strip_prefix("0: ").unwrap_or(&text).to_owned())
}

/// The position is enough: serde's full text can quote a value of the document.
fn unreadable(status: StatusCode, error: &serde_json::Error) -> OAuthFailure {
    let what = match error.classify() {
        serde_json::error::Category::Data => "a member is missing or has the wrong type",
        _ => "it is not JSON",
    };
    let reason = format!("{what} (line {}, column {})", error.line(), error.column());
    OAuthFailure::Unreadable { status, reason }
}

fn default_code_life() -> u64 {
    300
}

fn default_interval() -> u64 {
    5
}

fn interval<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    let given = seconds(deserializer)?;
    Ok(if given == 0 {
        default_interval()
    } else {
        given
    })
}

/// Seconds as number or text; providers disagree. Negative and missing counts as zero.
fn seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Seconds {
        Number(f64),
        Text(String),
        Nothing(()),
    }
    let value = match Seconds::deserialize(deserializer)? {
        Seconds::Number(value) => value,
        Seconds::Text(text) => text.trim().parse().unwrap_or(0.0),
        Seconds::Nothing(()) => 0.0,
    };
    // Casting saturates, so no value of the wire can overflow here.
    Ok(value as u64)
}

fn non_empty_secret<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Secret>, D::Error> {
    let secret = Option::<Secret>::deserialize(deserializer)?;
    Ok(secret.filter(|secret| !secret.expose().is_empty()))
}
