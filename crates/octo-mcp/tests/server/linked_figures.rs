//! Figures and groups over associations.

use octo_runtime::{Tenant, UpdateEntity};
use serde_json::{Value, json};

use crate::app::{assert_failure, assert_success};
use crate::client::Client;
use crate::links::{acme, add, call, node};

/// Areas `A` (with nodes of rank 1 and 2) and `B` (with one node without rank).
async fn sample(tenant: &Tenant) {
    let (a, b) = (
        add(tenant, "Links/Area", "A").await,
        add(tenant, "Links/Area", "B").await,
    );
    for (name, area, rank) in [("a1", &a, Some(1)), ("a2", &a, Some(2)), ("b1", &b, None)] {
        let node = node(tenant, name, area).await;
        if let Some(rank) = rank {
            let ranked = UpdateEntity::of("Links/Node", node.rt_id).set("Rank", rank);
            tenant.update(ranked).await.unwrap();
        }
    }
}

async fn grouped(client: &mut Client, ck_type: &str, by: &str, columns: Value) -> Value {
    let arguments = json!({
        "ckTypeId": ck_type, "groupByAttributePaths": [by], "aggregations": columns,
    });
    call(client, "query_entities_grouping", arguments).await
}

#[tokio::test]
async fn associated_entities_make_groups_and_figures() {
    let (_app, mut client, tenant) = acme().await;
    sample(&tenant).await;
    let parent = "parent.Links/Area->name";
    let ranks = json!([{}, {"function": "sum", "attributePath": "rank"}]);
    let answer = grouped(&mut client, "Links/Node", parent, ranks.clone()).await;
    assert_success(&answer);
    assert_eq!(
        answer["rows"],
        json!([
            {"count": 2, "sum_rank": 3, parent: "A"},
            {"count": 1, "sum_rank": 0, parent: "B"},
        ])
    );
    let (nodes, size) = (
        "children.Links/Node->rank",
        "children.Links/Node::totalCount",
    );
    let columns = json!([
        {"function": "avg", "attributePath": nodes},
        {"function": "count", "attributePath": nodes, "alias": "ranked"},
        {"function": "max", "attributePath": "children.Links/Node->rtCreationDateTime", "alias": "last"},
    ]);
    let answer = grouped(&mut client, "Links/Area", size, columns.clone()).await;
    assert_success(&answer);
    let rows = answer["rows"].as_array().unwrap();
    let shown: Vec<_> = rows
        .iter()
        .map(|row| {
            json!([
                row[size],
                row["avg_children_Links/Node->rank"],
                row["ranked"]
            ])
        })
        .collect();
    assert_eq!(shown, [json!([1, null, 0]), json!([2, 1.5, 2])]);
    assert!(rows[0]["last"].is_string());

    let all = json!({"ckTypeId": "Links/Area", "aggregations": [
        {"function": "sum", "attributePath": nodes, "alias": "ranks"},
        {"function": "sum", "attributePath": size, "alias": "nodes"},
    ]});
    let answer = call(&mut client, "query_entities_aggregation", all).await;
    assert_eq!(
        answer["rows"],
        json!([{"ranks": 3, "nodes": 3}]),
        "{answer:#}"
    );
}

#[tokio::test]
async fn groups_over_associations_are_refused_where_they_mean_nothing() {
    let (_app, mut client, _tenant) = acme().await;
    for (ck_type, path, text) in [
        (
            "Links/Area",
            "children.Links/Node->name",
            "Cannot group by 'children.Links/Node->name': 'children' leads to several entities. Group entities of type 'Links/Node' instead",
        ),
        (
            "Links/Area",
            "childen.Links/Node->name",
            "Did you mean 'children'?",
        ),
        (
            "Links/Node",
            "parent.Links/Area",
            "names associated entities but no value",
        ),
        (
            "System.Identity/Role",
            "users.System.Identity/User->passwordHash",
            "holds secrets and cannot be aggregated or grouped by",
        ),
    ] {
        let answer = grouped(&mut client, ck_type, path, json!([{}])).await;
        assert_failure(&answer, text);
        assert_eq!(answer["rows"], json!([]));
    }
}
