//! Checking an id token (OpenID Connect Core 1.0, 3.1.3.7).

use std::sync::Arc;

use jsonwebtoken::{Algorithm, AlgorithmFamily, DecodingKey, Validation, decode, decode_header};
use octo_sdk::Secret;
use serde::{Deserialize, Deserializer};

use super::ExternalError;
use crate::secret::equal;
use crate::token::Values;

/// Clocks may differ by this much, seconds.
const CLOCK_SKEW: i64 = 60;
const MAX_TOKEN: usize = 64 * 1024;
/// OpenID Connect Core 1.0, 2.
const MAX_SUBJECT: usize = 255;

/// What a token must say to count.
#[derive(Debug, Clone, Copy)]
pub struct Expected<'a> {
    /// The provider's own name.
    pub issuer: &'a str,
    /// Who we are there.
    pub client_id: &'a str,
    /// What we asked to be repeated.
    pub nonce: &'a str,
    /// Directory the person must be of.
    pub directory: Option<&'a str>,
    /// Seconds since 1970.
    pub now: i64,
}

/// What a token says about a person.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct Claims {
    /// Who it is, for good.
    pub sub: String,
    /// E-mail address.
    #[serde(default)]
    pub email: Option<String>,
    /// Whether the provider has checked that address; `None` when it does not say.
    #[serde(default, deserialize_with = "flag")]
    pub email_verified: Option<bool>,
    /// The same in tokens of Microsoft: the owner of the address's domain is known.
    #[serde(default, rename = "xms_edov", deserialize_with = "flag")]
    pub domain_verified: Option<bool>,
    /// The name the person is known by there.
    #[serde(default)]
    pub preferred_username: Option<String>,
    /// Given name.
    #[serde(default)]
    pub given_name: Option<String>,
    /// Family name.
    #[serde(default)]
    pub family_name: Option<String>,
}

#[derive(Deserialize)]
struct Whole {
    aud: Values,
    exp: f64,
    #[serde(default)]
    nbf: Option<f64>,
    #[serde(default)]
    azp: Option<String>,
    #[serde(default)]
    nonce: Option<String>,
    /// Directory, at Microsoft.
    #[serde(default)]
    tid: Option<String>,
    /// Tenant, at a platform like this one.
    #[serde(default)]
    tenant_id: Option<String>,
    #[serde(flatten)]
    claims: Claims,
}

/// Checks a token with the key `key` finds for key id and algorithm.
///
/// # Errors
/// [`ExternalError::Untrusted`] saying what is wrong with it, and the errors of `key`.
pub async fn check<F>(
    token: &Secret,
    expected: &Expected<'_>,
    key: impl FnOnce(Option<String>, Algorithm) -> F,
) -> Result<Claims, ExternalError>
where
    F: Future<Output = Result<Arc<DecodingKey>, ExternalError>>,
{
    let token = token.expose();
    if token.len() > MAX_TOKEN {
        return Err(ExternalError::Untrusted("the id token is too long"));
    }
    let header = decode_header(token);
    let header = header.map_err(|_| ExternalError::Untrusted("the id token is no token"))?;
    let is_id_token = header
        .typ
        .as_deref()
        .is_none_or(|typ| typ.eq_ignore_ascii_case("JWT"));
    if !is_id_token || header.alg.family() == AlgorithmFamily::Hmac {
        return Err(ExternalError::Untrusted("the id token is of another kind"));
    }
    let key = key(header.kid, header.alg).await?;
    let mut rules = Validation::new(header.alg);
    rules.set_issuer(&[expected.issuer]);
    rules.set_audience(&[expected.client_id]);
    rules.set_required_spec_claims(&["iss", "aud", "exp", "sub"]);
    // Lifetime is checked against the platform's clock.
    rules.validate_exp = false;
    let whole = decode::<Whole>(token, &key, &rules);
    let whole = whole.map_err(|_| ExternalError::Untrusted("signature, issuer or audience"))?;
    accept(whole.claims, expected)
}

fn accept(whole: Whole, expected: &Expected<'_>) -> Result<Claims, ExternalError> {
    let skewed = |seconds: i64| seconds as f64;
    let rules = [
        (
            whole.exp > skewed(expected.now - CLOCK_SKEW),
            "the id token has expired",
        ),
        (
            whole
                .nbf
                .is_none_or(|nbf| nbf <= skewed(expected.now + CLOCK_SKEW)),
            "the id token is not valid yet",
        ),
        (
            whole
                .azp
                .as_deref()
                .is_none_or(|azp| azp == expected.client_id)
                && (whole.aud.0.len() == 1 || whole.azp.is_some()),
            "the id token was issued for another client",
        ),
        (
            whole
                .nonce
                .as_deref()
                .is_some_and(|nonce| equal(nonce, expected.nonce)),
            "the id token belongs to another sign-in",
        ),
        (
            is_of(expected.directory, &whole),
            "the person belongs to another directory",
        ),
        (
            (1..=MAX_SUBJECT).contains(&whole.claims.sub.len()),
            "the id token names nobody",
        ),
    ];
    match rules.iter().find(|(holds, _)| !holds) {
        Some((_, problem)) => Err(ExternalError::Untrusted(problem)),
        None => Ok(whole.claims),
    }
}

fn is_of(directory: Option<&str>, whole: &Whole) -> bool {
    let Some(directory) = directory else {
        return true;
    };
    let named = whole.tid.as_deref().or(whole.tenant_id.as_deref());
    named.is_none_or(|named| named.eq_ignore_ascii_case(directory))
}

/// Some providers write `"true"`, some `1`.
fn flag<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<bool>, D::Error> {
    let value = Option::<serde_json::Value>::deserialize(deserializer)?;
    Ok(value.map(|value| match value {
        serde_json::Value::Bool(flag) => flag,
        serde_json::Value::String(text) => text == "true" || text == "1",
        serde_json::Value::Number(number) => number.as_i64() == Some(1),
        _ => false,
    }))
}

#[cfg(test)]
mod tests;
