//! An MCP client that signs in by itself, as the protocol's authorization chapter has it: challenge →
//! protected resource metadata → metadata of the authorization server → registration → browser →
//! code → tokens → MCP with a bearer. No tool is involved.

use axum::Router;
use axum::routing::get;
use octo_mcp::config::AnonymousLogin;
use reqwest::StatusCode;
use reqwest::header::WWW_AUTHENTICATE;
use serde_json::{Value, json};

use crate::app::{App, PASSWORD, assert_success};
use crate::browser::{Browser, Page};
use crate::client::Client;

/// RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// What a client learns before it sends anybody to a browser.
struct Discovered {
    resource: String,
    scope: String,
    server: Value,
}

async fn document(url: &str) -> Value {
    let response = reqwest::get(url).await.unwrap();
    assert_eq!(response.status(), StatusCode::OK, "{url}");
    response.json().await.unwrap()
}

/// From the challenge to the metadata of the authorization server.
async fn discover(mcp: &str) -> Discovered {
    let http = reqwest::Client::new();
    let refused = http.post(mcp).json(&json!({})).send().await.unwrap();
    assert_eq!(refused.status(), StatusCode::UNAUTHORIZED);
    let challenge = refused.headers()[WWW_AUTHENTICATE].to_str().unwrap();
    let (_, rest) = challenge.split_once("resource_metadata=\"").unwrap();
    let resource = document(rest.split_once('"').unwrap().0).await;
    let issuer = resource["authorization_servers"][0].as_str().unwrap();
    let root = issuer.trim_end_matches('/');
    let server = document(&format!("{root}/.well-known/oauth-authorization-server")).await;
    let openid = document(&format!("{root}/.well-known/openid-configuration")).await;
    assert_eq!(server, openid);
    assert_eq!(server["issuer"], issuer);
    assert_eq!(server["code_challenge_methods_supported"], json!(["S256"]));
    let scopes = resource["scopes_supported"].as_array().unwrap();
    let scopes: Vec<_> = scopes.iter().map(|scope| scope.as_str().unwrap()).collect();
    Discovered {
        resource: resource["resource"].as_str().unwrap().to_owned(),
        scope: scopes.join(" "),
        server,
    }
}

/// The place of a native application a browser comes back to.
async fn callback() -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = Router::new().route("/callback", get(|| async { "back in the application" }));
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("http://{address}/callback")
}

fn param(page: &Page, name: &str) -> Option<String> {
    let mut pairs = page.url.query_pairs();
    let found = pairs.find(|(key, _)| key == name);
    found.map(|(_, value)| value.into_owned())
}

/// Registers, signs `admin` in with that button on the consent page, and comes back.
async fn authorize(found: &Discovered, redirect_uri: &str, button: &str) -> (String, Page) {
    let endpoint = found.server["registration_endpoint"].as_str().unwrap();
    let body = json!({
        "client_name": "Assistant", "redirect_uris": [redirect_uri],
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"], "token_endpoint_auth_method": "none",
    });
    let registered = reqwest::Client::new().post(endpoint).json(&body).send();
    let registered: Value = registered.await.unwrap().json().await.unwrap();
    let client_id = registered["client_id"].as_str().unwrap().to_owned();
    let endpoint = found.server["authorization_endpoint"].as_str().unwrap();
    let mut url: url::Url = endpoint.parse().unwrap();
    url.query_pairs_mut()
        .append_pair("response_type", "code")
        .append_pair("client_id", &client_id)
        .append_pair("redirect_uri", redirect_uri)
        .append_pair("scope", &found.scope)
        .append_pair("state", "s-1")
        .append_pair("code_challenge", CHALLENGE)
        .append_pair("code_challenge_method", "S256")
        .append_pair("resource", &found.resource);
    let mut browser = Browser::new();
    let page = browser
        .decide(url.as_str(), "admin", PASSWORD, button)
        .await;
    assert!(page.url.as_str().starts_with(redirect_uri), "{}", page.url);
    assert_eq!(param(&page, "state").as_deref(), Some("s-1"));
    let issuer = found.server["issuer"].as_str().map(str::to_owned);
    assert_eq!(param(&page, "iss"), issuer);
    (client_id, page)
}

async fn token(found: &Discovered, form: &[(&str, &str)]) -> (StatusCode, Value) {
    let endpoint = found.server["token_endpoint"].as_str().unwrap();
    let mut form = form.to_vec();
    form.push(("resource", &found.resource));
    let http = reqwest::Client::new();
    let response = http.post(endpoint).form(&form).send().await.unwrap();
    (response.status(), response.json().await.unwrap())
}

async fn strict() -> App {
    App::start_with(|config| config.mcp.anonymouslogin = AnonymousLogin::Off).await
}

#[tokio::test]
async fn a_client_signs_in_by_itself_and_uses_every_service() {
    let app = strict().await;
    let found = discover(&app.mcp_url()).await;
    let redirect_uri = callback().await;
    let (client_id, page) = authorize(&found, &redirect_uri, "allow").await;
    let code = param(&page, "code").unwrap();
    let (status, tokens) = token(
        &found,
        &[
            ("grant_type", "authorization_code"),
            ("client_id", &client_id),
            ("redirect_uri", &redirect_uri),
            ("code", &code),
            ("code_verifier", VERIFIER),
        ],
    )
    .await;
    assert_eq!(status, StatusCode::OK, "{tokens}");
    let refresh = tokens["refresh_token"].as_str().unwrap();
    let (status, renewed) = token(
        &found,
        &[
            ("grant_type", "refresh_token"),
            ("client_id", &client_id),
            ("refresh_token", refresh),
        ],
    )
    .await;
    assert_eq!(status, StatusCode::OK, "{renewed}");

    for (tokens, modern) in [(&tokens, false), (&renewed, true)] {
        let mut client = match modern {
            true => Client::modern(&app.mcp_url()),
            false => Client::new(&app.mcp_url()),
        };
        client.bearer = tokens["access_token"].as_str().map(str::to_owned);
        if !modern {
            client.initialize().await;
        }
        let me = client.call("whoami", json!({})).await;
        assert_success(&me);
        // The token is for the MCP server alone; the services get one of their own.
        let users = client
            .call("get_users", json!({"tenantId": "octosystem"}))
            .await;
        assert_success(&users);
    }
}

#[tokio::test]
async fn a_denied_client_learns_that_and_stays_outside() {
    let app = strict().await;
    let found = discover(&app.mcp_url()).await;
    let redirect_uri = callback().await;
    let (_, page) = authorize(&found, &redirect_uri, "deny").await;
    assert_eq!(param(&page, "error").as_deref(), Some("access_denied"));
    assert_eq!(param(&page, "code"), None);
}
