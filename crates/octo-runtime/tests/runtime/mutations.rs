//! Creating, changing and deleting entities.

use octo_runtime::{
    ChangeSet, DeleteEntity, EntityQuery, NewEntity, Record, RtId, RuntimeError, UpdateEntity,
};
use serde_json::json;

use crate::fixture::{Fixture, codes, count};

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
        Err(RuntimeError::EntityArchived { .. })
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
