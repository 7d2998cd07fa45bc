//! Paths over associations: `nav.Type[selector]->path`, `nav.Type::totalCount`,
//! `nav.Type::exists`, and `nav.Type` for the associated entities themselves.

use super::{PathError, Term};

/// Associations one path may follow.
const MAX_HOPS: usize = 5;

/// A path that may lead over associations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Path {
    /// Associations to follow, in order; none for a path inside the entity.
    pub hops: Vec<Hop>,
    /// What is wanted of the entity at the end.
    pub end: PathEnd,
}

/// One association on a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hop {
    /// Navigation name of the association.
    pub navigation: String,
    /// Type at the far end, in any spelling.
    pub ck_type: String,
    /// Which far ends: keys and values.
    pub selectors: Vec<(String, String)>,
}

/// What a path wants of the entity it leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PathEnd {
    /// An attribute or a value inside it.
    Value(Vec<Term>),
    /// How many entities there are.
    TotalCount,
    /// Whether there is any.
    Exists,
    /// The entities themselves.
    Entities,
}

/// Splits a path that may lead over associations.
///
/// # Errors
/// Texts that are not paths.
pub fn read(path: &str) -> Result<Path, PathError> {
    super::check_length(path)?;
    let mut hops = Vec::new();
    let mut rest = path.trim();
    let end = loop {
        if hops.len() > MAX_HOPS {
            return Err(PathError::TooFar);
        }
        let Some((before, marker, behind)) = split_at_marker(rest) else {
            break last(rest, &mut hops)?;
        };
        hops.push(hop(before)?);
        match (marker, behind.trim()) {
            ("->", behind) => rest = behind,
            (_, name) if name.eq_ignore_ascii_case("totalCount") => break PathEnd::TotalCount,
            (_, name) if name.eq_ignore_ascii_case("exists") => break PathEnd::Exists,
            _ => return Err(PathError::Navigation(rest.to_owned())),
        }
    };
    if hops.len() > MAX_HOPS {
        return Err(PathError::TooFar);
    }
    Ok(Path { hops, end })
}

fn last(text: &str, hops: &mut Vec<Hop>) -> Result<PathEnd, PathError> {
    if !text.contains(['/', '=']) {
        return super::parse(text).map(PathEnd::Value);
    }
    hops.push(hop(text)?);
    Ok(PathEnd::Entities)
}

/// The first `->` or `::` outside selectors, with what is around it.
fn split_at_marker(text: &str) -> Option<(&str, &str, &str)> {
    let mut scanner = Scanner::default();
    for (at, character) in text.char_indices() {
        let is_inside = scanner.pass(character);
        let marker = text.get(at..at + 2).filter(|m| matches!(*m, "->" | "::"));
        if let Some(marker) = marker.filter(|_| !is_inside) {
            return Some((&text[..at], marker, &text[at + 2..]));
        }
    }
    None
}

/// Keeps track of brackets and quotes.
#[derive(Default)]
struct Scanner {
    is_selector: bool,
    is_quoted: bool,
}

impl Scanner {
    /// Whether a character belongs to a selector.
    fn pass(&mut self, character: char) -> bool {
        let was_inside = self.is_selector;
        match character {
            '\'' if self.is_selector => self.is_quoted = !self.is_quoted,
            '[' if !self.is_quoted => self.is_selector = true,
            ']' if !self.is_quoted => self.is_selector = false,
            _ => {}
        }
        was_inside || self.is_selector
    }
}

fn hop(text: &str) -> Result<Hop, PathError> {
    let bad = || PathError::Navigation(text.trim().to_owned());
    let (navigation, rest) = text.trim().split_once('.').ok_or_else(bad)?;
    let (ck_type, mut rest) = match rest.find('[') {
        Some(at) => rest.split_at(at),
        None => (rest, ""),
    };
    if navigation.trim().is_empty() || ck_type.trim().is_empty() || navigation.contains('[') {
        return Err(bad());
    }
    let mut selectors = Vec::new();
    while !rest.is_empty() {
        let inner = rest.strip_prefix('[').ok_or_else(bad)?;
        let end = end_of_selector(inner).ok_or_else(bad)?;
        let (key, value) = inner[..end].split_once('=').ok_or_else(bad)?;
        if key.trim().is_empty() {
            return Err(bad());
        }
        selectors.push((key.trim().to_owned(), unquoted(value.trim()).to_owned()));
        rest = inner[end + 1..].trim_start();
    }
    Ok(Hop {
        navigation: navigation.trim().to_owned(),
        ck_type: ck_type.trim().to_owned(),
        selectors,
    })
}

fn end_of_selector(inner: &str) -> Option<usize> {
    let mut scanner = Scanner::default();
    scanner.pass('[');
    inner
        .char_indices()
        .find(|(_, character)| {
            scanner.pass(*character);
            !scanner.is_selector
        })
        .map(|(at, _)| at)
}

fn unquoted(value: &str) -> &str {
    let inner = value.strip_prefix('\'').and_then(|v| v.strip_suffix('\''));
    inner.unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hops(path: &str) -> (Vec<(String, String)>, PathEnd) {
        let path = read(path).unwrap();
        let hops = path.hops.into_iter();
        (hops.map(|h| (h.navigation, h.ck_type)).collect(), path.end)
    }

    fn owned(pairs: [(&str, &str); 2]) -> [(String, String); 2] {
        pairs.map(|(key, value)| (key.to_owned(), value.to_owned()))
    }

    #[test]
    fn navigations_are_told_from_attribute_paths() {
        let (none, end) = hops("Address.City");
        assert!(none.is_empty());
        assert!(matches!(end, PathEnd::Value(terms) if terms.len() == 2));

        let (two, end) = hops("parent.Basic/Tree->parent.basicTree::TotalCount");
        assert_eq!(
            two,
            owned([("parent", "Basic/Tree"), ("parent", "basicTree")])
        );
        assert_eq!(end, PathEnd::TotalCount);

        assert_eq!(hops("children.Basic/Tree::exists").1, PathEnd::Exists);
        assert_eq!(hops("children.Basic/Tree").1, PathEnd::Entities);
    }

    #[test]
    fn selectors_may_hold_anything_between_quotes() {
        let path = read("children.Basic/Tree[name='a]->b.c'][rtId=5]->address.city").unwrap();
        assert_eq!(
            path.hops[0].selectors,
            owned([("name", "a]->b.c"), ("rtId", "5")])
        );
    }

    #[test]
    fn bad_navigations_are_refused() {
        for path in [
            "->name",
            "parent->name",
            "parent.->name",
            "parent.A/B::size",
            "parent.A/B[->name",
            "parent.A/B[x]->name",
            "parent.A/B[=x]->name",
        ] {
            assert!(
                matches!(read(path), Err(PathError::Navigation(_))),
                "{path}"
            );
        }
        assert_eq!(read("parent.A/B->"), Err(PathError::Empty));
        let far = "p.A/B->".repeat(6) + "name";
        assert_eq!(read(&far), Err(PathError::TooFar));
    }
}
