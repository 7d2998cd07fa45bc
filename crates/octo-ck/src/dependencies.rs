//! Dependencies between compiled models: which are missing, and in which order to load.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::diagnostics::{Code, Diagnostics, Position};
use crate::id::CkModelId;
use crate::model::CompiledModel;

/// A dependency that is not there in the exact version a compiled model pins.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.text())]
pub struct MissingDependency {
    /// The model that needs it.
    pub needed_by: CkModelId,
    /// What it needs.
    pub needed: CkModelId,
    /// The version of the needed model that is there instead.
    pub present: Option<CkModelId>,
}

impl MissingDependency {
    fn text(&self) -> String {
        let Self {
            needed_by,
            needed,
            present,
        } = self;
        match present {
            None => format!(
                "Model '{needed_by}' depends on '{needed}', which is not there: import '{needed}' first."
            ),
            Some(present) => format!(
                "Model '{needed_by}' was compiled against '{needed}' but '{present}' is installed. \
                 Use a build of '{}' made for '{present}', or install '{needed}'.",
                needed_by.name()
            ),
        }
    }
}

/// The dependencies of `model` that `installed` does not offer in the exact version.
pub fn missing_dependencies<'a>(
    model: &CompiledModel,
    installed: impl IntoIterator<Item = &'a CkModelId>,
) -> Vec<MissingDependency> {
    let by_name: BTreeMap<&str, &CkModelId> =
        installed.into_iter().map(|id| (id.name(), id)).collect();
    let present = |needed: &CkModelId| by_name.get(needed.name()).map(|id| (*id).clone());
    model
        .dependencies
        .iter()
        .filter(|needed| present(needed).as_ref() != Some(*needed))
        .map(|needed| MissingDependency {
            needed_by: model.model_id.clone(),
            needed: needed.clone(),
            present: present(needed),
        })
        .collect()
}

/// The models in an order in which each comes after its dependencies, otherwise by name.
///
/// # Errors
/// Two versions of one model (66), dependencies that are not in the set in the exact version (1)
/// and models that depend on each other in a circle (10), all at once.
pub fn load_order(
    models: impl IntoIterator<Item = Arc<CompiledModel>>,
) -> Result<Vec<Arc<CompiledModel>>, Diagnostics> {
    let mut diagnostics = Diagnostics::default();
    let mut waiting = by_name(models, &mut diagnostics);
    check_presence(&waiting, &mut diagnostics);
    let known: BTreeSet<Arc<str>> = waiting.keys().cloned().collect();
    let mut placed: BTreeSet<Arc<str>> = BTreeSet::new();
    let mut ordered = Vec::with_capacity(waiting.len());
    loop {
        let is_ready = |model: &CompiledModel| {
            model
                .dependencies
                .iter()
                .all(|needed| placed.contains(needed.name()) || !known.contains(needed.name()))
        };
        let ready: Vec<Arc<str>> = waiting
            .iter()
            .filter(|(_, model)| is_ready(model))
            .map(|(name, _)| name.clone())
            .collect();
        if ready.is_empty() {
            break;
        }
        for name in ready {
            ordered.extend(waiting.remove(&name));
            placed.insert(name);
        }
    }
    for model in waiting.values() {
        diagnostics.report(
            Code::CircularDependency,
            &Position::whole(&model.model_id.to_string()),
            format!(
                "Model '{}' is part of, or needs, a circle of dependencies: remove one of its dependencies.",
                model.model_id
            ),
        );
    }
    if diagnostics.has_errors() {
        Err(diagnostics)
    } else {
        Ok(ordered)
    }
}

fn by_name(
    models: impl IntoIterator<Item = Arc<CompiledModel>>,
    diagnostics: &mut Diagnostics,
) -> BTreeMap<Arc<str>, Arc<CompiledModel>> {
    let mut found: BTreeMap<Arc<str>, Arc<CompiledModel>> = BTreeMap::new();
    for model in models {
        let name: Arc<str> = model.model_id.name().into();
        if let Some(other) = found.get(&name) {
            diagnostics.report(
                Code::SeveralModelVersions,
                &Position::whole(&model.model_id.to_string()),
                format!(
                    "Both '{}' and '{}' are given: keep one version of each model.",
                    other.model_id, model.model_id
                ),
            );
        } else {
            found.insert(name, model);
        }
    }
    found
}

fn check_presence(models: &BTreeMap<Arc<str>, Arc<CompiledModel>>, diagnostics: &mut Diagnostics) {
    for model in models.values() {
        let at = Position::whole(&model.model_id.to_string());
        let installed = models.values().map(|m| &m.model_id);
        for missing in missing_dependencies(model, installed) {
            diagnostics.report(Code::UnknownModel, &at, missing.to_string());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn model(id: &str, dependencies: &[&str]) -> Arc<CompiledModel> {
        Arc::new(CompiledModel {
            dependencies: dependencies.iter().map(|d| d.parse().unwrap()).collect(),
            ..CompiledModel::empty(id.parse().unwrap())
        })
    }

    fn codes(result: Result<Vec<Arc<CompiledModel>>, Diagnostics>) -> Vec<u16> {
        result.unwrap_err().iter().map(|d| d.code).collect()
    }

    #[test]
    fn dependencies_come_first() {
        let order = load_order([
            model("A-1", &["C-1", "B-1"]),
            model("B-1", &["C-1"]),
            model("C-1", &[]),
        ])
        .unwrap();
        let names: Vec<_> = order.iter().map(|m| m.model_id.name()).collect();
        assert_eq!(names, ["C", "B", "A"]);
    }

    #[test]
    fn all_problems_are_reported_at_once() {
        assert_eq!(
            codes(load_order([
                model("A-1", &["B-1", "X-1"]),
                model("A-2", &[]),
                model("B-1", &["A-1"]),
                model("C-1", &["B-2"]),
            ])),
            [66, 1, 1, 10, 10, 10]
        );
    }

    #[test]
    fn a_wrong_version_is_named() {
        let missing = missing_dependencies(
            &model("A-1", &["B-2"]),
            &["B-1.5".parse::<CkModelId>().unwrap()],
        );
        assert!(missing[0].to_string().contains("'B-1.5.0' is installed"));
    }
}
