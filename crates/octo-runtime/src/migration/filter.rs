//! Filters of migration targets (spec, Construction Kit 10.1), evaluated on entities as read.
//!
//! They may name attributes that only the old or only the new version has, so they are no queries.
//! What operators mean is the same as in queries (spec, Runtime 6.2): `Ne` meets missing values,
//! texts are searched without regard to case, a list meets `Eq` when one of its elements does.

use octo_ck::TypeGraph;
use octo_ck::graph::AttributeNode;
use octo_ck::model::{CkMigrationFilter, FilterOperator, ValueType};
use serde_json::Value as Json;

use crate::entity::Entity;
use crate::value::Value;
use crate::value::coerce::{Coercion, Slot};
use crate::value::stored::encode;

/// Whether an entity meets a filter.
pub(super) fn holds(filter: &CkMigrationFilter, entity: &Entity, reading: &TypeGraph) -> bool {
    let own = filter.attribute.as_deref().is_none_or(|attribute| {
        let found = Found::at(entity, attribute, reading);
        let operator = filter.operator.unwrap_or(FilterOperator::Eq);
        found.meets(operator, filter.value.as_ref(), reading)
    });
    let all = filter.and.as_deref().unwrap_or_default();
    let any = filter.or.as_deref().unwrap_or_default();
    own && all.iter().all(|part| holds(part, entity, reading))
        && (any.is_empty() || any.iter().any(|part| holds(part, entity, reading)))
}

/// Whether the attribute of an entity has a value.
pub(super) fn equals(
    entity: &Entity,
    attribute: &str,
    value: Option<&Json>,
    reading: &TypeGraph,
) -> bool {
    Found::at(entity, attribute, reading).meets(FilterOperator::Eq, value, reading)
}

/// A value as texts a script may call it by: as stored, and by its name when it is of an enum.
pub(super) fn texts(value: &Value, node: Option<&AttributeNode>) -> Vec<String> {
    let plain = |json: Json| match json {
        Json::String(text) => text,
        other => other.to_string(),
    };
    let mut texts = vec![match value {
        Value::Boolean(true) => "True".to_owned(),
        Value::Boolean(false) => "False".to_owned(),
        Value::DateTime(instant) => instant.to_string(),
        other => plain(encode(other)),
    }];
    if let (Value::Enum(key), Some(node)) = (value, node.and_then(|n| n.enum_type.as_ref())) {
        texts.extend(node.name_of(*key).map(str::to_owned));
    }
    texts
}

/// What an attribute path leads to.
struct Found<'e> {
    value: Option<Value>,
    node: Option<&'e AttributeNode>,
}

impl<'e> Found<'e> {
    fn at(entity: &Entity, path: &str, reading: &'e TypeGraph) -> Self {
        if let Some(value) = system_value(entity, path) {
            return Self { value, node: None };
        }
        let (first, rest) = path.split_once('.').unwrap_or((path, ""));
        let owner = reading.type_node(&entity.ck_type_id);
        let mut found = Self {
            value: entity.attributes.get(first).cloned(),
            node: owner.and_then(|owner| owner.attribute(first)),
        };
        for name in rest.split('.').filter(|name| !name.is_empty()) {
            let Some(Value::Record(record)) = found.value else {
                return Self {
                    value: None,
                    node: None,
                };
            };
            let owner = reading.record(&record.ck_record_id);
            found = Self {
                value: record.attributes.get(name).cloned(),
                node: owner.and_then(|owner| owner.attribute(name)),
            };
        }
        found
    }

    fn meets(&self, operator: FilterOperator, wanted: Option<&Json>, reading: &TypeGraph) -> bool {
        let wanted = wanted.filter(|wanted| !wanted.is_null());
        match operator {
            FilterOperator::Exists => self.value.is_some(),
            FilterOperator::NotExists => self.value.is_none(),
            FilterOperator::Eq => self.is(wanted, reading),
            FilterOperator::Ne => !self.is(wanted, reading),
            FilterOperator::Contains => self.text(wanted, |text, part| text.contains(part)),
            FilterOperator::StartsWith => self.text(wanted, |text, part| text.starts_with(part)),
        }
    }

    fn is(&self, wanted: Option<&Json>, reading: &TypeGraph) -> bool {
        let (Some(value), Some(wanted)) = (&self.value, wanted) else {
            return self.value.is_none() && wanted.is_none();
        };
        let typed = self.node.and_then(|node| {
            let element = match node.value_type {
                ValueType::StringArray if !wanted.is_array() => ValueType::String,
                ValueType::IntArray if !wanted.is_array() => ValueType::Int,
                other => other,
            };
            let mut coercion = Coercion::new(reading);
            coercion.value(wanted, &Slot::of(node).of_type(element), "")
        });
        match (value, &typed) {
            (value, Some(typed)) if value == typed => true,
            (Value::StringArray(items), Some(Value::String(text))) => items.contains(text),
            (Value::IntArray(items), Some(Value::Int(number))) => items.contains(number),
            (_, Some(_)) => false,
            (value, None) => {
                let wanted = plain(wanted);
                let texts = texts(value, self.node);
                texts.iter().any(|text| text.eq_ignore_ascii_case(&wanted))
            }
        }
    }

    fn text(&self, wanted: Option<&Json>, test: impl Fn(&str, &str) -> bool) -> bool {
        let part = wanted.map(plain).unwrap_or_default().to_lowercase();
        match &self.value {
            Some(Value::StringArray(items)) => {
                items.iter().any(|item| test(&item.to_lowercase(), &part))
            }
            Some(Value::String(text)) => test(&text.to_lowercase(), &part),
            _ => false,
        }
    }
}

fn plain(json: &Json) -> String {
    match json {
        Json::String(text) => text.trim().to_owned(),
        other => other.to_string(),
    }
}

fn system_value(entity: &Entity, path: &str) -> Option<Option<Value>> {
    let text = |text: &Option<String>| text.clone().map(Value::String);
    Some(match octo_ck::id::camel_case(path).as_str() {
        "rtId" => Some(entity.rt_id.into()),
        "ckTypeId" => Some(Value::String(entity.ck_type_id.to_string())),
        "rtWellKnownName" => text(&entity.well_known_name),
        "rtDisplayName" => text(&entity.display_name),
        "rtDisplayDescription" => text(&entity.display_description),
        "rtState" => Some(Value::Int(entity.state as i32)),
        _ => return None,
    })
}
