//! Associations that come and go, and the rules of their roles (spec 8.1; Construction Kit 6.3).

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use octo_ck::RtCkId;
use octo_ck::TypeGraph;
use octo_ck::graph::RoleNode;
use octo_ck::model::Multiplicity;

use super::Stage;
use super::deletes::Planned as PlannedDelete;
use crate::change::{ChangeSet, LinkChange, LinkEnd};
use crate::entity::{Association, Direction, Entity, EntityRef};
use crate::error::RuntimeError;
use crate::resolve;
use crate::rt_id::RtId;
use crate::store::{EdgeQuery, WriteTransaction};

/// Edges to write.
#[derive(Default)]
pub(super) struct Links {
    pub(super) added: Vec<Association>,
    pub(super) removed: Vec<Association>,
    /// Origin, role and target of the added edges.
    keys: HashSet<(RtId, RtCkId, RtId)>,
    /// Stored entities at ends, as far as they were looked up; `None` when there is none.
    ends: HashMap<RtId, Option<EntityRef>>,
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
    /// Stored entities that the set changes.
    changed: BTreeSet<RtId>,
    /// New entities that have problems of their own.
    failed: BTreeSet<RtId>,
}

impl Surroundings<'_> {
    /// The end of a link that the set is about: problems are reported for it.
    fn subject(&self, change: &LinkChange) -> RtId {
        let ends = [change.origin.rt_id, change.target.rt_id];
        let is_ours = |id: &&RtId| {
            self.inserted.contains_key(id)
                || self.failed.contains(id)
                || self.changed.contains(id)
                || self.restored.contains(id)
        };
        *ends.iter().find(is_ours).unwrap_or(&ends[0])
    }
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
    let around = Surroundings {
        deleted: deletes.iter().map(|delete| delete.entity.rt_id).collect(),
        restored: restores.iter().map(|entity| entity.rt_id).collect(),
        changed: changes.updates.iter().map(|update| update.rt_id).collect(),
        failed: changes
            .inserts
            .iter()
            .map(|new| new.rt_id)
            .filter(|id| !inserted.contains_key(id))
            .collect(),
        inserted,
    };
    let mut links = Links::default();
    for change in &changes.unlink {
        stage.problems.about(around.subject(change));
        if let Some(edge) = removal(stage, change, &links)? {
            links.removed.push(edge);
        }
    }
    for change in &changes.link {
        stage.problems.about(around.subject(change));
        if let Some(edge) = addition(stage, change, &around, &mut links)? {
            let (origin, target) = (edge.origin.rt_id, edge.target.rt_id);
            links.keys.insert((origin, edge.role.clone(), target));
            links.added.push(edge);
        }
    }
    require_outbound(stage, inserts, &links);
    check_multiplicities(stage, &links, &around)?;
    Ok(links)
}

fn removal(
    stage: &mut Stage<'_>,
    change: &LinkChange,
    links: &Links,
) -> Result<Option<Association>, RuntimeError> {
    let (Some(origin), Some(target)) = (
        reference(stage, &change.origin),
        reference(stage, &change.target),
    ) else {
        return Ok(None);
    };
    let edge = match role_id(&change.role) {
        Some(role) => stage.transaction.edge(origin.rt_id, &role, target.rt_id)?,
        None => None,
    };
    let edge = edge.filter(|edge| links.removed.iter().all(|other| other.id != edge.id));
    if edge.is_none() {
        stage
            .problems
            .findings
            .association_missing(&change.role, &origin, &target);
    }
    Ok(edge)
}

fn addition(
    stage: &mut Stage<'_>,
    change: &LinkChange,
    around: &Surroundings<'_>,
    links: &mut Links,
) -> Result<Option<Association>, RuntimeError> {
    let origin = existing(stage, &change.origin, around, links)?;
    let target = existing(stage, &change.target, around, links)?;
    let (Some(origin), Some(target)) = (origin, target) else {
        return Ok(None);
    };
    let graph = stage.graph;
    let role = role_id(&change.role).and_then(|id| graph.role(&id));
    let Some(role) = role else {
        let target = &target.ck_type_id;
        stage
            .problems
            .findings
            .not_outbound(&origin, &change.role, target);
        return Ok(None);
    };
    if !is_allowed(stage, role, &origin, &target) {
        return Ok(None);
    }
    let edge = Association::new(origin, role.rt_id.clone(), target);
    if already_there(stage, &edge, around, links)? {
        let role = role.rt_id.to_string();
        let findings = &mut stage.problems.findings;
        findings.association_exists(&role, &edge.origin, &edge.target);
        return Ok(None);
    }
    Ok(Some(edge))
}

