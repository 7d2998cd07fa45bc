//! The protocol itself: versions, lists, documents, prompts, and what is not served
//! (spec, protocol 1 to 7).

use reqwest::{Client as Http, RequestBuilder};
use serde_json::{Value, json};

use crate::app::{App, PASSWORD};
use crate::client::{Client, LEGACY, MODERN};
use crate::wire::{VERSION, initialize, modern, post, read, send, stateless};

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
