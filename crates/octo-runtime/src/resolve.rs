//! From what callers write to what stores understand.

use octo_ck::graph::TypeNode;
use octo_ck::{RtCkId, TypeGraph};
use std::sync::Arc;

use crate::error::RuntimeError;
use crate::query::EntityQuery;
use crate::store::{Field, StoreQuery, TypeScope};

pub(crate) mod aggregation;
mod fields;
mod filters;
mod operands;

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
    let filter = filters::resolve(graph, node, &query.criteria, &mut problems);
    let mut sort = Vec::with_capacity(query.sort.len());
    for (path, order) in &query.sort {
        match fields::sort_key(graph, node, path) {
            Ok(field) => sort.push((field, *order)),
            Err(problem) => problems.push(problem),
        }
    }
    if !problems.is_empty() {
        return Err(RuntimeError::InvalidQuery(problems));
    }
    Ok(StoreQuery {
        scope: scope(node),
        ids: query.ids.clone(),
        filter,
        sort,
        skip: query.skip,
        take: query.take,
        include_archived: query.include_archived,
    })
}

/// The field at a plain path, for indexes.
pub(crate) fn index_field(graph: &TypeGraph, node: &TypeNode, path: &str) -> Option<Field> {
    fields::sort_key(graph, node, path).ok()
}

/// Whether a field is an attribute rather than a system field.
pub(crate) fn is_attribute(field: &Field) -> bool {
    matches!(field, Field::Attribute(_))
}
