//! Changes that depend on what was read (`ETag`, `If-Match`).

use octo_sdk::identity::{ClientDto, IdentityClient};

use crate::recorder::Recorder;
use crate::{http, token};

#[tokio::test]
async fn a_change_names_the_revision_it_starts_from() {
    let server = Recorder::start(&[(200, "{}"), (200, "[]"), (200, "{}")]).await;
    server.tag(0, "\"one\"");
    let client = IdentityClient::new(&http(), &server.url, "acme", token()).unwrap();
    let noting = client.noting();
    let change = ClientDto::default();
    noting.client("x").await.unwrap();
    let first = noting.if_unchanged();
    noting.clients().await.unwrap();
    first.update_client("x", &change).await.unwrap();
    noting
        .if_unchanged()
        .update_client("x", &change)
        .await
        .unwrap();
    client
        .if_unchanged()
        .update_client("x", &change)
        .await
        .unwrap();
    let sent = server.requests();
    let conditions: Vec<_> = sent
        .iter()
        .map(|request| request.header("if-match"))
        .collect();
    assert_eq!(
        conditions,
        ["", "", "\"one\"", "", ""],
        "the last answer, a list, told no revision"
    );
}

#[tokio::test]
async fn being_overtaken_is_told_apart() {
    let body = r#"{"statusCode":412,"message":"changed"}"#;
    let server = Recorder::start(&[(412, body), (409, "{}")]).await;
    let client = IdentityClient::new(&http(), &server.url, "acme", token()).unwrap();
    let error = client
        .update_client("x", &ClientDto::default())
        .await
        .unwrap_err();
    assert!(error.is_overtaken());
    assert_eq!(error.to_string(), "PreconditionFailed: changed");
    let error = client
        .update_client("x", &ClientDto::default())
        .await
        .unwrap_err();
    assert!(!error.is_overtaken());
}
