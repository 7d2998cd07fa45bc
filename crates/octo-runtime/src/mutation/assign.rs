//! Assigning JSON values to attribute paths (spec 4.4).

use octo_ck::RtCkId;
use octo_ck::graph::{AttributeNode, RecordNode, TypeNode};
use octo_ck::model::ValueType;
use serde_json::Value as Json;

use crate::attributes::Attributes;
use crate::change::Assignment;
use crate::path::{self, Term, TermIndex};
use crate::value::coerce::{Coercion, Slot};
use crate::value::composite::undefined;
use crate::value::{Record, Value};

/// The parts of an entity that paths can reach.
pub(super) struct Draft<'e> {
    pub(super) attributes: &'e mut Attributes,
    pub(super) well_known_name: &'e mut Option<String>,
}

/// What assignments touched.
#[derive(Default)]
pub(super) struct Touched {
    /// PascalCase names of outermost attributes.
    pub(super) attributes: Vec<String>,
    /// The well-known name.
    pub(super) well_known_name: bool,
}

/// Applies assignments in order; problems go to `coercion`.
pub(super) fn apply(
    draft: &mut Draft<'_>,
    node: &TypeNode,
    graph: &octo_ck::TypeGraph,
    assignments: &[Assignment],
    coercion: &mut Coercion<'_>,
) -> Touched {
    let mut touched = Touched::default();
    for Assignment { path, value } in assignments {
        let terms = match path::parse(path) {
            Ok(terms) => terms,
            Err(error) => {
                coercion.problem(error.to_string());
                continue;
            }
        };
        if is_well_known_name(&terms) {
            set_well_known_name(draft, path, value, coercion);
            touched.well_known_name = true;
            continue;
        }
        let mut assigner = Assigner {
            graph,
            node,
            path,
            coercion,
        };
        if let Some(root) = assigner.assign_root(draft.attributes, &terms, value) {
            touched.attributes.push(root);
        }
    }
    touched
}

fn is_well_known_name(terms: &[Term]) -> bool {
    matches!(terms, [Term { name, index: None }] if name.eq_ignore_ascii_case("rtWellKnownName"))
}

fn set_well_known_name(
    draft: &mut Draft<'_>,
    path: &str,
    value: &Json,
    coercion: &mut Coercion<'_>,
) {
    match value {
        Json::Null => *draft.well_known_name = None,
        Json::String(text) => {
            *draft.well_known_name = Some(text.trim().to_owned()).filter(|name| !name.is_empty());
        }
        other => coercion.not_valid(other, ValueType::String, path),
    }
}

struct Assigner<'a, 'g> {
    graph: &'a octo_ck::TypeGraph,
    node: &'a TypeNode,
    path: &'a str,
    coercion: &'a mut Coercion<'g>,
}

impl Assigner<'_, '_> {
    /// Returns the outermost attribute when it exists.
    fn assign_root(
        &mut self,
        attributes: &mut Attributes,
        terms: &[Term],
        value: &Json,
    ) -> Option<String> {
        let (first, rest) = terms.split_first()?;
        match self.node.attribute(&first.name) {
            Some(attribute) => {
                self.assign(attributes, attribute, first, rest, value);
                Some(attribute.name.clone())
            }
            None if is_system_field(&first.name) => {
                self.not_settable();
                None
            }
            None => {
                let problem =
                    undefined(&first.name, "type", &self.node.rt_id, &self.node.attributes);
                self.coercion.problem(problem);
                None
            }
        }
    }

    fn assign(
        &mut self,
        attributes: &mut Attributes,
        attribute: &AttributeNode,
        term: &Term,
        rest: &[Term],
        value: &Json,
    ) {
        match (term.index, rest) {
            (None, []) => self.replace(attributes, attribute, value),
            (None, rest) => self.inside_record(attributes, attribute, rest, value),
            (Some(index), rest) => {
                self.inside_list(attributes, attribute, index, rest, value);
            }
        }
    }

    fn replace(&mut self, attributes: &mut Attributes, attribute: &AttributeNode, value: &Json) {
        if value.is_null() {
            attributes.remove(&attribute.name);
            return;
        }
        let converted = self.coercion.value(value, &Slot::of(attribute), self.path);
        if let Some(converted) = converted {
            attributes.insert(&attribute.name, converted);
        }
    }

    fn inside_record(
        &mut self,
        attributes: &mut Attributes,
        attribute: &AttributeNode,
        rest: &[Term],
        value: &Json,
    ) {
        let record_id = match attribute.value_type {
            ValueType::Record => attribute.record.as_ref(),
            ValueType::RecordArray => {
                let name = rest.first().map_or("", |term| term.name.as_str());
                self.cannot_get(name);
                return;
            }
            _ => None,
        };
        let Some(record_id) = record_id else {
            self.not_settable();
            return;
        };
        if !attributes.contains(&attribute.name) {
            if value.is_null() {
                return;
            }
            let empty = Record::new(record_id.clone(), Attributes::new());
            attributes.insert(&attribute.name, empty);
        }
        if let Some(Value::Record(record)) = attributes.get_mut(&attribute.name) {
            self.in_record(record, rest, value);
        }
    }

