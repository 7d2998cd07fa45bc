//! Creating, changing and deleting entities.

use octo_runtime::{DeleteEntity, EntityQuery, NewEntity, RtId, RuntimeError, UpdateEntity};
use serde_json::json;

use crate::fixture::Fixture;

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
