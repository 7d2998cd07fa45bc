//! The HTTP edge: sessions, bearers, unreadable requests, browsers, health (spec, surface 2, 3 and
//! 8, auth 10).

use reqwest::{Client as Http, Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};

use crate::app::{App, assert_failure, assert_success};
use crate::client::{Client, LEGACY, MODERN};
use crate::tokens;
use crate::wire::{VERSION, initialize, post, read, send, stateless};

#[tokio::test]
async fn a_session_lives_until_it_is_ended() {
    let app = App::start().await;
    let mut client = app.admin().await;
    assert_success(&client.call("whoami", json!({})).await);
    let id = client.session.clone().unwrap();
    for note in ["notifications/cancelled", "notifications/unheard-of"] {
        let message = json!({"jsonrpc": "2.0", "method": note, "params": {"requestId": 99}});
        let response = client.send(&message, None).await;
        assert_eq!(response.status(), StatusCode::ACCEPTED, "{note}");
        assert_eq!(response.text().await.unwrap(), "");
    }
    let delete = |session: &str| {
        Http::new()
            .delete(app.mcp_url())
            .header("Mcp-Session-Id", session)
    };
    let ended = send(delete(&id)).await.0;
    assert!((200..300).contains(&ended), "{ended}");
    let answer = client.request("tools/list", json!({})).await;
    assert_eq!(answer["error"]["code"], json!(-32001), "{answer}");
    assert_eq!(send(delete(&id)).await.0, 404);
    let get = Http::new().get(app.mcp_url());
    let get = get.header("Accept", "text/event-stream");
    let gone = get.try_clone().unwrap().header("Mcp-Session-Id", &id);
    assert_eq!(send(gone).await.0, 404);
    assert_eq!(send(get).await.0, 400, "no session named");
    assert_eq!(send(Http::new().delete(app.mcp_url())).await.0, 400);
    let list = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list"});
    let (status, _) = send(post(&app).json(&list)).await;
    assert!((400..500).contains(&status), "no session named: {status}");
}

#[tokio::test]
async fn the_session_of_another_cannot_be_reached_by_a_modern_header() {
    let app = App::start().await;
    let mut victim = app.admin().await;
    let session = victim.session.clone().unwrap();
    let bearer = tokens::sign_in(&app, "octosystem", "admin").await;
    let stranger = |request: RequestBuilder| {
        request
            .header("Mcp-Session-Id", &session)
            .header(VERSION, MODERN)
            .bearer_auth(&bearer)
    };
    let opened = stranger(post(&app).json(&initialize(MODERN)));
    let response = opened.send().await.unwrap();
    let own = response.headers()["mcp-session-id"].clone();
    assert_ne!(own, session.as_str(), "the stranger entered the session");
    let list = json!({"jsonrpc": "2.0", "id": 2, "method": "tools/list"});
    let (status, answer) = send(
        post(&app)
            .bearer_auth(&bearer)
            .header("Mcp-Session-Id", own)
            .json(&list),
    )
    .await;
    assert_eq!(status, 200, "its own session works: {answer}");
    stranger(Http::new().delete(app.mcp_url()))
        .send()
        .await
        .unwrap();
    assert_success(&victim.call("whoami", json!({})).await);
}

#[tokio::test]
async fn a_bearer_works_without_signing_in_here() {
    let app = App::start().await;
    let mut admin = app.admin_with_tenant("acme").await;
    app.user_of(&mut admin, "acme", "bob").await;
    let token = tokens::sign_in(&app, "acme", "bob").await;
    for path in ["/mcp", "/acme/mcp", "/ACME/mcp"] {
        let mut client = Client::modern(&format!("{}{path}", app.base_url()));
        client.bearer = Some(token.clone());
        let me = client.call("whoami", json!({})).await;
        assert_eq!(me["userName"], json!("bob"), "{path}");
        let echo = json!({"message": "x", "tenantId": "acme"});
        assert_eq!(
            client.call("Echo", echo).await,
            json!("hello x, from tenant acme")
        );
        let handle = json!({"authHandle": "oah_x"});
        let answer = client.call("whoami", handle).await;
        assert_failure(&answer, "Unknown or expired authHandle");
        let tools = client.request("tools/list", json!({})).await;
        assert_eq!(tools["result"]["cacheScope"], json!("public"));
        let whoami = tools["result"]["tools"].as_array().unwrap().last().unwrap();
        assert_eq!(whoami["name"], json!("whoami"));
        assert!(whoami["inputSchema"]["properties"]["authHandle"].is_null());
    }
    let elsewhere = Client::modern(&format!("{}/octosystem/mcp", app.base_url()));
    let request = stateless("tools/list", json!({}), MODERN);
    let response = Http::new()
        .post(&elsewhere.url)
        .header("Accept", "application/json, text/event-stream")
        .header(VERSION, MODERN)
        .header("Mcp-Method", "tools/list")
        .bearer_auth(&token)
        .json(&request);
    assert_eq!(send(response).await.0, 403);
    // A token without the platform's scope was not issued for the platform.
    let narrow = tokens::sign_in_with(&app, "acme", "bob", "openid profile").await;
    let response = post(&app).bearer_auth(&narrow).json(&initialize(LEGACY));
    assert_eq!(send(response).await.0, 401);

    // With a session, it is the bearer's own.
    let mut client = Client::new(&app.mcp_url());
    client.bearer = Some(token);
    client.initialize().await;
    assert_success(&client.call("whoami", json!({})).await);
    client.bearer = None;
    let answer = client.request("tools/list", json!({})).await;
    assert_eq!(answer["error"]["code"], json!(-32001), "{answer}");
}

