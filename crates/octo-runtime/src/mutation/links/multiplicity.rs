//! How many associations a side has after a set.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use octo_ck::model::Multiplicity;
use octo_ck::{RtCkId, TypeGraph};

use super::Planner;
use crate::entity::{Association, Direction, Entity, EntityRef};
use crate::error::RuntimeError;
use crate::rt_id::RtId;
use crate::store::{EdgePage, EdgeQuery};

/// One side of a role: an entity with its edges in one direction.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Side {
    entity: EntityRef,
    role: RtCkId,
    is_origin: bool,
}

/// What a set does to a side.
#[derive(Default)]
struct Tally {
    added: usize,
    removed: usize,
}

impl Planner<'_, '_, '_> {
    /// Every outbound role that must have a target gets one together with the entity.
    pub(super) fn require_outbound(&mut self, inserts: &[Entity]) {
        let added = self.links.added.iter();
        let given: HashSet<(RtId, &RtCkId)> =
            added.map(|edge| (edge.origin.rt_id, &edge.role)).collect();
        let graph = self.stage.graph;
        let mut required = HashMap::new();
        for entity in inserts {
            let roles = required
                .entry(&entity.ck_type_id)
                .or_insert_with(|| required_roles(graph, &entity.ck_type_id));
            for role in &*roles {
                if !given.contains(&(entity.rt_id, *role)) {
                    self.stage.problems.about(entity.rt_id);
                    let findings = &mut self.stage.problems.findings;
                    findings.association_required(&entity.ck_type_id, role, Multiplicity::One);
                }
            }
        }
    }

    /// After the set, to-one sides have at most one edge, and sides that must have one keep it
    /// unless the entity itself goes.
    pub(super) fn check_multiplicities(&mut self) -> Result<(), RuntimeError> {
        for (side, tally) in self.tallies() {
            let multiplicity = multiplicity(self.stage.graph, &side);
            let may_overflow = multiplicity != Multiplicity::N && tally.added > 0;
            let stays = !self.around.deleted.contains(&side.entity.rt_id);
            let may_lack = multiplicity == Multiplicity::One && tally.removed > 0 && stays;
            if !may_overflow && !may_lack {
                continue;
            }
            let after = self.kept(&side)? + tally.added;
            self.stage.problems.about(side.entity.rt_id);
            let findings = &mut self.stage.problems.findings;
            if may_overflow && after > 1 {
                findings.too_many_associations(&side.entity, &side.role, multiplicity);
            }
            if may_lack && after == 0 {
                findings.last_association(&side.entity, &side.role, multiplicity);
            }
        }
        Ok(())
    }

    fn tallies(&self) -> BTreeMap<Side, Tally> {
        let mut tallies: BTreeMap<Side, Tally> = BTreeMap::new();
        for side in self.links.added.iter().flat_map(sides) {
            tallies.entry(side).or_default().added += 1;
        }
        for side in self.links.removed.iter().flat_map(sides) {
            tallies.entry(side).or_default().removed += 1;
        }
        tallies
    }

    /// Stored edges of a to-one side that the set leaves alone.
    fn kept(&mut self, side: &Side) -> Result<usize, RuntimeError> {
        if self.around.inserted.contains_key(&side.entity.rt_id) {
            return Ok(0);
        }
        let direction = if side.is_origin {
            Direction::Outbound
        } else {
            Direction::Inbound
        };
        let edges = EdgeQuery {
            entities: vec![side.entity.rt_id],
            role: Some(side.role.clone()),
            direction,
        };
        let stored = self.stage.transaction.edges(&edges, &EdgePage::all())?;
        let stays = |edge: &&Association| {
            let deleted = &self.around.deleted;
            let loses_end =
                deleted.contains(&edge.origin.rt_id) || deleted.contains(&edge.target.rt_id);
            !loses_end && !self.removed.contains(&edge.key())
        };
        Ok(stored.iter().filter(stays).count())
    }
}

/// Outbound roles in which an entity of the type must have a target.
fn required_roles<'g>(graph: &'g TypeGraph, ck_type: &RtCkId) -> BTreeSet<&'g RtCkId> {
    let node = graph.type_node(ck_type);
    let outbound = node.into_iter().flat_map(|node| &node.outbound);
    outbound
        .filter(|association| association.multiplicity == Multiplicity::One)
        .map(|association| &association.role.rt_id)
        .collect()
}

fn sides(edge: &Association) -> [Side; 2] {
    let side = |entity: &EntityRef, is_origin| Side {
        entity: entity.clone(),
        role: edge.role.clone(),
        is_origin,
    };
    [side(&edge.origin, true), side(&edge.target, false)]
}

fn multiplicity(graph: &TypeGraph, side: &Side) -> Multiplicity {
    match graph.role(&side.role) {
        Some(role) if side.is_origin => role.outbound_multiplicity,
        Some(role) => role.inbound_multiplicity,
        None => Multiplicity::N,
    }
}
