//! YAML and JSON texts as a tree in which every node knows its line.
//!
//! Binding straight to Rust types would stop at the first wrong member and lose how a scalar was
//! written; the language needs both (spec, Construction Kit 2.1). Hostile texts are bounded by
//! [`Limits`]: size, nesting, and number of nodes after aliases are expanded.

mod builder;

use std::sync::Arc;

use crate::diagnostics::Diagnostics;

/// Bounds of one text.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// Size of the text in bytes.
    pub(crate) bytes: usize,
    /// Nested lists and maps.
    pub(crate) depth: usize,
    /// Scalars (long ones counted several times), lists and maps; aliases counted as often as they
    /// are used.
    pub(crate) nodes: usize,
}

/// Enough for models of some ten thousand types.
pub(crate) const LIMITS: Limits = Limits {
    bytes: 32 * 1024 * 1024,
    depth: 64,
    nodes: 2_000_000,
};

/// A value and where it starts.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub(crate) line: u32,
    pub(crate) value: Value,
}

#[derive(Debug, Clone)]
pub(crate) enum Value {
    Scalar(Scalar),
    List(Vec<Node>),
    Map(Vec<(Key, Node)>),
}

/// The text of a scalar and whether it was quoted (or a block), and so certainly a string.
#[derive(Debug, Clone)]
pub(crate) struct Scalar {
    pub(crate) text: String,
    pub(crate) is_quoted: bool,
}

#[derive(Debug, Clone)]
pub(crate) struct Key {
    pub(crate) text: String,
    pub(crate) line: u32,
}

/// What a scalar is before anyone asks for a type (spec 2.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ScalarKind {
    Null,
    Boolean(bool),
    Number,
    String,
}

impl Scalar {
    pub(crate) fn kind(&self) -> ScalarKind {
        let text = self.text.as_str();
        if self.is_quoted {
            ScalarKind::String
        } else if looks_like_number(text) {
            ScalarKind::Number
        } else if text.eq_ignore_ascii_case("true") {
            ScalarKind::Boolean(true)
        } else if text.eq_ignore_ascii_case("false") {
            ScalarKind::Boolean(false)
        } else if matches!(text, "" | "~" | "null" | "Null" | "NULL") {
            ScalarKind::Null
        } else {
            ScalarKind::String
        }
    }
}

impl Node {
    pub(crate) fn is_null(&self) -> bool {
        matches!(&self.value, Value::Scalar(scalar) if scalar.kind() == ScalarKind::Null)
    }

    /// The member of that name, if this is an object that has one.
    pub(crate) fn member(&self, name: &str) -> Option<&Node> {
        let Value::Map(members) = &self.value else {
            return None;
        };
        let found = members.iter().find(|(key, _)| key.text == name);
        found.map(|(_, value)| value)
    }

    /// The items, if this is a list.
    pub(crate) fn items(&self) -> Option<&[Node]> {
        match &self.value {
            Value::List(items) => Some(items),
            _ => None,
        }
    }

    /// The text, if this is a scalar.
    pub(crate) fn scalar(&self) -> Option<&str> {
        match &self.value {
            Value::Scalar(scalar) => Some(&scalar.text),
            _ => None,
        }
    }

    /// What the node is, for messages.
    pub(crate) fn noun(&self) -> &'static str {
        match &self.value {
            Value::List(_) => "a list",
            Value::Map(_) => "an object",
            Value::Scalar(scalar) => match scalar.kind() {
                ScalarKind::Null => "nothing",
                ScalarKind::Boolean(_) => "true or false",
                ScalarKind::Number => "a number",
                ScalarKind::String => "a text",
            },
        }
    }
}

/// Whether the original's number reader accepts the text: signs, thousands separators, an exponent
/// and parentheses are allowed.
fn looks_like_number(text: &str) -> bool {
    let text = text.trim();
    let text = text
        .strip_prefix('(')
        .and_then(|inner| inner.strip_suffix(')'))
        .unwrap_or(text);
    let text = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (text, None),
    };
    let all_digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let is_exponent = |text: &str| all_digits(text.strip_prefix(['-', '+']).unwrap_or(text));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    mantissa.bytes().any(|b| b.is_ascii_digit())
        && !whole.starts_with(',')
        && whole.bytes().all(|b| b.is_ascii_digit() || b == b',')
        && fraction.bytes().all(|b| b.is_ascii_digit())
        && exponent.is_none_or(is_exponent)
}

