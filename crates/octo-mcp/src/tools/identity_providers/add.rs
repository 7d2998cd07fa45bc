//! Adding identity providers, one tool per kind of settings.

use octo_sdk::Secret;
use octo_sdk::identity::{
    DirectoryDto, EntraDto, IdentityProviderDto, OAuthProviderDto, OpenLdapDto, ProviderKind,
};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{ProviderReply, default_group, filled, name_problems};
use crate::call::TenantCall;
use crate::reply::{Done, ToolResult};
use crate::tool::{Risk, Tool, tool};

/// The tools of this file.
pub(super) fn tools() -> [Tool; 5] {
    [
        tool("add_oauth_identity_provider", add_oauth)
            .risk(Risk::Medium)
            .adds()
            .check(AddOauthIdentityProvider::problems),
        tool("add_azure_entra_id_identity_provider", add_entra)
            .risk(Risk::Medium)
            .adds()
            .check(|p: &AddAzureEntraIdIdentityProvider| name_problems(&p.name)),
        tool("add_open_ldap_identity_provider", add_open_ldap)
            .risk(Risk::Medium)
            .adds()
            .check(|p: &AddOpenLdapIdentityProvider| server_problems(&p.name, p.port)),
        tool("add_active_directory_identity_provider", add_directory)
            .risk(Risk::Medium)
            .adds()
            .check(|p: &AddActiveDirectoryIdentityProvider| server_problems(&p.name, p.port)),
        tool("add_octo_tenant_identity_provider", add_octo_tenant)
            .risk(Risk::Medium)
            .adds()
            .check(|p: &AddOctoTenantIdentityProvider| name_problems(&p.name)),
    ]
}

/// Lets people sign in with Google, Microsoft or Facebook accounts.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct AddOauthIdentityProvider {
    /// Name, unique in the tenant: 3 to 100 letters, digits, dots, underscores or hyphens.
    name: String,
    /// google, microsoft or facebook.
    provider_type: String,
    /// Client id the provider issued.
    client_id: String,
    /// Client secret the provider issued. It cannot be read again.
    client_secret: String,
    /// It can be used at once.
    #[serde(default = "yes")]
    is_enabled: bool,
    /// People unknown so far receive an account at their first login; yes unless false.
    allow_self_registration: Option<bool>,
    /// Id or name of the group such people come into.
    default_group_rt_id: Option<String>,
}

impl AddOauthIdentityProvider {
    fn kind(&self) -> Option<ProviderKind> {
        let own = OAuthProviderDto {
            client_id: Some(self.client_id.trim().to_owned()),
            client_secret: Some(Secret::new(self.client_secret.as_str())),
        };
        match self.provider_type.trim().to_lowercase().as_str() {
            "google" => Some(ProviderKind::Google(own)),
            "microsoft" => Some(ProviderKind::Microsoft(own)),
            "facebook" => Some(ProviderKind::Facebook(own)),
            _ => None,
        }
    }

    fn unsupported(&self) -> String {
        format!(
            "Unsupported providerType '{}'. Use 'google', 'microsoft' or 'facebook'.",
            self.provider_type
        )
    }

    fn problems(&self) -> Vec<String> {
        let mut problems = name_problems(&self.name);
        if self.kind().is_none() {
            problems.push(self.unsupported());
        }
        problems
    }
}

async fn add_oauth(cx: TenantCall, p: AddOauthIdentityProvider) -> ToolResult<Done<ProviderReply>> {
    let Some(kind) = p.kind() else {
        return Err(crate::reply::Failure::new(p.unsupported()));
    };
    let common = Common {
        name: p.name,
        is_enabled: p.is_enabled,
        allow_self_registration: p.allow_self_registration,
        default_group: p.default_group_rt_id,
    };
    add(&cx, common, kind).await
}

/// Lets people sign in with accounts of a Microsoft Entra ID directory.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct AddAzureEntraIdIdentityProvider {
    /// Name, unique in the tenant: 3 to 100 letters, digits, dots, underscores or hyphens.
    name: String,
    /// Id or domain of the directory.
    azure_tenant_id: String,
    /// Client id issued there.
    client_id: String,
    /// Client secret issued there. It cannot be read again.
    client_secret: String,
    /// It can be used at once.
    #[serde(default = "yes")]
    is_enabled: bool,
    /// Address of the directory service; without one https://login.microsoftonline.com.
    authority: Option<String>,
    /// People unknown so far receive an account at their first login; yes unless false.
    allow_self_registration: Option<bool>,
    /// Id or name of the group such people come into.
    default_group_rt_id: Option<String>,
}

async fn add_entra(
    cx: TenantCall,
    p: AddAzureEntraIdIdentityProvider,
) -> ToolResult<Done<ProviderReply>> {
    let kind = ProviderKind::Entra(EntraDto {
        tenant_id: p.azure_tenant_id.trim().to_owned(),
        authority: filled(p.authority),
        client_id: Some(p.client_id.trim().to_owned()),
        client_secret: Some(Secret::new(p.client_secret)),
    });
    let common = Common {
        name: p.name,
        is_enabled: p.is_enabled,
        allow_self_registration: p.allow_self_registration,
        default_group: p.default_group_rt_id,
    };
    add(&cx, common, kind).await
}

