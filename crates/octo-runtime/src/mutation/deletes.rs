//! Entities that go (spec 5.6).

use std::collections::BTreeSet;

use jiff::Timestamp;
use octo_ck::TypeGraph;
use octo_ck::model::Multiplicity;

use super::Stage;
use super::stored::{self, Named};
use crate::change::{DeleteEntity, DeleteMode, Deleted};
use crate::entity::{Association, Entity, EntityRef, RtState};
use crate::error::RuntimeError;
use crate::rt_id::RtId;
use crate::store::{EntityPatch, WriteTransaction, edge};

/// Edges, and orphans, told of all deletions of a set.
const MAX_REPORTED: usize = 1_000;

/// A deletion ready to be written.
pub(super) struct Planned {
    pub(super) entity: Entity,
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
        planned.push(Planned {
            entity,
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
    let mut report = Report {
        graph,
        gone,
        edges: MAX_REPORTED,
        orphans: MAX_REPORTED,
    };
    let mut reports = Vec::with_capacity(planned.len());
    let mut erased = Vec::new();
    for Planned { entity, mode } in planned {
        let mut deleted = report.disconnect(transaction, entity)?;
        match mode {
            DeleteMode::Archive => archive(transaction, &mut deleted.entity, now)?,
            DeleteMode::Erase => erased.push(deleted.entity.rt_id),
        }
        reports.push(deleted);
    }
    // Last, when no edge refers to them any more.
    for rt_id in erased {
        transaction.erase(rt_id)?;
    }
    Ok(reports)
}

fn archive(
    transaction: &mut dyn WriteTransaction,
    entity: &mut Entity,
    now: Timestamp,
) -> Result<(), RuntimeError> {
    entity.state = RtState::Archived;
    entity.archived = Some(now);
    entity.changed = now;
    entity.version = entity.version.saturating_add(1);
    let mut patch = EntityPatch::touch(entity.rt_id, entity.version, entity.changed);
    patch.state = Some((entity.state, entity.archived));
    transaction.patch(&patch)?;
    Ok(())
}

/// What is told about the deletions of a set: an entity may have millions of edges.
struct Report<'a> {
    graph: &'a TypeGraph,
    /// All entities the set deletes.
    gone: BTreeSet<RtId>,
    /// Edges that may still be told.
    edges: usize,
    /// Orphans that may still be told.
    orphans: usize,
}

impl Report<'_> {
    /// Removes all edges of an entity.
    fn disconnect(
        &mut self,
        transaction: &mut dyn WriteTransaction,
        entity: Entity,
    ) -> Result<Deleted, RuntimeError> {
        let rt_id = entity.rt_id;
        let mut deleted = Deleted {
            entity,
            removed: Vec::new(),
            removed_count: 0,
            orphans: Vec::new(),
            orphaned_count: 0,
        };
        edge::remove_all(transaction, rt_id, |edge| self.tell(&mut deleted, edge))?;
        Ok(deleted)
    }

    fn tell(&mut self, deleted: &mut Deleted, edge: Association) {
        let orphan = orphan(self.graph, &edge, &deleted.entity);
        if let Some(orphan) = orphan.filter(|orphan| !self.gone.contains(&orphan.rt_id)) {
            deleted.orphaned_count += 1;
            if self.orphans > 0 {
                self.orphans -= 1;
                deleted.orphans.push(orphan);
            }
        }
        deleted.removed_count += 1;
        if self.edges > 0 {
            self.edges -= 1;
            deleted.removed.push(edge);
        }
    }
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
