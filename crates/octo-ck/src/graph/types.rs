//! Inheritance phase of types: attributes, bases, inheritors, collection roots, indexes and
//! display rules. Associations follow in their own module.

use indexmap::IndexMap;

use super::build::Build;
use super::definitions::Definitions;
use super::position::Kind;
use super::references::is_root;
use super::{TypeNode, chain, owner, text_indexes};
use crate::id::{CkId, RtCkId};
use crate::model::{CkIndex, CkType};

/// Flattens all types.
pub(super) fn nodes(
    build: &mut Build<'_>,
    definitions: &Definitions<'_>,
) -> IndexMap<RtCkId, TypeNode> {
    let parents: IndexMap<CkId, Option<CkId>> = build
        .elements
        .types
        .iter()
        .map(|(id, element)| (id.clone(), element.derived_from_ck_type_id.clone()))
        .collect();
    let own: IndexMap<CkId, _> = build
        .elements
        .types
        .iter()
        .map(|(id, element)| {
            let assignments = element.attributes.as_deref().unwrap_or_default();
            (id.clone(), definitions.assigned(assignments))
        })
        .collect();
    let chains = chain::bases(build, Kind::Type, &parents);
    let mut nodes = IndexMap::with_capacity(chains.len());
    for (id, bases) in &chains {
        let inherited = bases
            .iter()
            .filter_map(|base| Some((base, own.get(base)?.as_slice())))
            .collect::<Vec<_>>();
        let attributes = owner::flatten(build, Kind::Type, id, &own[id], inherited.into_iter());
        let line: Vec<&CkType> = std::iter::once(id)
            .chain(bases)
            .filter_map(|id| build.elements.types.get(id).copied())
            .collect();
        let node = TypeNode {
            id: id.clone(),
            rt_id: id.to_runtime(),
            description: line[0].description.clone(),
            is_abstract: line[0].is_abstract,
            is_final: line[0].is_final,
            is_collection_root: is_collection_root(bases),
            collection_root: collection_root(id, bases),
            bases: bases.iter().map(CkId::to_runtime).collect(),
            derived: Vec::new(),
            attribute_index: owner::index(&attributes),
            attributes,
            outbound: Vec::new(),
            inbound: Vec::new(),
            indexes: indexes(&line),
            display_name_rule: nearest(&line, |t| t.display_name_rule.as_deref()),
            display_description_rule: nearest(&line, |t| t.display_description_rule.as_deref()),
        };
        nodes.insert(node.rt_id.clone(), node);
    }
    note_inheritors(&mut nodes);
    text_indexes::merge(build, &mut nodes);
    nodes
}

fn is_collection_root(bases: &[CkId]) -> bool {
    matches!(bases, [only] if is_root(only))
}

fn collection_root(id: &CkId, bases: &[CkId]) -> Option<RtCkId> {
    match bases {
        [] => None,
        [_] => Some(id.to_runtime()),
        [.., root, _] => Some(root.to_runtime()),
    }
}

fn indexes(line: &[&CkType]) -> Vec<CkIndex> {
    line.iter()
        .flat_map(|element| element.indexes.iter().flatten().cloned())
        .collect()
}

fn nearest(line: &[&CkType], rule: impl Fn(&CkType) -> Option<&str>) -> Option<String> {
    line.iter()
        .filter_map(|element| rule(element))
        .find(|rule| !rule.trim().is_empty())
        .map(str::to_owned)
}

fn note_inheritors(nodes: &mut IndexMap<RtCkId, TypeNode>) {
    let pairs: Vec<(RtCkId, RtCkId)> = nodes
        .values()
        .flat_map(|node| {
            node.bases
                .iter()
                .map(|base| (base.clone(), node.rt_id.clone()))
        })
        .collect();
    for (base, inheritor) in pairs {
        if let Some(node) = nodes.get_mut(&base) {
            node.derived.push(inheritor);
        }
    }
}
