//! Optimistic locking.

use octo_runtime::{DeleteEntity, NewEntity, UpdateEntity};

use crate::fixture::Fixture;

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
