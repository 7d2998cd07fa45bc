//! Changes to stored entities.

use octo_ck::graph::TypeNode;

use super::assign::{self, Draft};
use super::complete::Completion;
use super::stored::{self, Named};
use super::{Stage, binaries, bounds, display};
use crate::change::UpdateEntity;
use crate::entity::Entity;
use crate::error::RuntimeError;
use crate::store::{EntityPatch, WriteTransaction};
use crate::value::BinaryInfo;
use crate::value::coerce::{Coercion, Slot};
use crate::value::composite::undefined;

/// A change ready to be written.
pub(super) struct Planned {
    /// The entity as it will be.
    pub(super) after: Entity,
    /// Files its values refer to until now.
    pub(super) binaries_before: Vec<BinaryInfo>,
    patch: EntityPatch,
}

pub(super) fn plan(
    stage: &mut Stage<'_>,
    updates: &[UpdateEntity],
    named: &mut Named,
) -> Result<Vec<Planned>, RuntimeError> {
    let mut planned = Vec::with_capacity(updates.len());
    for update in updates {
        let Some((node, stored)) = load(stage, update)? else {
            continue;
        };
        if !named.add(stage, &stored) {
            continue;
        }
        stage
            .problems
            .check_version(update.expected_version, &stored);
        planned.push(change(stage, &node, stored, update));
    }
    Ok(planned)
}

/// Writes the changes and returns the entities as stored now.
pub(super) fn write(
    transaction: &mut dyn WriteTransaction,
    planned: Vec<Planned>,
) -> Result<Vec<Entity>, RuntimeError> {
    planned
        .into_iter()
        .map(|Planned { after, patch, .. }| {
            transaction.patch(&patch)?;
            Ok(after)
        })
        .collect()
}

type Loaded = Option<(std::sync::Arc<TypeNode>, Entity)>;

fn load(stage: &mut Stage<'_>, update: &UpdateEntity) -> Result<Loaded, RuntimeError> {
    let graph = stage.graph;
    stage.problems.about(update.rt_id);
    let Some(asked) = stage.problems.find_type(graph, &update.ck_type) else {
        return Ok(None);
    };
    if asked.is_abstract {
        stage.problems.findings.type_abstract(&asked.rt_id);
        return Ok(None);
    }
    let stored = stored::find_active(stage, &update.ck_type, update.rt_id)?;
    Ok(stored.and_then(|entity| {
        let node = graph.type_node(&entity.ck_type_id)?;
        Some((std::sync::Arc::clone(node), entity))
    }))
}

fn change(
    stage: &mut Stage<'_>,
    node: &TypeNode,
    stored: Entity,
    update: &UpdateEntity,
) -> Planned {
    let binaries_before = binaries::infos(&stored.attributes);
    let mut after = stored;
    let touched = values(stage, node, &mut after, update);
    after.version = after.version.saturating_add(1);
    after.changed = stage.now;
    let mut patch = EntityPatch::touch(after.rt_id, after.version, after.changed);
    for name in &touched.attributes {
        match after.attributes.get(name) {
            Some(value) => {
                patch.set.insert(name, value.clone());
            }
            None => patch.clear.push(name.clone()),
        }
    }
    if touched.well_known_name {
        patch.well_known_name = Some(after.well_known_name.clone());
    }
    let rule = node.display_name_rule.as_deref();
    if display::depends_on(rule, &touched.attributes) {
        after.display_name = display::name(stage.graph, node, &after.attributes);
        patch.display_name = Some(after.display_name.clone());
    }
    let rule = node.display_description_rule.as_deref();
    if display::depends_on(rule, &touched.attributes) {
        after.display_description = display::description(stage.graph, node, &after.attributes);
        patch.display_description = Some(after.display_description.clone());
    }
    Planned {
        after,
        binaries_before,
        patch,
    }
}

/// Applies the new values to `after`.
fn values(
    stage: &mut Stage<'_>,
    node: &TypeNode,
    after: &mut Entity,
    update: &UpdateEntity,
) -> assign::Touched {
    let mut coercion = stage.coercion();
    let mut touched = direct(node, after, update, &mut coercion);
    let mut draft = Draft {
        attributes: &mut after.attributes,
        well_known_name: &mut after.well_known_name,
    };
    let assigned = assign::apply(
        &mut draft,
        node,
        stage.graph,
        &update.assignments,
        &mut coercion,
    );
    touched.attributes.extend(assigned.attributes);
    touched.attributes.sort();
    touched.attributes.dedup();
    touched.well_known_name |= assigned.well_known_name;
    if coercion.is_clean() {
        complete(stage, node, after, &touched.attributes, &mut coercion);
    }
    stage.problems.values(coercion.finish());
    let owner = after.entity_ref().to_string();
    bounds::check(&mut stage.problems, &owner, &after.attributes);
    touched
}

/// Values set from code.
fn direct(
    node: &TypeNode,
    after: &mut Entity,
    update: &UpdateEntity,
    coercion: &mut Coercion<'_>,
) -> assign::Touched {
    let mut touched = assign::Touched::default();
    if let Some(name) = &update.well_known_name {
        after.well_known_name.clone_from(name);
        touched.well_known_name = true;
    }
    for (name, value) in &update.set {
        let Some(attribute) = node.attribute(name) else {
            coercion.problem(undefined(name, "type", &node.rt_id, &node.attributes));
            continue;
        };
        touched.attributes.push(attribute.name.clone());
        match value {
            None => {
                after.attributes.remove(&attribute.name);
            }
            Some(value) => {
                let slot = Slot::of(attribute);
                let value = coercion.conform(value.clone(), &slot, &attribute.camel_name);
                if let Some(value) = value {
                    after.attributes.insert(&attribute.name, value);
                }
            }
        }
    }
    touched
}

/// Mandatory attributes stay, and records inside touched attributes are complete.
fn complete<'g>(
    stage: &mut Stage<'g>,
    node: &TypeNode,
    after: &mut Entity,
    touched: &[String],
    coercion: &mut Coercion<'g>,
) {
    let owner = after.entity_ref().to_string();
    let touched = touched.iter().filter_map(|name| node.attribute(name));
    for attribute in touched {
        if !attribute.is_optional && !after.attributes.contains(&attribute.name) {
            stage
                .problems
                .findings
                .mandatory_cleared(&attribute.name, &owner);
        }
        Completion {
            graph: stage.graph,
            coercion: &mut *coercion,
            findings: &mut stage.problems.findings,
            optional_defaults: false,
        }
        .inside(&mut after.attributes, attribute, &owner);
    }
}
