//! Where figures and keys of groups get their values.

use crate::store::filter::{Field, Link};

/// What a measure or a key looks at: a value of the entity, or something about the entities it is
/// associated with.
///
/// As a measure's source a link contributes the values of all its far ends, once for each way that
/// leads there. As a key it stands for one value: that of the far end with the smallest id, null
/// without any.
#[derive(Debug, Clone, PartialEq)]
pub enum Source {
    /// The value of a field.
    Field(Field),
    /// The source of the entities at the far end of a link.
    Linked(Link, Box<Source>),
    /// The number of entities at the far end of a link.
    LinkCount(Link),
    /// Whether there is an entity at the far end of a link.
    LinkExists(Link),
}

impl Source {
    /// This source of the entities at the end of `links`, outermost first.
    #[must_use]
    pub fn behind(self, links: Vec<Link>) -> Self {
        let links = links.into_iter().rev();
        links.fold(self, |inner, link| Self::Linked(link, Box::new(inner)))
    }

    /// The links to follow, outermost first, and what is wanted of the entities at their end.
    pub fn parts(&self) -> (Vec<&Link>, &Self) {
        let mut links = Vec::new();
        let mut source = self;
        while let Self::Linked(link, inner) = source {
            links.push(link);
            source = inner;
        }
        (links, source)
    }
}

impl From<Field> for Source {
    fn from(field: Field) -> Self {
        Self::Field(field)
    }
}
