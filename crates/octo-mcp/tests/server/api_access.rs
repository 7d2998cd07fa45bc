//! The tools for API resources, API scopes and secrets (spec, identity 8.7–8.9).

use serde_json::{Value, json};

use crate::app::{assert_failure, assert_success};
use crate::client::Client;
use crate::oauth_clients::{SECRET, acme, token, with_robot};

async fn ask(admin: &mut Client, tool: &str, arguments: Value) -> Value {
    admin.call(tool, acme(arguments)).await
}

async fn succeed(admin: &mut Client, tool: &str, arguments: Value, message: &str) -> Value {
    let answer = ask(admin, tool, arguments).await;
    assert_success(&answer);
    assert_eq!(answer["message"], json!(message), "{tool}");
    answer
}

/// The item of a list with this name.
async fn named(admin: &mut Client, tool: &str, list: &str, name: &str) -> Option<Value> {
    let answer = ask(admin, tool, json!({})).await;
    assert_success(&answer);
    let items = answer[list].as_array().unwrap();
    assert_eq!(answer["totalCount"], json!(items.len()));
    let found = items.iter().find(|item| item["name"] == json!(name));
    found.cloned()
}

#[tokio::test]
async fn an_update_of_a_scope_keeps_what_it_does_not_name() {
    let (_app, mut admin) = with_robot().await;
    let new = json!({"name": "billing.read", "displayName": "Invoices", "isEnabled": false});
    let created = "API scope 'billing.read' created.";
    succeed(&mut admin, "create_api_scope", new.clone(), created).await;
    let taken = ask(&mut admin, "create_api_scope", new).await;
    assert_failure(&taken, "Scope with name 'billing.read' already exists.");
    let described = json!({"name": "billing.read", "description": "Reading invoices"});
    let updated = "API scope 'billing.read' updated.";
    let answer = succeed(&mut admin, "update_api_scope", described, updated).await;
    let scope = named(&mut admin, "get_api_scopes", "apiScopes", "billing.read").await;
    let scope = scope.unwrap();
    assert_eq!(
        answer["apiScope"], scope,
        "the answer shows what is there now"
    );
    assert_eq!(scope["displayName"], json!("Invoices"));
    assert_eq!(scope["description"], json!("Reading invoices"));
    assert_eq!(
        scope["isEnabled"],
        json!(false),
        "not enabled again by the way"
    );
    assert_eq!(scope["showInDiscoveryDocument"], json!(true));
    let cleared = json!({"name": "billing.read", "displayName": ""});
    succeed(&mut admin, "update_api_scope", cleared, updated).await;
    let scope = named(&mut admin, "get_api_scopes", "apiScopes", "billing.read").await;
    assert_eq!(scope.unwrap().get("displayName"), None);

    let unknown = ask(&mut admin, "update_api_scope", json!({"name": "nothing"})).await;
    assert_failure(
        &unknown,
        "API scope 'nothing' not found. get_api_scopes lists",
    );
    let bad = ask(&mut admin, "create_api_scope", json!({"name": "two words"})).await;
    assert_failure(&bad, "'two words' is not a scope name");
    let blank = ask(&mut admin, "create_api_scope", json!({"name": " "})).await;
    assert_failure(&blank, "name is required.");
    let delete = |confirm: bool| json!({"name": "billing.read", "confirm": confirm});
    let refused = ask(&mut admin, "delete_api_scope", delete(false)).await;
    let refusal = "Refusing to delete API scope 'billing.read' without confirm=true.";
    assert_failure(&refused, refusal);
    let deleted = "API scope 'billing.read' deleted.";
    succeed(&mut admin, "delete_api_scope", delete(true), deleted).await;
    let again = ask(&mut admin, "delete_api_scope", delete(true)).await;
    assert_failure(&again, "Scope with name 'billing.read' does not exist.");
}

