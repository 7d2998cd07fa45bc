//! Callers, tokens and tenants at the edge (spec, auth 11).

use reqwest::StatusCode;
use reqwest::header::{HOST, ORIGIN, WWW_AUTHENTICATE};
use serde_json::{Value, json};

use octo_mcp::config::AnonymousLogin;

use crate::app::{App, PASSWORD, assert_failure, assert_success, new_tenant};
use crate::client::Client;

fn initialize() -> Value {
    json!({
        "jsonrpc": "2.0", "id": 1, "method": "initialize",
        "params": {
            "protocolVersion": "2025-11-25", "capabilities": {},
            "clientInfo": {"name": "t", "version": "1"},
        },
    })
}

async fn post(app: &App, path: &str, headers: &[(&str, &str)]) -> reqwest::Response {
    let mut request = reqwest::Client::new()
        .post(format!("{}{path}", app.base_url()))
        .header("Accept", "application/json, text/event-stream")
        .json(&initialize());
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.send().await.unwrap()
}

#[tokio::test]
async fn without_anonymous_login_every_request_is_challenged() {
    let app = App::start_with(|c| c.mcp.anonymouslogin = AnonymousLogin::Off).await;
    for path in ["/mcp", "/acme/mcp"] {
        let response = post(&app, path, &[]).await;
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
        let challenge = response.headers()[WWW_AUTHENTICATE]
            .to_str()
            .unwrap()
            .to_owned();
        let expected = format!("/.well-known/oauth-protected-resource{path}\"");
        assert!(challenge.ends_with(&expected), "{challenge}");
        let url = challenge.split('"').nth(1).unwrap();
        let document: Value = reqwest::get(url).await.unwrap().json().await.unwrap();
        assert_eq!(document["resource"], json!(app.base_url()));
        assert_eq!(
            document["authorization_servers"],
            json!([format!("{}/", app.identity_url())])
        );
    }
}

#[tokio::test]
async fn callers_from_elsewhere_are_not_anonymous() {
    let app = App::start().await;
    assert_eq!(post(&app, "/mcp", &[]).await.status(), StatusCode::OK);
    for headers in [
        [("X-Forwarded-For", "10.0.0.1")],
        [(HOST.as_str(), "evil.example.com")],
    ] {
        assert_eq!(
            post(&app, "/mcp", &headers).await.status(),
            StatusCode::UNAUTHORIZED
        );
    }
    for origin in ["https://evil.example", "null", "nonsense"] {
        let response = post(&app, "/mcp", &[(ORIGIN.as_str(), origin)]).await;
        assert_eq!(response.status(), StatusCode::FORBIDDEN, "{origin}");
    }
    let local = post(&app, "/mcp", &[(ORIGIN.as_str(), "http://localhost:6274")]).await;
    assert_eq!(local.status(), StatusCode::OK);
}

#[tokio::test]
async fn behind_a_public_address_nobody_is_anonymous() {
    let public = "https://mcp.example.com".parse().unwrap();
    let app = App::start_with(|config| config.mcp.publicurl = Some(public)).await;
    let response = post(&app, "/mcp", &[]).await;
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
    let challenge = response.headers()[WWW_AUTHENTICATE].to_str().unwrap();
    assert!(
        challenge.contains("\"https://mcp.example.com/.well-known/"),
        "{challenge}"
    );
}

#[tokio::test]
async fn bad_tokens_are_never_taken_for_none() {
    let app = App::start().await;
    for authorization in ["Bearer nonsense", "Basic YTpi", "Bearer ", "Bearer a.b.c"] {
        let response = post(&app, "/mcp", &[("Authorization", authorization)]).await;
        assert_eq!(
            response.status(),
            StatusCode::UNAUTHORIZED,
            "{authorization}"
        );
        let challenge = response.headers()[WWW_AUTHENTICATE].to_str().unwrap();
        assert!(challenge.contains("error=\"invalid_token\""), "{challenge}");
    }
}

#[tokio::test]
async fn sessions_belong_to_whoever_opened_them() {
    let app = App::start().await;
    let mut first = app.admin().await;
    let mut second = app.client().await;
    let me = second.call("whoami", json!({})).await;
    assert_failure(&me, "Not authenticated");
    assert_success(&first.call("whoami", json!({})).await);

    let mut stolen = Client::new(&app.mcp_url());
    stolen.session = Some("11111111-1111-4111-8111-111111111111".to_owned());
    let answer = stolen.request("tools/list", json!({})).await;
    assert_eq!(answer["error"]["code"], json!(-32001), "{answer}");

    // A stateless call ignores the session it names.
    let mut modern = Client::modern(&app.mcp_url());
    modern.session = first.session.clone();
    assert_failure(&modern.call("whoami", json!({})).await, "Not authenticated");
}

#[tokio::test]
async fn the_route_names_the_tenant_and_the_argument_wins() {
    let app = App::start().await;
    let mut admin = app.admin_with_tenant("acme").await;
    admin.url = format!("{}/acme/mcp", app.base_url());
    let echo = admin.call("Echo", json!({"message": "x"})).await;
    assert_eq!(echo, json!("hello x, from tenant acme"));
    let echo = admin
        .call("Echo", json!({"message": "x", "tenantId": "OctoSystem"}))
        .await;
    assert_eq!(echo, json!("hello x, from tenant octosystem"));
}

#[tokio::test]
async fn a_created_tenant_can_be_used_at_once_even_after_a_denial() {
    let app = App::start().await;
    let mut admin = app.admin().await;
    let echo = json!({"tenantId": "acme", "message": "x"});
    assert_failure(
        &admin.call("Echo", echo.clone()).await,
        "Access to tenant 'acme' denied",
    );
    assert_success(&admin.call("create_tenant", new_tenant("acme")).await);
    assert_eq!(
        admin.call("Echo", echo).await,
        json!("hello x, from tenant acme")
    );
}

#[tokio::test]
async fn a_stateless_caller_signs_in_with_a_handle() {
    let app = App::start().await;
    let mut client = Client::modern(&app.mcp_url());
    app.sign_in(&mut client, "octosystem", "admin", PASSWORD)
        .await;
    let me = client.call("whoami", json!({})).await;
    assert_eq!(me["userName"], json!("admin"));
    let handle = client.handle.clone().unwrap();
    assert!(handle.starts_with("oah_") && handle.len() == 47);

    let mut other = Client::modern(&app.mcp_url());
    assert_failure(&other.call("whoami", json!({})).await, "Not authenticated");
    other.handle = Some("oah_invented".to_owned());
    assert_failure(
        &other.call("whoami", json!({})).await,
        "Unknown or expired authHandle",
    );

    let tools = client.request("tools/list", json!({})).await;
    let echo = &tools["result"]["tools"].as_array().unwrap()[0]["inputSchema"]["properties"];
    assert!(echo["authHandle"].is_object());
    assert_eq!(tools["result"]["cacheScope"], json!("private"));
    let mut legacy = app.client().await;
    let tools = legacy.request("tools/list", json!({})).await;
    let has_handle = |tool: &Value| tool["inputSchema"]["properties"]["authHandle"].is_object();
    assert!(
        !tools["result"]["tools"]
            .as_array()
            .unwrap()
            .iter()
            .any(has_handle)
    );
    assert!(tools["result"]["ttlMs"].is_null());
}

#[tokio::test]
async fn unknown_tools_are_protocol_errors() {
    let app = App::start().await;
    let mut client = app.client().await;
    for name in ["echo", "no_such_tool"] {
        let answer = client.call_raw(name, json!({})).await;
        assert_eq!(answer["error"]["code"], json!(-32602), "{answer}");
    }
}
