//! Associations created along with entities, and archived entities that come back.

use serde_json::{Value, json};

use crate::app::{assert_failure, assert_success};
use crate::client::Client;
use crate::town::{self, SHOP, TENANT, count, district, id_of, named, parent, shop};

fn of(rt_id: &str, extra: Value) -> Value {
    let mut arguments = json!({"tenantId": TENANT, "ckTypeId": SHOP, "rtId": rt_id});
    for (name, value) in extra.as_object().unwrap() {
        arguments[name] = value.clone();
    }
    arguments
}

async fn update(client: &mut Client, rt_id: &str, associations: Value) -> Value {
    let change = json!({"entityData": [], "associations": associations});
    client.call("update_entity", of(rt_id, change)).await
}

#[tokio::test]
async fn an_entity_that_needs_a_parent_is_created_with_it() {
    let (_app, mut client) = town::start().await;
    let centre = district(&mut client, "Centre").await;
    let orphan = shop(&mut client, "Bakery", json!(null)).await;
    assert_failure(&orphan, "has minimum multiplicity of 'One'");
    assert_failure(&orphan, "<id of a Town/District>");
    for association in [
        parent(&centre),
        json!({"ckRoleId": "parent", "targetRtId": centre}),
        json!({
            "ckRoleId": "System/ParentChild", "direction": "Outbound", "targetRtId": centre,
            "targetCkTypeId": "Town/District",
        }),
    ] {
        let name = association.to_string();
        id_of(&shop(&mut client, &name, json!([association])).await);
    }
    assert_eq!(count(&mut client, SHOP).await, 3);
}

#[tokio::test]
async fn associations_that_cannot_be_leave_nothing() {
    let (_app, mut client) = town::start().await;
    let (centre, north) = (
        district(&mut client, "Centre").await,
        district(&mut client, "North").await,
    );
    let unknown = "66ffffffffffffffffffff01";
    for (associations, part) in [
        (
            json!([parent(&centre), parent(&north)]),
            "maximum multiplicity of 'One'",
        ),
        (
            json!([parent(&centre), parent(&centre)]),
            "does already exist",
        ),
        (json!([parent(unknown)]), "does not exist"),
        (json!([parent("nonsense")]), "24 digit hex string"),
        (
            json!([{"ckRoleId": "System/ParentChild", "targetRtId": centre, "targetCkTypeId": SHOP}]),
            "does not exist",
        ),
        (
            json!([{"ckRoleId": "System/ParentChild", "targetRtId": centre, "direction": "Inbound"}]),
            "is not allowed",
        ),
        (
            json!([{"ckRoleId": "Landlord", "targetRtId": centre}]),
            "Names: Customers, Parent",
        ),
        (
            json!([parent(&centre), {"ckRoleId": "System.Identity/AssignedRole", "targetRtId": centre}]),
            "tools for users",
        ),
    ] {
        let answer = shop(&mut client, "Bakery", associations).await;
        assert_failure(&answer, part);
    }
    assert_eq!(count(&mut client, SHOP).await, 0);
}

#[tokio::test]
async fn associations_change_along_with_values() {
    let (_app, mut client) = town::start().await;
    let (centre, north) = (
        district(&mut client, "Centre").await,
        district(&mut client, "North").await,
    );
    let bakery = id_of(&shop(&mut client, "Bakery", json!([parent(&centre)])).await);
    let supplied = json!([parent(&centre), {"ckRoleId": "Suppliers", "targetRtId": bakery}]);
    let cafe = id_of(&shop(&mut client, "Café", supplied).await);

    let leave = json!([{"ckRoleId": "Parent", "targetRtId": centre, "option": "Delete"}]);
    let refused = update(&mut client, &bakery, leave).await;
    assert_failure(&refused, "Association deletion violates the model");
    let removed = json!([
        {"ckRoleId": "Parent", "targetRtId": centre, "option": "Delete"},
        {"ckRoleId": "Parent", "targetRtId": north, "option": "Create"},
        {"ckRoleId": "Customers", "targetRtId": cafe, "option": "Delete"},
    ]);
    let moved = update(&mut client, &bakery, removed).await;
    assert_success(&moved);
    assert_eq!(moved["currentRtVersion"], json!(1));

    let confirmed = json!({"confirm": true});
    let deleted = client.call("delete_entity", of(&bakery, confirmed)).await;
    assert_eq!(deleted["removedAssociations"], json!(1), "{deleted}");
    assert_eq!(deleted["orphanedCount"], json!(0));
}

#[tokio::test]
async fn a_deleted_entity_can_be_restored() {
    let (_app, mut client) = town::start().await;
    let centre = district(&mut client, "Centre").await;
    let bakery = id_of(&shop(&mut client, "Bakery", json!([parent(&centre)])).await);
    let active = client.call("restore_entity", of(&bakery, json!({}))).await;
    assert_failure(&active, "is not archived");

    let delete = || of(&bakery, json!({"confirm": true}));
    assert_success(&client.call("delete_entity", delete()).await);
    let stale = of(&bakery, json!({"expectedVersion": 0}));
    let stale = client.call("restore_entity", stale).await;
    assert_eq!(
        (&stale["isConflict"], &stale["currentRtVersion"]),
        (&json!(true), &json!(1)),
        "{stale}"
    );
    let restored = client.call("restore_entity", of(&bakery, json!({}))).await;
    assert_success(&restored);
    assert_eq!(restored["entity"]["rtVersion"], json!(2));
    assert_eq!(restored["entity"].get("rtState"), None);
    assert_eq!(
        restored["missingAssociations"],
        json!([{
            "ckRoleId": "System/ParentChild", "direction": "Outbound",
            "targetCkTypeId": "Town/District",
        }])
    );

    assert_success(&client.call("delete_entity", delete()).await);
    let with_parent = of(&bakery, json!({"associations": [parent(&centre)]}));
    let restored = client.call("restore_entity", with_parent).await;
    assert_eq!(restored["missingAssociations"], json!([]), "{restored}");

    assert_success(&client.call("delete_entity", delete()).await);
    id_of(&shop(&mut client, "Bakery", json!([parent(&centre)])).await);
    let taken = client.call("restore_entity", of(&bakery, json!({}))).await;
    assert_failure(&taken, "exists already");
    let unknown = of("66ffffffffffffffffffff01", json!({}));
    let answer = client.call("restore_entity", unknown).await;
    assert_failure(&answer, "not found in type");
    let change = of(&bakery, json!({"entityData": named("Bakery 2")}));
    assert_failure(
        &client.call("update_entity", change).await,
        "not found in type",
    );
}

#[tokio::test]
async fn very_many_orphans_are_counted_and_the_first_are_named() {
    let (_app, mut client) = town::start().await;
    let centre = district(&mut client, "Centre").await;
    let shops: Vec<Value> = (0..120)
        .map(|n| json!({"entityData": {"name": n.to_string()}, "associations": [parent(&centre)]}))
        .collect();
    let create = json!({"tenantId": TENANT, "ckTypeId": SHOP, "entities": shops});
    assert_success(&client.call("create_entities", create).await);
    let delete = json!({
        "tenantId": TENANT, "ckTypeId": "Town/District", "rtId": centre, "confirm": true,
    });
    let deleted = client.call("delete_entity", delete).await;
    assert_success(&deleted);
    assert_eq!(deleted["removedAssociations"], json!(120));
    assert_eq!(deleted["orphanedCount"], json!(120));
    assert_eq!(deleted["orphanedEntities"].as_array().unwrap().len(), 100);
}
