//! From compiled models to a graph.
//!
//! The phases follow the original: elements (names, duplicates), references, inheritance with
//! associations and display rules. Each phase reports everything it finds; a graph is returned
//! only when there was no error.

use std::collections::HashMap;
use std::sync::Arc;

use super::definitions::{self, Definitions};
use super::elements::{self, Elements};
use super::position::Positions;
use super::{TypeGraph, associations, display, lints, nesting, records, references, types};
use crate::dependencies;
use crate::diagnostics::{Code, Diagnostics, Position};
use crate::id::CkId;
use crate::model::CompiledModel;

/// Flattened attributes and associations a graph may hold in total. The largest real tenants stay
/// below a hundredth of it.
const MAX_FLATTENED: usize = 2_000_000;

/// What the phases share.
pub(super) struct Build<'m> {
    pub(super) elements: &'m Elements<'m>,
    pub(super) positions: &'m Positions,
    pub(super) diagnostics: Diagnostics,
    flattened: usize,
    is_full: bool,
}

impl Build<'_> {
    /// The number of a mistake in the model of `id`: some have one in sources and another in
    /// compiled models.
    pub(super) fn by_form(&self, id: &CkId, in_sources: Code, compiled: Code) -> Code {
        if self.positions.has_sources(id.model()) {
            in_sources
        } else {
            compiled
        }
    }

    /// Counts entries about to be copied to an inheritor; false when the graph would be too large.
    pub(super) fn reserve(&mut self, entries: usize) -> bool {
        self.flattened += entries;
        if self.flattened > MAX_FLATTENED && !self.is_full {
            self.is_full = true;
            self.diagnostics.report(
                Code::LimitExceeded,
                &Position::whole("type graph"),
                format!(
                    "The models inherit more than {MAX_FLATTENED} attributes and associations in total: \
                     install fewer models, or flatten the inheritance."
                ),
            );
        }
        !self.is_full
    }
}

/// Builds the graph of `models`; `positions` locates findings of a model under construction.
pub(crate) fn build(
    mut models: Vec<Arc<CompiledModel>>,
    positions: &Positions,
) -> (Option<TypeGraph>, Diagnostics) {
    let mut diagnostics = Diagnostics::default();
    if let Err(problems) = dependencies::load_order(models.iter().cloned()) {
        diagnostics.append(problems);
    }
    models.sort_by(|a, b| a.model_id.cmp(&b.model_id));
    models.dedup_by(|a, b| a.model_id.name() == b.model_id.name());
    let graph = {
        let elements = Elements::collect(&models, positions, &mut diagnostics);
        let mut build = Build {
            elements: &elements,
            positions,
            diagnostics,
            flattened: 0,
            is_full: false,
        };
        elements::check(&mut build);
        references::check(&mut build);
        let graph = resolve(&mut build);
        diagnostics = build.diagnostics;
        graph
    };
    if diagnostics.has_errors() {
        return (None, diagnostics);
    }
    (Some(TypeGraph { models, ..graph }), diagnostics)
}

fn resolve(build: &mut Build<'_>) -> TypeGraph {
    let enums = definitions::enum_nodes(build.elements);
    let definitions = Definitions::new(build.elements, &enums);
    let records = records::nodes(build, &definitions);
    let roles = definitions::role_nodes(build.elements, &definitions);
    let mut types = types::nodes(build, &definitions);
    associations::attach(build, &roles, &mut types);
    display::check(build, &types, &records);
    lints::check(build, &types, &records);
    nesting::check(build, &records);
    TypeGraph {
        models: Vec::new(),
        types: share(types),
        records: share(records),
        enums,
        roles,
    }
}

fn share<K: std::hash::Hash + Eq, N>(
    nodes: impl IntoIterator<Item = (K, N)>,
) -> HashMap<K, Arc<N>> {
    nodes
        .into_iter()
        .map(|(id, node)| (id, Arc::new(node)))
        .collect()
}