/// Lets people sign in with accounts of an OpenLDAP directory.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct AddOpenLdapIdentityProvider {
    /// Name, unique in the tenant: 3 to 100 letters, digits, dots, underscores or hyphens.
    name: String,
    /// Host name of the directory server. In a private network it has to be one the operator listed.
    host: String,
    /// Node directly below which users are, for example ou=people,dc=example,dc=org.
    user_base_dn: String,
    /// Port of the directory server.
    #[serde(default = "ldaps")]
    port: u16,
    /// Attribute with the user name.
    #[serde(default = "uid")]
    user_name_attribute: String,
    /// The connection is encrypted; always on port 636. Without it passwords travel in clear text.
    #[serde(default = "yes")]
    use_tls: bool,
    /// It can be used at once.
    #[serde(default = "yes")]
    is_enabled: bool,
    /// People unknown so far receive an account at their first login; yes unless false.
    allow_self_registration: Option<bool>,
    /// Id or name of the group such people come into.
    default_group_rt_id: Option<String>,
}

async fn add_open_ldap(
    cx: TenantCall,
    p: AddOpenLdapIdentityProvider,
) -> ToolResult<Done<ProviderReply>> {
    let kind = ProviderKind::OpenLdap(OpenLdapDto {
        host: p.host.trim().to_owned(),
        port: p.port,
        user_base_dn: p.user_base_dn.trim().to_owned(),
        user_name_attribute: p.user_name_attribute.trim().to_owned(),
        use_tls: p.use_tls,
    });
    let common = Common {
        name: p.name,
        is_enabled: p.is_enabled,
        allow_self_registration: p.allow_self_registration,
        default_group: p.default_group_rt_id,
    };
    add(&cx, common, kind).await
}

/// Lets people sign in with accounts of a Microsoft Active Directory.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct AddActiveDirectoryIdentityProvider {
    /// Name, unique in the tenant: 3 to 100 letters, digits, dots, underscores or hyphens.
    name: String,
    /// Host name of the directory server. In a private network it has to be one the operator listed.
    host: String,
    /// Port of the directory server.
    #[serde(default = "ldaps")]
    port: u16,
    /// The connection is encrypted; always on port 636. Without it passwords travel in clear text.
    #[serde(default)]
    use_tls: bool,
    /// It can be used at once.
    #[serde(default = "yes")]
    is_enabled: bool,
    /// People unknown so far receive an account at their first login; yes unless false.
    allow_self_registration: Option<bool>,
    /// Id or name of the group such people come into.
    default_group_rt_id: Option<String>,
}

async fn add_directory(
    cx: TenantCall,
    p: AddActiveDirectoryIdentityProvider,
) -> ToolResult<Done<ProviderReply>> {
    let kind = ProviderKind::ActiveDirectory(DirectoryDto {
        host: p.host.trim().to_owned(),
        port: p.port,
        use_tls: p.use_tls,
    });
    let common = Common {
        name: p.name,
        is_enabled: p.is_enabled,
        allow_self_registration: p.allow_self_registration,
        default_group: p.default_group_rt_id,
    };
    add(&cx, common, kind).await
}

/// Lets users of a parent tenant in: they sign in there and receive an account here. Rights are
/// given with user mappings, groups or the tools of admin provisioning.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct AddOctoTenantIdentityProvider {
    /// Name, unique in the tenant: 3 to 100 letters, digits, dots, underscores or hyphens.
    name: String,
    /// Id of the parent tenant.
    parent_tenant_id: String,
    /// It can be used at once.
    #[serde(default = "yes")]
    is_enabled: bool,
    /// People unknown so far receive an account at their first login; yes unless false.
    allow_self_registration: Option<bool>,
    /// Id or name of the group such people come into.
    default_group_rt_id: Option<String>,
}

async fn add_octo_tenant(
    cx: TenantCall,
    p: AddOctoTenantIdentityProvider,
) -> ToolResult<Done<ProviderReply>> {
    let kind = ProviderKind::OctoTenant {
        parent_tenant_id: p.parent_tenant_id.trim().to_owned(),
    };
    let common = Common {
        name: p.name,
        is_enabled: p.is_enabled,
        allow_self_registration: p.allow_self_registration,
        default_group: p.default_group_rt_id,
    };
    add(&cx, common, kind).await
}

/// What every kind is added with.
struct Common {
    name: String,
    is_enabled: bool,
    allow_self_registration: Option<bool>,
    default_group: Option<String>,
}

async fn add(
    cx: &TenantCall,
    common: Common,
    kind: ProviderKind,
) -> ToolResult<Done<ProviderReply>> {
    let identity = cx.identity()?;
    let provider = IdentityProviderDto {
        is_enabled: common.is_enabled,
        rt_id: None,
        name: common.name,
        description: None,
        allow_self_registration: common.allow_self_registration.unwrap_or(true),
        default_group_rt_id: default_group(&identity, common.default_group).await?,
        kind,
    };
    let created = identity.create_identity_provider(&provider).await?;
    Ok(Done::new(
        format!("Identity provider '{}' created.", provider.name),
        ProviderReply {
            provider_id: created.rt_id.clone(),
            provider: Some(created.into()),
        },
    ))
}

fn server_problems(name: &str, port: u16) -> Vec<String> {
    let mut problems = name_problems(name);
    if port == 0 {
        problems.push("port must be between 1 and 65535.".to_owned());
    }
    problems
}

fn yes() -> bool {
    true
}

fn ldaps() -> u16 {
    636
}

fn uid() -> String {
    "uid".to_owned()
}
