//! The device flow, from the first request to the decoded token (auth.md 11, S1–S3, S8).

use serde_json::json;

use crate::browser::{Browser, admin_login};
use crate::platform::{ADMIN_PASSWORD, ALL_SCOPES, DEVICE_CLIENT, MCP_URL, TestPlatform, claims};

#[tokio::test]
async fn the_whole_way_through_the_forms() {
    let platform = TestPlatform::start().await;
    let started = platform
        .start_device("OctoSystem", DEVICE_CLIENT, ALL_SCOPES)
        .await;
    assert_eq!(started.header("cache-control"), "no-store");
    let started = started.json();
    let user_code = started["user_code"].as_str().unwrap();
    assert!(user_code.len() == 9 && user_code.bytes().all(|byte| byte.is_ascii_digit()));
    assert_eq!(
        (&started["expires_in"], &started["interval"]),
        (&json!(300), &json!(5))
    );
    let uri = format!("{}/octosystem/device", platform.identity());
    assert_eq!(started["verification_uri"], uri);
    assert_eq!(
        started["verification_uri_complete"],
        format!("{uri}?userCode={user_code}")
    );

    let mut browser = Browser::new(&platform);
    let page = browser
        .sign_in("/octosystem/device", "Admin", ADMIN_PASSWORD)
        .await;
    assert_eq!(page.path, "/octosystem/device");
    let typed = format!("{}+{}", &user_code[..3], &user_code[3..]);
    let page = browser
        .submit(&page.form("/device").with("userCode", &typed))
        .await;
    for shown in [
        "OctoMesh MCP Services Device Client",
        "Full access to all Octo platform APIs",
        "Offline Access",
        "127.0.0.1",
        "admin",
    ] {
        assert!(
            page.html.contains(shown),
            "{shown} is missing in {}",
            page.html
        );
    }
    let device_code = started["device_code"].as_str().unwrap();
    assert_eq!(
        platform.poll(DEVICE_CLIENT, device_code).await.error(),
        "authorization_pending"
    );

    let page = browser
        .submit(&page.form("/device/confirm").with("decision", "allow"))
        .await;
    assert!(page.html.contains("Access allowed"), "{}", page.html);
    assert_eq!(
        platform.poll(DEVICE_CLIENT, device_code).await.error(),
        "slow_down"
    );
    platform.advance(5);
    let tokens = platform.poll(DEVICE_CLIENT, device_code).await;
    assert_eq!(tokens.status, 200, "{}", tokens.text);
    assert_eq!(tokens.header("cache-control"), "no-store");
    let tokens = tokens.json();
    assert_eq!(tokens["token_type"], "Bearer");
    assert_eq!(tokens["expires_in"], 3600);
    assert_eq!(tokens["scope"], ALL_SCOPES);
    assert!(tokens["id_token"].is_string() && tokens["refresh_token"].is_string());

    platform.advance(5);
    assert_eq!(
        platform.poll(DEVICE_CLIENT, device_code).await.error(),
        "invalid_grant"
    );
}

#[tokio::test]
async fn the_access_token_carries_the_documented_claims() {
    let platform = TestPlatform::start().await;
    let tokens = admin_login(&platform, ALL_SCOPES).await;
    let claims = claims(tokens["access_token"].as_str().unwrap());
    assert_eq!(claims["iss"], format!("{}/", platform.identity()));
    assert_eq!(claims["aud"], json!(["octoAPI", format!("{MCP_URL}/")]));
    assert_eq!(
        claims["scope"],
        json!(ALL_SCOPES.split(' ').collect::<Vec<_>>())
    );
    assert_eq!(claims["client_id"], DEVICE_CLIENT);
    assert_eq!(claims["sub"], platform.admin().await.rt_id.to_string());
    assert_eq!(claims["tenant_id"], "octosystem");
    assert_eq!(claims["allowed_tenants"], "octosystem");
    assert_eq!(claims["role"].as_array().unwrap().len(), 14);
    assert_eq!(
        (&claims["idp"], &claims["amr"]),
        (&json!("local"), &json!(["pwd"]))
    );
    assert_eq!(
        claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(),
        3600
    );
    for absent in [
        "name",
        "preferred_username",
        "email",
        "given_name",
        "family_name",
    ] {
        assert!(claims.get(absent).is_none(), "{absent}");
    }
}

#[tokio::test]
async fn userinfo_answers_to_the_token_and_to_nothing_else() {
    let platform = TestPlatform::start().await;
    let tokens = admin_login(&platform, "openid profile email role octo_api").await;
    let userinfo = |token: String| {
        platform
            .http
            .get(platform.url("/connect/userinfo"))
            .bearer_auth(token)
            .send()
    };
    let token = tokens["access_token"].as_str().unwrap().to_owned();
    let body: serde_json::Value = userinfo(token).await.unwrap().json().await.unwrap();
    assert_eq!(body["preferred_username"], "admin");
    assert_eq!(body["tenant_id"], "octosystem");
    let id_token = tokens["id_token"].as_str().unwrap().to_owned();
    assert_eq!(userinfo(id_token).await.unwrap().status(), 401);
    assert_eq!(platform.get("/connect/userinfo").await.status, 401);
    let narrow = admin_login(&platform, "octo_api").await;
    let token = narrow["access_token"].as_str().unwrap().to_owned();
    assert_eq!(userinfo(token).await.unwrap().status(), 403);
}

