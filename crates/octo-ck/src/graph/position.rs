//! Where the parts of a model under construction were written.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use crate::diagnostics::Position;
use crate::id::{CkId, CkModelId};

/// Kind of a model element.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    Type,
    Attribute,
    Record,
    Enum,
    Role,
}

/// A part of an element that has a line of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Part {
    /// The element itself.
    Whole,
    /// The n-th attribute assignment.
    Assignment(usize),
    /// The n-th association.
    Association(usize),
    /// The n-th enum value.
    Value(usize),
    /// The base.
    Base,
    /// The display-name rule.
    NameRule,
    /// The display-description rule.
    DescriptionRule,
}

/// Positions of the elements of one model; elements of other models are located by model id.
#[derive(Debug, Default)]
pub(crate) struct Positions {
    model: Option<(CkModelId, Position)>,
    is_compiled: bool,
    parts: HashMap<(Kind, CkId, Part), Position>,
    repeated: HashMap<(Kind, CkId), Position>,
}

impl Positions {
    /// Positions in the sources of `model`, whose header is at `header`.
    pub(crate) fn of_model(model: CkModelId, header: Position) -> Self {
        Self {
            model: Some((model, header)),
            ..Self::default()
        }
    }

    /// The file of `model`, which is compiled already.
    pub(crate) fn of_compiled(model: CkModelId, file: Position) -> Self {
        Self {
            is_compiled: true,
            ..Self::of_model(model, file)
        }
    }

    /// Notes where a part is. The first definition of an element keeps its place; the place of the
    /// last repetition is kept beside it.
    pub(crate) fn note(&mut self, kind: Kind, id: &CkId, part: Part, position: Position) {
        match self.parts.entry((kind, id.clone(), part)) {
            Entry::Vacant(free) => {
                free.insert(position);
            }
            Entry::Occupied(_) if part == Part::Whole => {
                self.repeated.insert((kind, id.clone()), position);
            }
            Entry::Occupied(_) => {}
        }
    }

    /// Where an element is defined again.
    pub(crate) fn repetition(&self, kind: Kind, id: &CkId) -> Position {
        let known = self.repeated.get(&(kind, id.clone())).cloned();
        known.unwrap_or_else(|| self.find(kind, id, Part::Whole))
    }

    /// Where the part is, as exactly as known.
    pub(crate) fn find(&self, kind: Kind, id: &CkId, part: Part) -> Position {
        let known = |part| self.parts.get(&(kind, id.clone(), part)).cloned();
        known(part)
            .or_else(|| known(Part::Whole))
            .unwrap_or_else(|| self.model(id.model()))
    }

    /// Whether this is the model somebody works on, in whatever form.
    pub(crate) fn is_own(&self, model: &CkModelId) -> bool {
        self.model.as_ref().is_some_and(|(own, _)| own == model)
    }

    /// Whether the sources of the model are at hand.
    pub(crate) fn has_sources(&self, model: &CkModelId) -> bool {
        !self.is_compiled && self.is_own(model)
    }

    /// Where the model is.
    pub(crate) fn model(&self, model: &CkModelId) -> Position {
        match &self.model {
            Some((own, header)) if own == model => header.clone(),
            _ => Position::whole(&model.to_string()),
        }
    }
}