#[tokio::test]
async fn a_token_needs_a_scope_of_this_server() {
    let app = App::start_with(|c| c.mcp.requiredapiscopes = vec!["more".to_owned()]).await;
    let token = tokens::sign_in(&app, "octosystem", "admin").await;
    let request = post(&app).bearer_auth(&token).json(&initialize(LEGACY));
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), StatusCode::FORBIDDEN);
    let challenge = response.headers()["www-authenticate"].to_str().unwrap();
    for part in [
        "error=\"insufficient_scope\"",
        "scope=\"more\"",
        "/.well-known/oauth-protected-resource/mcp\"",
    ] {
        assert!(challenge.contains(part), "{challenge}");
    }
    // Who signs in through the tools is told by the tool.
    let mut client = app.admin().await;
    let echo = json!({"message": "x", "tenantId": "octosystem"});
    assert_failure(&client.call("Echo", echo).await, "lacks the scope 'more'");
}

#[tokio::test]
async fn what_cannot_be_read_is_refused() {
    let app = App::start().await;
    let large = format!("{{\"x\": \"{}\"}}", "x".repeat(5 * 1024 * 1024));
    let deep = format!("{{\"x\": {}}}", "[".repeat(1_000));
    for (body, status, told) in [
        (large, 413, "at most 4 MiB"),
        (deep, 400, "at most 64 levels"),
    ] {
        let answer = post(&app).body(body).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), status);
        let error: Value = answer.json().await.unwrap();
        assert_eq!(error["error"]["code"], -32600, "{error}");
        assert!(error["id"].is_null(), "{error}");
        let message = error["error"]["message"].as_str().unwrap();
        assert!(message.contains(told), "{message}");
    }
    for body in [
        "",
        "nonsense",
        "[]",
        "null",
        "{}",
        "{\"jsonrpc\": \"2.0\"}",
        "[{\"jsonrpc\": \"2.0\", \"id\": 1, \"method\": \"ping\"}]",
        "{\"jsonrpc\": \"1.0\", \"id\": 1, \"method\": \"ping\"}",
    ] {
        let (status, answer) = send(post(&app).body(body)).await;
        assert!((400..500).contains(&status), "{body}: {status} {answer}");
    }
    let mut request = Http::new().post(app.mcp_url()).body("{}");
    assert_eq!(send(request).await.0, 406, "no Accept");
    request = Http::new().post(app.mcp_url()).body("{}");
    request = request.header("Accept", "application/json, text/event-stream");
    assert_eq!(send(request).await.0, 415, "no Content-Type");
    for method in [Method::PUT, Method::PATCH] {
        let request = Http::new().request(method, app.mcp_url());
        assert_eq!(send(request).await.0, 405);
    }
    // Still there.
    app.client().await;
}

