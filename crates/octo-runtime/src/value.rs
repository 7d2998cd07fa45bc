//! Attribute values (spec 4.1).
//!
//! A [`Value`] is what an attribute of an entity or record holds; "no value" is the absence of the
//! attribute, never a special value. Instants have a resolution of one millisecond (what every
//! store can keep); finer parts are cut off when an entity is written.

use std::time::Duration;

use jiff::Timestamp;
use octo_ck::model::ValueType;
use octo_ck::{ElementId, RtCkId};
use serde::{Deserialize, Serialize};

use crate::attributes::Attributes;
use crate::rt_id::RtId;

pub mod coerce;
pub(crate) mod composite;
pub(crate) mod instants;
pub(crate) mod stored;
pub(crate) mod written;

/// Ticks of 100 ns in one second, the unit of time spans.
pub const TICKS_PER_SECOND: i64 = 10_000_000;

/// One attribute value.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// 32-bit integer.
    Int(i32),
    /// 64-bit integer.
    Int64(i64),
    /// Finite 64-bit float.
    Double(f64),
    /// True or false.
    Boolean(bool),
    /// Text without surrounding white space.
    String(String),
    /// Instant, milliseconds.
    DateTime(Timestamp),
    /// Instant with its offset from UTC.
    DateTimeOffset(DateTimeOffset),
    /// Duration in ticks of 100 ns, possibly negative.
    TimeSpan(i64),
    /// Key of an enum value.
    Enum(i32),
    /// List of texts.
    StringArray(Vec<String>),
    /// List of 32-bit integers.
    IntArray(Vec<i32>),
    /// Small byte string.
    Binary(Vec<u8>),
    /// File in linked storage.
    BinaryLinked(BinaryInfo),
    /// Composite value.
    Record(Record),
    /// List of composite values.
    RecordArray(Vec<Record>),
    /// Geographic point.
    GeospatialPoint(GeoPoint),
}

/// An instant as seen in a time zone: resolution 100 ns, offset in whole minutes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DateTimeOffset {
    /// The instant.
    pub instant: Timestamp,
    /// Offset from UTC in minutes.
    pub offset_minutes: i16,
}

/// Reference to a file in linked storage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BinaryInfo {
    /// Media type.
    pub content_type: String,
    /// Id of the stored file.
    pub binary_id: RtId,
    /// Name shown to people.
    pub filename: String,
    /// Size in bytes.
    pub size: i64,
}

/// A point on earth, WGS 84.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GeoPoint {
    /// Degrees east, -180 to 180.
    pub longitude: f64,
    /// Degrees north, -90 to 90.
    pub latitude: f64,
    /// Metres above the ellipsoid.
    pub altitude: Option<f64>,
}

/// A composite value: the fields of a record.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// Which record it is.
    pub ck_record_id: RtCkId,
    /// Its fields.
    pub attributes: Attributes,
}

impl Record {
    /// An empty record `model/name`, e.g. `Record::of("System.Identity", "Secret")`.
    pub fn of(model: &str, name: &str) -> Self {
        Self::new(
            RtCkId::new(model, ElementId::new(name, 1)),
            Attributes::new(),
        )
    }

    /// A record with the given fields.
    pub fn new(ck_record_id: RtCkId, attributes: Attributes) -> Self {
        Self {
            ck_record_id,
            attributes,
        }
    }

    /// Sets a field.
    #[must_use]
    pub fn set(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.attributes.insert(name, value);
        self
    }

    /// Sets a field when there is a value.
    #[must_use]
    pub fn set_opt(mut self, name: &str, value: Option<impl Into<Value>>) -> Self {
        if let Some(value) = value {
            self.attributes.insert(name, value);
        }
        self
    }
}

impl Value {
    /// A time span of that length; saturates at 29,000 years.
    pub fn time_span(duration: Duration) -> Self {
        Self::TimeSpan(i64::try_from(duration.as_nanos() / 100).unwrap_or(i64::MAX))
    }

    /// The value type this variant belongs to.
    pub fn value_type(&self) -> ValueType {
        match self {
            Self::Int(_) => ValueType::Int,
            Self::Int64(_) => ValueType::Int64,
            Self::Double(_) => ValueType::Double,
            Self::Boolean(_) => ValueType::Boolean,
            Self::String(_) => ValueType::String,
            Self::DateTime(_) => ValueType::DateTime,
            Self::DateTimeOffset(_) => ValueType::DateTimeOffset,
            Self::TimeSpan(_) => ValueType::TimeSpan,
            Self::Enum(_) => ValueType::Enum,
            Self::StringArray(_) => ValueType::StringArray,
            Self::IntArray(_) => ValueType::IntArray,
            Self::Binary(_) => ValueType::Binary,
            Self::BinaryLinked(_) => ValueType::BinaryLinked,
            Self::Record(_) => ValueType::Record,
            Self::RecordArray(_) => ValueType::RecordArray,
            Self::GeospatialPoint(_) => ValueType::GeospatialPoint,
        }
    }
}

macro_rules! value_from {
    ($($source:ty => $variant:ident),+ $(,)?) => {$(
        impl From<$source> for Value {
            fn from(value: $source) -> Self {
                Self::$variant(value.into())
            }
        }
    )+};
}
value_from! {
    i32 => Int,
    i64 => Int64,
    u32 => Int64,
    f64 => Double,
    bool => Boolean,
    &str => String,
    String => String,
    &String => String,
    Timestamp => DateTime,
    DateTimeOffset => DateTimeOffset,
    Vec<String> => StringArray,
    Vec<i32> => IntArray,
    Record => Record,
    Vec<Record> => RecordArray,
    BinaryInfo => BinaryLinked,
    GeoPoint => GeospatialPoint,
}

impl From<RtId> for Value {
    fn from(id: RtId) -> Self {
        Self::String(id.to_string())
    }
}

impl From<Vec<u8>> for Value {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Binary(bytes)
    }
}

impl From<&[&str]> for Value {
    fn from(texts: &[&str]) -> Self {
        Self::StringArray(texts.iter().map(|&text| text.to_owned()).collect())
    }
}

impl<const N: usize> From<[&str; N]> for Value {
    fn from(texts: [&str; N]) -> Self {
        Self::from(texts.as_slice())
    }
}

impl From<&[String]> for Value {
    fn from(texts: &[String]) -> Self {
        Self::StringArray(texts.to_vec())
    }
}

impl From<Duration> for Value {
    fn from(duration: Duration) -> Self {
        Self::time_span(duration)
    }
}
