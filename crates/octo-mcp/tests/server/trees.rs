//! Trees of associated entities.

use octo_runtime::{ChangeSet, UpdateEntity};
use serde_json::{Value, json};

use crate::app::{assert_failure, assert_success};
use crate::client::Client;
use crate::links::{KNOWS, PARENT_CHILD, acme, add, call, node};

async fn tree(client: &mut Client, extra: Value) -> Value {
    let mut arguments = json!({
        "rootCkTypeId": "Links/Area", "ckRoleId": PARENT_CHILD, "direction": "Inbound",
    });
    for (name, value) in extra.as_object().unwrap() {
        arguments[name] = value.clone();
    }
    call(client, "get_association_tree", arguments).await
}

/// Names of nodes, children in brackets, reasons to stop behind.
fn drawn(nodes: &Value) -> String {
    let nodes = nodes.as_array().map(Vec::as_slice).unwrap_or_default();
    let drawn = nodes.iter().map(|node| {
        let name = node["attributes"][0]["value"].as_str().unwrap_or("?");
        let stop = node["stop"].as_str().unwrap_or_default();
        match drawn(&node["children"]) {
            none if none.is_empty() => {
                assert!(node.get("children").is_none(), "{node}");
                format!("{name}{stop}")
            }
            below => format!("{name}({below}){stop}"),
        }
    });
    drawn.collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn a_tree_shows_children_level_by_level() {
    let (_app, mut client, tenant) = acme().await;
    let root = add(&tenant, "Links/Area", "root").await;
    let other = add(&tenant, "Links/Area", "other").await;
    let a = node(&tenant, "a", &root).await;
    let b = node(&tenant, "b", &a).await;
    let c = node(&tenant, "c", &b).await;
    node(&tenant, "x", &other).await;
    let rank = UpdateEntity::from_entity(&c).set("Rank", 3);
    tenant.update(rank).await.unwrap();

    let found = tree(&mut client, json!({})).await;
    assert_success(&found);
    assert_eq!(drawn(&found["nodes"]), "root(a(b)) other(x)");
    assert_eq!(found["maxDepth"], json!(2));
    assert_eq!(found["direction"], json!("Inbound"));
    assert_eq!(
        (
            &found["nodeCount"],
            &found["totalRoots"],
            &found["isTruncated"]
        ),
        (&json!(5), &json!(2), &json!(false))
    );
    for (extra, expected) in [
        (json!({"maxDepth": 3}), "root(a(b(c))) other(x)"),
        (json!({"maxDepth": 0}), "root other"),
        (json!({"maxDepth": -1}), "root other"),
        (json!({"rootFilters": {"name": "other"}}), "other(x)"),
        (
            json!({"rootFilters": [{"attributePath": "rtId", "value": root.rt_id.to_string()}]}),
            "root(a(b))",
        ),
        (json!({"rootFilters": {"name": "nobody"}}), ""),
        (
            json!({
                "rootCkTypeId": "Links/Node", "direction": "Outbound",
                "rootFilters": {"name": "c"}, "maxDepth": "5",
            }),
            "c(b(a(root)))",
        ),
        (
            json!({"maxNodes": 3, "maxDepth": 9}),
            "root(aLimit) otherLimit",
        ),
    ] {
        let found = tree(&mut client, extra.clone()).await;
        assert_success(&found);
        assert_eq!(drawn(&found["nodes"]), expected, "{extra}");
    }
    let projected = json!({"attributePaths": ["rank"], "maxDepth": 9});
    let found = tree(&mut client, projected).await;
    let path = "/nodes/0/children/0/children/0/children/0/attributes";
    let rank = json!([{"attributeName": "rank", "value": 3}]);
    assert_eq!(found.pointer(path), Some(&rank), "{found:#}");
    assert_eq!(found["nodes"][0]["attributes"], json!([]));
}

#[tokio::test]
async fn cycles_end_where_they_close() {
    let (_app, mut client, tenant) = acme().await;
    let rex = add(&tenant, "Links/Dog", "rex").await;
    let ada = add(&tenant, "Links/Dog", "ada").await;
    let changes = ChangeSet::new()
        .associate(&rex, KNOWS, &ada)
        .associate(&ada, KNOWS, &rex);
    tenant.apply(changes).await.unwrap();
    let dogs = json!({
        "rootCkTypeId": "Links/Dog", "ckRoleId": "Links-1.0.0/Knows", "direction": 2,
        "rootFilters": {"name": "rex"}, "maxDepth": 32,
    });
    let found = tree(&mut client, dogs).await;
    assert_success(&found);
    assert_eq!(drawn(&found["nodes"]), "rex(ada(rexCycle))");
}

#[tokio::test]
async fn wrong_arguments_are_explained() {
    let (_app, mut client, _tenant) = acme().await;
    for (bad, part) in [
        (
            json!({"ckRoleId": "System/Parent"}),
            "Association role 'System/Parent' not found.",
        ),
        (
            json!({"rootCkTypeId": "Links/Ara"}),
            "Did you mean 'Links/Area'?",
        ),
        (json!({"direction": "Down"}), "direction must be one of"),
        (json!({"maxDepth": 33}), "maxDepth must be at most 32"),
        (json!({"maxNodes": 0}), "maxNodes must be at least 1"),
        (json!({"maxNodes": 10001}), "maxNodes must be at most 10000"),
        (json!({"rootFilters": {"nam": 1}}), "nam"),
        (
            json!({"attributePaths": [""]}),
            "Empty paths are not allowed.",
        ),
    ] {
        let answer = tree(&mut client, bad).await;
        assert_failure(&answer, part);
    }
    let secret = json!({
        "tenantId": "octosystem", "rootCkTypeId": "System.Identity/User",
        "ckRoleId": "System.Identity/AssignedRole", "direction": "Outbound",
        "rootFilters": {"securityStamp": "x"},
    });
    let answer = client.call("get_association_tree", secret.clone()).await;
    assert_failure(&answer, "holds secrets");
    let mut open = secret;
    open["rootFilters"] = Value::Null;
    let shown = client.call("get_association_tree", open).await;
    assert_success(&shown);
    assert!(!shown.to_string().contains("argon2"), "{shown:#}");
}
