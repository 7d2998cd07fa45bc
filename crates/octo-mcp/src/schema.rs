//! JSON Schemas of arguments and results, in the form clients see: self-contained 2020-12, no
//! titles, every property described, optional properties with their default.

use rmcp::model::JsonObject;
use schemars::generate::SchemaSettings;
use schemars::transform::{RecursiveTransform, Transform};
use schemars::{JsonSchema, Schema};
use serde_json::{Value, json};

/// Schema and description (the documentation of the type) of a tool's parameters.
pub fn input_of<P: JsonSchema>() -> (JsonObject, String) {
    let mut schema = generate::<P>(SchemaSettings::draft2020_12().for_deserialize());
    let description = match schema.remove("description") {
        Some(Value::String(text)) => text,
        _ => String::new(),
    };
    default_null(&mut schema);
    schema.entry("properties").or_insert_with(|| json!({}));
    if is_empty(&schema, "properties") {
        schema.insert("additionalProperties".to_owned(), json!(false));
    }
    (schema, description)
}

/// Schema of a tool's payload with the envelope every result carries (spec, surface 7).
pub fn output_of<T: JsonSchema>() -> JsonObject {
    let mut schema = generate::<T>(SchemaSettings::draft2020_12().for_serialize());
    schema.remove("description");
    schema.remove("additionalProperties");
    schema.insert("type".to_owned(), json!("object"));
    let properties = schema.entry("properties").or_insert_with(|| json!({}));
    if let Some(properties) = properties.as_object_mut() {
        for (name, member) in envelope() {
            properties.entry(name).or_insert(member);
        }
    }
    for member in schema.values_mut() {
        omit_nulls(member);
    }
    // A failed call carries only what it knows.
    schema.insert("required".to_owned(), json!(["isSuccess"]));
    schema
}

/// Adds the optional argument that names the tenant.
pub fn with_tenant_id(mut schema: JsonObject) -> JsonObject {
    schema.remove("additionalProperties");
    add_property(
        &mut schema,
        "tenantId",
        json!({
            "type": ["string", "null"],
            "description": "Tenant to work on. Default: the tenant of the endpoint (/{tenantId}/mcp).",
            "default": null,
        }),
    );
    schema
}

/// Adds the argument that confirms a destructive call.
pub fn add_confirm(schema: &mut JsonObject) {
    let confirm = json!({
        "type": "boolean",
        "description": "Must be true, after asking the user; otherwise the call is refused.",
        "default": false,
    });
    let tenant = schema
        .get_mut("properties")
        .and_then(Value::as_object_mut)
        .and_then(|properties| properties.remove("tenantId"));
    add_property(schema, "confirm", confirm);
    if let Some(tenant) = tenant {
        add_property(schema, "tenantId", tenant);
    }
}

/// Adds the argument that names a sign-in made without a session (spec, auth 10.3).
pub fn with_auth_handle(schema: &JsonObject) -> JsonObject {
    let mut schema = schema.clone();
    schema.remove("additionalProperties");
    add_property(
        &mut schema,
        "authHandle",
        json!({
            "type": ["string", "null"],
            "description": "Handle returned by authenticate: names your sign-in. Keep it secret.",
            "default": null,
        }),
    );
    schema
}

/// The JSON type of a property, without "null".
pub fn kind_of(property: &Value) -> String {
    let named = |value: &Value| match value {
        Value::String(one) => Some(one.clone()),
        Value::Array(many) => many
            .iter()
            .filter_map(Value::as_str)
            .find(|kind| *kind != "null")
            .map(str::to_owned),
        _ => None,
    };
    let own = property.get("type").and_then(named);
    let nested = || {
        let choices = property
            .get("anyOf")
            .or_else(|| property.get("oneOf"))?
            .as_array()?;
        choices.iter().find_map(|choice| {
            choice
                .get("type")
                .and_then(named)
                .or_else(|| choice.get("$ref").map(|_| "object".to_owned()))
        })
    };
    own.or_else(nested).unwrap_or_else(|| "any".to_owned())
}

