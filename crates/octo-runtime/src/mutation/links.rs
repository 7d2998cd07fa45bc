//! Associations that come and go, and the rules of their roles (spec 8.1; Construction Kit 6.3).
//!
//! Everything is judged as it will be after the whole set: an association may start at an entity
//! the set creates, a to-one side may exchange its association, and an entity that goes takes its
//! associations with it.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use octo_ck::RtCkId;

use super::Stage;
use super::deletes::Planned as PlannedDelete;
use crate::change::{ChangeSet, LinkEnd, NewAssociation, Unlink};
use crate::entity::{Association, Entity, EntityRef};
use crate::error::RuntimeError;
use crate::resolve;
use crate::rt_id::RtId;
use crate::store::{EdgeKey, WriteTransaction};

mod multiplicity;
mod roles;
mod values;

/// Edges to write.
#[derive(Default)]
pub(super) struct Links {
    pub(super) added: Vec<Association>,
    pub(super) removed: Vec<Association>,
}

impl Links {
    pub(super) fn write_removals(
        &self,
        transaction: &mut dyn WriteTransaction,
    ) -> Result<(), RuntimeError> {
        for edge in &self.removed {
            transaction.delete_edge(edge.id)?;
        }
        Ok(())
    }

    pub(super) fn write_additions(
        &self,
        transaction: &mut dyn WriteTransaction,
    ) -> Result<(), RuntimeError> {
        for edge in &self.added {
            transaction.insert_edge(edge)?;
        }
        Ok(())
    }
}

/// What the rest of the set does to entities.
struct Surroundings<'c> {
    deleted: BTreeSet<RtId>,
    restored: BTreeSet<RtId>,
    inserted: BTreeMap<RtId, &'c Entity>,
    /// New entities that have problems of their own.
    failed: BTreeSet<RtId>,
    /// Stored entities that the set changes.
    changed: BTreeSet<RtId>,
}

impl Surroundings<'_> {
    /// The end of an edge that the set is about: problems are reported for it.
    fn subject(&self, origin: &LinkEnd, target: &LinkEnd) -> RtId {
        let is_ours = |id: &RtId| {
            self.inserted.contains_key(id)
                || self.failed.contains(id)
                || self.changed.contains(id)
                || self.restored.contains(id)
        };
        match is_ours(&target.rt_id) && !is_ours(&origin.rt_id) {
            true => target.rt_id,
            false => origin.rt_id,
        }
    }
}

/// Collects the edges of a set.
struct Planner<'s, 'a, 'c> {
    stage: &'s mut Stage<'a>,
    around: Surroundings<'c>,
    links: Links,
    added: HashSet<EdgeKey>,
    removed: HashSet<EdgeKey>,
    /// Stored entities looked up so far: sets often name the same one many times.
    stored: HashMap<RtId, Option<EntityRef>>,
}

pub(super) fn plan(
    stage: &mut Stage<'_>,
    changes: &ChangeSet,
    deletes: &[PlannedDelete],
    restores: &[Entity],
    inserts: &[Entity],
) -> Result<Links, RuntimeError> {
    let inserted: BTreeMap<_, _> = inserts
        .iter()
        .map(|entity| (entity.rt_id, entity))
        .collect();
    let failed = changes.inserts.iter().map(|new| new.rt_id);
    let around = Surroundings {
        deleted: deletes.iter().map(|delete| delete.entity.rt_id).collect(),
        restored: restores.iter().map(|entity| entity.rt_id).collect(),
        failed: failed.filter(|id| !inserted.contains_key(id)).collect(),
        changed: changes.updates.iter().map(|update| update.rt_id).collect(),
        inserted,
    };
    let mut planner = Planner {
        stage,
        around,
        links: Links::default(),
        added: HashSet::new(),
        removed: HashSet::new(),
        stored: HashMap::new(),
    };
    for change in &changes.unlink {
        planner.remove(change)?;
    }
    for change in &changes.link {
        planner.add(change)?;
    }
    planner.require_outbound(inserts);
    planner.check_multiplicities()?;
    Ok(planner.links)
}

