//! Sign-ins against an identity service that answers late, badly or not at all (spec, auth 11, O8
//! to O15).

use futures_util::future::join_all;
use octo_runtime::{EntityQuery, UpdateEntity};
use serde_json::{Value, json};

use crate::app::{App, PASSWORD, assert_failure, assert_success, new_tenant};
use crate::client::Client;
use crate::relay::Relay;

const DEVICE: &str = "urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Adevice_code";
const EXCHANGE: &str = "urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Atoken-exchange";

async fn start(client: &mut Client) {
    let sign_in = json!({"tenantId": "octosystem", "force": true});
    assert_success(&client.call("authenticate", sign_in).await);
}

async fn status(client: &mut Client) -> Value {
    client.call("check_auth_status", json!({})).await
}

fn flags(answer: &Value) -> [bool; 3] {
    ["isSuccess", "isAuthenticated", "isPending"].map(|name| answer[name].as_bool().unwrap())
}

/// Lifetime of the access tokens that are issued from now on, in seconds.
async fn issue_tokens_for(app: &App, seconds: i32) {
    let tenant = app.system_tenant();
    let client =
        EntityQuery::of("System.Identity/Client").eq("ClientId", "octo-mcpServices-device");
    let client = tenant.first(client).await.unwrap().unwrap();
    let change = UpdateEntity::from_entity(&client).set("AccessTokenLifetime", seconds);
    tenant.update(change).await.unwrap();
}

#[tokio::test]
async fn what_the_provider_says_to_a_poll_is_told() {
    let (app, relay) = Relay::start().await;
    let mut client = app.client().await;
    for (error, expected, retry) in [
        ("authorization_pending", [true, false, true], json!(5)),
        ("slow_down", [true, false, true], json!(10)),
        ("access_denied", [false, false, false], Value::Null),
        ("expired_token", [false, false, false], Value::Null),
    ] {
        start(&mut client).await;
        relay.answer(
            400,
            &format!(r#"{{"error":"{error}","error_description":"why"}}"#),
        );
        let answer = status(&mut client).await;
        assert_eq!(flags(&answer), expected, "{answer}");
        assert_eq!(answer["retryAfterSeconds"], retry, "{answer}");
        if retry.is_null() {
            let text = format!("Authentication failed: {error} - why");
            assert_failure(&answer, &text);
            let over = status(&mut client).await;
            assert_failure(&over, "No pending authentication.");
        }
    }
    for form in relay.grants(DEVICE) {
        for part in ["client_id=octo-mcpServices-device", "device_code="] {
            assert!(form.contains(part), "{form}");
        }
    }
}

#[tokio::test]
async fn an_answer_that_cannot_be_read_does_not_end_the_sign_in() {
    let (app, relay) = Relay::start().await;
    let mut client = app.client().await;
    start(&mut client).await;
    relay.answer(502, "<html><body>Bad gateway</body></html>");
    let failed = status(&mut client).await;
    assert_eq!(flags(&failed), [false, false, false], "{failed}");
    assert!(!failed.to_string().contains("<html>"), "{failed}");
    let again = status(&mut client).await;
    assert_eq!(flags(&again), [true, false, true], "still pending: {again}");
}

#[tokio::test]
async fn a_refresh_without_a_new_handle_keeps_the_old_one() {
    let (app, relay) = Relay::start().await;
    issue_tokens_for(&app, 1).await;
    let mut client = app.admin().await;
    relay.take_out("refresh_token");
    for _ in 0..2 {
        let answer = client.call("auth_status", json!({})).await;
        assert_eq!(answer["wasRefreshed"], json!(true), "{answer}");
    }
    let forms = relay.grants("refresh_token");
    assert_eq!(forms.len(), 2);
    assert_eq!(forms[0], forms[1]);
}

#[tokio::test]
async fn a_refused_refresh_ends_the_sign_in() {
    let (app, relay) = Relay::start().await;
    issue_tokens_for(&app, 1).await;
    let mut client = app.admin().await;
    relay.answer(400, r#"{"error":"invalid_grant"}"#);
    assert_failure(&client.call("whoami", json!({})).await, "Not authenticated");
    assert_failure(&client.call("whoami", json!({})).await, "Not authenticated");
    assert_eq!(relay.grants("refresh_token").len(), 1);
}

#[tokio::test]
async fn twenty_calls_at_once_refresh_once() {
    let (app, relay) = Relay::start().await;
    issue_tokens_for(&app, 1).await;
    let client = app.admin().await;
    issue_tokens_for(&app, 3600).await;
    let calls = (1..=20).map(|number| {
        let mut twin = client.twin(number);
        async move { twin.call("auth_status", json!({})).await }
    });
    for answer in join_all(calls).await {
        assert_eq!(answer["isAuthenticated"], json!(true), "{answer}");
    }
    assert_eq!(relay.grants("refresh_token").len(), 1);
}

#[tokio::test]
async fn a_token_for_another_tenant_is_fetched_once_and_used() {
    let (app, relay) = Relay::start().await;
    let mut admin = app.admin().await;
    assert_success(&admin.call("create_tenant", new_tenant("acme")).await);
    let echo = json!({"message": "x", "tenantId": "Acme"});
    for _ in 0..2 {
        let answer = admin.call("Echo", echo.clone()).await;
        assert_eq!(answer, json!("hello x, from tenant acme"));
    }
    // A service that takes tokens of its own tenant only sees the exchanged one.
    let users = admin.call("get_users", json!({"tenantId": "acme"})).await;
    assert_success(&users);
    let forms = relay.grants(EXCHANGE);
    assert_eq!(forms.len(), 1, "{forms:?}");
    for part in [
        "client_id=octo-mcpServices-device",
        "subject_token_type=urn%3Aietf%3Aparams%3Aoauth%3Atoken-type%3Aaccess_token",
        "acr_values=tenant%3Aacme",
        "scope=openid+profile+email+role+octo_api",
        "subject_token=",
    ] {
        assert!(forms[0].contains(part), "{part}: {}", forms[0]);
    }
    assert!(!forms[0].contains("offline_access"));
    app.sign_in(&mut admin, "octosystem", "admin", PASSWORD)
        .await;
    admin.call("Echo", echo).await;
    assert_eq!(relay.grants(EXCHANGE).len(), 2, "a new sign-in starts anew");
}
