//! Conditions in front of scripts and steps, and validations after scripts (spec, Construction Kit
//! 10.1).

use octo_ck::model::{
    CkMigrationCondition, CkMigrationTarget, CkMigrationValidation, ConditionType, ValidationType,
};
use octo_ck::{CkModelId, CkVersion, CkVersionRange};

use super::filter;
use super::script::Run;
use super::select::Selection;
use crate::store::StoreError;

/// Whether a condition holds; a text when it makes no sense.
pub(super) fn holds(
    run: &mut Run<'_>,
    condition: &CkMigrationCondition,
) -> Result<Result<bool, String>, StoreError> {
    let target = condition.target.as_ref();
    match condition.r#type {
        ConditionType::CkModelVersionInstalled => Ok(version_installed(run, condition)),
        ConditionType::EntityExists => exists(run, target),
        ConditionType::EntityNotExists => Ok(exists(run, target)?.map(|found| !found)),
        ConditionType::AttributeEquals => attribute_equals(run, condition),
    }
}

/// A condition in a few words.
pub(super) fn described(condition: &CkMigrationCondition) -> String {
    let kind = format!("{:?}", condition.r#type);
    let target = condition.target.as_ref().and_then(|target| {
        let named = target.ck_type_id.as_deref();
        named
            .or(target.rt_well_known_name.as_deref())
            .or(target.rt_id.as_deref())
    });
    match target.or(condition.ck_model_id.as_deref()) {
        Some(what) => format!("{kind} '{what}'"),
        None => kind,
    }
}

/// Whether what has to hold after a script does, or what is wrong.
pub(super) fn validate(
    run: &mut Run<'_>,
    validation: &CkMigrationValidation,
) -> Result<Result<(), String>, StoreError> {
    let target = validation.target.as_ref();
    let most = match validation.r#type {
        ValidationType::EntityExists => 1,
        _ => u64::MAX,
    };
    let count = match count(run, target, most)? {
        Ok(count) => count,
        Err(problem) => return Ok(Err(format!("it cannot be evaluated: {problem}."))),
    };
    let what = target.and_then(|target| target.ck_type_id.as_deref());
    let what = what.unwrap_or("the target");
    Ok(match validation.r#type {
        ValidationType::EntityExists if count == 0 => {
            Err(format!("there is no entity of '{what}'."))
        }
        ValidationType::NoEntitiesOfType if count > 0 => Err(format!(
            "there are {count} entities of '{what}', none are expected."
        )),
        ValidationType::EntityCount => match validation.expected_count.map(u64::from) {
            None => Err("it has no expectedCount.".to_owned()),
            Some(expected) if expected != count => Err(format!(
                "there are {count} entities of '{what}', {expected} are expected."
            )),
            Some(_) => Ok(()),
        },
        _ => Ok(()),
    })
}

fn exists(
    run: &mut Run<'_>,
    target: Option<&CkMigrationTarget>,
) -> Result<Result<bool, String>, StoreError> {
    Ok(count(run, target, 1)?.map(|count| count > 0))
}

/// Active entities of a target; stops looking at `most`.
fn count(
    run: &mut Run<'_>,
    target: Option<&CkMigrationTarget>,
    most: u64,
) -> Result<Result<u64, String>, StoreError> {
    let selection = match Selection::new(run.reading, target, false) {
        Ok(selection) => selection.active(),
        Err(problem) => return Ok(Err(problem)),
    };
    let mut cursor = selection.cursor();
    let mut count = 0;
    while let Some(batch) = cursor.next(run.transaction, run.reading)? {
        count += batch.len() as u64;
        if count >= most {
            break;
        }
    }
    Ok(Ok(count))
}

fn attribute_equals(
    run: &mut Run<'_>,
    condition: &CkMigrationCondition,
) -> Result<Result<bool, String>, StoreError> {
    let Some(attribute) = condition.attribute.as_deref() else {
        return Ok(Err("the condition names no attribute".to_owned()));
    };
    let selection = match Selection::new(run.reading, condition.target.as_ref(), false) {
        Ok(selection) => selection.active(),
        Err(problem) => return Ok(Err(problem)),
    };
    let mut cursor = selection.cursor();
    while let Some(batch) = cursor.next(run.transaction, run.reading)? {
        let value = condition.value.as_ref();
        let has_value = |e| filter::equals(e, attribute, value, run.reading);
        if batch.iter().any(has_value) {
            return Ok(Ok(true));
        }
    }
    Ok(Ok(false))
}

/// A version is a range as in dependencies: `1.2` is 1.2 or above, `[1.2]` exactly that.
fn version_installed(run: &Run<'_>, condition: &CkMigrationCondition) -> Result<bool, String> {
    let named = condition.ck_model_id.as_deref();
    let named = named.ok_or("the condition names no ckModelId")?;
    let id: CkModelId = named.trim().parse().map_err(|error| format!("{error}"))?;
    let installed = run.installed(id.name());
    let Some(version) = condition.version.as_deref() else {
        let wanted = named.contains('-').then(|| id.version());
        return Ok(installed.is_some_and(|at| wanted.is_none_or(|wanted| at >= wanted)));
    };
    let range = match version.trim().parse::<CkVersion>() {
        Ok(least) => return Ok(installed.is_some_and(|at| at >= least)),
        Err(_) => version.parse::<CkVersionRange>(),
    };
    let range = range.map_err(|error| error.to_string())?;
    Ok(installed.is_some_and(|at| range.contains(at)))
}
