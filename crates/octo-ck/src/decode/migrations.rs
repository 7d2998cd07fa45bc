//! Reading migration lists and scripts.

use indexmap::IndexMap;

use super::{Decoder, Object};
use crate::document::{Node, ScalarKind, Value};
use crate::model::{
    CkMigrationCondition, CkMigrationEntry, CkMigrationFilter, CkMigrationMeta, CkMigrationScript,
    CkMigrationStep, CkMigrationTarget, CkMigrationTransform, CkMigrationValidation, CkMigrations,
    ConditionType, ConflictPolicy, FilterOperator, StepAction, TransformType, ValidationSeverity,
    ValidationType,
};

/// The `migrations` member of a compiled model.
pub(crate) fn migrations(d: &mut Decoder<'_>, node: &Node) -> Option<CkMigrations> {
    let mut o = d.object(node)?;
    let meta = d.required(&mut o, "meta", meta);
    let scripts = d.optional(&mut o, "scripts", |d, n| d.list(n, script));
    d.finish(o);
    Some(CkMigrations {
        meta: meta?,
        scripts: scripts.unwrap_or_default(),
    })
}

/// The list of migrations.
pub(crate) fn meta(d: &mut Decoder<'_>, node: &Node) -> Option<CkMigrationMeta> {
    let mut o = d.object(node)?;
    let schema = text(d, &mut o, "$schema");
    let ck_model_id = d.required(&mut o, "ckModelId", Decoder::text);
    let migrations = d.required(&mut o, "migrations", |d, n| d.list(n, entry));
    d.finish(o);
    Some(CkMigrationMeta {
        schema,
        ck_model_id: ck_model_id?,
        migrations: migrations?,
    })
}

fn entry(d: &mut Decoder<'_>, node: &Node) -> Option<CkMigrationEntry> {
    let mut o = d.object(node)?;
    let from_version = d.required(&mut o, "fromVersion", Decoder::text);
    let to_version = d.required(&mut o, "toVersion", Decoder::text);
    let script_path = d.required(&mut o, "scriptPath", Decoder::text);
    let description = text(d, &mut o, "description");
    let breaking = flag(d, &mut o, "breaking");
    d.finish(o);
    Some(CkMigrationEntry {
        from_version: from_version?,
        to_version: to_version?,
        script_path: script_path?,
        description,
        breaking,
    })
}

/// A script.
pub(crate) fn script(d: &mut Decoder<'_>, node: &Node) -> Option<CkMigrationScript> {
    let mut o = d.object(node)?;
    let schema = text(d, &mut o, "$schema");
    let source_version = text(d, &mut o, "sourceVersion");
    let target_version = text(d, &mut o, "targetVersion");
    let description = text(d, &mut o, "description");
    let pre_conditions = d.optional(&mut o, "preConditions", |d, n| d.list(n, condition));
    let steps = d.required(&mut o, "steps", |d, n| d.list(n, step));
    let post_validations = d.optional(&mut o, "postValidations", |d, n| d.list(n, validation));
    d.finish(o);
    Some(CkMigrationScript {
        schema,
        source_version,
        target_version,
        description,
        pre_conditions,
        steps: steps?,
        post_validations,
    })
}

fn step(d: &mut Decoder<'_>, node: &Node) -> Option<CkMigrationStep> {
    let mut o = d.object(node)?;
    let step_id = d.required(&mut o, "stepId", Decoder::text);
    let description = text(d, &mut o, "description");
    let action = d.required(&mut o, "action", |d, n| d.choice(n, StepAction::CHOICES));
    let target = d.optional(&mut o, "target", target);
    let transform = d.optional(&mut o, "transform", transform);
    let data = d.optional(&mut o, "data", values);
    let condition = d.optional(&mut o, "condition", condition);
    let on_conflict = d.optional(&mut o, "onConflict", |d, n| {
        d.choice(n, ConflictPolicy::CHOICES)
    });
    let continue_on_error = flag(d, &mut o, "continueOnError");
    d.finish(o);
    Some(CkMigrationStep {
        step_id: step_id?,
        description,
        action: action?,
        target,
        transform,
        data,
        condition,
        on_conflict: on_conflict.unwrap_or_default(),
        continue_on_error,
    })
}

fn target(d: &mut Decoder<'_>, node: &Node) -> Option<CkMigrationTarget> {
    let mut o = d.object(node)?;
    let target = CkMigrationTarget {
        ck_type_id: text(d, &mut o, "ckTypeId"),
        rt_id: text(d, &mut o, "rtId"),
        rt_well_known_name: text(d, &mut o, "rtWellKnownName"),
        filter: d.optional(&mut o, "filter", filter),
        blueprint_source_only: flag(d, &mut o, "blueprintSourceOnly"),
    };
    d.finish(o);
    Some(target)
}