#[tokio::test]
async fn an_update_of_a_resource_keeps_what_it_does_not_name() {
    let (_app, mut admin) = with_robot().await;
    let api = "https://billing.example/v1";
    let new = json!({
        "name": api, "displayName": "Billing", "scopes": ["billing.read"],
        "userClaims": ["role"], "isEnabled": false,
    });
    let created = format!("API resource '{api}' created.");
    succeed(&mut admin, "create_api_resource", new, &created).await;
    let updated = format!("API resource '{api}' updated.");
    let described = json!({"name": api, "description": "Invoices"});
    let answer = succeed(&mut admin, "update_api_resource", described, &updated).await;
    let resource = named(&mut admin, "get_api_resources", "apiResources", api).await;
    let resource = resource.unwrap();
    assert_eq!(answer["apiResource"], resource);
    for (member, expected) in [
        ("displayName", json!("Billing")),
        ("description", json!("Invoices")),
        ("scopes", json!(["billing.read"])),
        ("userClaims", json!(["role"])),
        ("isEnabled", json!(false)),
        ("showInDiscoveryDocument", json!(true)),
    ] {
        assert_eq!(resource[member], expected, "{member}");
    }
    let unknown = ask(
        &mut admin,
        "update_api_resource",
        json!({"name": "nothing"}),
    )
    .await;
    assert_failure(&unknown, "API resource 'nothing' not found.");
    let bare = json!({"name": "bare"});
    let created = "API resource 'bare' created.";
    succeed(&mut admin, "create_api_resource", bare.clone(), created).await;
    let taken = ask(&mut admin, "create_api_resource", bare).await;
    assert_failure(&taken, "API resource with name 'bare' already exists.");
    let delete = |confirm: bool| json!({"name": api, "confirm": confirm});
    let refused = ask(&mut admin, "delete_api_resource", delete(false)).await;
    let refusal = format!("Refusing to delete API resource '{api}' without confirm=true.");
    assert_failure(&refused, &refusal);
    let deleted = format!("API resource '{api}' deleted.");
    succeed(&mut admin, "delete_api_resource", delete(true), &deleted).await;
}

#[tokio::test]
async fn a_scope_made_with_tools_can_be_asked_for() {
    let (app, mut admin) = with_robot().await;
    let refused = token(&app, "acme", SECRET, "billing.read").await;
    assert_eq!(refused["error"], json!("invalid_scope"));
    for (tool, arguments) in [
        ("create_api_scope", json!({"name": "billing.read"})),
        (
            "create_api_resource",
            json!({"name": "billing", "scopes": ["billing.read"]}),
        ),
        (
            "add_scope_to_client",
            json!({"clientId": "robot", "scopeName": "billing.read"}),
        ),
    ] {
        assert_success(&ask(&mut admin, tool, arguments).await);
    }
    let granted = token(&app, "acme", SECRET, "billing.read").await;
    assert_eq!(granted["scope"], json!("billing.read"), "{granted}");
}

#[tokio::test]
async fn a_second_secret_works_until_it_is_deleted() {
    let (app, mut admin) = with_robot().await;
    let new = json!({
        "clientId": "robot", "valueClearText": "S3cond", "description": "spare",
        "expirationDate": "2100-01-01",
    });
    let created = "Secret created on client 'robot'.";
    let answer = succeed(&mut admin, "create_client_secret", new, created).await;
    assert_eq!(answer["valueClearText"], json!("S3cond"));
    let hash = answer["secretValue"].as_str().unwrap().to_owned();
    assert!(token(&app, "acme", "S3cond", "octo_api").await["access_token"].is_string());

    let update = json!({"clientId": "robot", "valueEncrypted": hash, "description": "night"});
    let updated = "Secret on client 'robot' updated.";
    let answer = succeed(&mut admin, "update_client_secret", update, updated).await;
    let list = json!({"clientId": "robot"});
    let two = "2 secret(s) on client 'robot'.";
    let list = succeed(&mut admin, "get_client_secrets", list, two).await;
    let secret = &list["apiSecrets"][1];
    assert_eq!(&answer["apiSecret"], secret);
    assert_eq!(secret["description"], json!("night"));
    assert_eq!(
        secret["expirationDate"],
        json!("2100-01-01T00:00:00Z"),
        "kept"
    );
    assert!(!list.to_string().contains("S3cond"));

    let delete =
        |confirm: bool| json!({"clientId": "robot", "valueEncrypted": hash, "confirm": confirm});
    let refused = ask(&mut admin, "delete_client_secret", delete(false)).await;
    assert_failure(
        &refused,
        "Refusing to delete secret on client 'robot' without confirm=true.",
    );
    let deleted = "Secret on client 'robot' deleted.";
    succeed(&mut admin, "delete_client_secret", delete(true), deleted).await;
    let gone = token(&app, "acme", "S3cond", "octo_api").await;
    assert_eq!(gone["error"], json!("invalid_client"));
    assert!(token(&app, "acme", SECRET, "octo_api").await["access_token"].is_string());
    let again = ask(&mut admin, "delete_client_secret", delete(true)).await;
    assert_failure(&again, "does not exist");
}

