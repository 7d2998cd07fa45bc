//! Conversion of values and their way through the database.

use octo_ck::TypeGraph;
use octo_ck::builtin;
use octo_runtime::value::coerce::coerce;
use octo_runtime::{NewEntity, Value};
use proptest::prelude::*;
use serde_json::{Value as Json, json};

use crate::fixture::Fixture;
use crate::model::demo;

fn graph() -> TypeGraph {
    TypeGraph::build([builtin::system(), demo("1.0.0")]).unwrap()
}

fn coerced(graph: &TypeGraph, attribute: &str, json: &Json) -> Result<Option<Value>, String> {
    let node = graph.find_type("Demo/Tool").unwrap();
    let attribute = node.attribute(attribute).unwrap();
    coerce(json, attribute, graph).map_err(|error| error.to_string())
}

#[test]
fn values_are_converted_exactly_or_refused() {
    let graph = graph();
    let good = [
        ("Name", json!("  a "), Value::from("a")),
        ("Name", json!(1.5), Value::from("1.5")),
        ("Name", json!(true), Value::from("True")),
        ("Size", json!(" 7 "), Value::Int(7)),
        ("Size", json!(7.0), Value::Int(7)),
        ("Big", json!("-9223372036854775808"), Value::Int64(i64::MIN)),
        ("Weight", json!("1e3"), Value::Double(1000.0)),
        ("Weight", json!(7), Value::Double(7.0)),
        ("IsNew", json!("TRUE"), Value::Boolean(true)),
        ("Paint", json!("bLuE"), Value::Enum(2)),
        ("Paint", json!("1"), Value::Enum(1)),
        ("Rights", json!(3), Value::Enum(3)),
        (
            "Tags",
            json!([1, " a ", false]),
            Value::from(["1", "a", "False"]),
        ),
        ("Numbers", json!(5), Value::IntArray(vec![5])),
        ("Warranty", json!("PT1H"), Value::TimeSpan(36_000_000_000)),
        ("Photo", json!(""), Value::Binary(vec![])),
    ];
    for (attribute, json, expected) in good {
        assert_eq!(
            coerced(&graph, attribute, &json),
            Ok(Some(expected)),
            "{attribute} {json}"
        );
    }
    let bad = [
        ("Name", json!([])),
        ("Name", json!({})),
        ("Size", json!(2_147_483_648_i64)),
        ("Size", json!(1.5)),
        ("Size", json!("")),
        ("Size", json!(true)),
        ("Big", json!(1e19)),
        ("Weight", json!("NaN")),
        ("Weight", json!("inf")),
        ("Weight", json!("1,5")),
        ("IsNew", json!(1)),
        ("IsNew", json!("yes")),
        ("Paint", json!(7)),
        ("Paint", json!("")),
        ("Paint", json!(1.5)),
        ("Rights", json!(4)),
        ("Bought", json!(1_700_000_000)),
        ("Bought", json!("2024-02-30")),
        ("Seen", json!("2024-01-01T00:00:00[Europe/Vienna]")),
        ("Warranty", json!("1 hour")),
        ("Tags", json!("abc")),
        ("Tags", json!([null])),
        ("Numbers", json!(["a"])),
        ("Photo", json!("%")),
        ("Manual", json!({"contentType": "x"})),
        (
            "Position",
            json!({"type": "Point", "coordinates": [181, 0]}),
        ),
        ("Position", json!({"type": "Line", "coordinates": [1, 0]})),
        ("Home", json!("Wien")),
        (
            "Home",
            json!({"ckRecordId": "Demo/Item", "attributes": {"city": "x"}}),
        ),
        ("Items", json!({"label": "x"})),
        ("Items", json!(["x"])),
    ];
    for (attribute, json) in bad {
        assert!(
            coerced(&graph, attribute, &json).is_err(),
            "{attribute} {json}"
        );
    }
    assert_eq!(coerced(&graph, "Paint", &Json::Null), Ok(None));
}

#[test]
fn long_values_are_cut_in_messages() {
    let error = coerced(&graph(), "Size", &json!("ä".repeat(5_000_000))).unwrap_err();
    assert!(error.len() < 500);
}

fn any_json() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        any::<u64>().prop_map(Json::from),
        any::<f64>().prop_map(Json::from),
        "\\PC{0,12}".prop_map(Json::from),
        "[-+0-9:.TZPE@\\[\\],]{0,24}".prop_map(Json::from),
    ];
    let key = prop_oneof![
        Just("ckRecordId"),
        Just("attributes"),
        Just("attributeName"),
        Just("value"),
        Just("city"),
        Just("place"),
        Just("coordinates"),
        Just("longitude"),
        Just("latitude"),
        Just("size"),
    ];
    leaf.prop_recursive(4, 32, 5, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Json::from),
            prop::collection::vec((key.clone(), inner), 0..5)
                .prop_map(|members| members.into_iter().collect()),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(300) })]

    #[test]
    fn no_json_panics(json in any_json()) {
        thread_local!(static GRAPH: TypeGraph = graph());
        GRAPH.with(|graph| {
            let node = graph.find_type("Demo/Tool").unwrap();
            for attribute in &node.attributes {
                // Whatever was accepted is accepted in the form it is shown with.
                if let Ok(Some(Value::String(text))) = coerce(&json, attribute, graph) {
                    prop_assert_eq!(text.trim(), text.as_str());
                }
            }
            Ok(())
        })?;
    }
}

#[tokio::test]
async fn doubles_and_long_texts_come_back_as_they_went() {
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant("acme").await;
    let odd = [
        0.1 + 0.2,
        f64::MIN_POSITIVE,
        f64::MAX,
        -0.0,
        1e23,
        123_456_789.123_456_79,
        5e-324,
    ];
    for number in odd {
        let tool = NewEntity::of("Demo/Tool")
            .set("Name", "x")
            .set("Weight", number);
        let tool = tenant.insert(tool).await.unwrap();
        let stored = tenant.get("Demo/Tool", tool.rt_id).await.unwrap().unwrap();
        let weight = stored.attributes.f64("Weight").unwrap();
        assert_eq!(weight.to_bits(), number.to_bits(), "{number:e}");
        let query = octo_runtime::EntityQuery::of("Demo/Tool").eq("Weight", number);
        assert_eq!(tenant.query(query).await.unwrap().total, 1, "{number:e}");
    }
    let text = "ä\u{1F600}\"\\\u{0}\n".repeat(500_000);
    let text = text.trim();
    let tool = NewEntity::of("Demo/Tool").set("Name", text);
    let tool = tenant.insert(tool).await.unwrap();
    let stored = tenant.get("Demo/Tool", tool.rt_id).await.unwrap().unwrap();
    assert_eq!(stored.attributes.str("Name"), Some(text));
}
