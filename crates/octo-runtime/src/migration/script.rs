//! Running the scripts of one upgrade.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use octo_ck::migration::{MigrationPath, PathStep};
use octo_ck::model::{
    CkMigrationScript, CkMigrationStep, CkMigrationValidation, CkMigrations, StepAction,
    TransformType, ValidationSeverity,
};
use octo_ck::{CkModelId, CkVersion, RtCkId, TypeGraph};

use super::select::{Selection, type_id};
use super::{Notes, Tally, UpgradeOptions, conditions};
use crate::entity::Entity;
use crate::store::{StoreError, WriteTransaction};
use crate::tenant_id::TenantId;

/// What all parts of a migration share.
pub(super) struct Run<'a> {
    pub(super) transaction: &'a mut dyn WriteTransaction,
    pub(super) tenant: &'a TenantId,
    /// Types of the new version.
    pub(super) graph: &'a TypeGraph,
    /// Types of the old version.
    pub(super) former: &'a TypeGraph,
    /// Types of both versions, as the transaction reads them.
    pub(super) reading: &'a TypeGraph,
    pub(super) options: UpgradeOptions,
    pub(super) now: Timestamp,
    /// The model and the version its data is at.
    pub(super) model: String,
    pub(super) version: CkVersion,
    /// One script leads from the old version to the new one, so every name must be one of theirs.
    pub(super) is_direct: bool,
    pub(super) tally: Tally,
    pub(super) touched: Touched,
    pub(super) errors: Notes,
    pub(super) warnings: Notes,
}

/// What has to be looked at again when all scripts have run.
#[derive(Debug, Default)]
pub(super) struct Touched(pub(super) BTreeMap<RtCkId, TouchedType>);

/// What happened to entities of one type.
#[derive(Debug, Default)]
pub(super) struct TouchedType {
    /// Attributes written or cleared.
    pub(super) attributes: BTreeSet<String>,
    /// Attributes a step cleared.
    pub(super) cleared: BTreeSet<String>,
    /// Entities came from another type.
    pub(super) has_arrivals: bool,
}

impl Touched {
    pub(super) fn attribute(&mut self, ck_type: &RtCkId, name: &str) {
        let touched = self.0.entry(ck_type.clone()).or_default();
        touched.attributes.insert(name.to_owned());
    }

    pub(super) fn cleared(&mut self, ck_type: &RtCkId, name: &str) {
        self.attribute(ck_type, name);
        let touched = self.0.entry(ck_type.clone()).or_default();
        touched.cleared.insert(name.to_owned());
    }

    pub(super) fn arrivals(&mut self, ck_type: &RtCkId) {
        self.0.entry(ck_type.clone()).or_default().has_arrivals = true;
    }
}

/// The types whose entities become entities of another type on a path.
pub(super) fn moves(
    migrations: Option<&CkMigrations>,
    path: &MigrationPath,
) -> Vec<(RtCkId, RtCkId)> {
    let scripts = path
        .steps
        .iter()
        .filter_map(|step| migrations?.script(step));
    let steps = scripts.flat_map(|script| &script.steps);
    steps
        .filter_map(|step| {
            let transform = step.transform.as_ref()?;
            let is_move = transform.r#type == TransformType::ChangeCkType;
            let from = step.target.as_ref()?.ck_type_id.as_deref()?;
            let to = transform.new_ck_type_id.as_deref().filter(|_| is_move)?;
            Some((type_id(from).ok()?, type_id(to).ok()?))
        })
        .collect()
}

