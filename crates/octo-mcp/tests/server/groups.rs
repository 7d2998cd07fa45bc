//! The group tools (spec, identity 8.3).

use serde_json::{Value, json};

use crate::app::{App, PASSWORD, assert_success, expect, refuse};
use crate::client::Client;

const UNKNOWN: &str = "66ffffffffffffffffffffff";

async fn acme() -> (App, Client) {
    let app = App::start().await;
    let client = app.admin_with_tenant("acme").await;
    (app, client)
}

async fn create(admin: &mut Client, name: &str, roles: &[&str]) -> String {
    let group = json!({"groupName": name, "roleIds": roles});
    let text = format!("Group '{name}' created.");
    let created = expect(admin, "create_group", group, &text).await;
    created["groupId"].as_str().unwrap().to_owned()
}

async fn group(admin: &mut Client, id: &str) -> Value {
    let shown = admin
        .call("get_group", json!({"tenantId": "acme", "groupId": id}))
        .await;
    assert_success(&shown);
    assert!(shown["message"].is_null(), "{shown}");
    shown["group"].clone()
}

#[tokio::test]
async fn groups_are_listed_with_roles_and_members() {
    let (_app, mut admin) = acme().await;
    let listed = expect(&mut admin, "get_groups", json!({}), "Found 1 group(s).").await;
    assert_eq!(listed["totalCount"], json!(1));
    let owners = &listed["groups"][0];
    assert_eq!(owners["groupName"], json!("TenantOwners"));
    assert_eq!(owners["roleIds"].as_array().unwrap().len(), 14);
    assert_eq!(owners["memberExternalUserIds"].as_array().unwrap().len(), 1);
    let shown = group(&mut admin, "tenantowners").await;
    assert_eq!(shown, *owners, "by name as by id");
}

#[tokio::test]
async fn a_group_is_created_changed_and_deleted() {
    let (_app, mut admin) = acme().await;
    let new = json!({
        "groupName": "Guides", "description": "who know the way",
        "roleIds": ["development", "660000000000000000000006", "Development"],
    });
    let created = expect(&mut admin, "create_group", new, "Group 'Guides' created.").await;
    let id = created["groupId"].as_str().unwrap().to_owned();
    assert_eq!(created["group"]["roleIds"].as_array().unwrap().len(), 2);

    let rename = json!({"groupId": id, "groupName": "Rangers"});
    let text = format!("Group '{id}' updated.");
    let renamed = expect(&mut admin, "update_group", rename, &text).await;
    assert_eq!(renamed["group"]["groupName"], json!("Rangers"));
    assert_eq!(
        renamed["group"]["groupDescription"],
        json!("who know the way"),
        "what is not named stays"
    );
    let clear = json!({"groupId": "rangers", "groupName": "Rangers", "description": ""});
    let cleared = expect(
        &mut admin,
        "update_group",
        clear,
        "Group 'rangers' updated.",
    )
    .await;
    assert!(cleared["group"]["groupDescription"].is_null());

    let delete = |confirm| json!({"groupId": id, "confirm": confirm});
    let text = format!("Refusing to delete group '{id}' without confirm=true.");
    refuse(&mut admin, "delete_group", delete(false), &text).await;
    let text = format!("Group '{id}' deleted.");
    expect(&mut admin, "delete_group", delete(true), &text).await;
    refuse(&mut admin, "delete_group", delete(true), "not found").await;
}

#[tokio::test]
async fn wrong_names_and_ids_are_explained_and_change_nothing() {
    let (_app, mut admin) = acme().await;
    create(&mut admin, "Guides", &[]).await;
    let roles = json!({"groupName": "Rangers", "roleIds": ["Nothing", "Development", UNKNOWN]});
    let text = format!("Role not found: 'Nothing', '{UNKNOWN}'.");
    refuse(&mut admin, "create_group", roles, &text).await;
    let taken = json!({"groupName": "guides"});
    let text = "A group with name 'guides' already exists.";
    refuse(&mut admin, "create_group", taken, text).await;
    expect(&mut admin, "get_groups", json!({}), "Found 2 group(s).").await;

    let short = "'abc' is not a valid 24 digit hex string (got 3 characters).";
    for (tool, arguments) in [
        ("get_group", json!({"groupId": "abc"})),
        ("update_group", json!({"groupId": "abc", "groupName": "x"})),
        (
            "update_group_roles",
            json!({"groupId": "abc", "roleIds": []}),
        ),
        (
            "add_user_to_group",
            json!({"groupId": "abc", "userId": UNKNOWN}),
        ),
        (
            "add_user_to_group",
            json!({"groupId": "Guides", "userId": "abc"}),
        ),
        (
            "add_group_to_group",
            json!({"parentGroupId": "Guides", "childGroupId": "abc"}),
        ),
    ] {
        refuse(&mut admin, tool, arguments, short).await;
    }
    let unknown = json!({"groupId": UNKNOWN});
    let text = format!("Group '{UNKNOWN}' not found.");
    refuse(&mut admin, "get_group", unknown, &text).await;
    for (tool, arguments, text) in [
        (
            "create_group",
            json!({"groupName": " "}),
            "groupName is required.",
        ),
        (
            "update_group",
            json!({"groupId": "a"}),
            "groupName is required.",
        ),
        ("add_user_to_group", json!({}), "userId is required."),
    ] {
        refuse(&mut admin, tool, arguments, text).await;
    }
}

