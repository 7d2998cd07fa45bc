//! Exact conversion to the type of an attribute (spec 4.2, 4.3).
//!
//! JSON from tools and services and values from code go the same way: a value that does not fit
//! its attribute is a problem with a text a person can act on, never stored with a wrong type.
//! All problems of a call are collected.

use octo_ck::graph::{AttributeNode, EnumNode};
use octo_ck::model::ValueType;
use octo_ck::{RtCkId, TypeGraph};
use serde_json::Value as Json;

use super::{Value, instants};
use crate::change::NewBinary;

const SHOWN_CHARACTERS: usize = 100;

/// Values that do not fit their attributes, one line each.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.join("\n"))]
pub struct ValueError(pub Vec<String>);

/// Converts a JSON value to the type of an attribute; `None` for null.
///
/// # Errors
/// Everything in the value that does not fit.
pub fn coerce(
    json: &Json,
    attribute: &AttributeNode,
    graph: &TypeGraph,
) -> Result<Option<Value>, ValueError> {
    let mut coercion = Coercion::new(graph);
    let value = coercion.value(json, &Slot::of(attribute), &attribute.camel_name);
    coercion.finish().map_err(ValueError)?;
    Ok(value)
}

/// What a value is converted for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Slot<'n> {
    pub(crate) value_type: ValueType,
    pub(crate) enum_type: Option<&'n EnumNode>,
    pub(crate) record: Option<&'n RtCkId>,
}

impl<'n> Slot<'n> {
    pub(crate) fn of(attribute: &'n AttributeNode) -> Self {
        Self {
            value_type: attribute.value_type,
            enum_type: attribute.enum_type.as_deref(),
            record: attribute.record.as_ref(),
        }
    }

    /// The same slot for another type, such as that of an element.
    pub(crate) fn of_type(self, value_type: ValueType) -> Self {
        Self { value_type, ..self }
    }
}

/// Converts values and collects problems.
pub(crate) struct Coercion<'g> {
    pub(super) graph: &'g TypeGraph,
    /// Files that come with the change.
    pub(super) binaries: &'g [NewBinary],
    pub(super) problems: Vec<String>,
}

impl<'g> Coercion<'g> {
    pub(crate) fn new(graph: &'g TypeGraph) -> Self {
        Self {
            graph,
            binaries: &[],
            problems: Vec::new(),
        }
    }

    /// Values may refer to these files.
    pub(crate) fn with_binaries(mut self, binaries: &'g [NewBinary]) -> Self {
        self.binaries = binaries;
        self
    }

    /// The problems, when there are any.
    pub(crate) fn finish(self) -> Result<(), Vec<String>> {
        if self.problems.is_empty() {
            Ok(())
        } else {
            Err(self.problems)
        }
    }

    /// Whether everything so far fitted.
    pub(crate) fn is_clean(&self) -> bool {
        self.problems.is_empty()
    }

    /// Adds a problem.
    pub(crate) fn problem(&mut self, text: String) {
        self.problems.push(text);
    }

    /// Converts JSON; `None` for null or after a problem. `at` names the attribute in problems.
    pub(crate) fn value(&mut self, json: &Json, slot: &Slot<'_>, at: &str) -> Option<Value> {
        if json.is_null() {
            return None;
        }
        match slot.value_type {
            ValueType::Record => self.record(json, slot, at).map(Value::Record),
            ValueType::RecordArray => self.record_list(json, slot, at).map(Value::RecordArray),
            ValueType::Enum => self.enum_key(json, slot, at).map(Value::Enum),
            ValueType::BinaryLinked => self.binary_linked(json, at),
            value_type => {
                let value = simple(json, value_type);
                if value.is_none() {
                    self.not_valid(json, value_type, at);
                }
                value
            }
        }
    }

