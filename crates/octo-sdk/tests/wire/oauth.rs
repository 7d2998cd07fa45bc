//! Requests of the OpenID provider.

use octo_sdk::oauth::{DEVICE_CLIENT_ID, OAuthClient, OAuthFailure};
use octo_sdk::{AccessToken, Secret};

use crate::http;
use crate::recorder::Recorder;

async fn oauth(answers: &[(u16, &str)]) -> (Recorder, OAuthClient) {
    let server = Recorder::start(answers).await;
    let client = OAuthClient::new(&http(), server.url.clone(), DEVICE_CLIENT_ID);
    (server, client)
}

const TOKENS: &str = r#"{"access_token":"at-1","refresh_token":"rt-1","token_type":"Bearer",
    "expires_in":3600,"scope":"openid octo_api"}"#;

#[tokio::test]
async fn device_authorization() {
    let (server, client) = oauth(&[(
        200,
        r#"{"device_code":"dc","user_code":"123456789","verification_uri":"http://h/acme/device",
            "expires_in":300,"interval":0}"#,
    )])
    .await;
    let pending = client.device_authorization("acme").await.unwrap();
    assert_eq!(pending.user_code, "123456789");
    assert_eq!((pending.expires_in, pending.interval), (300, 5));
    assert_eq!(pending.verification_uri_complete, None);
    let request = server.only();
    assert_eq!(request.line, "POST /connect/deviceauthorization");
    assert_eq!(
        request.header("content-type"),
        "application/x-www-form-urlencoded"
    );
    assert_eq!(
        request.body,
        "client_id=octo-mcpServices-device\
         &scope=openid+profile+email+role+octo_api+offline_access&acr_values=tenant%3Aacme"
    );
}

