//! Writers that meet: one wins, the others learn what it did.

use serde_json::json;

use crate::app::{assert_failure, assert_success};
use crate::links::{acme, add, call, node, of};

const WRITERS: u64 = 6;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_updates_with_one_version_one_wins() {
    let (_app, mut client, tenant) = acme().await;
    let area = add(&tenant, "Links/Area", "area").await;
    for version in 0..3u64 {
        let mut writers = tokio::task::JoinSet::new();
        for writer in 1..=WRITERS {
            let mut twin = client.twin(100 * writer);
            let update = of(
                &area,
                json!({
                    "entityData": [{"attributePath": "rank", "value": writer}],
                    "expectedVersion": version,
                }),
            );
            writers.spawn(async move { call(&mut twin, "update_entity", update).await });
        }
        let answers = writers.join_all().await;
        let (won, lost): (Vec<_>, Vec<_>) = answers
            .into_iter()
            .partition(|answer| answer["isSuccess"] == json!(true));
        assert_eq!(won.len(), 1, "{lost:#?}");
        assert_eq!(won[0]["currentRtVersion"], json!(version + 1));
        for answer in &lost {
            assert_eq!(answer["isConflict"], json!(true), "{answer:#}");
            assert_eq!(answer["currentRtVersion"], json!(version + 1));
            assert_eq!(
                answer["entity"]["attributes"],
                won[0]["entity"]["attributes"]
            );
        }
        let read = call(&mut client, "get_entity_by_id", of(&area, json!({}))).await;
        assert_eq!(read["entity"]["attributes"], won[0]["entity"]["attributes"]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_guards_of_one_place_one_is_accepted() {
    let (_app, mut client, tenant) = acme().await;
    let area = add(&tenant, "Links/Area", "area").await;
    let child = node(&tenant, "child", &area).await;
    let mut writers = tokio::task::JoinSet::new();
    for writer in 1..=WRITERS {
        let dog = add(&tenant, "Links/Dog", "dog").await;
        let mut twin = client.twin(100 * writer);
        let arguments = json!({
            "originCkTypeId": "Links/Dog", "originRtId": dog.rt_id.to_string(),
            "ckRoleId": "Links/Guards",
            "targetCkTypeId": "Links/Node", "targetRtId": child.rt_id.to_string(),
        });
        writers.spawn(async move { call(&mut twin, "create_association", arguments).await });
    }
    let answers = writers.join_all().await;
    let (won, lost): (Vec<_>, Vec<_>) = answers
        .into_iter()
        .partition(|answer| answer["isSuccess"] == json!(true));
    assert_eq!(won.len(), 1, "{lost:#?}");
    assert_success(&won[0]);
    for answer in &lost {
        assert_failure(answer, "FatalError 14");
    }
    let guards = json!({"ckRoleId": "Links/Guards", "direction": "Inbound"});
    let found = call(&mut client, "navigate_associations", of(&child, guards)).await;
    assert_eq!(found["totalCount"], json!(1));
}
