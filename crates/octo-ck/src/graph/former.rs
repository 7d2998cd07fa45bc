//! Types as they were and as they will be, for reading data while it is migrated.
//!
//! While models are exchanged, stored values were written under the types of before, and entities
//! may get types that have other attributes than the ones they come from. A graph that knows both
//! lets every value be read as what it was written as.

use std::collections::HashMap;
use std::sync::Arc;

use super::{AttributeNode, RecordNode, TypeGraph, TypeNode};
use crate::id::RtCkId;

impl TypeGraph {
    /// These types together with those of `former`.
    ///
    /// Types, records, enums and roles that are gone are there as they were. Where both graphs have a type,
    /// it has the attributes of both, and an attribute whose kind of value changed is the former one.
    /// `moves` names types whose entities become entities of another type, in this order: the other
    /// type has their attributes as well.
    #[must_use]
    pub fn with_former(&self, former: &Self, moves: &[(RtCkId, RtCkId)]) -> Self {
        let mut joined = Self {
            models: self.models.clone(),
            types: self.types.clone(),
            records: self.records.clone(),
            enums: self.enums.clone(),
            roles: self.roles.clone(),
        };
        for (id, node) in &former.types {
            join(&mut joined.types, id, node);
        }
        for (id, node) in &former.records {
            join(&mut joined.records, id, node);
        }
        for (id, node) in &former.enums {
            let missing = || Arc::clone(node);
            joined.enums.entry(id.clone()).or_insert_with(missing);
        }
        for (id, node) in &former.roles {
            let missing = || Arc::clone(node);
            joined.roles.entry(id.clone()).or_insert_with(missing);
        }
        for (from, to) in moves {
            if let Some(source) = joined.types.get(from).cloned() {
                move_in(&mut joined.types, &source, to);
            }
        }
        joined
    }
}

/// An owner of attributes, as far as joining needs to know it.
trait Owner: Clone {
    fn attributes(&mut self) -> (&mut Vec<Arc<AttributeNode>>, &mut HashMap<String, usize>);
    /// Takes over what only the former owner has besides attributes.
    fn relations(&mut self, former: &Self);
}

impl Owner for TypeNode {
    fn attributes(&mut self) -> (&mut Vec<Arc<AttributeNode>>, &mut HashMap<String, usize>) {
        (&mut self.attributes, &mut self.attribute_index)
    }

    fn relations(&mut self, former: &Self) {
        add_missing(&mut self.derived, &former.derived);
        add_missing(&mut self.bases, &former.bases);
    }
}

impl Owner for RecordNode {
    fn attributes(&mut self) -> (&mut Vec<Arc<AttributeNode>>, &mut HashMap<String, usize>) {
        (&mut self.attributes, &mut self.attribute_index)
    }

    fn relations(&mut self, former: &Self) {
        add_missing(&mut self.bases, &former.bases);
    }
}

fn join<N: Owner>(nodes: &mut HashMap<RtCkId, Arc<N>>, id: &RtCkId, former: &Arc<N>) {
    let Some(node) = nodes.get_mut(id) else {
        nodes.insert(id.clone(), Arc::clone(former));
        return;
    };
    let mut former = former.as_ref().clone();
    let node = Arc::make_mut(node);
    node.relations(&former);
    let (attributes, index) = node.attributes();
    for before in former.attributes().0.drain(..) {
        match index
            .get(&before.name)
            .and_then(|at| attributes.get_mut(*at))
        {
            None => add(attributes, index, before),
            Some(now) if now.value_type != before.value_type => *now = before,
            Some(_) => {}
        }
    }
}

