//! Attributes of associations that come along with entities.

use serde_json::{Value, json};

use crate::app::{assert_failure, assert_success};
use crate::client::Client;
use crate::links::{KNOWS, acme, add, call, of};

/// Attributes of the associations of a dog, by name; nothing when it has none.
async fn known(client: &mut Client, dog: &octo_runtime::Entity) -> Vec<Value> {
    let arguments = of(dog, json!({"includeAssociations": true, "ckRoleId": KNOWS}));
    let answer = call(client, "navigate_associations", arguments).await;
    assert_success(&answer);
    answer["associations"]
        .as_array()
        .cloned()
        .unwrap_or_default()
}

fn value<'a>(association: &'a Value, name: &str) -> &'a Value {
    let attributes = association["attributes"].as_array().unwrap();
    let found = attributes.iter().find(|a| a["attributeName"] == name);
    &found.unwrap()["value"]
}

fn strength(value: Value) -> Value {
    json!([{"attributePath": "strength", "value": value}])
}

#[tokio::test]
async fn associations_get_attributes_with_their_entities() {
    let (_app, mut client, tenant) = acme().await;
    let rex = add(&tenant, "Links/Dog", "Rex").await;
    let edge = |attributes: Value| json!([{"ckRoleId": KNOWS, "targetRtId": rex.rt_id, "attributes": attributes}]);
    let name = json!([{"attributePath": "name", "value": "Bello"}]);
    let new = |attributes: Value| json!({"ckTypeId": "Links/Dog", "entityData": name, "associations": edge(attributes)});
    for (attributes, part) in [
        (
            strength(json!("strong")),
            "is not valid for attribute 'strength' of type Int",
        ),
        (
            json!([{"attributePath": "colour", "value": 1}]),
            "Attribute 'colour' is not defined",
        ),
    ] {
        let answer = call(&mut client, "create_entity", new(attributes.clone())).await;
        assert_failure(&answer, part);
        let item = json!({"entities": [new(attributes)]});
        assert_failure(&call(&mut client, "create_entities", item).await, part);
    }
    assert!(known(&mut client, &rex).await.is_empty());
    assert_success(&call(&mut client, "create_entity", new(strength(json!(7)))).await);
    let item = json!({"entities": [new(strength(json!(8)))]});
    assert_success(&call(&mut client, "create_entities", item).await);
    let mut strengths: Vec<_> = known(&mut client, &rex).await;
    strengths.sort_by_key(|edge| value(edge, "strength").as_i64());
    let strengths: Vec<_> = strengths
        .iter()
        .map(|edge| value(edge, "strength"))
        .collect();
    assert_eq!(strengths, [&json!(7), &json!(8)]);
}

#[tokio::test]
async fn associations_get_attributes_when_entities_change() {
    let (_app, mut client, tenant) = acme().await;
    let rex = add(&tenant, "Links/Dog", "Rex").await;
    let bello = add(&tenant, "Links/Dog", "Bello").await;
    let edge = |extra: Value| {
        let mut edge = json!({"ckRoleId": KNOWS, "targetRtId": rex.rt_id});
        edge.as_object_mut()
            .unwrap()
            .extend(extra.as_object().unwrap().clone());
        json!([edge])
    };
    let change = |edges: Value| of(&bello, json!({"entityData": [], "associations": edges}));
    let with = edge(json!({"attributes": strength(json!(5))}));
    assert_success(&call(&mut client, "update_entity", change(with.clone())).await);
    assert_eq!(
        value(&known(&mut client, &rex).await[0], "strength"),
        &json!(5)
    );
    let both = edge(json!({"attributes": strength(json!(5)), "option": "Delete"}));
    let answer = call(&mut client, "update_entity", change(both)).await;
    assert_failure(&answer, "attributes are for associations to create");
    let delete = edge(json!({"option": "Delete"}));
    assert_success(&call(&mut client, "update_entity", change(delete)).await);
    let item = json!({"entities": [of(&bello, json!({"associations": with}))]});
    assert_success(&call(&mut client, "update_entities", item).await);
    assert_eq!(
        value(&known(&mut client, &rex).await[0], "strength"),
        &json!(5)
    );
}
