//! From attribute paths to fields.

use std::sync::Arc;

use octo_ck::graph::{AttributeNode, RecordNode, TypeNode};
use octo_ck::id::camel_case;
use octo_ck::model::ValueType;
use octo_ck::{TypeGraph, suggest};

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
    pub(super) fn attribute(self, name: &str) -> Option<&'g AttributeNode> {
        match self {
            Self::Type(node) => node.attribute(name),
            Self::Record(node) => node.attribute(name),
        }
    }

    fn names(self) -> Vec<&'g str> {
        let (attributes, system) = match self {
            Self::Type(node) => (&node.attributes, &SYSTEM_NAMES[..]),
            Self::Record(node) => (&node.attributes, &[][..]),
        };
        let names = attributes.iter().map(|a| a.camel_name.as_str());
        names.chain(system.iter().copied()).collect()
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
    locate_terms(graph, owner, &terms, path)
}

/// As [`locate`], for a path that was split already.
pub(super) fn locate_terms<'g>(
    graph: &'g TypeGraph,
    owner: Owner<'g>,
    terms: &[Term],
    path: &str,
) -> Result<Location<'g>, String> {
    if let (Owner::Type(_), [Term { name, index: None }]) = (owner, terms)
        && let Some(field) = system_field(name)
    {
        return Ok(Location::System(field));
    }
    follow(graph, owner, terms).ok_or_else(|| {
        format!(
            "Attribute path '{path}' does not exist on {}{}",
            owner.describe(),
            similar(graph, owner, terms)
        )
    })
}

/// `". Did you mean '…'?"` with paths that differ in the first name that does not exist.
fn similar<'g>(graph: &'g TypeGraph, mut owner: Owner<'g>, terms: &[Term]) -> String {
    let mut known = String::new();
    for term in terms {
        match owner.attribute(&term.name) {
            None => {
                let names = owner.names();
                let nearest = suggest::nearest(&term.name, names.iter().copied(), 3);
                let paths: Vec<_> = nearest
                    .iter()
                    .map(|name| format!("{known}{name}"))
                    .collect();
                let question = suggest::question(&paths);
                return if question.is_empty() {
                    question
                } else {
                    format!(".{question}")
                };
            }
            Some(attribute) => {
                known.push_str(&attribute.camel_name);
                match term.index {
                    Some(TermIndex::At(at)) => known.push_str(&format!("[{at}]")),
                    Some(TermIndex::Any) => known.push_str("[*]"),
                    None => {}
                }
                known.push('.');
                match record(graph, attribute) {
                    Some(record) => owner = Owner::Record(record),
                    None => return String::new(),
                }
            }
        }
    }
    String::new()
}

/// The field of an index: a path to one value per entity.
pub(super) fn single(graph: &TypeGraph, node: &TypeNode, path: &str) -> Option<Field> {
    let field = comparable(locate(graph, Owner::Type(node), path).ok()?)?;
    let is_single = match &field {
        Field::System(_) => true,
        Field::Attribute(path) => path.steps.iter().all(|s| s.index != PathIndex::Any),
    };
    is_single.then_some(field)
}

/// The field at a location, when its values can be compared.
pub(super) fn comparable(location: Location<'_>) -> Option<Field> {
    match location {
        Location::System(field) => Some(Field::System(field)),
        Location::Attribute { steps, attribute } => {
            let value_type = element_type(attribute, &steps);
            let is_composite = matches!(
                value_type,
                ValueType::Record
                    | ValueType::RecordArray
                    | ValueType::BinaryLinked
                    | ValueType::GeospatialPoint
            );
            (!is_composite).then_some(Field::Attribute(FieldPath { steps, value_type }))
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
        Some(TermIndex::At(at)) => match usize::try_from(at) {
            Ok(at) => Some(PathIndex::At(at)),
            Err(_negative) => usize::try_from(at.checked_neg()?)
                .ok()
                .map(PathIndex::FromEnd),
        },
    }
}

/// System fields in suggestions.
const SYSTEM_NAMES: [&str; 10] = [
    "rtId",
    "ckTypeId",
    "rtCreationDateTime",
    "rtChangedDateTime",
    "rtArchivedDateTime",
    "rtWellKnownName",
    "rtDisplayName",
    "rtDisplayDescription",
    "rtVersion",
    "rtState",
];

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
