//! Who is the client, and has it proved it?

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, header};
use octo_runtime::Tenant;

use super::client::Client;
use super::error::OAuthError;
use super::form::Params;
use super::{cors, known_clients};
use crate::state::PlatformState;

/// A client that may go on, and whether it proved its identity with a secret.
#[derive(Debug)]
pub struct AuthenticatedClient {
    /// The client.
    pub client: Client,
    /// Whether a valid secret was presented.
    pub proved: bool,
}

/// Finds the client in `tenant` and checks its secret, given in the `Authorization` header or in
/// the form. A client that needs none may omit it; a wrong one is refused all the same.
///
/// # Errors
/// `invalid_client` for an unknown or disabled client and for a missing or wrong secret;
/// `invalid_request` if two methods are mixed; 429 after too many wrong secrets.
pub async fn authenticate(
    state: &PlatformState,
    tenant: &Tenant,
    headers: &HeaderMap,
    params: &Params,
    address: &str,
) -> Result<AuthenticatedClient, OAuthError> {
    let (client_id, secret) = credentials(headers, params)?;
    let now = state.clock().now();
    let client = known_clients::find(state, tenant, &client_id, address)
        .await?
        .ok_or_else(OAuthError::invalid_client)?;
    cors::note(&client);
    let Some(secret) = secret else {
        return match client.requires_secret {
            true => Err(OAuthError::invalid_client()),
            false => Ok(AuthenticatedClient {
                client,
                proved: false,
            }),
        };
    };
    let throttle = &state.throttles().client_secrets;
    if !throttle.allows(address, now) {
        return Err(OAuthError::too_many());
    }
    if client.accepts_secret(&secret, now) {
        return Ok(AuthenticatedClient {
            client,
            proved: true,
        });
    }
    throttle.attempt(address, now);
    Err(OAuthError::invalid_client())
}

fn credentials(
    headers: &HeaderMap,
    params: &Params,
) -> Result<(String, Option<String>), OAuthError> {
    let posted = params.verbatim("client_secret").map(str::to_owned);
    let Some(header) = headers.get(header::AUTHORIZATION) else {
        return Ok((params.require("client_id")?.to_owned(), posted));
    };
    let (client_id, secret) = header
        .to_str()
        .ok()
        .and_then(basic)
        .ok_or_else(OAuthError::invalid_client)?;
    let same_client = params
        .get("client_id")
        .is_none_or(|posted| posted == client_id);
    if posted.is_some() || !same_client {
        return Err(OAuthError::invalid_request(
            "use one way of client authentication only",
        ));
    }
    Ok((client_id, Some(secret)))
}

/// RFC 6749, 2.3.1: both parts are form-encoded before they are joined.
fn basic(header: &str) -> Option<(String, String)> {
    let (scheme, encoded) = header.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (client_id, secret) = decoded.split_once(':')?;
    Some((form_decode(client_id), form_decode(secret)))
}

fn form_decode(text: &str) -> String {
    let pair = format!("v={}", text.replace('&', "%26"));
    url::form_urlencoded::parse(pair.as_bytes())
        .next()
        .map(|(_, value)| value.into_owned())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn basic_credentials_are_form_decoded() {
        let header = format!("Basic {}", STANDARD.encode("my%3Aclient:p%26q+r"));
        assert_eq!(
            basic(&header),
            Some(("my:client".to_owned(), "p&q r".to_owned()))
        );
        assert_eq!(basic("Bearer abc"), None);
        assert_eq!(basic("Basic !!!"), None);
    }
}
