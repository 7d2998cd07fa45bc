//! Which attributes of an entity are shown (spec 2.14).
//!
//! Names are compared ignoring case. `a.b` shows attribute `a`, and inside its record (or each of
//! its records) only `b`; with both `a` and `a.b` asked for the narrower one counts. `a[0]` shows
//! only that element. Names no attribute has are ignored.

use std::collections::{BTreeMap, BTreeSet};

use crate::error::RuntimeError;
use crate::path::{self, Term, TermIndex};

/// Attribute paths to show; all attributes by default.
#[derive(Debug, Clone, Default)]
pub struct Projection(Level);

/// Attributes of an entity or record; empty shows all.
#[derive(Debug, Clone, Default)]
pub(super) struct Level(BTreeMap<String, Node>);

#[derive(Debug, Clone, Default)]
struct Node {
    elements: Elements,
    inside: Level,
}

/// Elements of a list.
#[derive(Debug, Clone, Default)]
pub(super) enum Elements {
    #[default]
    All,
    Only(BTreeSet<i64>),
}

/// What is shown of one attribute.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry<'p> {
    pub(super) elements: &'p Elements,
    pub(super) inside: &'p Level,
}

impl Projection {
    /// Everything.
    pub fn all() -> Self {
        Self::default()
    }

    /// The attributes at these paths; everything when there are none.
    ///
    /// # Errors
    /// [`RuntimeError::InvalidQuery`] with all texts that are not paths.
    pub fn of<P: AsRef<str>>(paths: impl IntoIterator<Item = P>) -> Result<Self, RuntimeError> {
        let mut projection = Self::default();
        let mut problems = Vec::new();
        for path in paths {
            match path::parse(path.as_ref()) {
                Ok(terms) => projection.0.add(&terms),
                Err(error) => problems.push(error.to_string()),
            }
        }
        if problems.is_empty() {
            Ok(projection)
        } else {
            Err(RuntimeError::InvalidQuery(problems))
        }
    }

    pub(super) fn level(&self) -> &Level {
        &self.0
    }
}

static ALL_ELEMENTS: Elements = Elements::All;
static ALL_ATTRIBUTES: Level = Level(BTreeMap::new());

impl Level {
    fn add(&mut self, terms: &[Term]) {
        let Some((first, rest)) = terms.split_first() else {
            return;
        };
        let name = first.name.to_lowercase();
        let is_new = !self.0.contains_key(&name);
        let node = self.0.entry(name).or_default();
        match first.index {
            Some(TermIndex::At(at)) if is_new => node.elements = Elements::Only([at].into()),
            Some(TermIndex::At(at)) => {
                if let Elements::Only(positions) = &mut node.elements {
                    positions.insert(at);
                }
            }
            Some(TermIndex::Any) | None => node.elements = Elements::All,
        }
        node.inside.add(rest);
    }

    /// What to show of an attribute; `None` for nothing.
    pub(super) fn entry(&self, camel_name: &str) -> Option<Entry<'_>> {
        if self.0.is_empty() {
            return Some(Entry {
                elements: &ALL_ELEMENTS,
                inside: &ALL_ATTRIBUTES,
            });
        }
        let node = self.0.get(&camel_name.to_lowercase())?;
        Some(Entry {
            elements: &node.elements,
            inside: &node.inside,
        })
    }
}

impl Elements {
    /// The shown elements, in order.
    pub(super) fn pick<'e, T>(&'e self, items: &'e [T]) -> impl Iterator<Item = &'e T> {
        let length = i64::try_from(items.len()).unwrap_or(i64::MAX);
        let is_shown = move |at: usize| match self {
            Self::All => true,
            Self::Only(positions) => i64::try_from(at)
                .is_ok_and(|at| positions.contains(&at) || positions.contains(&(at - length))),
        };
        let items = items.iter().enumerate();
        items
            .filter(move |(at, _)| is_shown(*at))
            .map(|(_, item)| item)
    }
}
