//! Columns over associations, and what they mean for entities that have nothing there.

use octo_runtime::Tenant;
use serde_json::{Value, json};

use crate::app::{assert_failure, assert_success};
use crate::client::Client;
use crate::links::{acme, add, call, names, node};

const NODES: &str = "children.Links/Node->name";

/// Areas `A` (with two nodes), `B` (with one) and `C` (with none).
async fn sample(tenant: &Tenant) {
    for (name, nodes) in [("A", 2), ("B", 1), ("C", 0)] {
        let area = add(tenant, "Links/Area", name).await;
        for number in 0..nodes {
            node(tenant, &format!("{name}{number}"), &area).await;
        }
    }
}

async fn areas(client: &mut Client, extra: Value) -> Value {
    let mut arguments = json!({"ckTypeId": "Links/Area", "attributePaths": ["name", NODES]});
    for (name, value) in extra.as_object().unwrap() {
        arguments[name] = value.clone();
    }
    call(client, "query_entities", arguments).await
}

#[tokio::test]
async fn entities_without_far_ends_are_included_or_left_out() {
    let (_app, mut client, tenant) = acme().await;
    sample(&tenant).await;
    for (extra, expected) in [
        (json!({}), "A B C"),
        (json!({"navigationFilterMode": "Include"}), "A B C"),
        (json!({"navigationFilterMode": "filter"}), "A B"),
        (json!({"navigationFilterMode": 0}), "A B"),
        (
            json!({"navigationFilterMode": "Filter", "attributePaths": ["name", "children.Links/Node::totalCount"]}),
            "A B C",
        ),
    ] {
        let answer = areas(&mut client, extra.clone()).await;
        assert_success(&answer);
        assert_eq!(names(&answer).join(" "), expected, "{extra}");
        let count = expected.split(' ').count();
        assert_eq!(answer["totalCount"], json!(count), "{extra}");
    }
    let first = areas(
        &mut client,
        json!({"navigationFilterMode": "Filter", "limit": 1}),
    )
    .await;
    let cursor = first["nextCursor"].as_str().unwrap().to_owned();
    let next = json!({"navigationFilterMode": "Filter", "limit": 1, "cursor": cursor});
    assert_eq!(names(&areas(&mut client, next).await), ["B"]);
    // Another mode is another query.
    let other = areas(&mut client, json!({"limit": 1, "cursor": cursor})).await;
    assert_failure(&other, "The cursor does not belong to this query.");
    let wrong = areas(&mut client, json!({"navigationFilterMode": "Some"})).await;
    assert_failure(&wrong, "navigationFilterMode");
}

async fn store(client: &mut Client, ck_type: &str, mode: Option<Value>, members: Value) -> String {
    let mut data = vec![
        json!({"attributePath": "name", "value": "A query"}),
        json!({"attributePath": "queryCkTypeId", "value": "Links/Area"}),
    ];
    let mode = mode.map(|mode| ("navigationFilterMode".to_owned(), mode));
    for (name, value) in members.as_object().unwrap().clone().into_iter().chain(mode) {
        data.push(json!({"attributePath": name, "value": value}));
    }
    let arguments = json!({"ckTypeId": ck_type, "entityData": data});
    let created = call(client, "create_entity", arguments).await;
    assert_success(&created);
    created["rtId"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn stored_queries_follow_their_mode() {
    let (_app, mut client, tenant) = acme().await;
    sample(&tenant).await;
    let simple = json!({"columns": ["name", NODES]});
    let count = json!([{"attributePath": NODES, "aggregationType": "Count"},
        {"attributePath": "rtId", "aggregationType": "Count"}]);
    let figures = json!({"columns": count});
    let groups = json!({"columns": count, "groupingColumns": ["name"]});
    // Without a mode the default of the model applies.
    for (mode, areas) in [
        (None, 2),
        (Some(json!("Filter")), 2),
        (Some(json!("Include")), 3),
    ] {
        let mut run = async |ck_type: &str, members: &Value| {
            let id = store(&mut client, ck_type, mode.clone(), members.clone()).await;
            let arguments = json!({"queryRtId": id});
            let answer = call(&mut client, "execute_runtime_query", arguments).await;
            assert_success(&answer);
            answer
        };
        let found = run("System/SimpleRtQuery", &simple).await;
        assert_eq!(found["totalCount"], json!(areas), "{mode:?}");
        let attributes = found["entities"][0]["attributes"].as_array().unwrap();
        assert_eq!(attributes[1]["value"], json!(["A0", "A1"]));
        let found = run("System/AggregationRtQuery", &figures).await;
        let row = &found["rows"][0];
        assert_eq!(
            (&row["count_children_Links/Node->name"], &row["count_rtId"]),
            (&json!(3), &json!(areas))
        );
        let found = run("System/GroupingAggregationRtQuery", &groups).await;
        assert_eq!(found["rowCount"], json!(areas));
    }
}

#[tokio::test]
async fn far_ends_are_not_chosen_by_their_secrets() {
    let (_app, mut client, _tenant) = acme().await;
    for path in [
        "users.System.Identity/User[passwordHash=x]->userName",
        "users.System.Identity/User[securityStamp=x]::exists",
    ] {
        for mode in ["Filter", "Include"] {
            let arguments = json!({
                "ckTypeId": "System.Identity/Role", "attributePaths": [path],
                "navigationFilterMode": mode,
            });
            let answer = call(&mut client, "query_entities", arguments).await;
            assert_failure(&answer, "holds secrets");
        }
    }
}
