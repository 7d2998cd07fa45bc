//! Stored entities that a change set names.

use std::collections::BTreeSet;

use super::Stage;
use crate::entity::Entity;
use crate::error::RuntimeError;
use crate::resolve;
use crate::rt_id::RtId;

/// Entities that a change set deletes, changes or restores; each may be named once.
#[derive(Default)]
pub(super) struct Named(BTreeSet<RtId>);

impl Named {
    /// Whether the entity is named for the first time; notes the problem when not.
    pub(super) fn add(&mut self, stage: &mut Stage<'_>, entity: &Entity) -> bool {
        let is_new = self.0.insert(entity.rt_id);
        if !is_new {
            stage.problems.findings.changed_twice(&entity.entity_ref());
        }
        is_new
    }
}

/// The stored entity of that type (or a type derived from it) and id, archived or not; notes the
/// problem when there is none.
pub(super) fn find(
    stage: &mut Stage<'_>,
    ck_type: &str,
    rt_id: RtId,
) -> Result<Option<Entity>, RuntimeError> {
    let graph = stage.graph;
    stage.problems.about(rt_id);
    let Some(asked) = stage.problems.find_type(graph, ck_type) else {
        return Ok(None);
    };
    let stored = stage.transaction.entity(rt_id)?;
    let stored = stored.filter(|entity| resolve::is_a(graph, &entity.ck_type_id, &asked.rt_id));
    if stored.is_none() {
        stage.problems.missing(ck_type, rt_id);
    }
    Ok(stored)
}

/// As [`find`], but archived entities are a problem, too.
pub(super) fn find_active(
    stage: &mut Stage<'_>,
    ck_type: &str,
    rt_id: RtId,
) -> Result<Option<Entity>, RuntimeError> {
    let stored = find(stage, ck_type, rt_id)?;
    if stored.as_ref().is_some_and(Entity::is_archived) {
        stage.problems.archived(ck_type, rt_id);
        return Ok(None);
    }
    Ok(stored)
}
