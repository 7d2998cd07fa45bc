//! Inheritance chains of types and records: they end, and they are not absurdly deep.

use std::collections::HashSet;

use indexmap::IndexMap;

use super::build::Build;
use super::position::{Kind, Part};
use crate::diagnostics::Code;
use crate::id::CkId;

/// Deepest inheritance accepted; real models use less than ten levels.
const MAX_DEPTH: usize = 64;

/// The bases of each element, nearest first. Elements whose chain is broken (reported where
/// it breaks, and here for everything above), circular or too deep are left out.
pub(super) fn bases(
    build: &mut Build<'_>,
    kind: Kind,
    parents: &IndexMap<CkId, Option<CkId>>,
) -> IndexMap<CkId, Vec<CkId>> {
    let mut found = IndexMap::with_capacity(parents.len());
    for id in parents.keys() {
        match walk(parents, id) {
            Chain::Complete(bases) => {
                found.insert(id.clone(), bases);
            }
            Chain::Broken(Some((last, missing))) if last != *id => {
                let at = build.positions.find(kind, id, Part::Base);
                let code = match kind {
                    Kind::Record => Code::UnknownRecordInChain,
                    _ => Code::UnknownTypeInChain,
                };
                let text = format!(
                    "The {} '{id}' derives from '{last}', whose base '{missing}' does not exist: correct the base of '{last}'.",
                    kind.noun()
                );
                build.diagnostics.report(code, &at, text);
            }
            Chain::Broken(_) => {}
            Chain::Circle(path) => {
                let at = build.positions.find(kind, id, Part::Base);
                let names: Vec<String> = path.iter().map(CkId::to_string).collect();
                build.diagnostics.report(
                    Code::InheritanceCycle,
                    &at,
                    format!(
                        "The {} '{id}' derives from itself ({}): change one of these bases.",
                        kind.noun(),
                        names.join(" → ")
                    ),
                );
            }
            Chain::TooDeep => {
                let at = build.positions.find(kind, id, Part::Base);
                build.diagnostics.report(
                    Code::LimitExceeded,
                    &at,
                    format!(
                        "The {} '{id}' has more than {MAX_DEPTH} bases: flatten the inheritance.",
                        kind.noun()
                    ),
                );
            }
        }
    }
    found
}

enum Chain {
    Complete(Vec<CkId>),
    /// Ends in an unknown element, named after the one that derives from it; or leads into a
    /// circle reported elsewhere.
    Broken(Option<(CkId, CkId)>),
    Circle(Vec<CkId>),
    TooDeep,
}

fn walk(parents: &IndexMap<CkId, Option<CkId>>, start: &CkId) -> Chain {
    let mut bases = Vec::new();
    let mut seen = HashSet::from([start]);
    let mut current = start;
    loop {
        match parents.get(current) {
            None => {
                let last = bases.iter().rev().nth(1).unwrap_or(start).clone();
                return Chain::Broken(Some((last, current.clone())));
            }
            Some(None) => return Chain::Complete(bases),
            Some(Some(base)) if base == start => {
                bases.insert(0, start.clone());
                bases.push(start.clone());
                return Chain::Circle(bases);
            }
            Some(Some(base)) if !seen.insert(base) => return Chain::Broken(None),
            Some(Some(base)) if bases.len() < MAX_DEPTH => {
                bases.push(base.clone());
                current = base;
            }
            Some(Some(_)) => return Chain::TooDeep,
        }
    }
}
