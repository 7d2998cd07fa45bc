//! Calls that cannot be carried out: they say why, and nothing changes.

use octo_runtime::{DeleteEntity, Entity, Tenant};
use serde_json::{Value, json};

use crate::app::{assert_failure, assert_success};
use crate::client::Client;
use crate::links::{PARENT_CHILD, acme, add, call, nobody, node, of};

/// All that is stored in the tenant.
async fn state(tenant: &Tenant) -> String {
    let mut entities = Vec::new();
    for ck_type in ["Links/Place", "Links/Dog"] {
        let query = octo_runtime::EntityQuery::of(ck_type).include_archived();
        entities.extend(tenant.query(query).await.unwrap().items);
    }
    let ids = entities.iter().map(|entity| entity.rt_id);
    let edges = tenant.associations_of(ids, None, octo_runtime::Direction::Any);
    format!("{entities:?} {:?}", edges.await.unwrap())
}

/// Each call fails with each of the texts, and leaves everything as it was.
async fn all_fail(client: &mut Client, tenant: &Tenant, calls: Vec<(&str, Value, Vec<String>)>) {
    let before = state(tenant).await;
    for (tool, arguments, texts) in calls {
        let label: String = format!("{tool} {arguments}").chars().take(300).collect();
        let answer = call(client, tool, arguments).await;
        for text in texts {
            assert_failure(&answer, &text);
        }
        assert_eq!(state(tenant).await, before, "{label}");
    }
}

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

fn data(path: &str, value: Value) -> Value {
    json!({"entityData": [{"attributePath": path, "value": value}]})
}

#[tokio::test]
async fn wrong_paths_and_values_are_explained() {
    let (_app, mut client, tenant) = acme().await;
    let area = add(&tenant, "Links/Area", "area").await;
    let update = |path: &str, value: Value| of(&area, data(path, value));
    let mut calls = vec![
        (
            "update_entity",
            update("nam", json!("x")),
            texts(&["Attribute 'nam'", "Did you mean 'name'?"]),
        ),
        (
            "update_entity",
            update("name.first", json!("x")),
            texts(&["name"]),
        ),
        (
            "update_entity",
            update("name[0]", json!("x")),
            texts(&["Attribute value 'Name' is not an array"]),
        ),
        (
            "update_entity",
            update("", json!("x")),
            texts(&["Empty paths are not allowed."]),
        ),
        (
            "update_entity",
            update("children.Links/Node->name", json!("x")),
            texts(&["Attribute 'children' is not defined"]),
        ),
        (
            "update_entity",
            update("rtState", json!(1)),
            texts(&["rtState"]),
        ),
        (
            "update_entity",
            update("name", Value::Null),
            texts(&["FatalError 5"]),
        ),
        (
            "update_entity",
            of(
                &area,
                json!({"entityData": [
                    {"attributePath": "rank", "value": "first"},
                    {"attributePath": "rang", "value": 1},
                    {"attributePath": "name", "value": {"a": 1}},
                ]}),
            ),
            texts(&["'first' is not valid", "'rang'", "'name'"]),
        ),
        (
            "create_entity",
            json!({"ckTypeId": "Links/Aera", "entityData": []}),
            texts(&["Links/Area"]),
        ),
        (
            "create_entity",
            json!({"ckTypeId": "Links/Place", "entityData": []}),
            texts(&["FatalError 4", "abstract"]),
        ),
        (
            "create_entity",
            json!({"ckTypeId": "Links/Area", "entityData": []}),
            texts(&["FatalError 2"]),
        ),
        (
            "query_entities_aggregation",
            json!({"ckTypeId": "Links/Area", "aggregations": [{"function": "sum", "attributePath": "rnk"}]}),
            texts(&["Did you mean 'rank'?"]),
        ),
    ];
    for value in [
        json!(2_147_483_648_i64),
        json!(-2_147_483_649_i64),
        json!(1.5),
        json!(true),
        json!("1e3"),
        json!("\u{661}"),
        json!([1]),
        json!({"ckRecordId": "x"}),
    ] {
        calls.push((
            "update_entity",
            update("rank", value),
            texts(&["rank", "Int"]),
        ));
    }
    all_fail(&mut client, &tenant, calls).await;
}

