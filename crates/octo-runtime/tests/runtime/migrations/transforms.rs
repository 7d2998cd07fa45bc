//! Each kind of transform.

use octo_runtime::{NewEntity, Record, Value};
use serde_json::json;

use super::shop::{all, article, later, migrate, only, steps, tenant, transform};
use crate::fixture::Fixture;

#[tokio::test]
async fn set_values_get_the_type_of_their_attribute() {
    let fixture = Fixture::new().await;
    let tenant = tenant(&fixture, vec![article("a")]).await;
    let import = migrate(
        &tenant,
        json!([
            transform(json!({"type": "SetValue", "targetAttribute": "number", "value": "5"})),
            transform(json!({"type": "SetValue", "targetAttribute": "Amount", "value": "2.5"})),
            transform(json!({"type": "SetValue", "targetAttribute": "State", "value": "Done"})),
            transform(json!({"type": "SetValue", "targetAttribute": "Started", "value": "2024-01-31T12:00:00Z"})),
            transform(json!({"type": "SetValue", "targetAttribute": "Name"})),
        ]),
    )
    .await
    .unwrap();
    let found = only(&tenant, "Shop/Article").await;
    assert_eq!(found.attributes.i32("Number"), Some(5));
    assert_eq!(found.attributes.f64("Amount"), Some(2.5));
    assert_eq!(found.attributes.get("State"), Some(&Value::Enum(1)));
    assert!(found.attributes.timestamp("Started").is_some());
    assert!(!found.attributes.contains("Name"));
    let result = &import.migrations[0];
    assert!(result.success && result.errors.is_empty());
    assert_eq!(
        (result.entities_updated, result.total_entities_affected),
        (5, 5)
    );
    assert_eq!(result.from_model.to_string(), "Shop-1.0.0");
    assert_eq!(result.to_model.to_string(), "Shop-2.0.0");
    assert_eq!(found.version, 5);
}

#[tokio::test]
async fn renamed_attributes_keep_their_values_and_the_old_ones_go() {
    let fixture = Fixture::new().await;
    let since: jiff::Timestamp = "2024-01-31T12:00:00.125Z".parse().unwrap();
    let special = NewEntity::of("Shop/Special").set("Since", since);
    let tenant = tenant(&fixture, vec![special, article("a")]).await;
    migrate(
        &tenant,
        json!([
            transform(json!({"type": "RenameAttribute", "sourceAttribute": "Since", "targetAttribute": "Started"})),
            transform(json!({"type": "RenameAttribute", "sourceAttribute": "Name", "targetAttribute": "Title"})),
        ]),
    )
    .await
    .unwrap();
    let special = only(&tenant, "Shop/Special").await;
    assert_eq!(special.attributes.timestamp("Started"), Some(since));
    assert!(
        !special.attributes.contains("Since"),
        "no type has it any more"
    );
    let articles = all(&tenant, "Shop/Article").await;
    let article = articles.iter().find(|e| e.rt_id != special.rt_id).unwrap();
    assert_eq!(article.attributes.str("Title"), Some("a"));
    assert_eq!(
        article.attributes.str("Name"),
        Some("a"),
        "the type still has it"
    );
}

#[tokio::test]
async fn copies_take_over_missing_values_too() {
    let fixture = Fixture::new().await;
    let with_both = article("a").set("Number", 3);
    let tenant = tenant(
        &fixture,
        vec![with_both, NewEntity::of("Shop/Article").set("Number", 4)],
    )
    .await;
    let copy = |on_conflict: &str| {
        let mut step = transform(
            json!({"type": "CopyAttribute", "sourceAttribute": "Number", "targetAttribute": "Name"}),
        );
        step["onConflict"] = json!(on_conflict);
        step
    };
    let refused = migrate(&tenant, json!([copy("Fail")])).await.unwrap_err();
    assert!(
        refused.to_string().contains("has another value already"),
        "{refused}"
    );
    migrate(
        &tenant,
        json!([
            copy("Skip"),
            transform(json!({"type": "CopyAttribute", "sourceAttribute": "Number", "targetAttribute": "Amount"})),
            {"action": "Transform", "onConflict": "Overwrite",
             "target": {"ckTypeId": "Shop/Article", "filter": {"attribute": "Name", "operator": "Eq", "value": "a"}},
             "transform": {"type": "CopyAttribute", "sourceAttribute": "State", "targetAttribute": "Number"}},
        ]),
    )
    .await
    .unwrap();
    let found = all(&tenant, "Shop/Article").await;
    assert_eq!(found[0].attributes.str("Name"), Some("a"), "left as it was");
    assert_eq!(
        found[1].attributes.str("Name"),
        Some("4"),
        "a number as text"
    );
    assert_eq!(found[1].attributes.f64("Amount"), Some(4.0));
    assert!(
        !found[0].attributes.contains("Number"),
        "nothing was copied over it"
    );
}

