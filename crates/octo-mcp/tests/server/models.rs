//! Importing models by upload.

use std::io::{Cursor, Write};

use serde_json::{Value, json};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::app::{App, assert_failure, assert_success};
use crate::client::{Client, Stream};

/// A small model: a base type, a type with a record and an enum.
const EXAMPLE: &str = include_str!("example-model.json");

/// Uploads a file and returns its transfer id.
pub async fn upload(
    app: &App,
    client: &mut Client,
    name: &str,
    body: impl Into<Vec<u8>>,
) -> String {
    let reserved = client
        .call("prepare_file_upload", json!({"fileName": name}))
        .await;
    assert_success(&reserved);
    let url = reserved["uploadUrl"].as_str().unwrap();
    assert!(url.starts_with(&app.base_url()));
    let sent = reqwest::Client::new()
        .put(url)
        .body(body.into())
        .send()
        .await
        .unwrap();
    assert_eq!(sent.status(), 200);
    reserved["transferId"].as_str().unwrap().to_owned()
}

/// Imports a file.
pub async fn import(client: &mut Client, tenant: &str, transfer: &str) -> Value {
    client
        .call(
            "import_ck_model",
            json!({"tenantId": tenant, "transferId": transfer}),
        )
        .await
}

/// Imports the example model.
pub async fn import_example(app: &App, client: &mut Client, tenant: &str) {
    let transfer = upload(app, client, "example.json", EXAMPLE).await;
    assert_success(&import(client, tenant, &transfer).await);
}

#[tokio::test]
async fn an_imported_model_shows_in_the_schema_tools() {
    let app = App::start().await;
    let mut client = app.admin_with_tenant("acme").await;
    let transfer = upload(&app, &mut client, "example.json", EXAMPLE).await;
    assert_success(&import(&mut client, "acme", &transfer).await);
    let models = client
        .call("get_available_models", json!({"tenantId": "acme"}))
        .await;
    let names = models["models"].as_array().unwrap();
    assert!(names.contains(&json!("Example-1.0.0")), "{models}");
    let again = import(&mut client, "acme", &transfer).await;
    assert_failure(&again, "not found or expired");
    let elsewhere = client
        .call("get_available_models", json!({"tenantId": "octosystem"}))
        .await;
    assert!(!elsewhere.to_string().contains("Example"), "{elsewhere}");
}

#[tokio::test]
async fn a_model_that_is_wrong_leaves_the_tenant_as_it_was() {
    let app = App::start().await;
    let mut client = app.admin_with_tenant("acme").await;
    let broken = EXAMPLE.replace("System-2.2.2/Entity-1", "System-2.2.2/Nothing-1");
    let transfer = upload(&app, &mut client, "example.json", broken).await;
    let answer = import(&mut client, "acme", &transfer).await;
    assert_failure(&answer, "Nothing");
    let models = client
        .call("get_available_models", json!({"tenantId": "acme"}))
        .await;
    assert!(!models.to_string().contains("Example"), "{models}");
    let retry = import(&mut client, "acme", &transfer).await;
    assert_failure(&retry, "Nothing");
}

#[tokio::test]
async fn uploads_of_others_and_unsupported_files_are_refused() {
    let app = App::start().await;
    let mut admin = app.admin_with_tenant("acme").await;
    let mut user = app.user_of(&mut admin, "acme", "bob").await;
    let transfer = upload(&app, &mut admin, "example.json", EXAMPLE).await;
    assert_failure(
        &import(&mut user, "acme", &transfer).await,
        "not found or expired",
    );
    let transfer = upload(&app, &mut admin, "example.exe", EXAMPLE).await;
    let answer = import(&mut admin, "acme", &transfer).await;
    assert_failure(&answer, "'example.exe' is not a supported file.");
}

/// The root file of a source folder.
const ROOT: &str = "$schema: https://schemas.meshmakers.cloud/construction-kit-meta.schema.json
modelId: Zoo-1.0.0
dependencies:
  - System-[2.0,3.0)
";

/// The head of every other source file.
const ELEMENTS: &str =
    "$schema: https://schemas.meshmakers.cloud/construction-kit-elements.schema.json\n";

/// A type, derived from `base`, with a mandatory name.
fn animal(base: &str) -> String {
    format!(
        "{ELEMENTS}types:\n  - typeId: Animal\n    derivedFromCkTypeId: {base}\n    attributes:\n      - id: ${{System}}/Name\n        name: Name\n"
    )
}

