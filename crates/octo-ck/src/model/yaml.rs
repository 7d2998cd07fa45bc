//! Writing compiled models as YAML in the published form (spec, Construction Kit 3).
//!
//! The members and their order are those of the JSON form; flags that are false are left out, and
//! element ids carry their version only above 1. Texts another reader could take for a number, a
//! date or a boolean are quoted, texts of several lines become literal blocks.

mod scalar;

use serde_json::{Map, Value};

use super::CompiledModel;
use crate::id::ElementId;

/// Root lists of elements and the member that holds an element's id.
const ELEMENTS: [(&str, &str); 5] = [
    ("types", "typeId"),
    ("associationRoles", "id"),
    ("attributes", "id"),
    ("records", "recordId"),
    ("enums", "enumId"),
];

/// Flags that YAML leaves out when they are false.
const FLAGS: [&str; 9] = [
    "isCollectionRoot",
    "isFinal",
    "isAbstract",
    "enableChangeStreamPreAndPostImages",
    "isOptional",
    "isRuntimeState",
    "useFlags",
    "isExtensible",
    "isExtension",
];

/// The YAML form of a model.
pub(super) fn write(model: &CompiledModel) -> String {
    // Only maps with keys that are no strings can fail; the model has none.
    let mut root = serde_json::to_value(model).unwrap_or_default();
    for (list, id) in ELEMENTS {
        let elements = root.get_mut(list).and_then(Value::as_array_mut);
        for element in elements.into_iter().flatten() {
            shorten_id(element, id);
            drop_false_flags(element);
        }
    }
    let mut text = String::new();
    match &root {
        Value::Object(members) => entries(&mut text, members, 0),
        other => scalar::write(&mut text, other, 0),
    }
    text
}

fn shorten_id(element: &mut Value, key: &str) {
    let Some(Value::String(text)) = element.get_mut(key) else {
        return;
    };
    if let Ok(id) = text.parse::<ElementId>() {
        *text = id.semantic_name();
    }
}

fn drop_false_flags(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.retain(|key, value| {
                *value != Value::Bool(false) || !FLAGS.contains(&key.as_str())
            });
            members.values_mut().for_each(drop_false_flags);
        }
        Value::Array(items) => items.iter_mut().for_each(drop_false_flags),
        _ => {}
    }
}

/// Members of an object, one per line; the first line is not indented.
fn entries(out: &mut String, members: &Map<String, Value>, indent: usize) {
    for (n, (key, value)) in members.iter().enumerate() {
        if n > 0 {
            pad(out, indent);
        }
        scalar::write_key(out, key, indent);
        match value {
            Value::Object(inner) if !inner.is_empty() => {
                out.push('\n');
                pad(out, indent + 2);
                entries(out, inner, indent + 2);
            }
            Value::Array(items) if !items.is_empty() => {
                out.push('\n');
                pad(out, indent);
                list(out, items, indent);
            }
            _ => {
                out.push(' ');
                scalar::write(out, value, indent);
            }
        }
    }
}

/// Items of a list, one per line; the first line is not indented.
fn list(out: &mut String, items: &[Value], indent: usize) {
    for (n, item) in items.iter().enumerate() {
        if n > 0 {
            pad(out, indent);
        }
        out.push_str("- ");
        match item {
            Value::Object(members) if !members.is_empty() => entries(out, members, indent + 2),
            Value::Array(inner) if !inner.is_empty() => list(out, inner, indent + 2),
            _ => scalar::write(out, item, indent),
        }
    }
}

fn pad(out: &mut String, indent: usize) {
    out.extend(std::iter::repeat_n(' ', indent));
}

#[cfg(test)]
mod tests {
    use crate::read_compiled;

    const MODEL: &str = r#"{
  "$schema": "https://schemas.meshmakers.cloud/construction-kit-compiled.schema.json",
  "dependencies": ["System-2.2.2"],
  "types": [{
    "isCollectionRoot": true, "typeId": "Device-1", "derivedFromCkTypeId": "System-2.2.2/Entity-1",
    "isFinal": false, "isAbstract": false, "enableChangeStreamPreAndPostImages": false,
    "description": "First line\n  second line\n",
    "attributes": [{ "id": "Demo-1.2.0/Serial-2", "name": "Serial", "isOptional": true }]
  }],
  "attributes": [{ "id": "Serial-2", "valueType": "String", "defaultValues": ["0", "", "yes", "a: b", "x"], "isRuntimeState": false }],
  "modelId": "Demo-1.2.0"
}"#;

    #[test]
    fn the_published_form_is_written() {
        let model = read_compiled(MODEL, "a.json").unwrap();
        insta::assert_snapshot!(model.to_yaml(), @r#"
        $schema: https://schemas.meshmakers.cloud/construction-kit-compiled.schema.json
        dependencies:
        - System-2.2.2
        types:
        - isCollectionRoot: true
          typeId: Device
          derivedFromCkTypeId: System-2.2.2/Entity-1
          description: |
            First line
              second line
          attributes:
          - id: Demo-1.2.0/Serial-2
            name: Serial
            isOptional: true
        associationRoles: []
        attributes:
        - id: Serial-2
          valueType: String
          defaultValues:
          - "0"
          - ""
          - "yes"
          - "a: b"
          - x
        records: []
        enums: []
        modelId: Demo-1.2.0
        "#);
        assert_eq!(read_compiled(&model.to_yaml(), "a.yaml").unwrap(), model);
    }
}
