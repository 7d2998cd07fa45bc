//! Discovery, keys, and what every listener answers.

use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::Value;

use crate::browser::admin_login;
use crate::platform::{MCP_URL, TestPlatform};

#[tokio::test]
async fn both_documents_are_the_same_and_name_what_exists() {
    let platform = TestPlatform::start().await;
    let openid = platform.get("/.well-known/openid-configuration").await;
    let oauth = platform
        .get("/.well-known/oauth-authorization-server")
        .await;
    assert_eq!(openid.status, 200);
    assert_eq!(openid.json(), oauth.json());
    let document = openid.json();
    assert_eq!(document["issuer"], format!("{}/", platform.identity()));
    for endpoint in [
        "token_endpoint",
        "device_authorization_endpoint",
        "userinfo_endpoint",
    ] {
        let path = document[endpoint]
            .as_str()
            .unwrap()
            .strip_prefix(platform.identity())
            .unwrap();
        assert_ne!(platform.post(path, &[]).await.status, 404, "{endpoint}");
    }
}

#[tokio::test]
async fn tokens_verify_with_the_published_key() {
    let platform = TestPlatform::start().await;
    let tokens = admin_login(&platform, "openid octo_api").await;
    let jwks = platform
        .get("/.well-known/openid-configuration/jwks")
        .await
        .text;
    let jwks: JwkSet = serde_json::from_str(&jwks).unwrap();
    let token = tokens["access_token"].as_str().unwrap();
    let header = jsonwebtoken::decode_header(token).unwrap();
    assert_eq!(header.typ.as_deref(), Some("at+jwt"));
    let key = DecodingKey::from_jwk(jwks.find(&header.kid.unwrap()).unwrap()).unwrap();
    let mut rules = Validation::new(Algorithm::RS256);
    rules.set_audience(&["octoAPI", &format!("{MCP_URL}/")]);
    rules.set_issuer(&[format!("{}/", platform.identity())]);
    jsonwebtoken::decode::<Value>(token, &key, &rules).unwrap();
}

#[tokio::test]
async fn unknown_routes_answer_404_in_json_on_every_listener() {
    let platform = TestPlatform::start().await;
    let urls = platform.running.urls().clone();
    for url in [
        urls.identity,
        urls.assets,
        urls.communication,
        urls.bot,
        urls.reporting,
    ] {
        let answer = platform
            .http
            .get(format!("{url}/no/such/route"))
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 404, "{url}");
        let body: Value = answer.json().await.unwrap();
        assert_eq!(body["status"], 404);
    }
}

#[tokio::test]
async fn a_foreign_host_name_is_refused() {
    let platform = TestPlatform::start().await;
    let request = platform.http.get(platform.url("/octosystem/login"));
    let answer = request
        .header("host", "rebound.example:5003")
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 421);
}

#[tokio::test]
async fn a_taken_port_is_reported_with_service_and_address() {
    let platform = TestPlatform::start().await;
    let dir = tempfile::tempdir().unwrap();
    let mut config = octo_platform::PlatformConfig::embedded(dir.path(), MCP_URL);
    config.bind = octo_platform::BindAddresses::free_ports();
    config.bind.bot = platform
        .running
        .urls()
        .bot
        .trim_start_matches("http://")
        .parse()
        .unwrap();
    let error = octo_platform::Platform::start(config)
        .await
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("the bot service cannot listen on 127.0.0.1:"),
        "{error}"
    );
}
