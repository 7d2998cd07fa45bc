//! One change to one entity: values are converted to the type of their attribute, and only what
//! really differs is written.

use octo_ck::TypeGraph;
use octo_ck::graph::AttributeNode;
use octo_ck::model::ValueType;
use serde_json::Value as Json;

use super::filter;
use super::script::Run;
use crate::attributes::Attributes;
use crate::entity::Entity;
use crate::mutation::binaries;
use crate::store::{EntityPatch, StoreError};
use crate::value::Value;
use crate::value::coerce::{Coercion, Slot};
use crate::value::stored::encode;

/// An attribute and the graph it belongs to.
type Place<'a> = (&'a TypeGraph, &'a AttributeNode);

/// What is to change.
#[derive(Debug, Default)]
pub(super) struct Edit {
    set: Attributes,
    clear: Vec<String>,
    well_known_name: Option<Option<String>>,
}

impl Edit {
    /// Gives an attribute a value, or none.
    pub(super) fn assign(&mut self, name: &str, value: Option<Value>) {
        match value {
            Some(value) => {
                self.set.insert(name, value);
            }
            None => self.clear.push(octo_ck::id::pascal_case(name)),
        }
    }

    /// Gives the entity a well-known name, or none.
    pub(super) fn rename(&mut self, name: Option<String>) {
        self.well_known_name = Some(name);
    }

    fn without_repetitions(mut self, entity: &Entity) -> Self {
        let same = |name: &str, value: &Value| {
            let stored = entity.attributes.get(name);
            stored.is_some_and(|stored| stored == value && encode(stored) == encode(value))
        };
        let set = std::mem::take(&mut self.set).into_iter();
        self.set = set.filter(|(name, value)| !same(name, value)).collect();
        self.clear.retain(|name| entity.attributes.contains(name));
        self.well_known_name
            .take_if(|name| *name == entity.well_known_name);
        self
    }

    fn is_empty(&self) -> bool {
        self.set.is_empty() && self.clear.is_empty() && self.well_known_name.is_none()
    }
}

impl<'a> Run<'a> {
    /// Writes an edit; nothing when the entity is like that already.
    pub(super) fn write(&mut self, entity: &Entity, edit: Edit) -> Result<(), StoreError> {
        let edit = edit.without_repetitions(entity);
        if edit.is_empty() {
            return Ok(());
        }
        self.write_always(entity, edit)
    }

    /// Writes an edit, and be it only that the entity was changed.
    pub(super) fn write_always(&mut self, entity: &Entity, edit: Edit) -> Result<(), StoreError> {
        for name in &edit.clear {
            self.touched.cleared(&entity.ck_type_id, name);
        }
        for (name, _) in edit.set.iter() {
            self.touched.attribute(&entity.ck_type_id, name);
        }
        let version = entity.version.saturating_add(1);
        let mut patch = EntityPatch::touch(entity.rt_id, version, self.now);
        patch.set = edit.set;
        patch.clear = edit.clear;
        patch.well_known_name = edit.well_known_name;
        self.transaction.patch(&patch)?;
        self.drop_files(entity, patch)?;
        self.tally.updated += 1;
        Ok(())
    }

    /// Files go with the last value that refers to them.
    fn drop_files(&mut self, entity: &Entity, patch: EntityPatch) -> Result<(), StoreError> {
        let before = binaries::infos(&entity.attributes);
        if before.is_empty() {
            return Ok(());
        }
        let mut after = entity.attributes.clone();
        for name in &patch.clear {
            after.remove(name);
        }
        after.extend(patch.set);
        let gone = binaries::unreferenced(self.transaction, entity.rt_id, &before, &after)?;
        gone.into_iter()
            .try_for_each(|id| self.transaction.delete_binary(id))
    }

    /// The attribute a value is written to, with the graph it belongs to: that of the new version,
    /// or of the old one when the new one does not have it.
    pub(super) fn attribute(&self, entity: &Entity, name: &str) -> Option<Place<'a>> {
        let of = |graph: &'a TypeGraph| {
            let node = graph.type_node(&entity.ck_type_id)?;
            Some((graph, node.attribute(name)?))
        };
        of(self.graph).or_else(|| of(self.reading))
    }

    /// A value of a script as the attribute holds it.
    pub(super) fn converted(
        &mut self,
        entity: &Entity,
        name: &str,
        json: &Json,
    ) -> Result<Option<Value>, String> {
        if json.is_null() {
            return Ok(None);
        }
        let Some((graph, node)) = self.attribute(entity, name) else {
            return self.unknown(entity, name, plain(json));
        };
        let mut coercion = Coercion::new(graph);
        let value = coercion.value(json, &Slot::of(node), &node.camel_name);
        coercion.finish().map_err(|problems| problems.join(" "))?;
        Ok(value)
    }

    /// A value of another attribute as this one holds it.
    pub(super) fn adopted(
        &mut self,
        entity: &Entity,
        from: Option<&AttributeNode>,
        name: &str,
        value: Value,
    ) -> Result<Option<Value>, String> {
        let Some((graph, node)) = self.attribute(entity, name) else {
            return self.unknown(entity, name, Some(value));
        };
        fitted(graph, node, from, value)
    }

    // Versions in between have attributes that neither of the two has.
    fn unknown(
        &mut self,
        entity: &Entity,
        name: &str,
        value: Option<Value>,
    ) -> Result<Option<Value>, String> {
        let text = format!("type '{}' has no attribute '{name}'", entity.ck_type_id);
        if self.is_direct {
            return Err(text);
        }
        self.warnings
            .add(format!("{text}, the value is kept as it is written"));
        Ok(value)
    }
}

/// A value as an attribute of any type holds it.
pub(super) fn fitted(
    graph: &TypeGraph,
    node: &AttributeNode,
    from: Option<&AttributeNode>,
    value: Value,
) -> Result<Option<Value>, String> {
    let mut coercion = Coercion::new(graph);
    let slot = Slot::of(node);
    let at = &node.camel_name;
    let value = match (&value, node.value_type) {
        _ if value.value_type() == node.value_type => coercion.conform(value, &slot, at),
        (Value::Enum(_) | Value::DateTime(_), ValueType::String) => {
            let text = filter::texts(&value, from).pop();
            text.and_then(|text| coercion.conform(Value::String(text), &slot, at))
        }
        (Value::Enum(_) | Value::TimeSpan(_), _) => coercion.value(&encode(&value), &slot, at),
        _ => coercion.conform(value, &slot, at),
    };
    coercion.finish().map_err(|problems| problems.join(" "))?;
    Ok(value)
}

/// JSON as the value it looks like.
fn plain(json: &Json) -> Option<Value> {
    Some(match json {
        Json::Bool(flag) => Value::Boolean(*flag),
        Json::String(text) => Value::String(text.trim().to_owned()),
        Json::Number(number) => match number.as_i64() {
            Some(int) => i32::try_from(int).map_or(Value::Int64(int), Value::Int),
            None => Value::Double(number.as_f64()?),
        },
        Json::Array(items) => {
            let texts = items.iter().map(|item| Some(item.as_str()?.to_owned()));
            Value::StringArray(texts.collect::<Option<_>>()?)
        }
        Json::Null | Json::Object(_) => return None,
    })
}
