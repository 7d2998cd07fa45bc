//! Construction Kit models of a tenant: loading, importing, replacing (spec, Construction Kit 9).
//!
//! A tenant holds at most one version per model name. Every model names the exact versions of the
//! models it was compiled against; a model whose dependencies are not all there is kept but takes
//! no part in the types ([`ModelState::ResolveFailed`]) until they are: after every import all models
//! are looked at again.
//!
//! An import is one transaction. The models are exchanged, the data follows (see
//! [`migration`](crate::migration)), the indexes are made anew; if any of it fails, nothing happened.

use std::collections::BTreeMap;
use std::sync::Arc;

use octo_ck::migration::{Installed as Versions, keeps_installed};
use octo_ck::{CkModelId, CkVersion, CompiledModel, TypeGraph};

use crate::error::RuntimeError;
use crate::migration::upgrade::{Done, Upgrade, Upgrades};
use crate::migration::{MigrationResult, UpgradeOptions, history};
use crate::store::{EntityStore, ModelState, StoreError, StoredModel, rehearse, transact};
use crate::tenant_id::TenantId;

mod extensions;
mod graphs;
mod indexes;
pub(crate) mod services;
mod settle;

pub use extensions::EnumChange;
pub(crate) use graphs::Graphs;

/// A model of a tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstalledModel {
    /// Name and version.
    pub id: CkModelId,
    /// Whether it takes part in the types.
    pub state: ModelState,
    /// What it is for.
    pub description: Option<String>,
    /// Exact versions of the models it needs.
    pub dependencies: Vec<CkModelId>,
}

/// What an import did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ModelImport {
    /// Models that are new or replace another version.
    pub imported: Vec<CkModelId>,
    /// Models that were there already in exactly this version.
    pub unchanged: Vec<CkModelId>,
    /// Installed models that stay, because they are newer than the ones given and belong to a
    /// service that may not go back.
    pub kept: Vec<CkModelId>,
    /// Other models that no longer resolve, because a model they need was replaced.
    pub broken: Vec<CkModelId>,
    /// Other models that resolve again.
    pub restored: Vec<CkModelId>,
    /// How the data followed, one result per model with data of another version.
    pub migrations: Vec<MigrationResult>,
    /// What else is worth knowing.
    pub warnings: Vec<String>,
}

/// A model in a store.
#[derive(Debug, Clone)]
struct Present {
    model: Arc<CompiledModel>,
    state: ModelState,
    /// The model as stored.
    document: Arc<str>,
}

impl Present {
    fn is_available(&self) -> bool {
        self.state == ModelState::Available
    }
}

/// Models by name.
type Models = BTreeMap<String, Present>;

/// Where the models of a tenant are and what they are read with.
#[derive(Clone, Copy)]
pub(crate) struct Site<'a> {
    pub(crate) tenant: &'a TenantId,
    pub(crate) store: &'a dyn EntityStore,
    pub(crate) graphs: &'a Graphs,
}

/// The types of the models in a store. Models that do not fit together any more, because this
/// program is stricter than the one that stored them, are left out.
pub(crate) async fn load_graph(site: Site<'_>) -> Result<Arc<TypeGraph>, RuntimeError> {
    let mut models = read(site).await?;
    match site.graphs.graph(&models) {
        Ok(graph) => Ok(graph),
        Err(diagnostics) => {
            tracing::error!(tenant = %site.tenant, %diagnostics, "some models no longer fit");
            settle::settle(site.graphs, &mut models, &[])
        }
    }
}

/// All models in a store, ordered by name.
pub(crate) async fn installed(site: Site<'_>) -> Result<Vec<InstalledModel>, RuntimeError> {
    let models = read(site).await?;
    Ok(models
        .into_values()
        .map(|Present { model, state, .. }| InstalledModel {
            id: model.model_id.clone(),
            state,
            description: model.description.clone(),
            dependencies: model.dependencies.clone(),
        })
        .collect())
}

/// Adds or replaces models; all or nothing. Returns the new types.
pub(crate) async fn import(
    site: Site<'_>,
    former: Arc<TypeGraph>,
    incoming: Vec<Arc<CompiledModel>>,
    options: UpgradeOptions,
) -> Result<(ModelImport, Arc<TypeGraph>), RuntimeError> {
    let before = read(site).await?;
    let mut report = ModelImport::default();
    let mut after = before.clone();
    let mut upgraded = Vec::with_capacity(incoming.len());
    for model in incoming {
        let name = model.model_id.name().to_owned();
        let present = before.get(&name);
        let installed = present.map(|present| present.model.model_id.clone());
        match present {
            Some(present) if present.is_available() && present.model.model_id == model.model_id => {
                report.unchanged.push(model.model_id.clone());
                // Its migration may still be open, and its scripts are those of the given one.
                upgraded.push(model);
            }
            Some(present) if keeps_installed(&model.model_id, present.model.model_id.version()) => {
                report.kept.extend(installed);
            }
            present => {
                let present = present.map(|present| present.model.as_ref());
                let model = extensions::keep(model, present, &mut report.warnings);
                report.imported.push(model.model_id.clone());
                upgraded.push(Arc::clone(&model));
                after.insert(name, available(model)?);
            }
        }
    }
    let graph = settle::settle(site.graphs, &mut after, &report.imported)?;
    compare_states(&before, &after, &mut report);
    let upgrades = Upgrades {
        tenant: site.tenant.clone(),
        upgrades: plan(site, &former, &before, upgraded).await?,
        former,
        graph: Arc::clone(&graph),
        options,
    };
    let changed: Vec<StoredModel> = after
        .iter()
        .filter(|(name, now)| before.get(*name).is_none_or(|before| differs(before, now)))
        .map(|(name, now)| stored(name, now))
        .collect();
    if !changed.is_empty() || !upgrades.upgrades.is_empty() {
        let done = exchange(site.store, changed, upgrades).await?;
        report.migrations = done.results;
        report.warnings.extend(done.warnings);
    }
    Ok((report, graph))
}

