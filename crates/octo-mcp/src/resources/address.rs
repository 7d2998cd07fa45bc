//! Addresses of resources (spec, surface 12): read once, decoded once.

use percent_encoding::percent_decode_str;

/// Longest address that is looked at, bytes.
const MAX_LENGTH: usize = 1024;

/// A resource of a tenant. All parts are decoded, none is checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
    /// The models of a tenant as a document.
    Schema {
        /// The tenant.
        tenant: String,
        /// Which models.
        part: SchemaPart,
    },
    /// One type as a document.
    Type {
        /// The tenant.
        tenant: String,
        /// The type, in any spelling of its id.
        ck_type: String,
    },
    /// A knowledge source for AI workers.
    Knowledge {
        /// The tenant.
        tenant: String,
        /// Its id.
        rt_id: String,
    },
}

/// Which models a schema document is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SchemaPart {
    /// Those of the platform.
    System,
    /// All others.
    Domain,
}

impl Address {
    /// Reads an address; `None` for everything that cannot name a resource.
    ///
    /// Scheme and fixed parts ignore case. Parts must not be paths of their own: an encoded slash
    /// is part of a name, and only a type's id has one.
    pub fn parse(uri: &str) -> Option<Self> {
        if uri.len() > MAX_LENGTH || uri.contains(['?', '#', '&']) {
            return None;
        }
        let (scheme, rest) = uri.split_once("://")?;
        let (tenant, path) = rest.split_once('/')?;
        let tenant = name(tenant)?;
        match scheme.to_ascii_lowercase().as_str() {
            "ck-schema" => Some(Self::Schema {
                tenant,
                part: SchemaPart::parse(path)?,
            }),
            "ck-type" => Some(Self::Type {
                tenant,
                ck_type: type_id(path)?,
            }),
            "knowledge" => Some(Self::Knowledge {
                tenant,
                rt_id: name(path)?,
            }),
            _ => None,
        }
    }

    /// The tenant it belongs to, as written.
    pub fn tenant(&self) -> &str {
        match self {
            Self::Schema { tenant, .. }
            | Self::Type { tenant, .. }
            | Self::Knowledge { tenant, .. } => tenant,
        }
    }
}

impl SchemaPart {
    fn parse(text: &str) -> Option<Self> {
        match text.to_ascii_lowercase().as_str() {
            "system" => Some(Self::System),
            "domain" => Some(Self::Domain),
            _ => None,
        }
    }
}

/// A part that is one name, whatever characters are encoded in it.
fn name(part: &str) -> Option<String> {
    let decoded = decode(part)?;
    (!decoded.contains(['/', '\\'])).then_some(decoded)
}

/// `Model/Type`, the slash encoded (as templates are filled in) or not.
fn type_id(path: &str) -> Option<String> {
    let decoded = decode(path)?;
    let (model, element) = decoded.split_once('/')?;
    let is_name = |part: &str| !part.is_empty() && !part.starts_with('.') && !part.contains('/');
    (is_name(model) && is_name(element)).then_some(decoded)
}

fn decode(part: &str) -> Option<String> {
    let decoded = percent_decode_str(part).decode_utf8().ok()?;
    (!decoded.chars().any(char::is_control)).then(|| decoded.into_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn schema(tenant: &str, part: SchemaPart) -> Option<Address> {
        let tenant = tenant.to_owned();
        Some(Address::Schema { tenant, part })
    }

    #[test]
    fn fixed_parts_ignore_case_and_names_are_decoded_once() {
        for uri in ["ck-schema://acme/system", "CK-Schema://acme/SYSTEM"] {
            assert_eq!(Address::parse(uri), schema("acme", SchemaPart::System));
        }
        assert_eq!(
            Address::parse("ck-schema://%61cme/domain"),
            schema("acme", SchemaPart::Domain)
        );
        let twice = Address::parse("knowledge://%2561/x").unwrap();
        assert_eq!(twice.tenant(), "%61");
    }

    #[test]
    fn the_slash_of_a_type_may_be_encoded() {
        let expected = Some(Address::Type {
            tenant: "acme".to_owned(),
            ck_type: "Basic-2.0.2/City-1".to_owned(),
        });
        for uri in [
            "ck-type://acme/Basic-2.0.2/City-1",
            "ck-type://acme/Basic-2.0.2%2FCity-1",
        ] {
            assert_eq!(Address::parse(uri), expected, "{uri}");
        }
    }

    proptest! {
        #[test]
        fn no_part_of_an_address_is_a_path(text in "(ck-schema|ck-type|knowledge)://[a%2fF5Cc.0/\\\\]{0,24}") {
            if let Some(address) = Address::parse(&text) {
                prop_assert!(!address.tenant().contains(['/', '\\', '\0']));
                if let Address::Knowledge { rt_id, .. } = address {
                    prop_assert!(!rt_id.contains(['/', '\\', '\0']));
                }
            }
        }
    }

    #[test]
    fn everything_else_names_nothing() {
        let long = format!("ck-schema://{}/system", "a".repeat(MAX_LENGTH));
        for uri in [
            "",
            "ck-schema",
            "ck-schema:acme/system",
            "ck-schema://acme",
            "ck-schema://acme/",
            "ck-schema://acme/system/",
            "ck-schema://acme/../octosystem/system",
            "ck-schema://acme%2F..%2Foctosystem/system",
            "ck-schema://acme%5Cx/system",
            "ck-schema://acme/system?x",
            "ck-schema://acme/system#x",
            "ck-schema://acme/sys%74em",
            "ck-schema://acme%00/system",
            "ck-schema://%FF/system",
            "ck-type://acme/City",
            "ck-type://acme/../City",
            "ck-type://acme/Basic/../City",
            "ck-type://acme/Basic%2F..%2FCity",
            "knowledge://acme/a/b",
            "knowledge://acme/a%2Fb",
            "file:///etc/passwd",
            &long,
        ] {
            assert_eq!(Address::parse(uri), None, "{uri}");
        }
    }
}