#[tokio::test]
async fn roles_are_replaced_and_the_answer_says_what_changed() {
    let (_app, mut admin) = acme().await;
    let id = create(&mut admin, "Guides", &["Development"]).await;
    let wanted = json!({"groupId": id, "roleIds": ["BotManagement", "UserManagement"]});
    let text = format!("Roles for group '{id}' updated (2 role(s)).");
    let replaced = expect(&mut admin, "update_group_roles", wanted, &text).await;
    assert_eq!(
        replaced["added"],
        json!(["BotManagement", "UserManagement"])
    );
    assert_eq!(replaced["removed"], json!(["660000000000000000000004"]));
    let shown = group(&mut admin, &id).await;
    assert_eq!(shown["roleIds"].as_array().unwrap().len(), 2);
    let none = json!({"groupId": "Guides", "roleIds": []});
    let text = "Roles for group 'Guides' updated (0 role(s)).";
    expect(&mut admin, "update_group_roles", none, text).await;
    assert_eq!(group(&mut admin, &id).await["roleIds"], json!([]));
}

#[tokio::test]
async fn members_of_a_group_have_its_roles_when_they_sign_in() {
    let (app, mut admin) = acme().await;
    let mut bob = app.user_of(&mut admin, "acme", "bob").await;
    let id = create(&mut admin, "Guides", &["Development"]).await;
    let inner = create(&mut admin, "Inner", &["BotManagement"]).await;
    let add = json!({"groupId": "Guides", "userId": "bob@example.org"});
    let text = "User 'bob@example.org' added to group 'Guides'.";
    let added = expect(&mut admin, "add_user_to_group", add.clone(), text).await;
    assert_eq!(added["groupId"], json!(id));
    expect(&mut admin, "add_user_to_group", add, text).await;
    let nest = json!({"parentGroupId": id, "childGroupId": "inner"});
    let text = format!("Child group 'inner' added to parent '{id}'.");
    expect(&mut admin, "add_group_to_group", nest, &text).await;
    app.sign_in(&mut bob, "acme", "bob", PASSWORD).await;
    let me = bob.call("whoami", json!({})).await;
    assert_eq!(me["roles"], json!(["BotManagement", "Development"]));

    let circle = json!({"parentGroupId": "Inner", "childGroupId": "Guides"});
    let text = "Adding this group would create a circular reference.";
    refuse(&mut admin, "add_group_to_group", circle, text).await;

    let take =
        |confirm| json!({"parentGroupId": "Guides", "childGroupId": inner, "confirm": confirm});
    let text =
        format!("Refusing to remove child '{inner}' from parent 'Guides' without confirm=true.");
    refuse(&mut admin, "remove_group_from_group", take(false), &text).await;
    let text = format!("Child group '{inner}' removed from parent 'Guides'.");
    expect(&mut admin, "remove_group_from_group", take(true), &text).await;
    let text = "is not nested in group 'Guides'.";
    refuse(&mut admin, "remove_group_from_group", take(true), text).await;

    let take = |confirm| json!({"groupId": "Guides", "userId": "bob", "confirm": confirm});
    let text = "Refusing to remove user 'bob' from group 'Guides' without confirm=true.";
    refuse(&mut admin, "remove_user_from_group", take(false), text).await;
    let text = "User 'bob' removed from group 'Guides'.";
    expect(&mut admin, "remove_user_from_group", take(true), text).await;
    let text = "User 'bob' is not a member of group 'Guides'.";
    refuse(&mut admin, "remove_user_from_group", take(true), text).await;
    app.sign_in(&mut bob, "acme", "bob", PASSWORD).await;
    let me = bob.call("whoami", json!({})).await;
    assert_eq!(me["roles"], json!([]));
}

#[tokio::test]
async fn users_without_the_role_look_at_groups_and_change_none() {
    let (app, mut admin) = acme().await;
    let mut bob = app.user_of(&mut admin, "acme", "bob").await;
    let id = create(&mut admin, "Guides", &["TenantManagement"]).await;
    expect(&mut bob, "get_groups", json!({}), "Found 2 group(s).").await;
    for (tool, arguments) in [
        ("create_group", json!({"groupName": "Own"})),
        ("update_group", json!({"groupId": id, "groupName": "Own"})),
        ("delete_group", json!({"groupId": id, "confirm": true})),
        (
            "update_group_roles",
            json!({"groupId": id, "roleIds": ["Development"]}),
        ),
        ("add_user_to_group", json!({"groupId": id, "userId": "bob"})),
        (
            "add_group_to_group",
            json!({"parentGroupId": id, "childGroupId": "TenantOwners"}),
        ),
    ] {
        refuse(&mut bob, tool, arguments, "This needs one of the roles").await;
    }
}