/// What is to be done about the data, dependencies first.
async fn plan(
    site: Site<'_>,
    former: &Arc<TypeGraph>,
    before: &Models,
    models: Vec<Arc<CompiledModel>>,
) -> Result<Vec<Upgrade>, RuntimeError> {
    let names: Vec<&str> = models.iter().map(|model| model.model_id.name()).collect();
    let recorded = history::versions(site.store, former, &names).await?;
    let versions = |model: &CompiledModel| {
        let name = model.model_id.name();
        let schema = before
            .get(name)
            .map(|present| present.model.model_id.version());
        let history: Option<CkVersion> = recorded.get(name).copied();
        Versions { history, schema }
    };
    let ordered = by_dependency(models, |model| model);
    let upgrades = ordered
        .iter()
        .filter_map(|model| Upgrade::new(model, versions(model)));
    Ok(upgrades.collect())
}

/// Each model after those it needs.
fn by_dependency<T>(mut waiting: Vec<T>, model: impl Fn(&T) -> &CompiledModel) -> Vec<T> {
    let mut placed: Vec<T> = Vec::with_capacity(waiting.len());
    while !waiting.is_empty() {
        let names: Vec<String> = waiting
            .iter()
            .map(|item| model(item).model_id.name().to_owned())
            .collect();
        let waits = |item: &T| {
            let mut needed = model(item).dependencies.iter();
            needed.any(|id| names.iter().any(|name| name == id.name()))
        };
        let (later, ready): (Vec<T>, Vec<T>) = waiting.into_iter().partition(waits);
        if ready.is_empty() {
            // They need each other, so no order is right.
            placed.extend(later);
            break;
        }
        placed.extend(ready);
        waiting = later;
    }
    placed
}

/// Stores models and lets the data follow, in one transaction.
async fn exchange(
    store: &dyn EntityStore,
    changed: Vec<StoredModel>,
    upgrades: Upgrades,
) -> Result<Done, RuntimeError> {
    let reading = Arc::new(upgrades.reading());
    let types = Arc::clone(&reading);
    let indexes = indexes::of(&upgrades.graph);
    let is_rehearsal = upgrades.options.dry_run;
    let work = move |transaction: &mut dyn crate::store::WriteTransaction| {
        for model in &changed {
            transaction.put_model(model)?;
        }
        let done = upgrades.run(transaction, &reading)?;
        transaction.set_indexes(&indexes)?;
        Ok::<_, RuntimeError>(done)
    };
    if is_rehearsal {
        rehearse(store, types, work).await
    } else {
        transact(store, types, work).await
    }
}

/// Adds and removes values of an enum; returns the new types.
pub(crate) async fn extend_enum(
    site: Site<'_>,
    former: &TypeGraph,
    ck_enum: &str,
    changes: &[EnumChange],
) -> Result<Arc<TypeGraph>, RuntimeError> {
    let mut models = read(site).await?;
    let model = extensions::extend(former, &models, ck_enum, changes)?;
    let name = model.model_id.name().to_owned();
    let id = model.model_id.clone();
    models.insert(name.clone(), available(model)?);
    let graph = settle::settle(site.graphs, &mut models, &[id])?;
    let model = models.get(&name).map(|present| stored(&name, present));
    transact::<(), RuntimeError>(site.store, Arc::clone(&graph), move |transaction| {
        model
            .iter()
            .try_for_each(|model| transaction.put_model(model))
            .map_err(RuntimeError::from)
    })
    .await?;
    Ok(graph)
}

fn compare_states(before: &Models, after: &Models, report: &mut ModelImport) {
    for (name, now) in after {
        let id = &now.model.model_id;
        match (before.get(name).map(|before| before.state), now.state) {
            _ if report.imported.contains(id) => {}
            (Some(ModelState::Available), ModelState::ResolveFailed) => {
                report.broken.push(id.clone());
            }
            (Some(ModelState::ResolveFailed | ModelState::Importing), ModelState::Available) => {
                report.restored.push(id.clone());
            }
            _ => {}
        }
    }
}

fn differs(before: &Present, now: &Present) -> bool {
    before.state != now.state || before.document != now.document
}

async fn read(site: Site<'_>) -> Result<Models, StoreError> {
    let models = site.store.models().await?.into_iter();
    models
        .map(|stored| {
            let document: Arc<str> = stored.document.into();
            let model = site.graphs.model(&document);
            let model = model.map_err(|error| StoreError::Corrupt {
                what: format!("model {}", stored.name),
                message: error.to_string(),
            })?;
            let present = Present {
                model,
                state: stored.state,
                document,
            };
            Ok((stored.name, present))
        })
        .collect()
}

fn available(model: Arc<CompiledModel>) -> Result<Present, RuntimeError> {
    let document = serde_json::to_string(&*model).map_err(|error| StoreError::Failed {
        operation: "store model",
        message: error.to_string(),
    })?;
    Ok(Present {
        model,
        state: ModelState::Available,
        document: document.into(),
    })
}

fn stored(name: &str, present: &Present) -> StoredModel {
    StoredModel {
        name: name.to_owned(),
        state: present.state,
        document: present.document.to_string(),
    }
}
