//! Files as values of entities.

use reqwest::{Client as Http, StatusCode, header};
use serde_json::{Value, json};

use crate::app::{App, assert_failure, assert_success};
use crate::client::Client;
use crate::models::upload;
use crate::town::{self, SHOP, TENANT, count, district, id_of, parent};

/// Bytes that are no text and fill several rows of the database.
fn picture() -> Vec<u8> {
    (0..700_000_u32).map(|at| (at * at % 253) as u8).collect()
}

fn uploaded(transfer: &str) -> Value {
    json!({"transferId": transfer})
}

fn shop_with(name: &str, sign: &Value, district: &str) -> Value {
    json!({
        "tenantId": TENANT, "ckTypeId": SHOP, "associations": [parent(district)],
        "entityData": [
            {"attributePath": "name", "value": name}, {"attributePath": "sign", "value": sign},
        ],
    })
}

async fn set_sign(client: &mut Client, rt_id: &str, sign: &Value) -> Value {
    let arguments = json!({
        "tenantId": TENANT, "ckTypeId": SHOP, "rtId": rt_id,
        "entityData": [{"attributePath": "sign", "value": sign}],
    });
    client.call("update_entity", arguments).await
}

/// The file an answered entity refers to.
fn sign(answer: &Value) -> Value {
    assert_success(answer);
    let attributes = answer["entity"]["attributes"].as_array().unwrap();
    let sign = attributes.iter().find(|a| a["attributeName"] == "sign");
    sign.map_or(Value::Null, |sign| sign["value"].clone())
}

async fn prepare(client: &mut Client, rt_id: &str, path: &str) -> Value {
    let arguments = json!({
        "tenantId": TENANT, "ckTypeId": SHOP, "rtId": rt_id, "attributePath": path,
    });
    client.call("get_entity_binary", arguments).await
}

async fn get(answer: &Value) -> reqwest::Response {
    assert_success(answer);
    let url = answer["downloadUrl"].as_str().unwrap();
    Http::new().get(url).send().await.unwrap()
}

async fn content(client: &mut Client, rt_id: &str) -> Vec<u8> {
    let prepared = prepare(client, rt_id, "sign").await;
    get(&prepared).await.bytes().await.unwrap().to_vec()
}

/// A shop whose sign is a file.
async fn shop(app: &App, client: &mut Client, body: impl Into<Vec<u8>>) -> String {
    let centre = district(client, "Centre").await;
    let transfer = upload(app, client, "sign.png", body).await;
    let new = shop_with("Bakery", &uploaded(&transfer), &centre);
    id_of(&client.call("create_entity", new).await)
}

#[tokio::test]
async fn a_file_goes_in_and_comes_out_as_it_was() {
    let (app, mut client) = town::start().await;
    let centre = district(&mut client, "Centre").await;
    let transfer = upload(&app, &mut client, "../my sign.png", picture()).await;
    let new = shop_with("Bakery", &uploaded(&transfer), &centre);
    let created = client.call("create_entity", new.clone()).await;
    let info = sign(&created);
    assert_eq!(
        info,
        json!({
            "contentType": "image/png", "binaryId": info["binaryId"], "filename": "my sign.png",
            "size": 700_000,
        })
    );
    let shop = id_of(&created);
    // The upload is used up.
    let again = client.call("create_entity", new).await;
    assert_failure(
        &again,
        &format!("Upload '{transfer}' of attribute 'sign' not found or expired."),
    );

    let prepared = prepare(&mut client, &shop, "Sign").await;
    let id = prepared["transferId"].as_str().unwrap();
    assert!(id.len() == 32 && id != transfer);
    assert_eq!(
        prepared["downloadUrlPath"],
        json!(format!("/file-transfer/download/{id}"))
    );
    assert_eq!(prepared["fileName"], json!("my sign.png"));
    assert_eq!(prepared["contentType"], json!("image/png"));
    assert_eq!(prepared["sizeBytes"], json!(700_000));
    let expires: jiff::Timestamp = prepared["expiresAtUtc"].as_str().unwrap().parse().unwrap();
    let minutes = (expires - jiff::Timestamp::now()).total(jiff::Unit::Minute);
    assert!((29.0..=30.0).contains(&minutes.unwrap()));
    let response = get(&prepared).await;
    assert_eq!(
        response.headers()[header::CONTENT_TYPE],
        "application/octet-stream"
    );
    assert_eq!(response.headers()["x-content-type-options"], "nosniff");
    let disposition = response.headers()[header::CONTENT_DISPOSITION]
        .to_str()
        .unwrap();
    assert!(
        disposition.starts_with("attachment; filename=\"my sign.png\""),
        "{disposition}"
    );
    assert!(response.bytes().await.unwrap() == picture());

    // Anybody may hold the address, but no other user's token may come with it.
    let mut admin = app.admin().await;
    app.user_of(&mut admin, TENANT, "bob").await;
    let bob = crate::tokens::sign_in(&app, TENANT, "bob").await;
    let url = prepared["downloadUrl"].as_str().unwrap();
    let theirs = Http::new().get(url).bearer_auth(bob).send().await.unwrap();
    assert_eq!(theirs.status(), StatusCode::NOT_FOUND);
    let cancel = json!({"transferId": id});
    assert_success(&client.call("cancel_file_transfer", cancel).await);
    assert_eq!(get(&prepared).await.status(), StatusCode::NOT_FOUND);
    assert!(
        content(&mut client, &shop).await == picture(),
        "it can be prepared again"
    );
}