#[tokio::test]
async fn ids_of_other_types_and_tenants_and_archived_entities_are_not_there() {
    let (app, mut client, tenant) = acme().await;
    let area = add(&tenant, "Links/Area", "area").await;
    let child = node(&tenant, "child", &area).await;
    let dog = add(&tenant, "Links/Dog", "dog").await;
    let gone = add(&tenant, "Links/Area", "gone").await;
    let archive = DeleteEntity::of("Links/Area", gone.rt_id);
    tenant.delete(archive).await.unwrap();
    let elsewhere = app.system_tenant().id().to_string();
    let users = json!({"tenantId": elsewhere, "ckTypeId": "System/Tenant"});
    let users = client.call("query_entities", users).await;
    let stranger = users["entities"][0]["rtId"].as_str().unwrap().to_owned();

    let mut calls = Vec::new();
    let dog_id = dog.rt_id.to_string();
    let gone_id = gone.rt_id.to_string();
    for (id, what) in [
        (&dog_id, "another type"),
        (&stranger, "another tenant"),
        (&nobody(), "nothing"),
        (&gone_id, "archived"),
    ] {
        let named = |extra: Value| {
            let mut arguments = json!({"ckTypeId": "Links/Area", "rtId": id});
            for (name, value) in extra.as_object().unwrap() {
                arguments[name] = value.clone();
            }
            arguments
        };
        let missing = || vec![format!("'{id}'")];
        let renamed = data("name", json!(what));
        let item = json!([{"ckTypeId": "Links/Area", "rtId": id}]);
        let mut renamed_item = renamed.clone();
        renamed_item["ckTypeId"] = json!("Links/Area");
        renamed_item["rtId"] = json!(id);
        let parent = json!([{"ckRoleId": PARENT_CHILD, "targetRtId": id}]);
        let new_node = json!({
            "ckTypeId": "Links/Node", "associations": parent,
            "entityData": [{"attributePath": "name", "value": what}],
        });
        let walk = json!({"ckRoleId": PARENT_CHILD, "direction": "Inbound"});
        let edge = json!({
            "originCkTypeId": "Links/Node", "originRtId": child.rt_id.to_string(),
            "ckRoleId": PARENT_CHILD, "targetCkTypeId": "Links/Area", "targetRtId": id,
            "confirm": true,
        });
        calls.extend([
            ("get_entity_by_id", named(json!({})), missing()),
            ("update_entity", named(renamed), vec![id.clone()]),
            (
                "delete_entity",
                named(json!({"confirm": true})),
                vec![id.clone()],
            ),
            (
                "update_entities",
                json!({"entities": [renamed_item]}),
                vec![id.clone()],
            ),
            (
                "delete_entities",
                json!({"entities": item, "confirm": true}),
                vec![id.clone()],
            ),
            (
                "navigate_associations",
                named(walk),
                vec![format!("Source entity with ID '{id}' not found")],
            ),
            ("create_entity", new_node, texts(&["FatalError"])),
            (
                "create_association",
                edge.clone(),
                vec!["FatalError 9".to_owned()],
            ),
            (
                "delete_association",
                edge,
                vec!["FatalError 8".to_owned(), "Target entity".to_owned()],
            ),
        ]);
    }
    let no_id = |id: &str| json!({"ckTypeId": "Links/Area", "rtId": id});
    calls.push(("get_entity_by_id", no_id(""), texts(&["rtId is required."])));
    for id in [
        "x",
        "665f1c2ab1e4d2a3c4b5d6e",
        "665f1c2ab1e4d2a3c4b5d6eg",
        "\u{661}\u{661}\u{661}\u{661}\u{661}\u{661}\u{661}\u{661}\u{661}\u{661}\u{661}\u{661}",
    ] {
        calls.push(("get_entity_by_id", no_id(id), texts(&["24"])));
    }
    all_fail(&mut client, &tenant, calls).await;
}

