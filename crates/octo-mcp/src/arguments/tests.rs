use proptest::prelude::*;
use serde_json::json;

use super::*;

fn schema() -> JsonObject {
    let schema = json!({
        "type": "object",
        "properties": {
            "ckTypeId": {"type": "string"},
            "limit": {"type": ["integer", "null"], "minimum": 1, "maximum": 1000, "default": null},
            "confirm": {"type": "boolean", "default": false},
            "since": {"type": ["string", "null"], "format": "date-time", "default": null},
            "mode": {"enum": ["InsertOnly", "Upsert"], "type": "string", "default": "InsertOnly"},
            "items": {"type": "array", "items": {"$ref": "#/$defs/Item"}, "default": null},
        },
        "required": ["ckTypeId"],
        "$defs": {"Item": {
            "type": "object",
            "properties": {"attributePath": {"type": "string"}, "value": {}},
            "required": ["attributePath", "value"],
        }},
    });
    serde_json::from_value(schema).unwrap()
}

fn read_json(arguments: Value) -> Result<Value, Vec<String>> {
    let Value::Object(arguments) = arguments else {
        panic!("not an object")
    };
    read(&schema(), &[], arguments).map(Value::Object)
}

#[test]
fn imprecise_but_clear_arguments_are_accepted() {
    let read = read_json(json!({
        "CKTYPEID": "Basic/City", "limit": "5", "confirm": "True", "since": "2026-01-31T12:00:00Z",
        "mode": "upsert", "items": [{"AttributePath": "name", "value": null}], "unknown": 1,
    }));
    assert_eq!(
        read.unwrap(),
        json!({
            "ckTypeId": "Basic/City", "limit": 5, "confirm": true, "since": "2026-01-31T12:00:00Z",
            "mode": "Upsert", "items": [{"attributePath": "name", "value": null}],
        })
    );
}

#[test]
fn every_problem_is_reported_at_once() {
    let problems = read_json(json!({
        "limit": "many", "confirm": 3, "since": "yesterday", "mode": "Sometimes",
        "items": [{"value": 1}],
    }))
    .unwrap_err();
    assert_eq!(problems.len(), 6, "{problems:?}");
    insta::assert_snapshot!(problems.join("\n"), @r"
    limit must be a whole number, but was a text.
    confirm must be true or false, but was a number.
    since must be an ISO 8601 date and time, but was a text.
    mode must be one of InsertOnly, Upsert, but was a text.
    items[0].attributePath is required.
    ckTypeId is required.
    ");
}

#[test]
fn limits_blanks_and_nulls() {
    assert_eq!(
        read_json(json!({"ckTypeId": "a", "limit": 0})).unwrap_err(),
        ["limit must be at least 1, but was 0."]
    );
    assert_eq!(
        read_json(json!({"ckTypeId": "  "})).unwrap_err(),
        ["ckTypeId is required."]
    );
    assert_eq!(
        read_json(json!({"ckTypeId": "a", "limit": null, "confirm": null})).unwrap(),
        json!({"ckTypeId": "a"})
    );
}

#[test]
fn lists_written_as_json_text_are_read() {
    let read =
        read_json(json!({"ckTypeId": "a", "items": "[{\"attributePath\":\"n\",\"value\":1}]"}));
    assert_eq!(read.unwrap()["items"][0]["attributePath"], json!("n"));
}

#[test]
fn values_are_never_repeated_in_problems() {
    let problems = read_json(json!({"ckTypeId": "a", "mode": "hunter2"})).unwrap_err();
    assert!(!problems.join(" ").contains("hunter2"));
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(|f| json!(f)),
        ".*".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::hash_map("[a-zA-Z]{1,8}", inner, 0..6)
                .prop_map(|m| Value::Object(m.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn any_arguments_are_read_or_refused_without_panic(
        values in prop::collection::hash_map("(ckTypeId|limit|items|mode|since)", any_json(), 0..5)
    ) {
        let _ = read(&schema(), &[], values.into_iter().collect());
    }
}
