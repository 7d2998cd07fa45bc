//! Models that services bring along (spec, Construction Kit 9.2 and System models 2).
//!
//! Every tenant has `System`. Others come when a service sets the tenant up or somebody turns the
//! service on; whoever has one gets the version of this program when the tenant is opened. Because
//! they name exact versions of each other, all of them change in one step, data included. If that
//! fails the tenant keeps what it has, so that it can still be reached and repaired.

use octo_ck::{CompiledModel, builtin};
use std::collections::BTreeMap;
use std::sync::Arc;

use crate::error::RuntimeError;
use crate::models::InstalledModel;
use crate::tenant::Tenant;

/// Brings the models of services a tenant has to the version of this program.
pub(super) async fn bring_up_to_date(tenant: &Tenant) -> Result<(), RuntimeError> {
    let stale = stale(&tenant.models().await?);
    if stale.is_empty() {
        return Ok(());
    }
    match tenant.import_models(stale).await {
        Ok(import) => {
            for id in import.imported {
                tracing::info!(tenant = %tenant.id(), model = %id, "installed a model of the platform");
            }
            for id in import.broken {
                tracing::warn!(tenant = %tenant.id(), model = %id, "a model needs older models than those of the platform; install a newer version of it");
            }
            Ok(())
        }
        Err(error) if tenant.model("System").is_some() => {
            tracing::error!(tenant = %tenant.id(), %error, "the models of the platform could not be brought up to date");
            Ok(())
        }
        Err(error) => Err(error),
    }
}

/// The models to install, with all they need.
fn stale(installed: &[InstalledModel]) -> Vec<Arc<CompiledModel>> {
    let present = |name: &str| installed.iter().find(|model| model.id.name() == name);
    let names = installed.iter().map(|model| model.id.name().to_owned());
    let mut open: Vec<String> = names.chain(["System".to_owned()]).collect();
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
