//! What becomes of answers that are no success.

use octo_sdk::identity::IdentityClient;
use octo_sdk::{AccessToken, ServiceError};

use crate::http;
use crate::recorder::Recorder;

async fn failure(status: u16, body: &str) -> ServiceError {
    let server = Recorder::start(&[(status, body)]).await;
    let token = AccessToken::new("tok");
    let client = IdentityClient::new(&http(), &server.url, "acme", token).unwrap();
    client.user("anna").await.unwrap_err()
}

#[tokio::test]
async fn texts_by_status_and_body() {
    for (status, body, text) in [
        (
            401,
            "{}",
            "Access to the requested resource is not allowed.",
        ),
        (
            403,
            "",
            "Forbidden: The call was not successful: $Forbidden",
        ),
        (
            409,
            r#"{"statusCode":400,"statusDescription":"BadRequest","message":"Taken.","details":null}"#,
            "Conflict: Taken.",
        ),
        (
            404,
            r#""Tenant 'x' not found.""#,
            "NotFound: Tenant 'x' not found.",
        ),
        (502, "<html>bad</html>", "BadGateway: <html>bad</html>"),
        (200, r#"["a list"]"#, r#"OK: ["a list"]"#),
        (200, "", "NoContent: No data returned from service."),
        (302, "", "Found: The call was not successful: $Found"),
    ] {
        assert_eq!(
            failure(status, body).await.to_string(),
            text,
            "{status} {body}"
        );
    }
}

#[tokio::test]
async fn details_stay_available() {
    let error = failure(
        400,
        r#"{"message":"Creation of user failed","details":[{"code":"PasswordTooShort","description":"Too short."}]}"#,
    )
    .await;
    assert_eq!(
        error.to_string(),
        "BadRequest: Creation of user failed: Too short."
    );
    assert_eq!(error.details()[0].code, "PasswordTooShort");
}

#[tokio::test]
async fn an_unreachable_service_is_a_transport_error() {
    let unused = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", unused.local_addr().unwrap())
        .parse()
        .unwrap();
    drop(unused);
    let client = IdentityClient::new(&http(), &url, "acme", AccessToken::new("tok")).unwrap();
    let error = client.users().await.unwrap_err();
    assert!(matches!(error, ServiceError::Transport(_)), "{error:?}");
    assert!(error.to_string().starts_with("0: "), "{error}");
    assert!(error.is_transient());
}

#[tokio::test]
async fn a_redirect_to_another_host_does_not_get_the_token() {
    let elsewhere = Recorder::start(&[(200, r#"{"name":"stolen"}"#)]).await;
    let mut target = elsewhere.url.clone();
    target.set_host(Some("localhost")).unwrap();
    let app = axum::Router::new()
        .fallback(move || async move { axum::response::Redirect::temporary(target.as_str()) });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap())
        .parse()
        .unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await });

    let client = IdentityClient::new(&http(), &url, "acme", AccessToken::new("tok")).unwrap();
    let error = client.user("anna").await.unwrap_err();
    assert!(
        error.to_string().starts_with("TemporaryRedirect: "),
        "{error}"
    );
    assert!(elsewhere.requests().is_empty());
}
