//! Applications that make themselves known: by registering (auth.md 6.9, vector S9), or with a
//! document whose address is their client id.

use axum::Router;
use axum::routing::get;
use octo_platform::accounts::{client_mirrors, names};
use octo_platform::oidc::registration::sweep;
use octo_runtime::{Attributes, EntityQuery, Tenant, UpdateEntity};
use serde_json::{Value, json};

use crate::app::{App, REDIRECT_URI, create_app};
use crate::browser::Browser;
use crate::platform::{ADMIN_PASSWORD, ALL_SCOPES, Answer, TestPlatform, claims};

async fn register(platform: &TestPlatform, body: &Value) -> Answer {
    let request = platform.http.post(platform.url("/connect/register"));
    Answer::of(request.json(body).send().await.unwrap()).await
}

/// Signs in, consents, and redeems the code.
async fn log_in(platform: &TestPlatform, app: &App) -> Value {
    let mut browser = Browser::new(platform);
    let page = browser
        .sign_in(&app.address(), "admin", ADMIN_PASSWORD)
        .await;
    let form = page.form("/consent");
    assert!(page.html.contains("Nobody has checked"), "{}", page.html);
    assert!(!page.html.contains("remember"), "{}", page.html);
    let page = browser.submit(&form.with("decision", "allow")).await;
    let answer = app.redeem(platform, &page.param("code").unwrap()).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()
}

#[tokio::test]
async fn a_registered_application_gets_tokens_after_consent() {
    let platform = TestPlatform::start().await;
    let document = platform.get("/.well-known/openid-configuration").await;
    assert_eq!(
        document.json()["registration_endpoint"],
        platform.url("/connect/register")
    );
    let body = json!({
        "client_name": "My editor",
        "redirect_uris": ["http://127.0.0.1:1/callback?app=1", "http://localhost/cb"],
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "token_endpoint_auth_method": "none",
    });
    let answer = register(&platform, &body).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    let registered = answer.json();
    let id = registered["client_id"].as_str().unwrap();
    assert!(id.starts_with("octo-dcr-") && id.len() == 41, "{id}");
    assert_eq!(registered["scope"], ALL_SCOPES);
    assert_eq!(registered["redirect_uris"], body["redirect_uris"]);
    assert!(registered["client_id_issued_at"].is_i64());
    assert!(registered.get("client_secret").is_none());

    // The port is free, and without scopes the fixed set is meant.
    let tokens = log_in(&platform, &App::new(id).with("scope", "")).await;
    assert_eq!(tokens["scope"], ALL_SCOPES);
    let local = App::new(id).with("redirect_uri", "http://localhost:4444/cb");
    log_in(&platform, &local).await;

    platform.create_tenant("octosystem", "acme").await;
    let elsewhere = App::new(id).with("acr_values", "tenant:acme");
    let page = Browser::new(&platform).open(&elsewhere.address()).await;
    assert!(page.path.starts_with("/acme/login"), "{}", page.path);

    platform.advance(90 * 24 * 3600);
    let page = Browser::new(&platform).open(&App::new(id).address()).await;
    assert_eq!(page.status, 400);
    let again = register(&platform, &body).await;
    assert_eq!(again.status, 201);
    assert_ne!(again.json()["client_id"], id);
}

#[tokio::test]
async fn registrations_are_found_again_limited_and_checked() {
    let platform = TestPlatform::start().await;
    let body = |uri: &str, name: &str| json!({"redirect_uris": [uri], "client_name": name});
    let first = register(&platform, &body("http://127.0.0.1/a", "A")).await;
    let same = register(&platform, &body("http://127.0.0.1/a", "A")).await;
    assert_eq!((first.status.as_u16(), same.status.as_u16()), (201, 200));
    assert_eq!(first.json()["client_id"], same.json()["client_id"]);
    // Another name is another application: people are shown it.
    let other = register(&platform, &body("http://127.0.0.1/a", "B")).await;
    assert_eq!(other.status, 201);
    let foreign = register(&platform, &body("https://app.example/cb", "C")).await;
    assert_eq!(
        (foreign.status.as_u16(), foreign.error().as_str()),
        (400, "invalid_redirect_uri")
    );
    let secret = json!({
        "redirect_uris": ["http://127.0.0.1/a"],
        "token_endpoint_auth_method": "client_secret_post",
    });
    assert_eq!(
        register(&platform, &secret).await.error(),
        "invalid_client_metadata"
    );
    let limited = register(&platform, &secret).await;
    assert_eq!(limited.status, 429);
    assert_eq!(limited.text, "Too many requests. Please try again later.");
    for round in 0..98 {
        platform.advance(12);
        if round % 5 == 0 {
            platform.advance(60);
        }
        let uri = format!("http://127.0.0.1/{round}");
        let answer = register(&platform, &body(&uri, "A")).await;
        assert_eq!(answer.status, 201, "{round}: {}", answer.text);
    }
    platform.advance(60);
    let full = register(&platform, &body("http://127.0.0.1/full", "A")).await;
    assert_eq!(
        (full.status.as_u16(), full.error().as_str()),
        (403, "access_denied")
    );
    assert_eq!(
        full.description(),
        "Dynamic client registration cap reached for this instance."
    );
    let known = register(&platform, &body("http://127.0.0.1/a", "A")).await;
    assert_eq!(known.status, 200);
}

#[tokio::test]
async fn registration_can_be_turned_off() {
    let platform = TestPlatform::start_with(|config| {
        config.self_registration.dynamic = false;
        config.self_registration.documents = false;
    })
    .await;
    let body = json!({"redirect_uris": ["http://127.0.0.1/a"]});
    assert_eq!(register(&platform, &body).await.status, 404);
    let document = platform
        .get("/.well-known/oauth-authorization-server")
        .await;
    let document = document.json();
    assert!(document.get("registration_endpoint").is_none());
    assert_eq!(document["client_id_metadata_document_supported"], false);
    let unknown = App::new("https://app.example/client.json");
    let page = Browser::new(&platform).open(&unknown.address()).await;
    assert_eq!(page.status, 400);
}