    /// Checks and normalises a value from code; scalars are converted where nothing is lost.
    pub(crate) fn conform(&mut self, value: Value, slot: &Slot<'_>, at: &str) -> Option<Value> {
        match (slot.value_type, value) {
            (ValueType::Record, Value::Record(record)) => {
                self.conform_record(record, slot, at).map(Value::Record)
            }
            (ValueType::RecordArray, Value::RecordArray(records)) => {
                let records: Vec<_> = records
                    .into_iter()
                    .enumerate()
                    .map(|(i, record)| self.conform_record(record, slot, &format!("{at}[{i}]")))
                    .collect();
                records
                    .into_iter()
                    .collect::<Option<_>>()
                    .map(Value::RecordArray)
            }
            // No element tells what an empty list is a list of.
            (ValueType::RecordArray | ValueType::IntArray, Value::StringArray(texts))
                if texts.is_empty() =>
            {
                Some(match slot.value_type {
                    ValueType::IntArray => Value::IntArray(Vec::new()),
                    _ => Value::RecordArray(Vec::new()),
                })
            }
            (ValueType::Enum, Value::Enum(key)) => {
                self.enum_key(&Json::from(key), slot, at).map(Value::Enum)
            }
            (wanted, value) if value.value_type() == wanted => {
                let normal = normalise(value);
                if normal.is_none() {
                    self.problem(format!(
                        "Attribute '{at}' needs a finite number in its range."
                    ));
                }
                normal
            }
            (ValueType::DateTimeOffset, Value::DateTime(instant)) => {
                Some(Value::DateTimeOffset(super::DateTimeOffset {
                    instant: instants::to_ticks(instant),
                    offset_minutes: 0,
                }))
            }
            (wanted, value) => {
                let json = super::stored::encode(&value);
                if is_scalar(&value) {
                    self.value(&json, slot, at)
                } else {
                    self.not_valid(&json, wanted, at);
                    None
                }
            }
        }
    }

    fn enum_key(&mut self, json: &Json, slot: &Slot<'_>, at: &str) -> Option<i32> {
        let Some(node) = slot.enum_type else {
            self.not_valid(json, ValueType::Enum, at);
            return None;
        };
        let key = match json {
            Json::String(text) => named_key(node, text.trim()),
            other => int32(other).filter(|key| is_key(node, *key)),
        };
        if key.is_none() {
            self.problem(format!(
                "Enum value '{}' not found for CkEnumId '{}'. Ensure that the value is defined in the CkEnum.",
                shown(json), node.id
            ));
        }
        key
    }

    pub(crate) fn not_valid(&mut self, json: &Json, value_type: ValueType, at: &str) {
        self.problem(format!(
            "Value '{}' is not valid for attribute '{at}' of type {value_type:?}.",
            shown(json)
        ));
    }
}

