//! Scopes and resources of a tenant: what may be granted, and for whom a token is meant.

use octo_runtime::{Entity, EntityQuery, RuntimeError, Tenant};
use url::Url;

use super::OFFLINE_ACCESS;
use super::client::Client;
use super::error::OAuthError;
use crate::accounts::names::{API_RESOURCE, API_SCOPE, IDENTITY_RESOURCE};

/// The enabled scopes and API resources of a tenant.
#[derive(Debug)]
pub struct Scopes {
    identity: Vec<Scope>,
    api: Vec<Scope>,
    resources: Vec<ApiResource>,
}

/// A scope with the name people see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    /// Name on the wire.
    pub name: String,
    /// Name for people.
    pub display_name: String,
    /// Claims it opens in userinfo (identity scopes).
    pub claims: Vec<String>,
    /// Whether the discovery document lists it.
    pub published: bool,
}

#[derive(Debug)]
struct ApiResource {
    name: String,
    scopes: Vec<String>,
    claims: Vec<String>,
    needs_indicator: bool,
}

impl Scopes {
    /// Reads the scopes of a tenant.
    ///
    /// # Errors
    /// [`RuntimeError`] if the tenant cannot be read.
    pub async fn load(tenant: &Tenant) -> Result<Self, RuntimeError> {
        Ok(Self {
            identity: enabled(tenant, IDENTITY_RESOURCE)
                .await?
                .iter()
                .filter_map(scope)
                .collect(),
            api: enabled(tenant, API_SCOPE)
                .await?
                .iter()
                .filter_map(scope)
                .collect(),
            resources: enabled(tenant, API_RESOURCE)
                .await?
                .iter()
                .filter_map(resource)
                .collect(),
        })
    }

    /// The scopes a person can grant to `client`: what it asks for, or all it may ask for.
    ///
    /// # Errors
    /// `invalid_scope` naming the first scope that is unknown or not allowed.
    pub fn for_user(
        &self,
        client: &Client,
        requested: Option<&str>,
    ) -> Result<Vec<String>, OAuthError> {
        self.grant(client, requested, |name| {
            self.is_identity(name) || self.is_api(name) || name == OFFLINE_ACCESS
        })
    }

    /// The scopes a service can have for itself: API scopes only.
    ///
    /// # Errors
    /// As [`Scopes::for_user`].
    pub fn for_service(
        &self,
        client: &Client,
        requested: Option<&str>,
    ) -> Result<Vec<String>, OAuthError> {
        self.grant(client, requested, |name| self.is_api(name))
    }

    fn grant(
        &self,
        client: &Client,
        requested: Option<&str>,
        grantable: impl Fn(&str) -> bool,
    ) -> Result<Vec<String>, OAuthError> {
        let allowed = |name: &str| {
            client.scopes.iter().any(|scope| scope == name)
                || (name == OFFLINE_ACCESS && client.offline_access)
        };
        let Some(requested) = requested else {
            let all = client.scopes.iter().filter(|name| grantable(name)).cloned();
            return Ok(distinct(all));
        };
        let asked: Vec<&str> = requested.split_ascii_whitespace().collect();
        match asked.iter().find(|name| !allowed(name) || !grantable(name)) {
            Some(refused) => Err(OAuthError::new("invalid_scope").describe(format!(
                "scope '{}' is not available to this client",
                printable(refused)
            ))),
            None => Ok(distinct(asked.into_iter().map(str::to_owned))),
        }
    }

    /// Names of the API resources meant by resource indicators (RFC 8707): equal to the name but
    /// for a trailing slash, or an address below a name that is one. Tokens are narrowed to them;
    /// without an indicator they are for all resources that do not insist on one.
    ///
    /// # Errors
    /// `invalid_target` for an indicator that means none, or one that owns none of `granted`.
    pub fn resources(
        &self,
        indicators: &[String],
        granted: &[String],
    ) -> Result<Vec<String>, OAuthError> {
        let names = indicators.iter().map(|indicator| {
            let meant = |resource: &&ApiResource| {
                is_meant(&resource.name, indicator) && resource.owns_one_of(granted)
            };
            let meant = self.resources.iter().filter(meant);
            let resource = meant.max_by_key(|resource| resource.name.len());
            resource
                .map(|resource| resource.name.clone())
                .ok_or_else(|| {
                    OAuthError::new("invalid_target")
                        .describe("resource names no API that owns one of the scopes")
                })
        });
        Ok(distinct(names.collect::<Result<Vec<_>, _>>()?.into_iter()))
    }

    /// Names of the API resources that own one of `granted`: the audience of the token. With
    /// `only`, no others than those.
    pub fn audiences(&self, granted: &[String], only: &[String]) -> Vec<String> {
        self.owners(granted, only)
            .map(|resource| resource.name.clone())
            .collect()
    }

    /// Whether a token for `granted`, restricted to resources `only`, carries roles.
    pub fn wants_roles(&self, granted: &[String], only: &[String]) -> bool {
        self.owners(granted, only)
            .any(|resource| resource.claims.iter().any(|claim| claim == "role"))
    }

