//! Construction Kit models of a tenant: loading, importing, replacing (spec, Construction Kit 9).
//!
//! A tenant holds at most one version per model name. Every model names the exact versions of the
//! models it was compiled against; a model whose dependencies are not all there is kept but takes
//! no part in the types ([`ModelState::ResolveFailed`]) until they are.

use std::collections::BTreeMap;
use std::sync::Arc;

use octo_ck::dependencies::missing_dependencies;
use octo_ck::model::{CkEnum, CkIndex, IndexType};
use octo_ck::{CkModelId, CompiledModel, TypeGraph};

use crate::error::RuntimeError;
use crate::resolve;
use crate::store::{EntityStore, IndexDefinition, ModelState, StoreError, StoredModel, transact};

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
    /// Other models that no longer resolve, because a model they need was replaced.
    pub broken: Vec<CkModelId>,
    /// Other models that resolve again.
    pub restored: Vec<CkModelId>,
}

type Installed = BTreeMap<String, (Arc<CompiledModel>, ModelState)>;

/// The types of the models in a store.
pub(crate) async fn load_graph(store: &dyn EntityStore) -> Result<Arc<TypeGraph>, RuntimeError> {
    let models = read(store).await?;
    let available = models
        .into_values()
        .filter(|(_, state)| *state == ModelState::Available)
        .map(|(model, _)| model);
    let graph = TypeGraph::build(available).map_err(|diagnostics| StoreError::Corrupt {
        what: "models".to_owned(),
        message: diagnostics.to_string(),
    })?;
    Ok(Arc::new(graph))
}

/// All models in a store, ordered by name.
pub(crate) async fn installed(
    store: &dyn EntityStore,
) -> Result<Vec<InstalledModel>, RuntimeError> {
    let models = read(store).await?;
    Ok(models
        .into_values()
        .map(|(model, state)| InstalledModel {
            id: model.model_id.clone(),
            state,
            description: model.description.clone(),
            dependencies: model.dependencies.clone(),
        })
        .collect())
}

/// Adds or replaces models; all or nothing. Returns the new types.
pub(crate) async fn import(
    store: &dyn EntityStore,
    incoming: Vec<Arc<CompiledModel>>,
) -> Result<(ModelImport, Arc<TypeGraph>), RuntimeError> {
    let before = read(store).await?;
    let mut report = ModelImport::default();
    let mut after = before.clone();
    for model in incoming {
        let name = model.model_id.name().to_owned();
        match before.get(&name) {
            Some((present, ModelState::Available)) if present.model_id == model.model_id => {
                report.unchanged.push(model.model_id.clone());
            }
            present => {
                let model = keep_extensions(model, present.map(|(model, _)| model.as_ref()));
                report.imported.push(model.model_id.clone());
                after.insert(name, (model, ModelState::Available));
            }
        }
    }
    let graph = settle(&mut after, &report.imported)?;
    compare_states(&before, &after, &mut report);
    let changed: Vec<StoredModel> = after
        .iter()
        .filter(|(name, now)| before.get(*name) != Some(*now))
        .map(|(name, (model, state))| stored(name, model, *state))
        .collect::<Result<_, _>>()?;
    if !changed.is_empty() {
        let indexes = indexes(&graph);
        transact::<(), RuntimeError>(store, Arc::clone(&graph), move |transaction| {
            for model in &changed {
                transaction.put_model(model)?;
            }
            transaction.set_indexes(&indexes)?;
            Ok(())
        })
        .await?;
    }
    Ok((report, graph))
}

/// Decides which models resolve and builds their types; `required` must be among them.
fn settle(models: &mut Installed, required: &[CkModelId]) -> Result<Arc<TypeGraph>, RuntimeError> {
    for (_, state) in models.values_mut() {
        *state = ModelState::Available;
    }
    drop_unresolved(models, required)?;
    match TypeGraph::build(available(models)) {
        Ok(graph) => Ok(Arc::new(graph)),
        Err(_) => settle_one_by_one(models, required),
    }
}

// Some model does not fit. If it is one of the required ones the import fails with its problems;
// otherwise the ones that do not fit are left out.
fn settle_one_by_one(
    models: &mut Installed,
    required: &[CkModelId],
) -> Result<Arc<TypeGraph>, RuntimeError> {
    let candidates = std::mem::take(models);
    let is_required = |model: &CompiledModel| required.contains(&model.model_id);
    let mut needed: Vec<CkModelId> = required.to_vec();
    for (model, _) in candidates.values().filter(|(model, _)| is_required(model)) {
        needed.extend(model.dependencies.iter().cloned());
    }
    let (first, rest): (Vec<_>, Vec<_>) = candidates
        .into_iter()
        .partition(|(_, (model, _))| needed.contains(&model.model_id));
    models.extend(first);
    let mut graph = TypeGraph::build(available(models))
        .map_err(|diagnostics| rejected(required, diagnostics.to_string()))?;
    for (name, (model, state)) in rest {
        models.insert(name.clone(), (Arc::clone(&model), state));
        match TypeGraph::build(available(models)) {
            Ok(larger) => graph = larger,
            Err(_) => {
                models.insert(name, (model, ModelState::ResolveFailed));
            }
        }
    }
    Ok(Arc::new(graph))
}