#[tokio::test]
async fn secrets_of_an_api_resource() {
    let (_app, mut admin) = with_robot().await;
    let api = json!({"name": "billing"});
    assert_success(&ask(&mut admin, "create_api_resource", api).await);
    let new = json!({"apiResourceName": "billing", "valueClearText": "of the api"});
    let created = "Secret created on API resource 'billing'.";
    let answer = succeed(&mut admin, "create_api_resource_secret", new, created).await;
    let hash = answer["secretValue"].clone();
    let update = json!({
        "apiResourceName": "billing", "valueEncrypted": hash, "expirationDate": "2100-01-01T12:00:00Z",
    });
    let updated = "Secret on API resource 'billing' updated.";
    succeed(&mut admin, "update_api_resource_secret", update, updated).await;
    let list = json!({"apiResourceName": "billing"});
    let list = ask(&mut admin, "get_api_resource_secrets", list).await;
    assert_success(&list);
    assert_eq!(
        (&list["totalCount"], &list["ownerId"]),
        (&json!(1), &json!("billing"))
    );
    assert_eq!(
        list["apiSecrets"][0]["expirationDate"],
        json!("2100-01-01T12:00:00Z")
    );
    let delete = |confirm: bool| json!({"apiResourceName": "billing", "valueEncrypted": hash, "confirm": confirm});
    let refused = ask(&mut admin, "delete_api_resource_secret", delete(false)).await;
    assert_failure(
        &refused,
        "Refusing to delete secret on API resource 'billing' without confirm=true.",
    );
    let deleted = "Secret on API resource 'billing' deleted.";
    succeed(
        &mut admin,
        "delete_api_resource_secret",
        delete(true),
        deleted,
    )
    .await;
}

#[tokio::test]
async fn secrets_that_cannot_be_are_refused() {
    let (_app, mut admin) = with_robot().await;
    for (tool, arguments, part) in [
        (
            "create_client_secret",
            json!({"clientId": "nobody", "valueClearText": "x"}),
            "The client 'nobody' does not exist. get_clients shows",
        ),
        (
            "get_api_resource_secrets",
            json!({"apiResourceName": "nothing"}),
            "The API resource 'nothing' does not exist.",
        ),
        (
            "create_client_secret",
            json!({"clientId": "robot", "valueClearText": "x", "expirationDate": "2001-01-01"}),
            "expired already",
        ),
        (
            "create_client_secret",
            json!({"clientId": "robot", "valueClearText": "x", "expirationDate": "soon"}),
            "expirationDate",
        ),
        (
            "update_client_secret",
            json!({"clientId": "robot", "valueEncrypted": "unknown"}),
            "API secret 'unknown' not found",
        ),
        (
            "create_client_secret",
            json!({"clientId": "", "valueClearText": " "}),
            "valueClearText is required.",
        ),
    ] {
        let answer = ask(&mut admin, tool, arguments).await;
        assert_failure(&answer, part);
    }
    let list = ask(
        &mut admin,
        "get_client_secrets",
        json!({"clientId": "robot"}),
    )
    .await;
    assert_eq!(list["totalCount"], json!(1));
}

#[tokio::test]
async fn users_without_the_role_change_nothing() {
    let (app, mut admin) = with_robot().await;
    let mut bob = app.user_of(&mut admin, "acme", "bob").await;
    for (tool, arguments) in [
        ("create_api_scope", json!({"name": "x"})),
        ("create_api_resource", json!({"name": "x"})),
        (
            "delete_api_scope",
            json!({"name": "octo_api", "confirm": true}),
        ),
        ("get_client_secrets", json!({"clientId": "robot"})),
        (
            "create_client_secret",
            json!({"clientId": "robot", "valueClearText": "x"}),
        ),
        (
            "add_client_credentials_client",
            json!({"clientId": "x", "clientName": "x", "clientSecret": "x"}),
        ),
        (
            "add_client_to_role",
            json!({"clientId": "robot", "roleName": "TenantManagement"}),
        ),
        (
            "delete_client",
            json!({"clientId": "robot", "confirm": true}),
        ),
        ("clean_client_overlays", json!({"confirm": true})),
    ] {
        let answer = ask(&mut bob, tool, arguments).await;
        assert_failure(&answer, "This needs the role 'TenantManagement'.");
    }
    assert_success(&ask(&mut bob, "get_clients", json!({})).await);
}
