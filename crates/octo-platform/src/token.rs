//! Access and id tokens: their claims, signing and verification (auth.md 6.6).

use std::sync::Arc;

use jsonwebtoken::{Algorithm, Header, Validation};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::clock::Clock;
use crate::keys::SigningKey;

/// Lifetime of an access token in seconds, unless the client says otherwise.
pub const ACCESS_TOKEN_SECONDS: i64 = 3600;
/// Header type of access tokens (RFC 9068); keeps id tokens from being used in their place.
const ACCESS_TOKEN_TYPE: &str = "at+jwt";

/// Header type of id tokens.
const ID_TOKEN_TYPE: &str = "JWT";

/// A claim with several values: written as plain string when there is exactly one, read from a
/// string or an array.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Values(pub Vec<String>);

impl Values {
    /// Whether there is no value, in which case the claim is left out.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Serialize for Values {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0.as_slice() {
            [one] => serializer.serialize_str(one),
            many => many.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Values {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum OneOrMany {
            One(String),
            Many(Vec<String>),
        }
        Ok(Self(match OneOrMany::deserialize(deserializer)? {
            OneOrMany::One(one) => vec![one],
            OneOrMany::Many(many) => many,
        }))
    }
}

/// The claims of an access token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessClaims {
    /// Issuer, with trailing slash.
    pub iss: String,
    /// Issued at, seconds since 1970.
    pub iat: i64,
    /// Not valid before, seconds since 1970.
    pub nbf: i64,
    /// Not valid from here on, seconds since 1970.
    pub exp: i64,
    /// Unique id of the token.
    pub jti: String,
    /// Names of the API resources that own a granted scope.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub aud: Vec<String>,
    /// Granted scopes.
    #[serde(default)]
    pub scope: Vec<String>,
    /// The client the token was issued to.
    pub client_id: String,
    /// Id of the user in the tenant; absent from service tokens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sub: Option<String>,
    /// When the user signed in, seconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auth_time: Option<i64>,
    /// Who authenticated the user: `local`, or the parent tenant (see [`crate::accounts`]).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idp: Option<String>,
    /// How the user was authenticated.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub amr: Vec<String>,
    /// Id of the interactive sign-in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sid: Option<String>,
    /// The tenant the token was issued in, lower case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant_id: Option<String>,
    /// Tenants a picker may offer; authorises nothing.
    #[serde(default, skip_serializing_if = "Values::is_empty")]
    pub allowed_tenants: Values,
    /// Names of the effective roles.
    #[serde(default, skip_serializing_if = "Values::is_empty")]
    pub role: Values,
}

/// What an id token says about the sign-in it was issued for.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct IdHint {
    /// Id of the user in the tenant.
    pub sub: String,
    /// The client it was issued to.
    #[serde(rename = "aud")]
    pub client_id: String,
    /// The tenant it was issued in.
    pub tenant_id: String,
    /// Id of the browser session.
    #[serde(default)]
    pub sid: Option<String>,
}

/// The token is not one of ours, or no longer valid. Says nothing about why beyond what its owner
/// could find out anyway.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Not a token signed by this issuer for API access.
    #[error("The access token is invalid")]
    Invalid,
    /// Past its lifetime, or not yet valid.
    #[error("The access token expired")]
    Expired,
}

/// Signs and verifies tokens of one issuer. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Tokens {
    key: Arc<SigningKey>,
    issuer: Arc<str>,
    clock: Arc<Clock>,
}

impl Tokens {
    /// Tokens of `issuer` (with trailing slash), signed with `key`.
    pub fn new(key: Arc<SigningKey>, issuer: &str, clock: Arc<Clock>) -> Self {
        Self {
            key,
            issuer: issuer.into(),
            clock,
        }
    }

    /// The issuer, with trailing slash.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Signs an access token.
    ///
    /// # Errors
    /// Whatever the signature library reports; nothing a caller can influence.
    pub fn sign_access(
        &self,
        claims: &AccessClaims,
    ) -> Result<String, jsonwebtoken::errors::Error> {
        self.sign(ACCESS_TOKEN_TYPE, claims)
    }

    /// Signs an id token.
    ///
    /// # Errors
    /// As [`Tokens::sign_access`].
    pub fn sign_id(&self, claims: &impl Serialize) -> Result<String, jsonwebtoken::errors::Error> {
        self.sign(ID_TOKEN_TYPE, claims)
    }

    fn sign(
        &self,
        typ: &str,
        claims: &impl Serialize,
    ) -> Result<String, jsonwebtoken::errors::Error> {
        let mut header = Header::new(Algorithm::RS256);
        header.typ = Some(typ.to_owned());
        header.kid = Some(self.key.kid().to_owned());
        jsonwebtoken::encode(&header, claims, self.key.encoding())
    }

