//! Knowledge sources (spec, surface 12.2) and the documents they point to.

use std::net::SocketAddr;

use axum::Router;
use axum::http::StatusCode;
use axum::http::header::{CONTENT_TYPE, LOCATION};
use axum::routing::get;
use serde_json::{Value, json};

use crate::app::{App, assert_success};
use crate::client::Client;
use crate::completion;
use crate::models::{import, upload};
use crate::resources::{read, text};

/// The part of the model System.Ai that knowledge sources need.
const MODEL: &str = include_str!("ai-model.json");

/// A web server with documents, some of them bad.
async fn documents() -> SocketAddr {
    let plain =
        |body: &'static str| get(move || async move { ([(CONTENT_TYPE, "text/plain")], body) });
    let to_loopback = || async { (StatusCode::FOUND, [(LOCATION, "https://127.0.0.1/")]) };
    let router = Router::new()
        .route("/notes", plain("# Notes\u{1b}[2J\r\n```rust\n"))
        .route("/away", get(to_loopback));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

/// A server that may call `listed`, and a tenant with the model.
async fn acme(listed: Option<SocketAddr>) -> (App, Client) {
    let app = App::start_with(|config| {
        let hosts = listed
            .iter()
            .map(|address| address.to_string().parse().unwrap());
        config.mcp.knowledgehosts = hosts.collect();
    })
    .await;
    let mut client = app.admin_with_tenant("acme").await;
    let transfer = upload(&app, &mut client, "ai.json", MODEL).await;
    assert_success(&import(&mut client, "acme", &transfer).await);
    (app, client)
}

async fn source(client: &mut Client, kind: &str, path: &str) -> String {
    let entity = json!({
        "tenantId": "acme", "ckTypeId": "System.Ai/AiKnowledgeSource",
        "entityData": [
            {"attributePath": "title", "value": format!("{kind} source")},
            {"attributePath": "kind", "value": kind},
            {"attributePath": "path", "value": path},
        ],
    });
    let created = client.call("create_entity", entity).await;
    assert_success(&created);
    created["rtId"].as_str().unwrap().to_owned()
}

async fn document(client: &mut Client, kind: &str, path: &str) -> String {
    let rt_id = source(client, kind, path).await;
    text(client, &format!("knowledge://acme/{rt_id}")).await
}

#[tokio::test]
async fn each_kind_of_source_has_its_document() {
    let (_app, mut client) = acme(None).await;
    let rt_id = source(&mut client, "ClaudeMd", "docs/CLAUDE.md").await;
    let file = text(&mut client, &format!("Knowledge://ACME/{rt_id}")).await;
    let header = format!(
        "# ClaudeMd source\n\n- Tenant: `acme`\n- rtId: `{rt_id}`\n- Kind: ClaudeMd\n- AppliesToScopes: `*`\n\n## Content (ClaudeMd)\n\n`docs/CLAUDE.md`\n"
    );
    assert!(file.starts_with(&header), "{file}");
    let other = document(&mut client, "McpResource", "ck-schema://acme/`system`").await;
    assert!(
        other.contains(
            "## Content (McpResource passthrough)\n\nInner MCP URI: `` ck-schema://acme/`system` ``\n"
        ),
        "{other}"
    );
    let later = document(&mut client, "RagDoc", "x").await;
    assert!(later.contains("\n## Content (RagDoc)\n"), "{later}");
}

#[tokio::test]
async fn web_documents_come_from_listed_and_public_hosts_only() {
    let address = documents().await;
    let (_app, mut client) = acme(Some(address)).await;
    let url = format!("http://{address}/notes");
    let notes = document(&mut client, "Url", &url).await;
    let content = format!("## Content (Url)\n\nSource: {url}\n\n````\n# Notes[2J\n```rust\n````\n");
    assert!(notes.ends_with(&content), "{notes}");
    let missing = document(&mut client, "Url", &format!("http://{address}/x")).await;
    assert!(
        missing.ends_with("\n_Fetch failed: HTTP 404 Not Found._\n"),
        "{missing}"
    );
    let not_public = "_Fetch failed: the host is not on the public Internet;";
    for refused in [
        &format!("http://{address}/away"),
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://169.254.169.254/latest/meta-data/",
        "https://10.0.0.1/",
        "https://0.0.0.0/",
        "https://2130706433/",
        "https://0x7f000001/",
        "https://localhost/",
        &format!("https://localhost:{}/notes", address.port()),
    ] {
        let text = document(&mut client, "Url", refused).await;
        assert!(text.contains(not_public), "{refused}: {text}");
    }
    let plain = document(&mut client, "Url", "http://example.com/").await;
    assert!(plain.contains("_Fetch failed: only https"), "{plain}");
}

#[tokio::test]
async fn without_the_configuration_nothing_inside_is_called() {
    let address = documents().await;
    let (_app, mut client) = acme(None).await;
    let url = format!("http://{address}/notes");
    let text = document(&mut client, "Url", &url).await;
    assert!(text.contains("_Fetch failed: the host is not"), "{text}");
    assert!(!text.contains("# Notes"), "{text}");
}

#[tokio::test]
async fn wrong_ids_are_explained_to_those_who_may_ask() {
    let (app, mut client) = acme(None).await;
    for (id, problem) in [
        ("", "rtId is required."),
        (
            "x%2Ay",
            "Invalid rtId 'x*y' — expected a 24-character hex ObjectId.",
        ),
        (
            "660000000000000000000001",
            "AiKnowledgeSource '660000000000000000000001' not found on tenant 'acme'.",
        ),
    ] {
        let text = text(&mut client, &format!("knowledge://acme/{id}")).await;
        let expected = format!("# AI Knowledge Source\n\n_Error: {problem}_\n");
        assert_eq!(text, expected);
    }
    // An entity of another type is none; a tenant without the model has none.
    let tenant = app.system_tenant();
    let user = octo_runtime::EntityQuery::of("System.Identity/User").take(1);
    let user = tenant.first(user).await.unwrap().unwrap().rt_id;
    for uri in [
        format!("knowledge://octosystem/{user}"),
        "knowledge://octosystem/660000000000000000000001".to_owned(),
    ] {
        let answer = read(&mut client, &uri).await;
        assert_eq!(answer["error"]["code"], json!(-32002), "{answer}");
    }
    let rt_id = source(&mut client, "ClaudeMd", "a").await;
    let uri = format!("knowledge://acme/{rt_id}");
    let mut stranger = app.client().await;
    let answer = read(&mut stranger, &uri).await;
    assert_eq!(answer["error"]["code"], json!(-32002), "{answer}");
}

#[tokio::test]
async fn ids_are_proposed_by_id_and_title() {
    let (app, mut client) = acme(None).await;
    let file = source(&mut client, "ClaudeMd", "a").await;
    let later = source(&mut client, "RagDoc", "b").await;
    let template = "knowledge://{tenantId}/{rtId}";
    for (begun, expected) in [
        ("", json!([file, later])),
        (&later, json!([later])),
        (&later.to_uppercase(), json!([later])),
        ("claudemd", json!([file])),
        ("zz", json!([])),
    ] {
        let found = completion::resource(&mut client, template, "rtId", begun).await;
        assert_eq!(found["values"], expected, "{begun}");
    }
    let mut stranger = app.client().await;
    let found: Value = completion::resource(&mut stranger, template, "rtId", "").await;
    assert_eq!(found["values"], json!([]));
}