#[tokio::test]
async fn deep_arguments_do_no_harm() {
    let app = App::start().await;
    let mut client = app.admin().await;
    let deep = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
    let tools = [
        "query_entities_simple",
        "create_entity",
        "validate_tool_parameters",
    ];
    for tool in tools {
        for levels in [100, 1_000, 100_000] {
            for name in ["simpleFilters", "entityData", "parameters", "unknown"] {
                let body = format!(
                    "{{\"jsonrpc\":\"2.0\",\"id\":9,\"method\":\"tools/call\",\"params\":{{\"name\":\"{tool}\",\"arguments\":{{\"tenantId\":\"octosystem\",\"{name}\":{}}}}}}}",
                    deep(levels)
                );
                let request = post(&app)
                    .header("Mcp-Session-Id", client.session.as_deref().unwrap())
                    .body(body);
                let (status, answer) = send(request).await;
                assert!(status < 500, "{status} {answer}");
            }
            // As JSON text in a text, where a parser of its own reads it.
            let hidden = json!({
                "tenantId": "octosystem", "ckTypeId": "System/Entity", "toolName": "Echo",
                "simpleFilters": deep(levels), "entityData": deep(levels),
                "parameters": deep(levels),
            });
            let answer = client.call(tool, hidden).await;
            assert!(answer.is_object(), "{answer}");
        }
    }
    assert_success(&client.call("whoami", json!({})).await);
}

#[tokio::test]
async fn allowed_pages_may_call_from_a_browser() {
    let app = App::start().await;
    let ask = |origin: &str| {
        Http::new()
            .request(Method::OPTIONS, app.mcp_url())
            .header("Origin", origin)
            .header("Access-Control-Request-Method", "POST")
            .header(
                "Access-Control-Request-Headers",
                "content-type,mcp-session-id",
            )
    };
    let local = ask("http://localhost:6274").send().await.unwrap();
    assert_eq!(local.status(), StatusCode::NO_CONTENT);
    let headers = local.headers();
    assert_eq!(
        headers["access-control-allow-origin"],
        "http://localhost:6274"
    );
    assert_eq!(headers["vary"], "Origin");
    let methods = headers["access-control-allow-methods"].to_str().unwrap();
    assert!(methods.contains("POST") && methods.contains("DELETE"));
    let allowed = headers["access-control-allow-headers"]
        .to_str()
        .unwrap()
        .to_lowercase();
    for name in [
        "authorization",
        "content-type",
        "mcp-session-id",
        "mcp-protocol-version",
    ] {
        assert!(allowed.contains(name), "{allowed}");
    }
    assert!(headers.get("access-control-allow-credentials").is_none());
    for origin in [
        "https://evil.example",
        "null",
        "http://localhost.evil.example",
    ] {
        let refused = ask(origin).send().await.unwrap();
        assert_eq!(refused.status(), StatusCode::FORBIDDEN, "{origin}");
        assert!(
            refused
                .headers()
                .get("access-control-allow-origin")
                .is_none()
        );
    }
    let call = post(&app).header("Origin", "http://127.0.0.1:1");
    let answer = call.json(&initialize(LEGACY)).send().await.unwrap();
    let exposed = answer.headers()["access-control-expose-headers"]
        .to_str()
        .unwrap();
    assert!(exposed.contains("Mcp-Session-Id"), "{exposed}");
}

#[tokio::test]
async fn health_and_metadata_are_open_to_all() {
    let app = App::start().await;
    let get = |path: &str| Http::new().get(format!("{}{path}", app.base_url()));
    for path in ["/healthz/live", "/healthz/ready"] {
        let response = get(path).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        assert_eq!(response.text().await.unwrap(), "Healthy");
    }
    let (status, health) = send(get("/health")).await;
    assert_eq!((status, &health["status"]), (200, &json!("Healthy")));
    let titles = health["results"].as_array().unwrap();
    assert!(
        titles
            .iter()
            .any(|check| check["title"] == json!("TenantContext"))
    );

    let mut documents = Vec::new();
    for path in ["", "/mcp", "/acme/mcp"] {
        let url = format!("/.well-known/oauth-protected-resource{path}");
        let response = get(&url).send().await.unwrap();
        assert_eq!(response.headers()["access-control-allow-origin"], "*");
        documents.push(read(response).await);
        let posted = Http::new().post(format!("{}{url}", app.base_url()));
        assert_eq!(send(posted).await.0, 405, "{path}");
    }
    let (status, document) = &documents[0];
    assert_eq!(*status, 200);
    assert!(documents.iter().all(|other| other == &documents[0]));
    assert_eq!(document["resource"], json!(app.base_url()));
    assert_eq!(document["scopes_supported"].as_array().unwrap().len(), 6);
    // The issuer, to the byte.
    let issuer = document["authorization_servers"][0].as_str().unwrap();
    let url = format!("{issuer}.well-known/openid-configuration");
    let (_, discovery) = send(Http::new().get(url)).await;
    assert_eq!(discovery["issuer"], json!(issuer));
}
