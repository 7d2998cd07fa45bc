//! Turning the scalars of a list into records (spec, Construction Kit 10.1).
//!
//! Running it again changes nothing: a list that holds records already is left alone.

use octo_ck::RtCkId;
use octo_ck::model::{CkMigrationTransform, ValueType};
use serde_json::{Map, Value as Json, json};

use super::edit::Edit;
use super::script::Run;
use super::select::type_id;
use super::transform::Edited;
use crate::entity::Entity;
use crate::value::Value;
use crate::value::coerce::{Coercion, Slot};

/// The edit that wraps the list of an entity.
pub(super) fn wrapped(
    run: &mut Run<'_>,
    entity: &Entity,
    transform: &CkMigrationTransform,
) -> Edited {
    let source = transform.source_attribute.as_deref().unwrap_or_default();
    let scalars: Vec<Json> = match entity.attributes.get(source) {
        None | Some(Value::RecordArray(_)) => return Ok(None),
        Some(Value::StringArray(texts)) => texts.iter().map(|text| json!(text)).collect(),
        Some(Value::IntArray(numbers)) => numbers.iter().map(|number| json!(number)).collect(),
        Some(_) => return Err(format!("attribute '{source}' is no list")),
    };
    let target = transform.target_attribute.as_deref().unwrap_or(source);
    let record = transform.target_record_ck_record_id.as_deref();
    let record = type_id(record.unwrap_or_default())?;
    let items = scalars.into_iter().map(|scalar| fields(transform, scalar));
    let value = records(run, &record, target, items.collect())?;
    let mut edit = Edit::default();
    edit.assign(target, value);
    if target != source {
        edit.assign(source, None);
    }
    Ok(Some(edit))
}

fn fields(transform: &CkMigrationTransform, scalar: Json) -> Json {
    let defaults = transform.record_defaults.iter().flatten();
    let mut fields: Map<String, Json> = defaults
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    let name = transform.record_value_attribute.clone();
    fields.insert(name.unwrap_or_default(), scalar);
    Json::Object(fields)
}

fn records(run: &Run<'_>, record: &RtCkId, at: &str, items: Json) -> Result<Option<Value>, String> {
    let graph = match run.graph.record(record) {
        Some(_) => run.graph,
        None => run.reading,
    };
    let mut coercion = Coercion::new(graph);
    let slot = Slot {
        value_type: ValueType::RecordArray,
        enum_type: None,
        record: Some(record),
    };
    let value = coercion.value(&items, &slot, at);
    coercion.finish().map_err(|problems| problems.join(" "))?;
    Ok(value)
}
