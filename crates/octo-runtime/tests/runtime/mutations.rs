//! Creating, changing and deleting entities.

use octo_runtime::{
    ChangeSet, DeleteEntity, EntityQuery, NewEntity, Record, RtId, RuntimeError, Tenant,
    UpdateEntity, Value,
};
use serde_json::json;

use crate::fixture::{self, Fixture};

#[tokio::test]
async fn entities_are_created_read_changed_and_archived() {
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant("acme").await;

    let created = tenant
        .insert(
            NewEntity::of("Demo/Tool")
                .set("Name", " hammer ")
                .set("Size", 3),
        )
        .await
        .unwrap();
    assert_eq!(created.version, 0);
    assert_eq!(created.attributes.str("name"), Some("hammer"));
    assert_eq!(created.attributes.i32("Level"), Some(3));
    assert!(!created.attributes.contains("Note"));
    assert_eq!(
        tenant
            .get("Demo/Thing", created.rt_id)
            .await
            .unwrap()
            .as_ref(),
        Some(&created)
    );
    assert_eq!(
        tenant.get("Demo/Person", created.rt_id).await.unwrap(),
        None
    );

    let updated = tenant
        .update(
            UpdateEntity::of("Demo/Tool", created.rt_id)
                .assign("size", json!(null))
                .assign("home.city", json!("Wien"))
                .expect_version(0),
        )
        .await
        .unwrap();
    assert_eq!(updated.version, 1);
    assert!(!updated.attributes.contains("Size"));
    let home = updated.attributes.record("Home").unwrap();
    assert_eq!(home.attributes.str("Country"), Some("AT"));

    let found = tenant
        .query(EntityQuery::of("Demo/Thing").eq("home.city", "Wien"))
        .await
        .unwrap();
    assert_eq!((found.total, &found.items[0]), (1, &updated));

    let deleted = tenant
        .delete(DeleteEntity::of("Demo/Tool", created.rt_id))
        .await
        .unwrap();
    assert_eq!(deleted.entity.version, 2);
    assert_eq!(tenant.get("Demo/Tool", created.rt_id).await.unwrap(), None);
    let archived = tenant
        .get_with_archived("Demo/Tool", created.rt_id)
        .await
        .unwrap();
    assert_eq!(archived, Some(deleted.entity));
}

#[tokio::test]
async fn a_stale_version_changes_nothing_and_shows_what_is_stored() {
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant("acme").await;
    let created = tenant
        .insert(NewEntity::of("Demo/Tool").set("Name", "saw"))
        .await
        .unwrap();
    let error = tenant
        .update(
            UpdateEntity::from_entity(&created)
                .set("Name", "axe")
                .expect_version(5),
        )
        .await
        .unwrap_err();
    let conflict = error.as_conflict().unwrap();
    assert_eq!(conflict.entity, created);
    assert_eq!(
        error.to_string(),
        "Stale expected_version: caller had 5, current is 0."
    );
    let error = tenant
        .delete(DeleteEntity::of("Demo/Tool", created.rt_id).expect_version(1))
        .await
        .unwrap_err();
    assert!(error.as_conflict().is_some());
    assert_eq!(
        tenant.get("Demo/Tool", created.rt_id).await.unwrap(),
        Some(created)
    );
}

#[tokio::test]
async fn missing_entities_are_named() {
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant("acme").await;
    let id = RtId::generate();
    let error = tenant
        .update(UpdateEntity::of("Demo/Tool", id).set("Name", "x"))
        .await
        .unwrap_err();
    assert!(matches!(error, RuntimeError::EntityMissing { .. }));
    assert_eq!(
        error.to_string(),
        format!("Entity with ID '{id}' not found in type 'Demo/Tool'")
    );
}

fn codes(error: &RuntimeError) -> Vec<u16> {
    match error {
        RuntimeError::Invalid(messages) => messages.codes(),
        other => panic!("unexpected error: {other}"),
    }
}

async fn count(tenant: &Tenant) -> u64 {
    let everything = fixture::data().include_archived();
    tenant.query(everything).await.unwrap().total
}

