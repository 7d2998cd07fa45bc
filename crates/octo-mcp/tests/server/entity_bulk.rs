//! Many entities in one call.

use serde_json::{Value, json};

use crate::app::{assert_failure, assert_success};
use crate::client::Client;
use crate::town::{self, SHOP, TENANT, count, district, parent};

async fn create(client: &mut Client, entities: Value) -> Value {
    let arguments = json!({"tenantId": TENANT, "ckTypeId": SHOP, "entities": entities});
    client.call("create_entities", arguments).await
}

async fn shops(client: &mut Client, names: &[&str]) -> Vec<String> {
    let centre = district(client, "Centre").await;
    let items: Vec<_> = names
        .iter()
        .map(|name| json!({"entityData": {"name": name}, "associations": [parent(&centre)]}))
        .collect();
    let created = create(client, json!(items)).await;
    assert_success(&created);
    let entities = created["entities"].as_array().unwrap().iter();
    entities
        .map(|entity| entity["rtId"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn items_of_one_call_refer_to_each_other() {
    let (_app, mut client) = town::start().await;
    let rt_id = "6600000000000000000000ff";
    let arguments = json!({
        "tenantId": TENANT, "ckTypeId": SHOP, "attributePaths": ["name"],
        "entities": [
            {
                "entityData": [{"attributePath": "name", "value": "Bakery"}],
                "associations": [
                    {"ckRoleId": "Parent", "targetKey": "centre"},
                    {"ckRoleId": "Customers", "targetKey": "café"},
                ],
            },
            {
                "key": "café", "rtId": rt_id, "entityData": {"name": "Café"},
                "associations": [{"ckRoleId": "System/ParentChild", "targetKey": "centre"}],
            },
            {"key": "centre", "ckTypeId": "Town/District", "entityData": {"name": "Centre"}},
        ],
    });
    let created = client.call("create_entities", arguments).await;
    assert_success(&created);
    assert_eq!(created["createdCount"], json!(3));
    let cafe = &created["entities"][1];
    assert_eq!(
        (&cafe["key"], &cafe["rtId"]),
        (&json!("café"), &json!(rt_id))
    );
    assert_eq!(
        cafe["entity"]["attributes"],
        json!([{"attributeName": "name", "value": "Café"}])
    );
    let delete = json!({
        "tenantId": TENANT, "ckTypeId": SHOP, "rtId": rt_id, "confirm": true,
    });
    let deleted = client.call("delete_entity", delete).await;
    assert_eq!(deleted["removedAssociations"], json!(2), "{deleted}");
}

#[tokio::test]
async fn what_is_wrong_is_told_by_item_and_nothing_is_created() {
    let (_app, mut client) = town::start().await;
    let bakery = shops(&mut client, &["Bakery"]).await.remove(0);
    let centre = json!({"ckRoleId": "Parent", "targetKey": "c"});
    let district = json!({"key": "c", "ckTypeId": "Town/District", "entityData": {"name": "C"}});
    let unread = json!([
        district, district,
        {"entityData": {"name": "a"}, "associations": [{"ckRoleId": "Parent", "targetKey": "x"}]},
        {"entityData": {"name": "b"}, "associations": [{"ckRoleId": "Parent"}]},
        {"ckTypeId": "Town/Shup", "entityData": {"name": "d"}},
        {"ckTypeId": "System.Identity/User", "entityData": {}},
        {"rtId": "nonsense", "entityData": {}},
    ]);
    let answer = create(&mut client, unread).await;
    assert_failure(&answer, "Nothing was created.");
    let told = answer["itemErrors"].as_array().unwrap().iter();
    let mut indexes: Vec<_> = told.map(|item| item["index"].as_u64().unwrap()).collect();
    indexes.sort_unstable();
    assert_eq!(indexes, [1, 2, 3, 4, 5, 6], "{answer:#}");

    let wrong = json!([
        district,
        {"entityData": {"name": "fine"}, "associations": [centre]},
        {"entityData": {"nam": "x"}, "associations": [centre]},
        {"entityData": {"name": "orphan"}},
    ]);
    let answer = create(&mut client, wrong).await;
    assert_failure(
        &answer,
        "2 of the items cannot be created; the first is item 2:",
    );
    let told = answer["itemErrors"].as_array().unwrap().iter();
    let mut indexes: Vec<_> = told.map(|item| item["index"].as_u64().unwrap()).collect();
    indexes.dedup();
    assert_eq!(indexes, [2, 3], "{answer:#}");

    let taken = json!([
        district,
        {"entityData": {"name": "Bakery"}, "associations": [centre]},
        {"entityData": {"name": "twin"}, "associations": [centre]},
        {"entityData": {"name": "twin"}, "associations": [centre]},
    ]);
    let answer = create(&mut client, taken).await;
    assert_failure(&answer, &bakery);
    assert_eq!(answer["itemErrorCount"], json!(3), "{answer:#}");
    assert_eq!(count(&mut client, SHOP).await, 1);
    assert_eq!(count(&mut client, "Town/District").await, 1);
}

#[tokio::test]
async fn counts_are_bounded() {
    let (_app, mut client) = town::start().await;
    let answer = create(&mut client, json!([])).await;
    assert_failure(&answer, "at least one item");
    let many = vec![json!({}); 10_001];
    let answer = create(&mut client, json!(many)).await;
    assert_failure(&answer, "at most 10000 items, but has 10001");
}

#[tokio::test]
async fn many_entities_change_or_none() {
    let (_app, mut client) = town::start().await;
    let ids = shops(&mut client, &["a", "b", "c"]).await;
    let update = |items: Value| json!({"tenantId": TENANT, "ckTypeId": SHOP, "entities": items});
    let changed = update(json!([
        {"rtId": ids[0], "entityData": {"name": "a2"}, "expectedVersion": 0},
        {"rtId": ids[1], "entityData": [{"attributePath": "name", "value": "b2"}]},
        {"rtId": ids[2], "associations": [{"ckRoleId": "Suppliers", "targetRtId": ids[0]}]},
    ]));
    let changed = client.call("update_entities", changed).await;
    assert_success(&changed);
    assert_eq!(changed["updatedCount"], json!(3));
    assert_eq!(changed["entities"][1]["currentRtVersion"], json!(1));

    let stale = update(json!([
        {"rtId": ids[0], "entityData": {"name": "a3"}, "expectedVersion": 0},
        {"rtId": ids[1], "entityData": {"name": "b3"}},
        {"rtId": ids[2], "entityData": {"name": "c3"}, "expectedVersion": 7},
    ]));
    let stale = client.call("update_entities", stale).await;
    assert_failure(&stale, "Nothing was changed.");
    assert_eq!(stale["isConflict"], json!(true));
    let errors = stale["itemErrors"].as_array().unwrap();
    assert_eq!(errors.len(), 2, "{stale:#}");
    assert_eq!(
        (&errors[1]["index"], &errors[1]["currentRtVersion"]),
        (&json!(2), &json!(1))
    );
    let wrong = update(json!([
        {"rtId": ids[1], "entityData": {"name": "b3"}},
        {"rtId": "66ffffffffffffffffffff01", "entityData": {"name": "x"}},
        {"rtId": ids[2], "entityData": {"name": null}},
    ]));
    let wrong = client.call("update_entities", wrong).await;
    assert_eq!(wrong["itemErrorCount"], json!(2), "{wrong:#}");

    let query = json!({
        "tenantId": TENANT, "ckTypeId": SHOP, "simpleFilters": {"name": "b2"},
    });
    let found = client.call("query_entities_simple", query).await;
    assert_eq!(found["totalCount"], json!(1));
}

#[tokio::test]
async fn many_entities_go_or_none() {
    let (_app, mut client) = town::start().await;
    let ids = shops(&mut client, &["a", "b", "c"]).await;
    let delete = |items: Value, confirm: bool| json!({"tenantId": TENANT, "ckTypeId": SHOP, "entities": items, "confirm": confirm});
    let two = json!([{"rtId": ids[0]}, {"rtId": ids[1]}]);
    let refused = client
        .call("delete_entities", delete(two.clone(), false))
        .await;
    assert_failure(
        &refused,
        "Refusing to delete 2 entities without confirm=true.",
    );
    let twice = json!([{"rtId": ids[0]}, {"rtId": ids[0]}]);
    let twice = client.call("delete_entities", delete(twice, true)).await;
    assert_failure(&twice, "already exists in update list");
    let stale = json!([{"rtId": ids[0]}, {"rtId": ids[1], "expectedVersion": 3}]);
    let stale = client.call("delete_entities", delete(stale, true)).await;
    assert_eq!(
        stale["itemErrors"][0]["isConflict"],
        json!(true),
        "{stale:#}"
    );
    assert_eq!(count(&mut client, SHOP).await, 3);

    let deleted = client.call("delete_entities", delete(two, true)).await;
    assert_success(&deleted);
    assert_eq!(
        (&deleted["deletedCount"], &deleted["removedAssociations"]),
        (&json!(2), &json!(2))
    );
    assert_eq!(deleted["orphanedCount"], json!(0));
    assert_eq!(count(&mut client, SHOP).await, 1);

    let accounts = json!({
        "tenantId": "octosystem", "ckTypeId": "System/Entity", "confirm": true,
        "entities": [{"rtId": "660000000000000000000001"}],
    });
    let answer = client.call("delete_entities", accounts).await;
    assert_failure(&answer, "cannot be written");
}
