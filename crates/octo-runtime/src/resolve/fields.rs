//! From attribute paths to fields.

use std::sync::Arc;

use octo_ck::TypeGraph;
use octo_ck::graph::{AttributeNode, RecordNode, TypeNode};
use octo_ck::id::camel_case;
use octo_ck::model::ValueType;

use crate::path::{self, Term, TermIndex};
use crate::store::{Field, FieldPath, PathIndex, PathStep, SystemField};

/// Where a path leads.
pub(super) enum Location<'g> {
    System(SystemField),
    Attribute {
        steps: Vec<PathStep>,
        attribute: &'g AttributeNode,
    },
}

/// Something with attributes.
#[derive(Clone, Copy)]
pub(super) enum Owner<'g> {
    Type(&'g TypeNode),
    Record(&'g RecordNode),
}

impl<'g> Owner<'g> {
    fn attribute(self, name: &str) -> Option<&'g AttributeNode> {
        match self {
            Self::Type(node) => node.attribute(name),
            Self::Record(node) => node.attribute(name),
        }
    }

    fn describe(self) -> String {
        match self {
            Self::Type(node) => format!("type '{}'", node.id),
            Self::Record(node) => format!("record '{}'", node.id),
        }
    }
}

/// Follows a path; system fields exist on types only.
pub(super) fn locate<'g>(
    graph: &'g TypeGraph,
    owner: Owner<'g>,
    path: &str,
) -> Result<Location<'g>, String> {
    let terms = path::parse(path).map_err(|error| error.to_string())?;
    if let (Owner::Type(_), [Term { name, index: None }]) = (owner, terms.as_slice())
        && let Some(field) = system_field(name)
    {
        return Ok(Location::System(field));
    }
    follow(graph, owner, &terms).ok_or_else(|| {
        format!(
            "Attribute path '{path}' does not exist on {}",
            owner.describe()
        )
    })
}

/// The field of a sort key or index: a path to one value per entity.
pub(super) fn sort_key(graph: &TypeGraph, node: &TypeNode, path: &str) -> Result<Field, String> {
    let unknown = || {
        format!(
            "Sort definition contains attribute '{path}', but attribute does not exist on type '{}'",
            node.rt_id
        )
    };
    match locate(graph, Owner::Type(node), path).map_err(|_| unknown())? {
        Location::System(field) => Ok(Field::System(field)),
        Location::Attribute { steps, attribute } => {
            let is_many = steps.iter().any(|step| step.index == PathIndex::Any);
            if is_many || attribute.value_type == ValueType::Record {
                return Err(format!(
                    "Cannot sort by '{path}': it has no single comparable value. Name one field or element, such as 'Items[0].Name'."
                ));
            }
            let value_type = element_type(attribute, &steps);
            Ok(Field::Attribute(FieldPath { steps, value_type }))
        }
    }
}

/// Type of what the last step leads to: of an element when the step picks one.
pub(super) fn element_type(attribute: &AttributeNode, steps: &[PathStep]) -> ValueType {
    let is_whole = steps
        .last()
        .is_none_or(|step| step.index == PathIndex::Whole);
    match attribute.value_type {
        ValueType::StringArray if !is_whole => ValueType::String,
        ValueType::IntArray if !is_whole => ValueType::Int,
        other => other,
    }
}

fn follow<'g>(graph: &'g TypeGraph, mut owner: Owner<'g>, terms: &[Term]) -> Option<Location<'g>> {
    let mut steps = Vec::with_capacity(terms.len());
    let (last, inner) = terms.split_last()?;
    for term in inner {
        let attribute = owner.attribute(&term.name)?;
        let index = match attribute.value_type {
            ValueType::Record if term.index.is_none() => PathIndex::Whole,
            ValueType::RecordArray => position(term.index, PathIndex::Any)?,
            _ => return None,
        };
        steps.push(step(attribute, index));
        owner = Owner::Record(record(graph, attribute)?);
    }
    let attribute = owner.attribute(&last.name)?;
    let index = match attribute.value_type {
        ValueType::StringArray | ValueType::IntArray | ValueType::RecordArray => {
            position(last.index, PathIndex::Whole)?
        }
        _ if last.index.is_none() => PathIndex::Whole,
        _ => return None,
    };
    steps.push(step(attribute, index));
    Some(Location::Attribute { steps, attribute })
}

/// The record of a record attribute.
pub(super) fn record<'g>(
    graph: &'g TypeGraph,
    attribute: &AttributeNode,
) -> Option<&'g Arc<RecordNode>> {
    graph.record(attribute.record.as_ref()?)
}

fn step(attribute: &AttributeNode, index: PathIndex) -> PathStep {
    PathStep {
        name: attribute.camel_name.clone(),
        index,
    }
}

fn position(index: Option<TermIndex>, without: PathIndex) -> Option<PathIndex> {
    match index {
        None => Some(without),
        Some(TermIndex::Any) => Some(PathIndex::Any),
        Some(TermIndex::At(at)) => usize::try_from(at).ok().map(PathIndex::At),
    }
}

fn system_field(name: &str) -> Option<SystemField> {
    Some(match camel_case(name).as_str() {
        "rtId" | "_id" => SystemField::RtId,
        "ckTypeId" => SystemField::CkTypeId,
        "rtCreationDateTime" => SystemField::Created,
        "rtChangedDateTime" => SystemField::Changed,
        "rtArchivedDateTime" => SystemField::Archived,
        "rtWellKnownName" => SystemField::WellKnownName,
        "rtDisplayName" => SystemField::DisplayName,
        "rtDisplayDescription" => SystemField::DisplayDescription,
        "rtVersion" => SystemField::Version,
        "rtState" => SystemField::State,
        _ => return None,
    })
}
