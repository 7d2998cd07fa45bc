//! The grammar of attribute paths (spec 3.3): names separated by dots, each with an optional
//! element index, such as `Address.City`, `Items[0].Name`, `Items[*].Name`. Paths over associations
//! begin with [navigations](navigation).

pub mod navigation;

/// Characters a path may have.
const MAX_LENGTH: usize = 1_000;

/// Why a text is not an attribute path.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PathError {
    /// Nothing, or nothing between two dots.
    #[error("Empty paths are not allowed.")]
    Empty,
    /// An index that is none.
    #[error(
        "Invalid path term '{0}'. Ensure that array indices are in square brackets and index is a number or wildcard."
    )]
    Term(String),
    /// Too long to be meant seriously.
    #[error("Attribute paths may have at most {MAX_LENGTH} characters.")]
    TooLong,
    /// Not a navigation.
    #[error(
        "Invalid navigation '{0}'. Write the name of the association, a dot, the type at its far end and '->' with a path, '::totalCount' or '::exists', such as parent.Basic/TreeNode->name."
    )]
    Navigation(String),
    /// Too many associations.
    #[error("A path may lead over at most 5 associations.")]
    TooFar,
}

/// One name of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Term {
    /// Attribute name as written.
    pub name: String,
    /// Which element of a list.
    pub index: Option<TermIndex>,
}

/// Element of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TermIndex {
    /// At this position; negative positions count from the end.
    At(i64),
    /// Every element.
    Any,
}

/// Splits a path into its terms.
///
/// # Errors
/// Empty or too long paths, bad indexes.
pub fn parse(path: &str) -> Result<Vec<Term>, PathError> {
    check_length(path)?;
    path.trim().split('.').map(term).collect()
}

fn check_length(path: &str) -> Result<(), PathError> {
    if path.len() > MAX_LENGTH {
        return Err(PathError::TooLong);
    }
    Ok(())
}

fn term(text: &str) -> Result<Term, PathError> {
    let text = text.trim();
    if text.is_empty() {
        return Err(PathError::Empty);
    }
    let bad = || PathError::Term(text.to_owned());
    let (name, index) = match text.split_once('[') {
        None if text.contains(']') => return Err(bad()),
        None => (text, None),
        Some((name, rest)) => {
            let inner = rest.strip_suffix(']').ok_or_else(bad)?;
            (name, Some(index(inner).ok_or_else(bad)?))
        }
    };
    if name.is_empty() {
        return Err(bad());
    }
    Ok(Term {
        name: name.to_owned(),
        index,
    })
}

fn index(text: &str) -> Option<TermIndex> {
    if text == "*" {
        return Some(TermIndex::Any);
    }
    let digits = text.strip_prefix('-').unwrap_or(text);
    let is_number = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    is_number.then(|| text.parse().ok().map(TermIndex::At))?
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(path: &str) -> Result<Vec<(String, Option<TermIndex>)>, PathError> {
        let terms = parse(path)?.into_iter();
        Ok(terms.map(|term| (term.name, term.index)).collect())
    }

    #[test]
    fn names_and_indexes_are_told_apart() {
        assert_eq!(
            shown("Items[0].Name").unwrap(),
            [
                ("Items".into(), Some(TermIndex::At(0))),
                ("Name".into(), None)
            ]
        );
        assert_eq!(shown("a[*]").unwrap(), [("a".into(), Some(TermIndex::Any))]);
        assert_eq!(shown("a[-1]").unwrap()[0].1, Some(TermIndex::At(-1)));
    }

    #[test]
    fn bad_paths_are_refused() {
        for path in ["", " ", "a.", ".a", "a..b"] {
            assert_eq!(shown(path), Err(PathError::Empty), "{path}");
        }
        for path in [
            "a[", "a]", "a[]", "a[x]", "[0]", "a[0]b", "a[0][1]", "a[+1]", "a[--1]",
        ] {
            assert!(matches!(shown(path), Err(PathError::Term(_))), "{path}");
        }
        assert_eq!(shown(&"a".repeat(1001)), Err(PathError::TooLong));
        assert!(shown("a[99999999999999999999]").is_err());
    }
}