    fn in_record(&mut self, record: &mut Record, terms: &[Term], value: &Json) {
        let Some((first, rest)) = terms.split_first() else {
            return;
        };
        let graph = self.graph;
        let node: Option<&RecordNode> = graph.record(&record.ck_record_id).map(AsRef::as_ref);
        match node.and_then(|node| node.attribute(&first.name)) {
            Some(attribute) => {
                self.assign(&mut record.attributes, attribute, first, rest, value);
            }
            None => {
                let known = node.map_or(&[][..], |node| node.attributes.as_slice());
                let problem = undefined(&first.name, "record", &record.ck_record_id, known);
                self.coercion.problem(problem);
            }
        }
    }

    fn inside_list(
        &mut self,
        attributes: &mut Attributes,
        attribute: &AttributeNode,
        index: TermIndex,
        rest: &[Term],
        value: &Json,
    ) {
        let element_type = match attribute.value_type {
            ValueType::StringArray => ValueType::String,
            ValueType::IntArray => ValueType::Int,
            ValueType::RecordArray => ValueType::Record,
            _ => {
                self.not_a_list(&attribute.name);
                return;
            }
        };
        let Some(list) = attributes.get_mut(&attribute.name) else {
            self.cannot_get(&attribute.name);
            return;
        };
        let slot = Slot::of(attribute).of_type(element_type);
        match list {
            Value::StringArray(items) if rest.is_empty() => {
                if let Some(Value::String(text)) = self.element(value, &slot) {
                    self.each(items, index, |_, item| item.clone_from(&text));
                }
            }
            Value::IntArray(items) if rest.is_empty() => {
                if let Some(Value::Int(number)) = self.element(value, &slot) {
                    self.each(items, index, |_, item| *item = number);
                }
            }
            Value::RecordArray(items) if rest.is_empty() => {
                if let Some(Value::Record(record)) = self.element(value, &slot) {
                    self.each(items, index, |_, item| item.clone_from(&record));
                }
            }
            Value::RecordArray(items) => {
                self.each(items, index, |this, item| this.in_record(item, rest, value));
            }
            _ => self.not_settable(),
        }
    }

    // Elements cannot be null.
    fn element(&mut self, value: &Json, slot: &Slot<'_>) -> Option<Value> {
        if value.is_null() {
            self.coercion.not_valid(value, slot.value_type, self.path);
            return None;
        }
        self.coercion.value(value, slot, self.path)
    }

    fn each<T>(
        &mut self,
        items: &mut [T],
        index: TermIndex,
        mut change: impl FnMut(&mut Self, &mut T),
    ) {
        match index {
            TermIndex::Any => items.iter_mut().for_each(|item| change(self, item)),
            TermIndex::At(at) => {
                let length = i64::try_from(items.len()).unwrap_or(i64::MAX);
                let position = if at < 0 { length + at } else { at };
                let found = usize::try_from(position).ok();
                match found.and_then(|position| items.get_mut(position)) {
                    Some(item) => change(self, item),
                    None => {
                        let owner = self.owner();
                        self.coercion.problem(format!(
                            "Invalid array index '{at}' for runtime type '{owner}'."
                        ));
                    }
                }
            }
        }
    }

    fn owner(&self) -> &RtCkId {
        &self.node.rt_id
    }

    fn not_settable(&mut self) {
        let text = format!(
            "Path '{}' is not settable for runtime type '{}'.",
            self.path,
            self.owner()
        );
        self.coercion.problem(text);
    }

    fn cannot_get(&mut self, name: &str) {
        let text = format!(
            "Cannot get attribute value '{name}' for runtime type '{}'.",
            self.owner()
        );
        self.coercion.problem(text);
    }

    fn not_a_list(&mut self, name: &str) {
        let text = format!(
            "Attribute value '{name}' is not an array for runtime type '{}'.",
            self.owner()
        );
        self.coercion.problem(text);
    }
}

fn is_system_field(name: &str) -> bool {
    const FIELDS: [&str; 9] = [
        "rtId",
        "ckTypeId",
        "rtCreationDateTime",
        "rtChangedDateTime",
        "rtArchivedDateTime",
        "rtDisplayName",
        "rtDisplayDescription",
        "rtVersion",
        "rtState",
    ];
    FIELDS.iter().any(|field| field.eq_ignore_ascii_case(name))
}
