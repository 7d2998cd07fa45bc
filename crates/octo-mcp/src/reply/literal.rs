//! JSON written exactly as given: numbers with more digits than a double has, and nulls that stay.
//!
//! Sums and means have up to 28 digits (spec, runtime 7.2). A [`Value`] keeps numbers as doubles,
//! and letting it keep all digits is a switch for the whole program that breaks the reading of
//! protocol messages. So a literal travels as an object with one impossible name. In the text of a
//! result it is written as given, so that readers of decimals get every digit; the structured
//! content has the nearest double, which is what most readers would make of it anyway.

use serde::ser::{SerializeMap, SerializeSeq};
use serde::{Serialize, Serializer};
use serde_json::Value;
use serde_json::value::RawValue;

/// Name of the only member of a literal; no name of an attribute or column can be the same.
const MARK: &str = "\u{0}literal";

/// A JSON text that is written as it is.
pub fn literal(json: impl Into<String>) -> Value {
    let mut members = serde_json::Map::new();
    members.insert(MARK.to_owned(), Value::String(json.into()));
    Value::Object(members)
}

/// The text of `value` with its literals as given, and in `value` what readers make of them.
pub(super) fn write(value: &mut Value) -> String {
    let exact = serde_json::to_string(&Exact(value));
    settle(value);
    exact.unwrap_or_else(|_| value.to_string())
}

fn text_of(value: &Value) -> Option<&str> {
    let members = value.as_object().filter(|members| members.len() == 1)?;
    members.get(MARK)?.as_str()
}

fn settle(value: &mut Value) {
    if let Some(text) = text_of(value) {
        *value = serde_json::from_str(text).unwrap_or(Value::Null);
        return;
    }
    match value {
        Value::Array(items) => items.iter_mut().for_each(settle),
        Value::Object(members) => members.values_mut().for_each(settle),
        _ => {}
    }
}

struct Exact<'v>(&'v Value);

impl Serialize for Exact<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if let Some(text) = text_of(self.0) {
            let raw = RawValue::from_string(text.to_owned());
            return raw
                .map_err(serde::ser::Error::custom)?
                .serialize(serializer);
        }
        match self.0 {
            Value::Array(items) => {
                let mut list = serializer.serialize_seq(Some(items.len()))?;
                for item in items {
                    list.serialize_element(&Exact(item))?;
                }
                list.end()
            }
            Value::Object(members) => {
                let mut object = serializer.serialize_map(Some(members.len()))?;
                for (name, member) in members {
                    object.serialize_entry(name, &Exact(member))?;
                }
                object.end()
            }
            other => other.serialize(serializer),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn literals_keep_their_digits_in_the_text() {
        let mut value = json!({
            "rows": [{"avg": literal("3.3333333333333333333333333333"), "max": literal("null")}],
            "count": 2,
        });
        let text = write(&mut value);
        assert_eq!(
            text,
            r#"{"rows":[{"avg":3.3333333333333333333333333333,"max":null}],"count":2}"#
        );
        assert_eq!(
            value,
            json!({"rows": [{"avg": 10.0 / 3.0, "max": null}], "count": 2})
        );
    }

    #[test]
    fn everything_else_is_written_as_ever() {
        let plain = json!({"a": [1, "x\u{0}", null, {"b": {}}], "\u{0}": "y"});
        let mut value = plain.clone();
        assert_eq!(write(&mut value), plain.to_string());
        assert_eq!(value, plain);
    }

    #[test]
    fn a_literal_that_is_no_json_harms_nobody() {
        let mut value = json!([literal("1, 2]"), 3]);
        assert_eq!(write(&mut value), "[null,3]");
    }
}