#[tokio::test]
async fn a_sender_may_say_what_a_file_is() {
    let (app, mut client) = town::start().await;
    let name = json!({"fileName": "notes"});
    let reserved = client.call("prepare_file_upload", name).await;
    let url = reserved["uploadUrl"].as_str().unwrap();
    let put = Http::new()
        .put(url)
        .header(header::CONTENT_TYPE, "text/markdown")
        .body("");
    assert_eq!(put.send().await.unwrap().status(), 200);
    let shop = shop(&app, &mut client, "x").await;
    let transfer = uploaded(reserved["transferId"].as_str().unwrap());
    let replaced = set_sign(&mut client, &shop, &transfer).await;
    let info = sign(&replaced);
    assert_eq!(info["contentType"], json!("text/markdown"));
    assert_eq!(info["size"], json!(0));
    assert_eq!(content(&mut client, &shop).await, b"");
}

#[tokio::test]
async fn files_are_replaced_kept_and_removed_with_their_values() {
    let (app, mut client) = town::start().await;
    let shop = shop(&app, &mut client, "first").await;
    let store = std::sync::Arc::clone(app.tenant(TENANT).await.store());
    let stored = |info: &Value| {
        let (id, store) = (
            info["binaryId"].as_str().unwrap().parse().unwrap(),
            store.clone(),
        );
        async move { store.binary(id).await.unwrap().is_some() }
    };
    let transfer = upload(&app, &mut client, "b.png", "second").await;
    let first = sign(&set_sign(&mut client, &shop, &uploaded(&transfer)).await);
    let old = prepare(&mut client, &shop, "sign").await;
    let transfer = upload(&app, &mut client, "c.png", "third").await;
    let second = sign(&set_sign(&mut client, &shop, &uploaded(&transfer)).await);
    assert!(!stored(&first).await && stored(&second).await);
    assert_eq!(content(&mut client, &shop).await, b"third");
    assert_eq!(
        get(&old).await.text().await.unwrap(),
        "second",
        "a download stays what it is"
    );
    // What was read can be written back.
    let same = sign(&set_sign(&mut client, &shop, &second).await);
    assert_eq!(same, second);
    let gone = set_sign(&mut client, &shop, &first).await;
    assert_failure(&gone, "Stream data is missing for entity with id");
    let delete = json!({"tenantId": TENANT, "ckTypeId": SHOP, "rtId": shop, "confirm": true});
    assert_success(&client.call("delete_entity", delete).await);
    assert!(stored(&second).await);
    assert_failure(
        &prepare(&mut client, &shop, "sign").await,
        "not found in type",
    );
    let restore = json!({
        "tenantId": TENANT, "ckTypeId": SHOP, "rtId": shop,
        "associations": [parent(&district(&mut client, "North").await)],
    });
    assert_success(&client.call("restore_entity", restore).await);
    assert_eq!(content(&mut client, &shop).await, b"third");
    let cleared = set_sign(&mut client, &shop, &Value::Null).await;
    assert_eq!(sign(&cleared), Value::Null);
    assert!(!stored(&second).await);
    let none = prepare(&mut client, &shop, "sign").await;
    assert_failure(
        &none,
        &format!("Attribute 'sign' of 'Town/Shop@{shop}' has no value."),
    );
}

#[tokio::test]
async fn only_complete_uploads_of_the_caller_can_be_used() {
    let (app, mut client) = town::start().await;
    let shop = shop(&app, &mut client, "first").await;
    let mut admin = app.admin().await;
    let mut bob = app.user_of(&mut admin, TENANT, "bob").await;
    let theirs = upload(&app, &mut bob, "b.png", "theirs").await;
    let name = json!({"fileName": "b.png"});
    let reserved = client.call("prepare_file_upload", name).await;
    let incomplete = reserved["transferId"].as_str().unwrap();
    for id in [
        theirs.as_str(),
        incomplete,
        "0123456789abcdef0123456789abcdef",
        "x",
        "",
    ] {
        let answer = set_sign(&mut client, &shop, &uploaded(id)).await;
        let text = format!("Upload '{id}' of attribute 'sign' not found or expired.");
        assert_failure(&answer, &text);
    }
    for wrong in [
        json!({"transferId": 1}),
        json!({"transferId": theirs, "size": 1}),
        json!([]),
    ] {
        let answer = set_sign(&mut client, &shop, &wrong).await;
        assert_failure(
            &answer,
            "is not valid for attribute 'sign' of type BinaryLinked.",
        );
    }
    assert_eq!(content(&mut client, &shop).await, b"first");
    // Nobody used it up: its owner still can.
    let answer = set_sign(&mut bob, &shop, &uploaded(&theirs)).await;
    assert_eq!(sign(&answer)["size"], json!(6));
    assert_eq!(content(&mut client, &shop).await, b"theirs");
}

