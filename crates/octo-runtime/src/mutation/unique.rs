//! Unique indexes of the model (spec, Construction Kit 4.7).
//!
//! Checked after writing, inside the transaction, so that entities of the same change set see each
//! other. A missing value counts like any other value, as in the original's database.

use std::collections::{BTreeMap, HashSet};

use octo_ck::graph::TypeNode;
use octo_ck::model::{CkIndex, IndexType};
use octo_ck::{RtCkId, TypeGraph};

use crate::attributes::Attributes;
use crate::entity::Entity;
use crate::error::{Duplicate, RuntimeError};
use crate::resolve;
use crate::rt_id::RtId;
use crate::store::{
    Field, Filter, PathIndex, PathStep, StoreQuery, SystemField, Test, TypeScope, WriteTransaction,
};
use crate::value::coerce::shown;
use crate::value::stored::encode;
use crate::value::{Record, Value};

/// Duplicates named in one refusal.
const MAX_NAMED: usize = 100;
/// Up to so many entities are looked up one by one.
const FEW: usize = 16;
/// Values looked up with one question.
const AT_ONCE: usize = 200;

/// An index in the form in which it is checked.
struct Unique {
    declaring: RtCkId,
    scope: TypeScope,
    fields: Vec<(String, Field)>,
    include_archived: bool,
}

/// Fails when other entities have the same values in a unique index.
pub(crate) fn check<'e>(
    transaction: &mut dyn WriteTransaction,
    graph: &TypeGraph,
    entities: impl Iterator<Item = &'e Entity>,
) -> Result<(), RuntimeError> {
    let mut by_type: BTreeMap<&RtCkId, Vec<&Entity>> = BTreeMap::new();
    for entity in entities {
        by_type.entry(&entity.ck_type_id).or_default().push(entity);
    }
    let mut duplicates = Vec::new();
    for (ck_type, entities) in by_type {
        for index in indexes(graph, ck_type) {
            for entity in suspects(transaction, &index, &entities)? {
                if duplicates.len() < MAX_NAMED {
                    duplicates.extend(duplicate(transaction, &index, entity)?);
                }
            }
        }
    }
    if duplicates.is_empty() {
        Ok(())
    } else {
        Err(RuntimeError::Duplicate(duplicates))
    }
}

/// The entities that may have a duplicate. Many are looked up with a few questions; only those that
/// seem to have one need a question of their own.
fn suspects<'e>(
    transaction: &mut dyn WriteTransaction,
    index: &Unique,
    entities: &[&'e Entity],
) -> Result<Vec<&'e Entity>, RuntimeError> {
    let [(_, field)] = index.fields.as_slice() else {
        return Ok(entities.to_vec());
    };
    if entities.len() < FEW {
        return Ok(entities.to_vec());
    }
    let own: HashSet<RtId> = entities.iter().map(|entity| entity.rt_id).collect();
    let mut seen = HashSet::with_capacity(entities.len());
    let mut found = Vec::new();
    for chunk in entities.chunks(AT_ONCE) {
        let mut values = Vec::with_capacity(chunk.len());
        let mut is_repeated = false;
        for entity in chunk {
            match value(field, entity) {
                Some(value) => {
                    is_repeated |= !seen.insert(encode(&value).to_string());
                    values.push(value);
                }
                // Missing values are the same value, too.
                None => is_repeated = true,
            }
        }
        if is_repeated || is_taken(transaction, index, field, values, &own)? {
            found.extend_from_slice(chunk);
        }
    }
    Ok(found)
}

/// Whether entities other than `own` have one of the values.
fn is_taken(
    transaction: &mut dyn WriteTransaction,
    index: &Unique,
    field: &Field,
    values: Vec<Value>,
    own: &HashSet<RtId>,
) -> Result<bool, RuntimeError> {
    let mut query = StoreQuery::of(index.scope.clone());
    query.include_archived = index.include_archived;
    let or_null = false;
    query.filter = Filter::Field(field.clone(), Test::In { values, or_null });
    let found = transaction.find_ids(&query)?;
    Ok(found.iter().any(|id| !own.contains(id)))
}

fn duplicate(
    transaction: &mut dyn WriteTransaction,
    index: &Unique,
    entity: &Entity,
) -> Result<Option<Duplicate>, RuntimeError> {
    let tests: Vec<Test> = index
        .fields
        .iter()
        .map(|(_, field)| value(field, entity).map_or(Test::IsNull, Test::Equals))
        .collect();
    let conditions = index.fields.iter().zip(&tests);
    let mut query = StoreQuery::of(index.scope.clone());
    query.include_archived = index.include_archived;
    query.take = Some(2);
    query.filter = Filter::All(
        conditions
            .clone()
            .map(|((_, field), test)| Filter::Field(field.clone(), test.clone()))
            .collect(),
    );
    let found = transaction.find_ids(&query)?;
    let other = found.into_iter().find(|found| *found != entity.rt_id);
    Ok(other.map(|existing| Duplicate {
        entity: entity.rt_id,
        ck_type: index.declaring.clone(),
        fields: conditions
            .map(|((path, _), test)| describe(path, test))
            .collect::<Vec<_>>()
            .join(", "),
        existing,
    }))
}

fn indexes(graph: &TypeGraph, ck_type: &RtCkId) -> Vec<Unique> {
    let Some(node) = graph.type_node(ck_type) else {
        return Vec::new();
    };
    let indexes = node.indexes.iter();
    indexes
        .filter_map(|index| unique(graph, node, index))
        .collect()
}

fn unique(graph: &TypeGraph, node: &TypeNode, index: &CkIndex) -> Option<Unique> {
    let include_archived = match index.index_type {
        IndexType::Unique => true,
        IndexType::UniqueNotDeleted => false,
        IndexType::None | IndexType::Ascending | IndexType::Text => return None,
    };
    let declaring = declaring_type(graph, node, index);
    let paths = index
        .fields
        .iter()
        .flat_map(|fields| &fields.attribute_paths);
    let fields = paths
        .map(|path| Some((path.clone(), resolve::index_field(graph, node, path)?)))
        .collect::<Option<_>>()?;
    Some(Unique {
        declaring: declaring.rt_id.clone(),
        scope: resolve::scope(declaring),
        fields,
        include_archived,
    })
}

/// Derived types list the indexes of their bases; the root-most type that has it declared it.
fn declaring_type<'g>(graph: &'g TypeGraph, node: &'g TypeNode, index: &CkIndex) -> &'g TypeNode {
    let bases = node.bases.iter().rev().filter_map(|id| graph.type_node(id));
    bases
        .map(AsRef::as_ref)
        .find(|base: &&TypeNode| base.indexes.contains(index))
        .unwrap_or(node)
}

fn value(field: &Field, entity: &Entity) -> Option<Value> {
    match field {
        Field::System(system) => system_value(*system, entity),
        Field::Attribute(path) => value_at(&entity.attributes, &path.steps),
    }
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
