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

#[tokio::test]
async fn consent_is_asked_can_be_denied_and_is_remembered() {
    let platform = TestPlatform::start().await;
    let asking = Attributes::new().set("RequireConsent", true);
    create_app(&platform.system(), "app", asking).await;
    let (app, mut browser) = (App::new("app"), Browser::new(&platform));
    let page = sign_in(&mut browser, &app).await;
    for shown in [
        "Test application",
        "127.0.0.1:7777",
        "Full access to all Octo platform APIs",
        "Offline Access",
        "admin",
    ] {
        assert!(
            page.html.contains(shown),
            "{shown} is missing in {}",
            page.html
        );
    }
    let policy = page.headers["content-security-policy"].to_str().unwrap();
    assert!(
        policy.contains("form-action 'self' http://127.0.0.1:7777;"),
        "{policy}"
    );
    assert!(policy.contains("default-src 'none'") && !page.html.contains("<script"));
    let form = page.form("/consent");
    let silent = app.clone().with("prompt", "none");
    let page = browser.open(&silent.address()).await;
    assert_eq!(page.param("error").as_deref(), Some("consent_required"));

    let forged = form.clone().with("csrf", "x").with("decision", "allow");
    assert_eq!(browser.submit(&forged).await.status, 403);
    let denied = form.clone().with("decision", "deny").with("remember", "");
    let page = browser.submit(&denied).await;
    assert!(page.path.starts_with(REDIRECT_URI), "{}", page.path);
    assert_eq!(page.param("error").as_deref(), Some("access_denied"));
    assert_eq!(page.param("state").as_deref(), Some("of the app & more"));
    assert!(page.param("code").is_none());

    let allowed = form.with("decision", "allow").with("remember", "yes");
    let page = browser.submit(&allowed).await;
    let answer = app.redeem(&platform, &page.param("code").unwrap()).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let page = browser.open(&silent.address()).await;
    assert!(page.param("code").is_some(), "{}", page.path);
    let more = silent.with("scope", "openid email");
    let page = browser.open(&more.address()).await;
    assert_eq!(page.param("error").as_deref(), Some("consent_required"));
}

#[tokio::test]
async fn what_the_form_says_is_checked_again() {
    let platform = TestPlatform::start().await;
    let asking = Attributes::new().set("RequireConsent", true);
    create_app(&platform.system(), "app", asking).await;
    let (app, mut browser) = (App::new("app"), Browser::new(&platform));
    let form = sign_in(&mut browser, &app).await.form("/consent");
    let foreign = app.with("redirect_uri", "https://evil.example/cb");
    let query = foreign.address();
    let query = query.split_once('?').unwrap().1;
    let page = browser
        .submit(&form.with("request", query).with("decision", "allow"))
        .await;
    assert_eq!(
        (page.status.as_u16(), page.path.as_str()),
        (400, "/octosystem/consent")
    );
}

#[tokio::test]
async fn a_code_is_bound_to_client_address_verifier_and_time() {
    let platform = with_app().await;
    create_app(&platform.system(), "other", Attributes::new()).await;
    let (app, mut browser) = (App::new("app"), Browser::new(&platform));
    let mut code = sign_in(&mut browser, &app).await.param("code");
    let foreign = App::new("other");
    let moved = app
        .clone()
        .with("redirect_uri", "http://127.0.0.1:7778/callback?app=1");
    for (redeemer, verifier) in [
        (&app, &foreign.verifier),
        (&foreign, &app.verifier),
        (&moved, &app.verifier),
    ] {
        let current = code.take().unwrap();
        let answer = redeemer.redeem_with(&platform, &current, verifier).await;
        assert_eq!(answer.error(), "invalid_grant", "{}", answer.text);
        let again = app.redeem(&platform, &current).await;
        assert_eq!(
            again.error(),
            "invalid_grant",
            "a wrong attempt uses the code up"
        );
        code = browser.open(&app.address()).await.param("code");
    }
    let wrong_tenant = platform
        .token(&[
            ("grant_type", "authorization_code"),
            ("client_id", "app"),
            ("redirect_uri", REDIRECT_URI),
            ("code", code.as_deref().unwrap()),
            ("code_verifier", &app.verifier),
            ("acr_values", "tenant:acme"),
        ])
        .await;
    assert_eq!(wrong_tenant.error(), "invalid_grant");
    platform.advance(301);
    let late = app.redeem(&platform, &code.unwrap()).await;
    assert_eq!(late.error(), "invalid_grant");
}

#[tokio::test]
async fn a_replayed_code_ends_the_tokens_it_led_to() {
    let platform = with_app().await;
    let (app, mut browser) = (App::new("app"), Browser::new(&platform));
    let code = sign_in(&mut browser, &app).await.param("code").unwrap();
    let tokens = app.redeem(&platform, &code).await.json();
    let refresh = async || {
        platform
            .token(&[
                ("grant_type", "refresh_token"),
                ("client_id", "app"),
                ("refresh_token", tokens["refresh_token"].as_str().unwrap()),
            ])
            .await
    };
    assert_eq!(refresh().await.status, 200);
    assert_eq!(app.redeem(&platform, &code).await.error(), "invalid_grant");
    assert_eq!(refresh().await.error(), "invalid_grant");
}

