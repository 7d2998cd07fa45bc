//! Single values of an entity by path (spec 3.3).

use std::sync::Arc;

use octo_ck::TypeGraph;
use octo_ck::graph::AttributeNode;
use octo_ck::id::camel_case;
use serde_json::{Value as Json, json};

use super::Writer;
use super::projection::{Elements, Level};
use crate::attributes::Attributes;
use crate::entity::Entity;
use crate::path::{Term, TermIndex};
use crate::value::{Record, Value};

/// The values at a path, as [`EntityDto`](super::EntityDto) writes them; none when the path leads
/// to nothing.
pub(crate) fn values(entity: &Entity, graph: &TypeGraph, terms: &[Term]) -> Vec<Json> {
    if let [Term { name, index: None }] = terms
        && let Some(value) = system_value(entity, &camel_case(name))
    {
        return value.into_iter().collect();
    }
    let node = graph.type_node(&entity.ck_type_id);
    let nodes = node.map_or(&[][..], |node| node.attributes.as_slice());
    let mut found = Vec::new();
    Writer { graph }.follow(&entity.attributes, nodes, terms, &mut found);
    found
}

/// The value of a system field, if it has one; `None` for names that are none.
fn system_value(entity: &Entity, name: &str) -> Option<Option<Json>> {
    let text = |text: &Option<String>| text.as_ref().map(|text| json!(text));
    Some(match name {
        "rtId" => Some(json!(entity.rt_id)),
        "ckTypeId" => Some(json!(entity.ck_type_id)),
        "rtWellKnownName" => text(&entity.well_known_name),
        "rtDisplayName" => text(&entity.display_name),
        "rtDisplayDescription" => text(&entity.display_description),
        "rtVersion" => Some(json!(entity.version)),
        "rtCreationDateTime" => Some(json!(entity.created.to_string())),
        "rtChangedDateTime" => Some(json!(entity.changed.to_string())),
        _ => return None,
    })
}

impl Writer<'_> {
    fn follow(
        &self,
        attributes: &Attributes,
        nodes: &[Arc<AttributeNode>],
        terms: &[Term],
        found: &mut Vec<Json>,
    ) {
        let Some((term, rest)) = terms.split_first() else {
            return;
        };
        let node = nodes
            .iter()
            .find(|node| node.camel_name == term.name || node.camel_name == camel_case(&term.name));
        let Some((node, value)) = node.and_then(|n| Some((n, attributes.get(&n.name)?))) else {
            return;
        };
        if rest.is_empty() {
            let value = self.value(value, node, &elements(term.index), &Level::default());
            match (term.index, value) {
                (Some(_), Json::Array(elements)) => found.extend(elements),
                (_, value) => found.push(value),
            }
            return;
        }
        let elements = elements(term.index);
        let records: Vec<&Record> = match value {
            Value::Record(record) => vec![record],
            Value::RecordArray(records) => elements.pick(records).collect(),
            _ => return,
        };
        for record in records {
            let node = self.graph.record(&record.ck_record_id);
            let nodes = node.map_or(&[][..], |node| node.attributes.as_slice());
            self.follow(&record.attributes, nodes, rest, found);
        }
    }
}

fn elements(index: Option<TermIndex>) -> Elements {
    match index {
        Some(TermIndex::At(at)) => Elements::Only([at].into()),
        Some(TermIndex::Any) | None => Elements::All,
    }
}