#[tokio::test]
async fn all_problems_are_reported_at_once_and_nothing_is_written() {
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant("acme").await;
    let changes = ChangeSet::new()
        .insert(NewEntity::of("Demo/Tool").set("Name", "fine"))
        .insert(NewEntity::of("Demo/Tool"))
        .insert(NewEntity::of("Demo/Thing").set("Name", "abstract"))
        .insert(NewEntity::of("Demo/Tol").set("Name", "unknown"))
        .insert(NewEntity::of("Demo/Document").set("Name", "no parent"))
        .update(UpdateEntity::of("Demo/Tool", RtId::generate()).set("Name", "missing"));
    let error = tenant.apply(changes).await.unwrap_err();
    assert_eq!(codes(&error), [9, 2, 4, 3, 6]);
    let text = error.to_string();
    assert!(text.starts_with(
        "Operation result contains errors.\nFatalError 9 -: acme: Entity 'Demo/Tool@"
    ));
    assert!(text.contains("acme: Mandatory attribute 'Name' of entity 'Demo/Tool@"));
    assert!(text.contains("acme: CkTypeId 'Demo/Thing' is abstract."));
    assert!(text.contains("acme: CkTypeId 'Demo/Tol' not found."));
    assert!(text.contains(
        "Entity with CkTypeId 'Demo/Document': Inbound association 'System/ParentChild' has minimum multiplicity of 'One'."
    ));
    assert_eq!(count(&tenant).await, 0);
}

#[tokio::test]
async fn an_unknown_type_alone_comes_with_suggestions() {
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant("acme").await;
    let error = tenant.insert(NewEntity::of("Demo/Tol")).await.unwrap_err();
    assert!(matches!(error, RuntimeError::TypeUnknown(_)));
    assert!(error.to_string().contains("Demo/Tool"), "{error}");
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
        problems,
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
async fn mandatory_attributes_stay_and_records_are_complete() {
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant("acme").await;
    let incomplete = NewEntity::of("Demo/Tool")
        .set("Name", "x")
        .set("Items", vec![Record::of("Demo", "Item").set("Quantity", 1)]);
    let error = tenant.insert(incomplete).await.unwrap_err();
    assert_eq!(codes(&error), [2]);
    assert!(error.to_string().contains("/Items'"), "{error}");

    let tool = tenant
        .insert(
            NewEntity::of("Demo/Tool")
                .set("Name", "x")
                .with_optional_defaults(),
        )
        .await
        .unwrap();
    assert_eq!(tool.attributes.str("Note"), Some("none"));
    let cleared = UpdateEntity::from_entity(&tool).clear("Name").clear("Note");
    let error = tenant.update(cleared).await.unwrap_err();
    assert_eq!(codes(&error), [5]);
    let home = UpdateEntity::from_entity(&tool).assign("home.street", json!("Ring"));
    assert_eq!(codes(&tenant.update(home).await.unwrap_err()), [2]);
    assert_eq!(
        tenant.get("Demo/Tool", tool.rt_id).await.unwrap(),
        Some(tool)
    );
}

#[tokio::test]
async fn display_names_follow_the_rule_of_the_type() {
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant("acme").await;
    let home = Record::of("Demo", "Address").set("City", "Wien");
    let person = tenant
        .insert(
            NewEntity::of("Demo/Person")
                .set("Email", "a@b.c")
                .set("Home", home),
        )
        .await
        .unwrap();
    assert_eq!(person.display_name.as_deref(), Some("a@b.c (Wien)"));
    let update = UpdateEntity::from_entity(&person)
        .set("Name", "Ada")
        .clear("Home");
    let person = tenant.update(update).await.unwrap();
    assert_eq!(person.display_name.as_deref(), Some("Ada ()"));
    let stored = tenant.get("Demo/Person", person.rt_id).await.unwrap();
    assert_eq!(stored, Some(person));
}

#[tokio::test]
async fn unique_values_are_unique_among_active_entities() {
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant("acme").await;
    let person = |email: &str| NewEntity::of("Demo/Person").set("Email", email);
    let ada = tenant.insert(person("ada@x.org")).await.unwrap();
    let error = tenant.insert(person("ada@x.org")).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "An entity of type 'Demo/Person' with Email 'ada@x.org' exists already ('{}'). The index of the model allows it only once.",
            ada.rt_id
        )
    );
    let twins = ChangeSet::new()
        .insert(person("t@x.org"))
        .insert(person("t@x.org"));
    assert!(matches!(
        tenant.apply(twins).await,
        Err(RuntimeError::Duplicate { .. })
    ));
    let bob = tenant.insert(person("bob@x.org")).await.unwrap();
    let rename = UpdateEntity::from_entity(&bob).set("Email", "ada@x.org");
    assert!(tenant.update(rename).await.is_err());
    let same = UpdateEntity::from_entity(&bob).set("Email", "bob@x.org");
    tenant.update(same).await.unwrap();

    tenant
        .delete(DeleteEntity::of("Demo/Person", ada.rt_id))
        .await
        .unwrap();
    tenant.insert(person("ada@x.org")).await.unwrap();
}