#[tokio::test]
async fn nothing_is_sent_to_an_address_that_is_not_the_clients() {
    let platform = with_app().await;
    let device = crate::platform::DEVICE_CLIENT;
    for app in [
        App::new("app").with("redirect_uri", "https://evil.example/cb"),
        App::new("app").with("redirect_uri", "http://127.0.0.1:7777/callback"),
        App::new("app").with("redirect_uri", "//evil.example"),
        App::new("app").with("redirect_uri", ""),
        App::new("nobody"),
        App::new(""),
        App::new(device),
        App::new("app").with("acr_values", "tenant:nowhere"),
        App::new("app").with("state", &"x".repeat(7000)),
    ] {
        let page = Browser::new(&platform).open(&app.address()).await;
        assert_eq!(page.status, 400, "{}", page.path);
        assert!(page.path.starts_with('/') && !page.alert().is_empty());
        assert!(!page.html.contains("evil"), "{}", page.html);
    }
    let repeated = format!("{}&client_id=app", App::new("app").address());
    assert_eq!(platform.get(&repeated).await.status, 400);
}

#[tokio::test]
async fn faulty_requests_are_answered_to_the_client() {
    let platform = with_app().await;
    let app = || App::new("app");
    for (app, error) in [
        (
            app().with("response_type", "token"),
            "unsupported_response_type",
        ),
        (app().with("response_type", ""), "invalid_request"),
        (app().with("response_mode", "fragment"), "invalid_request"),
        (app().with("code_challenge", ""), "invalid_request"),
        (app().with("code_challenge", "short"), "invalid_request"),
        (
            app().with("code_challenge_method", "plain"),
            "invalid_request",
        ),
        (app().with("code_challenge_method", ""), "invalid_request"),
        (app().with("scope", "openid nonsense"), "invalid_scope"),
        (
            app().with("resource", "https://evil.example/"),
            "invalid_target",
        ),
        (app().with("prompt", "none login"), "invalid_request"),
        (app().with("prompt", "create"), "invalid_request"),
        (app().with("prompt", "none"), "login_required"),
        (app().with("max_age", "soon"), "invalid_request"),
        (app().with("request", "x"), "request_not_supported"),
        (app().with("request_uri", "x"), "request_uri_not_supported"),
    ] {
        let page = Browser::new(&platform).open(&app.address()).await;
        assert!(page.path.starts_with(REDIRECT_URI), "{}", page.path);
        assert_eq!(page.param("error").as_deref(), Some(error), "{}", page.path);
        assert!(page.param("state").is_some() && page.param("iss").is_some());
    }
}

#[tokio::test]
async fn a_new_log_in_is_asked_for_when_the_client_wants_one() {
    let platform = with_app().await;
    let (app, mut browser) = (App::new("app"), Browser::new(&platform));
    sign_in(&mut browser, &app).await;
    assert!(browser.open(&app.address()).await.param("code").is_some());
    let again = app.clone().with("prompt", "login");
    let page = sign_in(&mut browser, &again).await;
    assert!(page.param("code").is_some(), "{}", page.path);
    for since in ["0", "0.", "99999999999", "0.AAAA"] {
        let skipping = again.clone().with("signed_in_since", since);
        let page = sign_in(&mut browser, &skipping).await;
        assert!(page.param("code").is_some(), "{}", page.path);
    }
    platform.advance(100);
    let recent = app.clone().with("max_age", "120");
    assert!(
        browser
            .open(&recent.address())
            .await
            .param("code")
            .is_some()
    );
    let page = sign_in(&mut browser, &app.with("max_age", "60")).await;
    assert!(page.param("code").is_some(), "{}", page.path);
}

#[tokio::test]
async fn the_proof_of_a_new_log_in_holds_for_its_request_alone() {
    let platform = with_app().await;
    let mut browser = Browser::new(&platform);
    let again = App::new("app").with("prompt", "login");
    let page = browser.open(&again.address()).await;
    let return_url = page.form("/login").value("returnUrl").to_owned();
    let query = return_url.split_once('?').unwrap().1;
    let mut pairs = url::form_urlencoded::parse(query.as_bytes());
    let proof = pairs.find(|(name, _)| name == "signed_in_since").unwrap().1;
    let page = sign_in(&mut browser, &again).await;
    assert!(page.param("code").is_some(), "{}", page.path);
    let page = browser.open(&return_url).await;
    assert!(page.param("code").is_some(), "{}", page.path);
    let other = again.with("nonce", "n-2").with("signed_in_since", &proof);
    let page = browser.open(&other.address()).await;
    assert!(page.path.starts_with("/octosystem/login?"), "{}", page.path);
}

