//! Importing models by upload.

use serde_json::{Value, json};

use crate::app::{App, assert_failure, assert_success};
use crate::client::Client;

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
