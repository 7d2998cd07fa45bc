//! Which characters names may have (spec, Construction Kit 1.6).

/// Longest name or path accepted; real ones stay far below.
const MAX_NAME: usize = 250;

fn is_word(text: &str, first: impl Fn(u8) -> bool, rest: impl Fn(u8) -> bool) -> bool {
    match text.as_bytes() {
        [head, tail @ ..] => first(*head) && tail.iter().all(|b| rest(*b)),
        [] => false,
    }
}

fn word_byte(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b == b'_'
}

/// Name of a type, attribute, record, enum or role: PascalCase words separated by dots.
pub(crate) fn is_element_name(name: &str) -> bool {
    name.len() <= MAX_NAME
        && name
            .split('.')
            .all(|word| is_word(word, |b| b.is_ascii_uppercase(), word_byte))
}

/// Name of a value that a tenant adds to an enum.
pub(crate) fn is_extension_name(name: &str) -> bool {
    name.len() <= MAX_NAME && is_word(name, |b| b.is_ascii_alphabetic() || b == b'_', word_byte)
}

/// Local name of an attribute or of a navigation: one PascalCase word.
pub(crate) fn is_local_name(name: &str) -> bool {
    name.len() <= MAX_NAME
        && is_word(
            name,
            |b| b.is_ascii_uppercase(),
            |b| b.is_ascii_alphanumeric(),
        )
}

/// Name of a model.
pub(crate) fn is_model_name(name: &str) -> bool {
    name.len() <= MAX_NAME
        && is_word(
            name,
            |b| word_byte(b) || b == b'.',
            |b| word_byte(b) || b == b'.',
        )
}

/// A model id, name and version, as files may spell it.
pub(crate) fn is_model_id(text: &str) -> bool {
    let is_allowed = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'.';
    !text.is_empty() && text.bytes().all(is_allowed)
}

/// Attribute path of a display rule.
pub(crate) fn is_display_path(path: &str) -> bool {
    path.len() <= MAX_NAME
        && path
            .split('.')
            .all(|word| is_word(word, |b| b.is_ascii_alphabetic() || b == b'_', word_byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_the_specification() {
        assert!(is_element_name("Query.FieldFilter") && is_element_name("A_1"));
        assert!(!is_element_name("query") && !is_element_name("A..B") && !is_element_name("Ä"));
        assert!(is_extension_name("_a1") && is_extension_name("red"));
        assert!(!is_extension_name("1a") && !is_extension_name("a b") && !is_extension_name(""));
        assert!(is_local_name("Name1"));
        assert!(!is_local_name("Na_me") && !is_local_name("name") && !is_local_name(""));
        assert!(is_model_name("System.Identity") && is_model_name("a_b"));
        assert!(!is_model_name("A-B") && !is_model_name("${this}") && !is_model_name(""));
        assert!(is_model_id("System.Identity-1.0.0") && !is_model_id("a_b-1") && !is_model_id(""));
        assert!(is_display_path("A.b_1") && !is_display_path("A.") && !is_display_path("1"));
        assert!(!is_local_name(&"A".repeat(MAX_NAME + 1)));
    }
}