#[tokio::test]
async fn an_application_can_describe_itself_in_a_document() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let host = listener.local_addr().unwrap();
    let at = |path: &str| format!("http://{host}/{path}");
    let document = |id: &str| {
        json!({
            "client_id": id,
            "client_name": "Web editor",
            "redirect_uris": [REDIRECT_URI],
            "token_endpoint_auth_method": "none",
        })
        .to_string()
    };
    let serve =
        |body: String| get(move || async move { ([("content-type", "application/json")], body) });
    let moved = get(|| async { axum::response::Redirect::temporary("/client.json") });
    let router = Router::new()
        .route("/client.json", serve(document(&at("client.json"))))
        .route("/liar.json", serve(document(&at("client.json"))))
        .route("/moved.json", moved)
        .route("/large.json", serve("x".repeat(100_000)));
    tokio::spawn(async move { axum::serve(listener, router).await });

    let platform = TestPlatform::start_with(|config| {
        config.self_registration.listed_hosts = vec![host.to_string().parse().unwrap()];
    })
    .await;
    let id = at("client.json");
    let tokens = log_in(&platform, &App::new(&id)).await;
    let access = claims(tokens["access_token"].as_str().unwrap());
    assert_eq!(access["client_id"], id);
    let refreshed = platform
        .token(&[
            ("grant_type", "refresh_token"),
            ("client_id", &id),
            ("refresh_token", tokens["refresh_token"].as_str().unwrap()),
        ])
        .await;
    assert_eq!(refreshed.status, 200, "{}", refreshed.text);

    for unusable in [
        at("liar.json"),
        at("moved.json"),
        at("large.json"),
        at("missing.json"),
        "https://127.0.0.1/client.json".to_owned(),
        "https://169.254.169.254/latest/meta-data".to_owned(),
    ] {
        let page = Browser::new(&platform)
            .open(&App::new(&unusable).address())
            .await;
        assert_eq!(page.status, 400, "{unusable}");
        assert!(page.alert().contains("document"), "{}", page.alert());
    }
    let answer = platform
        .token(&[
            ("grant_type", "authorization_code"),
            ("client_id", &at("liar.json")),
            ("code", "x"),
            ("redirect_uri", REDIRECT_URI),
            ("code_verifier", "x"),
        ])
        .await;
    assert_eq!(answer.error(), "invalid_grant");
}

#[tokio::test]
async fn a_client_of_the_tenant_comes_before_a_document() {
    let platform = TestPlatform::start().await;
    let id = "https://app.example/client.json";
    create_app(&platform.system(), id, Attributes::new()).await;
    let page = Browser::new(&platform)
        .sign_in(&App::new(id).address(), "admin", ADMIN_PASSWORD)
        .await;
    assert!(page.param("code").is_some(), "{}", page.path);
}

#[tokio::test]
async fn expired_registrations_are_swept_with_their_copies() {
    let platform = TestPlatform::start().await;
    let acme = platform.create_tenant("octosystem", "acme").await;
    let register = async |uri: &str| {
        let answer = register(&platform, &json!({ "redirect_uris": [uri] })).await;
        answer.json()["client_id"].as_str().unwrap().to_owned()
    };
    let old = register("http://127.0.0.1/old").await;
    let find = async |tenant: &Tenant, id: &str| {
        let query = EntityQuery::of(names::CLIENT).eq("ClientId", id);
        tenant.first(query).await.unwrap()
    };
    let system = platform.system();
    let client = find(&system, &old).await.unwrap();
    let flag = UpdateEntity::from_entity(&client).set("AutoProvisionInChildTenants", true);
    system.update(flag).await.unwrap();
    let state = platform.running.state();
    client_mirrors::copy_flagged(state, &system, &acme)
        .await
        .unwrap();
    assert!(find(&acme, &old).await.is_some());
    assert_eq!(sweep(state).await.unwrap(), 0);

    platform.advance(90 * 24 * 3600 - 3600);
    let young = register("http://127.0.0.1/young").await;
    assert_eq!(sweep(state).await.unwrap(), 0);
    platform.advance(3600);
    assert_eq!(sweep(state).await.unwrap(), 1);
    assert!(find(&system, &old).await.is_none() && find(&acme, &old).await.is_none());
    assert!(
        client_mirrors::rows_of(&system, &old)
            .await
            .unwrap()
            .is_empty()
    );
    assert!(find(&system, &young).await.is_some());
    assert!(find(&acme, "octo-cli").await.is_some(), "other copies stay");
}

#[tokio::test]
async fn the_platform_sweeps_by_itself() {
    let platform = TestPlatform::start().await;
    let body = json!({ "redirect_uris": ["http://127.0.0.1/old"] });
    let id = register(&platform, &body).await.json()["client_id"].clone();
    let query = || EntityQuery::of(names::CLIENT).eq("ClientId", id.as_str().unwrap());
    let client = platform.system().first(query()).await.unwrap().unwrap();
    let past = jiff::Timestamp::now() - jiff::SignedDuration::from_secs(1);
    let expire = UpdateEntity::from_entity(&client).set("DynamicRegistrationExpiresAt", past);
    platform.system().update(expire).await.unwrap();
    let platform = platform.restart().await;
    let gone = async {
        while platform.system().first(query()).await.unwrap().is_some() {
            tokio::task::yield_now().await;
        }
    };
    let patience = std::time::Duration::from_secs(30);
    tokio::time::timeout(patience, gone).await.unwrap();
}
