//! What an application says about itself when it registers.

use std::collections::BTreeSet;

use octo_runtime::Entity;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::oidc::authorize::redirect_uri::{acceptable, is_loopback};
use crate::oidc::error::OAuthError;
use crate::oidc::grant_types::{AUTHORIZATION_CODE, REFRESH_TOKEN};
use crate::oidc::known_clients::shown_name;

const DEFAULT_NAME: &str = "Dynamically registered MCP client";
const MAX_URIS: usize = 20;
const MAX_URI: usize = 500;

/// A registration that may be granted.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Registration {
    pub(super) redirect_uris: Vec<String>,
    pub(super) client_name: String,
}

#[derive(Deserialize)]
struct Body {
    #[serde(default)]
    redirect_uris: Option<Vec<String>>,
    #[serde(default)]
    grant_types: Option<Vec<String>>,
    #[serde(default)]
    token_endpoint_auth_method: Option<String>,
    #[serde(default)]
    client_name: Option<String>,
}

impl Registration {
    /// Reads and checks a request.
    ///
    /// # Errors
    /// `invalid_redirect_uri`, `invalid_client_metadata`.
    pub(super) fn read(body: &[u8]) -> Result<Self, OAuthError> {
        // Read as an object first: a list would pass for a body without members.
        let body = serde_json::from_slice::<Map<String, Value>>(body)
            .and_then(|members| Body::deserialize(Value::Object(members)))
            .map_err(|_| invalid("Malformed registration request body."))?;
        let redirect_uris = redirect_uris(body.redirect_uris.unwrap_or_default())?;
        let grants = body.grant_types.unwrap_or_default();
        let offered = |grant: &String| matches!(&**grant, AUTHORIZATION_CODE | REFRESH_TOKEN);
        if !grants.iter().all(offered) {
            return Err(invalid(
                "Only the authorization_code (+ refresh_token) grant is supported.",
            ));
        }
        let method = body.token_endpoint_auth_method.unwrap_or_default();
        if !matches!(&*method, "" | "none") {
            return Err(invalid(
                "Only public clients are supported (token_endpoint_auth_method must be 'none').",
            ));
        }
        let name = shown_name(body.client_name.as_deref().unwrap_or_default());
        Ok(Self {
            redirect_uris,
            client_name: name.unwrap_or_else(|| DEFAULT_NAME.to_owned()),
        })
    }

    /// Whether `client` is this registration, made before. The name counts as well: people see it
    /// when they are asked, so it must be the one this application gave.
    pub(super) fn is(&self, client: &Entity) -> bool {
        let known: BTreeSet<&str> = client
            .attributes
            .records("RedirectUris")
            .iter()
            .filter_map(|entry| entry.attributes.str("Uri"))
            .collect();
        let wanted: BTreeSet<&str> = self.redirect_uris.iter().map(String::as_str).collect();
        known == wanted && client.attributes.str("ClientName") == Some(&*self.client_name)
    }
}

fn redirect_uris(uris: Vec<String>) -> Result<Vec<String>, OAuthError> {
    if uris.is_empty() {
        return Err(wrong_uri("At least one redirect_uri is required."));
    }
    if uris.len() > MAX_URIS {
        return Err(wrong_uri(format!("More than {MAX_URIS} redirect_uris.")));
    }
    let local = |uri: &str| acceptable(uri).is_some_and(|uri| is_loopback(&uri));
    let wrong = uris.iter().find(|uri| uri.len() > MAX_URI || !local(uri));
    match wrong {
        None => Ok(uris),
        Some(uri) => {
            let shown: String = uri.chars().filter(|c| !c.is_control()).take(200).collect();
            Err(wrong_uri(format!(
                "redirect_uri '{shown}' is not an allowed loopback http URI (127.0.0.1 / [::1] / \
                 localhost)."
            )))
        }
    }
}

fn invalid(description: &'static str) -> OAuthError {
    OAuthError::new("invalid_client_metadata").describe(description)
}

fn wrong_uri(description: impl Into<std::borrow::Cow<'static, str>>) -> OAuthError {
    OAuthError::new("invalid_redirect_uri").describe(description)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(body: &str) -> String {
        let error = Registration::read(body.as_bytes()).unwrap_err();
        format!("{}: {}", error.code(), error.description().unwrap())
    }

    #[test]
    fn the_least_is_one_address_on_this_machine() {
        let body = r#"{"redirect_uris":["http://[::1]:1/cb"],"scope":"all","x":{}}"#;
        let read = Registration::read(body.as_bytes()).unwrap();
        assert_eq!(read.client_name, DEFAULT_NAME);
        assert_eq!(read.redirect_uris, ["http://[::1]:1/cb"]);
    }

    #[test]
    fn everything_else_is_refused_in_the_words_of_the_original() {
        let malformed = "invalid_client_metadata: Malformed registration request body.";
        for body in ["", "[]", "{", r#"{"redirect_uris":"http://localhost/"}"#] {
            assert_eq!(error(body), malformed, "{body}");
        }
        assert_eq!(
            error("{}"),
            "invalid_redirect_uri: At least one redirect_uri is required."
        );
        for uri in [
            "https://127.0.0.1/cb",
            "http://app.example/cb",
            "http://localhost.evil.example/",
            "http://localhost/#x",
            "http://a@localhost/",
            "cb",
        ] {
            let text = error(&format!(r#"{{"redirect_uris":["{uri}"]}}"#));
            assert!(
                text.starts_with("invalid_redirect_uri: redirect_uri '"),
                "{text}"
            );
        }
        let with = |rest: &str| {
            error(&format!(
                r#"{{"redirect_uris":["http://localhost/"],{rest}}}"#
            ))
        };
        assert_eq!(
            with(r#""grant_types":["client_credentials"]"#),
            "invalid_client_metadata: Only the authorization_code (+ refresh_token) grant is supported."
        );
        assert_eq!(
            with(r#""token_endpoint_auth_method":"client_secret_basic""#),
            "invalid_client_metadata: Only public clients are supported (token_endpoint_auth_method must be 'none')."
        );
    }
}
