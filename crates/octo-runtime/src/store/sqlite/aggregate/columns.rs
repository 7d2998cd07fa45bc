//! Reading the columns of an aggregation.

use jiff::Timestamp;
use octo_ck::model::ValueType;
use rusqlite::Row;
use rusqlite::types::ValueRef;

use crate::store::aggregation::accumulator::{Number, Unit};
use crate::store::aggregation::grouping::KeyPart;
use crate::store::sqlite::failed;
use crate::store::{Field, StoreError, SystemField};
use crate::value::{DateTimeOffset, Value, instants};

const NANOSECONDS_PER_TICK: i128 = 100;

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Attribute(ValueType),
    System(SystemField),
}

impl Kind {
    pub(super) fn of(field: &Field) -> Self {
        match field {
            Field::System(system) => Self::System(*system),
            Field::Attribute(path) => Self::Attribute(path.value_type),
        }
    }

    /// The expression to select. Doubles are read as the text they are stored as and ids as
    /// digits: SQLite's own conversion may be off by the last bit.
    pub(super) fn readable(self, expression: String) -> String {
        match self {
            Self::Attribute(ValueType::Double) => expression
                .strip_prefix("json_extract(")
                .and_then(|rest| rest.strip_suffix(')'))
                .and_then(|arguments| arguments.split_once(", "))
                .map(|(document, path)| format!("{document} -> {path}"))
                .unwrap_or(expression),
            Self::System(SystemField::RtId) => format!("lower(hex({expression}))"),
            _ => expression,
        }
    }

    pub(super) fn unit(self) -> Unit {
        match self {
            Self::Attribute(ValueType::DateTime)
            | Self::System(SystemField::Created | SystemField::Changed | SystemField::Archived) => {
                Unit::Milliseconds
            }
            Self::Attribute(ValueType::DateTimeOffset) => Unit::Ticks,
            _ => Unit::Plain,
        }
    }

    /// The number in a column; values from before the attribute had its type may be text.
    pub(super) fn number(self, value: ValueRef<'_>) -> Result<Option<Number>, StoreError> {
        match value {
            ValueRef::Null => Ok(None),
            ValueRef::Integer(integer) => Ok(Some(Number::Integer(integer))),
            ValueRef::Real(double) => Ok(Some(Number::Double(double))),
            ValueRef::Text(text) => match std::str::from_utf8(text).unwrap_or_default() {
                "null" => Ok(None),
                text => number_in(text).map(Some),
            },
            ValueRef::Blob(_) => Err(not_a_number("bytes")),
        }
    }
}

/// A number written as text, as JSON writes it or between quotes.
pub(super) fn number_in(text: &str) -> Result<Number, StoreError> {
    let trimmed = text.trim_matches('"').trim();
    let double = trimmed.parse::<f64>().ok().filter(|n| n.is_finite());
    double
        .map(Number::Double)
        .ok_or_else(|| not_a_number(trimmed))
}

pub(super) fn not_a_number(text: &str) -> StoreError {
    let shown: String = text.chars().take(50).collect();
    StoreError::Corrupt {
        what: "a number attribute".to_owned(),
        message: format!("'{shown}' is not a number"),
    }
}

pub(super) fn cell<'r>(row: &'r Row<'_>, column: usize) -> Result<ValueRef<'r>, StoreError> {
    row.get_ref(column).map_err(failed("aggregate"))
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap_or_default()
}

pub(super) fn key_part(value: ValueRef<'_>, kind: Kind) -> KeyPart<'_> {
    let is_double = kind == Kind::Attribute(ValueType::Double);
    match value {
        ValueRef::Null | ValueRef::Blob(_) => KeyPart::Null,
        ValueRef::Integer(integer) => KeyPart::Integer(integer),
        ValueRef::Real(double) => KeyPart::Double(double),
        ValueRef::Text(bytes) if is_double => match text(bytes) {
            "null" => KeyPart::Null,
            text => text.parse().map_or(KeyPart::Text(text), KeyPart::Double),
        },
        ValueRef::Text(bytes) => KeyPart::Text(text(bytes)),
    }
}

pub(super) fn key_value(value: ValueRef<'_>, kind: Kind) -> Option<Value> {
    match key_part(value, kind) {
        KeyPart::Null => None,
        KeyPart::Double(double) => Some(Value::Double(double)),
        KeyPart::Text(text) => Some(Value::String(text.to_owned())),
        KeyPart::Integer(integer) => Some(integer_key(integer, kind)),
    }
}

fn integer_key(integer: i64, kind: Kind) -> Value {
    let small = i32::try_from(integer).ok();
    let typed = match kind {
        Kind::System(SystemField::Created | SystemField::Changed | SystemField::Archived)
        | Kind::Attribute(ValueType::DateTime) => {
            instants::from_milliseconds(integer).map(Value::DateTime)
        }
        Kind::Attribute(ValueType::DateTimeOffset) => {
            Timestamp::from_nanosecond(i128::from(integer) * NANOSECONDS_PER_TICK)
                .ok()
                .map(|instant| {
                    Value::DateTimeOffset(DateTimeOffset {
                        instant,
                        offset_minutes: 0,
                    })
                })
        }
        Kind::Attribute(ValueType::Boolean) => Some(Value::Boolean(integer != 0)),
        Kind::Attribute(ValueType::Enum) => small.map(Value::Enum),
        Kind::Attribute(ValueType::TimeSpan) => Some(Value::TimeSpan(integer)),
        Kind::Attribute(ValueType::Int) => small.map(Value::Int),
        _ => None,
    };
    typed.unwrap_or(Value::Int64(integer))
}
