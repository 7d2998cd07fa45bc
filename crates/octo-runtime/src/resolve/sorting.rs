//! From sort paths to sort keys (spec 6.10).

use octo_ck::TypeGraph;
use octo_ck::graph::TypeNode;

use super::fields::{self, Owner};
use super::navigation;
use crate::path::navigation::PathEnd;
use crate::store::{Link, SortKey};

/// What a path sorts by.
pub(super) fn key(graph: &TypeGraph, node: &TypeNode, path: &str) -> Result<SortKey, String> {
    let parsed = crate::path::navigation::read(path).map_err(|error| error.to_string())?;
    let (mut links, far) = navigation::links(graph, node, &parsed.hops)?;
    let key = match &parsed.end {
        PathEnd::Value(terms) => {
            let location = fields::locate_terms(graph, Owner::Type(far), terms, path)
                .map_err(|problem| unknown(far, path, &problem))?;
            fields::comparable(location)
                .map(SortKey::Field)
                .ok_or_else(|| not_comparable(path))?
        }
        PathEnd::TotalCount => SortKey::LinkCount(links.pop().ok_or_else(|| not_comparable(path))?),
        PathEnd::Exists | PathEnd::Entities => return Err(not_comparable(path)),
    };
    let links = links.into_iter().rev();
    Ok(links.fold(key, |inner, link: Link| {
        SortKey::Linked(link, Box::new(inner))
    }))
}

fn unknown(node: &TypeNode, path: &str, problem: &str) -> String {
    let hint = problem
        .find(" Did you mean")
        .map_or("", |at| &problem[at..]);
    let stop = if hint.is_empty() { "" } else { "." };
    format!(
        "Sort definition contains attribute '{path}', but attribute does not exist on type '{}'{stop}{hint}",
        node.rt_id
    )
}

fn not_comparable(path: &str) -> String {
    format!(
        "Cannot sort by '{path}': it has no comparable value. Name a field or an element, such as 'Items[0].Name'."
    )
}
