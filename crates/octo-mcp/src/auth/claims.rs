//! The claims of an access token (spec, auth 6.6).

use std::sync::Arc;

use octo_sdk::AccessToken;
use serde::{Deserialize, Deserializer};

/// Claims this server reads; others are ignored.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Claims {
    /// Issuer, with trailing slash.
    #[serde(default)]
    pub iss: String,
    /// User, absent on tokens of services.
    pub sub: Option<String>,
    /// OAuth client the token was issued to.
    pub client_id: Option<String>,
    /// Tenant the user logged in to.
    pub tenant_id: Option<String>,
    /// Legacy name of `tenant_id`.
    pub tenant: Option<String>,
    /// Services the token was issued for.
    #[serde(default, deserialize_with = "one_or_many")]
    pub aud: Vec<String>,
    /// Granted scopes.
    #[serde(default, deserialize_with = "words")]
    pub scope: Vec<String>,
    /// Names of the user's roles in the tenant.
    #[serde(default, deserialize_with = "one_or_many")]
    pub role: Vec<String>,
    /// Tenants the user may switch to; for pickers, authorizes nothing.
    #[serde(default, deserialize_with = "words")]
    pub allowed_tenants: Vec<String>,
    /// Display name.
    pub name: Option<String>,
    /// Login name.
    pub preferred_username: Option<String>,
    /// Mail address.
    pub email: Option<String>,
    /// End of validity, seconds since 1970.
    #[serde(default)]
    pub exp: i64,
}

impl Claims {
    /// The tenant of the token, in lower case.
    pub fn home_tenant(&self) -> Option<String> {
        let tenant = self.tenant_id.as_deref().or(self.tenant.as_deref())?.trim();
        (!tenant.is_empty()).then(|| tenant.to_lowercase())
    }

    /// Whether a scope was granted; a broader scope includes the narrower ones below it.
    pub fn has_scope(&self, wanted: &str) -> bool {
        self.scope.iter().any(|granted| {
            granted == wanted
                || wanted
                    .strip_prefix(granted.as_str())
                    .is_some_and(|rest| rest.starts_with('.'))
        })
    }

    /// Who the token stands for; `None` if that cannot be told, which matches nobody.
    pub fn principal(&self) -> Option<Principal> {
        let subject = match (&self.sub, &self.client_id) {
            (Some(sub), _) => format!("user:{sub}"),
            (None, Some(client)) => format!("client:{client}"),
            (None, None) => return None,
        };
        let tenant = self.home_tenant().unwrap_or_default();
        Some(Principal(format!("{}|{tenant}|{subject}", self.iss).into()))
    }
}

/// Issuer, tenant and user (or service) of a token: the same for every token of one login name.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Principal(Arc<str>);

impl Principal {
    /// Text form, for digests and audit records.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A token whose signature, issuer and lifetime were checked.
#[derive(Debug)]
pub struct VerifiedToken {
    /// The token itself.
    pub token: AccessToken,
    /// What it says.
    pub claims: Claims,
    /// Who it stands for; `None` matches nobody.
    pub principal: Option<Principal>,
}

/// The caller as the HTTP request shows it.
#[derive(Debug, Clone)]
pub enum Caller {
    /// Sent a valid bearer token.
    Bearer(Arc<VerifiedToken>),
    /// Sent none, and may sign in through the tools.
    Anonymous,
}

impl Caller {
    /// The principal a session of this caller is bound to; `None` for anonymous sessions.
    pub fn principal(&self) -> Option<&Principal> {
        match self {
            Self::Bearer(token) => token.principal.as_ref(),
            Self::Anonymous => None,
        }
    }
}

/// A claim that is a string or a list of strings.
fn one_or_many<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum OneOrMany {
        One(String),
        Many(Vec<String>),
    }
    let mut values = match Option::<OneOrMany>::deserialize(deserializer)? {
        None => Vec::new(),
        Some(OneOrMany::One(value)) => vec![value],
        Some(OneOrMany::Many(values)) => values,
    };
    let mut seen = std::collections::HashSet::new();
    values.retain(|value| seen.insert(value.clone()));
    Ok(values)
}

/// As [`one_or_many`], and blanks separate values.
fn words<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let values = one_or_many(deserializer)?;
    let mut seen = std::collections::HashSet::new();
    Ok(values
        .iter()
        .flat_map(|value| value.split_whitespace())
        .filter(|word| seen.insert(word.to_string()))
        .map(str::to_owned)
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claims(json: &str) -> Claims {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn scopes_may_be_a_list_or_separated_by_blanks() {
        let list = claims(r#"{"scope":["openid","octo_api"],"aud":"octoAPI"}"#);
        let text = claims(r#"{"scope":"openid octo_api","aud":["octoAPI"]}"#);
        assert_eq!(list.scope, text.scope);
        assert_eq!(list.aud, text.aud);
    }

    #[test]
    fn a_broad_scope_includes_the_narrow_one_but_not_its_namesakes() {
        let claims = claims(r#"{"scope":["octo_api"]}"#);
        assert!(claims.has_scope("octo_api") && claims.has_scope("octo_api.read_only"));
        assert!(!claims.has_scope("octo_apix"));
    }

    #[test]
    fn principals_of_users_and_services_never_meet() {
        let user = claims(r#"{"iss":"i","sub":"a","tenant_id":"T"}"#).principal();
        let service = claims(r#"{"iss":"i","client_id":"a","tenant_id":"t"}"#).principal();
        assert_ne!(user, service);
        assert_eq!(
            user,
            claims(r#"{"iss":"i","sub":"a","tenant_id":"t"}"#).principal()
        );
        assert_eq!(claims("{}").principal(), None);
    }
}
