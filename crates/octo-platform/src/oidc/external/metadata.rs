//! The discovery document of a provider (OpenID Connect Discovery 1.0).

use octo_sdk::fetch::Fetcher;
use serde::Deserialize;
use url::Url;

use super::ExternalError;
use super::provider::Authority;

/// What a provider says about itself, checked.
#[derive(Debug, Clone, Deserialize)]
pub struct Metadata {
    /// Its name, as it stands in tokens.
    pub issuer: String,
    /// Where people are sent.
    pub authorization_endpoint: Url,
    /// Where codes are redeemed.
    pub token_endpoint: Url,
    /// Where its keys are.
    pub jwks_uri: Url,
    /// Where it tells more about a person.
    #[serde(default)]
    pub userinfo_endpoint: Option<Url>,
    #[serde(default)]
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}

impl Metadata {
    /// Whether the client secret goes into the form; else into the header. A header is what
    /// providers must know, a form what they read alike.
    pub fn takes_secret_in_form(&self) -> bool {
        let methods = self.token_endpoint_auth_methods_supported.as_ref();
        methods.is_some_and(|methods| methods.iter().any(|method| method == "client_secret_post"))
    }

    /// Whether an answer comes from this provider (RFC 9207).
    ///
    /// # Errors
    /// [`ExternalError::Untrusted`].
    pub fn check_answering_issuer(&self, issuer: Option<&str>) -> Result<(), ExternalError> {
        let right = match issuer {
            Some(issuer) => issuer == self.issuer,
            None => !self.authorization_response_iss_parameter_supported,
        };
        right
            .then_some(())
            .ok_or(ExternalError::Untrusted("another provider answers"))
    }

    fn endpoints(&self) -> impl Iterator<Item = &Url> {
        let own = [
            &self.authorization_endpoint,
            &self.token_endpoint,
            &self.jwks_uri,
        ];
        own.into_iter().chain(&self.userinfo_endpoint)
    }
}

/// Reads and checks the document of the provider at `authority`.
pub(super) async fn fetch(
    fetcher: &Fetcher,
    authority: &Authority,
) -> Result<Metadata, ExternalError> {
    let unusable = |why: String| ExternalError::Unusable(format!("discovery document: {why}"));
    let address = format!("{}/.well-known/openid-configuration", authority.address());
    let url = Url::parse(&address).map_err(|error| unusable(error.to_string()))?;
    let answer = fetcher.json(&url, None).await;
    let answer = answer.map_err(|error| unusable(error.to_string()))?;
    if !answer.status.is_success() {
        return Err(unusable(format!("HTTP {}", answer.status.as_u16())));
    }
    let metadata =
        Metadata::deserialize(&answer.body).map_err(|error| unusable(error.to_string()))?;
    if !authority.may_be(&metadata.issuer) {
        return Err(unusable("its issuer is another one".to_owned()));
    }
    for endpoint in metadata.endpoints() {
        let checked = fetcher.check(endpoint);
        checked.map_err(|error| unusable(format!("an endpoint: {error}")))?;
    }
    Ok(metadata)
}
