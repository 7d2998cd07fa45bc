//! The models of a tenant.

use std::sync::Arc;

use octo_ck::migration::{self as planning, Installed};
use octo_ck::{CkModelId, CompiledModel};

use super::Tenant;
use crate::error::RuntimeError;
use crate::migration::{MigrationRecord, UpgradeOptions, UpgradeStatus, history};
use crate::models::{self, EnumChange, InstalledModel, ModelImport, Site};
use crate::query::Page;
use crate::store::transact;

impl Tenant {
    /// Installs a compiled model or replaces the installed version of it, and lets the data follow.
    ///
    /// All or nothing: when the model does not fit (dependencies not installed in exactly the
    /// versions it was compiled against, or inconsistent itself) or its migration fails, the tenant
    /// keeps the models and the data it had.
    ///
    /// # Errors
    /// [`RuntimeError::ModelRejected`] with all problems found, [`RuntimeError::MigrationFailed`].
    pub async fn import_model(&self, model: CompiledModel) -> Result<ModelImport, RuntimeError> {
        self.import_models(vec![Arc::new(model)]).await
    }

    /// Installs several models that may depend on each other, in any order; all or nothing.
    ///
    /// # Errors
    /// As [`import_model`](Self::import_model).
    pub async fn import_models(
        &self,
        models: Vec<Arc<CompiledModel>>,
    ) -> Result<ModelImport, RuntimeError> {
        self.upgrade_models(models, UpgradeOptions::default()).await
    }

    /// As [`import_models`](Self::import_models), with a say in how the data follows. A dry run
    /// reports what would happen and changes nothing.
    ///
    /// # Errors
    /// As [`import_model`](Self::import_model).
    pub async fn upgrade_models(
        &self,
        models: Vec<Arc<CompiledModel>>,
        options: UpgradeOptions,
    ) -> Result<ModelImport, RuntimeError> {
        let _exclusive = self.models.write().await;
        let imported = models::import(self.site(), self.graph(), models, options).await;
        if !options.dry_run
            && let Err(error) = &imported
        {
            self.note_failure(error).await;
        }
        let (import, graph) = self.checked(imported)?;
        if !options.dry_run {
            self.swap(graph);
        }
        Ok(import)
    }

    /// Installs `System` and the named models of services with all they need, and brings all models of
    /// services the tenant has to the versions of this program, in one step; nothing happens when they
    /// are there.
    ///
    /// # Errors
    /// As [`import_model`](Self::import_model).
    pub async fn install_service_models(
        &self,
        names: &[&str],
    ) -> Result<ModelImport, RuntimeError> {
        let stale = models::services::stale(&self.models().await?, names);
        if stale.is_empty() {
            return Ok(ModelImport::default());
        }
        self.import_models(stale).await
    }

    /// All installed models with their state, ordered by name.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn models(&self) -> Result<Vec<InstalledModel>, RuntimeError> {
        self.checked(models::installed(self.site()).await)
    }

    /// The installed version of a model that is part of the types.
    pub fn model(&self, name: &str) -> Option<CkModelId> {
        self.graph().model(name).cloned()
    }

    /// Adds values to an extensible enum and removes added ones; all or nothing (spec,
    /// Construction Kit 9.4). Deletions come first. `ck_enum` in any spelling of its id.
    ///
    /// # Errors
    /// [`RuntimeError::EnumExtension`] with all problems found.
    pub async fn extend_enum(
        &self,
        ck_enum: &str,
        changes: &[EnumChange],
    ) -> Result<(), RuntimeError> {
        let _exclusive = self.models.write().await;
        let former = self.graph();
        let extended = models::extend_enum(self.site(), &former, ck_enum, changes).await;
        let graph = self.checked(extended)?;
        self.swap(graph);
        Ok(())
    }

    /// What happened to the data of one model or all, newest first.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn migration_history(
        &self,
        model: Option<&str>,
        take: u64,
    ) -> Result<Page<MigrationRecord>, RuntimeError> {
        let graph = self.graph();
        self.checked(history::list(self.store.as_ref(), &graph, model, take).await)
    }

    /// Where the tenant stands towards a version of a model (spec, Construction Kit 10.3).
    ///
    /// # Errors
    /// When the store fails.
    pub async fn upgrade_status(
        &self,
        model: &CompiledModel,
    ) -> Result<UpgradeStatus, RuntimeError> {
        let (name, to) = (model.model_id.name(), model.model_id.version());
        let graph = self.graph();
        let recorded = history::versions(self.store.as_ref(), &graph, &[name]).await;
        let models = self.models().await?;
        let present = models.iter().find(|installed| installed.id.name() == name);
        let installed = Installed {
            history: self.checked(recorded)?.remove(name),
            schema: present.map(|present| present.id.version()),
        };
        let from = installed.version();
        let migrations = model.migrations.as_ref();
        let path = from.and_then(|from| planning::find_path(migrations, from, to));
        let newest = self.migration_history(Some(name), 1).await?.items.pop();
        Ok(UpgradeStatus {
            ck_model_name: name.to_owned(),
            installed_version: from.map(|version| version.to_string()),
            latest_available_version: to.to_string(),
            update_available: from.is_some_and(|from| to > from),
            migration_path_available: path.is_some(),
            has_breaking_changes: path.is_some_and(|path| path.is_breaking(migrations)),
            last_migration_at: newest.as_ref().map(|record| record.executed_at),
            last_migration_success: newest.map(|record| record.success),
        })
    }

    /// Reads the types again from the store.
    ///
    /// # Errors
    /// When the store cannot be read; the types stay as they were.
    pub async fn reload(&self) -> Result<(), RuntimeError> {
        let _exclusive = self.models.write().await;
        let graph = self.checked(models::load_graph(self.site()).await)?;
        self.swap(graph);
        Ok(())
    }

    fn site(&self) -> Site<'_> {
        Site {
            tenant: &self.id,
            store: self.store.as_ref(),
            graphs: &self.graphs,
        }
    }

    /// A migration that failed left nothing; that it was tried is worth knowing.
    async fn note_failure(&self, error: &RuntimeError) {
        let RuntimeError::MigrationFailed(result) = error else {
            return;
        };
        let (graph, tenant, result) = (self.graph(), self.id.clone(), result.clone());
        let types = Arc::clone(&graph);
        let noted = transact(self.store.as_ref(), graph, move |transaction| {
            history::record_failure(transaction, &types, &tenant, &result)
        });
        if let Err(error) = noted.await {
            tracing::warn!(tenant = %self.id, %error, "a failed migration could not be recorded");
        }
    }
}
