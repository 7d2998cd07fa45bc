//! What is wrong with a change set is told at once.

use octo_runtime::{ChangeSet, NewEntity, Record, RtId, RuntimeError, UpdateEntity};
use serde_json::json;

use crate::fixture::{Fixture, codes, count};

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