#[tokio::test]
async fn stale_versions_change_nothing() {
    let (_app, mut client, tenant) = acme().await;
    let area = add(&tenant, "Links/Area", "area").await;
    let renamed = data("name", json!("newer"));
    let update = |version: Value| {
        let mut arguments = of(&area, renamed.clone());
        arguments["expectedVersion"] = version;
        arguments
    };
    assert_success(&call(&mut client, "update_entity", update(json!(0))).await);
    let stale = || texts(&["Stale expected_version: caller had 0, current is 1."]);
    let delete = of(&area, json!({"expectedVersion": 0, "confirm": true}));
    let item = |extra: Value| {
        let mut item = of(&area, extra);
        item["expectedVersion"] = json!(0);
        json!({"entities": [item], "confirm": true})
    };
    let calls = vec![
        ("update_entity", update(json!(0)), stale()),
        ("update_entity", update(json!("0")), stale()),
        (
            "update_entity",
            update(json!(-1)),
            texts(&["expectedVersion must be at least 0"]),
        ),
        (
            "update_entity",
            update(json!(u64::MAX)),
            texts(&["Stale expected_version"]),
        ),
        ("delete_entity", delete, stale()),
        ("update_entities", item(renamed.clone()), stale()),
        ("delete_entities", item(json!({})), stale()),
    ];
    all_fail(&mut client, &tenant, calls).await;
}

#[tokio::test]
async fn texts_of_megabytes_are_stored_or_refused_and_harm_nobody() {
    let (app, mut client, tenant) = acme().await;
    let area = add(&tenant, "Links/Area", "area").await;
    let before = state(&tenant).await;
    let text = "x".repeat(5 * 1024 * 1024);
    let body = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {
        "name": "update_entity", "arguments": of(&area, data("name", json!(text))),
    }});
    let request = reqwest::Client::new().post(app.mcp_url()).json(&body);
    let request = request.header("Accept", "application/json, text/event-stream");
    // The server may close the connection before all is sent.
    if let Ok(answer) = request.send().await {
        assert!(answer.status().is_client_error(), "{}", answer.status());
    }
    assert_eq!(state(&tenant).await, before);
    let long = "ä\u{1F600}".repeat(300_000);
    let stored = call(
        &mut client,
        "update_entity",
        of(&area, data("name", json!(long))),
    )
    .await;
    assert_success(&stored);
    let read = call(&mut client, "get_entity_by_id", of(&area, json!({}))).await;
    assert_eq!(read["entity"]["attributes"][0]["value"], json!(long));
}

/// The value of an attribute after it was written as text.
async fn stored(client: &mut Client, area: &Entity, text: &str) -> Value {
    let arguments = of(area, data("name", json!(text)));
    assert_success(&call(client, "update_entity", arguments).await);
    let filter = json!({"ckTypeId": "Links/Area", "filters": {"fields": [
        {"attributePath": "name", "operator": "Equals", "value": text},
    ]}, "sort": [{"attributePath": "name"}], "limit": 1});
    let found = call(client, "query_entities", filter).await;
    assert_success(&found);
    found["entities"][0]["attributes"][0]["value"].clone()
}

#[tokio::test]
async fn odd_texts_survive() {
    let (_app, mut client, tenant) = acme().await;
    let area = add(&tenant, "Links/Area", "area").await;
    for text in [
        "a\u{0}b",
        "\u{FEFF}bom",
        "e\u{301} is not \u{e9}",
        "\u{202E}left",
        "\u{1F468}\u{200D}\u{1F469}\u{200D}\u{1F467}",
        "\u{FFFF}\u{10FFFF}",
        "'; DROP TABLE entity; --",
        "[a, b",
        "@now(0)",
        "${Name}",
        "null",
        "%_*\\\"",
    ] {
        assert_eq!(
            stored(&mut client, &area, text).await,
            json!(text),
            "{text:?}"
        );
    }
}
