//! Authorization codes with PKCE (auth.md 6.5), and everything that must not yield one.

use octo_runtime::Attributes;
use serde_json::json;

use crate::app::{App, REDIRECT_URI, create_app};
use crate::browser::{Browser, Page};
use crate::platform::{ADMIN_PASSWORD, MCP_URL, TestPlatform, claims};

/// A platform with an application in the system tenant.
async fn with_app() -> TestPlatform {
    let platform = TestPlatform::start().await;
    create_app(&platform.system(), "app", Attributes::new()).await;
    platform
}

/// The administrator signs in for an application.
async fn sign_in(browser: &mut Browser<'_>, app: &App) -> Page {
    browser
        .sign_in(&app.address(), "admin", ADMIN_PASSWORD)
        .await
}

#[tokio::test]
async fn a_person_signs_in_and_the_application_gets_tokens() {
    let platform = with_app().await;
    let (app, mut browser) = (App::new("app"), Browser::new(&platform));
    let page = sign_in(&mut browser, &app).await;
    assert!(
        page.path.starts_with(&format!("{REDIRECT_URI}&")),
        "{}",
        page.path
    );
    assert_eq!(page.param("state").as_deref(), Some("of the app & more"));
    let issuer = format!("{}/", platform.identity());
    assert_eq!(page.param("iss"), Some(issuer));

    let answer = app.redeem(&platform, &page.param("code").unwrap()).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(answer.header("cache-control"), "no-store");
    let tokens = answer.json();
    assert_eq!(tokens["scope"], app.param("scope"));
    let access = claims(tokens["access_token"].as_str().unwrap());
    assert_eq!(access["client_id"], "app");
    assert_eq!(access["sub"], platform.admin().await.rt_id.to_string());
    assert_eq!(access["aud"], json!(["octoAPI", format!("{MCP_URL}/")]));
    let id = claims(tokens["id_token"].as_str().unwrap());
    assert_eq!((&id["nonce"], &id["aud"]), (&json!("n-1"), &json!("app")));
    assert!(id["auth_time"].is_i64() && id["at_hash"].is_string());

    let refreshed = platform
        .token(&[
            ("grant_type", "refresh_token"),
            ("client_id", "app"),
            ("refresh_token", tokens["refresh_token"].as_str().unwrap()),
        ])
        .await;
    assert_eq!(refreshed.status, 200, "{}", refreshed.text);
}