    /// Whether `name` is a scope of an API.
    pub fn is_api(&self, name: &str) -> bool {
        self.api.iter().any(|scope| scope.name == name)
    }

    /// The identity claims `granted` opens.
    pub fn identity_claims(&self, granted: &[String]) -> Vec<&str> {
        let opened = self
            .identity
            .iter()
            .filter(|scope| granted.contains(&scope.name));
        opened
            .flat_map(|scope| scope.claims.iter().map(String::as_str))
            .collect()
    }

    /// What `granted` means, in words, for the confirmation page.
    pub fn in_words(&self, granted: &[String]) -> Vec<String> {
        let known = |name: &String| {
            let mut scopes = self.identity.iter().chain(&self.api);
            scopes
                .find(|scope| scope.name == *name)
                .map(|scope| scope.display_name.clone())
        };
        granted
            .iter()
            .map(|name| match name.as_str() {
                OFFLINE_ACCESS => "Offline Access".to_owned(),
                _ => known(name).unwrap_or_else(|| name.clone()),
            })
            .collect()
    }

    /// The scopes the discovery document lists.
    pub fn published(&self) -> Vec<&str> {
        let scopes = self.identity.iter().chain(&self.api);
        let published = scopes.filter(|scope| scope.published);
        let names = published.map(|scope| scope.name.as_str());
        names.chain([OFFLINE_ACCESS]).collect()
    }

    fn is_identity(&self, name: &str) -> bool {
        self.identity.iter().any(|scope| scope.name == name)
    }

    fn owners<'a>(
        &'a self,
        granted: &'a [String],
        only: &'a [String],
    ) -> impl Iterator<Item = &'a ApiResource> {
        self.resources.iter().filter(|resource| {
            let is_meant = match only.is_empty() {
                true => !resource.needs_indicator,
                false => only.contains(&resource.name),
            };
            is_meant && resource.owns_one_of(granted)
        })
    }
}

impl ApiResource {
    fn owns_one_of(&self, granted: &[String]) -> bool {
        self.scopes.iter().any(|scope| granted.contains(scope))
    }
}

async fn enabled(tenant: &Tenant, ck_type: &str) -> Result<Vec<Entity>, RuntimeError> {
    Ok(tenant
        .query(EntityQuery::of(ck_type).eq("Enabled", true))
        .await?
        .items)
}

fn scope(entity: &Entity) -> Option<Scope> {
    let name = entity.attributes.str("Name")?.to_owned();
    let display_name = entity
        .attributes
        .str("DisplayName")
        .unwrap_or(&name)
        .to_owned();
    Some(Scope {
        name,
        display_name,
        claims: entity.attributes.strings("Claims").to_vec(),
        published: entity.attributes.bool("ShowInDiscoveryDocument") == Some(true),
    })
}

fn resource(entity: &Entity) -> Option<ApiResource> {
    Some(ApiResource {
        name: entity.attributes.str("Name")?.to_owned(),
        scopes: entity.attributes.strings("Scopes").to_vec(),
        claims: entity.attributes.strings("Claims").to_vec(),
        needs_indicator: entity.attributes.bool("RequireResourceIndicator") == Some(true),
    })
}

/// Whether `indicator` is `name`, or an address below it.
fn is_meant(name: &str, indicator: &str) -> bool {
    let (Ok(own), Ok(asked)) = (Url::parse(name), Url::parse(indicator)) else {
        return name == indicator;
    };
    let base = own.path().trim_end_matches('/');
    let below = asked.path().strip_prefix(base);
    own.origin().is_tuple()
        && own.origin() == asked.origin()
        && asked.fragment().is_none()
        && asked.username().is_empty()
        && below.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn distinct(names: impl Iterator<Item = String>) -> Vec<String> {
    let mut seen = Vec::new();
    for name in names {
        if !seen.contains(&name) {
            seen.push(name);
        }
    }
    seen
}

/// The characters RFC 6749 allows in a description, at most 60.
fn printable(text: &str) -> String {
    text.chars()
        .filter(|c| matches!(c, ' '..='~') && !matches!(c, '"' | '\\'))
        .take(60)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::is_meant;

    #[test]
    fn an_indicator_means_the_api_at_or_above_it() {
        let api = "http://localhost:5016/";
        for indicator in [
            "http://localhost:5016",
            "http://LOCALHOST:5016/",
            "http://localhost:5016/mcp",
            "http://localhost:5016/acme/mcp",
        ] {
            assert!(is_meant(api, indicator), "{indicator}");
        }
        for indicator in [
            "http://localhost:5017/",
            "https://localhost:5016/",
            "http://localhost:5016/mcp#x",
            "localhost:5016",
            "octoAPI",
        ] {
            assert!(!is_meant(api, indicator), "{indicator}");
        }
        assert!(is_meant("octoAPI", "octoAPI") && !is_meant("octoAPI", "octoAPI2"));
        assert!(!is_meant("https://x/api", "https://x/apis"));
    }
}
