//! Who the person is, from id token and userinfo.

use octo_sdk::fetch::Fetcher;
use serde::Deserialize;

use super::ExternalError;
use super::code::Tokens;
use super::id_token::Claims;
use super::metadata::Metadata;
use crate::accounts::external_identity::ExternalIdentity;

/// Asks the userinfo endpoint for what the id token does not say: the e-mail address and whether it
/// is verified.
///
/// # Errors
/// [`ExternalError`] if the provider has such an endpoint and it does not answer for this person.
pub(super) async fn complete(
    fetcher: &Fetcher,
    metadata: &Metadata,
    tokens: &Tokens,
    claims: Claims,
) -> Result<Claims, ExternalError> {
    let Some(endpoint) = &metadata.userinfo_endpoint else {
        return Ok(claims);
    };
    let says_all = claims.email_verified.is_some() || claims.domain_verified.is_some();
    if claims.email.is_some() && says_all {
        return Ok(claims);
    }
    let unusable = |why: String| ExternalError::Unusable(format!("userinfo endpoint: {why}"));
    let answer = fetcher.json(endpoint, Some(&tokens.access_token)).await;
    let answer = answer.map_err(|error| unusable(error.to_string()))?;
    if !answer.status.is_success() {
        return Err(unusable(format!("HTTP {}", answer.status.as_u16())));
    }
    let more = Claims::deserialize(&answer.body);
    let more = more.map_err(|_| unusable("an unexpected document".to_owned()))?;
    if more.sub != claims.sub {
        return Err(ExternalError::Untrusted("userinfo is about somebody else"));
    }
    Ok(merged(claims, more))
}

/// The id token goes first; an address and the word about it stay together.
fn merged(own: Claims, more: Claims) -> Claims {
    let (email, email_verified, domain_verified) = match &own.email {
        None => (more.email, more.email_verified, more.domain_verified),
        Some(_) if own.email == more.email => (
            own.email,
            own.email_verified.or(more.email_verified),
            own.domain_verified.or(more.domain_verified),
        ),
        Some(_) => (own.email, own.email_verified, own.domain_verified),
    };
    Claims {
        sub: own.sub,
        email,
        email_verified,
        domain_verified,
        preferred_username: own.preferred_username.or(more.preferred_username),
        given_name: own.given_name.or(more.given_name),
        family_name: own.family_name.or(more.family_name),
    }
}

/// The identity of a person at a provider that calls itself `issuer`.
pub(super) fn identity(issuer: &str, claims: Claims) -> ExternalIdentity {
    let verified = [claims.email_verified, claims.domain_verified].contains(&Some(true));
    let verified_email = claims.email.filter(|_| verified);
    let wished = claims.preferred_username.or_else(|| verified_email.clone());
    ExternalIdentity {
        user_name: user_name(
            wished.as_deref().unwrap_or_default(),
            verified_email.as_deref(),
        ),
        // Should the provider be replaced by another one, its people are others.
        key: format!("{issuer}#{}", claims.sub),
        first_name: claims.given_name,
        last_name: claims.family_name,
        verified_email,
    }
}

/// A name that looks like an address must be the person's own: others find people by their address.
fn user_name(wished: &str, verified_email: Option<&str>) -> String {
    let own = verified_email.is_some_and(|email| email.eq_ignore_ascii_case(wished.trim()));
    match wished.split_once('@') {
        Some((local, _)) if !own => local.to_owned(),
        _ => wished.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claims(email: Option<&str>, verified: Option<bool>, name: Option<&str>) -> Claims {
        Claims {
            sub: "1".to_owned(),
            email: email.map(str::to_owned),
            email_verified: verified,
            preferred_username: name.map(str::to_owned),
            ..Claims::default()
        }
    }

    #[test]
    fn only_verified_addresses_become_addresses_and_names() {
        let mail = Some("ada@x.org");
        for (claims, name, address) in [
            (claims(mail, Some(true), None), "ada@x.org", mail),
            (claims(mail, Some(true), Some("ada")), "ada", mail),
            (claims(mail, Some(true), mail), "ada@x.org", mail),
            (claims(mail, Some(true), Some("bob@x.org")), "bob", mail),
            (claims(mail, Some(false), mail), "ada", None),
            (claims(mail, None, mail), "ada", None),
            (claims(None, Some(true), None), "", None),
        ] {
            let identity = identity("https://id/", claims);
            assert_eq!(identity.user_name, name);
            assert_eq!(identity.verified_email.as_deref(), address);
            assert_eq!(identity.key, "https://id/#1");
        }
    }

    #[test]
    fn a_word_about_one_address_is_no_word_about_another() {
        let own = claims(Some("ada@x.org"), None, None);
        let other = merged(own.clone(), claims(Some("eve@x.org"), Some(true), None));
        assert_eq!(other.email_verified, None);
        let same = merged(own, claims(Some("ada@x.org"), Some(true), None));
        assert_eq!(same.email_verified, Some(true));
        let none = merged(
            claims(None, Some(true), None),
            claims(Some("eve@x.org"), None, None),
        );
        assert_eq!(none.email_verified, None);
    }
}
