//! Paths an archive can record (spec, Construction Kit 12.5).

use serde_json::{Value, json};

use crate::app::{App, assert_failure, assert_success};
use crate::client::Client;
use crate::models::import_example;

async fn paths(client: &mut Client, mut arguments: Value) -> Value {
    arguments["tenantId"] = json!("acme");
    client.call("get_available_archive_paths", arguments).await
}

#[tokio::test]
async fn a_type_shows_its_paths_under_every_spelling_of_its_id() {
    let app = App::start().await;
    let mut client = app.admin_with_tenant("acme").await;
    import_example(&app, &mut client, "acme").await;
    for spelling in [
        "Example/Place",
        "Example-1/Place-1",
        "Example-1.0.0/Place",
        " Example/Place-1 ",
    ] {
        let found = paths(&mut client, json!({"ckTypeId": spelling})).await;
        assert_success(&found);
        assert_eq!(found["ckTypeId"], json!(spelling));
        assert_eq!(found["maxDepth"], json!(5));
        let rows = found["paths"].as_array().unwrap();
        assert_eq!(found["pathCount"], json!(rows.len()));
        let expected = json!([
            {"path": "Address", "isRecord": true, "isArray": false,
             "recordTypeId": "Example-1.0.0/Address-1"},
            {"path": "Address.City", "primitiveType": "String", "isRecord": false,
             "isArray": false},
            {"path": "Visitors", "primitiveType": "Int", "isRecord": false, "isArray": false},
            {"path": "Kind", "primitiveType": "Enum", "isRecord": false, "isArray": false},
        ]);
        assert_eq!(json!(rows[..4]), expected);
        // Inherited ones follow; fields of the entity itself are none.
        assert!(rows.iter().any(|row| row["path"] == json!("Name")));
        assert!(!rows.iter().any(|row| row["path"] == json!("RtId")));
    }
    let flat = json!({"ckTypeId": "Example/Place", "maxDepth": -3});
    let flat = paths(&mut client, flat).await;
    assert_eq!(flat["maxDepth"], json!(1));
    assert!(!flat.to_string().contains("Address.City"), "{flat}");
}

#[tokio::test]
async fn unusable_arguments_are_answered_with_what_is_wrong() {
    let app = App::start().await;
    let mut client = app.admin().await;
    for (arguments, text) in [
        (json!({}), "ckTypeId is required."),
        (json!({"ckTypeId": "  "}), "ckTypeId is required."),
        (json!({"ckTypeId": "System/Entiti"}), "System/Entity"),
        (json!({"ckTypeId": "Entity"}), "must contain a model id"),
        (
            json!({"ckTypeId": "System/Entity", "maxDepth": "deep"}),
            "maxDepth",
        ),
    ] {
        let mut arguments = arguments;
        arguments["tenantId"] = json!("octosystem");
        let answer = client.call("get_available_archive_paths", arguments).await;
        assert_failure(&answer, text);
    }
    let mut stranger = app.client().await;
    let arguments = json!({"tenantId": "octosystem", "ckTypeId": "System/Entity"});
    let answer = stranger
        .call("get_available_archive_paths", arguments)
        .await;
    assert_failure(&answer, "Not authenticated");
}