fn already_there(
    stage: &mut Stage<'_>,
    edge: &Association,
    around: &Surroundings<'_>,
    links: &Links,
) -> Result<bool, RuntimeError> {
    let is_same = |other: &&Association| {
        other.role == edge.role
            && other.origin.rt_id == edge.origin.rt_id
            && other.target.rt_id == edge.target.rt_id
    };
    let (origin, target) = (edge.origin.rt_id, edge.target.rt_id);
    if links.keys.contains(&(origin, edge.role.clone(), target)) {
        return Ok(true);
    }
    if around.inserted.contains_key(&origin) || around.inserted.contains_key(&target) {
        return Ok(false);
    }
    let stored = stage.transaction.edge(origin, &edge.role, target)?;
    Ok(stored.is_some() && !links.removed.iter().any(|other| is_same(&other)))
}

/// Whether the model declares the role between these types; notes the problem when not.
fn is_allowed(
    stage: &mut Stage<'_>,
    role: &RoleNode,
    origin: &EntityRef,
    target: &EntityRef,
) -> bool {
    let graph = stage.graph;
    let (Some(from), Some(to)) = (
        graph.type_node(&origin.ck_type_id),
        graph.type_node(&target.ck_type_id),
    ) else {
        return false;
    };
    let mut starts = from
        .outbound
        .iter()
        .filter(|a| a.role.rt_id == role.rt_id)
        .peekable();
    let mut ends = to
        .inbound
        .iter()
        .filter(|a| a.role.rt_id == role.rt_id)
        .peekable();
    let findings = &mut stage.problems.findings;
    let name = role.rt_id.to_string();
    if starts.peek().is_none() {
        findings.not_outbound(origin, &name, &target.ck_type_id);
        return false;
    }
    let fits_target = starts.any(|a| to.is_a(&a.target.to_runtime()));
    if ends.peek().is_none() || !fits_target {
        findings.not_inbound(origin, &name, &target.ck_type_id);
        return false;
    }
    let fits_origin = ends.any(|a| from.is_a(&a.origin.to_runtime()));
    if !fits_origin {
        findings.association_not_allowed(origin, &role.rt_id);
    }
    fits_origin
}

/// Every outbound role that must have a target gets one together with the entity.
fn require_outbound(stage: &mut Stage<'_>, inserts: &[Entity], links: &Links) {
    let present: HashSet<(RtId, &RtCkId)> = links
        .added
        .iter()
        .map(|edge| (edge.origin.rt_id, &edge.role))
        .collect();
    let mut required = HashMap::new();
    for entity in inserts {
        let graph = stage.graph;
        let roles = required
            .entry(&entity.ck_type_id)
            .or_insert_with(|| required_roles(graph, &entity.ck_type_id));
        for role in &*roles {
            if !present.contains(&(entity.rt_id, *role)) {
                stage.problems.about(entity.rt_id);
                let findings = &mut stage.problems.findings;
                findings.association_required(&entity.ck_type_id, role, Multiplicity::One);
            }
        }
    }
}

fn required_roles<'g>(graph: &'g TypeGraph, ck_type: &RtCkId) -> BTreeSet<&'g RtCkId> {
    let node = graph.type_node(ck_type);
    let outbound = node.into_iter().flat_map(|node| &node.outbound);
    outbound
        .filter(|association| association.multiplicity == Multiplicity::One)
        .map(|association| &association.role.rt_id)
        .collect()
}

/// One side of a role: an entity with its edges in one direction.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Side {
    entity: EntityRef,
    role: RtCkId,
    is_origin: bool,
}

