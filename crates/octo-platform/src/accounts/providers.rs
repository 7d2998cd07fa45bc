//! Identity providers as they are stored.

use octo_runtime::{Attributes, Entity, RtId, Tenant, TenantId};
use octo_sdk::Secret;
use octo_sdk::identity::{
    DirectoryDto, EntraDto, IdentityProviderDto, OAuthProviderDto, OpenLdapDto, ProviderKind,
};

use super::names::{
    AD_PROVIDER, ENTRA_PROVIDER, FACEBOOK_PROVIDER, GOOGLE_PROVIDER, LDAP_PROVIDER,
    MICROSOFT_PROVIDER, OCTO_TENANT_PROVIDER,
};
use crate::secret::Vault;

/// What a client secret is sealed for: this provider of this tenant, and the address the secret
/// will be sent to. An administrator who could change the address alone could have the secret sent
/// to a server of his own.
pub(crate) fn secret_context(
    tenant: &TenantId,
    provider: RtId,
    ck_type: &str,
    authority: Option<&str>,
    directory: Option<&str>,
) -> [String; 5] {
    [
        tenant.to_string(),
        provider.to_string(),
        ck_type.to_owned(),
        authority.unwrap_or_default().to_owned(),
        directory.unwrap_or_default().to_owned(),
    ]
}

/// The client secret of a provider; `None` when it has none or it cannot be decrypted here.
pub fn client_secret(vault: &Vault, tenant: &Tenant, provider: &Entity) -> Option<Secret> {
    let attributes = &provider.attributes;
    let stored = attributes.str("ClientSecret")?;
    let context = secret_context(
        tenant.id(),
        provider.rt_id,
        &provider.ck_type_id.to_string(),
        attributes.str("Authority"),
        attributes.str("TenantId"),
    );
    let opened = vault.open(&context, stored)?;
    (!opened.is_empty()).then(|| Secret::new(opened))
}

/// The provider on the wire. Its client secret is left out: nobody needs to read it.
pub fn dto(provider: &Entity) -> IdentityProviderDto {
    let attributes = &provider.attributes;
    IdentityProviderDto {
        is_enabled: attributes.bool("IsEnabled").unwrap_or(false),
        rt_id: Some(provider.rt_id.to_string()),
        name: text(attributes, "Name").unwrap_or_default(),
        description: text(attributes, "Description"),
        allow_self_registration: attributes.bool("AllowSelfRegistration").unwrap_or(true),
        default_group_rt_id: text(attributes, "DefaultGroupRtId"),
        kind: kind(&provider.ck_type_id.to_string(), attributes),
    }
}

fn kind(ck_type: &str, attributes: &Attributes) -> ProviderKind {
    let filled = |name: &str| text(attributes, name).unwrap_or_default();
    match ck_type {
        GOOGLE_PROVIDER => ProviderKind::Google(oauth(attributes)),
        MICROSOFT_PROVIDER => ProviderKind::Microsoft(oauth(attributes)),
        FACEBOOK_PROVIDER => ProviderKind::Facebook(oauth(attributes)),
        ENTRA_PROVIDER => ProviderKind::Entra(EntraDto {
            tenant_id: filled("TenantId"),
            authority: text(attributes, "Authority"),
            client_id: text(attributes, "ClientId"),
            client_secret: None,
        }),
        AD_PROVIDER => {
            let usual = DirectoryDto::default();
            ProviderKind::ActiveDirectory(DirectoryDto {
                host: filled("Host"),
                port: port(attributes).unwrap_or(usual.port),
                use_tls: attributes.bool("UseTls").unwrap_or(usual.use_tls),
            })
        }
        LDAP_PROVIDER => {
            let usual = OpenLdapDto::default();
            ProviderKind::OpenLdap(OpenLdapDto {
                host: filled("Host"),
                port: port(attributes).unwrap_or(usual.port),
                user_base_dn: filled("UserBaseDn"),
                user_name_attribute: filled("UserNameAttribute"),
                use_tls: attributes.bool("UseTls").unwrap_or(usual.use_tls),
            })
        }
        OCTO_TENANT_PROVIDER => ProviderKind::OctoTenant {
            parent_tenant_id: filled("ParentTenantId"),
        },
        _ => ProviderKind::Unknown(None),
    }
}

fn oauth(attributes: &Attributes) -> OAuthProviderDto {
    OAuthProviderDto {
        client_id: text(attributes, "ClientId"),
        client_secret: None,
    }
}

fn port(attributes: &Attributes) -> Option<u16> {
    attributes.i64("Port").and_then(|port| port.try_into().ok())
}

fn text(attributes: &Attributes, name: &str) -> Option<String> {
    attributes.str(name).map(str::to_owned)
}
