//! Providers that are gone, refuse, or are not what they seem.

use std::time::Duration;

use axum::routing::get;
use axum::{Json, Router};
use octo_runtime::Attributes;
use reqwest::StatusCode;
use serde_json::json;

use super::{LOGIN, Pair, create_provider};
use crate::browser::Browser;
use crate::platform::TestPlatform;

const UNREACHABLE: &str = "The other service cannot be reached";

#[tokio::test]
async fn disabled_providers_have_no_button_and_let_nobody_in() {
    let pair = Pair::start().await;
    pair.create_person("ada", "ada@partner.example", true).await;
    let mut browser = Browser::new(&pair.ours);
    let form = browser.open(LOGIN).await.form("/external/partner");
    let address = pair.leave(&mut browser, LOGIN).await;
    let back = pair.sign_in_there(&address, "ada").await;
    pair.set("IsEnabled", false).await;
    for page in [
        pair.come_back(&mut browser, &back).await,
        browser.submit(&form).await,
    ] {
        assert_eq!(page.status, 404);
        assert!(
            page.alert().contains("not available any more"),
            "{}",
            page.html
        );
        assert!(
            page.html.contains("href=\"/octosystem/login"),
            "{}",
            page.html
        );
    }
    let login = browser.open(LOGIN).await;
    assert!(!login.html.contains("Partner"), "{}", login.html);
    assert!(pair.linked().await.is_empty());
}

#[tokio::test]
async fn whoever_denies_there_is_told_so_here() {
    let mut asks = Attributes::new();
    asks.insert("RequireConsent", true);
    let pair = Pair::start_with(asks).await;
    pair.create_person("ada", "ada@partner.example", true).await;
    let mut browser = Browser::new(&pair.ours);
    let address = pair.leave(&mut browser, LOGIN).await;
    let mut there = Browser::new(&pair.home);
    let path = address.strip_prefix(pair.home.identity()).unwrap();
    let page = there.sign_in(path, "ada", super::PASSWORD).await;
    let form = page.form("/consent").with("decision", "deny");
    let back = there.submit(&form).await.path;
    assert!(back.contains("error=access_denied"), "{back}");
    let page = pair.come_back(&mut browser, &back).await;
    assert_eq!(page.status, 403);
    assert!(
        page.alert().contains("did not let you sign in"),
        "{}",
        page.html
    );
    // It counts once.
    let page = pair.come_back(&mut browser, &back).await;
    assert!(page.alert().contains("expired"), "{}", page.html);
    assert!(pair.linked().await.is_empty());
}

#[tokio::test]
async fn a_provider_that_went_away_is_an_outage_and_nothing_is_made() {
    let mut pair = Pair::start().await;
    pair.create_person("ada", "ada@partner.example", true).await;
    let mut browser = Browser::new(&pair.ours);
    let address = pair.leave(&mut browser, LOGIN).await;
    let back = pair.sign_in_there(&address, "ada").await;
    let home = std::mem::replace(&mut pair.home, TestPlatform::start().await);
    let gone = home.identity().to_owned();
    home.running.shutdown(Duration::from_secs(5)).await;
    let page = browser
        .open(back.strip_prefix(pair.ours.identity()).unwrap())
        .await;
    assert_eq!(page.status, StatusCode::BAD_GATEWAY);
    assert!(page.alert().starts_with(UNREACHABLE), "{}", page.html);
    assert!(!page.html.contains(&gone));
    assert!(pair.linked().await.is_empty());
}

#[tokio::test]
async fn hosts_the_operator_did_not_list_are_not_called() {
    let home = TestPlatform::start().await;
    let ours = TestPlatform::start().await;
    create_provider(&ours.system(), "partner", home.identity()).await;
    let mut browser = Browser::new(&ours);
    let page = browser.open(LOGIN).await;
    let page = browser.submit(&page.form("/external/partner")).await;
    assert_eq!(page.status, StatusCode::BAD_GATEWAY);
    assert!(page.alert().starts_with(UNREACHABLE), "{}", page.html);
}

#[tokio::test]
async fn a_provider_under_a_foreign_name_is_not_believed() {
    let home = TestPlatform::start().await;
    let document = home.get("/.well-known/openid-configuration").await.json();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let impostor = listener.local_addr().unwrap();
    let app = Router::new()
        .route(
            "/.well-known/openid-configuration",
            get(move || async move { Json(document) }),
        )
        .route(
            "/broken/.well-known/openid-configuration",
            get(|| async { Json(json!({ "issuer": 1 })) }),
        );
    tokio::spawn(async move { axum::serve(listener, app).await });
    let ours = TestPlatform::start_with(|config| {
        let home = home.identity().trim_start_matches("http://");
        config.provider_hosts = vec![impostor.to_string().parse().unwrap(), home.parse().unwrap()];
    })
    .await;
    for (name, path) in [
        ("impostor", ""),
        ("broken", "/broken"),
        ("nothing", "/none"),
    ] {
        let authority = format!("http://{impostor}{path}");
        create_provider(&ours.system(), name, &authority).await;
        let mut browser = Browser::new(&ours);
        let page = browser.open(LOGIN).await;
        let form = page.form(&format!("/external/{name}"));
        let page = browser.submit(&form).await;
        assert_eq!(page.status, StatusCode::BAD_GATEWAY, "{name}");
        assert!(page.alert().starts_with(UNREACHABLE), "{}", page.html);
    }
}

#[tokio::test]
async fn a_wrong_secret_is_the_administrators_problem_and_stays_secret() {
    let pair = Pair::start().await;
    pair.create_person("ada", "ada@partner.example", true).await;
    pair.set("ClientSecret", "wrong but confidential").await;
    let mut browser = Browser::new(&pair.ours);
    let page = pair.sign_in(&mut browser, LOGIN, "ada").await;
    assert_eq!(page.status, 403);
    assert!(
        page.alert().contains("could not be accepted"),
        "{}",
        page.html
    );
    assert!(!page.html.contains("confidential"));
    assert!(pair.linked().await.is_empty());
}