/// After the set, to-one sides have at most one edge, and sides that must have one keep it unless
/// the entity itself goes.
fn check_multiplicities(
    stage: &mut Stage<'_>,
    links: &Links,
    around: &Surroundings<'_>,
) -> Result<(), RuntimeError> {
    let mut grown: BTreeMap<Side, usize> = BTreeMap::new();
    for side in links.added.iter().flat_map(sides) {
        *grown.entry(side).or_default() += 1;
    }
    let shrunk: BTreeSet<Side> = links.removed.iter().flat_map(sides).collect();
    for (side, added) in &grown {
        let multiplicity = multiplicity(stage.graph, side);
        if multiplicity != Multiplicity::N && kept(stage, side, links, around)? + added > 1 {
            stage.problems.about(side.entity.rt_id);
            let findings = &mut stage.problems.findings;
            findings.too_many_associations(&side.entity, &side.role, multiplicity);
        }
    }
    for side in &shrunk {
        let multiplicity = multiplicity(stage.graph, side);
        let stays = !around.deleted.contains(&side.entity.rt_id);
        let is_empty = !grown.contains_key(side);
        if multiplicity == Multiplicity::One
            && stays
            && is_empty
            && kept(stage, side, links, around)? == 0
        {
            stage.problems.about(side.entity.rt_id);
            let findings = &mut stage.problems.findings;
            findings.last_association(&side.entity, &side.role, multiplicity);
        }
    }
    Ok(())
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

/// Stored edges of a to-one side that stay.
fn kept(
    stage: &mut Stage<'_>,
    side: &Side,
    links: &Links,
    around: &Surroundings<'_>,
) -> Result<usize, RuntimeError> {
    if around.inserted.contains_key(&side.entity.rt_id) {
        return Ok(0);
    }
    let direction = if side.is_origin {
        Direction::Outbound
    } else {
        Direction::Inbound
    };
    let stored = stage.transaction.edges(&EdgeQuery {
        entities: vec![side.entity.rt_id],
        role: Some(side.role.clone()),
        direction,
    })?;
    let stays = |edge: &&Association| {
        let goes = links.removed.iter().any(|removed| removed.id == edge.id);
        let loses_end = around.deleted.contains(&edge.origin.rt_id)
            || around.deleted.contains(&edge.target.rt_id);
        !goes && !loses_end
    };
    Ok(stored.iter().filter(stays).count())
}

/// The entity at an end, as stored or as it will be; notes when there is none.
fn existing(
    stage: &mut Stage<'_>,
    end: &LinkEnd,
    around: &Surroundings<'_>,
    links: &mut Links,
) -> Result<Option<EntityRef>, RuntimeError> {
    if around.failed.contains(&end.rt_id) {
        return Ok(None);
    }
    let Some(asked) = reference(stage, end) else {
        return Ok(None);
    };
    let found = match around.inserted.get(&end.rt_id) {
        Some(entity) => Some(entity.entity_ref()),
        None if around.deleted.contains(&end.rt_id) => None,
        None => stored_end(stage, end.rt_id, around, links)?,
    };
    let graph = stage.graph;
    let found = found.filter(|found| resolve::is_a(graph, &found.ck_type_id, &asked.ck_type_id));
    if found.is_none() {
        stage.problems.findings.entity_missing(&asked.to_string());
    }
    Ok(found)
}

/// An end in the store; many links of a set often share one.
fn stored_end(
    stage: &mut Stage<'_>,
    rt_id: RtId,
    around: &Surroundings<'_>,
    links: &mut Links,
) -> Result<Option<EntityRef>, RuntimeError> {
    if let Some(known) = links.ends.get(&rt_id) {
        return Ok(known.clone());
    }
    let stored = stage.transaction.entity(rt_id)?;
    let end = stored
        .filter(|entity| !entity.is_archived() || around.restored.contains(&entity.rt_id))
        .map(|entity| entity.entity_ref());
    links.ends.insert(rt_id, end.clone());
    Ok(end)
}

fn reference(stage: &mut Stage<'_>, end: &LinkEnd) -> Option<EntityRef> {
    let node = stage.problems.find_type(stage.graph, &end.ck_type)?;
    Some(EntityRef::new(node.rt_id.clone(), end.rt_id))
}

fn role_id(text: &str) -> Option<RtCkId> {
    text.trim().parse().ok()
}
