//! Between which types a role may hold.

use octo_ck::graph::{AssociationNode, RoleNode};

use super::Stage;
use crate::entity::EntityRef;

/// How the model declares the role between the types of these entities, base types included; notes
/// the problem when it does not.
pub(super) fn declared<'g>(
    stage: &mut Stage<'g>,
    role: &RoleNode,
    origin: &EntityRef,
    target: &EntityRef,
) -> Option<Vec<&'g AssociationNode>> {
    let graph = stage.graph;
    let from = graph.type_node(&origin.ck_type_id)?;
    let to = graph.type_node(&target.ck_type_id)?;
    let of_role = |association: &&AssociationNode| association.role.rt_id == role.rt_id;
    let starts: Vec<&AssociationNode> = from.outbound.iter().filter(of_role).collect();
    let ends: Vec<&AssociationNode> = to.inbound.iter().filter(of_role).collect();
    let fitting: Vec<&AssociationNode> = starts
        .iter()
        .copied()
        .filter(|association| to.is_a(&association.target.to_runtime()))
        .collect();
    let fits_origin = ends
        .iter()
        .any(|association| from.is_a(&association.origin.to_runtime()));

    let findings = &mut stage.problems.findings;
    let name = role.rt_id.to_string();
    if starts.is_empty() {
        findings.not_outbound(origin, &name, &target.ck_type_id);
    } else if ends.is_empty() || fitting.is_empty() {
        findings.not_inbound(origin, &name, &target.ck_type_id);
    } else if !fits_origin {
        findings.association_not_allowed(origin, &role.rt_id);
    } else {
        return Some(fitting);
    }
    None
}