#[tokio::test]
async fn an_answer_can_be_posted() {
    let platform = with_app().await;
    let app = App::new("app").with("response_mode", "form_post");
    let page = sign_in(&mut Browser::new(&platform), &app).await;
    let form = page.form("/callback?app=1");
    assert_eq!(form.action, REDIRECT_URI);
    assert_eq!(form.value("state"), "of the app & more");
    let policy = page.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.contains("http://127.0.0.1:7777"), "{policy}");
    assert_eq!(app.redeem(&platform, form.value("code")).await.status, 200);
}

#[tokio::test]
async fn tokens_are_meant_for_the_resource_that_was_asked_for() {
    let platform = with_app().await;
    let app = App::new("app").with("resource", &format!("{MCP_URL}/mcp"));
    let mut browser = Browser::new(&platform);
    let code = sign_in(&mut browser, &app).await.param("code").unwrap();
    let tokens = app.redeem(&platform, &code).await.json();
    let mcp = json!([format!("{MCP_URL}/")]);
    let audience = |tokens: &serde_json::Value| {
        claims(tokens["access_token"].as_str().unwrap())["aud"].clone()
    };
    assert_eq!(audience(&tokens), mcp);
    let refresh = async |resource: &str| {
        platform
            .token(&[
                ("grant_type", "refresh_token"),
                ("client_id", "app"),
                ("refresh_token", tokens["refresh_token"].as_str().unwrap()),
                ("resource", resource),
            ])
            .await
    };
    assert_eq!(refresh("octoAPI").await.error(), "invalid_target");
    assert_eq!(audience(&refresh(MCP_URL).await.json()), mcp);
}

#[tokio::test]
async fn a_code_of_a_child_tenant_is_for_its_user() {
    let platform = TestPlatform::start().await;
    let acme = platform.create_tenant("octosystem", "acme").await;
    create_app(&acme, "app", Attributes::new()).await;
    platform.create_user(&acme, "ada", ADMIN_PASSWORD).await;
    let app = App::new("app").with("acr_values", "tenant:Acme");
    let page = Browser::new(&platform)
        .sign_in(&app.address(), "ada", ADMIN_PASSWORD)
        .await;
    let tokens = app.redeem(&platform, &page.param("code").unwrap()).await;
    let tokens = tokens.json();
    let access = claims(tokens["access_token"].as_str().unwrap());
    assert_eq!(access["tenant_id"], "acme");
}

#[tokio::test]
async fn a_person_says_which_tenant_is_meant_if_the_request_does_not() {
    let platform = TestPlatform::start().await;
    let unnamed = App::new("app").with("acr_values", "");
    create_app(&platform.system(), "app", Attributes::new()).await;
    let page = Browser::new(&platform).open(&unnamed.address()).await;
    assert!(
        page.path.starts_with("/octosystem/login"),
        "the only one there is"
    );

    let acme = platform.create_tenant("octosystem", "acme").await;
    create_app(&acme, "app", Attributes::new()).await;
    let mut browser = Browser::new(&platform);
    let page = browser.open(&unnamed.address()).await;
    let form = page.form("/tenant-discovery");
    assert_eq!(form.value("tenant"), "octosystem");
    let request = url::form_urlencoded::byte_serialize(form.value("request").as_bytes());
    let request: String = request.collect();
    let choose = async |browser: &mut Browser<'_>, tenant: &str| {
        let address = format!("{}?request={request}&tenant={tenant}", form.action);
        browser.open(&address).await
    };
    let page = choose(&mut browser, "nowhere").await;
    assert_eq!(page.alert(), "There is no tenant of this name.");
    let page = choose(&mut browser, "Acme").await;
    assert!(page.path.starts_with("/acme/login"), "{}", page.path);

    let endpoint = unnamed.with("resource", &format!("{MCP_URL}/acme/mcp"));
    let page = Browser::new(&platform).open(&endpoint.address()).await;
    assert!(page.path.starts_with("/acme/login"), "{}", page.path);
}

#[tokio::test]
async fn a_token_for_the_mcp_server_becomes_one_for_the_services() {
    let platform = with_app().await;
    let app = App::new("app").with("resource", MCP_URL);
    let mut browser = Browser::new(&platform);
    let code = sign_in(&mut browser, &app).await.param("code").unwrap();
    let tokens = app.redeem(&platform, &code).await.json();
    let token = tokens["access_token"].as_str().unwrap();
    let exchange = async |extra: (&str, &str), scope: &str| {
        let grant = "urn:ietf:params:oauth:grant-type:token-exchange";
        platform
            .token(&[
                ("grant_type", grant),
                ("client_id", crate::platform::DEVICE_CLIENT),
                ("subject_token", token),
                ("acr_values", "tenant:octosystem"),
                ("scope", scope),
                extra,
            ])
            .await
    };
    let answer = exchange(("audience", "octoAPI"), "openid octo_api").await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let exchanged = claims(answer.json()["access_token"].as_str().unwrap());
    let own = claims(token);
    assert_eq!(exchanged["aud"], json!(["octoAPI"]));
    for same in ["sub", "tenant_id", "role", "auth_time"] {
        assert_eq!(exchanged[same], own[same], "{same}");
    }
    let foreign = exchange(("audience", "other"), "openid octo_api").await;
    assert_eq!(foreign.error(), "unauthorized_client");
}
