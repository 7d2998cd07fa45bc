//! A server that is killed loses nothing it has acknowledged.

use std::collections::HashSet;

use reqwest::Client as Http;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::mpsc;

use crate::client::Client;
use crate::process::{PASSWORD, Process};

const EXAMPLE: &str = include_str!("../server/example-model.json");
/// Programs that write at the same time.
const WRITERS: usize = 3;
/// Acknowledged writes after which the server is killed.
const ENOUGH: usize = 30;

async fn import_example(client: &mut Client) {
    let name = json!({"fileName": "example.json"});
    let reserved = client.call("prepare_file_upload", name).await;
    let url = reserved["uploadUrl"].as_str().unwrap();
    let put = Http::new().put(url).body(EXAMPLE);
    assert_eq!(put.send().await.unwrap().status(), 200);
    let import = json!({"tenantId": "octosystem", "transferId": reserved["transferId"]});
    let imported = client.call("import_ck_model", import).await;
    assert_eq!(imported["isSuccess"], json!(true), "{imported}");
}

/// Creates an entity in call `id`; `None` when the server is gone.
async fn create(http: &Http, url: &str, session: &str, id: usize, name: &str) -> Option<String> {
    let entity = json!([
        {"attributePath": "name", "value": name},
        {"attributePath": "address.city", "value": "Vienna"},
    ]);
    let arguments =
        json!({"tenantId": "octosystem", "ckTypeId": "Example/Place", "entityData": entity});
    let call = json!({
        "jsonrpc": "2.0", "id": id, "method": "tools/call",
        "params": {"name": "create_entity", "arguments": arguments},
    });
    let request = http
        .post(url)
        .header("Accept", "application/json, text/event-stream")
        .header("Mcp-Session-Id", session)
        .json(&call);
    let body = request.send().await.ok()?.text().await.ok()?;
    let message: Value = body
        .lines()
        .filter_map(|line| line.strip_prefix("data:"))
        .find_map(|data| serde_json::from_str(data).ok())?;
    let created = &message["result"]["structuredContent"];
    Some(created["rtId"].as_str()?.to_owned())
}

#[tokio::test]
async fn what_was_acknowledged_survives_a_kill_in_mid_write() {
    let temp = TempDir::new().unwrap();
    let process = Process::start(temp.path());
    let mut client = process.admin(PASSWORD).await;
    import_example(&mut client).await;
    let (acknowledge, mut acknowledged) = mpsc::unbounded_channel();
    for writer in 0..WRITERS {
        let (acknowledge, url) = (acknowledge.clone(), process.mcp_url().to_owned());
        let session = client.session.clone().unwrap();
        tokio::spawn(async move {
            let http = Http::new();
            for n in 0.. {
                let name = format!("Place {writer}-{n}");
                // Ids of calls are unique in a session.
                let call = 1000 + n * WRITERS + writer;
                let Some(id) = create(&http, &url, &session, call, &name).await else {
                    break;
                };
                acknowledge.send((id, name)).unwrap();
            }
        });
    }
    drop(acknowledge);
    let mut written = Vec::new();
    for _ in 0..ENOUGH {
        written.push(acknowledged.recv().await.unwrap());
    }
    process.kill();
    while let Some(more) = acknowledged.recv().await {
        written.push(more);
    }

    let again = Process::start(temp.path());
    let mut client = again.admin(PASSWORD).await;
    let query = json!({"tenantId": "octosystem", "ckTypeId": "Example/Place", "limit": 1000});
    let found = client.call("query_entities_simple", query).await;
    let entities = found["entities"].as_array().unwrap();
    let stored: HashSet<(String, String)> = entities
        .iter()
        .map(|entity| {
            // Whole or not at all: an entity that is there has all its values.
            assert!(entity.to_string().contains("Vienna"), "{entity}");
            let attributes = entity["attributes"].as_array().unwrap();
            let name = attributes
                .iter()
                .find(|value| value["attributeName"] == json!("name"))
                .unwrap();
            (
                entity["rtId"].as_str().unwrap().to_owned(),
                name["value"].as_str().unwrap().to_owned(),
            )
        })
        .collect();
    for entity in &written {
        assert!(stored.contains(entity), "{entity:?} is lost");
    }
    assert!(stored.len() <= written.len() + WRITERS, "{}", stored.len());
    // And it takes writes again.
    let session = client.session.clone().unwrap();
    let id = create(&Http::new(), again.mcp_url(), &session, 1000, "After").await;
    assert!(id.is_some());
}
