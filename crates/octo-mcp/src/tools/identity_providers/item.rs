//! Identity providers as the tools show them.

use octo_sdk::Secret;
use octo_sdk::identity::{IdentityProviderDto, ProviderKind};
use schemars::JsonSchema;
use serde::Serialize;

/// What stands for a secret that the service sent.
const MASK: &str = "***";

/// A way to sign in with accounts kept elsewhere. Only the settings of its kind are present; its
/// secret is never shown.
#[derive(Default, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ProviderItem {
    /// Kind as a number: 0 google, 1 microsoft, 2 Entra ID, 3 Active Directory, 4 OpenLDAP,
    /// 5 facebook, 6 parent tenant.
    #[serde(rename = "$type")]
    number: Option<i64>,
    /// It can be used.
    is_enabled: bool,
    /// Id of the provider.
    rt_id: Option<String>,
    /// Name.
    name: String,
    /// What it is for.
    description: Option<String>,
    /// People unknown so far receive an account at their first login.
    allow_self_registration: bool,
    /// Id of the group such people come into.
    default_group_rt_id: Option<String>,
    /// Client id the provider issued.
    client_id: Option<String>,
    /// `***` where the service tells that there is a secret.
    client_secret: Option<&'static str>,
    /// Id or domain of the Entra ID directory.
    tenant_id: Option<String>,
    /// Address of the directory service, if not the public one.
    authority: Option<String>,
    /// Host name of the directory server.
    host: Option<String>,
    /// Port of the directory server.
    port: Option<u16>,
    /// The connection to it is encrypted.
    use_tls: Option<bool>,
    /// Node of the directory below which users are.
    user_base_dn: Option<String>,
    /// Attribute of the directory with the user name.
    user_name_attribute: Option<String>,
    /// Id of the parent tenant.
    parent_tenant_id: Option<String>,
}

impl From<IdentityProviderDto> for ProviderItem {
    fn from(provider: IdentityProviderDto) -> Self {
        let item = Self {
            number: provider.kind.number(),
            is_enabled: provider.is_enabled,
            rt_id: provider.rt_id,
            name: provider.name,
            description: provider.description,
            allow_self_registration: provider.allow_self_registration,
            default_group_rt_id: provider.default_group_rt_id,
            ..Self::default()
        };
        match provider.kind {
            ProviderKind::Google(own)
            | ProviderKind::Microsoft(own)
            | ProviderKind::Facebook(own) => Self {
                client_id: own.client_id,
                client_secret: masked(own.client_secret),
                ..item
            },
            ProviderKind::Entra(own) => Self {
                tenant_id: Some(own.tenant_id),
                authority: own.authority,
                client_id: own.client_id,
                client_secret: masked(own.client_secret),
                ..item
            },
            ProviderKind::ActiveDirectory(own) => Self {
                host: Some(own.host),
                port: Some(own.port),
                use_tls: Some(own.use_tls),
                ..item
            },
            ProviderKind::OpenLdap(own) => Self {
                host: Some(own.host),
                port: Some(own.port),
                use_tls: Some(own.use_tls),
                user_base_dn: Some(own.user_base_dn),
                user_name_attribute: Some(own.user_name_attribute),
                ..item
            },
            ProviderKind::OctoTenant { parent_tenant_id } => Self {
                parent_tenant_id: Some(parent_tenant_id),
                ..item
            },
            ProviderKind::Unknown(_) => item,
        }
    }
}

fn masked(secret: Option<Secret>) -> Option<&'static str> {
    secret
        .filter(|secret| !secret.expose().is_empty())
        .map(|_| MASK)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_that_the_service_sent_is_masked() {
        let sent = r#"{"$type":0,"name":"google","clientId":"app","clientSecret":"hush"}"#;
        let provider: IdentityProviderDto = serde_json::from_str(sent).unwrap();
        let shown = serde_json::to_value(ProviderItem::from(provider)).unwrap();
        assert_eq!(
            (&shown["$type"], &shown["clientSecret"]),
            (&0.into(), &"***".into())
        );
        assert!(!shown.to_string().contains("hush"));
    }
}