impl Run<'_> {
    /// Runs the scripts of a path up to the first that fails.
    pub(super) fn path(
        &mut self,
        migrations: Option<&CkMigrations>,
        path: &MigrationPath,
    ) -> Result<(), StoreError> {
        for step in &path.steps {
            if step.migration.is_some() {
                match migrations.and_then(|migrations| migrations.script(step)) {
                    Some(script) => self.script(script, step)?,
                    None => self.errors.add(format!(
                        "The script from {} to {} is missing in the model.",
                        step.from, step.to
                    )),
                }
            }
            if !self.errors.is_empty() {
                return Ok(());
            }
            self.version = step.to;
        }
        if path.is_partial {
            self.warnings.add(format!(
                "The scripts of '{}' end at version {}.",
                self.model, self.version
            ));
        }
        Ok(())
    }

    fn script(&mut self, script: &CkMigrationScript, at: &PathStep) -> Result<(), StoreError> {
        for condition in script.pre_conditions.iter().flatten() {
            match conditions::holds(self, condition)? {
                Ok(true) => {}
                Ok(false) => {
                    self.warnings.add(format!(
                        "The script from {} to {} was skipped: its pre-condition {} does not hold.",
                        at.from,
                        at.to,
                        conditions::described(condition)
                    ));
                    return Ok(());
                }
                Err(problem) => {
                    self.errors.add(format!(
                        "A pre-condition of the script from {} to {} cannot be evaluated: {problem}.",
                        at.from, at.to
                    ));
                    return Ok(());
                }
            }
        }
        for step in &script.steps {
            self.step(step)?;
            if !self.errors.is_empty() {
                return Ok(());
            }
        }
        for validation in script.post_validations.iter().flatten() {
            self.validate(validation)?;
        }
        Ok(())
    }

    fn step(&mut self, step: &CkMigrationStep) -> Result<(), StoreError> {
        let mut problems = Notes::default();
        let runs = match &step.condition {
            None => true,
            Some(condition) => conditions::holds(self, condition)?.unwrap_or_else(|problem| {
                problems.add(problem);
                false
            }),
        };
        if runs {
            match step.action {
                StepAction::Transform => self.transform(step, &mut problems)?,
                StepAction::Update => self.update(step, &mut problems)?,
                StepAction::Delete => self.delete(step, &mut problems)?,
                StepAction::Add => self.add(step, &mut problems)?,
            }
        }
        let label = format!("Step '{}'", step.step_id);
        if step.continue_on_error || self.options.continue_on_error {
            self.warnings.append(problems, &label);
        } else {
            self.errors.append(problems, &label);
        }
        Ok(())
    }

    fn validate(&mut self, validation: &CkMigrationValidation) -> Result<(), StoreError> {
        let Err(violation) = conditions::validate(self, validation)? else {
            return Ok(());
        };
        let name = validation.validation_id.as_deref();
        let described = name
            .or(validation.description.as_deref())
            .unwrap_or("unnamed");
        let text = format!("Validation '{described}': {violation}");
        if validation.severity == ValidationSeverity::Warning || self.options.continue_on_error {
            self.warnings.add(text);
        } else {
            self.errors.add(text);
        }
        Ok(())
    }

    /// The entities of a step; `exactly` leaves out derived types.
    pub(super) fn selected<'s>(
        &self,
        step: &'s CkMigrationStep,
        exactly: bool,
    ) -> Result<Selection<'s>, String> {
        let mut selection = Selection::new(self.reading, step.target.as_ref(), exactly)?;
        selection.blueprint_source_only |= !self.options.include_user_entities;
        Ok(selection)
    }

    /// Does something with every entity of a selection; what is wrong with one does not keep the
    /// others from being looked at.
    pub(super) fn each(
        &mut self,
        selection: Selection<'_>,
        problems: &mut Notes,
        mut change: impl FnMut(&mut Self, &Entity) -> Result<Result<(), String>, StoreError>,
    ) -> Result<(), StoreError> {
        let mut cursor = selection.cursor();
        while let Some(batch) = cursor.next(self.transaction, self.reading)? {
            for entity in batch {
                if let Err(problem) = change(self, &entity)? {
                    problems.add(format!("'{}': {problem}", entity.entity_ref()));
                }
            }
        }
        Ok(())
    }

    /// The installed version of a model; that of the migrated one is where its data is.
    pub(super) fn installed(&self, name: &str) -> Option<CkVersion> {
        if name == self.model {
            return Some(self.version);
        }
        self.graph.model(name).map(CkModelId::version)
    }
}
