//! From navigations on paths to links (spec 3.3).

use std::collections::BTreeSet;
use std::sync::Arc;

use octo_ck::graph::{AssociationNode, AttributeNode, TypeNode};
use octo_ck::id::camel_case;
use octo_ck::model::Multiplicity;
use octo_ck::{RtCkId, TypeGraph, suggest};

use super::fields::{Location, Owner, locate_terms};
use super::filters::Resolver;
use crate::criteria::{Criteria, Operand};
use crate::entity::Direction;
use crate::path::navigation::{Hop, PathEnd};
use crate::store::{Filter, Link};

/// Follows hops from a type; the links, outermost first, and the type at the end.
pub(super) fn links<'g>(
    graph: &'g TypeGraph,
    mut node: &'g TypeNode,
    hops: &[Hop],
) -> Result<(Vec<Link>, &'g TypeNode), String> {
    let mut links = Vec::with_capacity(hops.len());
    for hop in hops {
        let far = far_type(graph, &hop.ck_type)?;
        let (association, direction) = association(node, hop, far)?;
        links.push(Link {
            role: association.role.rt_id.clone(),
            direction,
            far: super::scope(far),
            filter: Box::new(selected(graph, far, &hop.selectors)?),
        });
        node = far;
    }
    Ok((links, node))
}

/// The first of the hops that may lead to several entities.
pub(super) fn to_many<'a>(
    graph: &'a TypeGraph,
    mut node: &'a TypeNode,
    hops: &'a [Hop],
) -> Option<&'a Hop> {
    for hop in hops {
        let far = far_type(graph, &hop.ck_type).ok()?;
        let (association, _) = association(node, hop, far).ok()?;
        let is_one = association.multiplicity != Multiplicity::N || names_one(&hop.selectors);
        if !is_one {
            return Some(hop);
        }
        node = far;
    }
    None
}

fn names_one(selectors: &[(String, String)]) -> bool {
    selectors.iter().any(|(key, _)| camel_case(key) == "rtId")
}

/// A type by any spelling of its id, or by its name in query columns.
fn far_type<'g>(graph: &'g TypeGraph, text: &str) -> Result<&'g Arc<TypeNode>, String> {
    match graph.find_type(text) {
        Ok(node) => Ok(node),
        Err(error) => graph
            .types()
            .find(|node| node.rt_id.path_name() == camel_case(text))
            .ok_or_else(|| error.to_string()),
    }
}

fn association<'g>(
    node: &'g TypeNode,
    hop: &Hop,
    far: &TypeNode,
) -> Result<(&'g AssociationNode, Direction), String> {
    let outbound = node.outbound.iter().map(|a| (a, Direction::Outbound));
    let inbound = node.inbound.iter().map(|a| (a, Direction::Inbound));
    let mut found = outbound.chain(inbound).filter(|(association, _)| {
        camel_case(&association.navigation_name).eq_ignore_ascii_case(&hop.navigation)
    });
    found
        .find(|(association, direction)| reaches(association, *direction, far))
        .ok_or_else(|| unknown(node, hop, far))
}

/// Whether entities of `far` can be at the other end: the declared type, derived or base types.
fn reaches(association: &AssociationNode, direction: Direction, far: &TypeNode) -> bool {
    let declared = match direction {
        Direction::Outbound => association.target.to_runtime(),
        Direction::Inbound | Direction::Any => association.origin.to_runtime(),
    };
    far.is_a(&declared) || far.derived.contains(&declared)
}

