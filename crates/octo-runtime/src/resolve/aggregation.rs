//! From aggregation queries to what stores understand.

use octo_ck::TypeGraph;
use octo_ck::graph::{AttributeNode, EnumNode, TypeNode};
use octo_ck::model::ValueType;

use super::fields::{self, Location, Owner};
use super::navigation;
use crate::aggregation::{
    AggregationColumn, AggregationQuery, Function, MAX_GROUPS, MAX_SKIPPED_GROUPS,
};
use crate::error::RuntimeError;
use crate::path::Term;
use crate::path::navigation::{Path, PathEnd, read};
use crate::store::{Aggregation, Field, FieldPath, Link, Measure, PathIndex, Source, SystemField};

const MAX_COLUMNS: usize = 100;
const MAX_KEYS: usize = 10;

/// Resolves a query; reports all problems at once.
pub(crate) fn query(
    graph: &TypeGraph,
    query: &AggregationQuery,
) -> Result<Aggregation, RuntimeError> {
    let node = super::find_type(graph, &query.entities.ck_type)?;
    let mut problems = limits(query);
    let mut kept = |result: Result<_, String>| result.map_err(|p| problems.push(p)).ok();
    let keys = query.group_by.iter();
    let group_by = keys
        .filter_map(|path| kept(key(graph, node, path)))
        .collect();
    let mut measures = Vec::with_capacity(query.columns.len());
    for column in &query.columns {
        match measure(graph, node, column) {
            Ok(measure) => measures.push(measure),
            Err(problem) => problems.push(problem),
        }
    }
    let entities = match super::query(graph, &query.entities) {
        Ok(entities) if problems.is_empty() => entities,
        Ok(_) => return Err(RuntimeError::InvalidQuery(problems)),
        Err(RuntimeError::InvalidQuery(more)) => {
            problems.extend(more);
            return Err(RuntimeError::InvalidQuery(problems));
        }
        Err(other) => return Err(other),
    };
    Ok(Aggregation {
        query: entities,
        group_by,
        measures,
        max_groups: query.skip + query.take,
    })
}

/// The enum of each group-by path that leads to one.
pub(crate) fn enums<'g>(
    graph: &'g TypeGraph,
    query: &AggregationQuery,
) -> Vec<Option<&'g EnumNode>> {
    let node = super::find_type(graph, &query.entities.ck_type).ok();
    let enum_of = |path: &String| {
        let attribute = navigation::attribute_at(graph, node?, path)?;
        attribute.enum_type.as_deref()
    };
    query.group_by.iter().map(enum_of).collect()
}

/// What the model suggests for a text attribute.
///
/// # Errors
/// A path that leads to no text, or to several.
pub(crate) fn suggestions(
    graph: &TypeGraph,
    ck_type: &str,
    path: &str,
) -> Result<Vec<String>, RuntimeError> {
    let node = super::find_type(graph, ck_type)?;
    let invalid = |problem: String| RuntimeError::InvalidQuery(vec![problem]);
    key(graph, node, path).map_err(invalid)?;
    match navigation::attribute_at(graph, node, path) {
        Some(attribute) if attribute.value_type == ValueType::String => {
            Ok(attribute.auto_complete_values.clone())
        }
        _ => Err(invalid(format!(
            "'{path}' is not a text attribute: there is nothing to complete."
        ))),
    }
}

fn limits(query: &AggregationQuery) -> Vec<String> {
    let mut problems = Vec::new();
    let mut check = |is_fine: bool, problem: String| {
        if !is_fine {
            problems.push(problem);
        }
    };
    check(
        query.columns.len() <= MAX_COLUMNS,
        format!("An aggregation may have at most {MAX_COLUMNS} columns."),
    );
    check(
        query.group_by.len() <= MAX_KEYS,
        format!("Entities may be grouped by at most {MAX_KEYS} paths."),
    );
    check(
        (1..=MAX_GROUPS).contains(&query.take),
        format!("The number of groups must be between 1 and {MAX_GROUPS}."),
    );
    check(
        query.skip <= MAX_SKIPPED_GROUPS,
        format!(
            "At most {MAX_SKIPPED_GROUPS} groups can be skipped. Filter, or group by fewer paths."
        ),
    );
    problems
}

/// The source of a group's key: one value per entity.
fn key(graph: &TypeGraph, node: &TypeNode, text: &str) -> Result<Source, String> {
    let path = read(text).map_err(|error| error.to_string())?;
    let (mut links, far) = navigation::links(graph, node, &path.hops)?;
    if path.end == PathEnd::Entities {
        return Err(super::no_value_named(text));
    }
    // How many there are at the far ends of the last link is one value, however many there are.
    let followed = match path.end {
        PathEnd::TotalCount | PathEnd::Exists => &path.hops[..path.hops.len().saturating_sub(1)],
        PathEnd::Value(_) | PathEnd::Entities => &path.hops[..],
    };
    if let Some(hop) = navigation::to_many(graph, node, followed) {
        return Err(format!(
            "Cannot group by '{text}': '{}' leads to several entities. Group entities of type '{}' instead, or compute figures of them.",
            hop.navigation, hop.ck_type
        ));
    }
    let source = match &path.end {
        PathEnd::Value(terms) => Source::from(key_field(graph, far, terms, text)?),
        _ => about_link(&path, &mut links, text)?,
    };
    Ok(source.behind(links))
}