/// A JSON value as shown in messages: texts without quotes, long ones cut.
pub(crate) fn shown(json: &Json) -> String {
    let text = match json {
        Json::String(text) => text.clone(),
        other => other.to_string(),
    };
    match text.char_indices().nth(SHOWN_CHARACTERS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

fn simple(json: &Json, value_type: ValueType) -> Option<Value> {
    Some(match value_type {
        ValueType::String => Value::String(text(json)?),
        ValueType::Int => Value::Int(int32(json)?),
        ValueType::Int64 => Value::Int64(int64(json)?),
        ValueType::Double => Value::Double(double(json)?),
        ValueType::Boolean => Value::Boolean(boolean(json)?),
        ValueType::DateTime => {
            let parsed = instants::parse(json.as_str()?)?;
            Value::DateTime(instants::to_milliseconds(parsed.instant))
        }
        ValueType::DateTimeOffset => {
            let mut parsed = instants::parse(json.as_str()?)?;
            parsed.instant = instants::to_ticks(parsed.instant);
            Value::DateTimeOffset(parsed)
        }
        ValueType::TimeSpan => Value::TimeSpan(match json {
            Json::String(text) => instants::parse_time_span(text)?,
            other => int64(other)?,
        }),
        ValueType::StringArray => {
            let items = json.as_array()?.iter();
            Value::StringArray(items.map(text).collect::<Option<_>>()?)
        }
        ValueType::IntArray => match json {
            Json::Array(items) => Value::IntArray(items.iter().map(int32).collect::<Option<_>>()?),
            Json::Number(_) => Value::IntArray(vec![int32(json)?]),
            _ => return None,
        },
        ValueType::Binary => super::composite::binary(json)?,
        ValueType::GeospatialPoint => super::composite::geo_point(json)?,
        ValueType::BinaryLinked | ValueType::Enum | ValueType::Record | ValueType::RecordArray => {
            return None;
        }
    })
}

fn text(json: &Json) -> Option<String> {
    match json {
        Json::String(text) => Some(text.trim().to_owned()),
        Json::Number(number) => Some(number.to_string()),
        Json::Bool(true) => Some("True".to_owned()),
        Json::Bool(false) => Some("False".to_owned()),
        _ => None,
    }
}

fn int32(json: &Json) -> Option<i32> {
    i32::try_from(int64(json)?).ok()
}

fn int64(json: &Json) -> Option<i64> {
    match json {
        Json::String(text) => text.trim().parse().ok(),
        Json::Number(number) => number.as_i64().or_else(|| whole(number.as_f64()?)),
        _ => None,
    }
}

// Clients that know one kind of number write 5 as 5.0.
fn whole(number: f64) -> Option<i64> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    (number.fract() == 0.0 && number.abs() <= EXACT).then_some(number as i64)
}

fn double(json: &Json) -> Option<f64> {
    let number: f64 = match json {
        Json::String(text) => {
            let text = text.trim();
            let is_plain = text
                .bytes()
                .all(|b| b.is_ascii_digit() || b"+-.eE".contains(&b));
            text.parse().ok().filter(|_| is_plain)?
        }
        other => other.as_f64()?,
    };
    number.is_finite().then_some(number)
}

fn boolean(json: &Json) -> Option<bool> {
    match json {
        Json::Bool(flag) => Some(*flag),
        Json::String(text) => match text.trim().to_ascii_lowercase().as_str() {
            "true" => Some(true),
            "false" => Some(false),
            _ => None,
        },
        _ => None,
    }
}

// A name, a key as text, or for flags several of them separated by commas.
fn named_key(node: &EnumNode, text: &str) -> Option<i32> {
    let single = |text: &str| {
        node.key_of(text)
            .or_else(|| text.parse().ok().filter(|key| is_key(node, *key)))
    };
    match single(text) {
        None if node.use_flags && text.contains(',') => text
            .split(',')
            .map(|name| single(name.trim()))
            .try_fold(0, |keys, key| Some(keys | key?)),
        found => found,
    }
}

fn is_key(node: &EnumNode, key: i32) -> bool {
    let is_one = node.values.iter().any(|value| value.key == key);
    let all_flags = || node.values.iter().fold(0, |flags, value| flags | value.key);
    is_one || (node.use_flags && key > 0 && key & !all_flags() == 0)
}

fn is_scalar(value: &Value) -> bool {
    matches!(
        value,
        Value::Int(_) | Value::Int64(_) | Value::Double(_) | Value::Boolean(_) | Value::String(_)
    )
}

fn normalise(value: Value) -> Option<Value> {
    Some(match value {
        Value::String(text) => Value::String(trimmed(text)),
        Value::StringArray(texts) => Value::StringArray(texts.into_iter().map(trimmed).collect()),
        Value::DateTime(instant) => Value::DateTime(instants::to_milliseconds(instant)),
        Value::DateTimeOffset(mut value) => {
            value.instant = instants::to_ticks(value.instant);
            Value::DateTimeOffset(value)
        }
        Value::Double(number) if !number.is_finite() => return None,
        Value::GeospatialPoint(point) if !super::composite::is_on_earth(&point) => return None,
        other => other,
    })
}

fn trimmed(text: String) -> String {
    if text.trim().len() == text.len() {
        text
    } else {
        text.trim().to_owned()
    }
}
