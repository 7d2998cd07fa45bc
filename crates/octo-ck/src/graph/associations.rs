//! Associations seen from both ends, own and inherited (spec, Construction Kit 6.2).

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use indexmap::IndexMap;

use super::build::Build;
use super::position::{Kind, Part};
use super::{AssociationNode, RoleNode, TypeNode};
use crate::diagnostics::Code;
use crate::id::{CkId, RtCkId};
use crate::model::{CkType, CkTypeAssociation};

type BySide = HashMap<RtCkId, Vec<AssociationNode>>;

/// Fills in the associations of all types.
pub(super) fn attach(
    build: &mut Build<'_>,
    roles: &HashMap<RtCkId, Arc<RoleNode>>,
    types: &mut IndexMap<RtCkId, TypeNode>,
) {
    let mut outbound = BySide::new();
    let mut inbound = BySide::new();
    for (id, element) in &build.elements.types {
        let associations = element.associations.as_deref().unwrap_or_default();
        check_own(build, id, associations);
        if let Some(node) = types.get(&id.to_runtime()) {
            check_inherited(build, node, id, associations);
        }
        for association in associations {
            let Some(role) = roles.get(&association.id.to_runtime()) else {
                continue;
            };
            let (out, back) = both_ends(role, id, association);
            outbound.entry(id.to_runtime()).or_default().push(out);
            let target = association.target_ck_type_id.to_runtime();
            inbound.entry(target).or_default().push(back);
        }
    }
    for node in types.values_mut() {
        node.outbound = own_then_inherited(build, node, &outbound);
        node.inbound = own_then_inherited(build, node, &inbound);
    }
}

fn both_ends(
    role: &Arc<RoleNode>,
    origin: &CkId,
    association: &CkTypeAssociation,
) -> (AssociationNode, AssociationNode) {
    let out = AssociationNode {
        role: role.clone(),
        navigation_name: role.outbound_name.clone(),
        multiplicity: role.outbound_multiplicity,
        origin: origin.clone(),
        target: association.target_ck_type_id.clone(),
        target_attributes: association
            .target_ck_attribute_ids
            .clone()
            .unwrap_or_default(),
        is_owned: true,
    };
    let back = AssociationNode {
        navigation_name: role.inbound_name.clone(),
        multiplicity: role.inbound_multiplicity,
        ..out.clone()
    };
    (out, back)
}

fn own_then_inherited(
    build: &mut Build<'_>,
    node: &TypeNode,
    side: &BySide,
) -> Vec<AssociationNode> {
    let mut all = side.get(&node.rt_id).cloned().unwrap_or_default();
    for base in &node.bases {
        let inherited = side.get(base).map(Vec::as_slice).unwrap_or_default();
        if !build.reserve(inherited.len()) {
            break;
        }
        all.extend(inherited.iter().map(|association| AssociationNode {
            is_owned: false,
            ..association.clone()
        }));
    }
    all
}

fn check_own(build: &mut Build<'_>, owner: &CkId, associations: &[CkTypeAssociation]) {
    let mut seen = HashSet::new();
    for (n, association) in associations.iter().enumerate() {
        if !seen.insert((&association.id, &association.target_ck_type_id)) {
            let at = build
                .positions
                .find(Kind::Type, owner, Part::Association(n));
            build.diagnostics.report(
                Code::AssociationNotUnique,
                &at,
                format!(
                    "The type '{owner}' declares the association '{}' to '{}' twice: keep one.",
                    association.id, association.target_ck_type_id
                ),
            );
        }
    }
}

fn check_inherited(
    build: &mut Build<'_>,
    node: &TypeNode,
    owner: &CkId,
    associations: &[CkTypeAssociation],
) {
    let mut by_role: HashMap<&CkId, Vec<&CkId>> = HashMap::new();
    for base in bases_of(build, owner) {
        for inherited in base.associations.iter().flatten() {
            let targets = by_role.entry(&inherited.id).or_default();
            targets.push(&inherited.target_ck_type_id);
        }
    }
    for (n, association) in associations.iter().enumerate() {
        let targets = by_role
            .get(&association.id)
            .map(Vec::as_slice)
            .unwrap_or_default();
        let is_repeated = targets.contains(&&association.target_ck_type_id);
        let covering = targets
            .iter()
            .find(|target| node.bases.contains(&target.to_runtime()));
        let finding = match (is_repeated, covering) {
            (true, _) => (
                Code::AssociationInherited,
                format!(
                    "The type '{owner}' declares the association '{}' to '{}', which it inherits: remove it.",
                    association.id, association.target_ck_type_id
                ),
            ),
            (false, Some(target)) => (
                Code::RoleCoveredByBase,
                format!(
                    "The type '{owner}' declares the association '{}', but inherits it with target '{target}', one of its own bases: remove it.",
                    association.id
                ),
            ),
            (false, None) => continue,
        };
        let at = build
            .positions
            .find(Kind::Type, owner, Part::Association(n));
        build.diagnostics.report(finding.0, &at, finding.1);
    }
}

/// The bases; the chain is known to end because the type has a node.
fn bases_of<'m>(build: &Build<'m>, owner: &CkId) -> impl Iterator<Item = &'m CkType> + use<'m> {
    let types = &build.elements.types;
    let base_of = move |element: &CkType| {
        let base = element.derived_from_ck_type_id.as_ref()?;
        types.get(base).copied()
    };
    let first = types.get(owner).and_then(|element| base_of(element));
    std::iter::successors(first, move |element| base_of(element))
}
