//! From what callers write to what stores understand.

use octo_ck::graph::TypeNode;
use octo_ck::model::ValueType;
use octo_ck::{RtCkId, TypeGraph};
use std::sync::Arc;

use crate::error::RuntimeError;
use crate::path::navigation::{Path, PathEnd};
use crate::query::{EntityQuery, SortOrder};
use crate::store::{Field, Filter, Link, PathStep, SortKey, StoreQuery, TypeScope};

/// Entities one query can take at most.
pub(crate) const MAX_TAKE: u64 = 100_000;
/// Columns over associations in one query.
pub(crate) const MAX_LINKED_COLUMNS: usize = 20;
/// Sort keys of one query.
const MAX_SORT_KEYS: usize = 16;

pub(crate) mod aggregation;
mod conditions;
mod fields;
mod filters;
mod formulas;
mod navigation;
mod operands;
mod searches;
mod sorting;

use fields::{Location, Owner};

/// A type by any spelling of its id.
pub(crate) fn find_type<'g>(
    graph: &'g TypeGraph,
    text: &str,
) -> Result<&'g Arc<TypeNode>, RuntimeError> {
    graph
        .find_type(text)
        .map_err(|error| RuntimeError::TypeUnknown(error.to_string()))
}

/// Whether `found` is the type `wanted` or derives from it.
pub(crate) fn is_a(graph: &TypeGraph, found: &RtCkId, wanted: &RtCkId) -> bool {
    found == wanted || graph.type_node(found).is_some_and(|node| node.is_a(wanted))
}

/// The id of a role, in any spelling; the role need not exist.
pub(crate) fn role_id(text: &str) -> Result<RtCkId, RuntimeError> {
    text.trim()
        .parse()
        .map_err(|error: octo_ck::IdError| RuntimeError::InvalidQuery(vec![error.to_string()]))
}

/// The steps of a path to a linked binary.
pub(crate) fn linked_binary(
    graph: &TypeGraph,
    node: &TypeNode,
    path: &str,
) -> Result<Vec<PathStep>, String> {
    match fields::locate(graph, Owner::Type(node), path)? {
        Location::Attribute { steps, attribute }
            if attribute.value_type == ValueType::BinaryLinked =>
        {
            Ok(steps)
        }
        _ => Err(format!(
            "Attribute path '{}' does not lead to a linked binary.",
            path.trim()
        )),
    }
}

/// The types a query for `node` covers.
pub(crate) fn scope(node: &TypeNode) -> TypeScope {
    TypeScope {
        root: node.collection_root.clone(),
        types: node.with_derived().cloned().collect(),
    }
}

/// Resolves a query against the graph; reports all problems at once.
pub(crate) fn query(graph: &TypeGraph, query: &EntityQuery) -> Result<StoreQuery, RuntimeError> {
    let node = find_type(graph, &query.ck_type)?;
    let mut problems = Vec::new();
    let mut parts = vec![filters::resolve(
        graph,
        node,
        &query.criteria,
        &mut problems,
    )];
    match navigation::reached(graph, node, &query.reaching) {
        Ok(filter) => parts.push(filter),
        Err(more) => problems.extend(more),
    }
    let mut sort = Vec::with_capacity(query.sort.len());
    for (path, order) in &query.sort {
        match sorting::key(graph, node, path) {
            Ok(key) => sort.push((key, *order)),
            Err(problem) => problems.push(problem),
        }
    }
    if sort.len() > MAX_SORT_KEYS {
        problems.push(format!(
            "Entities may be sorted by at most {MAX_SORT_KEYS} paths."
        ));
    }
    let best_first = searches(graph, node, query, &mut parts, &mut problems);
    if sort.is_empty() {
        sort.extend(best_first);
    }
    if query.take.is_some_and(|take| take > MAX_TAKE) {
        problems.push(format!("At most {MAX_TAKE} entities can be taken at once."));
    }
    if !problems.is_empty() {
        return Err(RuntimeError::InvalidQuery(problems));
    }
    parts.retain(|part| *part != Filter::everything());
    Ok(StoreQuery {
        scope: scope(node),
        ids: query.ids.clone(),
        filter: Filter::All(parts),
        sort,
        after: None,
        skip: query.skip,
        take: query.take,
        include_archived: query.include_archived,
    })
}

/// Adds the filters of the searches of a query; their natural order, when they have one.
fn searches(
    graph: &TypeGraph,
    node: &TypeNode,
    query: &EntityQuery,
    parts: &mut Vec<Filter>,
    problems: &mut Vec<String>,
) -> Option<(SortKey, SortOrder)> {
    let mut best_first = None;
    if let Some(search) = &query.attribute_search {
        parts.push(searches::attributes(graph, node, search, problems));
    }
    if let Some(search) = &query.text {
        match searches::text(graph, node, search) {
            Ok(search) => {
                best_first = Some((SortKey::Relevance(search.clone()), SortOrder::Descending));
                parts.push(Filter::Text(search));
            }
            Err(problem) => problems.push(problem),
        }
    }
    if let Some(near) = &query.near {
        match searches::near(graph, node, near) {
            Ok(distance) => {
                best_first = Some((SortKey::Distance(distance.clone()), SortOrder::Ascending));
                parts.push(Filter::Near(distance));
            }
            Err(problem) => problems.push(problem),
        }
    }
    best_first
}

/// The links of a column; its path must lead to a value of the entities at their end.
pub(crate) fn column(
    graph: &TypeGraph,
    node: &TypeNode,
    path: &Path,
    text: &str,
) -> Result<Vec<Link>, String> {
    let (links, far) = navigation::links(graph, node, &path.hops)?;
    match &path.end {
        PathEnd::Value(terms) => {
            fields::locate_terms(graph, fields::Owner::Type(far), terms, text)?;
        }
        PathEnd::TotalCount | PathEnd::Exists => {}
        PathEnd::Entities => return Err(no_value_named(text)),
    }
    Ok(links)
}

/// What is wrong with more columns over associations than are allowed.
pub(crate) fn too_many_columns() -> String {
    format!("At most {MAX_LINKED_COLUMNS} attribute paths may lead over associations.")
}

fn no_value_named(path: &str) -> String {
    format!(
        "'{path}' names associated entities but no value of them: add '->' and an attribute, '::totalCount' or '::exists'."
    )
}

/// The field at a plain path, for indexes.
pub(crate) fn index_field(graph: &TypeGraph, node: &TypeNode, path: &str) -> Option<Field> {
    fields::single(graph, node, path)
}

/// Whether a field is an attribute rather than a system field.
pub(crate) fn is_attribute(field: &Field) -> bool {
    matches!(field, Field::Attribute(_))
}
