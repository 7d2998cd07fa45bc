//! From searches to filters (spec 6.9).

use octo_ck::TypeGraph;
use octo_ck::graph::TypeNode;
use octo_ck::model::{IndexType, ValueType};

use super::fields::{self, Location, Owner};
use crate::criteria::{Criteria, Operand, Operator};
use crate::query::{AttributeSearch, Near, TextQuery};
use crate::store::{Distance, Field, FieldPath, Filter, PathIndex, TextField, TextSearch};
use crate::value::Value;

const DEFAULT_LANGUAGE: &str = "en";
const MAX_SEARCH_LENGTH: usize = 1_000;
const MAX_SEARCH_PATHS: usize = 100;

/// A search in the text index of the type's collection.
pub(super) fn text(
    graph: &TypeGraph,
    node: &TypeNode,
    query: &TextQuery,
) -> Result<TextSearch, String> {
    check_length(&query.text)?;
    if !crate::text::Words::of(&query.text, DEFAULT_LANGUAGE).asks_for_something() {
        return Err("A text search needs at least one word.".to_owned());
    }
    let root = node
        .collection_root
        .as_ref()
        .and_then(|id| graph.type_node(id));
    let index = root
        .into_iter()
        .flat_map(|root| &root.indexes)
        .find(|index| index.index_type == IndexType::Text)
        .ok_or_else(|| {
            format!(
                "Type '{}' has no text index to search in. Use attributeSearch or a filter with Contains.",
                node.rt_id
            )
        })?;
    let mut fields = Vec::new();
    for part in &index.fields {
        for path in &part.attribute_paths {
            fields.extend(text_field(graph, node, path).map(|field| TextField {
                field,
                weight: f64::from(part.weight.unwrap_or(1).max(1)),
            }));
        }
    }
    let of_index = index.language.as_deref().unwrap_or(DEFAULT_LANGUAGE);
    Ok(TextSearch {
        text: query.text.clone(),
        language: query.language.as_deref().unwrap_or(of_index).to_owned(),
        fields,
    })
}

/// A field of the index, which may belong to a type derived from the one that was asked for.
fn text_field(graph: &TypeGraph, node: &TypeNode, path: &str) -> Option<Field> {
    let derived = node.derived.iter().filter_map(|id| graph.type_node(id));
    let mut types = std::iter::once(node).chain(derived.map(AsRef::as_ref));
    types.find_map(
        |node| match fields::locate(graph, Owner::Type(node), path).ok()? {
            Location::System(field) => Some(Field::System(field)),
            Location::Attribute {
                mut steps,
                attribute,
            } => {
                if attribute.value_type == ValueType::StringArray
                    && let Some(last) = steps.last_mut()
                    && last.index == PathIndex::Whole
                {
                    last.index = PathIndex::Any;
                }
                let value_type = fields::element_type(attribute, &steps);
                (value_type == ValueType::String)
                    .then_some(Field::Attribute(FieldPath { steps, value_type }))
            }
        },
    )
}

/// The filter of a value in any of several attributes: texts are compared like `Like`, enums by
/// their names, everything else is equal or not.
pub(super) fn attributes(
    graph: &TypeGraph,
    node: &TypeNode,
    search: &AttributeSearch,
    problems: &mut Vec<String>,
) -> Filter {
    if let Err(problem) = check_length(&search.value) {
        problems.push(problem);
        return Filter::everything();
    }
    if search.paths.is_empty() || search.paths.len() > MAX_SEARCH_PATHS {
        problems.push(format!(
            "An attribute search needs between 1 and {MAX_SEARCH_PATHS} attribute paths."
        ));
        return Filter::everything();
    }
    let mut found = Vec::new();
    for path in &search.paths {
        match in_attribute(graph, node, path, &search.value) {
            Ok(filter) => found.push(filter),
            Err(problem) => problems.push(problem),
        }
    }
    Filter::Any(found)
}

fn in_attribute(
    graph: &TypeGraph,
    node: &TypeNode,
    path: &str,
    value: &str,
) -> Result<Filter, String> {
    let like = Criteria::field(path, Operator::Like, value);
    let is_text_like = resolved(graph, node, &like)?;
    let equal = match super::navigation::attribute_at(graph, node, path) {
        Some(attribute) if attribute.enum_type.is_some() => {
            let pattern = super::operands::pattern(Operator::Like, &Operand::from(value))?;
            let pattern = regex::Regex::new(&pattern).map_err(|error| error.to_string())?;
            let values = attribute.enum_type.iter().flat_map(|node| &node.values);
            let keys: Vec<Value> = values
                .filter(|entry| pattern.is_match(&entry.name))
                .map(|entry| Value::Enum(entry.key))
                .collect();
            Criteria::is_in(path, keys.into_iter().map(Operand::Value))
        }
        Some(attribute)
            if matches!(
                attribute.value_type,
                ValueType::String | ValueType::StringArray
            ) =>
        {
            return Ok(is_text_like);
        }
        _ => Criteria::eq(path, value),
    };
    // A value that cannot be in the attribute is not found there; that is no mistake.
    Ok(match resolved(graph, node, &equal) {
        Ok(equal) => Filter::Any(vec![is_text_like, equal]),
        Err(_) => is_text_like,
    })
}

fn resolved(graph: &TypeGraph, node: &TypeNode, criteria: &Criteria) -> Result<Filter, String> {
    let mut problems = Vec::new();
    let criteria = std::slice::from_ref(criteria);
    let filter = super::filters::resolve(graph, node, criteria, &mut problems);
    match problems.is_empty() {
        true => Ok(filter),
        false => Err(problems.join(" ")),
    }
}

/// A search around a point.
pub(super) fn near(graph: &TypeGraph, node: &TypeNode, near: &Near) -> Result<Distance, String> {
    let is_on_earth = near.longitude.abs() <= 180.0 && near.latitude.abs() <= 90.0;
    if !is_on_earth {
        return Err(
            "A point needs a longitude between -180 and 180 and a latitude between -90 and 90."
                .to_owned(),
        );
    }
    let bounds = [near.min_distance, near.max_distance];
    if bounds
        .into_iter()
        .flatten()
        .any(|metres| metres.is_nan() || metres < 0.0)
    {
        return Err("Distances are metres, 0 or more.".to_owned());
    }
    match fields::locate(graph, Owner::Type(node), &near.path)? {
        Location::Attribute { steps, attribute }
            if attribute.value_type == ValueType::GeospatialPoint =>
        {
            Ok(Distance {
                path: FieldPath {
                    steps,
                    value_type: ValueType::GeospatialPoint,
                },
                longitude: near.longitude,
                latitude: near.latitude,
                min: near.min_distance,
                max: near.max_distance,
            })
        }
        _ => Err(format!(
            "'{}' is not a geographic point: distances need an attribute of type GeospatialPoint.",
            near.path
        )),
    }
}

fn check_length(text: &str) -> Result<(), String> {
    match text.chars().count() {
        0 => Err("A search needs a text to look for.".to_owned()),
        length if length > MAX_SEARCH_LENGTH => Err(format!(
            "A text to search for may have at most {MAX_SEARCH_LENGTH} characters."
        )),
        _ => Ok(()),
    }
}