#[tokio::test]
async fn a_denied_request_ends() {
    let platform = TestPlatform::start().await;
    let started = platform
        .start_device("octosystem", DEVICE_CLIENT, "openid")
        .await
        .json();
    let path = format!(
        "/octosystem/device?userCode={}",
        started["user_code"].as_str().unwrap()
    );
    let mut browser = Browser::new(&platform);
    let page = browser.sign_in(&path, "admin", ADMIN_PASSWORD).await;
    let confirm = page.form("/device/confirm");
    let page = browser
        .submit(&confirm.clone().with("decision", "deny"))
        .await;
    assert!(page.html.contains("Access denied"), "{}", page.html);
    let code = started["device_code"].as_str().unwrap();
    assert_eq!(
        platform.poll(DEVICE_CLIENT, code).await.error(),
        "access_denied"
    );
    let page = browser.submit(&confirm.with("decision", "allow")).await;
    assert_eq!(
        (page.status.as_u16(), page.alert().as_str()),
        (404, "Invalid or expired device code")
    );
}

#[tokio::test]
async fn an_expired_request_cannot_be_allowed() {
    let platform = TestPlatform::start().await;
    let started = platform
        .start_device("octosystem", DEVICE_CLIENT, "openid")
        .await
        .json();
    let path = format!(
        "/octosystem/device?userCode={}",
        started["user_code"].as_str().unwrap()
    );
    let mut browser = Browser::new(&platform);
    let page = browser.sign_in(&path, "admin", ADMIN_PASSWORD).await;
    platform.advance(300);
    let page = browser
        .submit(&page.form("/device/confirm").with("decision", "allow"))
        .await;
    assert_eq!(page.alert(), "Invalid or expired device code");
    let code = started["device_code"].as_str().unwrap();
    assert_eq!(
        platform.poll(DEVICE_CLIENT, code).await.error(),
        "expired_token"
    );
}

#[tokio::test]
async fn a_code_belongs_to_client_and_tenant() {
    let platform = TestPlatform::start().await;
    platform.create_tenant("octosystem", "acme").await;
    let started = platform
        .start_device("acme", DEVICE_CLIENT, "openid")
        .await
        .json();
    let code = started["device_code"].as_str().unwrap();
    assert_eq!(
        platform.poll("octo-cli", code).await.error(),
        "invalid_grant"
    );
    let contradicted = platform
        .token(&[
            ("grant_type", "urn:ietf:params:oauth:grant-type:device_code"),
            ("client_id", DEVICE_CLIENT),
            ("device_code", code),
            ("acr_values", "tenant:octosystem"),
        ])
        .await;
    assert_eq!(contradicted.error(), "invalid_grant");
    let mut browser = Browser::new(&platform);
    let path = format!(
        "/octosystem/device?userCode={}",
        started["user_code"].as_str().unwrap()
    );
    let page = browser.sign_in(&path, "admin", ADMIN_PASSWORD).await;
    assert_eq!(page.alert(), "Invalid or expired device code");
}

#[tokio::test]
async fn faulty_requests_are_refused_with_the_right_code() {
    let platform = TestPlatform::start().await;
    let start = async |tenant, client, scope| platform.start_device(tenant, client, scope).await;
    assert_eq!(
        start("octosystem", "nobody", "openid").await.error(),
        "invalid_client"
    );
    let swagger = "octo-mcpServices-swagger";
    assert_eq!(
        start("octosystem", swagger, "openid").await.error(),
        "unauthorized_client"
    );
    let unknown = start("octosystem", DEVICE_CLIENT, "openid everything").await;
    assert_eq!(unknown.error(), "invalid_scope");
    assert_eq!(
        start("nowhere", DEVICE_CLIENT, "openid").await.error(),
        "invalid_request"
    );
    let repeated = platform
        .post(
            "/connect/token",
            &[("grant_type", "refresh_token"), ("grant_type", "password")],
        )
        .await;
    assert_eq!(
        (repeated.status.as_u16(), repeated.error().as_str()),
        (400, "invalid_request")
    );
    let password = platform
        .token(&[("grant_type", "password"), ("client_id", "octo-cli")])
        .await;
    assert_eq!(password.error(), "unsupported_grant_type");
    let json = platform
        .http
        .post(platform.url("/connect/token"))
        .body("{}")
        .send()
        .await
        .unwrap();
    assert_eq!(json.status(), 400);
    let get = platform.get("/connect/token").await;
    assert_eq!(get.status, 405);
}
