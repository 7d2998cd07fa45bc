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

fn place(ck_type: &str, name: &str) -> Value {
    json!({
        "tenantId": "acme", "ckTypeId": ck_type,
        "entityData": [{"attributePath": "name", "value": name}],
    })
}

fn employee(name: &str) -> Value {
    let value = |path: &str, value: &str| json!({"attributePath": path, "value": value});
    json!({
        "tenantId": "acme", "ckTypeId": "Basic/Employee",
        "entityData": [
            value("firstName", "Ada"), value("lastName", name), value("employeeId", "7"),
            value("employeeExternalId", "x-7"),
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

    let tree = client
        .call("create_entity", place("Basic/Tree", "Places"))
        .await;
    assert_success(&tree);
    // Found as what it is and as what it derives from, under every spelling.
    for ck_type in [
        "Basic/Tree",
        "Basic-2.0.2/Tree-1",
        "Basic/NamedEntity",
        "System/Entity",
    ] {
        let query = json!({
            "tenantId": "acme", "ckTypeId": ck_type,
            "simpleFilters": [{"attributePath": "rtId", "value": tree["rtId"]}],
        });
        let found = client.call("query_entities_simple", query).await;
        assert_eq!(found["totalCount"], json!(1), "{ck_type}: {found:#}");
        assert_eq!(found["entities"][0]["ckTypeId"], json!("Basic/Tree"));
    }
    let ada = client.call("create_entity", employee("Lovelace")).await;
    assert_success(&ada);
    let named = json!({"tenantId": "acme", "ckTypeId": "Basic/Employee", "rtId": ada["rtId"]});
    let mut change = named.clone();
    change["entityData"] = json!([{"attributePath": "lastName", "value": "King"}]);
    assert_success(&client.call("update_entity", change).await);
    let read = client.call("get_entity_by_id", named.clone()).await;
    assert!(read["entity"].to_string().contains("King"), "{read}");
    assert!(read["entity"].to_string().contains("Ada"), "{read}");
    let mut delete = named.clone();
    assert_failure(
        &client.call("delete_entity", delete.clone()).await,
        "without confirm=true",
    );
    delete["confirm"] = json!(true);
    assert_success(&client.call("delete_entity", delete).await);
    let left = json!({"tenantId": "acme", "ckTypeId": "Basic/Employee"});
    let left = client.call("query_entities_simple", left).await;
    assert_eq!(left["totalCount"], json!(0));
}

#[tokio::test]
async fn the_rules_of_the_library_are_kept() {
    let Some(folder) = shared("models/Octo.Sdk.Packages.Basic/ConstructionKit") else {
        return;
    };
    let app = App::start().await;
    let mut client = app.admin_with_tenant("acme").await;
    assert_success(&import(&mut client, packed(&folder)).await);
    for (arguments, part) in [
        (place("Basic/NamedEntity", "x"), "abstract"),
        // A city lies somewhere: it needs a parent.
        (place("Basic/City", "Vienna"), "System/ParentChild"),
        (place("Basic/Employee", "x"), "name"),
    ] {
        let answer = client.call("create_entity", arguments).await;
        assert_failure(&answer, part);
    }
    let mut incomplete = employee("x");
    incomplete["entityData"].as_array_mut().unwrap().truncate(2);
    let answer = client.call("create_entity", incomplete).await;
    for missing in ["EmployeeId", "EmployeeExternalId"] {
        assert_failure(&answer, missing);
    }
    let all = json!({"tenantId": "acme", "ckTypeId": "Basic/NamedEntity"});
    let all = client.call("query_entities_simple", all).await;
    assert_eq!(all["totalCount"], json!(0), "{all}");
}
