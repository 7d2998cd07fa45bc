//! Attribute assignments of types, records and roles.

use super::{ChangeLevel, Changes, Pair, pairs};
use crate::model::{CkAttributeAssignment, CompiledModel};

/// Compares the assignments of one owner; they are told apart by their local names.
pub(super) fn assignments(
    changes: &mut Changes,
    element: &str,
    old: Option<&[CkAttributeAssignment]>,
    new: Option<&[CkAttributeAssignment]>,
    model: &CompiledModel,
) {
    let (old, new) = (old.unwrap_or_default(), new.unwrap_or_default());
    for pair in pairs(old, new, |assignment| assignment.name.clone()) {
        match pair {
            Pair::Removed(gone) => {
                let text = format!("attribute {} was removed", gone.name);
                changes.add(ChangeLevel::Major, element, text);
            }
            Pair::Added(added) => added_attribute(changes, element, added, model),
            Pair::Both(a, b) => assignment(changes, element, a, b),
        }
    }
}

fn added_attribute(
    changes: &mut Changes,
    element: &str,
    added: &CkAttributeAssignment,
    model: &CompiledModel,
) {
    let name = &added.name;
    let (level, text) = if added.is_optional {
        (
            ChangeLevel::Minor,
            format!("optional attribute {name} was added"),
        )
    } else if has_default(added, model) {
        let text = format!("required attribute {name} with a default was added");
        (ChangeLevel::Minor, text)
    } else {
        let text = format!("required attribute {name} without a default of this model was added");
        (ChangeLevel::Major, text)
    };
    changes.add(level, element, text);
}

fn has_default(assignment: &CkAttributeAssignment, model: &CompiledModel) -> bool {
    let id = &assignment.id;
    id.model() == &model.model_id
        && model.attributes.iter().any(|attribute| {
            let defaults = attribute.default_values.as_deref().unwrap_or_default();
            &attribute.id == id.element() && !defaults.is_empty()
        })
}

fn assignment(
    changes: &mut Changes,
    element: &str,
    old: &CkAttributeAssignment,
    new: &CkAttributeAssignment,
) {
    let name = &new.name;
    changes.reference(
        element,
        &format!("definition of attribute {name}"),
        Some(&old.id),
        Some(&new.id),
    );
    match (old.is_optional, new.is_optional) {
        (true, false) => {
            changes.add(
                ChangeLevel::Major,
                element,
                format!("attribute {name} became required"),
            );
        }
        (false, true) => {
            changes.add(
                ChangeLevel::Minor,
                element,
                format!("attribute {name} became optional"),
            );
        }
        _ => {}
    }
    let minor = ChangeLevel::Minor;
    let what = format!("numbering of attribute {name}");
    changes.member(
        minor,
        element,
        &what,
        &old.auto_increment_reference,
        &new.auto_increment_reference,
    );
    let what = format!("suggestions of attribute {name}");
    changes.member(
        minor,
        element,
        &what,
        &old.auto_complete_values,
        &new.auto_complete_values,
    );
}
