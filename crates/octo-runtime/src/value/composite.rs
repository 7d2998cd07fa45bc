//! Conversion of values made of parts: records, binaries, points.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use octo_ck::graph::{AttributeNode, RecordNode};
use octo_ck::model::ValueType;
use octo_ck::{RtCkId, suggest};
use serde_json::{Map, Value as Json};

use super::coerce::{Coercion, Slot, shown};
use super::{BinaryInfo, GeoPoint, Record, Value};
use crate::attributes::Attributes;

impl<'g> Coercion<'g> {
    /// A file: `{contentType, binaryId, filename, size}` of a stored one, or `{transferId}` of one
    /// that comes with the change; names ignoring case.
    pub(super) fn binary_linked(&mut self, json: &Json, at: &str) -> Option<Value> {
        let Some(id) = upload_key(json) else {
            let value = stored_binary(json);
            if value.is_none() {
                self.not_valid(json, ValueType::BinaryLinked, at);
            }
            return value;
        };
        let new = self.binaries.iter().find(|new| new.key == id);
        if new.is_none() {
            self.problem(format!(
                "Upload '{}' of attribute '{at}' not found or expired.",
                shown(&Json::from(id))
            ));
        }
        new.map(|new| Value::BinaryLinked(new.info.clone()))
    }

    /// A list of records.
    pub(super) fn record_list(
        &mut self,
        json: &Json,
        slot: &Slot<'_>,
        at: &str,
    ) -> Option<Vec<Record>> {
        let Json::Array(items) = json else {
            self.not_valid(json, ValueType::RecordArray, at);
            return None;
        };
        let records: Vec<_> = items
            .iter()
            .enumerate()
            .map(|(index, item)| self.record(item, slot, &format!("{at}[{index}]")))
            .collect();
        records.into_iter().collect()
    }

    /// A record: `{field: value, …}`, `{ckRecordId?, attributes: {field: value, …}}`, or with
    /// `attributes` as the list of `{attributeName, value}` that entities are shown with.
    pub(super) fn record(&mut self, json: &Json, slot: &Slot<'_>, at: &str) -> Option<Record> {
        let (Json::Object(object), Some(declared)) = (json, slot.record) else {
            self.not_valid(json, ValueType::Record, at);
            return None;
        };
        let (given, fields) = match wrapped(object) {
            None => (None, object.clone()),
            Some((id, fields)) => {
                let fields = named_values(fields).or_else(|| {
                    self.not_valid(json, ValueType::Record, at);
                    None
                })?;
                (id, fields)
            }
        };
        let node = self.chosen_record(given, declared, at)?;
        let before = self.problems.len();
        let mut attributes = Attributes::new();
        for (name, value) in &fields {
            let path = format!("{at}.{name}");
            if let Some(field) = self.field(node, name)
                && let Some(value) = self.value(value, &Slot::of(field), &path)
            {
                attributes.insert(&field.name, value);
            }
        }
        (self.problems.len() == before).then(|| Record::new(node.rt_id.clone(), attributes))
    }

    /// Checks a record from code, field by field.
    pub(super) fn conform_record(
        &mut self,
        record: Record,
        slot: &Slot<'_>,
        at: &str,
    ) -> Option<Record> {
        let declared = slot.record?;
        let given = Json::String(record.ck_record_id.to_string());
        let node = self.chosen_record(Some(&given), declared, at)?;
        let before = self.problems.len();
        let mut attributes = Attributes::new();
        for (name, value) in record.attributes {
            if let Some(field) = self.field(node, &name)
                && let Some(value) = self.conform(value, &Slot::of(field), &format!("{at}.{name}"))
            {
                attributes.insert(&field.name, value);
            }
        }
        (self.problems.len() == before).then(|| Record::new(node.rt_id.clone(), attributes))
    }

    fn field<'n>(&mut self, node: &'n RecordNode, name: &str) -> Option<&'n AttributeNode> {
        let field = node.attribute(name);
        if field.is_none() {
            self.problem(undefined(name, "record", &node.rt_id, &node.attributes));
        }
        field
    }

    /// The record a value is of: the declared one, or one derived from it when the value says so.
    fn chosen_record(
        &mut self,
        given: Option<&Json>,
        declared: &RtCkId,
        at: &str,
    ) -> Option<&'g RecordNode> {
        let graph = self.graph;
        let Some(node) = graph.record(declared) else {
            self.problem(format!("CkRecordId '{declared}' not found."));
            return None;
        };
        let chosen = match given {
            None => Some(node),
            Some(id) => id
                .as_str()
                .and_then(|text| graph.record(&text.parse().ok()?))
                .filter(|node| node.rt_id == *declared || node.bases.contains(declared)),
        };
        match chosen {
            None => self.wrong_record(&given.map(shown).unwrap_or_default(), declared, at),
            Some(node) if node.is_abstract => self.problem(format!(
                "Record '{}' is abstract: attribute '{at}' needs the ckRecordId of a record derived from it.",
                node.rt_id
            )),
            Some(node) => return Some(node),
        }
        None
    }

    fn wrong_record(&mut self, given: &str, declared: &RtCkId, at: &str) {
        self.problem(format!(
            "Record '{given}' is not valid for attribute '{at}', which holds records of '{declared}'."
        ));
    }
}

