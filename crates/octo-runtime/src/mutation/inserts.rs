//! New entities.

use std::collections::HashSet;

use octo_ck::graph::TypeNode;

use super::assign::{self, Draft};
use super::complete::Completion;
use super::{Stage, bounds, display};
use crate::attributes::Attributes;
use crate::change::NewEntity;
use crate::entity::{Entity, EntityRef, RtState};
use crate::error::RuntimeError;
use crate::rt_id::RtId;
use crate::value::coerce::Slot;
use crate::value::composite::undefined;

/// The entities as they will be stored.
pub(super) fn plan(
    stage: &mut Stage<'_>,
    inserts: &[NewEntity],
) -> Result<Vec<Entity>, RuntimeError> {
    refuse_taken_ids(stage, inserts)?;
    let mut entities = Vec::with_capacity(inserts.len());
    for new in inserts {
        let graph = stage.graph;
        stage.problems.about(new.rt_id);
        let Some(node) = stage.problems.find_type(graph, &new.ck_type) else {
            continue;
        };
        if node.is_abstract {
            stage.problems.findings.type_abstract(&node.rt_id);
            continue;
        }
        entities.push(entity(stage, node, new)?);
    }
    Ok(entities)
}

fn refuse_taken_ids(stage: &mut Stage<'_>, inserts: &[NewEntity]) -> Result<(), RuntimeError> {
    let ids: Vec<RtId> = inserts.iter().map(|new| new.rt_id).collect();
    let mut seen = HashSet::with_capacity(ids.len());
    let twice = ids.iter().copied().find(|id| !seen.insert(*id));
    let taken = match twice {
        Some(id) => Some(id),
        None => stage.transaction.taken_ids(&ids)?.pop(),
    };
    taken.map_or(Ok(()), |id| Err(RuntimeError::IdTaken(id)))
}

fn entity(stage: &mut Stage<'_>, node: &TypeNode, new: &NewEntity) -> Result<Entity, RuntimeError> {
    let graph = stage.graph;
    let mut well_known_name = new.well_known_name.clone();
    let mut attributes = values(stage, node, new, &mut well_known_name);
    stage
        .counters
        .number(stage.transaction, graph, node, &mut attributes)?;
    Ok(Entity {
        rt_id: new.rt_id,
        ck_type_id: node.rt_id.clone(),
        created: stage.now,
        changed: stage.now,
        archived: None,
        well_known_name,
        display_name: display::name(graph, node, &attributes),
        display_description: display::description(graph, node, &attributes),
        version: 0,
        state: RtState::Active,
        attributes,
    })
}

fn values(
    stage: &mut Stage<'_>,
    node: &TypeNode,
    new: &NewEntity,
    well_known_name: &mut Option<String>,
) -> Attributes {
    let graph = stage.graph;
    let mut coercion = stage.coercion();
    let mut attributes = Attributes::new();
    for (name, value) in new.attributes.iter() {
        match node.attribute(name) {
            Some(attribute) => {
                let slot = Slot::of(attribute);
                let value = coercion.conform(value.clone(), &slot, &attribute.camel_name);
                if let Some(value) = value {
                    attributes.insert(&attribute.name, value);
                }
            }
            None => coercion.problem(undefined(name, "type", &node.rt_id, &node.attributes)),
        }
    }
    let mut draft = Draft {
        attributes: &mut attributes,
        well_known_name,
    };
    let mut named = assign::apply(&mut draft, node, graph, &new.assignments, &mut coercion);
    let is_sound = coercion.is_clean();
    let owner = EntityRef::new(node.rt_id.clone(), new.rt_id).to_string();
    let mut completion = Completion {
        graph,
        coercion: &mut coercion,
        findings: &mut stage.problems.findings,
        optional_defaults: new.optional_defaults,
    };
    if is_sound {
        completion.all(&mut attributes, &node.attributes, &owner);
    } else {
        let set = new.attributes.iter().map(|(name, _)| name.to_owned());
        named.attributes.extend(set);
        completion.missing(&attributes, &node.attributes, &named.attributes, &owner);
    }
    stage.problems.values(coercion.finish());
    bounds::check(&mut stage.problems, &owner, &attributes);
    attributes
}
