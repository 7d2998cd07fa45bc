//! What can go wrong in a call of a service, in the words the original clients use.
//!
//! The texts are part of the tools' contract (`spec/identity.md` 1, `spec/assets.md` 1.3): 401 has a
//! text of its own, any other refusal starts with the name of its status. What follows the name is
//! read out of the body when the body is one of the error documents the services are known to send,
//! so that a person sees sentences and not JSON.

mod document;
mod status_name;

use std::error::Error as _;
use std::time::Duration;

use ::http::StatusCode;

pub(crate) use document::ErrorDocument;
pub(crate) use status_name::status_name;

/// Longest excerpt of a body that is quoted in an error, in characters.
const EXCERPT: usize = 2_000;

/// One machine-readable reason inside a refusal, for example an unmet password rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ErrorDetail {
    /// Code of the reason (`PasswordTooShort`) or name of the field it concerns (`Password`).
    pub code: String,
    /// The reason as a sentence.
    pub description: String,
}

/// Why a call of a service gave no result.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServiceError {
    /// The service does not accept the token (401).
    #[error("Access to the requested resource is not allowed.")]
    Unauthorized,
    /// The service refused the call.
    #[error("{}: {text}", status_name(*.status))]
    Refused {
        /// Status of the response, never 2xx and never 401.
        status: StatusCode,
        /// What the body says, or the fixed text for an empty body.
        text: String,
        /// Reasons the body lists, empty when it lists none.
        details: Vec<ErrorDetail>,
    },
    /// The service answered 2xx with a body of another shape than agreed.
    #[error("{}: {body}", status_name(*.status))]
    Unexpected {
        /// Status of the response, 2xx.
        status: StatusCode,
        /// Beginning of the body.
        body: String,
        /// Why it could not be read.
        reason: String,
    },
    /// The service answered 2xx without the result that was asked for.
    #[error("NoContent: No data returned from service.")]
    NoContent,
    /// The response is larger than this client accepts.
    #[error("0: The response is larger than the accepted {limit} bytes.")]
    TooLarge {
        /// Accepted size in bytes.
        limit: usize,
    },
    /// The service could not be reached or the connection broke.
    #[error("0: {0}")]
    Transport(String),
    /// A value given by the caller cannot be sent; nothing was sent.
    #[error("{0}")]
    InvalidArgument(String),
    /// The service does not know the operation (`spec/assets.md` 2, T11).
    #[error("{0}")]
    NotSupported(String),
}

impl ServiceError {
    /// Status of the response, when there was one.
    pub fn status(&self) -> Option<StatusCode> {
        match self {
            Self::Unauthorized => Some(StatusCode::UNAUTHORIZED),
            Self::Refused { status, .. } | Self::Unexpected { status, .. } => Some(*status),
            _ => None,
        }
    }

    /// Whether the service answered 404.
    pub fn is_not_found(&self) -> bool {
        self.status() == Some(StatusCode::NOT_FOUND)
    }

    /// Whether something was changed since it was read, so that a change of it was refused (412).
    pub fn is_overtaken(&self) -> bool {
        self.status() == Some(StatusCode::PRECONDITION_FAILED)
    }

    /// Whether trying again can help: the service was out of reach or overloaded.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Transport(_) => true,
            Self::Refused { status, .. } => matches!(
                *status,
                StatusCode::TOO_MANY_REQUESTS
                    | StatusCode::BAD_GATEWAY
                    | StatusCode::SERVICE_UNAVAILABLE
                    | StatusCode::GATEWAY_TIMEOUT
            ),
            _ => false,
        }
    }

    /// Reasons the refusal lists.
    pub fn details(&self) -> &[ErrorDetail] {
        match self {
            Self::Refused { details, .. } => details,
            _ => &[],
        }
    }

    /// The error of a response whose status is not 2xx.
    pub(crate) fn refused(status: StatusCode, body: &[u8]) -> Self {
        if status == StatusCode::UNAUTHORIZED {
            return Self::Unauthorized;
        }
        let document = ErrorDocument::read(body);
        let text = match document.text {
            Some(text) => excerpt(&text),
            None => {
                format!("The call was not successful: ${}", status_name(status))
            }
        };
        Self::Refused {
            status,
            text,
            details: document.details,
        }
    }

    /// The error of a 2xx response that cannot be read.
    pub(crate) fn unexpected(
        status: StatusCode,
        body: &[u8],
        reason: &dyn std::fmt::Display,
    ) -> Self {
        Self::Unexpected {
            status,
            body: excerpt(&String::from_utf8_lossy(body)),
            reason: reason.to_string(),
        }
    }

    /// The error of a call that got no (whole) response.
    ///
    /// The address is left out: its query can hold a password (`spec/identity.md` 9, item 18).
    pub(crate) fn transport(error: reqwest::Error, timeout: Duration) -> Self {
        if error.is_timeout() {
            return Self::Transport(format!(
                "The service did not answer within {} seconds.",
                timeout.as_secs()
            ));
        }
        let error = error.without_url();
        let mut text = error.to_string();
        let mut cause = error.source();
        while let Some(inner) = cause {
            text.push_str(": ");
            text.push_str(&inner.to_string());
            cause = inner.source();
        }
        Self::Transport(text)
    }
}

/// The beginning of a text, cut at a character boundary.
fn excerpt(text: &str) -> String {
    match text.char_indices().nth(EXCERPT) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(status: u16, body: &str) -> String {
        ServiceError::refused(StatusCode::from_u16(status).unwrap(), body.as_bytes()).to_string()
    }

    #[test]
    fn fixed_texts() {
        assert_eq!(
            message(401, "whatever"),
            "Access to the requested resource is not allowed."
        );
        assert_eq!(
            message(503, ""),
            "ServiceUnavailable: The call was not successful: $ServiceUnavailable"
        );
        assert_eq!(message(500, "boom"), "InternalServerError: boom");
        assert_eq!(message(418, "tea"), "418: tea");
        assert_eq!(
            ServiceError::NoContent.to_string(),
            "NoContent: No data returned from service."
        );
    }

    #[test]
    fn long_bodies_are_cut() {
        let text = message(500, &"ä".repeat(5_000));
        assert_eq!(
            text.chars().count(),
            "InternalServerError: ".len() + EXCERPT + 1
        );
    }
}