/// The text for an attribute its owner does not have.
pub(crate) fn undefined(
    name: &str,
    kind: &str,
    owner: &RtCkId,
    known: &[Arc<AttributeNode>],
) -> String {
    let names = known.iter().map(|attribute| attribute.camel_name.as_str());
    let similar = suggest::question(&suggest::nearest(name, names, 3));
    format!(
        "Attribute '{name}' is not defined on the Construction Kit {kind} of '{owner}'. Ensure the attribute exists in the Construction Kit model.{similar}"
    )
}

// `{ckRecordId?, attributes}` and nothing else.
fn wrapped(object: &Map<String, Json>) -> Option<(Option<&Json>, &Json)> {
    let member = |name: &str| {
        let mut members = object.iter();
        members.find(|(key, _)| key.eq_ignore_ascii_case(name))
    };
    let (_, fields) = member("attributes")?;
    let id = member("ckRecordId")
        .map(|(_, id)| id)
        .filter(|id| !id.is_null());
    let known = 1 + usize::from(member("ckRecordId").is_some());
    (object.len() == known && (fields.is_object() || fields.is_array())).then_some((id, fields))
}

fn named_values(fields: &Json) -> Option<Map<String, Json>> {
    match fields {
        Json::Object(fields) => Some(fields.clone()),
        Json::Array(items) => items
            .iter()
            .map(|item| {
                let name = item.get("attributeName")?.as_str()?;
                let value = item.get("value").cloned().unwrap_or(Json::Null);
                Some((name.to_owned(), value))
            })
            .collect(),
        _ => None,
    }
}

/// Base64 text.
pub(super) fn binary(json: &Json) -> Option<Value> {
    BASE64.decode(json.as_str()?.trim()).ok().map(Value::Binary)
}

// `{transferId}` and nothing else.
fn upload_key(json: &Json) -> Option<&str> {
    let object = json.as_object().filter(|object| object.len() == 1)?;
    Some(member(object, "transferId")?.as_str()?.trim())
}

fn member<'j>(object: &'j Map<String, Json>, name: &str) -> Option<&'j Json> {
    let mut members = object.iter();
    members
        .find(|(key, _)| key.eq_ignore_ascii_case(name))
        .map(|(_, value)| value)
}

fn stored_binary(json: &Json) -> Option<Value> {
    let object = json.as_object()?;
    let member = |name| member(object, name);
    Some(Value::BinaryLinked(BinaryInfo {
        content_type: member("contentType")?.as_str()?.to_owned(),
        binary_id: member("binaryId")?.as_str()?.parse().ok()?,
        filename: member("filename")?.as_str()?.to_owned(),
        size: member("size")?.as_i64().filter(|size| *size >= 0)?,
    }))
}

/// GeoJSON, or `{longitude, latitude, altitude?}`.
pub(super) fn geo_point(json: &Json) -> Option<Value> {
    let object = json.as_object()?;
    let point = match object.get("coordinates") {
        Some(coordinates) => {
            if object.get("type").is_some_and(|kind| kind != "Point") {
                return None;
            }
            from_coordinates(coordinates)?
        }
        None => from_members(json)?,
    };
    is_on_earth(&point).then_some(Value::GeospatialPoint(point))
}

/// Whether a point has finite numbers in range.
pub(super) fn is_on_earth(point: &GeoPoint) -> bool {
    (-180.0..=180.0).contains(&point.longitude)
        && (-90.0..=90.0).contains(&point.latitude)
        && point.altitude.is_none_or(f64::is_finite)
}

fn from_coordinates(json: &Json) -> Option<GeoPoint> {
    match json {
        Json::Array(numbers) if matches!(numbers.len(), 2 | 3) => Some(GeoPoint {
            longitude: numbers[0].as_f64()?,
            latitude: numbers[1].as_f64()?,
            altitude: match numbers.get(2) {
                Some(altitude) => Some(altitude.as_f64()?),
                None => None,
            },
        }),
        other => from_members(other),
    }
}

fn from_members(json: &Json) -> Option<GeoPoint> {
    let altitude = json.get("altitude").filter(|altitude| !altitude.is_null());
    Some(GeoPoint {
        longitude: json.get("longitude")?.as_f64()?,
        latitude: json.get("latitude")?.as_f64()?,
        altitude: match altitude {
            Some(altitude) => Some(altitude.as_f64()?),
            None => None,
        },
    })
}
