//! Which models of a tenant resolve, and the types of those (spec, Construction Kit 9.2).

use std::sync::Arc;

use octo_ck::dependencies::missing_dependencies;
use octo_ck::{CkModelId, TypeGraph};

use super::{Graphs, Models, Present, by_dependency};
use crate::error::RuntimeError;
use crate::store::ModelState;

/// Decides which models resolve and builds their types; `required` must be among them.
pub(super) fn settle(
    graphs: &Graphs,
    models: &mut Models,
    required: &[CkModelId],
) -> Result<Arc<TypeGraph>, RuntimeError> {
    for present in models.values_mut() {
        present.state = ModelState::Available;
    }
    drop_unresolved(models, required)?;
    match graphs.graph(models) {
        Ok(graph) => Ok(graph),
        Err(_) => settle_one_by_one(graphs, models, required),
    }
}

/// Some model does not fit. If it is one of the required ones the import fails with its problems;
/// otherwise the ones that do not fit are left out.
fn settle_one_by_one(
    graphs: &Graphs,
    models: &mut Models,
    required: &[CkModelId],
) -> Result<Arc<TypeGraph>, RuntimeError> {
    let needed = closure(models, required);
    let mut waiting = Vec::new();
    for (name, present) in std::mem::take(models) {
        if needed.contains(&present.model.model_id) {
            models.insert(name, present);
        } else {
            waiting.push((name, present));
        }
    }
    let mut graph = graphs
        .graph(models)
        .map_err(|diagnostics| rejected(required, diagnostics.to_string()))?;
    let waiting = by_dependency(waiting, |(_, present): &(String, Present)| &present.model);
    for (name, mut present) in waiting {
        let has_dependencies = missing(models, &present).is_empty();
        models.insert(name.clone(), present.clone());
        match graphs.graph(models) {
            Ok(larger) if has_dependencies && present.is_available() => graph = larger,
            _ => {
                present.state = ModelState::ResolveFailed;
                models.insert(name, present);
            }
        }
    }
    Ok(graph)
}

/// The required models and all they need.
fn closure(models: &Models, required: &[CkModelId]) -> Vec<CkModelId> {
    let mut needed = required.to_vec();
    let mut at = 0;
    while let Some(id) = needed.get(at) {
        let present = models.get(id.name());
        let dependencies = present.map(|present| present.model.dependencies.clone());
        for dependency in dependencies.into_iter().flatten() {
            if !needed.contains(&dependency) {
                needed.push(dependency);
            }
        }
        at += 1;
    }
    needed
}

/// Marks models whose dependencies are not there, and models that need those, and so on.
fn drop_unresolved(models: &mut Models, required: &[CkModelId]) -> Result<(), RuntimeError> {
    let mut problems = Vec::new();
    loop {
        let mut unresolved = Vec::new();
        for (name, present) in models.iter().filter(|(_, present)| present.is_available()) {
            let missing = missing(models, present);
            if missing.is_empty() {
                continue;
            }
            if required.contains(&present.model.model_id) {
                problems.extend(missing);
            }
            unresolved.push(name.clone());
        }
        if unresolved.is_empty() {
            break;
        }
        for name in unresolved {
            if let Some(present) = models.get_mut(&name) {
                present.state = ModelState::ResolveFailed;
            }
        }
    }
    if problems.is_empty() {
        Ok(())
    } else {
        Err(rejected(required, problems.join("\n")))
    }
}

/// What a model needs and does not find, in words.
fn missing(models: &Models, present: &Present) -> Vec<String> {
    let available = models.values().filter(|other| other.is_available());
    let available: Vec<&CkModelId> = available.map(|other| &other.model.model_id).collect();
    let missing = missing_dependencies(&present.model, available);
    missing.iter().map(ToString::to_string).collect()
}

fn rejected(required: &[CkModelId], problems: String) -> RuntimeError {
    let names: Vec<String> = required.iter().map(ToString::to_string).collect();
    RuntimeError::ModelRejected {
        model: names.join("', '"),
        problems,
    }
}