#[tokio::test]
async fn a_failed_change_leaves_the_upload_and_no_file() {
    let (app, mut client) = town::start().await;
    let centre = district(&mut client, "Centre").await;
    let transfer = upload(&app, &mut client, "a.png", "content").await;
    let mut new = shop_with("Bakery", &uploaded(&transfer), &centre);
    new["associations"] = json!([]);
    assert_failure(
        &client.call("create_entity", new.clone()).await,
        "multiplicity",
    );
    new["associations"] = json!([parent(&centre)]);
    id_of(&client.call("create_entity", new).await);

    let large = upload(&app, &mut client, "a.iso", vec![0; 64 * 1024 * 1024 + 1]).await;
    let new = shop_with("Bank", &uploaded(&large), &centre);
    let answer = client.call("create_entity", new).await;
    assert_failure(
        &answer,
        "'a.iso' has 67108865 bytes; a linked binary can have at most 67108864.",
    );
    assert_eq!(count(&mut client, SHOP).await, 1);
}

#[tokio::test]
async fn bulk_calls_take_files_one_for_each_entity() {
    let (app, mut client) = town::start().await;
    let centre = district(&mut client, "Centre").await;
    let (a, b) = (
        upload(&app, &mut client, "a.png", "a").await,
        upload(&app, &mut client, "b.png", "b").await,
    );
    let item = |name: &str, transfer: &str| {
        json!({
            "entityData": {"name": name, "sign": uploaded(transfer)},
            "associations": [parent(&centre)],
        })
    };
    let create = |items: Value| json!({"tenantId": TENANT, "ckTypeId": SHOP, "entities": items});
    let twice = create(json!([item("A", &a), item("B", &a)]));
    let answer = client.call("create_entities", twice).await;
    assert_failure(&answer, "belongs to another entity");
    let both = create(json!([item("A", &a), item("B", &b)]));
    let created = client.call("create_entities", both).await;
    assert_success(&created);
    let ids = [0, 1].map(|at| created["entities"][at]["rtId"].as_str().unwrap().to_owned());
    assert_eq!(content(&mut client, &ids[1]).await, b"b");
    let c = upload(&app, &mut client, "c.png", "c").await;
    let list = json!([{"attributePath": "sign", "value": uploaded(&c)}]);
    let change = create(json!([{"rtId": ids[1], "entityData": list}]));
    assert_success(&client.call("update_entities", change).await);
    assert_eq!(content(&mut client, &ids[1]).await, b"c");
    assert_eq!(content(&mut client, &ids[0]).await, b"a");
}

#[tokio::test]
async fn files_are_read_by_who_may_read_the_entity() {
    let (app, mut client) = town::start().await;
    let shop = shop(&app, &mut client, "first").await;
    for (path, part) in [
        ("sing", "Did you mean 'sign'?"),
        (
            "name",
            "Attribute path 'name' does not lead to a linked binary.",
        ),
        ("sign.size", "does not exist on type"),
        ("parent.Town/District->name", "Invalid path term"),
    ] {
        assert_failure(&prepare(&mut client, &shop, path).await, part);
    }
    let arguments = json!({
        "tenantId": TENANT, "ckTypeId": SHOP, "rtId": shop, "attributePath": "sign",
    });
    let mut nobody = app.client().await;
    let answer = nobody.call("get_entity_binary", arguments.clone()).await;
    assert_failure(&answer, "Not authenticated");
    let mut admin = app.admin().await;
    let mut elsewhere = arguments.clone();
    elsewhere["tenantId"] = json!("octosystem");
    let answer = admin.call("get_entity_binary", elsewhere).await;
    assert_failure(&answer, "Town/Shop");
    let other = crate::app::new_tenant("other");
    assert_success(&admin.call("create_tenant", other).await);
    let mut eve = app.user_of(&mut admin, "other", "eve").await;
    let answer = eve.call("get_entity_binary", arguments).await;
    assert_failure(&answer, TENANT);
    let mut secret = json!({
        "tenantId": "octosystem", "ckTypeId": "System.Identity/User", "attributePath": "passwordHash",
    });
    let users = json!({"tenantId": "octosystem", "ckTypeId": "System.Identity/User"});
    let users = admin.call("query_entities_simple", users).await;
    secret["rtId"] = users["entities"][0]["rtId"].clone();
    let answer = admin.call("get_entity_binary", secret).await;
    assert_failure(&answer, "'passwordHash' holds secrets and cannot be read.");
}
