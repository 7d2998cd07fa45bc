//! Values given by attribute or path.

use octo_runtime::{NewEntity, Problem, Record, RuntimeError, UpdateEntity, Value};
use serde_json::json;

use crate::fixture::{Fixture, codes, count};

fn texts(problems: &[Problem]) -> Vec<&str> {
    problems.iter().map(|problem| &*problem.text).collect()
}

#[tokio::test]
async fn values_that_do_not_fit_are_refused_together() {
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant("acme").await;
    let new = NewEntity::of("Demo/Tool")
        .assign("name", json!("x"))
        .assign("size", json!("three"))
        .assign("nothing", json!(1))
        .assign("home", json!({"city": 1, "planet": "earth"}))
        .assign("paint", json!("Pink"))
        .assign("tags", json!("abc"));
    let RuntimeError::InvalidValues(problems) = tenant.insert(new).await.unwrap_err() else {
        panic!("values were accepted");
    };
    assert_eq!(
        texts(&problems),
        [
            "Value 'three' is not valid for attribute 'size' of type Int.",
            "Attribute 'nothing' is not defined on the Construction Kit type of 'Demo/Tool'. Ensure the attribute exists in the Construction Kit model.",
            "Attribute 'planet' is not defined on the Construction Kit record of 'Demo/Address'. Ensure the attribute exists in the Construction Kit model.",
            "Enum value 'Pink' not found for CkEnumId 'Demo-1.0.0/Color-1'. Ensure that the value is defined in the CkEnum.",
            "Value 'abc' is not valid for attribute 'tags' of type StringArray.",
        ]
    );
    assert_eq!(count(&tenant).await, 0);
}

#[tokio::test]
async fn paths_reach_into_records_and_lists() {
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant("acme").await;
    let tool = tenant
        .insert(
            NewEntity::of("Demo/Tool")
                .assign("name", json!("x"))
                .assign("rtWellKnownName", json!("the-tool"))
                .assign("tags", json!(["a", "b"]))
                .assign("numbers", json!([1, 2]))
                .assign("items", json!([{"label": "one"}, {"ckRecordId": "Demo/Item", "attributes": {"label": "two"}}])),
        )
        .await
        .unwrap();
    assert_eq!(tool.well_known_name.as_deref(), Some("the-tool"));
    let update = UpdateEntity::from_entity(&tool)
        .assign("tags[-1]", json!("z"))
        .assign("numbers[0]", json!("7"))
        .assign("items[*].quantity", json!(5))
        .assign("items[1].label", json!("second"))
        .assign("items[0].place.city", json!("Graz"))
        .assign("home.city", json!(null));
    let tool = tenant.update(update).await.unwrap();
    assert_eq!(tool.attributes.strings("Tags"), ["a", "z"]);
    assert_eq!(tool.attributes.ints("Numbers"), [7, 2]);
    let items = tool.attributes.records("Items");
    assert_eq!(items[1].attributes.str("Label"), Some("second"));
    assert!(
        items
            .iter()
            .all(|item| item.attributes.i32("Quantity") == Some(5))
    );
    let place = items[0].attributes.record("Place").unwrap();
    assert_eq!(place.attributes.str("Country"), Some("AT"));
    assert!(!tool.attributes.contains("Home"));
    assert_eq!(
        tenant.named("Demo/Thing", "the-tool").await.unwrap(),
        Some(tool.clone())
    );

    let bad = UpdateEntity::from_entity(&tool)
        .assign("tags[2]", json!("c"))
        .assign("items.label", json!("x"))
        .assign("name[0]", json!("x"))
        .assign("name.first", json!("x"))
        .assign("rtId", json!("x"))
        .assign("tags[0]", json!(null))
        .assign("a..b", json!(1))
        .assign("photo[0]", json!(1));
    let RuntimeError::InvalidValues(problems) = tenant.update(bad).await.unwrap_err() else {
        panic!("paths were accepted");
    };
    assert_eq!(
        texts(&problems),
        [
            "Invalid array index '2' for runtime type 'Demo/Tool'.",
            "Cannot get attribute value 'label' for runtime type 'Demo/Tool'.",
            "Attribute value 'Name' is not an array for runtime type 'Demo/Tool'.",
            "Path 'name.first' is not settable for runtime type 'Demo/Tool'.",
            "Path 'rtId' is not settable for runtime type 'Demo/Tool'.",
            "Value 'null' is not valid for attribute 'tags[0]' of type String.",
            "Empty paths are not allowed.",
            "Attribute value 'Photo' is not an array for runtime type 'Demo/Tool'.",
        ]
    );
    assert_eq!(
        tenant.get("Demo/Tool", tool.rt_id).await.unwrap(),
        Some(tool)
    );
}

