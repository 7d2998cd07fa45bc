//! The user tools.

use serde_json::{Value, json};

use crate::app::{App, PASSWORD, assert_failure, assert_success};
use crate::client::Client;

async fn user(client: &mut Client, name: &str) -> Option<Value> {
    let users = client.call("get_users", json!({"tenantId": "acme"})).await;
    assert_success(&users);
    let list = users["users"].as_array().unwrap();
    assert_eq!(users["totalCount"], json!(list.len()));
    list.iter()
        .find(|user| user["name"] == json!(name))
        .cloned()
}

async fn acme() -> (App, Client) {
    let app = App::start().await;
    let client = app.admin_with_tenant("acme").await;
    (app, client)
}

fn bob() -> Value {
    json!({"tenantId": "acme", "userName": "Bob", "email": "Bob@Example.org", "password": PASSWORD})
}

#[tokio::test]
async fn a_created_user_is_listed_and_can_sign_in() {
    let (app, mut admin) = acme().await;
    let created = admin.call("create_user", bob()).await;
    assert_success(&created);
    assert_eq!(created["message"], json!("User 'bob' created."));
    assert_eq!(
        user(&mut admin, "bob").await.unwrap()["email"],
        json!("bob@example.org")
    );
    let mut client = app.client().await;
    app.sign_in(&mut client, "acme", "bob", PASSWORD).await;
    let me = client.call("whoami", json!({})).await;
    assert_eq!(
        (&me["userName"], &me["tenantId"]),
        (&json!("bob"), &json!("acme"))
    );
}

#[tokio::test]
async fn names_are_unique_and_passwords_follow_the_policy() {
    let (_app, mut admin) = acme().await;
    assert_success(&admin.call("create_user", bob()).await);
    assert_failure(
        &admin.call("create_user", bob()).await,
        "'bob' is already taken",
    );
    let mut weak = bob();
    weak["userName"] = json!("eve");
    weak["password"] = json!("abc");
    let answer = admin.call("create_user", weak).await;
    for part in [
        "at least 6 characters",
        "digit",
        "uppercase",
        "non alphanumeric",
    ] {
        assert_failure(&answer, part);
    }
    assert_eq!(user(&mut admin, "eve").await, None);
    assert!(!answer.to_string().contains("\"abc\""));
}

#[tokio::test]
async fn an_update_keeps_what_it_does_not_name() {
    let (_app, mut admin) = acme().await;
    assert_success(&admin.call("create_user", bob()).await);
    let by_mail = json!({
        "tenantId": "acme", "userNameOrEmail": "bob@example.org", "newUserName": "robert",
    });
    assert_success(&admin.call("update_user", by_mail).await);
    assert_eq!(
        user(&mut admin, "robert").await.unwrap()["email"],
        json!("bob@example.org")
    );
    let by_name =
        json!({"tenantId": "acme", "userNameOrEmail": "robert", "newEmail": "r@example.org"});
    assert_success(&admin.call("update_user", by_name).await);
    assert_eq!(
        user(&mut admin, "robert").await.unwrap()["email"],
        json!("r@example.org")
    );
    let nothing = json!({"tenantId": "acme", "userNameOrEmail": "robert"});
    assert_failure(
        &admin.call("update_user", nothing).await,
        "newEmail or newUserName",
    );
}

#[tokio::test]
async fn roles_are_given_and_taken() {
    let (app, mut admin) = acme().await;
    let mut client = app.user_of(&mut admin, "acme", "bob").await;
    let role = |confirm: bool| {
        json!({
            "tenantId": "acme", "userNameOrEmail": "bob", "roleName": "UserManagement",
            "confirm": confirm,
        })
    };
    assert_success(&admin.call("add_user_to_role", role(false)).await);
    assert_failure(
        &admin.call("add_user_to_role", role(false)).await,
        "already has role",
    );
    app.sign_in(&mut client, "acme", "bob", PASSWORD).await;
    let me = client.call("whoami", json!({})).await;
    assert_eq!(me["roles"], json!(["UserManagement"]));
    let refused = admin.call("remove_user_from_role", role(false)).await;
    assert_failure(
        &refused,
        "Refusing to remove role 'UserManagement' from 'bob' without confirm=true.",
    );
    assert_success(&admin.call("remove_user_from_role", role(true)).await);
    assert_failure(
        &admin.call("remove_user_from_role", role(true)).await,
        "doesn't have role",
    );
}

#[tokio::test]
async fn a_reset_password_replaces_the_old_one() {
    let (app, mut admin) = acme().await;
    assert_success(&admin.call("create_user", bob()).await);
    let reset = json!({
        "tenantId": "acme", "userNameOrEmail": "bob", "newPassword": "An0ther-horse",
        "confirm": true,
    });
    assert_success(&admin.call("reset_user_password", reset).await);
    let mut client = app.client().await;
    app.sign_in(&mut client, "acme", "bob", "An0ther-horse")
        .await;
}

#[tokio::test]
async fn a_deleted_user_is_gone() {
    let (_app, mut admin) = acme().await;
    assert_success(&admin.call("create_user", bob()).await);
    let delete = |confirm: bool| json!({"tenantId": "acme", "userNameOrEmail": "BOB@example.org", "confirm": confirm});
    let refused = admin.call("delete_user", delete(false)).await;
    assert_failure(
        &refused,
        "Refusing to delete user 'BOB@example.org' without confirm=true.",
    );
    assert!(user(&mut admin, "bob").await.is_some());
    assert_success(&admin.call("delete_user", delete(true)).await);
    assert_eq!(user(&mut admin, "bob").await, None);
    assert_failure(&admin.call("delete_user", delete(true)).await, "not found");
}
