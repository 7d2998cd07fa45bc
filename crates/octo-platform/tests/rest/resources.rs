//! API resources and API scopes, and what they mean for tokens.

use octo_sdk::identity::{ApiResourceDto, ApiScopeDto, ClientDto};
use serde_json::{Value, json};

use crate::clients::{SECRET, claims, machine, token};
use crate::platform::{SYSTEM, TestPlatform};

fn scope(name: &str) -> ApiScopeDto {
    ApiScopeDto {
        is_enabled: true,
        name: Some(name.to_owned()),
        show_in_discovery_document: true,
        ..ApiScopeDto::default()
    }
}

fn resource(name: &str, scopes: &[&str]) -> ApiResourceDto {
    ApiResourceDto {
        is_enabled: true,
        name: Some(name.to_owned()),
        show_in_discovery_document: true,
        scopes: Some(scopes.iter().map(|&scope| scope.to_owned()).collect()),
        ..ApiResourceDto::default()
    }
}

async fn scopes_supported(platform: &TestPlatform) -> Vec<Value> {
    let url = format!(
        "{}/.well-known/openid-configuration",
        platform.running.urls().identity
    );
    let (_, body) = platform.send("GET", &url, None, None).await;
    let document: Value = serde_json::from_str(&body).unwrap();
    document["scopes_supported"].as_array().unwrap().clone()
}

#[tokio::test]
async fn the_seed_is_listed() {
    let platform = TestPlatform::start().await;
    let identity = platform.system_identity().await;
    let scopes = identity.api_scopes().await.unwrap();
    let names: Vec<_> = scopes
        .iter()
        .filter_map(|scope| scope.name.as_deref())
        .collect();
    let expected = [
        "octo_api",
        "octo_api.data_model_management",
        "octo_api.read_only",
    ];
    assert_eq!(names, expected);
    let resources = identity.api_resources().await.unwrap();
    assert_eq!(resources.len(), 2);
    assert_eq!(resources[1].name.as_deref(), Some("octoAPI"));
    assert_eq!(resources[1].user_claims, Some(vec!["role".to_owned()]));
    let page = identity.api_scopes_page(1, 1).await.unwrap();
    assert_eq!((page.total_count, page.list.len()), (3, 1));
    let page = identity.api_resources_page(1, 5).await.unwrap();
    assert_eq!((page.total_count, page.list.len()), (2, 1));
}

#[tokio::test]
async fn the_life_of_a_scope() {
    let platform = TestPlatform::start().await;
    let identity = platform.system_identity().await;
    identity
        .create_api_scope(&scope("billing.read"))
        .await
        .unwrap();
    for taken in ["billing.read", "openid", "offline_access"] {
        let refused = identity.create_api_scope(&scope(taken)).await.unwrap_err();
        assert_eq!(
            refused.to_string(),
            format!("Conflict: Scope with name '{taken}' already exists.")
        );
    }
    let renamed = ApiScopeDto {
        display_name: Some("Invoices".to_owned()),
        is_emphasize: true,
        ..scope("billing")
    };
    identity
        .update_api_scope("billing.read", &renamed)
        .await
        .unwrap();
    let read = identity.api_scope("billing").await.unwrap();
    assert_eq!(read.display_name.as_deref(), Some("Invoices"));
    assert!(read.is_emphasize && !read.is_required);
    identity.delete_api_scope("billing").await.unwrap();
    let gone = identity.delete_api_scope("billing").await.unwrap_err();
    assert_eq!(
        gone.to_string(),
        "NotFound: Scope with name 'billing' does not exist."
    );
    assert!(
        identity
            .api_scope("billing")
            .await
            .unwrap_err()
            .is_not_found()
    );
    for bad in ["", "two words", "\"quoted\"", "GetPaged", "süd"] {
        let refused = identity.create_api_scope(&scope(bad)).await.unwrap_err();
        assert!(refused.to_string().starts_with("BadRequest: "), "{refused}");
    }
}