#[tokio::test]
async fn values_from_code_are_checked_and_normalised() {
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant("acme").await;
    let tool = tenant
        .insert(
            NewEntity::of("Demo/Tool")
                .set("Name", 5)
                .set("Big", 5)
                .set("Paint", "blue")
                .set("Size", 7_i64)
                .set("Weight", 2),
        )
        .await
        .unwrap();
    assert_eq!(tool.attributes.str("Name"), Some("5"));
    assert_eq!(tool.attributes.get("Big"), Some(&Value::Int64(5)));
    assert_eq!(tool.attributes.get("Paint"), Some(&Value::Enum(2)));
    assert_eq!(tool.attributes.get("Size"), Some(&Value::Int(7)));
    assert_eq!(tool.attributes.get("Weight"), Some(&Value::Double(2.0)));
    let wrong = NewEntity::of("Demo/Tool")
        .set("Name", vec![1])
        .set("Size", 1_i64 << 40)
        .set("Weight", f64::NAN)
        .set("Home", Record::of("Demo", "Item"));
    let RuntimeError::InvalidValues(problems) = tenant.insert(wrong).await.unwrap_err() else {
        panic!("values were accepted");
    };
    assert_eq!(problems.len(), 4, "{problems:?}");
}

#[tokio::test]
async fn records_may_be_of_a_derived_record() {
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant("acme").await;
    let part = json!({"ckRecordId": "Demo/Part", "attributes": {"label": "a", "number": "7"}});
    let new = NewEntity::of("Demo/Tool")
        .assign("name", json!("x"))
        .assign("items", json!([{"label": "plain"}, part]));
    let tool = tenant.insert(new).await.unwrap();
    let update = UpdateEntity::from_entity(&tool).assign("items[1].number", json!("8"));
    tenant.update(update).await.unwrap();
    let stored = tenant.get("Demo/Tool", tool.rt_id).await.unwrap().unwrap();
    let items = stored.attributes.records("Items");
    assert_eq!(items[1].ck_record_id.to_string(), "Demo/Part");
    assert_eq!(items[1].attributes.str("Number"), Some("8"));
    let on_base = UpdateEntity::from_entity(&tool).assign("items[0].number", json!("8"));
    let error = tenant.update(on_base).await.unwrap_err();
    assert!(error.to_string().contains("Demo/Item"), "{error}");
    let incomplete = json!([{"ckRecordId": "Demo/Part", "attributes": {"label": "a"}}]);
    let update = UpdateEntity::from_entity(&tool).assign("items", incomplete);
    assert_eq!(codes(&tenant.update(update).await.unwrap_err()), [2]);
}

#[tokio::test]
async fn what_is_missing_is_told_along_with_what_is_wrong() {
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant("acme").await;
    let new = NewEntity::of("Demo/Tool")
        .assign("size", json!("three"))
        .assign("level", json!("high"));
    let RuntimeError::InvalidValues(problems) = tenant.insert(new).await.unwrap_err() else {
        panic!("values were accepted");
    };
    let texts = texts(&problems);
    assert_eq!(texts.len(), 3, "{texts:?}");
    assert!(texts[2].contains("Mandatory attribute 'Name'"), "{texts:?}");
}

#[tokio::test]
async fn an_entity_holds_only_so_much() {
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant("acme").await;
    let five_megabytes = "x".repeat(5_000_000);
    let big = NewEntity::of("Demo/Tool").set("Name", &five_megabytes);
    let tool = tenant.insert(big).await.unwrap();
    assert_eq!(tool.attributes.str("Name"), Some(&*five_megabytes));
    let tags = vec![five_megabytes; 3];
    let update = UpdateEntity::from_entity(&tool).set("Tags", tags);
    let error = tenant.update(update).await.unwrap_err();
    assert!(error.to_string().contains("at most 16777216"), "{error}");
    let stored = tenant.get("Demo/Tool", tool.rt_id).await.unwrap();
    assert_eq!(stored, Some(tool));
}
