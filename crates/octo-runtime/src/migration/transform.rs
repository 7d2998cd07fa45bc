//! What `Transform`, `Update` and `Delete` steps do to entities (spec, Construction Kit 10.1).

use octo_ck::graph::AttributeNode;
use octo_ck::model::{CkMigrationStep, CkMigrationTransform, ConflictPolicy, TransformType};
use serde_json::Value as Json;

use super::edit::Edit;
use super::filter;
use super::script::Run;
use super::{Notes, wrap};
use crate::entity::Entity;
use crate::store::{StoreError, edge};
use crate::value::Value;

/// An edit, nothing to do, or what is wrong with the entity.
pub(super) type Edited = Result<Option<Edit>, String>;

impl<'a> Run<'a> {
    /// Runs a `Transform` step.
    pub(super) fn transform(
        &mut self,
        step: &CkMigrationStep,
        problems: &mut Notes,
    ) -> Result<(), StoreError> {
        let Some(transform) = &step.transform else {
            problems.add("it has no transform");
            return Ok(());
        };
        if transform.r#type == TransformType::ChangeCkType {
            return self.retype(step, transform, problems);
        }
        if let Err(problem) = complete(transform) {
            problems.add(problem);
            return Ok(());
        }
        self.edit_each(step, problems, |run, entity| {
            run.transformed(entity, transform, step.on_conflict)
        })
    }

    /// Runs an `Update` step.
    pub(super) fn update(
        &mut self,
        step: &CkMigrationStep,
        problems: &mut Notes,
    ) -> Result<(), StoreError> {
        let Some(data) = &step.data else {
            problems.add("it has no data");
            return Ok(());
        };
        self.edit_each(step, problems, |run, entity| {
            let mut edit = Edit::default();
            for (name, json) in data {
                run.assign(&mut edit, entity, name, json, step.on_conflict)?;
            }
            Ok(Some(edit))
        })
    }

    /// Runs a `Delete` step: entities go for good, and their edges with them.
    pub(super) fn delete(
        &mut self,
        step: &CkMigrationStep,
        problems: &mut Notes,
    ) -> Result<(), StoreError> {
        match self.selected(step, false) {
            Ok(selection) => self.each(selection, problems, |run, entity| {
                run.erase(entity)?;
                Ok(Ok(()))
            }),
            Err(problem) => {
                problems.add(problem);
                Ok(())
            }
        }
    }

    fn erase(&mut self, entity: &Entity) -> Result<(), StoreError> {
        edge::remove_all(self.transaction, entity.rt_id, drop)?;
        self.transaction.erase(entity.rt_id)?;
        self.tally.deleted += 1;
        Ok(())
    }

    fn edit_each(
        &mut self,
        step: &CkMigrationStep,
        problems: &mut Notes,
        mut edit: impl FnMut(&mut Self, &Entity) -> Edited,
    ) -> Result<(), StoreError> {
        let selection = match self.selected(step, false) {
            Ok(selection) => selection,
            Err(problem) => {
                problems.add(problem);
                return Ok(());
            }
        };
        let leaves_misfits = step.on_conflict == ConflictPolicy::Skip;
        self.each(selection, problems, |run, entity| match edit(run, entity) {
            Ok(Some(edit)) => run.write(entity, edit).map(Ok),
            Ok(None) => Ok(Ok(())),
            Err(_) if leaves_misfits => Ok(Ok(())),
            Err(problem) => Ok(Err(problem)),
        })
    }

    /// Adds a value of a script to an edit.
    pub(super) fn assign(
        &mut self,
        edit: &mut Edit,
        entity: &Entity,
        name: &str,
        json: &Json,
        on_conflict: ConflictPolicy,
    ) -> Result<(), String> {
        let keeps = on_conflict == ConflictPolicy::Skip;
        if name.eq_ignore_ascii_case("rtWellKnownName") {
            if !(keeps && entity.well_known_name.is_some()) {
                edit.rename(json.as_str().map(|text| text.trim().to_owned()));
            }
            return Ok(());
        }
        if !(keeps && entity.attributes.contains(name)) {
            edit.assign(name, self.converted(entity, name, json)?);
        }
        Ok(())
    }

    fn transformed(
        &mut self,
        entity: &Entity,
        transform: &CkMigrationTransform,
        on_conflict: ConflictPolicy,
    ) -> Edited {
        let source = transform.source_attribute.as_deref().unwrap_or_default();
        let target = transform.target_attribute.as_deref().unwrap_or_default();
        let mut edit = Edit::default();
        match transform.r#type {
            TransformType::SetValue => {
                let value = transform.value.as_ref().unwrap_or(&Json::Null);
                self.assign(&mut edit, entity, target, value, on_conflict)?;
            }
            TransformType::DeleteAttribute => {
                edit.assign(if target.is_empty() { source } else { target }, None);
            }
            TransformType::RenameAttribute => {
                let Some(value) = entity.attributes.get(source).cloned() else {
                    return Ok(None);
                };
                self.copy(&mut edit, entity, source, target, Some(value), on_conflict)?;
                if !self.has_attribute(entity, source) {
                    edit.assign(source, None);
                }
            }
            TransformType::CopyAttribute => {
                let value = entity.attributes.get(source).cloned();
                self.copy(&mut edit, entity, source, target, value, on_conflict)?;
            }
            TransformType::MapValue => {
                return self.mapped(entity, transform, on_conflict);
            }
            TransformType::WrapScalarInRecord => return wrap::wrapped(self, entity, transform),
            // Has a way of its own, see `retype`.
            TransformType::ChangeCkType => return Ok(None),
        }
        Ok(Some(edit))
    }

    fn copy(
        &mut self,
        edit: &mut Edit,
        entity: &Entity,
        source: &str,
        target: &str,
        value: Option<Value>,
        on_conflict: ConflictPolicy,
    ) -> Result<(), String> {
        let from = self.read_attribute(entity, source);
        let value = match value {
            Some(value) => self.adopted(entity, from, target, value)?,
            None => None,
        };
        if self.is_free(entity, target, value.as_ref(), on_conflict)? {
            edit.assign(target, value);
        }
        Ok(())
    }

    fn mapped(
        &mut self,
        entity: &Entity,
        transform: &CkMigrationTransform,
        on_conflict: ConflictPolicy,
    ) -> Edited {
        let target = transform.target_attribute.as_deref();
        let source = transform.source_attribute.as_deref().or(target);
        let target = target.or(source).unwrap_or_default();
        let source = source.unwrap_or_default();
        let Some(value) = entity.attributes.get(source) else {
            return Ok(None);
        };
        let texts = filter::texts(value, self.read_attribute(entity, source));
        let mut entries = transform.value_mapping.iter().flatten();
        let entry = entries.find(|(from, _)| texts.iter().any(|t| t.eq_ignore_ascii_case(from)));
        let Some((_, to)) = entry else {
            return Ok(None);
        };
        let value = self.converted(entity, target, to)?;
        let mut edit = Edit::default();
        if source == target || self.is_free(entity, target, value.as_ref(), on_conflict)? {
            edit.assign(target, value);
        }
        Ok(Some(edit))
    }

    /// Whether a value may be written where another may be.
    fn is_free(
        &self,
        entity: &Entity,
        name: &str,
        value: Option<&Value>,
        on_conflict: ConflictPolicy,
    ) -> Result<bool, String> {
        let present = entity.attributes.get(name);
        match on_conflict {
            _ if present.is_none() || present == value => Ok(true),
            ConflictPolicy::Overwrite => Ok(true),
            ConflictPolicy::Skip => Ok(false),
            ConflictPolicy::Fail => Err(format!(
                "attribute '{name}' has another value already; choose Skip or Overwrite for onConflict"
            )),
        }
    }

    /// An attribute as it is read.
    pub(super) fn read_attribute(&self, entity: &Entity, name: &str) -> Option<&'a AttributeNode> {
        self.reading.type_node(&entity.ck_type_id)?.attribute(name)
    }

    fn has_attribute(&self, entity: &Entity, name: &str) -> bool {
        let node = self.graph.type_node(&entity.ck_type_id);
        node.is_none_or(|node| node.attribute(name).is_some())
    }
}

