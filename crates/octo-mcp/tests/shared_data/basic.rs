//! A real model library through the real server.

use std::io::{Cursor, Write};
use std::path::Path;

use serde_json::{Value, json};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::app::{App, assert_failure, assert_success};
use crate::client::Client;
use crate::shared;

/// The source folder, packed with its own name as people pack folders.
fn packed(folder: &Path) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let name = path.strip_prefix(folder.parent().unwrap()).unwrap();
            let options = SimpleFileOptions::default();
            writer.start_file_from_path(name, options).unwrap();
            writer.write_all(&std::fs::read(&path).unwrap()).unwrap();
        }
    }
    writer.finish().unwrap().into_inner()
}

async fn import(client: &mut Client, archive: Vec<u8>) -> Value {
    let name = json!({"fileName": "basic.zip"});
    let reserved = client.call("prepare_file_upload", name).await;
    let put = reqwest::Client::new()
        .put(reserved["uploadUrl"].as_str().unwrap())
        .body(archive);
    assert_eq!(put.send().await.unwrap().status(), 200);
    let arguments = json!({"tenantId": "acme", "transferId": reserved["transferId"]});
    client.call("import_ck_model", arguments).await
}

fn city(name: &str, zipcode: i32) -> Value {
    json!({
        "tenantId": "acme", "ckTypeId": "Basic/City",
        "entityData": [
            {"attributePath": "name", "value": name},
            {"attributePath": "zipcode", "value": zipcode},
        ],
    })
}

#[tokio::test]
async fn the_basic_library_is_imported_and_used() {
    let Some(folder) = shared("models/Octo.Sdk.Packages.Basic/ConstructionKit") else {
        return;
    };
    let app = App::start().await;
    let mut client = app.admin_with_tenant("acme").await;
    assert_success(&import(&mut client, packed(&folder)).await);
    let acme = json!({"tenantId": "acme"});
    let models = client.call("get_available_models", acme).await;
    assert!(models.to_string().contains("\"Basic-2.0.2\""), "{models}");
    let schema = json!({"tenantId": "acme", "ckTypeId": "Basic/City"});
    let schema = client.call("get_type_schema", schema).await;
    assert_success(&schema);
    assert_eq!(schema["schema"]["canCreate"], json!(true));

    let vienna = client.call("create_entity", city("Vienna", 1010)).await;
    assert_success(&vienna);
    assert_success(&client.call("create_entity", city("Salzburg", 5020)).await);
    // Found as what it is and as what it derives from.
    for ck_type in [
        "Basic/City",
        "Basic-2.0.2/City-1",
        "Basic/TreeNode",
        "Basic/NamedEntity",
    ] {
        let query = json!({
            "tenantId": "acme", "ckTypeId": ck_type,
            "simpleFilters": [{"attributePath": "name", "value": "Vienna"}],
        });
        let found = client.call("query_entities_simple", query).await;
        assert_eq!(found["totalCount"], json!(1), "{ck_type}: {found:#}");
        assert_eq!(found["entities"][0]["rtId"], vienna["rtId"]);
    }
    let named = json!({"tenantId": "acme", "ckTypeId": "Basic/City", "rtId": vienna["rtId"]});
    let mut change = named.clone();
    change["entityData"] = json!([{"attributePath": "zipcode", "value": 1020}]);
    assert_success(&client.call("update_entity", change).await);
    let read = client.call("get_entity_by_id", named.clone()).await;
    assert!(read["entity"].to_string().contains("1020"), "{read}");
    let mut delete = named.clone();
    assert_failure(
        &client.call("delete_entity", delete.clone()).await,
        "without confirm=true",
    );
    delete["confirm"] = json!(true);
    assert_success(&client.call("delete_entity", delete).await);
    let left = json!({"tenantId": "acme", "ckTypeId": "Basic/City"});
    let left = client.call("query_entities_simple", left).await;
    assert_eq!(left["totalCount"], json!(1));
    let abstract_type = json!({
        "tenantId": "acme", "ckTypeId": "Basic/NamedEntity",
        "entityData": [{"attributePath": "name", "value": "x"}],
    });
    assert_failure(
        &client.call("create_entity", abstract_type).await,
        "abstract",
    );
}