/// Marks models whose dependencies are not there, and models that need those, and so on.
fn drop_unresolved(models: &mut Installed, required: &[CkModelId]) -> Result<(), RuntimeError> {
    let mut problems = Vec::new();
    loop {
        let present: Vec<CkModelId> = available(models).map(|m| m.model_id.clone()).collect();
        let mut unresolved = Vec::new();
        for model in available(models) {
            let missing = missing_dependencies(&model, &present);
            if missing.is_empty() {
                continue;
            }
            if required.contains(&model.model_id) {
                problems.extend(missing.iter().map(ToString::to_string));
            }
            unresolved.push(model.model_id.name().to_owned());
        }
        if unresolved.is_empty() {
            break;
        }
        for name in unresolved {
            if let Some((_, state)) = models.get_mut(&name) {
                *state = ModelState::ResolveFailed;
            }
        }
    }
    if problems.is_empty() {
        Ok(())
    } else {
        Err(rejected(required, problems.join("\n")))
    }
}

fn rejected(required: &[CkModelId], problems: String) -> RuntimeError {
    let names: Vec<String> = required.iter().map(ToString::to_string).collect();
    RuntimeError::ModelRejected {
        model: names.join("', '"),
        problems,
    }
}

fn available(models: &Installed) -> impl Iterator<Item = Arc<CompiledModel>> {
    models
        .values()
        .filter(|(_, state)| *state == ModelState::Available)
        .map(|(model, _)| Arc::clone(model))
}

fn compare_states(before: &Installed, after: &Installed, report: &mut ModelImport) {
    for (name, (model, now)) in after {
        match (before.get(name).map(|(_, state)| state), now) {
            _ if report.imported.contains(&model.model_id) => {}
            (Some(ModelState::Available), ModelState::ResolveFailed) => {
                report.broken.push(model.model_id.clone());
            }
            (Some(ModelState::ResolveFailed | ModelState::Importing), ModelState::Available) => {
                report.restored.push(model.model_id.clone());
            }
            _ => {}
        }
    }
}

/// Values that the tenant added to extensible enums survive, and win over new model values with
/// the same key.
fn keep_extensions(
    model: Arc<CompiledModel>,
    present: Option<&CompiledModel>,
) -> Arc<CompiledModel> {
    let extended = present.into_iter().flat_map(|present| &present.enums);
    let extended: Vec<&CkEnum> = extended
        .filter(|e| e.values.iter().any(|value| value.is_extension))
        .collect();
    if extended.is_empty() {
        return model;
    }
    let mut model = Arc::unwrap_or_clone(model);
    for old in extended {
        let new = model
            .enums
            .iter_mut()
            .find(|new| new.enum_id == old.enum_id);
        if let Some(new) = new.filter(|new| new.is_extensible) {
            let kept: Vec<_> = old
                .values
                .iter()
                .filter(|v| v.is_extension)
                .cloned()
                .collect();
            new.values
                .retain(|value| kept.iter().all(|k| k.key != value.key));
            new.values.extend(kept);
        }
    }
    Arc::new(model)
}

fn indexes(graph: &TypeGraph) -> Vec<IndexDefinition> {
    // Those every entity has would cost each write more than they save; see the store's tables.
    let common: Vec<&CkIndex> = graph
        .types()
        .filter(|node| node.collection_root.is_none())
        .flat_map(|node| &node.indexes)
        .collect();
    let mut definitions: Vec<IndexDefinition> = Vec::new();
    for node in graph.types() {
        let Some(root) = &node.collection_root else {
            continue;
        };
        let speeds_up = |index: &&CkIndex| {
            !matches!(index.index_type, IndexType::None | IndexType::Text)
                && !common.contains(index)
        };
        for index in node.indexes.iter().filter(speeds_up) {
            let paths = index
                .fields
                .iter()
                .flat_map(|fields| &fields.attribute_paths);
            let fields: Option<Vec<_>> = paths
                .map(|path| resolve::index_field(graph, node, path))
                .collect();
            let definition = fields
                .filter(|fields| fields.iter().any(resolve::is_attribute))
                .map(|fields| IndexDefinition {
                    root: root.clone(),
                    fields,
                });
            definitions.extend(definition.filter(|new| !definitions.contains(new)));
        }
    }
    definitions
}

async fn read(store: &dyn EntityStore) -> Result<Installed, StoreError> {
    let models = store.models().await?.into_iter();
    models
        .map(|stored| {
            let model: CompiledModel =
                serde_json::from_str(&stored.document).map_err(|error| StoreError::Corrupt {
                    what: format!("model {}", stored.name),
                    message: error.to_string(),
                })?;
            Ok((stored.name, (Arc::new(model), stored.state)))
        })
        .collect()
}

fn stored(
    name: &str,
    model: &CompiledModel,
    state: ModelState,
) -> Result<StoredModel, RuntimeError> {
    let document = serde_json::to_string(model).map_err(|error| StoreError::Failed {
        operation: "store model",
        message: error.to_string(),
    })?;
    Ok(StoredModel {
        name: name.to_owned(),
        state,
        document,
    })
}
