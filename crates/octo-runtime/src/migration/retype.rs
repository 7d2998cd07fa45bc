//! Giving entities another type (spec, Construction Kit 10.1, `ChangeCkType`).
//!
//! Entities of exactly the named type are meant, because derived types keep their own. Edges follow.
//! Values whose attribute is of another kind in the new type are converted, and mandatory attributes
//! that have a default get it.

use octo_ck::RtCkId;
use octo_ck::graph::TypeNode;
use octo_ck::model::{CkMigrationStep, CkMigrationTransform, ConflictPolicy};

use super::Notes;
use super::edit::{Edit, fitted};
use super::script::Run;
use super::select::type_id;
use crate::entity::Entity;
use crate::mutation::complete::default_value;
use crate::store::StoreError;

impl Run<'_> {
    /// Runs a `ChangeCkType` step.
    pub(super) fn retype(
        &mut self,
        step: &CkMigrationStep,
        transform: &CkMigrationTransform,
        problems: &mut Notes,
    ) -> Result<(), StoreError> {
        let named = transform.new_ck_type_id.as_deref().unwrap_or_default();
        let prepared = type_id(named).and_then(|new| {
            self.require_type(&new)?;
            Ok((new, self.selected(step, true)?))
        });
        let (new, selection) = match prepared {
            Ok(prepared) => prepared,
            Err(problem) => {
                problems.add(problem);
                return Ok(());
            }
        };
        self.each(selection, problems, |run, entity| {
            if entity.ck_type_id == new {
                return Ok(Ok(()));
            }
            run.retype_one(entity, &new, step.on_conflict)
        })
    }

    fn require_type(&self, new: &RtCkId) -> Result<(), String> {
        match self.graph.type_node(new) {
            Some(node) if node.is_abstract => Err(format!("type '{new}' is abstract")),
            None if self.is_direct => Err(format!("there is no type '{new}'")),
            _ => Ok(()),
        }
    }

    fn retype_one(
        &mut self,
        entity: &Entity,
        new: &RtCkId,
        on_conflict: ConflictPolicy,
    ) -> Result<Result<(), String>, StoreError> {
        let edit = match self.graph.type_node(new) {
            Some(node) => self.refitted(entity, node, on_conflict),
            None => Ok(Edit::default()),
        };
        let edit = match edit {
            Ok(edit) => edit,
            Err(problem) => return Ok(Err(problem)),
        };
        self.transaction.retype(entity.rt_id, new)?;
        let mut moved = entity.clone();
        moved.ck_type_id = new.clone();
        self.touched.arrivals(new);
        self.write_always(&moved, edit)?;
        Ok(Ok(()))
    }

    /// What the values of an entity have to become for another type.
    fn refitted(
        &self,
        entity: &Entity,
        node: &TypeNode,
        on_conflict: ConflictPolicy,
    ) -> Result<Edit, String> {
        let mut edit = Edit::default();
        for (name, value) in entity.attributes.iter() {
            let Some(attribute) = node.attribute(name) else {
                continue;
            };
            if attribute.value_type == value.value_type() {
                continue;
            }
            let from = self.read_attribute(entity, name);
            match fitted(self.graph, attribute, from, value.clone()) {
                Ok(value) => edit.assign(name, value),
                Err(_) if on_conflict == ConflictPolicy::Skip => {}
                Err(_) if on_conflict == ConflictPolicy::Overwrite => edit.assign(name, None),
                Err(problem) => return Err(problem),
            }
        }
        let missing = node.attributes.iter().filter(|attribute| {
            !attribute.is_optional && !entity.attributes.contains(&attribute.name)
        });
        for attribute in missing {
            if let Some(value) = default_value(self.graph, attribute) {
                edit.assign(&attribute.name, Some(value));
            }
        }
        Ok(edit)
    }
}