fn filter(d: &mut Decoder<'_>, node: &Node) -> Option<CkMigrationFilter> {
    let mut o = d.object(node)?;
    let filter = CkMigrationFilter {
        attribute: text(d, &mut o, "attribute"),
        operator: d.optional(&mut o, "operator", |d, n| {
            d.choice(n, FilterOperator::CHOICES)
        }),
        value: d.optional(&mut o, "value", value),
        and: d.optional(&mut o, "and", |d, n| d.list(n, filter)),
        or: d.optional(&mut o, "or", |d, n| d.list(n, filter)),
    };
    d.finish(o);
    Some(filter)
}

fn transform(d: &mut Decoder<'_>, node: &Node) -> Option<CkMigrationTransform> {
    let mut o = d.object(node)?;
    let kind = d.required(&mut o, "type", |d, n| d.choice(n, TransformType::CHOICES));
    let target_attribute = text(d, &mut o, "targetAttribute");
    let source_attribute = text(d, &mut o, "sourceAttribute");
    let value = d.optional(&mut o, "value", value);
    let value_mapping = d.optional(&mut o, "valueMapping", values);
    let new_ck_type_id = text(d, &mut o, "newCkTypeId");
    let target_record_ck_record_id = text(d, &mut o, "targetRecordCkRecordId");
    let record_value_attribute = text(d, &mut o, "recordValueAttribute");
    let record_defaults = d.optional(&mut o, "recordDefaults", values);
    d.finish(o);
    Some(CkMigrationTransform {
        r#type: kind?,
        target_attribute,
        source_attribute,
        value,
        value_mapping,
        new_ck_type_id,
        target_record_ck_record_id,
        record_value_attribute,
        record_defaults,
    })
}

fn condition(d: &mut Decoder<'_>, node: &Node) -> Option<CkMigrationCondition> {
    let mut o = d.object(node)?;
    let kind = d.required(&mut o, "type", |d, n| d.choice(n, ConditionType::CHOICES));
    let target = d.optional(&mut o, "target", target);
    let ck_model_id = text(d, &mut o, "ckModelId");
    let version = text(d, &mut o, "version");
    let attribute = text(d, &mut o, "attribute");
    let value = d.optional(&mut o, "value", value);
    d.finish(o);
    Some(CkMigrationCondition {
        r#type: kind?,
        target,
        ck_model_id,
        version,
        attribute,
        value,
    })
}

fn validation(d: &mut Decoder<'_>, node: &Node) -> Option<CkMigrationValidation> {
    let mut o = d.object(node)?;
    let validation_id = text(d, &mut o, "validationId");
    let description = text(d, &mut o, "description");
    let kind = d.required(&mut o, "type", |d, n| d.choice(n, ValidationType::CHOICES));
    let target = d.optional(&mut o, "target", target);
    let expected_count = d.optional(&mut o, "expectedCount", |d, n| {
        let count = d.integer(n)?;
        let positive = u32::try_from(count).ok();
        if positive.is_none() {
            d.violation(n.line, format_args!("{count} is negative: use 0 or above"));
        }
        positive
    });
    let severity = d.optional(&mut o, "severity", |d, n| {
        d.choice(n, ValidationSeverity::CHOICES)
    });
    d.finish(o);
    Some(CkMigrationValidation {
        validation_id,
        description,
        r#type: kind?,
        target,
        expected_count,
        severity: severity.unwrap_or_default(),
    })
}

fn text(d: &mut Decoder<'_>, o: &mut Object<'_>, key: &'static str) -> Option<String> {
    d.optional(o, key, Decoder::text)
}

fn flag(d: &mut Decoder<'_>, o: &mut Object<'_>, key: &'static str) -> bool {
    d.optional(o, key, Decoder::flag).unwrap_or_default()
}

fn values(d: &mut Decoder<'_>, node: &Node) -> Option<IndexMap<String, serde_json::Value>> {
    match &node.value {
        Value::Map(entries) => entries
            .iter()
            .map(|(key, node)| Some((key.text.clone(), value(d, node)?)))
            .collect(),
        _ => {
            d.violation(node.line, "an object with keys and values is expected");
            None
        }
    }
}

/// An untyped value: scalars become texts, as the original reads them (spec 2.1).
fn value(d: &mut Decoder<'_>, node: &Node) -> Option<serde_json::Value> {
    Some(match &node.value {
        Value::Scalar(scalar) if scalar.kind() == ScalarKind::Null => serde_json::Value::Null,
        Value::Scalar(scalar) => serde_json::Value::String(scalar.text.clone()),
        Value::List(_) => serde_json::Value::Array(d.list(node, value)?),
        Value::Map(_) => serde_json::Value::Object(values(d, node)?.into_iter().collect()),
    })
}