fn move_in(types: &mut HashMap<RtCkId, Arc<TypeNode>>, source: &TypeNode, to: &RtCkId) {
    let target = types.entry(to.clone()).or_insert_with(|| {
        // A type of a version in between, which neither graph has.
        let mut between = source.clone();
        between.rt_id = to.clone();
        between.derived.clear();
        Arc::new(between)
    });
    let target = Arc::make_mut(target);
    for attribute in &source.attributes {
        if !target.attribute_index.contains_key(&attribute.name) {
            let attribute = Arc::clone(attribute);
            add(
                &mut target.attributes,
                &mut target.attribute_index,
                attribute,
            );
        }
    }
}

fn add(
    attributes: &mut Vec<Arc<AttributeNode>>,
    index: &mut HashMap<String, usize>,
    attribute: Arc<AttributeNode>,
) {
    index.insert(attribute.name.clone(), attributes.len());
    attributes.push(attribute);
}

fn add_missing(ids: &mut Vec<RtCkId>, others: &[RtCkId]) {
    for other in others {
        if !ids.contains(other) {
            ids.push(other.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compiler::{SourceFiles, compile_sources};
    use crate::model::ValueType;

    fn graph(types: &str) -> TypeGraph {
        let files: SourceFiles = [
            (
                "ckModel.yaml",
                "modelId: A-1.0\ndependencies: ['System-[2.0,3.0)']\n",
            ),
            (
                "attributes/a.yaml",
                "attributes:\n- {id: Text, valueType: String}\n- {id: More, valueType: String}\n- {id: Number, valueType: Int}\n",
            ),
            ("types/t.yaml", types),
        ]
        .map(|(path, text)| (path.to_owned(), text.to_owned()))
        .into();
        let system = crate::builtin::system();
        let model = compile_sources(files, std::slice::from_ref(&system))
            .model
            .unwrap();
        TypeGraph::build([system, Arc::new(model)]).unwrap()
    }

    fn declared(id: &str, attributes: &[(&str, &str)]) -> String {
        let mut text =
            format!("- typeId: {id}\n  derivedFromCkTypeId: ${{System}}/Entity\n  attributes:\n");
        for (name, attribute) in attributes {
            text +=
                &format!("  - {{id: '${{this}}/{attribute}', name: {name}, isOptional: true}}\n");
        }
        text
    }

    fn kind(graph: &TypeGraph, ck_type: &str, attribute: &str) -> Option<ValueType> {
        let node = graph.type_node(&ck_type.parse().unwrap())?;
        Some(node.attribute(attribute)?.value_type)
    }

    #[test]
    fn both_graphs_can_be_read() {
        let former = declared("Gone", &[("Old", "Number")])
            + &declared("Kept", &[("X", "Text"), ("Y", "More")]);
        let former = graph(&format!("types:\n{former}"));
        let now = declared("New", &[("Own", "Text")])
            + &declared("Kept", &[("X", "Number"), ("Z", "Text")]);
        let now = graph(&format!("types:\n{now}"));
        let id = |text: &str| text.parse::<RtCkId>().unwrap();
        let moves = [
            (id("A/Gone"), id("A/Between")),
            (id("A/Between"), id("A/New")),
        ];
        let joined = now.with_former(&former, &moves);

        assert_eq!(kind(&joined, "A/Gone", "Old"), Some(ValueType::Int));
        assert_eq!(kind(&joined, "A/Kept", "X"), Some(ValueType::String));
        assert_eq!(kind(&joined, "A/Kept", "Y"), Some(ValueType::String));
        assert_eq!(kind(&joined, "A/Kept", "Z"), Some(ValueType::String));
        assert_eq!(kind(&joined, "A/Between", "Old"), Some(ValueType::Int));
        assert_eq!(kind(&joined, "A/New", "Old"), Some(ValueType::Int));
        assert_eq!(kind(&joined, "A/New", "Own"), Some(ValueType::String));
        let root = joined.type_node(&id("System/Entity")).unwrap();
        assert!(root.derived.contains(&id("A/Gone")) && root.derived.contains(&id("A/New")));
        assert!(
            now.type_node(&id("A/Gone")).is_none(),
            "the graph itself is unchanged"
        );
    }
}