    /// Checks signature, type, issuer and lifetime of an access token. No audience: that is the
    /// resource's business.
    ///
    /// # Errors
    /// [`TokenError`] if any of them does not hold.
    pub fn verify(&self, token: &str) -> Result<AccessClaims, TokenError> {
        let header = jsonwebtoken::decode_header(token).map_err(|_| TokenError::Invalid)?;
        let ours = header.typ.as_deref() == Some(ACCESS_TOKEN_TYPE)
            && header.kid.as_deref() == Some(self.key.kid());
        if !ours {
            return Err(TokenError::Invalid);
        }
        let mut rules = Validation::new(Algorithm::RS256);
        rules.set_issuer(&[&*self.issuer]);
        rules.validate_aud = false;
        // Lifetime is checked below, against the platform's clock.
        rules.validate_exp = false;
        let claims: AccessClaims = jsonwebtoken::decode(token, self.key.decoding(), &rules)
            .map_err(|_| TokenError::Invalid)?
            .claims;
        let now = self.clock.unix_seconds();
        if now >= claims.exp || now < claims.nbf {
            return Err(TokenError::Expired);
        }
        Ok(claims)
    }
}

impl Tokens {
    /// Reads an id token of this issuer, expired or not; `None` for anything else. It says whom a
    /// request is about, and opens nothing.
    pub fn read_hint(&self, token: &str) -> Option<IdHint> {
        let header = jsonwebtoken::decode_header(token).ok()?;
        if header.typ.as_deref() != Some(ID_TOKEN_TYPE) {
            return None;
        }
        let mut rules = Validation::new(Algorithm::RS256);
        rules.set_issuer(&[&*self.issuer]);
        rules.validate_aud = false;
        rules.validate_exp = false;
        rules.validate_nbf = false;
        let read = jsonwebtoken::decode(token, self.key.decoding(), &rules);
        Some(read.ok()?.claims)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use serde_json::{Value, json};

    use super::*;

    fn tokens() -> (Tokens, Arc<Clock>) {
        let dir = tempfile::tempdir().unwrap();
        let clock = Arc::new(Clock::new());
        let key = Arc::new(SigningKey::load_or_create(dir.path()).unwrap());
        (Tokens::new(key, "http://id/", Arc::clone(&clock)), clock)
    }

    fn claims(now: i64) -> AccessClaims {
        AccessClaims {
            iss: "http://id/".to_owned(),
            iat: now,
            nbf: now,
            exp: now + ACCESS_TOKEN_SECONDS,
            jti: "1".to_owned(),
            aud: vec!["octoAPI".to_owned()],
            scope: vec!["octo_api".to_owned()],
            client_id: "octo-cli".to_owned(),
            sub: Some("65d5c447b420da3fb12381bc".to_owned()),
            auth_time: Some(now),
            idp: Some("local".to_owned()),
            amr: vec!["pwd".to_owned()],
            sid: None,
            tenant_id: Some("acme".to_owned()),
            allowed_tenants: Values(vec!["acme".to_owned()]),
            role: Values(vec!["A".to_owned(), "B".to_owned()]),
        }
    }

    fn payload(token: &str) -> Value {
        let part = token.split('.').nth(1).unwrap();
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
    }

    #[test]
    fn claim_shapes_follow_the_contract() {
        let (tokens, clock) = tokens();
        let shown = payload(&tokens.sign_access(&claims(clock.unix_seconds())).unwrap());
        assert_eq!(shown["scope"], json!(["octo_api"]));
        assert_eq!(shown["aud"], json!(["octoAPI"]));
        assert_eq!(shown["allowed_tenants"], json!("acme"));
        assert_eq!(shown["role"], json!(["A", "B"]));
        assert!(shown.get("sid").is_none());
    }

    #[test]
    fn a_token_is_valid_until_it_expires() {
        let (tokens, clock) = tokens();
        let claims = claims(clock.unix_seconds());
        let token = tokens.sign_access(&claims).unwrap();
        assert_eq!(tokens.verify(&token).unwrap(), claims);
        clock.advance(Duration::from_secs(3600));
        assert_eq!(tokens.verify(&token), Err(TokenError::Expired));
    }

    #[test]
    fn foreign_tampered_and_id_tokens_are_refused() {
        let (tokens, clock) = tokens();
        let claims = claims(clock.unix_seconds());
        let token = tokens.sign_access(&claims).unwrap();
        let (other, _) = super::tests::tokens();
        assert_eq!(other.verify(&token), Err(TokenError::Invalid));
        assert_eq!(
            tokens.verify(&tokens.sign_id(&claims).unwrap()),
            Err(TokenError::Invalid)
        );
        assert_eq!(
            tokens.verify(&token.replace('.', "..")),
            Err(TokenError::Invalid)
        );
        let mut foreign = claims;
        foreign.iss = "http://evil/".to_owned();
        let token = tokens.sign_access(&foreign).unwrap();
        assert_eq!(tokens.verify(&token), Err(TokenError::Invalid));
    }
}
