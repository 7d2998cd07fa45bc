//! The JSON form in which stores without richer types keep values.
//!
//! Reading needs the attribute's type, because several types share a JSON shape. Names are
//! camelCase. Every value survives a round trip exactly:
//!
//! | type | JSON |
//! |---|---|
//! | Int, Int64, Enum, TimeSpan (ticks) | integer |
//! | Double | number with a fraction or exponent |
//! | Boolean | `true`, `false` |
//! | String | text |
//! | DateTime | integer: milliseconds since 1970, so that it sorts |
//! | DateTimeOffset | `{"ticks": 100 ns since 1970 UTC, "offset": minutes}` |
//! | StringArray, IntArray | array |
//! | Binary | base64 text |
//! | BinaryLinked | `{contentType, binaryId, filename, size}` |
//! | Record | `{"ckRecordId": "Model/Record", "attributes": {…}}` |
//! | RecordArray | array of those |
//! | GeospatialPoint | GeoJSON point |
//!
//! Data can be older than the model: values that no longer fit their attribute, and attributes
//! the model no longer has, are read by their JSON shape instead of being dropped.

use std::collections::HashMap;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use jiff::Timestamp;
use octo_ck::TypeGraph;
use octo_ck::graph::AttributeNode;
use octo_ck::id::{camel_case, pascal_case};
use octo_ck::model::ValueType;
use serde_json::{Map, Value as Json, json};

use crate::attributes::Attributes;
use crate::value::{DateTimeOffset, GeoPoint, Record, Value, instants};

const NANOSECONDS_PER_TICK: i128 = 100;

/// The stored form of attributes.
pub(crate) fn encode_attributes(attributes: &Attributes) -> Map<String, Json> {
    attributes
        .iter()
        .map(|(name, value)| (camel_case(name), encode(value)))
        .collect()
}

/// The stored form of a value.
pub(crate) fn encode(value: &Value) -> Json {
    match value {
        Value::Int(number) | Value::Enum(number) => json!(number),
        Value::Int64(number) | Value::TimeSpan(number) => json!(number),
        Value::Double(number) => json!(number),
        Value::Boolean(flag) => json!(flag),
        Value::String(text) => json!(text),
        Value::DateTime(instant) => json!(instant.as_millisecond()),
        Value::DateTimeOffset(value) => json!({
            "ticks": ticks(value.instant),
            "offset": value.offset_minutes,
        }),
        Value::StringArray(texts) => json!(texts),
        Value::IntArray(numbers) => json!(numbers),
        Value::Binary(bytes) => json!(BASE64.encode(bytes)),
        Value::BinaryLinked(info) => json!(info),
        Value::Record(record) => encode_record(record),
        Value::RecordArray(records) => records.iter().map(encode_record).collect(),
        Value::GeospatialPoint(point) => geo_json(point),
    }
}

/// The GeoJSON form of a point.
pub(crate) fn geo_json(point: &GeoPoint) -> Json {
    let mut coordinates = vec![json!(point.longitude), json!(point.latitude)];
    coordinates.extend(point.altitude.map(|altitude| json!(altitude)));
    json!({ "type": "Point", "coordinates": coordinates })
}

/// Ticks of 100 ns since 1970 UTC.
pub(crate) fn ticks(instant: Timestamp) -> i64 {
    let ticks = instant.as_nanosecond().div_euclid(NANOSECONDS_PER_TICK);
    i64::try_from(ticks).unwrap_or(if ticks < 0 { i64::MIN } else { i64::MAX })
}

fn encode_record(record: &Record) -> Json {
    json!({
        "ckRecordId": record.ck_record_id,
        "attributes": encode_attributes(&record.attributes),
    })
}

/// Reads stored attributes back.
pub(crate) struct Decoder<'g> {
    graph: &'g TypeGraph,
}

type Nodes<'n> = (&'n [Arc<AttributeNode>], &'n HashMap<String, usize>);

impl<'g> Decoder<'g> {
    pub(crate) fn new(graph: &'g TypeGraph) -> Self {
        Self { graph }
    }

    /// Attributes of an entity of a type.
    pub(crate) fn entity(
        &self,
        ck_type: &octo_ck::RtCkId,
        stored: Map<String, Json>,
    ) -> Attributes {
        let node = self.graph.type_node(ck_type);
        let nodes = node.map(|node| (node.attributes.as_slice(), &node.attribute_index));
        self.attributes(nodes, stored)
    }

    /// Attributes of an association of a role.
    pub(crate) fn association(
        &self,
        role: &octo_ck::RtCkId,
        stored: Map<String, Json>,
    ) -> Attributes {
        let role = self.graph.role(role);
        let mut attributes = Attributes::new();
        for (camel, json) in stored {
            let node = role.and_then(|role| role.attribute(&camel));
            let value = match node {
                Some(node) => self.value(node.value_type, json),
                None => self.by_shape(json),
            };
            if let Some(value) = value {
                attributes.insert(&camel, value);
            }
        }
        attributes
    }