fn unknown(node: &TypeNode, hop: &Hop, far: &TypeNode) -> String {
    let outbound = node.outbound.iter().map(|a| (a, a.target.to_runtime()));
    let inbound = node.inbound.iter().map(|a| (a, a.origin.to_runtime()));
    let known: Vec<(String, RtCkId)> = outbound
        .chain(inbound)
        .map(|(association, end)| (camel_case(&association.navigation_name), end))
        .collect();
    let same = known
        .iter()
        .filter(|(name, _)| name.eq_ignore_ascii_case(&hop.navigation));
    let ends: BTreeSet<String> = same.map(|(_, end)| format!("'{end}'")).collect();
    let hint = if ends.is_empty() {
        let names = known.iter().map(|(name, _)| name.as_str());
        suggest::question(&suggest::nearest(&hop.navigation, names, 3))
    } else {
        let ends: Vec<String> = ends.into_iter().collect();
        format!(" It leads to {}.", ends.join(" and "))
    };
    format!(
        "Association '{}' not found for target type '{}'.{hint}",
        hop.navigation, far.rt_id
    )
}

/// What selectors ask of a far end: `rtId`, `wellKnownName` or an attribute with that value.
fn selected(
    graph: &TypeGraph,
    far: &TypeNode,
    selectors: &[(String, String)],
) -> Result<Filter, String> {
    let criteria: Vec<Criteria> = selectors
        .iter()
        .map(|(key, value)| {
            let path = match key.as_str() {
                "wellKnownName" | "WellKnownName" => "rtWellKnownName",
                other => other,
            };
            Criteria::eq(path, Operand::from(value.as_str()))
        })
        .collect();
    let mut problems = Vec::new();
    let filter = super::filters::resolve(graph, far, &criteria, &mut problems);
    match problems.is_empty() {
        true => Ok(filter),
        false => Err(problems.join(" ")),
    }
}

/// The filter that an entity meets which has, at the end of the links, an entity that meets
/// `filter`.
pub(super) fn linked(links: Vec<Link>, filter: Filter) -> Filter {
    links
        .into_iter()
        .rev()
        .fold(filter, |inner, link| Filter::Linked(link, Box::new(inner)))
}

/// The filter that an entity meets from which each of the paths leads to an entity.
pub(super) fn reached(
    graph: &TypeGraph,
    node: &TypeNode,
    paths: &[String],
) -> Result<Filter, Vec<String>> {
    let (mut known, mut parts) = (Vec::new(), Vec::new());
    let mut problems = Vec::new();
    for text in paths {
        let path = match crate::path::navigation::read(text) {
            Ok(path) => path,
            Err(error) => {
                problems.push(error.to_string());
                continue;
            }
        };
        let is_about_entities = matches!(path.end, PathEnd::Value(_) | PathEnd::Entities);
        if path.hops.is_empty() || !is_about_entities || known.contains(&path.hops) {
            continue;
        }
        match links(graph, node, &path.hops) {
            Ok((links, _)) => parts.push(linked(links, Filter::everything())),
            Err(problem) => problems.push(problem),
        }
        known.push(path.hops);
    }
    if known.len() > super::MAX_LINKED_COLUMNS {
        problems.push(super::too_many_columns());
    }
    match problems.is_empty() {
        true => Ok(Filter::All(parts)),
        false => Err(problems),
    }
}

/// The attribute a path leads to, also over associations; `None` for anything else.
pub(super) fn attribute_at<'g>(
    graph: &'g TypeGraph,
    node: &'g TypeNode,
    path: &str,
) -> Option<&'g AttributeNode> {
    let path = crate::path::navigation::read(path).ok()?;
    let (_, far) = links(graph, node, &path.hops).ok()?;
    let PathEnd::Value(terms) = &path.end else {
        return None;
    };
    match locate_terms(graph, Owner::Type(far), terms, "").ok()? {
        Location::Attribute { attribute, .. } => Some(attribute),
        Location::System(_) => None,
    }
}

impl<'g> Resolver<'g, '_> {
    /// The links of a path; only entities have associations, records have none.
    pub(super) fn links(&self, hops: &[Hop]) -> Result<(Vec<Link>, &'g TypeNode), String> {
        match self.owner {
            Owner::Type(node) => links(self.graph, node, hops),
            Owner::Record(record) => Err(format!(
                "Records have no associations: '{}' cannot be followed from record '{}'.",
                hops.first().map_or("", |hop| hop.navigation.as_str()),
                record.id
            )),
        }
    }
}
