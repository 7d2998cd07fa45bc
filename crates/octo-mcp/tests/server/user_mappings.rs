//! The tools for mappings of users of other tenants (spec, identity 8.11).

use serde_json::{Value, json};

use crate::app::{App, assert_success, expect, refuse};
use crate::client::Client;

const UNKNOWN: &str = "66ffffffffffffffffffffff";

async fn list(admin: &mut Client, mut arguments: Value) -> Value {
    arguments["tenantId"] = json!("acme");
    let listed = admin
        .call("get_external_tenant_user_mappings", arguments)
        .await;
    assert_success(&listed);
    assert!(listed["message"].is_null(), "{listed}");
    let count = listed["mappings"].as_array().unwrap().len();
    assert_eq!(listed["totalCount"], json!(count));
    listed["mappings"].clone()
}

/// A user of the system tenant; its id.
async fn ada(admin: &mut Client) -> String {
    let user = json!({"tenantId": "octosystem", "userName": "ada", "email": "ada@example.org"});
    let created = admin.call("create_user", user).await;
    assert_success(&created);
    created["userId"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_mapping_is_created_changed_and_deleted() {
    let app = App::start().await;
    let mut admin = app.admin_with_tenant("acme").await;
    let ada = ada(&mut admin).await;
    let new = json!({
        "sourceTenantId": "OctoSystem", "sourceUserId": ada, "sourceUserName": "ada",
        "roleIds": ["development"],
    });
    let text = "Mapping created for user 'ada' from tenant 'octosystem'.";
    let tool = "create_external_tenant_user_mapping";
    let created = expect(&mut admin, tool, new.clone(), text).await;
    let id = created["rtId"].as_str().unwrap().to_owned();
    assert_eq!(
        created["mapping"]["roleIds"],
        json!(["660000000000000000000004"])
    );
    refuse(
        &mut admin,
        tool,
        new,
        "has a mapping in tenant 'acme' already",
    )
    .await;

    assert_eq!(
        list(&mut admin, json!({})).await.as_array().unwrap().len(),
        2
    );
    let found = list(
        &mut admin,
        json!({"sourceTenantId": "octosystem", "skip": 1, "take": 5}),
    );
    assert_eq!(found.await, json!([created["mapping"]]));
    assert_eq!(
        list(&mut admin, json!({"sourceTenantId": "else"})).await,
        json!([])
    );

    let tool = "update_external_tenant_user_mapping";
    let change = json!({"rtId": id, "roleIds": ["BotManagement", "UserManagement"]});
    let text = format!("Mapping '{id}' updated.");
    let changed = expect(&mut admin, tool, change, &text).await;
    assert_eq!(changed["mapping"]["roleIds"].as_array().unwrap().len(), 2);
    refuse(&mut admin, tool, json!({"rtId": id}), "Provide roleIds").await;
    let one = json!({"tenantId": "acme", "rtId": id});
    let shown = admin.call("get_external_tenant_user_mapping", one).await;
    assert_success(&shown);
    assert_eq!(
        shown["mapping"], changed["mapping"],
        "nothing named, nothing changed"
    );
    let none = json!({"rtId": id, "roleIds": []});
    let cleared = expect(&mut admin, tool, none, &text).await;
    assert_eq!(cleared["mapping"]["roleIds"], json!([]));

    let tool = "delete_external_tenant_user_mapping";
    let delete = |confirm| json!({"rtId": id, "confirm": confirm});
    let text = format!("Refusing to delete mapping '{id}' without confirm=true.");
    refuse(&mut admin, tool, delete(false), &text).await;
    expect(
        &mut admin,
        tool,
        delete(true),
        &format!("Mapping '{id}' deleted."),
    )
    .await;
    refuse(&mut admin, tool, delete(true), "not found").await;
}

#[tokio::test]
async fn what_cannot_be_mapped_is_refused() {
    let app = App::start().await;
    let mut admin = app.admin_with_tenant("acme").await;
    let tool = "create_external_tenant_user_mapping";
    let mapping = |tenant: &str, user: &str, roles: Value| {
        json!({
            "sourceTenantId": tenant, "sourceUserId": user, "sourceUserName": "ada",
            "roleIds": roles,
        })
    };
    for (arguments, text) in [
        (
            mapping(" ", UNKNOWN, json!([])),
            "sourceTenantId is required.",
        ),
        (
            mapping("octosystem", "abc", json!([])),
            "'abc' is not a valid 24 digit hex string (got 3 characters).",
        ),
        (mapping("acme", UNKNOWN, json!([])), "need no mapping"),
        (
            mapping("octosystem", UNKNOWN, json!(["No"])),
            "Role not found: 'No'.",
        ),
    ] {
        refuse(&mut admin, tool, arguments, text).await;
    }
    let unknown = json!({"rtId": UNKNOWN});
    let text = format!("Mapping '{UNKNOWN}' not found.");
    refuse(
        &mut admin,
        "get_external_tenant_user_mapping",
        unknown,
        &text,
    )
    .await;
    assert_eq!(
        list(&mut admin, json!({})).await.as_array().unwrap().len(),
        1
    );
}

/// A user of another tenant is put into groups by its mapping, and has their roles at once.
#[tokio::test]
async fn groups_of_a_mapping_count() {
    let app = App::start().await;
    let mut admin = app.admin_with_tenant("acme").await;
    let mapping = list(&mut admin, json!({})).await[0]["id"].clone();
    let group = json!({"groupName": "Guides", "roleIds": ["Development"]});
    expect(&mut admin, "create_group", group, "Group 'Guides' created.").await;
    let owners = json!({"groupId": "TenantOwners", "userId": mapping, "confirm": true});
    let id = mapping.as_str().unwrap();
    let text = format!("User '{id}' added to group 'Guides'.");
    let add = json!({"groupId": "Guides", "userId": mapping});
    expect(&mut admin, "add_user_to_group", add, &text).await;
    let none = json!({"rtId": mapping, "roleIds": ["UserManagement"]});
    let text = format!("Mapping '{id}' updated.");
    expect(
        &mut admin,
        "update_external_tenant_user_mapping",
        none,
        &text,
    )
    .await;
    let text = format!("User '{id}' removed from group 'TenantOwners'.");
    expect(&mut admin, "remove_user_from_group", owners, &text).await;
    let mut again = app.admin().await;
    let switched = again
        .call("switch_tenant", json!({"tenantId": "acme"}))
        .await;
    assert_success(&switched);
    assert_eq!(switched["roles"], json!(["Development", "UserManagement"]));
}