/// Whether a transform has the members its kind needs.
fn complete(transform: &CkMigrationTransform) -> Result<(), String> {
    let source = transform.source_attribute.as_ref();
    let target = transform.target_attribute.as_ref();
    let required = match transform.r#type {
        TransformType::SetValue => vec![("targetAttribute", target.is_some())],
        TransformType::RenameAttribute | TransformType::CopyAttribute => vec![
            ("sourceAttribute", source.is_some()),
            ("targetAttribute", target.is_some()),
        ],
        TransformType::DeleteAttribute => {
            vec![("targetAttribute", target.or(source).is_some())]
        }
        TransformType::MapValue => vec![
            ("sourceAttribute", source.or(target).is_some()),
            ("valueMapping", transform.value_mapping.is_some()),
        ],
        TransformType::WrapScalarInRecord => vec![
            ("sourceAttribute", source.is_some()),
            (
                "targetRecordCkRecordId",
                transform.target_record_ck_record_id.is_some(),
            ),
            (
                "recordValueAttribute",
                transform.record_value_attribute.is_some(),
            ),
        ],
        TransformType::ChangeCkType => vec![("newCkTypeId", transform.new_ck_type_id.is_some())],
    };
    let missing: Vec<&str> = required
        .iter()
        .filter(|(_, is_there)| !is_there)
        .map(|(n, _)| *n)
        .collect();
    match missing.as_slice() {
        [] => Ok(()),
        names => Err(format!(
            "{:?} needs {}",
            transform.r#type,
            names.join(" and ")
        )),
    }
}