/// What a path wants to know about its last link itself.
fn about_link(path: &Path, links: &mut Vec<Link>, text: &str) -> Result<Source, String> {
    match (&path.end, links.pop()) {
        (PathEnd::TotalCount, Some(link)) => Ok(Source::LinkCount(link)),
        (PathEnd::Exists, Some(link)) => Ok(Source::LinkExists(link)),
        _ => Err(super::no_value_named(text)),
    }
}

fn key_field(
    graph: &TypeGraph,
    node: &TypeNode,
    terms: &[Term],
    path: &str,
) -> Result<Field, String> {
    let (steps, attribute) = match fields::locate_terms(graph, Owner::Type(node), terms, path)? {
        Location::System(field) => return Ok(Field::System(field)),
        Location::Attribute { steps, attribute } => (steps, attribute),
    };
    let value_type = fields::element_type(attribute, &steps);
    let is_many = steps.iter().any(|step| step.index == PathIndex::Any);
    if is_many || !is_scalar(value_type) {
        return Err(format!(
            "Cannot group by '{path}': an entity has no single value there. Name one field or element, such as 'Address.City' or 'Items[0].Name'."
        ));
    }
    Ok(Field::Attribute(FieldPath { steps, value_type }))
}

fn is_scalar(value_type: ValueType) -> bool {
    !matches!(
        value_type,
        ValueType::StringArray
            | ValueType::IntArray
            | ValueType::Binary
            | ValueType::BinaryLinked
            | ValueType::Record
            | ValueType::RecordArray
            | ValueType::GeospatialPoint
    )
}

fn measure(
    graph: &TypeGraph,
    node: &TypeNode,
    column: &AggregationColumn,
) -> Result<Measure, String> {
    let function = column.function;
    let Some(path) = &column.path else {
        return match function {
            Function::Count => Ok(Measure::Rows),
            other => Err(format!("Function '{}' needs a path.", other.name())),
        };
    };
    let parsed = read(path).map_err(|error| error.to_string())?;
    let (mut links, far) = navigation::links(graph, node, &parsed.hops)?;
    let source = match &parsed.end {
        PathEnd::Value(terms) => Source::from(measured_field(graph, far, terms, function, path)?),
        end => {
            if *end == PathEnd::Exists {
                check(function, Kind::Other, path, "Boolean")?;
            }
            about_link(&parsed, &mut links, path)?
        }
    };
    Ok(Measure::Of(function, source.behind(links)))
}

fn measured_field(
    graph: &TypeGraph,
    node: &TypeNode,
    terms: &[Term],
    function: Function,
    path: &str,
) -> Result<Field, String> {
    match fields::locate_terms(graph, Owner::Type(node), terms, path)? {
        Location::System(field) => {
            let (kind, named) = match field {
                SystemField::Version => (Kind::Number, "Int64"),
                SystemField::Created | SystemField::Changed | SystemField::Archived => {
                    (Kind::Instant, "DateTime")
                }
                _ => (Kind::Other, "String"),
            };
            check(function, kind, path, named)?;
            Ok(Field::System(field))
        }
        Location::Attribute {
            mut steps,
            attribute,
        } => {
            if function != Function::Count {
                open_numbers(&mut steps, attribute);
            }
            let value_type = fields::element_type(attribute, &steps);
            check(function, kind(value_type), path, &format!("{value_type:?}"))?;
            Ok(Field::Attribute(FieldPath { steps, value_type }))
        }
    }
}

/// Functions of a list of numbers look at its elements.
fn open_numbers(steps: &mut [crate::store::PathStep], attribute: &AttributeNode) {
    if let Some(last) = steps.last_mut()
        && attribute.value_type == ValueType::IntArray
        && last.index == PathIndex::Whole
    {
        last.index = PathIndex::Any;
    }
}

enum Kind {
    Number,
    Instant,
    Other,
}

fn kind(value_type: ValueType) -> Kind {
    match value_type {
        ValueType::Int
        | ValueType::Int64
        | ValueType::Double
        | ValueType::Enum
        | ValueType::TimeSpan => Kind::Number,
        ValueType::DateTime | ValueType::DateTimeOffset => Kind::Instant,
        _ => Kind::Other,
    }
}

fn check(function: Function, kind: Kind, path: &str, value_type: &str) -> Result<(), String> {
    let name = function.name();
    match (function, kind) {
        (Function::Count, _) | (_, Kind::Number) => Ok(()),
        (Function::Minimum | Function::Maximum, Kind::Instant) => Ok(()),
        (_, Kind::Instant) => Err(format!(
            "Function '{name}' needs numbers, but '{path}' is of type {value_type}. Use min, max or count on it."
        )),
        (_, Kind::Other) => Err(format!(
            "Function '{name}' needs numbers, but '{path}' is of type {value_type}. Use count on it."
        )),
    }
}
