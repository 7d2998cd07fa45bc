//! Scripts of other origins: clients that run in a browser.

use octo_platform::accounts::names;
use octo_runtime::{Attributes, Record, Value};
use reqwest::Method;
use serde_json::json;

use crate::app::{App, create_app};
use crate::browser::{Browser, admin_login};
use crate::platform::{ADMIN_PASSWORD, ALL_SCOPES, Answer, TestPlatform};

const INSPECTOR: &str = "http://localhost:6274";
const ALLOWED: &str = "access-control-allow-origin";
const PUBLIC: [&str; 4] = [
    "/.well-known/openid-configuration",
    "/.well-known/oauth-authorization-server",
    "/.well-known/openid-configuration/jwks",
    "/connect/register",
];
const OF_CLIENTS: [&str; 4] = [
    "/connect/token",
    "/connect/userinfo",
    "/connect/revocation",
    "/connect/deviceauthorization",
];

async fn preflight(platform: &TestPlatform, path: &str) -> Answer {
    let request = platform.http.request(Method::OPTIONS, platform.url(path));
    let request = request
        .header("origin", INSPECTOR)
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "mcp-protocol-version");
    Answer::of(request.send().await.unwrap()).await
}

async fn post(platform: &TestPlatform, path: &str, origin: &str, form: &[(&str, &str)]) -> Answer {
    let request = platform
        .http
        .post(platform.url(path))
        .header("origin", origin);
    Answer::of(request.form(form).send().await.unwrap()).await
}

/// A client whose scripts come from one origin.
fn of_origin(origin: &str) -> Attributes {
    let entry = Record::of(names::MODEL, "ClientUriEntry")
        .set("Uri", origin)
        .set("Source", "api");
    let mut own = Attributes::new();
    own.insert("AllowedCorsOrigins", Value::RecordArray(vec![entry]));
    own
}

#[tokio::test]
async fn browsers_may_ask_and_never_send_cookies() {
    let platform = TestPlatform::start().await;
    for path in PUBLIC.into_iter().chain(OF_CLIENTS) {
        let answer = preflight(&platform, path).await;
        assert_eq!(answer.status, 204, "{path}");
        let expected = if PUBLIC.contains(&path) {
            "*"
        } else {
            INSPECTOR
        };
        assert_eq!(answer.header(ALLOWED), expected, "{path}");
        assert_eq!(
            answer.header("access-control-allow-headers"),
            "Authorization, *"
        );
        assert_eq!(answer.header("access-control-allow-credentials"), "");
    }
    for path in [
        "/connect/authorize",
        "/octosystem/login",
        "/octosystem/v1/users",
    ] {
        let answer = preflight(&platform, path).await;
        assert_eq!(answer.header(ALLOWED), "", "{path}");
    }
}

#[tokio::test]
async fn every_script_reads_what_is_public() {
    let platform = TestPlatform::start().await;
    for path in &PUBLIC[..3] {
        let answer = platform.get(path).await;
        assert_eq!(
            (answer.status.as_u16(), answer.header(ALLOWED)),
            (200, "*"),
            "{path}"
        );
    }
    let refused = platform.post("/connect/register", &[]).await;
    assert_eq!(
        (refused.status.as_u16(), refused.header(ALLOWED)),
        (400, "*")
    );
}

#[tokio::test]
async fn scripts_of_the_clients_origins_read_its_answers() {
    let platform = TestPlatform::start().await;
    create_app(
        &platform.system(),
        "app",
        of_origin("http://localhost:6274/"),
    )
    .await;
    let form = [
        ("grant_type", "authorization_code"),
        ("client_id", "app"),
        ("code", "unknown"),
        ("redirect_uri", "http://127.0.0.1:7777/callback?app=1"),
        ("code_verifier", "x"),
    ];
    let app = App::new("app");
    let mut browser = Browser::new(&platform);
    let page = browser
        .sign_in(&app.address(), "admin", ADMIN_PASSWORD)
        .await;
    let code = page.param("code").unwrap();
    let redeem = |code: String| {
        let mut form = form;
        form[2].1 = code.leak();
        form[4].1 = app.verifier.clone().leak();
        form
    };
    for (origin, expected) in [
        (INSPECTOR, INSPECTOR),
        ("https://evil.example", ""),
        ("null", ""),
    ] {
        let answer = post(
            &platform,
            "/connect/revocation",
            origin,
            &[("client_id", "app"), ("token", "x")],
        )
        .await;
        assert_eq!(answer.header(ALLOWED), expected, "{origin}");
        assert_eq!(answer.header("vary"), "Origin");
    }
    let answer = post(&platform, "/connect/token", INSPECTOR, &redeem(code)).await;
    assert_eq!(
        (answer.status.as_u16(), answer.header(ALLOWED)),
        (200, INSPECTOR)
    );
    let token = answer.json()["access_token"].as_str().unwrap().to_owned();
    for (origin, expected) in [(INSPECTOR, INSPECTOR), ("https://evil.example", "")] {
        let request = platform.http.get(platform.url("/connect/userinfo"));
        let request = request.bearer_auth(&token).header("origin", origin);
        let answer = Answer::of(request.send().await.unwrap()).await;
        assert_eq!(
            (answer.status.as_u16(), answer.header(ALLOWED)),
            (200, expected)
        );
    }
    // Refusals after the client is known can be read as well.
    let refused = [("grant_type", "client_credentials"), ("client_id", "app")];
    let answer = post(&platform, "/connect/token", INSPECTOR, &refused).await;
    assert_eq!(
        (answer.status.as_u16(), answer.header(ALLOWED)),
        (400, INSPECTOR)
    );
    let tokens = admin_login(&platform, ALL_SCOPES).await;
    assert!(tokens["access_token"].is_string());
}

#[tokio::test]
async fn a_client_that_registered_itself_runs_where_it_is_sent_back_to() {
    let platform = TestPlatform::start().await;
    let body = json!({ "redirect_uris": [format!("{INSPECTOR}/oauth/callback")] });
    let request = platform.http.post(platform.url("/connect/register"));
    let request = request.header("origin", INSPECTOR).json(&body);
    let registered = Answer::of(request.send().await.unwrap()).await;
    assert_eq!(registered.header(ALLOWED), "*");
    let id = registered.json()["client_id"].as_str().unwrap().to_owned();
    let form = [("client_id", id.as_str()), ("token", "x")];
    let own = post(&platform, "/connect/revocation", INSPECTOR, &form).await;
    assert_eq!(own.header(ALLOWED), INSPECTOR);
    let other = post(
        &platform,
        "/connect/revocation",
        "http://localhost:1",
        &form,
    )
    .await;
    assert_eq!(other.header(ALLOWED), "");
}
