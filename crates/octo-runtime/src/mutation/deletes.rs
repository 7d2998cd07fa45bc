//! Entities that go (spec 5.6).

use std::collections::BTreeSet;

use jiff::Timestamp;
use octo_ck::TypeGraph;
use octo_ck::model::Multiplicity;

use super::Stage;
use super::stored::{self, Named};
use crate::change::{DeleteEntity, DeleteMode, Deleted};
use crate::entity::{Association, Direction, Entity, EntityRef, RtState};
use crate::error::RuntimeError;
use crate::rt_id::RtId;
use crate::store::{EdgeQuery, EntityPatch, WriteTransaction};

/// A deletion ready to be written.
pub(super) struct Planned {
    pub(super) entity: Entity,
    /// Its edges, both directions.
    pub(super) edges: Vec<Association>,
    mode: DeleteMode,
}

pub(super) fn plan(
    stage: &mut Stage<'_>,
    deletes: &[DeleteEntity],
    named: &mut Named,
) -> Result<Vec<Planned>, RuntimeError> {
    let mut planned = Vec::with_capacity(deletes.len());
    for delete in deletes {
        let stored = match delete.mode {
            DeleteMode::Archive => stored::find_active(stage, &delete.ck_type, delete.rt_id)?,
            DeleteMode::Erase => stored::find(stage, &delete.ck_type, delete.rt_id)?,
        };
        let Some(entity) = stored.filter(|entity| named.add(stage, entity)) else {
            continue;
        };
        stage
            .problems
            .check_version(delete.expected_version, &entity);
        let edges = stage.transaction.edges(&EdgeQuery {
            entities: vec![entity.rt_id],
            role: None,
            direction: Direction::Any,
        })?;
        planned.push(Planned {
            entity,
            edges,
            mode: delete.mode,
        });
    }
    Ok(planned)
}

/// Writes the deletions. Edges between two deleted entities are reported with the first.
pub(super) fn write(
    transaction: &mut dyn WriteTransaction,
    graph: &TypeGraph,
    planned: Vec<Planned>,
    now: Timestamp,
) -> Result<Vec<Deleted>, RuntimeError> {
    let gone: BTreeSet<RtId> = planned.iter().map(|p| p.entity.rt_id).collect();
    let mut edges_gone = BTreeSet::new();
    let mut reports = Vec::with_capacity(planned.len());
    let mut erased = Vec::new();
    for Planned {
        entity,
        edges,
        mode,
    } in planned
    {
        let removed: Vec<Association> = edges
            .into_iter()
            .filter(|edge| edges_gone.insert(edge.id))
            .collect();
        for edge in &removed {
            transaction.delete_edge(edge.id)?;
        }
        let orphans = removed
            .iter()
            .filter_map(|edge| orphan(graph, edge, &entity))
            .filter(|orphan| !gone.contains(&orphan.rt_id))
            .collect();
        let entity = match mode {
            DeleteMode::Archive => archive(transaction, entity, now)?,
            DeleteMode::Erase => {
                erased.push(entity.rt_id);
                entity
            }
        };
        reports.push(Deleted {
            entity,
            removed,
            orphans,
        });
    }
    // Last, when no edge refers to them any more.
    for rt_id in erased {
        transaction.erase(rt_id)?;
    }
    Ok(reports)
}

fn archive(
    transaction: &mut dyn WriteTransaction,
    mut entity: Entity,
    now: Timestamp,
) -> Result<Entity, RuntimeError> {
    entity.state = RtState::Archived;
    entity.archived = Some(now);
    entity.changed = now;
    entity.version = entity.version.saturating_add(1);
    let mut patch = EntityPatch::touch(entity.rt_id, entity.version, entity.changed);
    patch.state = Some((entity.state, entity.archived));
    transaction.patch(&patch)?;
    Ok(entity)
}

/// The other end of an edge, when it must have one like it.
fn orphan(graph: &TypeGraph, edge: &Association, deleted: &Entity) -> Option<EntityRef> {
    let role = graph.role(&edge.role)?;
    let (end, multiplicity) = if edge.target.rt_id == deleted.rt_id {
        (&edge.origin, role.outbound_multiplicity)
    } else {
        (&edge.target, role.inbound_multiplicity)
    };
    (multiplicity == Multiplicity::One).then(|| end.clone())
}