#[tokio::test]
async fn counters_number_entities_until_they_end() {
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant("acme").await;
    let invoice = || NewEntity::of("Demo/Invoice").set("Number", "mine");
    let error = tenant.insert(invoice()).await.unwrap_err();
    assert!(error.to_string().contains("'Invoices'"), "{error}");
    let counter = NewEntity::of("System/AutoIncrement")
        .well_known_name("Invoices")
        .set("CurrentValue", 0)
        .set("End", 3)
        .set("Format", "INV-{0:D4}");
    let counter = tenant.insert(counter).await.unwrap();
    let two = ChangeSet::new()
        .insert(NewEntity::of("Demo/Folder").set("Name", "in between"))
        .insert(invoice())
        .insert(invoice());
    let applied = tenant.apply(two).await.unwrap();
    let numbers = applied
        .inserted
        .iter()
        .filter_map(|e| e.attributes.str("Number"));
    assert_eq!(numbers.collect::<Vec<_>>(), ["INV-0001", "INV-0002"]);
    tenant.insert(invoice()).await.unwrap();
    let error = tenant.insert(invoice()).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "Autoincrement end reached for attribute '{}'",
            counter.rt_id
        )
    );
    let counter = tenant
        .get("System/AutoIncrement", counter.rt_id)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(counter.attributes.i32("CurrentValue"), Some(3));
}

#[tokio::test]
async fn only_touched_attributes_are_written() {
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant("acme").await;
    let tool = tenant
        .insert(NewEntity::of("Demo/Tool").set("Name", "x").set("Size", 1))
        .await
        .unwrap();
    // Two callers that know the same old state change different attributes.
    let first = UpdateEntity::from_entity(&tool).set("Size", 2);
    let second = UpdateEntity::from_entity(&tool).set("Level", 9);
    tenant.update(first).await.unwrap();
    let stored = tenant.update(second).await.unwrap();
    assert_eq!(stored.version, 2);
    assert_eq!(
        (
            stored.attributes.i32("Size"),
            stored.attributes.i32("Level")
        ),
        (Some(2), Some(9))
    );
    assert_eq!(stored.created, tool.created);
}

#[tokio::test]
async fn of_two_writers_with_the_same_version_one_wins() {
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant("acme").await;
    let mut tool = tenant
        .insert(NewEntity::of("Demo/Tool").set("Name", "x").set("Size", 0))
        .await
        .unwrap();
    for _round in 0..10 {
        let writers = (0..4).map(|size| {
            let tenant = tenant.clone();
            let update = UpdateEntity::from_entity(&tool)
                .set("Size", size)
                .expect_version(tool.version);
            tokio::spawn(async move { tenant.update(update).await })
        });
        let mut won = Vec::new();
        for writer in writers.collect::<Vec<_>>() {
            match writer.await.unwrap() {
                Ok(entity) => won.push(entity),
                Err(error) => assert!(error.as_conflict().is_some(), "{error}"),
            }
        }
        assert_eq!(won.len(), 1);
        tool = won.remove(0);
    }
}

#[tokio::test]
async fn ids_are_taken_once() {
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant("acme").await;
    let tool = NewEntity::of("Demo/Tool").set("Name", "x");
    tenant.insert(tool.clone()).await.unwrap();
    let error = tenant.insert(tool.clone()).await.unwrap_err();
    assert!(matches!(error, RuntimeError::IdTaken(id) if id == tool.rt_id()));
}

#[tokio::test]
async fn erasing_removes_for_good_and_archived_entities_are_gone_for_writers() {
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant("acme").await;
    let tool = tenant
        .insert(NewEntity::of("Demo/Tool").set("Name", "x"))
        .await
        .unwrap();
    let delete = || DeleteEntity::of("Demo/Thing", tool.rt_id);
    tenant.delete(delete()).await.unwrap();
    assert!(matches!(
        tenant.delete(delete()).await,
        Err(RuntimeError::EntityMissing { .. })
    ));
    assert!(
        tenant
            .update(UpdateEntity::from_entity(&tool).set("Size", 1))
            .await
            .is_err()
    );
    tenant.delete(delete().erase()).await.unwrap();
    assert_eq!(count(&tenant).await, 0);
}

#[tokio::test]
async fn one_entity_is_changed_once_per_set() {
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant("acme").await;
    let tool = tenant
        .insert(NewEntity::of("Demo/Tool").set("Name", "x"))
        .await
        .unwrap();
    let changes = ChangeSet::new()
        .update(UpdateEntity::from_entity(&tool).set("Size", 1))
        .update(UpdateEntity::from_entity(&tool).set("Size", 2));
    assert_eq!(codes(&tenant.apply(changes).await.unwrap_err()), [18]);
    let changes = ChangeSet::new()
        .delete(DeleteEntity::of("Demo/Tool", tool.rt_id))
        .update(UpdateEntity::from_entity(&tool).set("Size", 2));
    assert_eq!(codes(&tenant.apply(changes).await.unwrap_err()), [18]);
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
        problems,
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