#[tokio::test]
async fn values_are_mapped_by_text_or_by_name() {
    let fixture = Fixture::new().await;
    let entities = vec![
        article("old").set("State", "Open").set("Number", 1),
        article("kept").set("State", "Done").set("Number", 7),
    ];
    let tenant = tenant(&fixture, entities).await;
    migrate(
        &tenant,
        json!([
            transform(json!({"type": "MapValue", "targetAttribute": "Number", "valueMapping": {"1": "100", "2": "200"}})),
            transform(json!({"type": "MapValue", "sourceAttribute": "Name", "targetAttribute": "Title", "valueMapping": {"OLD": "new"}})),
            transform(json!({"type": "MapValue", "targetAttribute": "State", "valueMapping": {"open": "Done", "1": "Open"}})),
        ]),
    )
    .await
    .unwrap();
    let found = all(&tenant, "Shop/Article").await;
    assert_eq!(found[0].attributes.i32("Number"), Some(100));
    assert_eq!(
        found[1].attributes.i32("Number"),
        Some(7),
        "not in the table"
    );
    assert_eq!(found[0].attributes.str("Title"), Some("new"));
    assert!(!found[1].attributes.contains("Title"));
    assert_eq!(found[0].attributes.i32("State"), Some(1));
    assert_eq!(found[1].attributes.i32("State"), Some(0));
}

#[tokio::test]
async fn scalars_become_records_once() {
    let fixture = Fixture::new().await;
    let links = article("a").set("Links", ["x", "y"]);
    let tenant = tenant(&fixture, vec![links, article("without")]).await;
    let wrap = transform(json!({
        "type": "WrapScalarInRecord",
        "sourceAttribute": "Links",
        "targetRecordCkRecordId": "Shop/Link",
        "recordValueAttribute": "Address",
        "recordDefaults": {"Origin": "base", "Rank": "3"},
    }));
    let import = migrate(&tenant, json!([wrap, wrap])).await.unwrap();
    assert_eq!(import.migrations[0].entities_updated, 1);
    let found = all(&tenant, "Shop/Article").await;
    let link = |address: &str| {
        Record::of("Shop", "Link")
            .set("Address", address)
            .set("Origin", "base")
            .set("Rank", 3)
    };
    assert_eq!(found[0].attributes.records("Links"), [link("x"), link("y")]);
    assert!(!found[1].attributes.contains("Links"));

    // Again at the next version: records are left alone.
    let next = later("2.1.0", &[("2.0.0", "2.1.0", steps(json!([wrap])))]);
    let import = tenant.import_models(vec![next]).await.unwrap();
    assert_eq!(import.migrations[0].entities_updated, 0);
    assert_eq!(all(&tenant, "Shop/Article").await[0], found[0]);
}

#[tokio::test]
async fn what_is_no_list_cannot_be_wrapped_but_skipped() {
    let fixture = Fixture::new().await;
    let tenant = tenant(&fixture, vec![article("a")]).await;
    let mut wrap = transform(json!({
        "type": "WrapScalarInRecord",
        "sourceAttribute": "Name",
        "targetRecordCkRecordId": "Shop/Link",
        "recordValueAttribute": "Address",
    }));
    let error = migrate(&tenant, json!([wrap]))
        .await
        .unwrap_err()
        .to_string();
    assert!(error.contains("attribute 'Name' is no list"), "{error}");
    wrap["onConflict"] = json!("Skip");
    migrate(&tenant, json!([wrap])).await.unwrap();
    let found = only(&tenant, "Shop/Article").await;
    assert_eq!(found.attributes.str("Name"), Some("a"));
}

#[tokio::test]
async fn transforms_say_what_they_lack() {
    let fixture = Fixture::new().await;
    let tenant = tenant(&fixture, vec![article("a")]).await;
    for (step, expected) in [
        (
            transform(json!({"type": "SetValue"})),
            "SetValue needs targetAttribute",
        ),
        (
            transform(json!({"type": "RenameAttribute"})),
            "RenameAttribute needs sourceAttribute and targetAttribute",
        ),
        (
            transform(json!({"type": "SetValue", "targetAttribute": "Nam", "value": 1})),
            "type 'Shop/Article' has no attribute 'Nam'",
        ),
        (
            transform(json!({"type": "SetValue", "targetAttribute": "Number", "value": "many"})),
            "Value 'many' is not valid for attribute 'number' of type Int",
        ),
        (
            json!({"action": "Transform", "target": {"ckTypeId": "Shop/Article"}}),
            "it has no transform",
        ),
        (
            json!({"action": "Update", "data": {"Name": "x"}}),
            "no target is given",
        ),
        (
            json!({"action": "Delete", "target": {}}),
            "the target would be every entity",
        ),
        (
            json!({"action": "Delete", "target": {"ckTypeId": "Shop/"}}),
            "must contain a key",
        ),
        (
            json!({"action": "Add", "target": {}}),
            "the target has no ckTypeId",
        ),
        (
            transform(json!({"type": "ChangeCkType", "newCkTypeId": "Shop/Nothing"})),
            "there is no type 'Shop/Nothing'",
        ),
    ] {
        let error = migrate(&tenant, json!([step]))
            .await
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("Step 'step1': ") && error.contains(expected),
            "{error}"
        );
        assert_eq!(tenant.model("Shop").unwrap().to_string(), "Shop-1.0.0");
    }
}
