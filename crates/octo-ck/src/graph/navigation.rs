//! Query columns of other types, reached over associations (spec, Construction Kit 6.5).
//!
//! A navigation to one entity gives the columns of every type the entity can have, as
//! `parent.basicTreeNode->name`; one to many entities gives how many there are, as
//! `children.basicTreeNode::totalCount`.

use std::collections::HashSet;

use indexmap::IndexMap;

use super::columns::{Expansion, MAX_DEPTH};
use super::{AssociationNode, ColumnError, TypeNode};
use crate::id::{CkId, RtCkId, camel_case};
use crate::model::{Multiplicity, ValueType};

/// How far columns reach into other types.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NavigationOptions {
    /// Associations followed one after the other; 0 for none.
    pub depth: usize,
    /// Also list the values behind navigations to many entities and against the direction of an
    /// association.
    pub include_many: bool,
}

impl Default for NavigationOptions {
    /// One association deep, to-one only.
    fn default() -> Self {
        Self {
            depth: 1,
            include_many: false,
        }
    }
}

/// Target types and roles that were expanded already.
pub(super) type Visited = HashSet<(RtCkId, RtCkId)>;

/// A role seen from one side, and the far ends of its associations.
struct Navigation<'g> {
    name: String,
    is_outbound: bool,
    multiplicity: Multiplicity,
    role: &'g RtCkId,
    ends: Vec<&'g CkId>,
}

impl Expansion<'_> {
    /// Adds the columns behind the associations of a type.
    pub(super) fn navigate(
        &mut self,
        node: &TypeNode,
        prefix: &str,
        options: NavigationOptions,
        visited: &mut Visited,
    ) -> Result<(), ColumnError> {
        let Some(depth) = options.depth.min(MAX_DEPTH).checked_sub(1) else {
            return Ok(());
        };
        for navigation in navigations(node) {
            let path = format!("{prefix}{}", navigation.name);
            let is_many = navigation.multiplicity == Multiplicity::N;
            if is_many && let Some(first) = navigation.ends.first() {
                let path = format!("{path}.{}", first.to_runtime().path_name());
                self.push_plain(format!("{path}::totalCount"), ValueType::Int64)?;
                self.push_plain(format!("{path}::exists"), ValueType::Boolean)?;
            }
            if !options.include_many && (is_many || !navigation.is_outbound) {
                continue;
            }
            for end in &navigation.ends {
                let options = NavigationOptions { depth, ..options };
                self.targets(end, navigation.role, &path, options, visited)?;
            }
        }
        Ok(())
    }

    fn targets(
        &mut self,
        end: &CkId,
        role: &RtCkId,
        path: &str,
        options: NavigationOptions,
        visited: &mut Visited,
    ) -> Result<(), ColumnError> {
        let graph = self.graph;
        let Some(end) = graph.type_node(&end.to_runtime()) else {
            return Ok(());
        };
        let targets = end.with_derived().filter_map(|id| graph.type_node(id));
        for target in targets {
            if visited.insert((target.rt_id.clone(), role.clone())) {
                let prefix = format!("{path}.{}->", target.rt_id.path_name());
                self.type_columns(target, &prefix, options, visited)?;
            }
        }
        Ok(())
    }
}

/// The navigations of a type: outbound ones first, each with all its associations.
fn navigations(node: &TypeNode) -> impl Iterator<Item = Navigation<'_>> {
    let mut found: IndexMap<(&RtCkId, bool), Navigation<'_>> = IndexMap::new();
    let sides = [(true, &node.outbound), (false, &node.inbound)];
    for (is_outbound, associations) in sides {
        for association in associations {
            let AssociationNode { origin, target, .. } = association;
            let end = if is_outbound { target } else { origin };
            let role = &association.role.rt_id;
            let navigation = found
                .entry((role, is_outbound))
                .or_insert_with(|| Navigation {
                    name: camel_case(&association.navigation_name),
                    is_outbound,
                    multiplicity: association.multiplicity,
                    role,
                    ends: Vec::new(),
                });
            navigation.ends.push(end);
        }
    }
    found.into_values()
}
