//! Looking at many users, and what the answers about users tell (spec, identity 8.1).

use serde_json::{Value, json};

use crate::app::{App, assert_success, expect, refuse};
use crate::client::Client;

async fn names(admin: &mut Client, arguments: Value, text: &str) -> (Value, Vec<String>) {
    let answer = expect(admin, "get_users", arguments, text).await;
    let users = answer["users"].as_array().unwrap().iter();
    let names = users.map(|user| user["name"].as_str().unwrap().to_owned());
    (answer["totalCount"].clone(), names.collect())
}

#[tokio::test]
async fn many_users_are_shown_in_pages() {
    let app = App::start().await;
    let mut admin = app.admin_with_tenant("acme").await;
    let (total, _) = names(&mut admin, json!({}), "Found 1 user(s).").await;
    assert_eq!(
        total,
        json!(1),
        "the administrator, known from the system tenant"
    );
    for name in ["ada", "bob", "carl"] {
        let user = json!({"userName": name, "email": format!("{name}@{name}.org")});
        let text = format!("User '{name}' created.");
        let created = expect(&mut admin, "create_user", user, &text).await;
        assert_eq!(created["userId"], created["account"]["userId"]);
        assert_eq!(created["userId"].as_str().unwrap().len(), 24);
    }
    let text = "Found 4 user(s), 2 of them on this page.";
    let page = names(&mut admin, json!({"skip": 1, "take": 2}), text).await;
    assert_eq!(page, (json!(4), vec!["bob".to_owned(), "carl".to_owned()]));
    let page = names(&mut admin, json!({"filter": "A.ORG"}), "Found 1 user(s).").await;
    assert_eq!(page, (json!(1), vec!["ada".to_owned()]));
    let page = names(&mut admin, json!({"filter": "zzz"}), "No users found.").await;
    assert_eq!(page, (json!(0), Vec::new()));
    refuse(
        &mut admin,
        "get_users",
        json!({"take": 0}),
        "take must be at least 1",
    )
    .await;
    refuse(
        &mut admin,
        "get_users",
        json!({"take": 1001}),
        "take must be at most 1000",
    )
    .await;
    refuse(
        &mut admin,
        "get_users",
        json!({"skip": -1}),
        "skip must be at least 0",
    )
    .await;
}

#[tokio::test]
async fn users_and_roles_are_found_by_id_too() {
    let app = App::start().await;
    let mut admin = app.admin_with_tenant("acme").await;
    let user = json!({"userName": "Bob", "email": "bob@example.org"});
    let created = expect(&mut admin, "create_user", user, "User 'bob' created.").await;
    let id = created["userId"].as_str().unwrap().to_owned();
    let role = json!({"roleName": "Guides"});
    let role = expect(&mut admin, "create_role", role, "Role 'Guides' created.").await;
    let role_id = role["roleId"].as_str().unwrap().to_owned();

    let give = json!({"userNameOrEmail": id, "roleName": role_id});
    let text = format!("User '{id}' assigned to role '{role_id}'.");
    let given = expect(&mut admin, "add_user_to_role", give.clone(), &text).await;
    assert_eq!(given["userId"], json!(id));
    refuse(
        &mut admin,
        "add_user_to_role",
        give,
        "User 'bob' already has role 'Guides'",
    )
    .await;
    let rename = json!({"roleName": role_id, "newRoleName": "Rangers"});
    let text = format!("Role '{role_id}' renamed to 'Rangers'.");
    expect(&mut admin, "update_role", rename, &text).await;
    let change = json!({"userNameOrEmail": id, "newUserName": "robert"});
    let text = format!("User '{id}' updated.");
    let changed = expect(&mut admin, "update_user", change, &text).await;
    assert_eq!(
        (&changed["account"]["name"], &changed["account"]["email"]),
        (&json!("robert"), &json!("bob@example.org"))
    );
    let delete = json!({"roleName": role_id, "confirm": true});
    let text = format!("Role '{role_id}' deleted.");
    expect(&mut admin, "delete_role", delete.clone(), &text).await;
    refuse(&mut admin, "delete_role", delete, "Role not found").await;
}

/// A user without a password exists and nobody can sign in as it.
#[tokio::test]
async fn a_user_without_password_is_waiting_for_one() {
    let app = App::start().await;
    let mut admin = app.admin_with_tenant("acme").await;
    let user = json!({"userName": "bob", "email": "bob@example.org"});
    expect(&mut admin, "create_user", user, "User 'bob' created.").await;
    let reset =
        json!({"userNameOrEmail": "bob", "newPassword": crate::app::PASSWORD, "confirm": true});
    let text = "Password reset for user 'bob'.";
    expect(&mut admin, "reset_user_password", reset, text).await;
    let mut bob = app.client().await;
    app.sign_in(&mut bob, "acme", "bob", crate::app::PASSWORD)
        .await;
    assert_success(&bob.call("whoami", json!({})).await);
}