/// A zip archive with these files.
pub fn packed(files: &[(&str, &str)]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in files {
        let options = SimpleFileOptions::default();
        writer.start_file(*name, options).unwrap();
        writer.write_all(content.as_bytes()).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// Uploads an archive and imports it into `acme`.
pub async fn import_zip(app: &App, client: &mut Client, archive: Vec<u8>) -> Value {
    let transfer = upload(app, client, "Model.ZIP", archive).await;
    import(client, "acme", &transfer).await
}

async fn has_zoo(client: &mut Client) -> bool {
    let models = client
        .call("get_available_models", json!({"tenantId": "acme"}))
        .await;
    assert_success(&models);
    models.to_string().contains("Zoo")
}

#[tokio::test]
async fn a_zipped_source_folder_is_compiled() {
    let app = App::start().await;
    let mut client = app.admin_with_tenant("acme").await;
    let archive = packed(&[
        ("zoo/ConstructionKit/ckModel.yaml", ROOT),
        (
            "zoo/ConstructionKit/types/Animal.yaml",
            &animal("${System}/Entity"),
        ),
        ("zoo/README.md", "no part of the model"),
    ]);
    let imported = import_zip(&app, &mut client, archive).await;
    assert_success(&imported);
    assert!(imported["jobId"].is_string(), "{imported}");
    let entity = json!({
        "tenantId": "acme", "ckTypeId": "Zoo/Animal",
        "entityData": [{"attributePath": "name", "value": "Nelly"}],
    });
    assert_success(&client.call("create_entity", entity).await);
    // A compiled model may be packed, too.
    let archive = packed(&[("example.json", EXAMPLE)]);
    assert_success(&import_zip(&app, &mut client, archive).await);
}

#[tokio::test]
async fn sources_that_do_not_compile_come_back_with_what_is_wrong_and_where() {
    let app = App::start().await;
    let mut client = app.admin_with_tenant("acme").await;
    let archive = packed(&[
        ("zoo/ckModel.yaml", ROOT),
        ("zoo/types/Animal.yaml", &animal("${System}/Entty")),
        (
            "zoo/types/Plant.yaml",
            &animal("${this}/Nothing").replace("Animal", "Plant"),
        ),
    ]);
    let answer = import_zip(&app, &mut client, archive).await;
    for part in [
        "types/Animal.yaml:4",
        "Entty",
        "System-2.2.2/Entity-1",
        "types/Plant.yaml:4",
        "Nothing",
    ] {
        assert_failure(&answer, part);
    }
    assert!(answer["jobId"].is_string(), "{answer}");
    assert!(!has_zoo(&mut client).await);
    let archive = packed(&[
        ("ckModel.yaml", ROOT),
        (
            "types/Animal.yaml",
            &format!("{ELEMENTS}types:\n  - typeId: [\n"),
        ),
    ]);
    let answer = import_zip(&app, &mut client, archive).await;
    assert_failure(&answer, "types/Animal.yaml");
    assert!(!has_zoo(&mut client).await);
}

#[tokio::test]
async fn archives_that_are_no_models_are_refused() {
    let app = App::start().await;
    let mut client = app.admin_with_tenant("acme").await;
    let model = animal("${System}/Entity");
    for name in [
        "../evil.yaml",
        "zoo/../../evil.yaml",
        "/etc/evil.yaml",
        "C:\\evil.yaml",
    ] {
        let archive = packed(&[
            ("zoo/ckModel.yaml", ROOT),
            ("zoo/types/Animal.yaml", &model),
            (name, "evil"),
        ]);
        let answer = import_zip(&app, &mut client, archive).await;
        assert_failure(&answer, "Names must be relative and without '..'");
    }
    let bomb = "a".repeat(30 * 1024 * 1024);
    let archive = packed(&[("zoo/ckModel.yaml", ROOT), ("zoo/types/a.yaml", &bomb)]);
    assert!(archive.len() < 100 * 1024, "small enough to be one");
    let answer = import_zip(&app, &mut client, archive).await;
    assert_failure(&answer, "The zip archive is refused:");
    for (archive, part) in [
        (packed(&[]), "No file to extract was found in zip archive."),
        (
            packed(&[("readme.txt", "x")]),
            "No file to extract was found in zip archive.",
        ),
        (
            packed(&[("a/ckModel.yaml", ROOT), ("b/ckModel.yaml", ROOT)]),
            "several models",
        ),
        (
            b"PK\x03\x04 but no more".to_vec(),
            "not a readable zip archive",
        ),
        (
            vec![0xff, 0xfe, 0x00],
            "neither a zip archive nor a text file",
        ),
        (Vec::new(), ""),
    ] {
        let answer = import_zip(&app, &mut client, archive).await;
        assert_failure(&answer, part);
    }
    assert!(!has_zoo(&mut client).await);
}

#[tokio::test]
async fn waiting_for_an_import_reports_progress_to_who_asks_for_it() {
    let app = App::start().await;
    let mut client = app.admin_with_tenant("acme").await;
    for token in [json!("abc"), json!(7)] {
        let transfer = upload(&app, &mut client, "example.json", EXAMPLE).await;
        let call = json!({
            "name": "import_ck_model",
            "arguments": {"tenantId": "acme", "transferId": transfer},
            "_meta": {"progressToken": token},
        });
        let mut stream = Stream::new(client.exchange("tools/call", call).await);
        let mut last = 0.0;
        let result = loop {
            let message = stream.next().await.unwrap();
            if message["method"] != json!("notifications/progress") {
                break message;
            }
            let progress = &message["params"];
            assert_eq!(progress["progressToken"], token);
            assert!(progress["message"].is_string(), "{message}");
            assert!(progress["progress"].as_f64().unwrap() > last, "{message}");
            last = progress["progress"].as_f64().unwrap();
        };
        assert_success(&result["result"]["structuredContent"]);
        assert!(last >= 1.0, "no progress was reported");
    }
}
