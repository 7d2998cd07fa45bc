//! Wire form of identity providers (`spec/identity.md` 5): one object whose members depend on the
//! number in `$type`.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::Secret;
use crate::json::{exposed, null_as_default};

/// Port of directories over TLS.
const LDAPS_PORT: u16 = 636;
/// Attribute with the user name in most OpenLDAP directories.
const USER_NAME_ATTRIBUTE: &str = "uid";

/// A way to sign in with accounts kept elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdentityProviderDto {
    /// Whether it may be used.
    pub is_enabled: bool,
    /// Runtime id (24 hex digits); never sent.
    pub rt_id: Option<String>,
    /// Name: 3 to 100 letters, digits, dots, underscores or hyphens.
    pub name: String,
    /// What it is for, up to 5000 characters.
    pub description: Option<String>,
    /// Whether people unknown so far receive an account at their first login.
    pub allow_self_registration: bool,
    /// Runtime id of the group such people come into.
    pub default_group_rt_id: Option<String>,
    /// Which kind it is, with the settings of that kind.
    pub kind: ProviderKind,
}

/// The kinds of identity providers with their settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProviderKind {
    /// Google accounts (0).
    Google(OAuthProviderDto),
    /// Personal Microsoft accounts (1).
    Microsoft(OAuthProviderDto),
    /// Accounts of a Microsoft Entra ID directory (2).
    Entra(EntraDto),
    /// Accounts of a Microsoft Active Directory (3).
    ActiveDirectory(DirectoryDto),
    /// Accounts of an OpenLDAP directory (4).
    OpenLdap(OpenLdapDto),
    /// Facebook accounts (5).
    Facebook(OAuthProviderDto),
    /// Accounts of a parent tenant (6).
    OctoTenant {
        /// Id of the parent tenant.
        parent_tenant_id: String,
    },
    /// A kind this client does not know; the number it came with, if any.
    Unknown(Option<i64>),
}

/// Registration of this platform at an OAuth provider.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct OAuthProviderDto {
    /// Client id the provider issued.
    pub client_id: Option<String>,
    /// Client secret the provider issued.
    #[serde(serialize_with = "exposed")]
    pub client_secret: Option<Secret>,
}

/// Registration of this platform in an Entra ID directory.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct EntraDto {
    /// Id or domain of the directory.
    #[serde(deserialize_with = "null_as_default")]
    pub tenant_id: String,
    /// Address of the directory service; `None` is Microsoft's public one.
    pub authority: Option<String>,
    /// Client id issued there.
    pub client_id: Option<String>,
    /// Client secret issued there.
    #[serde(serialize_with = "exposed")]
    pub client_secret: Option<Secret>,
}

/// Connection to an Active Directory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DirectoryDto {
    /// Host name of the directory server.
    #[serde(deserialize_with = "null_as_default")]
    pub host: String,
    /// Its port.
    pub port: u16,
    /// Whether the connection is encrypted.
    pub use_tls: bool,
}

impl Default for DirectoryDto {
    fn default() -> Self {
        Self {
            host: String::new(),
            port: LDAPS_PORT,
            use_tls: false,
        }
    }
}

/// Connection to an OpenLDAP directory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct OpenLdapDto {
    /// Host name of the directory server.
    #[serde(deserialize_with = "null_as_default")]
    pub host: String,
    /// Its port.
    pub port: u16,
    /// Node below which users are.
    #[serde(deserialize_with = "null_as_default")]
    pub user_base_dn: String,
    /// Attribute with the user name.
    pub user_name_attribute: String,
    /// Whether the connection is encrypted.
    pub use_tls: bool,
}

impl Default for OpenLdapDto {
    fn default() -> Self {
        Self {
            host: String::new(),
            port: LDAPS_PORT,
            user_base_dn: String::new(),
            user_name_attribute: USER_NAME_ATTRIBUTE.to_owned(),
            use_tls: true,
        }
    }
}

