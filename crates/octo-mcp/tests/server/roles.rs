//! The role tools (spec, identity 8.2).

use serde_json::{Value, json};

use crate::app::{App, PASSWORD, assert_failure, assert_success};
use crate::client::Client;

async fn names(client: &mut Client) -> Vec<String> {
    let answer = client.call("get_roles", json!({"tenantId": "acme"})).await;
    assert_success(&answer);
    let roles = answer["roles"].as_array().unwrap();
    assert_eq!(answer["totalCount"], json!(roles.len()));
    for role in roles {
        assert_eq!(role["id"].as_str().unwrap().len(), 24, "{role}");
    }
    let names = roles.iter().map(|role| role["name"].as_str().unwrap());
    names.map(str::to_owned).collect()
}

fn role(name: &str, extra: Value) -> Value {
    let mut arguments = json!({"tenantId": "acme", "roleName": name});
    for (name, value) in extra.as_object().unwrap() {
        arguments[name] = value.clone();
    }
    arguments
}

#[tokio::test]
async fn a_role_is_created_renamed_and_deleted() {
    let app = App::start().await;
    let mut admin = app.admin_with_tenant("acme").await;
    let seeded = names(&mut admin).await;
    assert!(
        seeded.contains(&"TenantManagement".to_owned()),
        "{seeded:?}"
    );
    let created = admin.call("create_role", role("Guides", json!({}))).await;
    assert_success(&created);
    assert_eq!(created["message"], json!("Role 'Guides' created."));
    assert_eq!(created["roleName"], json!("Guides"));
    assert!(names(&mut admin).await.contains(&"Guides".to_owned()));

    let rename = role("guides", json!({"newRoleName": "Rangers"}));
    let renamed = admin.call("update_role", rename).await;
    assert_success(&renamed);
    assert_eq!(renamed["roleName"], json!("Rangers"));
    let now = names(&mut admin).await;
    assert!(now.contains(&"Rangers".to_owned()) && !now.contains(&"Guides".to_owned()));

    let refused = admin.call("delete_role", role("Rangers", json!({}))).await;
    assert_failure(
        &refused,
        "Refusing to delete role 'Rangers' without confirm=true.",
    );
    let confirmed = role("Rangers", json!({"confirm": true}));
    assert_success(&admin.call("delete_role", confirmed.clone()).await);
    assert_eq!(names(&mut admin).await, seeded);
    let again = admin.call("delete_role", confirmed).await;
    assert_failure(&again, "Rangers");
}

#[tokio::test]
async fn names_of_roles_are_unique_and_not_blank() {
    let app = App::start().await;
    let mut admin = app.admin_with_tenant("acme").await;
    let before = names(&mut admin).await;
    for taken in ["UserManagement", "usermanagement"] {
        let answer = admin.call("create_role", role(taken, json!({}))).await;
        assert_failure(&answer, "already taken");
    }
    for blank in ["", "  "] {
        let answer = admin.call("create_role", role(blank, json!({}))).await;
        assert_failure(&answer, "roleName is required.");
    }
    let missing = role("Nobody", json!({"newRoleName": "Somebody"}));
    assert_failure(&admin.call("update_role", missing).await, "Nobody");
    assert_success(&admin.call("create_role", role("Guides", json!({}))).await);
    let clash = role("Guides", json!({"newRoleName": "UserManagement"}));
    assert_failure(&admin.call("update_role", clash).await, "already taken");
    assert_eq!(names(&mut admin).await.len(), before.len() + 1);
}

#[tokio::test]
async fn who_has_a_role_keeps_it_when_renamed_and_loses_it_when_deleted() {
    let app = App::start().await;
    let mut admin = app.admin_with_tenant("acme").await;
    let mut bob = app.user_of(&mut admin, "acme", "bob").await;
    assert_success(&admin.call("create_role", role("Guides", json!({}))).await);
    let give = role("Guides", json!({"userNameOrEmail": "bob"}));
    assert_success(&admin.call("add_user_to_role", give).await);
    let rename = role("Guides", json!({"newRoleName": "Rangers"}));
    assert_success(&admin.call("update_role", rename).await);
    app.sign_in(&mut bob, "acme", "bob", PASSWORD).await;
    let me = bob.call("whoami", json!({})).await;
    assert_eq!(me["roles"], json!(["Rangers"]), "{me}");
    let delete = role("Rangers", json!({"confirm": true}));
    assert_success(&admin.call("delete_role", delete).await);
    app.sign_in(&mut bob, "acme", "bob", PASSWORD).await;
    let me = bob.call("whoami", json!({})).await;
    assert_eq!(me["roles"], json!([]), "{me}");
}

#[tokio::test]
async fn users_without_the_role_do_not_manage_roles() {
    let app = App::start().await;
    let mut admin = app.admin_with_tenant("acme").await;
    let mut bob = app.user_of(&mut admin, "acme", "bob").await;
    let before = names(&mut admin).await;
    for (tool, arguments) in [
        ("create_role", role("Guides", json!({}))),
        (
            "update_role",
            role("UserManagement", json!({"newRoleName": "X"})),
        ),
        (
            "delete_role",
            role("UserManagement", json!({"confirm": true})),
        ),
        (
            "add_user_to_role",
            role("TenantManagement", json!({"userNameOrEmail": "bob"})),
        ),
    ] {
        let answer = bob.call(tool, arguments).await;
        assert_failure(&answer, "Management");
    }
    assert_eq!(names(&mut admin).await, before);
}
