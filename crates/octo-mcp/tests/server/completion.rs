//! Proposals for variables and arguments (spec, protocol 7).

use serde_json::{Value, json};

use crate::app::App;
use crate::client::Client;
use crate::models::import_example;

const SCHEMA: &str = "ck-schema://{tenantId}/system";
const TYPE: &str = "ck-type://{tenantId}/{ckTypeId}";

async fn ask(client: &mut Client, reference: Value, name: &str, value: &str, rest: Value) -> Value {
    let mut parameters = json!({"ref": reference, "argument": {"name": name, "value": value}});
    for (name, value) in rest.as_object().unwrap() {
        parameters[name] = value.clone();
    }
    client.request("completion/complete", parameters).await
}

/// Proposals for a variable of a resource.
pub async fn resource(client: &mut Client, uri: &str, name: &str, value: &str) -> Value {
    let reference = json!({"type": "ref/resource", "uri": uri});
    let context = json!({"context": {"arguments": {"tenantId": "acme"}}});
    let answer = ask(client, reference, name, value, context).await;
    assert!(answer["error"].is_null(), "{answer}");
    answer["result"]["completion"].clone()
}

fn proposals(values: &[&str]) -> Value {
    json!({"values": values, "total": values.len(), "hasMore": false})
}

#[tokio::test]
async fn tenants_are_proposed_from_the_callers_own_token() {
    let app = App::start().await;
    let mut admin = app.admin_with_tenant("acme").await;
    let mut bob = app.user_of(&mut admin, "acme", "bob").await;
    // A token also names the tenants above, for pickers.
    for (begun, expected) in [
        ("", &["acme", "octosystem"][..]),
        ("AC", &["acme"]),
        ("acme", &["acme"]),
        ("cme", &[]),
        ("no-such", &[]),
    ] {
        let found = resource(&mut bob, SCHEMA, "tenantId", begun).await;
        assert_eq!(found, proposals(expected), "{begun}");
    }
    let prompt = json!({"type": "ref/prompt", "name": "review_tenant"});
    let found = ask(&mut bob, prompt.clone(), "tenantId", "a", json!({})).await;
    assert_eq!(found["result"]["completion"], proposals(&["acme"]));
    let mut stranger = app.client().await;
    let found = ask(&mut stranger, prompt, "tenantId", "", json!({})).await;
    assert_eq!(found["result"]["completion"], proposals(&[]));
}

#[tokio::test]
async fn types_are_proposed_to_those_who_may_see_them() {
    let app = App::start().await;
    let mut admin = app.admin_with_tenant("acme").await;
    import_example(&app, &mut admin, "acme").await;
    for (begun, expected) in [
        ("example/", &["Example/Named", "Example/Place"][..]),
        ("plac", &["Example/Place"]),
        ("Example/Places", &[]),
    ] {
        let found = resource(&mut admin, TYPE, "ckTypeId", begun).await;
        assert_eq!(found, proposals(expected), "{begun}");
    }
    // Without a tenant nothing is known; the tenant of the endpoint is one.
    let reference = json!({"type": "ref/resource", "uri": TYPE});
    let nowhere = ask(&mut admin, reference.clone(), "ckTypeId", "", json!({})).await;
    assert_eq!(nowhere["result"]["completion"], proposals(&[]));
    let mut stranger = app.client().await;
    assert_eq!(
        resource(&mut stranger, TYPE, "ckTypeId", "").await,
        proposals(&[])
    );
    admin.url = format!("{}/acme/mcp", app.base_url());
    let here = ask(
        &mut admin,
        reference.clone(),
        "ckTypeId",
        "place",
        json!({}),
    )
    .await;
    assert_eq!(here["result"]["completion"], proposals(&["Example/Place"]));
    let elsewhere = json!({"context": {"arguments": {"tenantId": "octosystem"}}});
    let mut bob = app.user_of(&mut admin, "acme", "bob").await;
    let found = ask(&mut bob, reference, "ckTypeId", "", elsewhere).await;
    assert_eq!(found["result"]["completion"], proposals(&[]));
}

#[tokio::test]
async fn long_lists_are_cut_and_say_so() {
    let app = App::start().await;
    let mut admin = app.admin_with_tenant("acme").await;
    let types: Vec<_> = (0..150)
        .map(|n| json!({"typeId": format!("Many{n}-1"), "derivedFromCkTypeId": "System-2.2.2/Entity-1"}))
        .collect();
    let model = json!({
        "modelId": "Many-1.0.0", "dependencies": ["System-2.2.2"], "types": types,
        "associationRoles": [], "attributes": [], "records": [], "enums": [],
    });
    let transfer = crate::models::upload(&app, &mut admin, "many.json", model.to_string()).await;
    crate::app::assert_success(&crate::models::import(&mut admin, "acme", &transfer).await);
    let found = resource(&mut admin, TYPE, "ckTypeId", "many/").await;
    assert_eq!(found["values"].as_array().unwrap().len(), 100);
    assert_eq!(
        (&found["total"], &found["hasMore"]),
        (&json!(150), &json!(true))
    );
}

#[tokio::test]
async fn what_does_not_exist_cannot_be_completed() {
    let app = App::start().await;
    let mut client = app.client().await;
    let long = "x".repeat(1_000);
    for (reference, name, value) in [
        (
            json!({"type": "ref/resource", "uri": "ck-schema://acme/system"}),
            "tenantId",
            "",
        ),
        (
            json!({"type": "ref/resource", "uri": SCHEMA}),
            "ckTypeId",
            "",
        ),
        (
            json!({"type": "ref/resource", "uri": SCHEMA}),
            "tenantId",
            &long,
        ),
        (
            json!({"type": "ref/prompt", "name": "no_such_prompt"}),
            "tenantId",
            "",
        ),
        (json!({"type": "ref/prompt", "name": "sign_in"}), "user", ""),
        (json!({"type": "ref/tool", "name": "Echo"}), "message", ""),
        (json!({}), "tenantId", ""),
    ] {
        let answer = ask(&mut client, reference.clone(), name, value, json!({})).await;
        assert_eq!(
            answer["error"]["code"],
            json!(-32602),
            "{reference} {answer}"
        );
    }
}

#[tokio::test]
async fn completions_are_announced_to_both_generations() {
    let app = App::start().await;
    let mut modern = Client::modern(&app.mcp_url());
    let discovered = modern.request("server/discover", json!({})).await;
    let capabilities = &discovered["result"]["capabilities"];
    assert!(capabilities["completions"].is_object(), "{discovered}");
    let found = resource(&mut modern, SCHEMA, "tenantId", "").await;
    assert_eq!(found, proposals(&[]));
}
