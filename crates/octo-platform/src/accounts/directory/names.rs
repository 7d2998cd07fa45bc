//! Distinguished names built from what people type (RFC 4514).

/// Longest name of a person that is passed on, in characters.
const MAX_NAME: usize = 256;

/// The distinguished name of the entry directly below `base` whose `attribute` is `value`; `None`
/// for a value that names nobody: an empty one, one that is too long, or one with control
/// characters.
pub(super) fn below(base: &str, attribute: &str, value: &str) -> Option<String> {
    is_name(value).then(|| format!("{attribute}={},{base}", escaped(value)))
}

/// Whether a text could be a person's name in a directory.
pub(super) fn is_name(value: &str) -> bool {
    let length = value.chars().count();
    (1..=MAX_NAME).contains(&length) && !value.chars().any(char::is_control)
}

/// Whether a text is an attribute's name: a word, or an object identifier (RFC 4512 1.4).
pub fn is_attribute(text: &str) -> bool {
    let word = |text: &str| {
        text.starts_with(|c: char| c.is_ascii_alphabetic())
            && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
    };
    let numbers = |text: &str| {
        let is_number = |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_digit());
        text.contains('.') && text.split('.').all(is_number)
    };
    word(text) || numbers(text)
}

/// A value inside a distinguished name. Everything in ASCII but letters, digits and a few
/// harmless signs becomes a hexadecimal pair: no list of special characters to get wrong.
fn escaped(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    for c in value.chars() {
        match u8::try_from(c) {
            Ok(octet) if octet.is_ascii() && !is_harmless(octet) => {
                out.push_str(&format!("\\{octet:02x}"));
            }
            _ => out.push(c),
        }
    }
    out
}

fn is_harmless(octet: u8) -> bool {
    octet.is_ascii_alphanumeric() || matches!(octet, b'.' | b'-' | b'_' | b'@')
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASE: &str = "ou=people,dc=example,dc=org";

    #[test]
    fn a_name_becomes_one_value() {
        for (name, value) in [
            ("ada", "ada"),
            ("ada.love-lace_1@x.org", "ada.love-lace_1@x.org"),
            ("müller", "müller"),
            ("*", "\\2a"),
            (")(uid=*", "\\29\\28uid\\3d\\2a"),
            ("ada,ou=admins", "ada\\2cou\\3dadmins"),
            ("ada+cn=root", "ada\\2bcn\\3droot"),
            ("#04024869", "\\2304024869"),
            (" ada ", "\\20ada\\20"),
            ("\"a\\b\"<;>", "\\22a\\5cb\\22\\3c\\3b\\3e"),
        ] {
            let expected = format!("uid={value},{BASE}");
            assert_eq!(below(BASE, "uid", name), Some(expected), "{name}");
        }
    }

    #[test]
    fn what_names_nobody_is_not_passed_on() {
        let long = "x".repeat(MAX_NAME + 1);
        for name in ["", "a\0b", "a\nb", "\u{85}", long.as_str()] {
            assert_eq!(below(BASE, "uid", name), None, "{name:?}");
        }
        assert!(below(BASE, "uid", &"x".repeat(MAX_NAME)).is_some());
    }

    #[test]
    fn attributes_are_words_or_object_identifiers() {
        for good in ["uid", "cn", "sAMAccountName", "x-user", "0.9.2342.1"] {
            assert!(is_attribute(good), "{good}");
        }
        for bad in [
            "",
            "uid=x",
            "uid,cn",
            "1",
            "1.",
            ".1",
            "1..2",
            "-a",
            "cn;lang-de",
            "ü",
        ] {
            assert!(!is_attribute(bad), "{bad}");
        }
    }
}
