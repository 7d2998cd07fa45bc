//! Documents an OpenID provider publishes about itself.

use serde::Deserialize;
use url::Url;

/// The parts of the discovery document this product uses.
#[derive(Clone, Debug, Deserialize)]
pub struct Discovery {
    /// Issuer as it stands in tokens; compared as text, so kept as text.
    pub issuer: String,
    /// Where the signing keys are.
    pub jwks_uri: Url,
    /// Where tokens are asked for.
    #[serde(default)]
    pub token_endpoint: Option<Url>,
    /// Where a device authorization starts.
    #[serde(default)]
    pub device_authorization_endpoint: Option<Url>,
    /// Where the claims of a user are read.
    #[serde(default)]
    pub userinfo_endpoint: Option<Url>,
    /// Where tokens are revoked.
    #[serde(default)]
    pub revocation_endpoint: Option<Url>,
    /// Scopes the provider knows.
    #[serde(default)]
    pub scopes_supported: Vec<String>,
    /// Grants the provider knows.
    #[serde(default)]
    pub grant_types_supported: Vec<String>,
}

/// Signing keys (RFC 7517), each kept as its JSON document for the token library to read.
#[derive(Clone, Debug, Deserialize)]
pub struct JwkSet {
    /// The keys.
    pub keys: Vec<serde_json::Value>,
}
