//! From an entity to its neighbours.

use octo_runtime::{ChangeSet, DeleteEntity, UpdateEntity};
use serde_json::{Value, json};

use crate::app::{assert_failure, assert_success};
use crate::client::Client;
use crate::links::{KNOWS, PARENT_CHILD, acme, add, call, names, nobody, node, of};

async fn navigate(client: &mut Client, arguments: Value) -> Value {
    call(client, "navigate_associations", arguments).await
}

fn children(extra: Value) -> Value {
    let mut arguments = json!({"ckRoleId": PARENT_CHILD, "direction": "Inbound"});
    for (name, value) in extra.as_object().unwrap() {
        arguments[name] = value.clone();
    }
    arguments
}

#[tokio::test]
async fn children_are_inbound_and_the_parent_is_outbound() {
    let (_app, mut client, tenant) = acme().await;
    let root = add(&tenant, "Links/Area", "root").await;
    let a = node(&tenant, "a", &root).await;
    let b = node(&tenant, "b", &root).await;

    let found = navigate(&mut client, of(&root, children(json!({})))).await;
    assert_success(&found);
    assert_eq!(names(&found), ["a", "b"]);
    assert_eq!(found["totalCount"], json!(2));
    assert_eq!(found["targetTypeId"], json!("System/Entity"));
    let edge = &found["associations"][1];
    assert_eq!(edge["originRtId"], json!(b.rt_id.to_string()), "{found:#}");
    assert_eq!(edge["targetRtId"], json!(root.rt_id.to_string()));
    assert_eq!(edge["targetCkTypeId"], json!("Links/Area"));
    assert!(edge["associationId"].is_string());

    for (spelling, direction) in [
        ("System-2.2.2/ParentChild-1", json!("outbound")),
        ("System/ParentChild", json!(2)),
        (" System-2/ParentChild ", json!("Any")),
    ] {
        let up = json!({
            "ckRoleId": spelling, "direction": direction, "targetTypeId": "Links/Place",
        });
        let found = navigate(&mut client, of(&a, up)).await;
        assert_success(&found);
        assert_eq!(names(&found), ["root"], "{found:#}");
    }
    // The base type names the entity as well.
    let mut by_base = of(&root, children(json!({"targetTypeId": "Links/Area"})));
    by_base["ckTypeId"] = json!("Links/Place");
    let found = navigate(&mut client, by_base).await;
    assert_eq!(found["totalCount"], json!(0));
    let down = json!({"ckRoleId": PARENT_CHILD, "direction": "Outbound"});
    let found = navigate(&mut client, of(&root, down)).await;
    assert_success(&found);
    let text = "Type 'Links/Area' has role 'System/ParentChild' with direction Inbound only.";
    assert!(
        found["message"].as_str().unwrap().ends_with(text),
        "{found}"
    );
}

#[tokio::test]
async fn neighbours_are_filtered_sorted_paged_and_projected() {
    let (_app, mut client, tenant) = acme().await;
    let root = add(&tenant, "Links/Area", "root").await;
    let mut last = None;
    for n in 0..5 {
        let child = node(&tenant, &format!("n{n}"), &root).await;
        let rank = UpdateEntity::from_entity(&child).set("Rank", n % 2);
        tenant.update(rank).await.unwrap();
        last = Some(child);
    }
    let gone = DeleteEntity::of("Links/Node", last.unwrap().rt_id);
    tenant.delete(gone).await.unwrap();

    let typed = json!({"targetTypeId": "Links/Node"});
    for (extra, expected, total) in [
        (json!({}), vec!["n0", "n1", "n2", "n3"], 4),
        (json!({"limit": 2, "offset": 1}), vec!["n1", "n2"], 4),
        (json!({"offset": 9}), vec![], 4),
        (
            json!({"filters": [{"attributePath": "rank", "value": 1}]}),
            vec!["n1", "n3"],
            2,
        ),
        (json!({"filters": {"name": "n2", "rank": 0}}), vec!["n2"], 1),
        (
            json!({"sort": [
                {"attributePath": "rank", "sortOrder": "Descending"},
                {"attributePath": "name", "sortOrder": "descending"},
            ], "limit": 3}),
            vec!["n3", "n1", "n2"],
            4,
        ),
    ] {
        let mut arguments = of(&root, children(typed.clone()));
        for (name, value) in extra.as_object().unwrap() {
            arguments[name] = value.clone();
        }
        let found = navigate(&mut client, arguments).await;
        assert_success(&found);
        assert_eq!(names(&found), expected, "{extra}");
        assert_eq!(found["totalCount"], json!(total), "{extra}");
        assert_eq!(found["returnedCount"], json!(expected.len()));
        assert_eq!(
            found["associations"].as_array().unwrap().len(),
            expected.len()
        );
    }
    let by_rank = |extra: Value| {
        let mut arguments = children(typed.clone());
        arguments["sort"] = json!([{"attributePath": "rank"}]);
        arguments["attributePaths"] = json!(["name", "parent.Links/Area->name"]);
        for (name, value) in extra.as_object().unwrap() {
            arguments[name] = value.clone();
        }
        of(&root, arguments)
    };
    let first = navigate(&mut client, by_rank(json!({"limit": 3}))).await;
    assert_eq!(names(&first), ["n0", "n2", "n1"]);
    let attributes = &first["entities"][0]["attributes"];
    assert_eq!(
        attributes[1],
        json!({"attributeName": "parent.Links/Area->name", "value": "root"})
    );
    let cursor = &first["nextCursor"];
    let next = navigate(&mut client, by_rank(json!({"limit": 3, "cursor": cursor}))).await;
    assert_success(&next);
    assert_eq!(names(&next), ["n3"]);
    assert_eq!(
        (&next["totalCount"], &next["nextCursor"]),
        (&json!(4), &Value::Null)
    );
    let both = by_rank(json!({"offset": 1, "cursor": cursor}));
    assert_failure(&navigate(&mut client, both).await, "not both");
    let unsorted = of(&root, children(json!({"cursor": cursor})));
    let text = "The cursor does not belong to this query.";
    assert_failure(&navigate(&mut client, unsorted).await, text);
    let projected = children(json!({"attributePaths": ["Rank"], "limit": 1}));
    let found = navigate(&mut client, of(&root, projected)).await;
    let attributes = &found["entities"][0]["attributes"];
    assert_eq!(attributes, &json!([{"attributeName": "rank", "value": 0}]));
}

