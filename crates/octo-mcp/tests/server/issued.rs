//! Tokens as the issuer could sign them, and as it never would (spec, auth 11, O5 to O7, O17, O19,
//! O22, P4, P12 and P13).

use octo_platform::token::{AccessClaims, Values};
use reqwest::{Client as Http, StatusCode};
use serde_json::{Value, json};

use crate::app::{App, assert_failure, assert_success};
use crate::client::{Client, LEGACY};
use crate::wire::initialize;

/// Claims of a user without roles, for the address the server knows as issuer.
pub fn claims(app: &App) -> AccessClaims {
    let now = i64::try_from(
        std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .unwrap()
            .as_secs(),
    )
    .unwrap();
    AccessClaims {
        iss: format!("{}/", app.identity_url()),
        iat: now,
        nbf: now,
        exp: now + 3600,
        jti: "test".to_owned(),
        aud: vec!["octoAPI".to_owned()],
        scope: vec!["openid".to_owned(), "octo_api".to_owned()],
        client_id: "test".to_owned(),
        sub: Some("65d5c447b420da3fb12381bc".to_owned()),
        auth_time: Some(now),
        idp: Some("local".to_owned()),
        amr: vec!["pwd".to_owned()],
        sid: None,
        tenant_id: Some("octosystem".to_owned()),
        allowed_tenants: Values::default(),
        role: Values::default(),
    }
}

async fn open(app: &App, path: &str, token: &str) -> reqwest::Response {
    let request = Http::new()
        .post(format!("{}{path}", app.base_url()))
        .header("Accept", "application/json, text/event-stream")
        .bearer_auth(token)
        .json(&initialize(LEGACY));
    request.send().await.unwrap()
}

#[tokio::test]
async fn the_tenant_of_the_token_decides_about_the_route() {
    let app = App::start().await;
    let own = app.sign(&claims(&app));
    for (path, status) in [
        ("/mcp", StatusCode::OK),
        ("/octosystem/mcp", StatusCode::OK),
        ("/OctoSystem/mcp", StatusCode::OK),
        ("/acme/mcp", StatusCode::FORBIDDEN),
    ] {
        let answer = open(&app, path, &own).await;
        assert_eq!(answer.status(), status, "{path}");
        if status == StatusCode::FORBIDDEN {
            assert_eq!(answer.text().await.unwrap(), "");
        }
    }
    let shouting = app.sign(&AccessClaims {
        tenant_id: Some("OCTOSYSTEM".to_owned()),
        ..claims(&app)
    });
    let answer = open(&app, "/octosystem/mcp", &shouting).await;
    assert_eq!(answer.status(), StatusCode::OK);
    let homeless = app.sign(&AccessClaims {
        tenant_id: None,
        ..claims(&app)
    });
    let refused = open(&app, "/octosystem/mcp", &homeless).await;
    assert_eq!(refused.status(), StatusCode::FORBIDDEN);
    assert_eq!(open(&app, "/mcp", &homeless).await.status(), StatusCode::OK);
}

#[tokio::test]
async fn expired_foreign_and_narrow_tokens_are_refused_each_in_its_way() {
    let app = App::start().await;
    let good = claims(&app);
    let expired = AccessClaims {
        exp: good.iat - 600,
        iat: good.iat - 4200,
        nbf: good.iat - 4200,
        ..good.clone()
    };
    let elsewhere = AccessClaims {
        aud: vec!["https://other.example/".to_owned()],
        ..good.clone()
    };
    let forged = AccessClaims {
        iss: "https://other.example/".to_owned(),
        ..good.clone()
    };
    for claims in [&expired, &elsewhere, &forged] {
        let answer = open(&app, "/mcp", &app.sign(claims)).await;
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED, "{claims:?}");
        let challenge = answer.headers()["www-authenticate"].to_str().unwrap();
        assert!(challenge.contains("error=\"invalid_token\""), "{challenge}");
    }
    let narrow = AccessClaims {
        scope: vec!["openid".to_owned(), "profile".to_owned()],
        ..good
    };
    let answer = open(&app, "/mcp", &app.sign(&narrow)).await;
    assert_eq!(answer.status(), StatusCode::FORBIDDEN);
    let challenge = answer.headers()["www-authenticate"].to_str().unwrap();
    assert!(
        challenge.contains("error=\"insufficient_scope\""),
        "{challenge}"
    );
}

/// The original takes opaque tokens and then fails to read them; here they are no tokens.
#[tokio::test]
async fn an_opaque_token_opens_nothing() {
    let app = App::start().await;
    let answer = open(&app, "/mcp", "opaque-token").await;
    assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_missing_tenant_is_reported_before_a_missing_sign_in() {
    let app = App::start().await;
    let mut nobody = app.client().await;
    let answer = nobody.call("get_users", json!({})).await;
    assert_failure(
        &answer,
        "No tenant ID specified. Provide a 'tenantId' parameter or use the /{tenantId}/mcp endpoint.",
    );
}

fn has_null(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.iter().any(has_null),
        Value::Object(members) => members.values().any(has_null),
        _ => false,
    }
}

#[tokio::test]
async fn no_answer_holds_nulls() {
    let app = App::start().await;
    let mut admin: Client = app.admin().await;
    for tool in [
        "get_users",
        "get_roles",
        "get_groups",
        "get_external_tenant_user_mappings",
        "whoami",
        "auth_status",
        "list_tenants",
    ] {
        let answer = admin.call(tool, json!({"tenantId": "octosystem"})).await;
        assert_success(&answer);
        assert!(!has_null(&answer), "{tool}: {answer}");
    }
}
