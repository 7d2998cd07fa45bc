//! Reading the small parts of elements.

use super::{Decoder, Object, shorten};
use crate::document::Node;
use crate::model::{
    CkEnumValue, CkIndex, CkIndexFields, CkMetaData, IndexType, Multiplicity, ValueType,
};

pub(super) const VALUE_TYPES: &[(&str, ValueType)] = &[
    ("Int", ValueType::Int),
    ("Integer", ValueType::Int),
    ("String", ValueType::String),
    ("Binary", ValueType::Binary),
    ("Boolean", ValueType::Boolean),
    ("DateTime", ValueType::DateTime),
    ("Double", ValueType::Double),
    ("StringArray", ValueType::StringArray),
    ("IntArray", ValueType::IntArray),
    ("IntegerArray", ValueType::IntArray),
    ("BinaryLinked", ValueType::BinaryLinked),
    ("Record", ValueType::Record),
    ("RecordArray", ValueType::RecordArray),
    ("TimeSpan", ValueType::TimeSpan),
    ("Enum", ValueType::Enum),
    ("Int64", ValueType::Int64),
    ("Integer64", ValueType::Int64),
    ("DateTimeOffset", ValueType::DateTimeOffset),
    ("GeospatialPoint", ValueType::GeospatialPoint),
];

pub(super) const MULTIPLICITIES: &[(&str, Multiplicity)] = &[
    ("ZeroOrOne", Multiplicity::ZeroOrOne),
    ("One", Multiplicity::One),
    ("N", Multiplicity::N),
];

const INDEX_TYPES: &[(&str, IndexType)] = &[
    ("None", IndexType::None),
    ("Ascending", IndexType::Ascending),
    ("Text", IndexType::Text),
    ("Unique", IndexType::Unique),
    ("UniqueNotDeleted", IndexType::UniqueNotDeleted),
];

pub(super) fn text(d: &mut Decoder<'_>, o: &mut Object<'_>, key: &'static str) -> Option<String> {
    d.optional(o, key, Decoder::text)
}

pub(super) fn flag(d: &mut Decoder<'_>, o: &mut Object<'_>, key: &'static str) -> bool {
    d.optional(o, key, Decoder::flag).unwrap_or_default()
}

pub(super) fn enum_value(d: &mut Decoder<'_>, node: &Node) -> Option<CkEnumValue> {
    let mut o = d.object(node)?;
    let key = d.required(&mut o, "key", Decoder::integer);
    // A blank name is reported as such, not as a missing key.
    let name = match o.peek("name") {
        Some(node) if node.is_null() => {
            d.optional(&mut o, "name", Decoder::text);
            Some(String::new())
        }
        _ => d.required(&mut o, "name", Decoder::text),
    };
    let description = text(d, &mut o, "description");
    let is_extension = flag(d, &mut o, "isExtension");
    d.finish(o);
    Some(CkEnumValue {
        key: key?,
        name: name?,
        description,
        is_extension,
    })
}

pub(super) fn meta_data(d: &mut Decoder<'_>, node: &Node) -> Option<CkMetaData> {
    let mut o = d.object(node)?;
    let key = d.required(&mut o, "key", Decoder::text);
    let value = d.optional(&mut o, "value", |d, n| {
        Some(serde_json::Value::String(d.scalar(n)?.text.clone()))
    });
    let description = text(d, &mut o, "description");
    d.finish(o);
    Some(CkMetaData {
        key: key?,
        value,
        description,
    })
}

pub(super) fn index(d: &mut Decoder<'_>, node: &Node) -> Option<CkIndex> {
    let mut o = d.object(node)?;
    let index_type = d.required(&mut o, "indexType", |d, n| d.choice(n, INDEX_TYPES));
    let language = text(d, &mut o, "language");
    let fields = d.optional(&mut o, "fields", |d, n| d.list(n, index_fields));
    d.finish(o);
    Some(CkIndex {
        index_type: index_type?,
        language,
        fields: fields.unwrap_or_default(),
    })
}

fn index_fields(d: &mut Decoder<'_>, node: &Node) -> Option<CkIndexFields> {
    let mut o = d.object(node)?;
    let weight = d.optional(&mut o, "weight", Decoder::integer);
    let paths = d.required(&mut o, "attributePaths", |d, n| d.list(n, index_path));
    d.finish(o);
    Some(CkIndexFields {
        weight,
        attribute_paths: paths?,
    })
}

fn index_path(d: &mut Decoder<'_>, node: &Node) -> Option<String> {
    let path = d.text(node)?;
    let is_path = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'.';
    if path.is_empty() || !path.bytes().all(is_path) {
        let text = format!(
            "{} is not an attribute path: use names separated by dots",
            shorten(&path)
        );
        d.violation(node.line, text);
        return None;
    }
    Some(path)
}
