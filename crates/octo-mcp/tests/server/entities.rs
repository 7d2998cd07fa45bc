//! The entity tools.

use serde_json::{Value, json};

use crate::app::{App, assert_failure, assert_success};
use crate::client::Client;
use crate::models::import_example;

async fn acme() -> (App, Client) {
    let app = App::start().await;
    let mut client = app.admin_with_tenant("acme").await;
    import_example(&app, &mut client, "acme").await;
    (app, client)
}

fn place(name: &str) -> Value {
    json!({
        "tenantId": "acme", "ckTypeId": "Example/Place",
        "entityData": [
            {"attributePath": "name", "value": name},
            {"attributePath": "address.city", "value": "Vienna"},
        ],
    })
}

/// Value of an attribute in an entity as returned.
fn value<'a>(entity: &'a Value, name: &str) -> &'a Value {
    let attributes = entity["attributes"].as_array().unwrap();
    let found = attributes
        .iter()
        .find(|attribute| attribute["attributeName"] == json!(name));
    found.map_or(&Value::Null, |attribute| &attribute["value"])
}

async fn create(client: &mut Client, name: &str) -> String {
    let created = client.call("create_entity", place(name)).await;
    assert_success(&created);
    created["rtId"].as_str().unwrap().to_owned()
}

fn named(rt_id: &str, extra: Value) -> Value {
    let mut arguments = json!({"tenantId": "acme", "ckTypeId": "Example/Place", "rtId": rt_id});
    for (name, value) in extra.as_object().unwrap() {
        arguments[name] = value.clone();
    }
    arguments
}

#[tokio::test]
async fn an_entity_is_created_found_changed_and_deleted() {
    let (_app, mut client) = acme().await;
    let rt_id = create(&mut client, "Prater").await;

    let query = json!({
        "tenantId": "acme", "ckTypeId": "Example/Place",
        "simpleFilters": [{"attributePath": "address.city", "value": "Vienna"}],
    });
    let found = client.call("query_entities_simple", query).await;
    assert_eq!(found["totalCount"], json!(1), "{found:#}");
    assert_eq!(found["entities"][0]["rtId"], json!(rt_id));
    assert_eq!(value(&found["entities"][0], "name"), &json!("Prater"));

    let change = json!({
        "entityData": [{"attributePath": "visitors", "value": "42"}], "expectedVersion": 0,
    });
    let updated = client.call("update_entity", named(&rt_id, change)).await;
    assert_success(&updated);
    assert_eq!(updated["currentRtVersion"], json!(1));
    assert_eq!(value(&updated["entity"], "visitors"), &json!(42));
    assert_eq!(value(&updated["entity"], "name"), &json!("Prater"));

    let refused = client.call("delete_entity", named(&rt_id, json!({}))).await;
    let text = format!("Refusing to delete 'Example/Place@{rt_id}' without confirm=true.");
    assert_failure(&refused, &text);
    let deleted = client
        .call("delete_entity", named(&rt_id, json!({"confirm": true})))
        .await;
    assert_success(&deleted);
    let gone = client
        .call("get_entity_by_id", named(&rt_id, json!({})))
        .await;
    assert_failure(&gone, "not found in type 'Example/Place'");
}

#[tokio::test]
async fn a_stale_version_writes_nothing_and_returns_the_current_entity() {
    let (_app, mut client) = acme().await;
    let rt_id = create(&mut client, "Prater").await;
    let set = |name: &str, version: u64| {
        let data = json!([{"attributePath": "name", "value": name}]);
        named(
            &rt_id,
            json!({"entityData": data, "expectedVersion": version}),
        )
    };
    assert_success(&client.call("update_entity", set("First", 0)).await);
    let stale = client.call("update_entity", set("Second", 0)).await;
    assert_failure(
        &stale,
        "Stale expected_version: caller had 0, current is 1.",
    );
    assert_eq!(
        (&stale["isConflict"], &stale["currentRtVersion"]),
        (&json!(true), &json!(1))
    );
    assert_eq!(value(&stale["entity"], "name"), &json!("First"));
    let delete = named(&rt_id, json!({"confirm": true, "expectedVersion": 0}));
    assert_eq!(
        client.call("delete_entity", delete).await["isConflict"],
        json!(true)
    );
    let entity = client
        .call("get_entity_by_id", named(&rt_id, json!({})))
        .await;
    assert_eq!(value(&entity["entity"], "name"), &json!("First"));
}