#[tokio::test]
async fn both_directions_together_find_each_neighbour_once() {
    let (_app, mut client, tenant) = acme().await;
    let rex = add(&tenant, "Links/Dog", "rex").await;
    let ada = add(&tenant, "Links/Dog", "ada").await;
    let bob = add(&tenant, "Links/Dog", "bob").await;
    let changes = ChangeSet::new()
        .associate(&rex, KNOWS, &ada)
        .associate(&ada, KNOWS, &rex)
        .associate(&bob, KNOWS, &rex)
        .associate(&rex, KNOWS, &rex);
    tenant.apply(changes).await.unwrap();
    let any = json!({"ckRoleId": KNOWS, "direction": "Any"});
    let found = navigate(&mut client, of(&rex, any)).await;
    assert_eq!(names(&found), ["rex", "ada", "bob"]);
    assert_eq!(found["associations"].as_array().unwrap().len(), 4);
    assert_eq!(
        found["associations"][0]["attributes"],
        json!([{"attributeName": "strength", "value": 1}]),
        "{found:#}"
    );
}

#[tokio::test]
async fn wrong_arguments_are_explained() {
    let (_app, mut client, tenant) = acme().await;
    let root = add(&tenant, "Links/Area", "root").await;
    let gone = add(&tenant, "Links/Area", "gone").await;
    tenant
        .delete(DeleteEntity::of("Links/Area", gone.rt_id))
        .await
        .unwrap();
    let missing = nobody();
    for (bad, part) in [
        (
            json!({"ckRoleId": "System/ParentChilds"}),
            "Association role 'System/ParentChilds' not found.",
        ),
        (
            json!({"ckRoleId": "Children"}),
            "'Children' is not the id of an association role",
        ),
        (
            json!({"ckRoleId": "System/ParentChilds"}),
            "Did you mean 'System/ParentChild'?",
        ),
        (json!({"rtId": "1"}), "is not a valid 24 digit hex string"),
        (
            json!({"rtId": missing}),
            &*format!("Source entity with ID '{missing}' not found in type 'Links/Area'"),
        ),
        (
            json!({"rtId": gone.rt_id.to_string()}),
            "not found in type 'Links/Area'",
        ),
        (
            json!({"ckTypeId": "Links/Dog"}),
            "not found in type 'Links/Dog'",
        ),
        (
            json!({"ckTypeId": "Links/Araa"}),
            "Did you mean 'Links/Area'?",
        ),
        (json!({"targetTypeId": "Links/Nod"}), "'Links/Node'"),
        (json!({"direction": "Up"}), "direction must be one of"),
        (json!({"limit": 0}), "limit must be at least 1"),
        (json!({"limit": 1001}), "limit must be at most 1000"),
        (
            json!({"filters": {"nam": 1}, "targetTypeId": "Links/Node"}),
            "nam",
        ),
        (json!({"sort": [{"attributePath": "nam"}]}), "nam"),
        (
            json!({"attributePaths": ["a..b"]}),
            "Empty paths are not allowed.",
        ),
    ] {
        let mut arguments = of(&root, children(json!({})));
        for (name, value) in bad.as_object().unwrap() {
            arguments[name] = value.clone();
        }
        assert_failure(&navigate(&mut client, arguments).await, part);
    }
}

#[tokio::test]
async fn secrets_are_neither_shown_nor_asked_for() {
    let (app, mut client, _) = acme().await;
    let system = app.system_tenant();
    let admin = system
        .first(octo_runtime::EntityQuery::of("System.Identity/User"))
        .await
        .unwrap()
        .unwrap();
    let role = system
        .first(octo_runtime::EntityQuery::of("System.Identity/Role"))
        .await
        .unwrap()
        .unwrap();
    let query = |extra: Value| {
        let mut arguments = of(
            &role,
            json!({
                "tenantId": "octosystem", "ckRoleId": "System.Identity/AssignedRole",
                "direction": "Inbound", "targetTypeId": "System.Identity/User",
            }),
        );
        for (name, value) in extra.as_object().unwrap() {
            arguments[name] = value.clone();
        }
        arguments
    };
    let change = ChangeSet::new().associate(&admin, "System.Identity/AssignedRole", &role);
    // The administrator may have the role already.
    drop(system.apply(change).await);
    let found = client.call("navigate_associations", query(json!({}))).await;
    assert_eq!(found["totalCount"], json!(1), "{found:#}");
    assert!(!found.to_string().contains("argon2"), "{found:#}");
    for bad in [
        json!({"filters": {"passwordHash": "x"}}),
        json!({"sort": [{"attributePath": "passwordHash"}]}),
    ] {
        let answer = client.call("navigate_associations", query(bad)).await;
        assert_failure(&answer, "holds secrets");
    }
}