#[tokio::test]
async fn the_life_of_a_resource() {
    let platform = TestPlatform::start().await;
    let identity = platform.system_identity().await;
    let bare = ApiResourceDto {
        scopes: None,
        ..resource("billing", &[])
    };
    identity.create_api_resource(&bare).await.unwrap();
    let taken = identity.create_api_resource(&bare).await.unwrap_err();
    assert_eq!(
        taken.to_string(),
        "Conflict: API resource with name 'billing' already exists."
    );
    let full = ApiResourceDto {
        description: Some("Invoices".to_owned()),
        user_claims: Some(vec!["role".to_owned()]),
        ..resource("billing", &["billing.read"])
    };
    identity.update_api_resource(&full).await.unwrap();
    let replacing = ApiResourceDto {
        scopes: None,
        ..resource("billing", &[])
    };
    identity.update_api_resource(&replacing).await.unwrap();
    let read = identity.api_resource("billing").await.unwrap();
    assert_eq!(read.description, None, "what is null is cleared");
    assert_eq!(read.scopes, full.scopes, "lists survive null");
    assert_eq!(read.user_claims, full.user_claims);
    identity.delete_api_resource("billing").await.unwrap();
    for gone in [
        identity.delete_api_resource("billing").await,
        identity.update_api_resource(&full).await,
    ] {
        assert_eq!(
            gone.unwrap_err().to_string(),
            "NotFound: API resource with name 'billing' does not exist."
        );
    }
    let nameless = identity
        .create_api_resource(&ApiResourceDto::default())
        .await;
    assert!(nameless.unwrap_err().to_string().contains("name"));
    let bad = identity
        .create_api_resource(&resource("x", &["two words"]))
        .await;
    assert!(bad.unwrap_err().to_string().contains("two words"));
}

#[tokio::test]
async fn a_created_scope_can_be_asked_for_and_means_its_resource() {
    let platform = TestPlatform::start().await;
    let identity = platform.system_identity().await;
    identity.create_client(&machine("robot")).await.unwrap();
    let wanted = [("scope", "billing.read")];
    let before = token(&platform, SYSTEM, "robot", SECRET, &wanted).await;
    assert_eq!(before["error"], "invalid_scope");
    identity
        .create_api_scope(&scope("billing.read"))
        .await
        .unwrap();
    let not_allowed = token(&platform, SYSTEM, "robot", SECRET, &wanted).await;
    assert_eq!(
        not_allowed["error"], "invalid_scope",
        "the client may not ask for it"
    );

    let granting = ClientDto {
        allowed_scopes: Some(vec!["octo_api".to_owned(), "billing.read".to_owned()]),
        ..ClientDto::default()
    };
    identity.update_client("robot", &granting).await.unwrap();
    let alone = claims(&token(&platform, SYSTEM, "robot", SECRET, &wanted).await);
    assert_eq!(alone["scope"], json!(["billing.read"]));
    identity
        .create_api_resource(&resource("https://billing.example", &["billing.read"]))
        .await
        .unwrap();
    let owned = claims(&token(&platform, SYSTEM, "robot", SECRET, &wanted).await);
    assert_eq!(owned["aud"], json!(["https://billing.example"]));

    let off = ApiScopeDto {
        is_enabled: false,
        ..scope("billing.read")
    };
    identity
        .update_api_scope("billing.read", &off)
        .await
        .unwrap();
    let disabled = token(&platform, SYSTEM, "robot", SECRET, &wanted).await;
    assert_eq!(disabled["error"], "invalid_scope");
}

#[tokio::test]
async fn discovery_lists_the_scopes_that_want_to_be_seen() {
    let platform = TestPlatform::start().await;
    let identity = platform.system_identity().await;
    let hidden = ApiScopeDto {
        show_in_discovery_document: false,
        ..scope("secret.api")
    };
    let disabled = ApiScopeDto {
        is_enabled: false,
        ..scope("old.api")
    };
    let seeded = scopes_supported(&platform).await;
    assert_eq!(
        seeded,
        [
            "openid",
            "profile",
            "email",
            "role",
            "allowed_tenants",
            "octo_api",
            "octo_api.read_only",
            "octo_api.data_model_management",
            "offline_access",
        ]
    );
    for new in [scope("billing.read"), hidden, disabled] {
        identity.create_api_scope(&new).await.unwrap();
    }
    let now = scopes_supported(&platform).await;
    assert_eq!(now.len(), seeded.len() + 1);
    assert!(now.contains(&json!("billing.read")));
}

#[tokio::test]
async fn a_token_can_be_asked_for_one_resource() {
    let platform = TestPlatform::start().await;
    let identity = platform.system_identity().await;
    identity.create_client(&machine("robot")).await.unwrap();
    let shy = ApiResourceDto {
        require_resource_indicator: true,
        ..resource("https://shy.example/", &["octo_api"])
    };
    identity.create_api_resource(&shy).await.unwrap();
    let audience = async |further: &[(&str, &str)]| {
        claims(&token(&platform, SYSTEM, "robot", SECRET, further).await)["aud"].clone()
    };
    let all = audience(&[]).await.to_string();
    assert!(all.contains("octoAPI") && !all.contains("shy"), "{all}");
    for indicator in ["https://shy.example/", "https://shy.example"] {
        let one = audience(&[("resource", indicator)]).await;
        assert_eq!(one, json!(["https://shy.example/"]));
    }
    let other = [("resource", "https://other.example")];
    let other = token(&platform, SYSTEM, "robot", SECRET, &other).await;
    assert_eq!(other["error"], "invalid_target");
}
