//! How much one entity may hold.
//!
//! The bound is that of a document in the original's database, so that every tenant can move there.

use super::problems::Problems;
use crate::attributes::Attributes;
use crate::value::{Record, Value};

/// Bytes of values in one entity.
pub(super) const MAX_BYTES: usize = 16 * 1024 * 1024;

/// Notes when the values of an entity are too large together.
pub(super) fn check(problems: &mut Problems<'_>, owner: &str, attributes: &Attributes) {
    let size = of_attributes(attributes);
    if size > MAX_BYTES {
        problems.values(Err(vec![format!(
            "Entity '{owner}' would hold {size} bytes of values; it can hold at most {MAX_BYTES}. Keep large contents in linked binaries."
        )]));
    }
}

fn of_attributes(attributes: &Attributes) -> usize {
    let sizes = attributes.iter();
    sizes
        .map(|(name, value)| name.len() + of_value(value))
        .sum()
}

fn of_value(value: &Value) -> usize {
    const SCALAR: usize = 8;
    match value {
        Value::String(text) => text.len(),
        Value::Binary(bytes) => bytes.len(),
        Value::StringArray(texts) => texts.iter().map(|text| text.len() + SCALAR).sum(),
        Value::IntArray(numbers) => numbers.len() * SCALAR,
        Value::Record(record) => of_record(record),
        Value::RecordArray(records) => records.iter().map(of_record).sum(),
        Value::BinaryLinked(info) => info.filename.len() + info.content_type.len() + SCALAR,
        _ => SCALAR,
    }
}

fn of_record(record: &Record) -> usize {
    of_attributes(&record.attributes)
}
