//! Values that must never show up in a log line, an error text or a debug print.

use std::fmt;
use std::sync::Arc;

use serde::Deserialize;

/// What a redacted value prints instead of itself.
const REDACTED: &str = "***";

/// A secret text (refresh token, device code, password) that prints as `***`.
#[derive(Clone, Deserialize, PartialEq, Eq)]
#[serde(transparent)]
pub struct Secret(Arc<str>);

impl Secret {
    /// Wraps a secret.
    pub fn new(text: impl Into<Arc<str>>) -> Self {
        Self(text.into())
    }

    /// The secret itself, for the one place that must send or store it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(REDACTED)
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(REDACTED)
    }
}

/// An access token as sent in the `Authorization` header; prints as `***`.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(transparent)]
pub struct AccessToken(Secret);

impl AccessToken {
    /// Wraps a token.
    pub fn new(text: impl Into<Arc<str>>) -> Self {
        Self(Secret::new(text))
    }

    /// The token itself.
    pub fn expose(&self) -> &str {
        self.0.expose()
    }
}

impl fmt::Display for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn never_prints_itself() {
        let token = AccessToken::new("eyJ-very-secret");
        let printed = format!(
            "{token} {token:?} {token:#?} {:?}",
            Secret::new("eyJ-very-secret")
        );
        assert!(!printed.contains("secret"), "{printed}");
        assert_eq!(token.expose(), "eyJ-very-secret");
    }
}
