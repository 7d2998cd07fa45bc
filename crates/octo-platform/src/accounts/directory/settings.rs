//! Where a directory is and how its people are named: the provider's settings.

use octo_runtime::Entity;
use url::Host;

use super::names::is_attribute;
use crate::accounts::names::{AD_PROVIDER, LDAP_PROVIDER};

/// Port of directories over TLS, where the provider names none.
const LDAPS_PORT: u16 = 636;

/// A provider's settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirectorySettings {
    /// The directory's host.
    pub host: Host,
    /// Its port.
    pub port: u16,
    /// TLS from the first octet on. Without it, passwords cross the network readable.
    pub use_tls: bool,
    /// How people sign in.
    pub kind: DirectoryKind,
}

/// How people sign in to a directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DirectoryKind {
    /// With the name of an entry directly below a base.
    OpenLdap {
        /// Distinguished name of the base.
        user_base_dn: String,
        /// The attribute that names entries there.
        user_name_attribute: String,
    },
    /// With the name of an account of the directory's domain.
    ActiveDirectory,
}

/// Whether providers of this type are directories.
pub fn is_directory(ck_type: &str) -> bool {
    matches!(ck_type, LDAP_PROVIDER | AD_PROVIDER)
}

impl DirectorySettings {
    /// The settings of a provider entity; `None` if it is no directory or lacks something.
    pub fn of(provider: &Entity) -> Option<Self> {
        let attributes = &provider.attributes;
        let kind = match provider.ck_type_id.to_string().as_str() {
            LDAP_PROVIDER => DirectoryKind::OpenLdap {
                user_base_dn: filled(attributes.str("UserBaseDn"))?,
                user_name_attribute: filled(attributes.str("UserNameAttribute"))
                    .filter(|name| is_attribute(name))?,
            },
            AD_PROVIDER => DirectoryKind::ActiveDirectory,
            _ => return None,
        };
        // What is not stored is what the model says: TLS for OpenLDAP, none for Active Directory.
        let usually_tls = matches!(kind, DirectoryKind::OpenLdap { .. });
        let port = attributes.i64("Port");
        Some(Self {
            host: Host::parse(&filled(attributes.str("Host"))?).ok()?,
            port: match port {
                Some(port) => u16::try_from(port).ok().filter(|port| *port > 0)?,
                None => LDAPS_PORT,
            },
            use_tls: attributes.bool("UseTls").unwrap_or(usually_tls),
            kind,
        })
    }
}

fn filled(text: Option<&str>) -> Option<String> {
    let text = text?.trim();
    (!text.is_empty()).then(|| text.to_owned())
}
