//! Which migrations run for an import, and running them (spec, Construction Kit 10.3).

use std::sync::Arc;
use std::time::Instant;

use octo_ck::migration::{Installed, MigrationPath, UpgradePlan, plan};
use octo_ck::{CkModelId, CkVersion, CompiledModel, RtCkId, TypeGraph};

use super::script::{Run, Touched, moves};
use super::{MigrationResult, Notes, Tally, UpgradeOptions, finish, history};
use crate::error::RuntimeError;
use crate::store::WriteTransaction;
use crate::tenant_id::TenantId;

/// One model whose data has to follow.
#[derive(Debug, Clone)]
pub(crate) struct Upgrade {
    model: Arc<CompiledModel>,
    from: CkVersion,
    plan: UpgradePlan,
}

/// All data changes of one import.
#[derive(Debug, Clone)]
pub(crate) struct Upgrades {
    pub(crate) tenant: TenantId,
    pub(crate) former: Arc<TypeGraph>,
    pub(crate) graph: Arc<TypeGraph>,
    pub(crate) options: UpgradeOptions,
    /// In the order in which they run.
    pub(crate) upgrades: Vec<Upgrade>,
}

/// What the data changes of an import came to.
#[derive(Debug, Clone, Default)]
pub(crate) struct Done {
    pub(crate) results: Vec<MigrationResult>,
    pub(crate) warnings: Vec<String>,
}

impl Upgrade {
    /// Plans the upgrade of a model; `None` when its data is there and that is recorded.
    pub(crate) fn new(model: &Arc<CompiledModel>, installed: Installed) -> Option<Self> {
        let plan = plan(model, installed);
        let is_done = matches!(
            plan,
            UpgradePlan::KeepInstalled
                | UpgradePlan::UpToDate {
                    is_unrecorded: false
                }
        );
        let to = model.model_id.version();
        (!is_done).then(|| Self {
            model: Arc::clone(model),
            from: installed.version().unwrap_or(to),
            plan,
        })
    }

    fn path(&self) -> Option<&MigrationPath> {
        match &self.plan {
            UpgradePlan::Migrate(path) => Some(path),
            _ => None,
        }
    }

    fn result(&self, warnings: Vec<String>) -> MigrationResult {
        let to = &self.model.model_id;
        MigrationResult {
            success: true,
            from_model: CkModelId::new(to.name(), self.from),
            to_model: to.clone(),
            entities_added: 0,
            entities_updated: 0,
            entities_deleted: 0,
            total_entities_affected: 0,
            duration_ms: 0,
            errors: Vec::new(),
            warnings,
        }
    }
}

impl Upgrades {
    /// The types with which data is read on the way.
    pub(crate) fn reading(&self) -> TypeGraph {
        let paths = self.upgrades.iter().filter_map(|u| Some((u, u.path()?)));
        let moves: Vec<(RtCkId, RtCkId)> = paths
            .flat_map(|(upgrade, path)| moves(upgrade.model.migrations.as_ref(), path))
            .collect();
        self.graph.with_former(&self.former, &moves)
    }

    /// Runs everything inside the transaction that exchanges the models.
    pub(crate) fn run(
        &self,
        transaction: &mut dyn WriteTransaction,
        reading: &TypeGraph,
    ) -> Result<Done, RuntimeError> {
        let mut run = Run {
            transaction,
            tenant: &self.tenant,
            graph: &self.graph,
            former: &self.former,
            reading,
            options: self.options,
            now: crate::value::instants::to_milliseconds(jiff::Timestamp::now()),
            model: String::new(),
            version: CkVersion::new(0, 0, 0),
            is_direct: false,
            tally: Tally::default(),
            touched: Touched::default(),
            errors: Notes::default(),
            warnings: Notes::default(),
        };
        finish::move_roots(&mut run)?;
        let mut results = Vec::new();
        for upgrade in &self.upgrades {
            results.push(migrate(&mut run, upgrade)?);
        }
        run.finish()?;
        let replaced: Vec<&str> = self
            .upgrades
            .iter()
            .map(|u| u.model.model_id.name())
            .collect();
        let mut warnings = finish::orphaned(&mut run, &replaced)?;
        let errors = std::mem::take(&mut run.errors).finish();
        let late = std::mem::take(&mut run.warnings).finish();
        let last = results.iter_mut().zip(&self.upgrades).rev();
        match last
            .into_iter()
            .find(|(_, upgrade)| upgrade.path().is_some())
        {
            Some((result, _)) => {
                result.warnings.extend(late);
                fail_on(result, errors)?;
            }
            None => warnings.extend(late),
        }
        for result in &results {
            history::record(run.transaction, &self.graph, &self.tenant, result)?;
        }
        let results = results.into_iter().zip(&self.upgrades);
        let told = results.filter(|(_, upgrade)| {
            matches!(
                upgrade.plan,
                UpgradePlan::Migrate(_) | UpgradePlan::RecordOnly { .. }
            )
        });
        Ok(Done {
            results: told.map(|(result, _)| result).collect(),
            warnings,
        })
    }
}

fn migrate(run: &mut Run<'_>, upgrade: &Upgrade) -> Result<MigrationResult, RuntimeError> {
    let path = match &upgrade.plan {
        UpgradePlan::Migrate(path) => path,
        UpgradePlan::RecordOnly { warning } => return Ok(upgrade.result(vec![warning.clone()])),
        _ => return Ok(upgrade.result(Vec::new())),
    };
    let begun = Instant::now();
    let scripts = path.steps.iter().filter(|step| step.migration.is_some());
    run.tally = Tally::default();
    run.model = upgrade.model.model_id.name().to_owned();
    run.version = upgrade.from;
    run.is_direct = scripts.count() == 1;
    run.path(upgrade.model.migrations.as_ref(), path)?;
    let Tally {
        added,
        updated,
        deleted,
    } = run.tally;
    let mut result = upgrade.result(std::mem::take(&mut run.warnings).finish());
    result.entities_added = added;
    result.entities_updated = updated;
    result.entities_deleted = deleted;
    result.total_entities_affected = added + updated + deleted;
    result.duration_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
    fail_on(&mut result, std::mem::take(&mut run.errors).finish())?;
    Ok(result)
}

fn fail_on(result: &mut MigrationResult, errors: Vec<String>) -> Result<(), RuntimeError> {
    if errors.is_empty() {
        return Ok(());
    }
    result.success = false;
    result.errors = errors;
    Err(RuntimeError::MigrationFailed(Box::new(result.clone())))
}
