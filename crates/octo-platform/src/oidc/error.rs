//! OAuth error answers (RFC 6749, 5.2).

use std::borrow::Cow;

use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};
use octo_runtime::RuntimeError;
use serde_json::json;

use crate::secret::RandomUnavailable;

/// An error of the token, device or revocation endpoint. Never contains a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OAuthError {
    status: StatusCode,
    code: &'static str,
    description: Option<Cow<'static, str>>,
}

impl OAuthError {
    /// An error of the given code, status 400.
    pub fn new(code: &'static str) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            code,
            description: None,
        }
    }

    /// Adds a description for the developer of the client.
    #[must_use]
    pub fn describe(mut self, description: impl Into<Cow<'static, str>>) -> Self {
        self.description = Some(description.into());
        self
    }

    /// The same error with another status than 400.
    #[must_use]
    pub fn with_status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    /// `invalid_request` with a description.
    pub fn invalid_request(description: impl Into<Cow<'static, str>>) -> Self {
        Self::new("invalid_request").describe(description)
    }

    /// `invalid_client`; does not say what was wrong.
    pub fn invalid_client() -> Self {
        Self::new("invalid_client")
    }

    /// `invalid_grant`; does not say what was wrong.
    pub fn invalid_grant() -> Self {
        Self::new("invalid_grant")
    }

    /// The client may not use this grant.
    pub fn unauthorized_client() -> Self {
        Self::new("unauthorized_client").describe("the client may not use this grant")
    }

    /// Too many attempts or requests: status 429.
    pub fn too_many() -> Self {
        let error = Self::new("temporarily_unavailable");
        Self {
            status: StatusCode::TOO_MANY_REQUESTS,
            ..error
        }
        .describe("too many requests; try again later")
    }

    /// Something failed on this side: status 500. The cause is logged, not shown.
    pub fn server(cause: impl std::fmt::Display) -> Self {
        tracing::error!(%cause, "the OpenID provider failed");
        Self {
            status: StatusCode::INTERNAL_SERVER_ERROR,
            ..Self::new("server_error")
        }
    }

    /// The error code.
    pub fn code(&self) -> &'static str {
        self.code
    }

    /// The description, if there is one.
    pub fn description(&self) -> Option<&str> {
        self.description.as_deref()
    }
}

impl From<RuntimeError> for OAuthError {
    fn from(error: RuntimeError) -> Self {
        Self::server(error)
    }
}

impl From<RandomUnavailable> for OAuthError {
    fn from(error: RandomUnavailable) -> Self {
        Self::server(error)
    }
}

impl From<jsonwebtoken::errors::Error> for OAuthError {
    fn from(error: jsonwebtoken::errors::Error) -> Self {
        Self::server(error)
    }
}

impl IntoResponse for OAuthError {
    fn into_response(self) -> Response {
        let mut body = json!({ "error": self.code });
        if let Some(description) = self.description {
            body["error_description"] = description.into();
        }
        no_store(self.status, &body)
    }
}

/// A JSON answer that must not be cached.
pub(super) fn no_store(status: StatusCode, body: &impl serde::Serialize) -> Response {
    let headers = [
        (header::CACHE_CONTROL, "no-store"),
        (header::PRAGMA, "no-cache"),
    ];
    match serde_json::to_string(body) {
        Ok(json) => (
            status,
            headers,
            [(header::CONTENT_TYPE, "application/json")],
            json,
        )
            .into_response(),
        Err(error) => {
            tracing::error!(%error, "an answer could not be written");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}
