//! Scalars of the YAML form.

use std::fmt::Write as _;

use serde_json::Value;

use crate::document::{Scalar, ScalarKind};

/// Longest key written in front of its colon; readers give up looking for the colon at 1024.
const MAX_PLAIN_KEY: usize = 500;

/// Words that readers of older YAML versions take for booleans.
const OLD_BOOLEANS: [&str; 6] = ["yes", "no", "on", "off", "y", "n"];

/// Writes a key with its colon.
pub(super) fn write_key(out: &mut String, key: &str, indent: usize) {
    if key.len() <= MAX_PLAIN_KEY {
        write_line(out, key);
        out.push(':');
        return;
    }
    out.push_str("? ");
    write_quoted(out, key);
    out.push('\n');
    super::pad(out, indent);
    out.push(':');
}

/// Writes a value that is no list or object with content, and ends the line. `indent` is that of
/// the line it stands in.
pub(super) fn write(out: &mut String, value: &Value, indent: usize) {
    match value {
        Value::String(text) if is_block(text) => return write_block(out, text, indent + 2),
        Value::String(text) => write_line(out, text),
        Value::Array(_) => out.push_str("[]"),
        Value::Object(_) => out.push_str("{}"),
        other => {
            // Writing to a string does not fail.
            let _ = write!(out, "{other}");
        }
    }
    out.push('\n');
}

fn write_line(out: &mut String, text: &str) {
    if is_plain(text) {
        out.push_str(text);
    } else {
        write_quoted(out, text);
    }
}

/// Whether every reader takes the bare text for this very string.
fn is_plain(text: &str) -> bool {
    let scalar = Scalar {
        text: text.to_owned(),
        is_quoted: false,
    };
    let starts_well = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '$' || c == '/');
    let may_be_bare =
        |c: char| !c.is_control() && !is_break(c) && !"#:{}[],&*!|>'\"%@`".contains(c);
    let is_old_boolean = OLD_BOOLEANS.iter().any(|w| w.eq_ignore_ascii_case(text));
    scalar.kind() == ScalarKind::String
        && starts_well
        && !is_old_boolean
        && !text.ends_with(char::is_whitespace)
        && (text.chars().all(may_be_bare) || is_address(text) || is_reference(text))
}

/// `https://…`, where a colon is harmless.
fn is_address(text: &str) -> bool {
    let rest = text.strip_prefix("https://").unwrap_or_default();
    !rest.is_empty()
        && rest
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"/.-_".contains(&b))
}

/// `${System}/Entity` and display rules made of words, where braces are harmless.
fn is_reference(text: &str) -> bool {
    text.starts_with("${")
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "${}/._- ".contains(c))
}

/// Line breaks of older YAML versions, and the byte order mark.
fn is_break(c: char) -> bool {
    matches!(c, '\u{85}' | '\u{2028}' | '\u{2029}' | '\u{feff}')
}

/// Whether a text of several lines can stand as it is, in a literal block.
fn is_block(text: &str) -> bool {
    text.contains('\n')
        && !text.starts_with(char::is_whitespace)
        && !text.contains(|c: char| (c.is_control() && c != '\n') || is_break(c))
}

fn write_block(out: &mut String, text: &str, indent: usize) {
    let lines = text.trim_end_matches('\n');
    out.push_str(match text.len() - lines.len() {
        0 => "|-\n",
        1 => "|\n",
        _ => "|+\n",
    });
    for line in lines.lines() {
        if !line.is_empty() {
            super::pad(out, indent);
            out.push_str(line);
        }
        out.push('\n');
    }
    let kept = (text.len() - lines.len()).saturating_sub(1);
    out.extend(std::iter::repeat_n('\n', kept));
}

fn write_quoted(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        // Writing to a string does not fail.
        let _ = match c {
            '"' | '\\' => write!(out, "\\{c}"),
            '\n' => write!(out, "\\n"),
            '\t' => write!(out, "\\t"),
            '\r' => write!(out, "\\r"),
            c if c.is_control() || is_break(c) => write!(out, "\\u{:04x}", u32::from(c)),
            c => write!(out, "{c}"),
        };
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_bare_only_when_nobody_can_misread_them() {
        for text in [
            "Device",
            "two words",
            "${System}/Entity",
            "https://a.b/c-d.json",
            "a-b/c.d",
        ] {
            assert!(is_plain(text), "{text}");
        }
        for text in [
            "",
            "0",
            "1.0",
            "true",
            "Null",
            "~",
            "yes",
            "Off",
            "a: b",
            "a #b",
            "- a",
            "a ",
            " a",
            "2024-01-01",
            "x\ty",
            "[a]",
            "'a'",
            "é: ü",
            "https://a b:",
            "${a: b}",
            "<<",
            "=",
        ] {
            assert!(!is_plain(text), "{text}");
        }
    }

    #[test]
    fn blocks_keep_their_line_ends() {
        for (text, written) in [
            ("a\nb", "|-\n  a\n  b\n"),
            ("a\n\n b\n", "|\n  a\n\n   b\n"),
            ("a\n\n\n", "|+\n  a\n\n\n"),
            (" a\nb", "\" a\\nb\"\n"),
            ("a\r\nb", "\"a\\r\\nb\"\n"),
        ] {
            let mut out = String::new();
            write(&mut out, &text.into(), 0);
            assert_eq!(out, written, "{text:?}");
        }
    }
}