#[tokio::test]
async fn wrong_values_are_all_reported_and_nothing_is_stored() {
    let (_app, mut client) = acme().await;
    let mut wrong = place("Prater");
    wrong["entityData"] = json!([
        {"attributePath": "visitors", "value": "many"},
        {"attributePath": "kind", "value": "Nonsense"},
        {"attributePath": "nothing", "value": 1},
    ]);
    let answer = client.call("create_entity", wrong).await;
    for part in ["visitors", "Nonsense", "nothing"] {
        assert_failure(&answer, part);
    }
    let mut empty = place("x");
    empty["entityData"] = json!([]);
    assert_failure(
        &client.call("create_entity", empty).await,
        "Mandatory attribute",
    );
    let query = json!({"tenantId": "acme", "ckTypeId": "Example/Place"});
    let found = client.call("query_entities_simple", query).await;
    assert_eq!(found["totalCount"], json!(0));
}

#[tokio::test]
async fn queries_page_project_and_find_derived_types() {
    let (_app, mut client) = acme().await;
    for n in 0..5 {
        create(&mut client, &format!("Place {n}")).await;
    }
    let page = json!({
        "tenantId": "acme", "ckTypeId": "Example-1.0.0/Named-1", "limit": 2, "offset": 4,
        "attributePaths": ["address.city"],
    });
    let found = client.call("query_entities_simple", page).await;
    assert_eq!(
        (&found["totalCount"], &found["returnedCount"]),
        (&json!(5), &json!(1)),
        "{found}"
    );
    let entity = &found["entities"][0];
    assert_eq!(value(entity, "name"), &Value::Null);
    assert_eq!(
        value(&value(entity, "address").clone(), "city"),
        &json!("Vienna")
    );
    let by_path = json!({
        "tenantId": "acme", "ckTypeId": "Example/Place", "simpleFilters": {"name": "Place 3"},
    });
    assert_eq!(
        client.call("query_entities_simple", by_path).await["totalCount"],
        json!(1)
    );
    for (bad, part) in [
        (json!({"limit": 0}), "limit must be at least 1"),
        (json!({"limit": 1001}), "limit must be at most 1000"),
        (json!({"offset": -1}), "offset must be at least 0"),
        (json!({"simpleFilters": {"nam": 1}}), "nam"),
        (json!({"ckTypeId": "Example/Plase"}), "Example/Place"),
    ] {
        let mut query = json!({"tenantId": "acme", "ckTypeId": "Example/Place"});
        for (name, value) in bad.as_object().unwrap() {
            query[name] = value.clone();
        }
        assert_failure(&client.call("query_entities_simple", query).await, part);
    }
}

#[tokio::test]
async fn accounts_and_tenants_are_not_for_the_entity_tools() {
    let (_app, mut client) = acme().await;
    let users = json!({"tenantId": "octosystem", "ckTypeId": "System.Identity/User"});
    let found = client.call("query_entities_simple", users).await;
    assert_eq!(
        value(&found["entities"][0], "userName"),
        &json!("admin"),
        "{found:#}"
    );
    assert!(!found.to_string().contains("argon2"), "{found:#}");
    let rt_id = found["entities"][0]["rtId"].clone();
    let by_secret = json!({
        "tenantId": "octosystem", "ckTypeId": "System.Identity/User",
        "simpleFilters": {"passwordHash": "x"},
    });
    let answer = client.call("query_entities_simple", by_secret).await;
    assert_failure(&answer, "cannot be filtered by");
    let take_over = json!({
        "tenantId": "octosystem", "ckTypeId": "System/Entity", "rtId": rt_id,
        "entityData": [{"attributePath": "passwordHash", "value": "x"}],
    });
    assert_failure(
        &client.call("update_entity", take_over).await,
        "cannot be written",
    );
    let create = json!({
        "tenantId": "octosystem", "ckTypeId": "System/Tenant",
        "entityData": [{"attributePath": "tenantId", "value": "x"}],
    });
    assert_failure(
        &client.call("create_entity", create).await,
        "Use the tools for tenants",
    );
}
