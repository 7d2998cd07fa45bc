//! Names of tenants and of their databases (spec, Assets 3.1).
//!
//! Both are trimmed and lower-cased before any rule is applied; whether a name is still free is
//! for the [`Runtime`](crate::Runtime) to say.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

const TENANT_ID_MAX_CHARS: usize = 64;
const DATABASE_NAME_MAX_BYTES: usize = 63;
const DATABASE_NAME_FORBIDDEN: &str = "/\\. \"$*<>:|?";

/// Why a name is not acceptable.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Not a tenant id.
    #[error("Tenant ID '{0}' is invalid. Use at most 64 ASCII letters, digits, '-' or '_'.")]
    TenantId(String),
    /// Not a database name.
    #[error(
        "Database name '{0}' is invalid. Use at most 63 bytes and none of / \\ . \" $ * < > : | ?, spaces or control characters."
    )]
    DatabaseName(String),
}

/// Id of a tenant: at most 64 ASCII letters, digits, `-` or `_`, always lower case.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TenantId(Arc<str>);

/// Name of a tenant's database: at most 63 bytes, usable as a file name, always lower case.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DatabaseName(Arc<str>);

impl FromStr for TenantId {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let name = text.trim().to_lowercase();
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        if name.is_empty() || name.len() > TENANT_ID_MAX_CHARS || !name.chars().all(allowed) {
            return Err(NameError::TenantId(shown(text)));
        }
        Ok(Self(name.into()))
    }
}

impl FromStr for DatabaseName {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let name = text.trim().to_lowercase();
        let forbidden = |c: char| c.is_control() || DATABASE_NAME_FORBIDDEN.contains(c);
        if name.is_empty() || name.len() > DATABASE_NAME_MAX_BYTES || name.chars().any(forbidden) {
            return Err(NameError::DatabaseName(shown(text)));
        }
        Ok(Self(name.into()))
    }
}

fn shown(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(100).collect()
}

macro_rules! lower_case_name {
    ($($name:ty),+) => {$(
        impl $name {
            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }
        impl Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    )+};
}
lower_case_name!(TenantId, DatabaseName);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_trimmed_and_lower_cased() {
        assert_eq!(
            " AcMe-1_x ".parse::<TenantId>().unwrap().as_str(),
            "acme-1_x"
        );
        assert_eq!("AcmeDB".parse::<DatabaseName>().unwrap().as_str(), "acmedb");
    }

    #[test]
    fn bad_tenant_ids_name_the_rule() {
        for text in ["", "  ", "a b", "ä", "a/b", "..", &"x".repeat(65)] {
            let error = text.parse::<TenantId>().unwrap_err().to_string();
            assert!(error.contains("Use at most 64 ASCII letters"), "{error}");
        }
        assert!("x".repeat(64).parse::<TenantId>().is_ok());
    }

    #[test]
    fn database_names_cannot_leave_their_folder() {
        for text in [
            "",
            "..",
            "a/b",
            "a\\b",
            "a.b",
            "a b",
            "a\0b",
            "c:",
            &"x".repeat(64),
        ] {
            assert!(text.parse::<DatabaseName>().is_err(), "{text}");
        }
        assert!("größe-1".parse::<DatabaseName>().is_ok());
    }
}
