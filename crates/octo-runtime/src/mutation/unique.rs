//! Unique indexes of the model (spec, Construction Kit 4.7).
//!
//! Checked after writing, inside the transaction, so that entities of the same change set see each
//! other. A missing value counts like any other value, as in the original's database.

use octo_ck::TypeGraph;
use octo_ck::graph::TypeNode;
use octo_ck::model::{CkIndex, IndexType};

use crate::attributes::Attributes;
use crate::entity::Entity;
use crate::error::RuntimeError;
use crate::resolve;
use crate::store::{
    Field, Filter, PathIndex, PathStep, StoreQuery, SystemField, Test, WriteTransaction,
};
use crate::value::coerce::shown;
use crate::value::stored::encode;
use crate::value::{Record, Value};

/// Fails when another entity has the same values in a unique index.
pub(crate) fn check(
    transaction: &mut dyn WriteTransaction,
    graph: &TypeGraph,
    entity: &Entity,
) -> Result<(), RuntimeError> {
    let Some(node) = graph.type_node(&entity.ck_type_id) else {
        return Ok(());
    };
    for index in &node.indexes {
        let include_archived = match index.index_type {
            IndexType::Unique => true,
            IndexType::UniqueNotDeleted => false,
            IndexType::None | IndexType::Ascending | IndexType::Text => continue,
        };
        let declaring = declaring_type(graph, node, index);
        let Some(tests) = tests(graph, node, index, entity) else {
            continue;
        };
        let mut query = StoreQuery::of(resolve::scope(declaring));
        query.include_archived = include_archived;
        query.take = Some(2);
        query.filter = Filter::All(
            tests
                .iter()
                .map(|(_, field, test)| Filter::Field(field.clone(), test.clone()))
                .collect(),
        );
        let found = transaction.query(&query)?.items;
        if let Some(other) = found.iter().find(|found| found.rt_id != entity.rt_id) {
            let fields = tests.iter().map(|(path, _, test)| describe(path, test));
            return Err(RuntimeError::Duplicate {
                ck_type: declaring.rt_id.to_string(),
                fields: fields.collect::<Vec<_>>().join(", "),
                existing: other.rt_id,
            });
        }
    }
    Ok(())
}

/// Derived types list the indexes of their bases; the root-most type that has it declared it.
fn declaring_type<'g>(graph: &'g TypeGraph, node: &'g TypeNode, index: &CkIndex) -> &'g TypeNode {
    let bases = node.bases.iter().rev().filter_map(|id| graph.type_node(id));
    bases
        .map(AsRef::as_ref)
        .find(|base: &&TypeNode| base.indexes.contains(index))
        .unwrap_or(node)
}

type FieldTest = (String, Field, Test);

fn tests(
    graph: &TypeGraph,
    node: &TypeNode,
    index: &CkIndex,
    entity: &Entity,
) -> Option<Vec<FieldTest>> {
    let paths = index
        .fields
        .iter()
        .flat_map(|fields| &fields.attribute_paths);
    paths
        .map(|path| {
            let field = resolve::index_field(graph, node, path)?;
            let value = match &field {
                Field::System(system) => system_value(*system, entity),
                Field::Attribute(path) => value_at(&entity.attributes, &path.steps),
            };
            Some((
                path.clone(),
                field,
                value.map_or(Test::IsNull, Test::Equals),
            ))
        })
        .collect()
}

fn system_value(field: SystemField, entity: &Entity) -> Option<Value> {
    match field {
        SystemField::RtId => Some(entity.rt_id.into()),
        SystemField::CkTypeId => Some(Value::String(entity.ck_type_id.to_string())),
        SystemField::Created => Some(Value::DateTime(entity.created)),
        SystemField::Changed => Some(Value::DateTime(entity.changed)),
        SystemField::Archived => entity.archived.map(Value::DateTime),
        SystemField::WellKnownName => entity.well_known_name.clone().map(Value::String),
        SystemField::DisplayName => entity.display_name.clone().map(Value::String),
        SystemField::DisplayDescription => entity.display_description.clone().map(Value::String),
        SystemField::Version => i64::try_from(entity.version).ok().map(Value::Int64),
        SystemField::State => Some(Value::Int64(entity.state as i64)),
    }
}

fn value_at(attributes: &Attributes, steps: &[PathStep]) -> Option<Value> {
    let (first, rest) = steps.split_first()?;
    let value = attributes.get(&first.name)?;
    match (value, first.index) {
        (value, PathIndex::Whole) if rest.is_empty() => Some(value.clone()),
        (Value::Record(record), PathIndex::Whole) => inside(record, rest),
        (Value::RecordArray(records), PathIndex::At(at)) => inside(records.get(at)?, rest),
        (Value::StringArray(texts), PathIndex::At(at)) => texts.get(at).map(Value::from),
        (Value::IntArray(numbers), PathIndex::At(at)) => numbers.get(at).copied().map(Value::Int),
        _ => None,
    }
}

fn inside(record: &Record, steps: &[PathStep]) -> Option<Value> {
    value_at(&record.attributes, steps)
}

fn describe(path: &str, test: &Test) -> String {
    match test {
        Test::Equals(value) => format!("{path} '{}'", shown(&encode(value))),
        _ => format!("no {path}"),
    }
}
