//! Adding one entity (spec, Construction Kit 10.1, `Add`).
//!
//! The entity is created as any other: with defaults, numbers and all rules of the new version.

use octo_ck::RtCkId;
use octo_ck::model::{CkMigrationStep, CkMigrationTarget, ConflictPolicy};

use super::Notes;
use super::edit::Edit;
use super::script::Run;
use super::select::type_id;
use crate::change::{ChangeSet, NewEntity};
use crate::entity::Entity;
use crate::error::RuntimeError;
use crate::rt_id::RtId;
use crate::store::{Field, Filter, StoreError, StoreQuery, SystemField, Test};
use crate::{mutation, resolve};

impl Run<'_> {
    /// Runs an `Add` step.
    pub(super) fn add(
        &mut self,
        step: &CkMigrationStep,
        problems: &mut Notes,
    ) -> Result<(), StoreError> {
        let planned = planned(step);
        let (ck_type, rt_id, target) = match planned {
            Ok(planned) => planned,
            Err(problem) => {
                problems.add(problem);
                return Ok(());
            }
        };
        if let Some(present) = self.present(&ck_type, rt_id, target)? {
            return self.meet(step, &present, problems);
        }
        let mut new = NewEntity::of(ck_type.to_string());
        new = rt_id.into_iter().fold(new, NewEntity::with_id);
        if let Some(name) = &target.rt_well_known_name {
            new = new.well_known_name(name.trim());
        }
        for (name, value) in step.data.iter().flatten() {
            new = new.assign(name.clone(), value.clone());
        }
        self.insert(new, problems)
    }

    fn insert(&mut self, new: NewEntity, problems: &mut Notes) -> Result<(), StoreError> {
        let id = new.rt_id();
        let changes = ChangeSet::new().insert(new);
        match mutation::run(self.transaction, self.graph, self.tenant, &changes) {
            Ok(_) => self.tally.added += 1,
            Err(RuntimeError::Store(error)) => return Err(error),
            Err(error) => {
                // Unique indexes are checked after writing.
                self.transaction.erase(id)?;
                problems.add(error.to_string());
            }
        }
        Ok(())
    }

    fn present(
        &mut self,
        ck_type: &RtCkId,
        rt_id: Option<RtId>,
        target: &CkMigrationTarget,
    ) -> Result<Option<Entity>, StoreError> {
        if let Some(id) = rt_id {
            return self.transaction.entity(id);
        }
        let node = self.graph.type_node(ck_type);
        let (Some(name), Some(node)) = (target.rt_well_known_name.as_deref(), node) else {
            return Ok(None);
        };
        let mut query = StoreQuery::of(resolve::scope(node));
        query.filter = Filter::Field(
            Field::System(SystemField::WellKnownName),
            Test::Equals(name.trim().into()),
        );
        query.take = Some(1);
        Ok(self.transaction.query(&query)?.items.pop())
    }

    fn meet(
        &mut self,
        step: &CkMigrationStep,
        present: &Entity,
        problems: &mut Notes,
    ) -> Result<(), StoreError> {
        match step.on_conflict {
            ConflictPolicy::Skip => Ok(()),
            ConflictPolicy::Fail => {
                problems.add(format!(
                    "'{}' exists already; choose Skip or Overwrite for onConflict",
                    present.entity_ref()
                ));
                Ok(())
            }
            ConflictPolicy::Overwrite => {
                let mut edit = Edit::default();
                for (name, json) in step.data.iter().flatten() {
                    let assigned = self.assign(&mut edit, present, name, json, step.on_conflict);
                    if let Err(problem) = assigned {
                        problems.add(problem);
                        return Ok(());
                    }
                }
                self.write(present, edit)
            }
        }
    }
}

type Planned<'s> = (RtCkId, Option<RtId>, &'s CkMigrationTarget);

fn planned(step: &CkMigrationStep) -> Result<Planned<'_>, String> {
    let target = step.target.as_ref().ok_or("no target is given")?;
    let named = target.ck_type_id.as_deref();
    let ck_type = type_id(named.ok_or("the target has no ckTypeId")?)?;
    let rt_id = target.rt_id.as_deref().map(|id| id.trim().parse::<RtId>());
    let rt_id = rt_id.transpose().map_err(|error| error.to_string())?;
    Ok((ck_type, rt_id, target))
}