impl Planner<'_, '_, '_> {
    fn remove(&mut self, change: &Unlink) -> Result<(), RuntimeError> {
        let subject = self.around.subject(&change.origin, &change.target);
        self.stage.problems.about(subject);
        let (Some(origin), Some(target)) = (
            self.reference(&change.origin),
            self.reference(&change.target),
        ) else {
            return Ok(());
        };
        let edge = match role_id(&change.role) {
            Some(role) => {
                let transaction = &mut self.stage.transaction;
                transaction.edge(origin.rt_id, &role, target.rt_id)?
            }
            None => None,
        };
        match edge.filter(|edge| self.removed.insert(edge.key())) {
            Some(edge) => self.links.removed.push(edge),
            None => self.not_there(&change.role, &origin, &target)?,
        }
        Ok(())
    }

    /// Notes why there is no edge to delete: an end is missing, or only the edge.
    fn not_there(
        &mut self,
        role: &str,
        origin: &EntityRef,
        target: &EntityRef,
    ) -> Result<(), RuntimeError> {
        let is_origin = self.found(origin)?.is_some();
        let is_target = self.found(target)?.is_some();
        let findings = &mut self.stage.problems.findings;
        if !is_origin {
            findings.origin_missing(origin);
        }
        if !is_target {
            findings.target_missing(target);
        }
        if is_origin && is_target {
            findings.association_missing(role, origin, target);
        }
        Ok(())
    }

    fn add(&mut self, change: &NewAssociation) -> Result<(), RuntimeError> {
        let subject = self.around.subject(&change.origin, &change.target);
        self.stage.problems.about(subject);
        let origin = self.existing(&change.origin)?;
        let target = self.existing(&change.target)?;
        let (Some(origin), Some(target)) = (origin, target) else {
            return Ok(());
        };
        let graph = self.stage.graph;
        let role = role_id(&change.role).and_then(|id| graph.role(&id));
        let Some(role) = role else {
            let findings = &mut self.stage.problems.findings;
            findings.not_outbound(&origin, &change.role, &target.ck_type_id);
            return Ok(());
        };
        let Some(declared) = roles::declared(self.stage, role, &origin, &target) else {
            return Ok(());
        };
        let mut edge = Association::new(origin, role.rt_id.clone(), target);
        values::fill(self.stage, &mut edge, role, &declared, change);
        if self.is_there(&edge)? {
            let name = role.rt_id.to_string();
            let findings = &mut self.stage.problems.findings;
            findings.association_exists(&name, &edge.origin, &edge.target);
            return Ok(());
        }
        self.added.insert(edge.key());
        self.links.added.push(edge);
        Ok(())
    }

    /// Whether the edge exists, or comes with the set already.
    fn is_there(&mut self, edge: &Association) -> Result<bool, RuntimeError> {
        let key = edge.key();
        if self.added.contains(&key) {
            return Ok(true);
        }
        let is_new = |id: &RtId| self.around.inserted.contains_key(id);
        if self.removed.contains(&key) || is_new(&key.origin) || is_new(&key.target) {
            return Ok(false);
        }
        let transaction = &mut self.stage.transaction;
        let stored = transaction.edge(key.origin, &key.role, key.target)?;
        Ok(stored.is_some())
    }

    /// The entity at an end, as stored or as it will be; notes when there is none.
    fn existing(&mut self, end: &LinkEnd) -> Result<Option<EntityRef>, RuntimeError> {
        if self.around.failed.contains(&end.rt_id) {
            return Ok(None);
        }
        let Some(asked) = self.reference(end) else {
            return Ok(None);
        };
        let found = self.found(&asked)?;
        if found.is_none() {
            let findings = &mut self.stage.problems.findings;
            findings.entity_missing(&asked.to_string());
        }
        Ok(found)
    }

    /// The entity of that id, if it is of that type.
    fn found(&mut self, asked: &EntityRef) -> Result<Option<EntityRef>, RuntimeError> {
        let found = match self.around.inserted.get(&asked.rt_id) {
            Some(entity) => Some(entity.entity_ref()),
            None if self.around.deleted.contains(&asked.rt_id) => None,
            None => self.stored(asked.rt_id)?,
        };
        let graph = self.stage.graph;
        let fits = |found: &EntityRef| resolve::is_a(graph, &found.ck_type_id, &asked.ck_type_id);
        Ok(found.filter(fits))
    }

    fn stored(&mut self, rt_id: RtId) -> Result<Option<EntityRef>, RuntimeError> {
        if let Some(known) = self.stored.get(&rt_id) {
            return Ok(known.clone());
        }
        let entity = self.stage.transaction.entity(rt_id)?;
        let found = entity
            .filter(|entity| !entity.is_archived() || self.around.restored.contains(&rt_id))
            .map(|entity| entity.entity_ref());
        self.stored.insert(rt_id, found.clone());
        Ok(found)
    }

    fn reference(&mut self, end: &LinkEnd) -> Option<EntityRef> {
        let stage = &mut *self.stage;
        let node = stage.problems.find_type(stage.graph, &end.ck_type)?;
        Some(EntityRef::new(node.rt_id.clone(), end.rt_id))
    }
}

fn role_id(text: &str) -> Option<RtCkId> {
    text.trim().parse().ok()
}
