//! Which documents are texts, and what of a text is passed on.

use reqwest::header::{CONTENT_TYPE, HeaderMap};

/// Whether the headers of a response announce a text. Without a content type nothing is announced.
pub(super) fn is_text(headers: &HeaderMap) -> bool {
    let content_type = headers.get(CONTENT_TYPE).and_then(|v| v.to_str().ok());
    let essence = content_type.and_then(|value| value.split(';').next());
    let essence = essence.unwrap_or_default().trim().to_ascii_lowercase();
    match essence.split_once('/') {
        Some(("text", _)) => true,
        Some(("application", kind)) => {
            matches!(
                kind,
                "json" | "xml" | "yaml" | "x-yaml" | "markdown" | "toml"
            ) || kind.ends_with("+json")
                || kind.ends_with("+xml")
                || kind.ends_with("+yaml")
        }
        _ => false,
    }
}

/// The text without control characters and without characters that hide or reorder what people see;
/// lines end in `\n`.
pub(super) fn clean(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes).replace("\r\n", "\n");
    text.chars().filter(|c| is_kept(*c)).collect()
}

fn is_kept(c: char) -> bool {
    match c {
        '\n' | '\t' => true,
        // Directions, invisible separators, byte order mark, tags.
        '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{feff}'
        | '\u{e0000}'..='\u{e007f}' => false,
        c => !c.is_control(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use reqwest::header::HeaderValue;

    use super::*;

    #[test]
    fn texts_are_told_by_their_content_type() {
        let announced = |value: &'static str| {
            let value = HeaderValue::from_static(value);
            is_text(&HeaderMap::from_iter([(CONTENT_TYPE, value)]))
        };
        for text in [
            "text/plain; charset=utf-8",
            "Text/HTML",
            "application/ld+json",
        ] {
            assert!(announced(text), "{text}");
        }
        for other in ["application/octet-stream", "image/png", "", "text"] {
            assert!(!announced(other), "{other}");
        }
        assert!(!is_text(&HeaderMap::new()));
    }

    #[test]
    fn what_cannot_be_seen_is_cut() {
        assert_eq!(clean(b"a\r\nb\tc\x1b[31m\x00\x07"), "a\nb\tc[31m");
        assert_eq!(
            clean("a\u{202e}b\u{e0041}\u{85}c\u{feff}".as_bytes()),
            "abc"
        );
        assert_eq!(clean(b"\xffx"), "\u{fffd}x");
    }

    proptest! {
        #[test]
        fn every_text_is_clean_after_the_first_time(bytes in any::<Vec<u8>>()) {
            let once = clean(&bytes);
            prop_assert_eq!(&clean(once.as_bytes()), &once);
            let has_control = once.contains(['\r', '\x1b']);
            prop_assert!(!has_control);
        }
    }
}
