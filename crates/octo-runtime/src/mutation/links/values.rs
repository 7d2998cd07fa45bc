//! Attributes of associations.

use octo_ck::graph::{AssociationNode, RoleNode};
use octo_ck::{CkId, RtCkId};

use super::Stage;
use crate::change::NewAssociation;
use crate::entity::{Association, EntityRef};
use crate::mutation::binaries;
use crate::mutation::complete::Completion;
use crate::value::coerce::{Coercion, Slot};
use crate::value::composite::undefined;

/// Fills in what a change says about the attributes of an edge, and defaults.
pub(super) fn fill(
    stage: &mut Stage<'_>,
    edge: &mut Association,
    role: &RoleNode,
    declared: &[&AssociationNode],
    change: &NewAssociation,
) {
    let graph = stage.graph;
    let mut coercion = Coercion::new(graph);
    convert(&mut coercion, edge, role, change);
    choose(&mut coercion, edge, declared, change);
    if !binaries::infos(&edge.attributes).is_empty() {
        let role = &role.rt_id;
        coercion.problem(format!(
            "Associations of role '{role}' cannot hold files: linked binaries belong to entities."
        ));
    }
    if coercion.is_clean() {
        let owner = EntityRef::new(edge.role.clone(), edge.id).to_string();
        Completion {
            graph,
            coercion: &mut coercion,
            findings: &mut stage.problems.findings,
            optional_defaults: false,
        }
        .all(&mut edge.attributes, &role.attributes, &owner);
    }
    stage.problems.values(coercion.finish());
}

fn convert(
    coercion: &mut Coercion<'_>,
    edge: &mut Association,
    role: &RoleNode,
    change: &NewAssociation,
) {
    let unknown = |name: &str| undefined(name, "association role", &role.rt_id, &role.attributes);
    for (name, value) in change.attributes.iter() {
        let Some(attribute) = role.attribute(name) else {
            coercion.problem(unknown(name));
            continue;
        };
        let slot = Slot::of(attribute);
        if let Some(value) = coercion.conform(value.clone(), &slot, &attribute.camel_name) {
            edge.attributes.insert(&attribute.name, value);
        }
    }
    for assignment in &change.assignments {
        let Some(attribute) = role.attribute(assignment.path.trim()) else {
            coercion.problem(unknown(&assignment.path));
            continue;
        };
        let slot = Slot::of(attribute);
        match coercion.value(&assignment.value, &slot, &attribute.camel_name) {
            Some(value) => edge.attributes.insert(&attribute.name, value),
            None => edge.attributes.remove(&attribute.name),
        };
    }
}

/// The attributes of the target the edge refers to: those the model offers, no others.
fn choose(
    coercion: &mut Coercion<'_>,
    edge: &mut Association,
    declared: &[&AssociationNode],
    change: &NewAssociation,
) {
    let offered: Vec<RtCkId> = declared
        .iter()
        .flat_map(|association| &association.target_attributes)
        .filter_map(|id| Some(id.parse::<CkId>().ok()?.to_runtime()))
        .collect();
    for given in &change.target_attributes {
        let chosen = given.trim().parse::<RtCkId>().ok();
        match chosen.filter(|id| offered.contains(id)) {
            Some(id) => edge.target_attributes.push(id.to_string()),
            None => coercion.problem(not_offered(given, &edge.role, &offered)),
        }
    }
}

fn not_offered(given: &str, role: &RtCkId, offered: &[RtCkId]) -> String {
    let mut text = format!("Associations of role '{role}' cannot refer to attribute '{given}'");
    if offered.is_empty() {
        text.push_str(": the model offers none.");
    } else {
        let names: Vec<String> = offered.iter().map(|id| format!("'{id}'")).collect();
        text.push_str(&format!("; the model offers {}.", names.join(", ")));
    }
    text
}
