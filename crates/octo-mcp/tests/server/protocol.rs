//! The protocol itself, on the wire (spec, protocol 1 to 7, surface 2 and 8).

use reqwest::{Client as Http, Method, RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};

use crate::app::{App, PASSWORD, assert_failure, assert_success};
use crate::client::{Client, LEGACY, MODERN};
use crate::tokens;

/// Header that names the protocol version.
const VERSION: &str = "MCP-Protocol-Version";

fn post(app: &App) -> RequestBuilder {
    Http::new()
        .post(app.mcp_url())
        .header("Accept", "application/json, text/event-stream")
        .header("Content-Type", "application/json")
}

/// A stateless request with the headers it needs.
fn modern(app: &App, method: &str, parameters: Value) -> RequestBuilder {
    post(app)
        .header(VERSION, MODERN)
        .header("Mcp-Method", method)
        .json(&stateless(method, parameters, MODERN))
}

fn stateless(method: &str, mut parameters: Value, version: &str) -> Value {
    parameters["_meta"] = json!({
        "io.modelcontextprotocol/protocolVersion": version,
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    json!({"jsonrpc": "2.0", "id": "seven", "method": method, "params": parameters})
}

fn initialize(version: &str) -> Value {
    json!({
        "jsonrpc": "2.0", "id": 1, "method": "initialize",
        "params": {
            "protocolVersion": version, "capabilities": {},
            "clientInfo": {"name": "t", "version": "1"},
        },
    })
}

/// Status and message of an answer, however it is framed.
async fn read(response: Response) -> (u16, Value) {
    let status = response.status().as_u16();
    let body = response.text().await.unwrap();
    let message = body
        .lines()
        .map(|line| line.strip_prefix("data:").unwrap_or(line))
        .find_map(|line| serde_json::from_str(line).ok());
    (status, message.unwrap_or(Value::String(body)))
}

async fn send(request: RequestBuilder) -> (u16, Value) {
    read(request.send().await.unwrap()).await
}

#[tokio::test]
async fn a_version_is_agreed_on() {
    let app = App::start().await;
    for (offered, agreed) in [
        ("2025-03-26", "2025-03-26"),
        ("2025-06-18", "2025-06-18"),
        (LEGACY, LEGACY),
        // The stateless generation has no handshake.
        (MODERN, LEGACY),
        ("1999-01-01", LEGACY),
        ("", LEGACY),
    ] {
        let response = post(&app).json(&initialize(offered)).send().await.unwrap();
        let session = response.headers()["mcp-session-id"].to_str().unwrap();
        assert!(session.len() >= 32 && session.bytes().all(|b| (0x21..0x7f).contains(&b)));
        let result = &read(response).await.1["result"];
        assert_eq!(result["protocolVersion"], json!(agreed), "{offered}");
        assert_eq!(result["serverInfo"]["name"], json!("octomesh-mcp"));
        let text = result["instructions"].as_str().unwrap();
        assert!(text.contains("authenticate"), "{text}");
        let capabilities = result["capabilities"].as_object().unwrap();
        let names: Vec<_> = capabilities.keys().collect();
        assert_eq!(names, ["completions", "prompts", "resources", "tools"]);
    }
    for version in ["v999.0.0", "2027-01-01"] {
        let unknown = post(&app)
            .header(VERSION, version)
            .header("Mcp-Method", "tools/list")
            .json(&stateless("tools/list", json!({}), version));
        let (status, answer) = send(unknown).await;
        assert_eq!(
            (status, &answer["error"]["code"]),
            (400, &json!(-32022)),
            "{answer}"
        );
        let data = &answer["error"]["data"];
        assert_eq!(data["requested"], json!(version));
        for served in [LEGACY, MODERN] {
            assert!(
                data["supported"]
                    .as_array()
                    .unwrap()
                    .contains(&json!(served)),
                "{answer}"
            );
        }
    }
    let old = post(&app)
        .header(VERSION, "1999-01-01")
        .json(&json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list"}));
    assert_eq!(send(old).await.0, 400);
}

#[tokio::test]
async fn the_server_can_be_discovered() {
    let app = App::start().await;
    let (status, answer) = send(modern(&app, "server/discover", json!({}))).await;
    assert_eq!((status, &answer["id"]), (200, &json!("seven")), "{answer}");
    let result = &answer["result"];
    assert_eq!(result["resultType"], json!("complete"));
    for version in [LEGACY, MODERN] {
        assert!(
            result["supportedVersions"]
                .as_array()
                .unwrap()
                .contains(&json!(version)),
            "{result}"
        );
    }
    assert_eq!(
        (&result["cacheScope"], &result["ttlMs"]),
        (&json!("public"), &json!(3_600_000))
    );
    assert!(result["instructions"].is_string());
    let info = &result["_meta"]["io.modelcontextprotocol/serverInfo"];
    assert_eq!(info["name"], json!("octomesh-mcp"), "{result}");
    // What is not offered is not served, and the other way round.
    let capabilities = result["capabilities"].as_object().unwrap();
    let completion = json!({
        "ref": {"type": "ref/prompt", "name": "sign_in"},
        "argument": {"name": "tenantId", "value": "o"},
    });
    for (capability, method, parameters) in [
        ("tools", "tools/list", json!({})),
        ("resources", "resources/list", json!({})),
        ("prompts", "prompts/list", json!({})),
        ("completions", "completion/complete", completion),
        ("logging", "logging/setLevel", json!({"level": "debug"})),
    ] {
        let (_, answer) = send(modern(&app, method, parameters)).await;
        assert_eq!(
            answer["result"].is_object(),
            capabilities.contains_key(capability),
            "{method}: {answer}"
        );
    }
}

#[tokio::test]
async fn what_is_not_served_says_so() {
    let app = App::start().await;
    let mut client = app.client().await;
    let named = |method: &str, parameters: Value| {
        let uri = parameters["uri"].as_str().map(str::to_owned);
        let request = modern(&app, method, parameters);
        match uri.filter(|_| method.starts_with("resources/")) {
            Some(uri) => request.header("Mcp-Name", uri),
            None => request,
        }
    };
    for (method, parameters) in [
        ("unknown/method", json!({})),
        ("logging/setLevel", json!({"level": "debug"})),
        (
            "resources/subscribe",
            json!({"uri": "octomesh://guide/entities"}),
        ),
        ("tasks/list", json!({})),
    ] {
        let answer = client.request(method, parameters.clone()).await;
        assert_eq!(answer["error"]["code"], json!(-32601), "{method}: {answer}");
        let (status, answer) = send(named(method, parameters)).await;
        assert_eq!(
            (status, &answer["error"]["code"]),
            (404, &json!(-32601)),
            "{method}: {answer}"
        );
    }
    assert_eq!(client.request("ping", json!({})).await["result"], json!({}));
    for method in ["ping", "resources/unsubscribe", "tasks/result"] {
        let (status, answer) = send(named(method, json!({"uri": "x"}))).await;
        assert_eq!(
            (status, &answer["error"]["code"]),
            (404, &json!(-32601)),
            "{method}: {answer}"
        );
    }
    let get = Http::new().get(format!("{}/sse", app.base_url()));
    assert_eq!(send(get).await.0, 404);
}

#[tokio::test]
async fn lists_are_the_same_at_every_endpoint_and_have_one_page() {
    let app = App::start().await;
    let mut root = app.client().await;
    let mut tenant = Client::connect(&format!("{}/acme/mcp", app.base_url())).await;
    let (_, first) = send(modern(&app, "tools/list", json!({}))).await;
    for method in ["tools/list", "resources/list", "prompts/list"] {
        let list = root.request(method, json!({})).await;
        assert!(list["result"].is_object(), "{list}");
        let other = tenant.request(method, json!({})).await;
        assert_eq!(list["result"], other["result"], "{method}");
        for unknown in ["resultType", "ttlMs", "cacheScope", "nextCursor"] {
            assert!(list["result"][unknown].is_null(), "{method}: {unknown}");
        }
        for cursor in ["x", ""] {
            let paged = root.request(method, json!({"cursor": cursor})).await;
            assert_eq!(paged["error"]["code"], json!(-32602), "{method}: {paged}");
        }
        let (status, answer) = send(modern(&app, method, json!({}))).await;
        assert_eq!(status, 200);
        let result = &answer["result"];
        assert_eq!(result["resultType"], json!("complete"), "{method}");
        assert!(result["ttlMs"].is_u64() && result["cacheScope"].is_string());
        let (_, paged) = send(modern(&app, method, json!({"cursor": "x"}))).await;
        assert_eq!(paged["error"]["code"], json!(-32602), "{method}: {paged}");
    }
    app.sign_in(&mut root, "octosystem", "admin", PASSWORD)
        .await;
    let (_, again) = send(modern(&app, "tools/list", json!({}))).await;
    assert_eq!(first["result"], again["result"]);
    let names: Vec<_> = first["result"]["tools"]
        .as_array()
        .unwrap()
        .iter()
        .map(|tool| tool["name"].as_str().unwrap().to_lowercase())
        .collect();
    assert!(names.is_sorted(), "{names:?}");
}

#[tokio::test]
async fn headers_have_to_say_what_the_body_says() {
    let app = App::start().await;
    let call = || {
        let parameters = json!({"name": "list_available_tools", "arguments": {}});
        post(&app)
            .header(VERSION, MODERN)
            .json(&stateless("tools/call", parameters, MODERN))
    };
    let good = |request: RequestBuilder| request.header("Mcp-Method", "tools/call");
    let named = |request: RequestBuilder| request.header("Mcp-Name", "list_available_tools");
    assert_eq!(send(named(good(call()))).await.0, 200);
    let encoded = "=?base64?bGlzdF9hdmFpbGFibGVfdG9vbHM=?=";
    assert_eq!(send(good(call()).header("Mcp-Name", encoded)).await.0, 200);
    let legacy_header = post(&app)
        .header(VERSION, LEGACY)
        .header("Mcp-Method", "tools/list")
        .json(&stateless("tools/list", json!({}), MODERN));
    let no_version = post(&app)
        .header("Mcp-Method", "tools/list")
        .json(&stateless("tools/list", json!({}), MODERN));
    for (what, request) in [
        ("no name", good(call())),
        ("no method", named(call())),
        ("other name", good(call()).header("Mcp-Name", "Echo")),
        (
            "other case",
            good(call()).header("Mcp-Name", "List_Available_Tools"),
        ),
        (
            "other method",
            named(call()).header("Mcp-Method", "tools/list"),
        ),
        ("two names", named(good(call())).header("Mcp-Name", "Echo")),
        (
            "bad base64",
            good(call()).header("Mcp-Name", "=?base64?!!!?="),
        ),
        ("other version", legacy_header),
        ("no version", no_version),
    ] {
        let (status, answer) = send(request).await;
        assert_eq!(
            (status, &answer["error"]["code"]),
            (400, &json!(-32020)),
            "{what}: {answer}"
        );
        assert_eq!(answer["id"], json!("seven"), "{what}");
    }
}

#[tokio::test]
async fn stateless_requests_say_who_speaks_which_version() {
    let app = App::start().await;
    let version = "io.modelcontextprotocol/protocolVersion";
    let capabilities = "io.modelcontextprotocol/clientCapabilities";
    for meta in [
        json!({}),
        json!({version: MODERN}),
        json!({capabilities: {}}),
        json!({version: MODERN, capabilities: "none"}),
        json!({version: 5, capabilities: {}}),
    ] {
        for method in ["server/discover", "tools/list"] {
            let body = json!({
                "jsonrpc": "2.0", "id": 7, "method": method, "params": {"_meta": meta},
            });
            let request = post(&app)
                .header(VERSION, MODERN)
                .header("Mcp-Method", method)
                .json(&body);
            let (status, answer) = send(request).await;
            assert_eq!(status, 400, "{method} {meta}: {answer}");
            assert_eq!(
                answer["error"]["code"],
                json!(-32602),
                "{method} {meta}: {answer}"
            );
            assert_eq!(answer["id"], json!(7));
        }
    }
}

#[tokio::test]
async fn documents_are_listed_and_read() {
    let app = App::start().await;
    let mut client = app.client().await;
    let list = client.request("resources/list", json!({})).await;
    let resources = list["result"]["resources"].as_array().unwrap().clone();
    assert!(!resources.is_empty());
    for resource in &resources {
        let uri = resource["uri"].as_str().unwrap();
        let read = client.request("resources/read", json!({"uri": uri})).await;
        let contents = &read["result"]["contents"][0];
        assert_eq!(contents["uri"], json!(uri));
        assert_eq!(contents["mimeType"], json!("text/markdown"));
        let size = contents["text"].as_str().unwrap().len();
        assert_eq!(resource["size"], json!(size));
        let request = modern(&app, "resources/read", json!({"uri": uri}));
        let (_, answer) = send(request.header("Mcp-Name", uri)).await;
        assert_eq!(answer["result"]["contents"][0], *contents, "{answer}");
    }
    for uri in [
        "foo://x",
        "octomesh://guide/nothing",
        "file:///etc/passwd",
        "",
    ] {
        let legacy = client.request("resources/read", json!({"uri": uri})).await;
        assert_eq!(legacy["error"]["code"], json!(-32002), "{uri}: {legacy}");
        let request = modern(&app, "resources/read", json!({"uri": uri}));
        let (_, answer) = send(request.header("Mcp-Name", uri)).await;
        assert_eq!(answer["error"]["code"], json!(-32602), "{uri}: {answer}");
    }
    let templates = client.request("resources/templates/list", json!({})).await;
    let templates = templates["result"]["resourceTemplates"].as_array().unwrap();
    for template in templates {
        assert_eq!(template["mimeType"], json!("text/markdown"), "{template}");
    }
}

#[tokio::test]
async fn prompts_are_listed_and_filled_in() {
    let app = App::start().await;
    let mut client = app.client().await;
    let list = client.request("prompts/list", json!({})).await;
    let prompts = list["result"]["prompts"].as_array().unwrap().clone();
    assert!(!prompts.is_empty());
    for prompt in &prompts {
        let get = json!({"name": prompt["name"], "arguments": {"tenantId": "acme"}});
        let got = client.request("prompts/get", get).await;
        let text = got["result"]["messages"][0]["content"]["text"].as_str();
        assert!(text.unwrap().contains("'acme'"), "{got}");
    }
    for get in [
        json!({"name": "nothing"}),
        json!({"name": "review_tenant"}),
        json!({"name": "review_tenant", "arguments": {"tenantId": " "}}),
        json!({}),
    ] {
        let answer = client.request("prompts/get", get.clone()).await;
        assert_eq!(answer["error"]["code"], json!(-32602), "{get}: {answer}");
    }
}

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
    assert_eq!(send(post(&app).body(large)).await.0, 413);
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