#[tokio::test]
async fn polling() {
    let (server, client) = oauth(&[
        (400, r#"{"error":"authorization_pending"}"#),
        (
            400,
            r#"{"error":"access_denied","error_description":"The user said no."}"#,
        ),
        (200, TOKENS),
    ])
    .await;
    let code = Secret::new("dc");
    let Err(OAuthFailure::Refused(pending)) = client.poll_device_token(&code).await else {
        panic!("expected a refusal");
    };
    assert_eq!(pending.error, "authorization_pending");
    assert_eq!(pending.status.as_u16(), 400);
    assert_eq!(pending.to_string(), "authorization_pending - ");
    let denied = client.poll_device_token(&code).await.unwrap_err();
    assert_eq!(denied.to_string(), "access_denied - The user said no.");
    let tokens = client.poll_device_token(&code).await.unwrap();
    assert_eq!(tokens.access_token.expose(), "at-1");
    assert_eq!(tokens.expires_in, 3600);
    let printed = format!("{tokens:?}");
    assert!(
        !printed.contains("at-1") && !printed.contains("rt-1"),
        "{printed}"
    );
    assert_eq!(
        server.requests()[0].body,
        "client_id=octo-mcpServices-device\
         &grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Adevice_code&device_code=dc"
    );
}

#[tokio::test]
async fn refresh_names_its_tenant() {
    let (server, client) = oauth(&[
        (
            200,
            r#"{"access_token":"at","refresh_token":"","expires_in":"60"}"#,
        ),
        (200, TOKENS),
    ])
    .await;
    let renewed = client
        .refresh(&Secret::new("rt"), Some("acme"))
        .await
        .unwrap();
    assert_eq!(
        renewed.refresh_token, None,
        "an empty refresh token is none"
    );
    assert_eq!(renewed.expires_in, 60);
    client.refresh(&Secret::new("rt"), None).await.unwrap();
    let requests = server.requests();
    assert_eq!(requests[0].line, "POST /connect/token");
    let plain = "client_id=octo-mcpServices-device&grant_type=refresh_token&refresh_token=rt";
    assert_eq!(
        requests[0].body,
        format!("{plain}&acr_values=tenant%3Aacme")
    );
    assert_eq!(requests[1].body, plain);
}

#[tokio::test]
async fn exchange() {
    let (server, client) = oauth(&[(200, TOKENS)]).await;
    client
        .exchange(&AccessToken::new("home"), "child")
        .await
        .unwrap();
    assert_eq!(
        server.only().body,
        "client_id=octo-mcpServices-device\
         &grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Atoken-exchange\
         &subject_token=home\
         &subject_token_type=urn%3Aietf%3Aparams%3Aoauth%3Atoken-type%3Aaccess_token\
         &acr_values=tenant%3Achild&scope=openid+profile+email+role+octo_api"
    );
}

#[tokio::test]
async fn exchange_for_services() {
    let (server, client) = oauth(&[(200, TOKENS)]).await;
    client
        .exchange_for_services(&AccessToken::new("mcp"), "home")
        .await
        .unwrap();
    let body = server.only().body;
    assert!(body.contains("&subject_token=mcp&"), "{body}");
    assert!(
        body.ends_with(
            "&acr_values=tenant%3Ahome&scope=openid+profile+email+role+octo_api&audience=octoAPI"
        ),
        "{body}"
    );
}

#[tokio::test]
async fn a_tenant_id_cannot_smuggle_a_second_one() {
    let (server, client) = oauth(&[]).await;
    for (tenant, text) in [
        (
            "a tenant:b",
            "'a tenant:b' is not a tenant id: it contains blanks.",
        ),
        (" ", "A tenantId is required."),
    ] {
        let error = client
            .exchange(&AccessToken::new("home"), tenant)
            .await
            .unwrap_err();
        assert_eq!(error.to_string(), text);
    }
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn revocation() {
    let (server, client) = oauth(&[]).await;
    client
        .revoke(&Secret::new("rt"), Some(&AccessToken::new("at")))
        .await
        .unwrap();
    let request = server.only();
    assert_eq!(request.line, "POST /connect/revocation");
    assert_eq!(request.header("authorization"), "Bearer at");
    assert_eq!(
        request.body,
        "client_id=octo-mcpServices-device&token=rt&token_type_hint=refresh_token"
    );
}

#[tokio::test]
async fn metadata_and_userinfo() {
    let (server, client) = oauth(&[]).await;
    let jwks = server
        .url
        .join("/.well-known/openid-configuration/jwks")
        .unwrap();
    let discovery = format!(r#"{{"issuer":"http://id/","jwks_uri":"{jwks}","extra":[]}}"#);
    let (server, client2) = oauth(&[
        (200, &discovery),
        (200, r#"{"keys":[{"kty":"RSA","kid":"1"}]}"#),
        (200, r#"{"sub":"1","name":"Anna"}"#),
        (401, ""),
    ])
    .await;
    drop(client);
    let document = client2.discovery().await.unwrap();
    assert_eq!(
        (document.issuer.as_str(), &document.jwks_uri),
        ("http://id/", &jwks)
    );
    let keys = client2
        .keys(&server.url.join("/keys").unwrap())
        .await
        .unwrap();
    assert_eq!(keys.keys[0]["kid"], "1");
    assert_eq!(
        client2.userinfo(&AccessToken::new("at")).await.unwrap()["name"],
        "Anna"
    );
    let refused = client2.userinfo(&AccessToken::new("at")).await.unwrap_err();
    assert!(matches!(refused, OAuthFailure::Unauthorized), "{refused:?}");
    assert_eq!(
        server.lines(),
        [
            "GET /.well-known/openid-configuration",
            "GET /keys",
            "GET /connect/userinfo",
            "GET /connect/userinfo",
        ]
    );
}

#[tokio::test]
async fn broken_answers_are_neither_tokens_nor_refusals_and_are_not_quoted() {
    for (status, body) in [
        (
            200,
            r#"{"token_type":"Bearer","refresh_token":"rt-secret"}"#,
        ),
        (200, "null"),
        (502, "<html>rt-secret</html>"),
        (200, r#"{"access_token":17,"refresh_token":"rt-secret"}"#),
    ] {
        let (_server, client) = oauth(&[(status, body)]).await;
        let error = client.refresh(&Secret::new("rt"), None).await.unwrap_err();
        assert!(
            matches!(error, OAuthFailure::Unreadable { .. }),
            "{error:?}"
        );
        assert!(
            !format!("{error} {error:?}").contains("rt-secret"),
            "{error:?}"
        );
    }
}