fn add_property(schema: &mut JsonObject, name: &str, member: Value) {
    let properties = schema.entry("properties").or_insert_with(|| json!({}));
    if let Some(properties) = properties.as_object_mut() {
        properties.insert(name.to_owned(), member);
    }
}

fn envelope() -> [(String, Value); 4] {
    let text = |description: &str| json!({"type": ["string", "null"], "description": description});
    [
        (
            "isSuccess".to_owned(),
            json!({"type": "boolean", "description": "Whether the call did what it was asked to do."}),
        ),
        ("message".to_owned(), text("What was done.")),
        (
            "errorMessage".to_owned(),
            text("Why the call failed and what to do."),
        ),
        ("tenantId".to_owned(), text("Tenant the call worked on.")),
    ]
}

fn generate<T: JsonSchema>(settings: SchemaSettings) -> JsonObject {
    let mut schema = settings
        .with(|s| s.meta_schema = None)
        .with_transform(RecursiveTransform(strip_noise))
        .into_generator()
        .into_root_schema_for::<T>();
    RecursiveTransform(strip_noise).transform(&mut schema);
    match schema.to_value() {
        Value::Object(map) => map,
        _ => JsonObject::new(),
    }
}

/// Removes titles, line breaks of descriptions, and formats that only repeat the Rust type.
fn strip_noise(schema: &mut Schema) {
    schema.remove("title");
    if let Some(Value::String(text)) = schema.get_mut("description") {
        *text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    }
    let rust_only = schema
        .get("format")
        .and_then(Value::as_str)
        .is_some_and(|format| {
            ["int", "uint", "float", "double"]
                .iter()
                .any(|prefix| format.starts_with(prefix))
        });
    if rust_only {
        schema.remove("format");
    }
}

/// Null members are left out of results, so none of them can be required.
fn omit_nulls(schema: &mut Value) {
    match schema {
        Value::Array(items) => items.iter_mut().for_each(omit_nulls),
        Value::Object(members) => {
            members.values_mut().for_each(omit_nulls);
            let nullable: Vec<String> = members
                .get("properties")
                .and_then(Value::as_object)
                .into_iter()
                .flatten()
                .filter(|(_, property)| allows_null(property))
                .map(|(name, _)| name.clone())
                .collect();
            if let Some(required) = members.get_mut("required").and_then(Value::as_array_mut) {
                required.retain(|name| !nullable.iter().any(|nullable| name == nullable));
            }
        }
        _ => {}
    }
}

fn allows_null(schema: &Value) -> bool {
    let is_null = |kind: &Value| kind == "null";
    match schema {
        Value::Object(schema) => {
            let has_null_type = schema.get("type").is_some_and(|kind| {
                is_null(kind)
                    || kind
                        .as_array()
                        .is_some_and(|kinds| kinds.iter().any(is_null))
            });
            let choices = schema.get("anyOf").or_else(|| schema.get("oneOf"));
            let has_null_choice = choices
                .and_then(Value::as_array)
                .is_some_and(|c| c.iter().any(allows_null));
            let is_anything = !["type", "anyOf", "oneOf", "enum", "$ref", "const"]
                .iter()
                .any(|key| schema.contains_key(*key));
            has_null_type || has_null_choice || is_anything
        }
        _ => true,
    }
}

/// Optional properties without default have the default `null`.
fn default_null(schema: &mut JsonObject) {
    let required: Vec<String> = schema
        .get("required")
        .and_then(Value::as_array)
        .map(|names| {
            names
                .iter()
                .filter_map(Value::as_str)
                .map(str::to_owned)
                .collect()
        })
        .unwrap_or_default();
    let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) else {
        return;
    };
    for (name, property) in properties {
        if let Some(property) = property.as_object_mut()
            && !required.contains(name)
        {
            property.entry("default").or_insert(Value::Null);
        }
    }
}

fn is_empty(schema: &JsonObject, name: &str) -> bool {
    schema
        .get(name)
        .and_then(Value::as_object)
        .is_some_and(serde_json::Map::is_empty)
}
