//! What an administrator has set up: which provider, and who the platform is there.

use octo_runtime::{Entity, EntityQuery, RtId, RuntimeError, Tenant};
use octo_sdk::Secret;
use url::Url;

use crate::accounts::names::{
    ENTRA_PROVIDER, GOOGLE_PROVIDER, IDENTITY_PROVIDER, MICROSOFT_PROVIDER, OCTO_TENANT_PROVIDER,
};
use crate::accounts::providers::client_secret;
use crate::config::ProviderAuthorities;
use crate::state::PlatformState;

/// Hosts of Microsoft's directories, where an authority is completed with directory and version.
const MICROSOFT_HOSTS: [&str; 3] = [
    "login.microsoftonline.com",
    "login.microsoftonline.us",
    "login.partner.microsoftonline.cn",
];
/// Microsoft's names for "any directory": whoever opens an account there would come in.
const ANY_DIRECTORY: [&str; 3] = ["common", "organizations", "consumers"];

/// An OpenID provider the platform is registered at.
#[derive(Debug, Clone)]
pub struct Provider {
    /// Id of its entity.
    pub id: RtId,
    /// Its name in the tenant.
    pub name: String,
    /// Where it is.
    pub authority: Authority,
    /// Client id it issued.
    pub client_id: String,
    /// Client secret it issued.
    pub client_secret: Secret,
    /// Directory its people must be of.
    pub directory: Option<String>,
    /// Tenant to ask a provider of our own kind for.
    pub tenant_hint: Option<String>,
}

/// Where a provider is, and how it may call itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authority {
    address: String,
    renamed: bool,
}

impl Authority {
    /// A provider that calls itself by its address.
    pub fn new(address: &str) -> Self {
        Self {
            address: address.trim().trim_end_matches('/').to_owned(),
            renamed: false,
        }
    }

    /// The address, without trailing slash.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Whether a provider at this address may call itself `issuer`. Microsoft answers for a domain
    /// name under the id of its directory, on the same host.
    pub fn may_be(&self, issuer: &str) -> bool {
        let own = issuer.strip_suffix('/').unwrap_or(issuer) == self.address;
        let origin = |text: &str| Url::parse(text).ok().map(|url| url.origin());
        own || (self.renamed
            && !issuer.contains('{')
            && origin(issuer).is_some()
            && origin(issuer) == origin(&self.address))
    }
}

impl Provider {
    /// The provider an entity describes; `None` if it is of another kind, disabled, or not set up
    /// completely.
    pub fn of(state: &PlatformState, tenant: &Tenant, entity: &Entity) -> Option<Self> {
        let attributes = &entity.attributes;
        let text = |name: &str| {
            let value = attributes.str(name).map(str::trim);
            value.filter(|value| !value.is_empty()).map(str::to_owned)
        };
        if attributes.bool("IsEnabled") != Some(true) {
            return None;
        }
        let authorities = &state.config().provider_authorities;
        let place = match entity.ck_type_id.to_string().as_str() {
            GOOGLE_PROVIDER => Place::of(&authorities.google),
            MICROSOFT_PROVIDER => Place::of(&authorities.microsoft),
            ENTRA_PROVIDER => {
                Place::of_directory(authorities, text("Authority"), text("TenantId")?)?
            }
            _ => return None,
        };
        Some(Self {
            id: entity.rt_id,
            name: text("Name")?,
            authority: place.authority,
            client_id: text("ClientId")?,
            client_secret: client_secret(state.vault(), tenant, entity)?,
            directory: place.directory,
            tenant_hint: place.tenant_hint,
        })
    }
}

#[derive(Debug, PartialEq, Eq)]
struct Place {
    authority: Authority,
    directory: Option<String>,
    tenant_hint: Option<String>,
}

impl Place {
    fn of(address: &str) -> Self {
        Self {
            authority: Authority::new(address),
            directory: None,
            tenant_hint: None,
        }
    }

