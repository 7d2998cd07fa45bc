//! Redeeming the code a provider sent the browser back with.

use octo_sdk::fetch::{FetchError, Fetcher};
use octo_sdk::{AccessToken, Secret};
use serde::Deserialize;

use super::ExternalError;
use super::metadata::Metadata;
use super::pending::Pending;
use super::provider::Provider;
use crate::oidc::known_clients::shown_name;

/// What the provider gave for the code.
#[derive(Debug, Deserialize)]
pub struct Tokens {
    /// Says who signed in.
    pub id_token: Secret,
    /// Opens the userinfo endpoint.
    pub access_token: AccessToken,
}

/// Redeems `code`.
///
/// # Errors
/// [`ExternalError::Refused`] if it is not good, else [`ExternalError::Unusable`].
pub async fn redeem(
    fetcher: &Fetcher,
    metadata: &Metadata,
    provider: &Provider,
    redirect_uri: &str,
    code: &str,
    pending: &Pending,
) -> Result<Tokens, ExternalError> {
    let mut form = vec![
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", redirect_uri),
        ("code_verifier", pending.verifier.expose()),
        ("client_id", &provider.client_id),
    ];
    // RFC 6749, 2.3.1: both parts of the header are form-encoded.
    let encode = |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect();
    let name: String = encode(&provider.client_id);
    let secret = Secret::new(encode(provider.client_secret.expose()));
    let in_form = metadata.takes_secret_in_form();
    if in_form {
        form.push(("client_secret", provider.client_secret.expose()));
    }
    let basic = (!in_form).then_some((name.as_str(), &secret));
    let endpoint = &metadata.token_endpoint;
    let answer = fetcher.post_form(endpoint, &form, basic).await;
    let answer = answer.map_err(unusable)?;
    if !answer.status.is_success() {
        let error = answer.body["error"].as_str().unwrap_or_default();
        let error = shown_name(error).unwrap_or_else(|| answer.status.to_string());
        return Err(ExternalError::Refused(error));
    }
    Tokens::deserialize(&answer.body)
        .map_err(|_| ExternalError::Untrusted("there is no id token in it"))
}

fn unusable(error: FetchError) -> ExternalError {
    ExternalError::Unusable(format!("token endpoint: {error}"))
}
