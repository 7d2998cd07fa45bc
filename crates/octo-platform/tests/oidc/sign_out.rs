//! Applications that sign their users out.

use octo_runtime::Attributes;

use crate::app::{App, create_app};
use crate::browser::Browser;
use crate::platform::{ADMIN_PASSWORD, TestPlatform, claims};

const BYE: &str = "http://127.0.0.1:7777/bye";

fn address(params: &[(&str, &str)]) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(params);
    format!("/connect/endsession?{}", query.finish())
}

/// A signed-in browser and the id token of that sign-in.
async fn signed_in<'a>(platform: &'a TestPlatform, app: &App) -> (Browser<'a>, String) {
    let mut browser = Browser::new(platform);
    let page = browser
        .sign_in(&app.address(), "admin", ADMIN_PASSWORD)
        .await;
    let tokens = app.redeem(platform, &page.param("code").unwrap()).await;
    let id_token = tokens.json()["id_token"].as_str().unwrap().to_owned();
    (browser, id_token)
}

#[tokio::test]
async fn an_id_token_ends_the_session_it_was_issued_in() {
    let platform = TestPlatform::start().await;
    create_app(&platform.system(), "app", Attributes::new()).await;
    let app = App::new("app");
    let (mut browser, id_token) = signed_in(&platform, &app).await;
    assert_eq!(claims(&id_token)["tenant_id"], "octosystem");
    platform.advance(1000);
    let leave = address(&[
        ("id_token_hint", &id_token),
        ("post_logout_redirect_uri", BYE),
        ("state", "a b"),
    ]);
    let page = browser.open(&leave).await;
    assert_eq!(page.path, format!("{BYE}?state=a+b"));
    let silent = app.with("prompt", "none");
    let page = browser.open(&silent.address()).await;
    assert_eq!(page.param("error").as_deref(), Some("login_required"));
}

#[tokio::test]
async fn without_proof_the_person_is_asked() {
    let platform = TestPlatform::start().await;
    create_app(&platform.system(), "app", Attributes::new()).await;
    let app = App::new("app");
    let (mut browser, _) = signed_in(&platform, &app).await;
    let (_, of_another) = signed_in(&platform, &app).await;
    for hint in ["", "garbage", &of_another] {
        let leave = address(&[
            ("id_token_hint", hint),
            ("client_id", "app"),
            ("post_logout_redirect_uri", BYE),
        ]);
        let page = browser.open(&leave).await;
        assert!(page.html.contains("Sign out?"), "{hint}: {}", page.html);
    }
    let still = browser
        .open(&app.clone().with("prompt", "none").address())
        .await;
    assert!(still.param("code").is_some());
    let leave = address(&[("client_id", "app"), ("post_logout_redirect_uri", BYE)]);
    let form = browser.open(&leave).await.form("/endsession");
    let forged = browser.submit(&form.clone().with("csrf", "x")).await;
    assert_eq!(forged.status, 403);
    assert_eq!(browser.submit(&form).await.path, BYE);
}

#[tokio::test]
async fn nobody_is_sent_to_an_address_that_is_not_the_clients() {
    let platform = TestPlatform::start().await;
    create_app(&platform.system(), "app", Attributes::new()).await;
    create_app(&platform.system(), "other", Attributes::new()).await;
    let app = App::new("app");
    let (_, id_token) = signed_in(&platform, &app).await;
    for params in [
        [
            ("client_id", "app"),
            ("post_logout_redirect_uri", "https://evil.example/"),
        ],
        [("client_id", "nobody"), ("post_logout_redirect_uri", BYE)],
        [("state", "x"), ("post_logout_redirect_uri", BYE)],
    ] {
        let page = Browser::new(&platform).open(&address(&params)).await;
        assert!(page.html.contains("Signed out"), "{}", page.path);
    }
    let mixed_up = address(&[
        ("id_token_hint", &id_token),
        ("client_id", "other"),
        ("post_logout_redirect_uri", BYE),
    ]);
    let page = Browser::new(&platform).open(&mixed_up).await;
    assert!(page.html.contains("Signed out"), "{}", page.path);
}
