//! Models that services bring along (spec, Construction Kit 9.2 and System models 2).
//!
//! Every tenant has `System`. Others come when a service sets the tenant up or somebody turns the
//! service on. Because they name exact versions of each other, all of them change in one step.

use std::collections::BTreeMap;
use std::sync::Arc;

use octo_ck::{CompiledModel, builtin};

use super::InstalledModel;

/// The models of services to install so that `System`, the `wanted` ones and all a tenant has are there
/// in the version of this program, with all they need.
pub(crate) fn stale(installed: &[InstalledModel], wanted: &[&str]) -> Vec<Arc<CompiledModel>> {
    let present = |name: &str| installed.iter().find(|model| model.id.name() == name);
    let names = installed.iter().map(|model| model.id.name());
    let mut open: Vec<String> = names
        .chain(["System"])
        .chain(wanted.iter().copied())
        .map(str::to_owned)
        .collect();
    let mut stale = BTreeMap::new();
    while let Some(name) = open.pop() {
        let Some(model) = builtin::named(&name) else {
            continue;
        };
        let is_current = present(&name).is_some_and(|present| present.id == model.model_id);
        if !is_current && !stale.contains_key(&name) {
            open.extend(model.dependencies.iter().map(|id| id.name().to_owned()));
            stale.insert(name, model);
        }
    }
    stale.into_values().collect()
}
