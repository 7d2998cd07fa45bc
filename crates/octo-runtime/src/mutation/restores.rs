//! Archived entities that come back.
//!
//! The original has no such operation. Values stay as they were; associations are gone since the
//! entity was archived, so those it must have and did not get in the same set are reported.

use octo_ck::TypeGraph;
use octo_ck::graph::AssociationNode;
use octo_ck::model::Multiplicity;

use super::Stage;
use super::links::Links;
use super::stored::{self, Named};
use crate::change::{MissingAssociation, RestoreEntity, Restored};
use crate::entity::{Association, Direction, Entity, RtState};
use crate::error::RuntimeError;
use crate::store::{EntityPatch, WriteTransaction};

/// The entities as they will be.
pub(super) fn plan(
    stage: &mut Stage<'_>,
    restores: &[RestoreEntity],
    named: &mut Named,
) -> Result<Vec<Entity>, RuntimeError> {
    let mut planned = Vec::with_capacity(restores.len());
    for restore in restores {
        let stored = stored::find(stage, &restore.ck_type, restore.rt_id)?;
        let Some(mut entity) = stored else {
            continue;
        };
        if !entity.is_archived() {
            stage.problems.active(&restore.ck_type, restore.rt_id);
            continue;
        }
        if !named.add(stage, &entity) {
            continue;
        }
        stage
            .problems
            .check_version(restore.expected_version, &entity);
        entity.state = RtState::Active;
        entity.archived = None;
        entity.changed = stage.now;
        entity.version = entity.version.saturating_add(1);
        planned.push(entity);
    }
    Ok(planned)
}

/// Writes the entities, without their new associations.
pub(super) fn write(
    transaction: &mut dyn WriteTransaction,
    planned: &[Entity],
) -> Result<(), RuntimeError> {
    for entity in planned {
        let mut patch = EntityPatch::touch(entity.rt_id, entity.version, entity.changed);
        patch.state = Some((entity.state, entity.archived));
        transaction.patch(&patch)?;
    }
    Ok(())
}

/// What the restored entities lack.
pub(super) fn report(graph: &TypeGraph, planned: Vec<Entity>, links: &Links) -> Vec<Restored> {
    let reports = planned.into_iter().map(|entity| Restored {
        missing: missing(graph, &entity, &links.added),
        entity,
    });
    reports.collect()
}

fn missing(graph: &TypeGraph, entity: &Entity, added: &[Association]) -> Vec<MissingAssociation> {
    let Some(node) = graph.type_node(&entity.ck_type_id) else {
        return Vec::new();
    };
    let side = |association: &AssociationNode, direction| MissingAssociation {
        role: association.role.rt_id.clone(),
        direction,
        partner: match direction {
            Direction::Inbound => association.origin.to_runtime(),
            Direction::Outbound | Direction::Any => association.target.to_runtime(),
        },
    };
    let outbound = node.outbound.iter().map(|a| (a, Direction::Outbound));
    let inbound = node.inbound.iter().map(|a| (a, Direction::Inbound));
    let mut missing = Vec::new();
    for (association, direction) in outbound.chain(inbound) {
        let is_there = added.iter().any(|edge| {
            let near = match direction {
                Direction::Inbound => &edge.target,
                Direction::Outbound | Direction::Any => &edge.origin,
            };
            near.rt_id == entity.rt_id && edge.role == association.role.rt_id
        });
        let lacks = side(association, direction);
        if association.multiplicity == Multiplicity::One && !is_there && !missing.contains(&lacks) {
            missing.push(lacks);
        }
    }
    missing
}
