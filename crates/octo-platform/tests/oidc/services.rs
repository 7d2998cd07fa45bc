//! Services with a secret: client credentials, and secrets that stay secret.

use base64::Engine as _;
use octo_platform::accounts::names;
use octo_platform::secret::sha256_base64;
use octo_runtime::{ChangeSet, Entity, NewEntity, Record, Tenant, UpdateEntity, Value};
use serde_json::json;

use crate::platform::{DEVICE_CLIENT, TestPlatform, claims};

const SECRET: &str = "Rob0t's very own secret";
const GRANT: (&str, &str) = ("grant_type", "client_credentials");

/// A client that may act for itself, with the role `BotManagement`.
pub(crate) async fn create_service(tenant: &Tenant, client_id: &str, secret: &str) -> Entity {
    let nothing = || Value::RecordArray(Vec::new());
    let secret = Record::of(names::MODEL, "Secret")
        .set("Value", sha256_base64(secret))
        .set("Type", "SharedSecret");
    let client = NewEntity::of(names::CLIENT)
        .set("ClientId", client_id)
        .set("Enabled", true)
        .set("RequireClientSecret", true)
        .set("ClientSecrets", Value::RecordArray(vec![secret]))
        .set("AllowedGrantTypes", ["client_credentials"])
        .set("AllowedScopes", ["openid", "octo_api"])
        .set("RedirectUris", nothing())
        .set("PostLogoutRedirectUris", nothing())
        .set("AllowedCorsOrigins", nothing())
        .set("ClientClaims", nothing())
        .set(
            "IdentityProviderRestrictions",
            Value::StringArray(Vec::new()),
        )
        .set(
            "AllowedIdentityTokenSigningAlgorithms",
            Value::StringArray(Vec::new()),
        );
    let role: octo_runtime::RtId = "660000000000000000000006".parse().unwrap();
    let changes = ChangeSet::new()
        .associate(&client, names::ASSIGNED_ROLE, (names::ROLE, role))
        .insert(client);
    tenant.apply(changes).await.unwrap().inserted.remove(0)
}

#[tokio::test]
async fn a_service_gets_a_token_for_itself_and_its_tenant() {
    let platform = TestPlatform::start().await;
    let acme = platform.create_tenant("octosystem", "acme").await;
    create_service(&acme, "robot", SECRET).await;
    let acr = ("acr_values", "tenant:acme");
    let posted = [
        GRANT,
        ("client_id", "robot"),
        ("client_secret", SECRET),
        acr,
    ];
    let answer = platform.token(&posted).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let claims = claims(answer.json()["access_token"].as_str().unwrap());
    assert_eq!(claims["scope"], json!(["octo_api"]));
    assert_eq!(claims["role"], "BotManagement");
    assert_eq!(claims["tenant_id"], "acme");
    for absent in ["sub", "allowed_tenants", "auth_time", "idp", "amr"] {
        assert!(claims.get(absent).is_none(), "{absent}");
    }
    assert!(answer.json().get("refresh_token").is_none());

    let basic = platform
        .http
        .post(platform.url("/connect/token"))
        .form(&[GRANT, acr]);
    let credentials = base64::engine::general_purpose::STANDARD.encode(format!("robot:{SECRET}"));
    let basic = basic.header("authorization", format!("Basic {credentials}"));
    assert_eq!(basic.send().await.unwrap().status(), 200);
    let elsewhere = platform.token(&posted[..3]).await;
    assert_eq!(elsewhere.error(), "invalid_client");
}

#[tokio::test]
async fn wrong_missing_and_expired_secrets_are_refused_without_a_word_about_them() {
    let platform = TestPlatform::start().await;
    let robot = create_service(&platform.system(), "robot", SECRET).await;
    let ask = async |secret: &str| {
        platform
            .token(&[GRANT, ("client_id", "robot"), ("client_secret", secret)])
            .await
    };
    let wrong = ask("Wr0ng-secret-value").await;
    assert_eq!(
        (wrong.status.as_u16(), wrong.error().as_str()),
        (400, "invalid_client")
    );
    assert!(!wrong.text.contains("Wr0ng"), "{}", wrong.text);
    assert_eq!(wrong.header("cache-control"), "no-store");
    assert_eq!(ask("").await.error(), "invalid_client");
    assert_eq!(ask(&sha256_base64(SECRET)).await.error(), "invalid_client");

    let expired = Record::of(names::MODEL, "Secret")
        .set("Value", sha256_base64(SECRET))
        .set("ExpirationDateTime", platform.running.clock().now());
    let update =
        UpdateEntity::from_entity(&robot).set("ClientSecrets", Value::RecordArray(vec![expired]));
    platform.system().update(update).await.unwrap();
    assert_eq!(ask(SECRET).await.error(), "invalid_client");
}

#[tokio::test]
async fn a_disabled_client_and_a_public_client_get_nothing() {
    let platform = TestPlatform::start().await;
    let robot = create_service(&platform.system(), "robot", SECRET).await;
    let form = [GRANT, ("client_id", "robot"), ("client_secret", SECRET)];
    let update =
        |attribute: &str, value: bool| UpdateEntity::from_entity(&robot).set(attribute, value);
    platform
        .system()
        .update(update("RequireClientSecret", false))
        .await
        .unwrap();
    assert_eq!(platform.token(&form[..2]).await.error(), "invalid_client");
    assert_eq!(platform.token(&form).await.status, 200);
    platform
        .system()
        .update(update("Enabled", false))
        .await
        .unwrap();
    assert_eq!(platform.token(&form).await.error(), "invalid_client");
    let public = platform.token(&[GRANT, ("client_id", DEVICE_CLIENT)]).await;
    assert_eq!(public.error(), "unauthorized_client");
}

#[tokio::test]
async fn identity_scopes_are_not_for_services() {
    let platform = TestPlatform::start().await;
    create_service(&platform.system(), "robot", SECRET).await;
    let form = [
        GRANT,
        ("client_id", "robot"),
        ("client_secret", SECRET),
        ("scope", "openid octo_api"),
    ];
    assert_eq!(platform.token(&form).await.error(), "invalid_scope");
}

#[tokio::test]
async fn guessing_secrets_is_cut_short() {
    let platform = TestPlatform::start().await;
    create_service(&platform.system(), "robot", SECRET).await;
    let ask = async |secret: &str| {
        platform
            .token(&[GRANT, ("client_id", "robot"), ("client_secret", secret)])
            .await
    };
    for guess in 0..20 {
        assert_eq!(
            ask(&format!("guess {guess}")).await.error(),
            "invalid_client"
        );
    }
    assert_eq!(ask(SECRET).await.status, 429);
    platform.advance(300);
    assert_eq!(ask(SECRET).await.status, 200);
}
