//! Numbers from `System/AutoIncrement` entities (spec, Construction Kit 4.4).

use std::collections::BTreeMap;

use octo_ck::TypeGraph;
use octo_ck::graph::{AttributeNode, TypeNode};
use octo_ck::model::ValueType;

use crate::attributes::Attributes;
use crate::entity::Entity;
use crate::error::RuntimeError;
use crate::resolve;
use crate::store::{EntityPatch, Field, Filter, StoreQuery, SystemField, Test, WriteTransaction};
use crate::value::Value;

const COUNTER: &str = "System/AutoIncrement";

/// The counters a change set uses, by reference.
#[derive(Default)]
pub(super) struct Counters(BTreeMap<String, Counter>);

struct Counter {
    entity: Entity,
    current: i32,
}

impl Counters {
    /// Numbers all attributes of a new entity that name a counter; given values are replaced.
    pub(super) fn number(
        &mut self,
        transaction: &mut dyn WriteTransaction,
        graph: &TypeGraph,
        node: &TypeNode,
        attributes: &mut Attributes,
    ) -> Result<(), RuntimeError> {
        for attribute in &node.attributes {
            if let Some(reference) = &attribute.auto_increment_reference {
                let counter = self.load(transaction, graph, reference)?;
                let value = counter.next(attribute, reference)?;
                attributes.insert(&attribute.name, value);
            }
        }
        Ok(())
    }

    /// Stores the counters that moved.
    pub(super) fn write(
        self,
        transaction: &mut dyn WriteTransaction,
        now: jiff::Timestamp,
    ) -> Result<(), RuntimeError> {
        for counter in self.0.into_values() {
            let Entity { rt_id, version, .. } = counter.entity;
            let mut patch = EntityPatch::touch(rt_id, version.saturating_add(1), now);
            patch.set.insert("CurrentValue", counter.current);
            transaction.patch(&patch)?;
        }
        Ok(())
    }

    fn load(
        &mut self,
        transaction: &mut dyn WriteTransaction,
        graph: &TypeGraph,
        reference: &str,
    ) -> Result<&mut Counter, RuntimeError> {
        if !self.0.contains_key(reference) {
            let counter = find(transaction, graph, reference)?;
            self.0.insert(reference.to_owned(), counter);
        }
        self.0.get_mut(reference).ok_or_else(|| missing(reference))
    }
}

impl Counter {
    fn next(&mut self, attribute: &AttributeNode, reference: &str) -> Result<Value, RuntimeError> {
        let end = self.entity.attributes.i32("End").unwrap_or(i32::MAX);
        let next = self.current.checked_add(1).filter(|next| *next <= end);
        self.current = next.ok_or_else(|| {
            RuntimeError::AutoIncrement(format!(
                "Autoincrement end reached for attribute '{}'",
                self.entity.rt_id
            ))
        })?;
        Ok(match attribute.value_type {
            ValueType::Int => Value::Int(self.current),
            ValueType::Int64 => Value::Int64(i64::from(self.current)),
            ValueType::Double => Value::Double(f64::from(self.current)),
            ValueType::String => {
                let format = self.entity.attributes.str("Format").unwrap_or("{0}");
                let text = formatted(format, self.current).ok_or_else(|| {
                    RuntimeError::AutoIncrement(format!(
                        "Format '{format}' of counter '{reference}' is not supported: use {{0}}, {{0:D6}} or {{0:000000}}."
                    ))
                })?;
                Value::String(text)
            }
            other => {
                return Err(RuntimeError::AutoIncrement(format!(
                    "Attribute '{}' of type {other:?} cannot be numbered by counter '{reference}'.",
                    attribute.name
                )));
            }
        })
    }
}

fn find(
    transaction: &mut dyn WriteTransaction,
    graph: &TypeGraph,
    reference: &str,
) -> Result<Counter, RuntimeError> {
    let mut query = StoreQuery::of(resolve::scope(resolve::find_type(graph, COUNTER)?));
    query.filter = Filter::Field(
        Field::System(SystemField::WellKnownName),
        Test::Equals(reference.into()),
    );
    query.take = Some(1);
    let entity = transaction.query(&query)?.items.pop();
    let entity = entity.ok_or_else(|| missing(reference))?;
    let current = entity.attributes.i32("CurrentValue").unwrap_or(0);
    Ok(Counter { entity, current })
}

fn missing(reference: &str) -> RuntimeError {
    RuntimeError::AutoIncrement(format!(
        "There is no '{COUNTER}' entity with the well-known name '{reference}': create it first."
    ))
}

/// `{0}`, `{0:D<digits>}` and `{0:000}` as in .NET composite formats.
fn formatted(format: &str, number: i32) -> Option<String> {
    let mut text = String::new();
    let mut rest = format;
    while let Some(start) = rest.find(['{', '}']) {
        let (fixed, tail) = rest.split_at(start);
        text.push_str(fixed);
        if let Some(after) = tail.strip_prefix("{{").or_else(|| tail.strip_prefix("}}")) {
            text.push_str(&tail[..1]);
            rest = after;
            continue;
        }
        let (item, after) = tail.strip_prefix('{')?.split_once('}')?;
        let width = match item.split_once(':') {
            None if item == "0" => 0,
            Some(("0", spec)) => width(spec)?,
            _ => return None,
        };
        text.push_str(&format!("{number:0width$}"));
        rest = after;
    }
    text.push_str(rest);
    Some(text)
}

fn width(spec: &str) -> Option<usize> {
    const MAX_WIDTH: usize = 99;
    let is_zeros = !spec.is_empty() && spec.bytes().all(|byte| byte == b'0');
    let width = match spec.strip_prefix(['D', 'd']) {
        Some("") => 0,
        Some(digits) => digits.parse().ok()?,
        None if is_zeros => spec.len(),
        None => return None,
    };
    (width <= MAX_WIDTH).then_some(width)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_follow_dotnet() {
        assert_eq!(formatted("INV-{0:D6}", 42).as_deref(), Some("INV-000042"));
        assert_eq!(formatted("{0}/{0:000}", 7).as_deref(), Some("7/007"));
        assert_eq!(formatted("{{{0}}}", 7).as_deref(), Some("{7}"));
        for bad in ["{", "}", "{1}", "{0:X}", "{0", "{0:D100}", "{0:D-1}"] {
            assert_eq!(formatted(bad, 1), None, "{bad}");
        }
    }
}
