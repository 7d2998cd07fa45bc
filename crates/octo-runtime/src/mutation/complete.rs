//! Defaults and mandatory attributes (spec, Construction Kit 4.3).

use std::sync::Arc;

use octo_ck::TypeGraph;
use octo_ck::graph::AttributeNode;
use octo_ck::model::ValueType;
use serde_json::Value as Json;

use crate::attributes::Attributes;
use crate::message::Findings;
use crate::value::coerce::{Coercion, Slot};
use crate::value::{Record, Value};

/// Fills in defaults and reports what is still missing.
pub(super) struct Completion<'a, 'g, 't> {
    pub(super) graph: &'g TypeGraph,
    pub(super) coercion: &'a mut Coercion<'g>,
    pub(super) findings: &'a mut Findings<'t>,
    /// Optional attributes get their defaults too; never inside records.
    pub(super) optional_defaults: bool,
}

impl Completion<'_, '_, '_> {
    /// All attributes of a new entity or record; `owner` names it in messages.
    pub(super) fn all(
        &mut self,
        attributes: &mut Attributes,
        nodes: &[Arc<AttributeNode>],
        owner: &str,
    ) {
        for node in nodes {
            self.fill(attributes, node, owner);
            self.inside(attributes, node, owner);
        }
    }

    /// Only reports mandatory attributes of a new entity that have no value and are not among
    /// `named`: with values that were not understood around, filling in would mislead.
    pub(super) fn missing(
        &mut self,
        attributes: &Attributes,
        nodes: &[Arc<AttributeNode>],
        named: &[String],
        owner: &str,
    ) {
        for node in nodes {
            let has_source = default(node).is_some() || node.auto_increment_reference.is_some();
            let is_given = attributes.contains(&node.name) || named.contains(&node.name);
            if !node.is_optional && !has_source && !is_given {
                self.findings.mandatory_missing(&node.name, owner);
            }
        }
    }

    /// The records inside one attribute.
    pub(super) fn inside(
        &mut self,
        attributes: &mut Attributes,
        node: &AttributeNode,
        owner: &str,
    ) {
        match attributes.get_mut(&node.name) {
            Some(Value::Record(record)) => self.record(record, node, owner),
            Some(Value::RecordArray(records)) => {
                records
                    .iter_mut()
                    .for_each(|record| self.record(record, node, owner));
            }
            _ => {}
        }
    }

    fn fill(&mut self, attributes: &mut Attributes, node: &AttributeNode, owner: &str) {
        if attributes.contains(&node.name) {
            return;
        }
        let wants_default = !node.is_optional || self.optional_defaults;
        let default = default(node).filter(|_| wants_default);
        let value = default.and_then(|json| {
            self.coercion
                .value(&json, &Slot::of(node), &node.camel_name)
        });
        match value {
            Some(value) => {
                attributes.insert(&node.name, value);
            }
            None if !node.is_optional && node.auto_increment_reference.is_none() => {
                self.findings.mandatory_missing(&node.name, owner);
            }
            None => {}
        }
    }

    fn record(&mut self, record: &mut Record, node: &AttributeNode, owner: &str) {
        let Some(fields) = self.graph.record(&record.ck_record_id) else {
            self.findings.record_unknown(&record.ck_record_id);
            return;
        };
        let outer = std::mem::replace(&mut self.optional_defaults, false);
        let owner = format!("{owner}/{}", node.name);
        self.all(&mut record.attributes, &fields.attributes, &owner);
        self.optional_defaults = outer;
    }
}

/// The value an attribute has when none is given.
pub(crate) fn default_value(graph: &TypeGraph, node: &AttributeNode) -> Option<Value> {
    let mut coercion = Coercion::new(graph);
    let value = coercion.value(&default(node)?, &Slot::of(node), &node.camel_name);
    coercion.finish().ok().and(value)
}

fn default(node: &AttributeNode) -> Option<Json> {
    let first = node.default_values.first()?;
    Some(match node.value_type {
        ValueType::StringArray | ValueType::IntArray | ValueType::RecordArray => {
            Json::Array(node.default_values.clone())
        }
        _ => first.clone(),
    })
}
