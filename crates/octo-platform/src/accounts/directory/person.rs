//! Who a directory says somebody is.

use super::message::Entry;
use super::names::is_name;

/// A person whose password a directory has accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// What identifies the person in this directory for good, whatever the name becomes.
    pub key: String,
    /// The name the person signs in with, as the directory spells it.
    pub user_name: String,
    /// Given name.
    pub first_name: Option<String>,
    /// Family name.
    pub last_name: Option<String>,
    /// E-mail address. The directory's administrators answer for it.
    pub email: Option<String>,
}

/// Attributes that are asked for besides key and name.
pub(super) const ATTRIBUTES: [&str; 3] = ["givenName", "sn", "mail"];

impl Person {
    /// The person of an entry.
    pub(super) fn of(entry: &Entry, key: String, user_name: &str) -> Self {
        let text = |attribute| {
            let text = entry.text(attribute).map(str::trim);
            text.filter(|text| is_name(text)).map(str::to_owned)
        };
        let [given_name, surname, mail] = ATTRIBUTES;
        Self {
            key,
            user_name: user_name.to_owned(),
            first_name: text(given_name),
            last_name: text(surname),
            email: text(mail),
        }
    }
}

/// Octets in hexadecimal.
pub(super) fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}
