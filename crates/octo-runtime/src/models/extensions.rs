//! Values tenants add to extensible enums (spec, Construction Kit 9.2 step 5 and 9.4).

use std::sync::Arc;

use octo_ck::model::{CkEnum, CkEnumValue};
use octo_ck::{CompiledModel, RtCkId, TypeGraph};

use super::Models;
use crate::error::RuntimeError;

/// A change to the values of an extensible enum.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EnumChange {
    /// Adds a value.
    Insert {
        /// Stored number, 0 or above.
        key: i32,
        /// Name: letters, digits and underscores, no digit first.
        name: String,
        /// What the value means.
        description: Option<String>,
    },
    /// Removes a value that was added.
    Delete {
        /// Its number.
        key: i32,
    },
}

/// Values that the tenant added to extensible enums survive, and win over new model values with
/// the same key. A new model value of the same name but another key keeps its name.
pub(super) fn keep(
    model: Arc<CompiledModel>,
    present: Option<&CompiledModel>,
    warnings: &mut Vec<String>,
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
        let found = model
            .enums
            .iter_mut()
            .find(|new| new.enum_id == old.enum_id);
        match found.filter(|new| new.is_extensible) {
            Some(new) => keep_values(old, new, warnings),
            None => warnings.push(format!(
                "The values added to enum '{}' are gone: the new version does not have it, or not extensible.",
                old.enum_id
            )),
        }
    }
    Arc::new(model)
}

fn keep_values(old: &CkEnum, new: &mut CkEnum, warnings: &mut Vec<String>) {
    let mut kept: Vec<CkEnumValue> = old.values.clone();
    kept.retain(|value| value.is_extension);
    new.values
        .retain(|value| kept.iter().all(|k| k.key != value.key));
    for value in &mut kept {
        let is_taken = |name: &str| new.values.iter().any(|v| v.name.eq_ignore_ascii_case(name));
        if is_taken(&value.name) {
            let name = format!("{}_{}", value.name, value.key);
            warnings.push(format!(
                "The value '{}' added to enum '{}' is now called '{name}': the new version has a value of that name.",
                value.name, old.enum_id
            ));
            value.name = name;
        }
    }
    new.values.extend(kept);
}

/// The model with its enum changed; deletions come first.
pub(super) fn extend(
    graph: &TypeGraph,
    models: &Models,
    ck_enum: &str,
    changes: &[EnumChange],
) -> Result<Arc<CompiledModel>, RuntimeError> {
    let refused = |problems: Vec<String>| RuntimeError::EnumExtension {
        enum_id: ck_enum.trim().to_owned(),
        problems: problems.join("\n"),
    };
    let unknown = || {
        refused(vec![format!(
            "CkEnumId '{}' not found. Ensure that the corresponding construction kit library is imported and loaded.",
            ck_enum.trim()
        )])
    };
    let id: RtCkId = ck_enum.trim().parse().map_err(|_| unknown())?;
    graph.enum_node(&id).ok_or_else(unknown)?;
    let present = models.get(id.model()).ok_or_else(unknown)?;
    let mut model = present.model.as_ref().clone();
    let mut enums = model.enums.iter_mut();
    let found = enums
        .find(|e| e.enum_id == *id.element())
        .ok_or_else(unknown)?;
    if !found.is_extensible {
        return Err(refused(vec![format!("Enum '{id}' is not extensible.")]));
    }
    let problems = apply(found, changes);
    if problems.is_empty() {
        Ok(Arc::new(model))
    } else {
        Err(refused(problems))
    }
}

fn apply(ck_enum: &mut CkEnum, changes: &[EnumChange]) -> Vec<String> {
    let mut problems = Vec::new();
    for change in changes {
        if let EnumChange::Delete { key } = change {
            problems.extend(delete(ck_enum, *key).err());
        }
    }
    for change in changes {
        if let EnumChange::Insert {
            key,
            name,
            description,
        } = change
        {
            problems.extend(insert(ck_enum, *key, name.trim(), description.as_ref()).err());
        }
    }
    problems
}

fn delete(ck_enum: &mut CkEnum, key: i32) -> Result<(), String> {
    let at = ck_enum.values.iter().position(|value| value.key == key);
    let at = at.ok_or_else(|| format!("There is no value with key {key} to delete."))?;
    let value = &ck_enum.values[at];
    if !value.is_extension {
        return Err(format!(
            "Value '{}' (key {key}) belongs to the model and cannot be deleted: only added values can.",
            value.name
        ));
    }
    ck_enum.values.remove(at);
    Ok(())
}

fn insert(
    ck_enum: &mut CkEnum,
    key: i32,
    name: &str,
    description: Option<&String>,
) -> Result<(), String> {
    let mut values = ck_enum.values.iter();
    if key < 0 {
        return Err(format!(
            "Key {key} of '{name}' is negative: use 0 or above."
        ));
    }
    if name.is_empty() {
        return Err(format!("The value with key {key} has no name."));
    }
    if !is_name(name) {
        return Err(format!(
            "The name '{name}' may contain only letters, digits and underscores, and no digit first."
        ));
    }
    if let Some(other) = values.clone().find(|value| value.key == key) {
        return Err(format!(
            "Key {key} of '{name}' is that of '{}' already.",
            other.name
        ));
    }
    if let Some(other) = values.find(|value| value.name.eq_ignore_ascii_case(name)) {
        return Err(format!(
            "There is a value '{}' already (key {}).",
            other.name, other.key
        ));
    }
    ck_enum.values.push(CkEnumValue {
        key,
        name: name.to_owned(),
        description: description.cloned(),
        is_extension: true,
    });
    Ok(())
}

fn is_name(name: &str) -> bool {
    const LONGEST: usize = 250;
    let is_word = |c: char| c == '_' || c.is_ascii_alphanumeric();
    name.len() <= LONGEST
        && name.chars().all(is_word)
        && !name.starts_with(|c: char| c.is_ascii_digit())
}
