//! Inheritance phase of records.

use indexmap::IndexMap;

use super::build::Build;
use super::definitions::Definitions;
use super::position::Kind;
use super::{RecordNode, chain, owner};
use crate::id::{CkId, RtCkId};

/// Flattens all records.
pub(super) fn nodes(
    build: &mut Build<'_>,
    definitions: &Definitions<'_>,
) -> IndexMap<RtCkId, RecordNode> {
    let parents: IndexMap<CkId, Option<CkId>> = build
        .elements
        .records
        .iter()
        .map(|(id, record)| (id.clone(), record.derived_from_ck_record_id.clone()))
        .collect();
    let own: IndexMap<CkId, _> = build
        .elements
        .records
        .iter()
        .map(|(id, record)| {
            let assignments = record.attributes.as_deref().unwrap_or_default();
            (id.clone(), definitions.assigned(assignments))
        })
        .collect();
    let mut nodes = IndexMap::with_capacity(parents.len());
    for (id, bases) in chain::bases(build, Kind::Record, &parents) {
        let inherited = bases
            .iter()
            .filter_map(|base| Some((base, own.get(base)?.as_slice())))
            .collect::<Vec<_>>();
        let attributes = owner::flatten(build, Kind::Record, &id, &own[&id], inherited.into_iter());
        let element = build.elements.records[&id];
        let node = RecordNode {
            rt_id: id.to_runtime(),
            description: element.description.clone(),
            is_abstract: element.is_abstract,
            is_final: element.is_final,
            bases: bases.iter().map(CkId::to_runtime).collect(),
            attribute_index: owner::index(&attributes),
            attributes,
            id,
        };
        nodes.insert(node.rt_id.clone(), node);
    }
    nodes
}