/// Result of reading a text.
#[derive(Debug)]
pub(crate) enum Parsed {
    /// Its (first) document.
    Document(Node),
    /// Nothing but blanks and comments.
    Empty,
    /// Not readable; the reasons are in the diagnostics.
    Broken,
}

/// Reads a text; problems are reported at `location`.
pub(crate) fn parse(
    text: &str,
    location: &Arc<str>,
    limits: Limits,
    diagnostics: &mut Diagnostics,
) -> Parsed {
    match builder::build(text, location, limits, diagnostics) {
        Some(Some(node)) if !node.is_null() => Parsed::Document(node),
        Some(_) => Parsed::Empty,
        None => Parsed::Broken,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, limits: Limits) -> (Parsed, Diagnostics) {
        let mut diagnostics = Diagnostics::default();
        let parsed = parse(text, &"a.yaml".into(), limits, &mut diagnostics);
        (parsed, diagnostics)
    }

    fn kind(text: &str) -> ScalarKind {
        let scalar = Scalar {
            text: text.to_owned(),
            is_quoted: false,
        };
        scalar.kind()
    }

    #[test]
    fn plain_scalars_have_the_kind_the_language_gives_them() {
        for number in ["1", "-5", "1.0", "1,000", "(5)", "1e3", "2024", "+.5"] {
            assert_eq!(kind(number), ScalarKind::Number, "{number}");
        }
        for text in [
            "1.0.0", "yes", "a", "-", ".", "e3", "1e", "0x10", "NaN", "(", "--1",
        ] {
            assert_eq!(kind(text), ScalarKind::String, "{text}");
        }
        assert_eq!(kind("True"), ScalarKind::Boolean(true));
        assert_eq!(kind("~"), ScalarKind::Null);
    }

    #[test]
    fn nodes_know_their_lines() {
        let (parsed, _) = read("a: 1\nb:\n  - x\n  - y\n", LIMITS);
        let Parsed::Document(Node {
            value: Value::Map(entries),
            ..
        }) = parsed
        else {
            panic!("not a map");
        };
        assert_eq!((entries[1].0.text.as_str(), entries[1].0.line), ("b", 2));
        let Value::List(items) = &entries[1].1.value else {
            panic!("not a list");
        };
        assert_eq!(items[1].line, 4);
    }

    #[test]
    fn empty_texts_are_told_from_broken_ones() {
        assert!(matches!(read("# nothing\n", LIMITS).0, Parsed::Empty));
        assert!(matches!(read("", LIMITS).0, Parsed::Empty));
        assert!(matches!(read("a: [", LIMITS).0, Parsed::Broken));
    }

    #[test]
    fn hostile_texts_are_refused_with_a_reason() {
        let bomb = "a: &a [x,x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c,*c,*c,*c,*c,*c,*c]\n";
        let small = Limits {
            nodes: 5_000,
            ..LIMITS
        };
        let large = format!("a: &a {}\nb: [*a, *a, *a, *a]\n", "x".repeat(100_000));
        let deep = "[".repeat(100_000);
        let cases = [
            (bomb, small, 103, "more than 5000 values"),
            (large.as_str(), small, 103, "more than 5000 values"),
            (deep.as_str(), LIMITS, 103, "more than 64 levels"),
            ("a: 1\na: 2\n", LIMITS, 102, "twice, first in line 1"),
            ("? [a]\n: 1\n", LIMITS, 102, "must be a word"),
            ("a: !x 1\n", LIMITS, 102, "tag '!x'"),
            ("a: &a [*a]\n", LIMITS, 102, ""),
            ("a: b: c\n", LIMITS, 102, "not valid YAML"),
            (
                "\"long\"",
                Limits { bytes: 3, ..LIMITS },
                103,
                "more than 3",
            ),
        ];
        for (text, limits, code, part) in cases {
            let (parsed, diagnostics) = read(text, limits);
            let shown = diagnostics.to_string();
            assert!(matches!(parsed, Parsed::Broken), "{shown}");
            assert_eq!(diagnostics.iter().next().unwrap().code, code, "{shown}");
            assert!(shown.contains(part), "{shown}");
        }
    }
}
