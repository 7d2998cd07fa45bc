//! The stored form of values, written straight to text.
//!
//! The same JSON as [`encode`](super::stored::encode), with members in the same order, without
//! building it in memory first: inserts spend much of their time here.

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use octo_ck::id::camel_case;
use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};

use super::stored::ticks;
use super::{BinaryInfo, DateTimeOffset, GeoPoint, Record, Value};
use crate::attributes::Attributes;

/// Attributes as JSON text.
pub(crate) fn written(attributes: &Attributes) -> Result<String, serde_json::Error> {
    serde_json::to_string(&Fields(attributes))
}

struct Fields<'a>(&'a Attributes);

impl Serialize for Fields<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, value) in self.0.iter() {
            map.serialize_entry(&camel_case(name), &Item(value))?;
        }
        map.end()
    }
}

struct Item<'a>(&'a Value);

impl Serialize for Item<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::Int(number) | Value::Enum(number) => serializer.serialize_i32(*number),
            Value::Int64(number) | Value::TimeSpan(number) => serializer.serialize_i64(*number),
            Value::Double(number) => serializer.serialize_f64(*number),
            Value::Boolean(flag) => serializer.serialize_bool(*flag),
            Value::String(text) => serializer.serialize_str(text),
            Value::DateTime(instant) => serializer.serialize_i64(instant.as_millisecond()),
            Value::DateTimeOffset(value) => date_time_offset(value, serializer),
            Value::StringArray(texts) => texts.serialize(serializer),
            Value::IntArray(numbers) => numbers.serialize(serializer),
            Value::Binary(bytes) => serializer.serialize_str(&BASE64.encode(bytes)),
            Value::BinaryLinked(info) => binary(info, serializer),
            Value::Record(record) => Fielded(record).serialize(serializer),
            Value::RecordArray(records) => {
                let mut list = serializer.serialize_seq(Some(records.len()))?;
                for record in records {
                    list.serialize_element(&Fielded(record))?;
                }
                list.end()
            }
            Value::GeospatialPoint(point) => geo_json(point, serializer),
        }
    }
}

struct Fielded<'a>(&'a Record);

impl Serialize for Fielded<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(2))?;
        map.serialize_entry("ckRecordId", &self.0.ck_record_id)?;
        map.serialize_entry("attributes", &Fields(&self.0.attributes))?;
        map.end()
    }
}

fn date_time_offset<S: Serializer>(value: &DateTimeOffset, to: S) -> Result<S::Ok, S::Error> {
    let mut map = to.serialize_map(Some(2))?;
    map.serialize_entry("ticks", &ticks(value.instant))?;
    map.serialize_entry("offset", &value.offset_minutes)?;
    map.end()
}

fn binary<S: Serializer>(info: &BinaryInfo, to: S) -> Result<S::Ok, S::Error> {
    let mut map = to.serialize_map(Some(4))?;
    map.serialize_entry("contentType", &info.content_type)?;
    map.serialize_entry("binaryId", &info.binary_id)?;
    map.serialize_entry("filename", &info.filename)?;
    map.serialize_entry("size", &info.size)?;
    map.end()
}

fn geo_json<S: Serializer>(point: &GeoPoint, to: S) -> Result<S::Ok, S::Error> {
    let numbers = [Some(point.longitude), Some(point.latitude), point.altitude];
    let coordinates: Vec<f64> = numbers.into_iter().flatten().collect();
    let mut map = to.serialize_map(Some(2))?;
    map.serialize_entry("type", "Point")?;
    map.serialize_entry("coordinates", &coordinates)?;
    map.end()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rt_id::RtId;
    use crate::value::stored::encode_attributes;

    #[test]
    fn the_text_is_that_of_the_stored_form() {
        let item = Record::of("Demo", "Item").set("Label", "a").set("Count", 2);
        let attributes = Attributes::new()
            .set("Name", "quotes \" and \u{0}")
            .set("Size", -1)
            .set("Big", i64::MIN)
            .set("Weight", 1e300)
            .set("IsNew", true)
            .set("Paint", Value::Enum(3))
            .set("Warranty", Value::TimeSpan(-5))
            .set("Tags", ["", "b"])
            .set("Numbers", vec![1, 2])
            .set("Photo", vec![0_u8, 255])
            .set("Items", vec![item.clone()])
            .set("Home", item)
            .set(
                "Bought",
                Value::DateTime("2024-02-29T01:02:03.004Z".parse().unwrap()),
            )
            .set(
                "Seen",
                DateTimeOffset {
                    instant: "1960-01-01T00:00:00.0000001Z".parse().unwrap(),
                    offset_minutes: 90,
                },
            )
            .set(
                "Manual",
                BinaryInfo {
                    content_type: "text/plain".to_owned(),
                    binary_id: RtId::generate(),
                    filename: "a.txt".to_owned(),
                    size: 7,
                },
            )
            .set(
                "Position",
                GeoPoint {
                    longitude: 16.5,
                    latitude: 48.0,
                    altitude: Some(2.0),
                },
            );
        let text = written(&attributes).unwrap();
        let read: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(
            read,
            serde_json::Value::Object(encode_attributes(&attributes))
        );
    }
}