    fn attributes(&self, nodes: Option<Nodes<'_>>, stored: Map<String, Json>) -> Attributes {
        let mut attributes = Attributes::new();
        for (camel, json) in stored {
            let name = pascal_case(&camel);
            let node = nodes.and_then(|(nodes, index)| nodes.get(*index.get(&name)?));
            let value = match node {
                Some(node) => self.value(node.value_type, json),
                None => self.by_shape(json),
            };
            if let Some(value) = value {
                attributes.insert(&name, value);
            }
        }
        attributes
    }

    fn value(&self, value_type: ValueType, json: Json) -> Option<Value> {
        match self.exact(value_type, &json) {
            Some(value) => Some(value),
            None => self.by_shape(json),
        }
    }

    fn exact(&self, value_type: ValueType, json: &Json) -> Option<Value> {
        let int32 = || json.as_i64().and_then(|n| i32::try_from(n).ok());
        Some(match value_type {
            ValueType::Int => Value::Int(int32()?),
            ValueType::Enum => Value::Enum(int32()?),
            ValueType::Int64 => Value::Int64(json.as_i64()?),
            ValueType::TimeSpan => Value::TimeSpan(json.as_i64()?),
            ValueType::Double => Value::Double(json.as_f64()?),
            ValueType::Boolean => Value::Boolean(json.as_bool()?),
            ValueType::String => Value::String(json.as_str()?.to_owned()),
            ValueType::DateTime => Value::DateTime(instants::from_milliseconds(json.as_i64()?)?),
            ValueType::DateTimeOffset => Value::DateTimeOffset(date_time_offset(json)?),
            ValueType::StringArray => {
                let texts = json.as_array()?.iter();
                Value::StringArray(
                    texts
                        .map(|t| Some(t.as_str()?.to_owned()))
                        .collect::<Option<_>>()?,
                )
            }
            ValueType::IntArray => {
                let numbers = json.as_array()?.iter();
                let int = |n: &Json| n.as_i64().and_then(|n| i32::try_from(n).ok());
                Value::IntArray(numbers.map(int).collect::<Option<_>>()?)
            }
            ValueType::Binary => Value::Binary(BASE64.decode(json.as_str()?).ok()?),
            ValueType::BinaryLinked => {
                Value::BinaryLinked(serde::Deserialize::deserialize(json).ok()?)
            }
            ValueType::Record => Value::Record(self.record(json)?),
            ValueType::RecordArray => {
                let records = json.as_array()?.iter();
                Value::RecordArray(records.map(|r| self.record(r)).collect::<Option<_>>()?)
            }
            ValueType::GeospatialPoint => Value::GeospatialPoint(geo_point(json)?),
        })
    }

    fn record(&self, json: &Json) -> Option<Record> {
        let ck_record_id: octo_ck::RtCkId = json.get("ckRecordId")?.as_str()?.parse().ok()?;
        let stored = json.get("attributes")?.as_object()?.clone();
        let node = self.graph.record(&ck_record_id);
        let nodes = node.map(|node| (node.attributes.as_slice(), &node.attribute_index));
        let attributes = self.attributes(nodes, stored);
        Some(Record::new(ck_record_id, attributes))
    }

    fn by_shape(&self, json: Json) -> Option<Value> {
        if let Some(record) = self.record(&json) {
            return Some(Value::Record(record));
        }
        Some(match json {
            Json::Null | Json::Object(_) => return None,
            Json::Bool(flag) => Value::Boolean(flag),
            Json::String(text) => Value::String(text),
            Json::Number(number) => match number.as_i64() {
                Some(int) => i32::try_from(int).map_or(Value::Int64(int), Value::Int),
                None => Value::Double(number.as_f64()?),
            },
            Json::Array(items) => {
                let list = Json::Array(items);
                [
                    ValueType::StringArray,
                    ValueType::IntArray,
                    ValueType::RecordArray,
                ]
                .into_iter()
                .find_map(|value_type| self.exact(value_type, &list))?
            }
        })
    }
}

fn date_time_offset(json: &Json) -> Option<DateTimeOffset> {
    let ticks = i128::from(json.get("ticks")?.as_i64()?);
    Some(DateTimeOffset {
        instant: Timestamp::from_nanosecond(ticks * NANOSECONDS_PER_TICK).ok()?,
        offset_minutes: i16::try_from(json.get("offset")?.as_i64()?).ok()?,
    })
}

fn geo_point(json: &Json) -> Option<GeoPoint> {
    let coordinates = json.get("coordinates")?.as_array()?;
    Some(GeoPoint {
        longitude: coordinates.first()?.as_f64()?,
        latitude: coordinates.get(1)?.as_f64()?,
        altitude: coordinates.get(2).and_then(Json::as_f64),
    })
}
