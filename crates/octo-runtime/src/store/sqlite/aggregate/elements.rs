//! The values at a path through all elements of a list.

use octo_ck::model::ValueType;
use serde_json::Value as Json;

use super::columns::{Kind, not_a_number, number_in};
use crate::store::aggregation::accumulator::Number;
use crate::store::{PathIndex, PathStep, StoreError};

/// Calls `add` for each value that is not null: with its number, or with nothing when values are
/// only counted.
pub(super) fn visit(
    list: &[u8],
    rest: &[PathStep],
    kind: Kind,
    only_counts: bool,
    add: &mut dyn FnMut(Option<Number>),
) -> Result<(), StoreError> {
    let list: Json = serde_json::from_slice(list).map_err(|error| StoreError::Corrupt {
        what: "a list".to_owned(),
        message: error.to_string(),
    })?;
    let mut found = Vec::new();
    for element in list.as_array().into_iter().flatten() {
        collect(element, rest, &mut found);
    }
    for value in found {
        if only_counts {
            add(None);
        } else {
            add(Some(number(value, kind)?));
        }
    }
    Ok(())
}

fn collect<'j>(value: &'j Json, rest: &[PathStep], found: &mut Vec<&'j Json>) {
    let Some((step, rest)) = rest.split_first() else {
        if !value.is_null() {
            found.push(value);
        }
        return;
    };
    let Some(inner) = value.get("attributes").and_then(|a| a.get(&step.name)) else {
        return;
    };
    match (step.index, inner) {
        (PathIndex::Whole, inner) => collect(inner, rest, found),
        (PathIndex::At(at), Json::Array(items)) => {
            if let Some(item) = items.get(at) {
                collect(item, rest, found);
            }
        }
        (PathIndex::FromEnd(at), Json::Array(items)) => {
            if let Some(item) = items.len().checked_sub(at).and_then(|at| items.get(at)) {
                collect(item, rest, found);
            }
        }
        (PathIndex::Any, Json::Array(items)) => {
            items.iter().for_each(|item| collect(item, rest, found));
        }
        _ => {}
    }
}

fn number(value: &Json, kind: Kind) -> Result<Number, StoreError> {
    let value = match kind {
        Kind::Attribute(ValueType::DateTimeOffset) => value.get("ticks").unwrap_or(value),
        _ => value,
    };
    match value {
        Json::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(integer), _) => Ok(Number::Integer(integer)),
            (None, Some(double)) => Ok(Number::Double(double)),
            (None, None) => Err(not_a_number(&number.to_string())),
        },
        Json::String(text) => number_in(text),
        other => Err(not_a_number(&other.to_string())),
    }
}