    /// At Microsoft an authority holds many directories. Any other authority is a provider of its
    /// own; should it be one like this platform, the directory is the tenant there.
    fn of_directory(
        authorities: &ProviderAuthorities,
        authority: Option<String>,
        directory: String,
    ) -> Option<Self> {
        let authority = authority.unwrap_or_else(|| authorities.entra.clone());
        let base = authority.trim_end_matches('/');
        let url = Url::parse(base).ok()?;
        let host = url.host_str()?;
        if !MICROSOFT_HOSTS.contains(&host) {
            return Some(Self {
                authority: Authority::new(base),
                directory: Some(directory.clone()),
                tenant_hint: Some(directory),
            });
        }
        let well_formed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.');
        let any = ANY_DIRECTORY.contains(&directory.to_lowercase().as_str());
        if any || !directory.chars().all(well_formed) {
            return None;
        }
        let base = base.trim_end_matches("/v2.0");
        let is_id = uuid::Uuid::parse_str(&directory).is_ok();
        let address = match url.path().trim_matches('/') {
            "" => format!("{base}/{directory}/v2.0"),
            _ => format!("{base}/v2.0"),
        };
        Some(Self {
            authority: Authority {
                address,
                renamed: !is_id,
            },
            directory: is_id.then_some(directory),
            tenant_hint: None,
        })
    }
}

/// The ways to sign in elsewhere that a tenant offers: the enabled ones, by name.
///
/// # Errors
/// [`RuntimeError`] if the tenant cannot be read.
pub async fn choices(tenant: &Tenant) -> Result<Vec<Entity>, RuntimeError> {
    let providers = tenant.query(EntityQuery::of(IDENTITY_PROVIDER)).await?;
    let mut choices: Vec<Entity> = providers.items.into_iter().filter(is_choice).collect();
    choices.sort_by_cached_key(|provider| {
        let name = provider.attributes.str("Name").unwrap_or_default();
        (name.to_lowercase(), provider.rt_id)
    });
    Ok(choices)
}

/// The enabled way of that name.
///
/// # Errors
/// [`RuntimeError`] if the tenant cannot be read.
pub async fn find(tenant: &Tenant, name: &str) -> Result<Option<Entity>, RuntimeError> {
    let choices = choices(tenant).await?;
    let named = |provider: &Entity| provider.attributes.str("Name") == Some(name);
    Ok(choices.into_iter().find(named))
}

/// Whether an entity trusts the users of another tenant of this platform.
pub fn is_parent(provider: &Entity) -> bool {
    provider.ck_type_id.to_string() == OCTO_TENANT_PROVIDER
}

fn is_choice(provider: &Entity) -> bool {
    let kind = provider.ck_type_id.to_string();
    let kinds = [
        GOOGLE_PROVIDER,
        MICROSOFT_PROVIDER,
        ENTRA_PROVIDER,
        OCTO_TENANT_PROVIDER,
    ];
    kinds.contains(&kind.as_str()) && provider.attributes.bool("IsEnabled") == Some(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIRECTORY: &str = "11111111-2222-3333-4444-555555555555";

    fn place(authority: Option<&str>, directory: &str) -> Option<Place> {
        let authorities = ProviderAuthorities::default();
        Place::of_directory(
            &authorities,
            authority.map(str::to_owned),
            directory.to_owned(),
        )
    }

    #[test]
    fn directories_of_microsoft_are_completed_and_must_be_one() {
        let expected = format!("https://login.microsoftonline.com/{DIRECTORY}/v2.0");
        for authority in [
            None,
            Some("https://login.microsoftonline.com/"),
            Some(&format!("https://login.microsoftonline.com/{DIRECTORY}")),
            Some(&expected),
        ] {
            let place = place(authority, DIRECTORY).unwrap();
            assert_eq!(place.authority.address(), expected);
            assert!(place.authority.may_be(&expected) && place.tenant_hint.is_none());
            assert!(
                !place
                    .authority
                    .may_be("https://login.microsoftonline.com/other/v2.0")
            );
        }
        for bad in ["common", "Organizations", "consumers", "a/b", "a b"] {
            assert_eq!(place(None, bad), None, "{bad}");
        }
    }

    #[test]
    fn a_domain_may_be_answered_for_by_its_directory_on_the_same_host() {
        let authority = place(None, "example.org").unwrap().authority;
        assert!(authority.may_be(&format!(
            "https://login.microsoftonline.com/{DIRECTORY}/v2.0"
        )));
        for other in [
            "https://evil.example/v2.0",
            "https://login.microsoftonline.com/{tenantid}/v2.0",
            "",
        ] {
            assert!(!authority.may_be(other), "{other}");
        }
    }

    #[test]
    fn any_other_authority_is_a_provider_of_its_own() {
        let place = place(Some("https://id.example.org/"), "people").unwrap();
        assert!(place.authority.may_be("https://id.example.org/"));
        assert!(place.authority.may_be("https://id.example.org"));
        assert!(!place.authority.may_be("https://id.example.org/other"));
        assert_eq!(place.tenant_hint.as_deref(), Some("people"));
    }
}