impl ProviderKind {
    /// The number that stands for the kind in `$type`.
    pub fn number(&self) -> Option<i64> {
        match self {
            Self::Google(_) => Some(0),
            Self::Microsoft(_) => Some(1),
            Self::Entra(_) => Some(2),
            Self::ActiveDirectory(_) => Some(3),
            Self::OpenLdap(_) => Some(4),
            Self::Facebook(_) => Some(5),
            Self::OctoTenant { .. } => Some(6),
            Self::Unknown(number) => *number,
        }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ParentDto {
    #[serde(default, deserialize_with = "null_as_default")]
    parent_tenant_id: String,
}

/// What all kinds have in common. The number comes first: services read a body in order and have
/// to know the kind before its members (section 5).
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Common {
    #[serde(rename = "$type", default, skip_serializing_if = "Option::is_none")]
    number: Option<i64>,
    #[serde(default, deserialize_with = "null_as_default")]
    is_enabled: bool,
    rt_id: Option<String>,
    #[serde(default, deserialize_with = "null_as_default")]
    name: String,
    description: Option<String>,
    allow_self_registration: Option<bool>,
    default_group_rt_id: Option<String>,
}

#[derive(Serialize)]
struct Wire<'a, T> {
    #[serde(flatten)]
    common: Common,
    #[serde(flatten)]
    own: &'a T,
}

impl Serialize for IdentityProviderDto {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let common = Common {
            number: self.kind.number(),
            is_enabled: self.is_enabled,
            rt_id: self.rt_id.clone(),
            name: self.name.clone(),
            description: self.description.clone(),
            allow_self_registration: Some(self.allow_self_registration),
            default_group_rt_id: self.default_group_rt_id.clone(),
        };
        match &self.kind {
            ProviderKind::Google(own)
            | ProviderKind::Microsoft(own)
            | ProviderKind::Facebook(own) => Wire { common, own }.serialize(serializer),
            ProviderKind::Entra(own) => Wire { common, own }.serialize(serializer),
            ProviderKind::ActiveDirectory(own) => Wire { common, own }.serialize(serializer),
            ProviderKind::OpenLdap(own) => Wire { common, own }.serialize(serializer),
            ProviderKind::OctoTenant { parent_tenant_id } => {
                let own = &ParentDto {
                    parent_tenant_id: parent_tenant_id.clone(),
                };
                Wire { common, own }.serialize(serializer)
            }
            ProviderKind::Unknown(_) => common.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for IdentityProviderDto {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        use serde::de::Error as _;
        let whole = serde_json::Value::deserialize(deserializer)?;
        let common = Common::deserialize(&whole).map_err(D::Error::custom)?;
        let kind = kind(common.number, &whole).map_err(D::Error::custom)?;
        Ok(Self {
            is_enabled: common.is_enabled,
            rt_id: common.rt_id,
            name: common.name,
            description: common.description,
            allow_self_registration: common.allow_self_registration.unwrap_or(true),
            default_group_rt_id: common.default_group_rt_id,
            kind,
        })
    }
}

fn kind(number: Option<i64>, whole: &serde_json::Value) -> Result<ProviderKind, serde_json::Error> {
    Ok(match number {
        Some(0) => ProviderKind::Google(Deserialize::deserialize(whole)?),
        Some(1) => ProviderKind::Microsoft(Deserialize::deserialize(whole)?),
        Some(2) => ProviderKind::Entra(Deserialize::deserialize(whole)?),
        Some(3) => ProviderKind::ActiveDirectory(Deserialize::deserialize(whole)?),
        Some(4) => ProviderKind::OpenLdap(Deserialize::deserialize(whole)?),
        Some(5) => ProviderKind::Facebook(Deserialize::deserialize(whole)?),
        Some(6) => ProviderKind::OctoTenant {
            parent_tenant_id: ParentDto::deserialize(whole)?.parent_tenant_id,
        },
        other => ProviderKind::Unknown(other),
    })
}
