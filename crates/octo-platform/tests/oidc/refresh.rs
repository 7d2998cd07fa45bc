//! Refresh tokens: rotation, grace, reuse, revocation, restart (auth.md 11, S7).

use octo_platform::accounts::names;
use octo_runtime::{EntityQuery, UpdateEntity};

use crate::browser::admin_login;
use crate::platform::{ALL_SCOPES, DEVICE_CLIENT, TestPlatform, claims};

async fn logged_in(platform: &TestPlatform) -> String {
    let tokens = admin_login(platform, ALL_SCOPES).await;
    tokens["refresh_token"].as_str().unwrap().to_owned()
}

async fn next(platform: &TestPlatform, handle: &str) -> String {
    let answer = platform.refresh(handle).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()["refresh_token"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn every_use_yields_a_new_handle_and_new_tokens() {
    let platform = TestPlatform::start().await;
    let first = logged_in(&platform).await;
    let answer = platform.refresh(&first).await;
    assert_eq!(answer.header("cache-control"), "no-store");
    let tokens = answer.json();
    assert_ne!(tokens["refresh_token"], first.as_str());
    assert!(tokens["id_token"].is_string());
    let claims = claims(tokens["access_token"].as_str().unwrap());
    assert_eq!(
        (claims["tenant_id"].as_str(), claims["idp"].as_str()),
        (Some("octosystem"), Some("local"))
    );
}

#[tokio::test]
async fn a_lost_answer_can_be_fetched_again_for_thirty_seconds() {
    let platform = TestPlatform::start().await;
    let first = logged_in(&platform).await;
    let second = next(&platform, &first).await;
    platform.advance(20);
    assert_eq!(next(&platform, &first).await, second);
    next(&platform, &second).await;
}

#[tokio::test]
async fn a_replay_after_the_grace_ends_the_family() {
    let platform = TestPlatform::start().await;
    let first = logged_in(&platform).await;
    let second = next(&platform, &first).await;
    platform.advance(30);
    assert_eq!(platform.refresh(&first).await.error(), "invalid_grant");
    assert_eq!(platform.refresh(&second).await.error(), "invalid_grant");
}

#[tokio::test]
async fn a_replay_of_an_older_handle_ends_the_family_at_once() {
    let platform = TestPlatform::start().await;
    let first = logged_in(&platform).await;
    let other_family = logged_in(&platform).await;
    let second = next(&platform, &first).await;
    let third = next(&platform, &second).await;
    assert_eq!(platform.refresh(&first).await.error(), "invalid_grant");
    assert_eq!(platform.refresh(&third).await.error(), "invalid_grant");
    next(&platform, &other_family).await;
}

#[tokio::test]
async fn many_uses_at_once_yield_one_successor() {
    let platform = TestPlatform::start().await;
    let first = logged_in(&platform).await;
    let (a, b, c) = tokio::join!(
        next(&platform, &first),
        next(&platform, &first),
        next(&platform, &first)
    );
    assert!(a == b && b == c);
}

#[tokio::test]
async fn a_restart_keeps_key_and_refresh_tokens() {
    let platform = TestPlatform::start().await;
    let jwks = platform
        .get("/.well-known/openid-configuration/jwks")
        .await
        .text;
    let first = logged_in(&platform).await;
    let platform = platform.restart().await;
    assert_eq!(
        platform
            .get("/.well-known/openid-configuration/jwks")
            .await
            .text,
        jwks
    );
    let second = next(&platform, &first).await;
    let platform = platform.restart().await;
    assert_eq!(next(&platform, &first).await, second);
}

#[tokio::test]
async fn handles_end_thirty_days_after_the_login_however_often_used() {
    let platform = TestPlatform::start().await;
    let mut handle = logged_in(&platform).await;
    for _ in 0..2 {
        platform.advance(14 * 86_400);
        handle = next(&platform, &handle).await;
    }
    platform.advance(2 * 86_400);
    assert_eq!(platform.refresh(&handle).await.error(), "invalid_grant");
}

#[tokio::test]
async fn revocation_ends_the_family() {
    let platform = TestPlatform::start().await;
    let first = logged_in(&platform).await;
    let second = next(&platform, &first).await;
    let revoke = async |client, token: &str| {
        platform
            .post(
                "/connect/revocation",
                &[("client_id", client), ("token", token)],
            )
            .await
    };
    assert_eq!(revoke("octo-cli", &second).await.status, 200);
    let third = next(&platform, &second).await;
    assert_eq!(revoke(DEVICE_CLIENT, &second).await.status, 200);
    assert_eq!(platform.refresh(&third).await.error(), "invalid_grant");
    assert_eq!(
        revoke(DEVICE_CLIENT, "octosystem.unknown").await.status,
        200
    );
    assert_eq!(revoke("nobody", &third).await.error(), "invalid_client");
}

#[tokio::test]
async fn access_tokens_cannot_be_revoked_and_that_is_said() {
    let platform = TestPlatform::start().await;
    let tokens = admin_login(&platform, "openid octo_api").await;
    let token = tokens["access_token"].as_str().unwrap();
    let form = [("client_id", DEVICE_CLIENT), ("token", token)];
    let answer = platform.post("/connect/revocation", &form).await;
    assert_eq!(answer.error(), "unsupported_token_type");
    assert!(!answer.text.contains(token));
}

#[tokio::test]
async fn scopes_can_only_shrink_and_a_refused_request_uses_nothing_up() {
    let platform = TestPlatform::start().await;
    let first = logged_in(&platform).await;
    let refresh = async |handle: &str, scope: &str| {
        let form = [
            ("grant_type", "refresh_token"),
            ("client_id", DEVICE_CLIENT),
            ("refresh_token", handle),
            ("scope", scope),
        ];
        platform.token(&form).await
    };
    assert_eq!(
        refresh(&first, "openid allowed_tenants").await.error(),
        "invalid_scope"
    );
    let narrow = refresh(&first, "openid").await.json();
    assert_eq!(narrow["scope"], "openid");
    let answer = platform
        .refresh(narrow["refresh_token"].as_str().unwrap())
        .await;
    assert_eq!(answer.json()["scope"], ALL_SCOPES);
}

#[tokio::test]
async fn foreign_clients_tenants_and_garbage_are_refused() {
    let platform = TestPlatform::start().await;
    platform.create_tenant("octosystem", "acme").await;
    let first = logged_in(&platform).await;
    let refresh = async |client, handle: &str, acr| {
        let form = [
            ("grant_type", "refresh_token"),
            ("client_id", client),
            ("refresh_token", handle),
            ("acr_values", acr),
        ];
        platform.token(&form).await.error()
    };
    assert_eq!(refresh("octo-cli", &first, "").await, "invalid_grant");
    assert_eq!(
        refresh(DEVICE_CLIENT, &first, "tenant:acme").await,
        "invalid_grant"
    );
    assert_eq!(refresh(DEVICE_CLIENT, "garbage", "").await, "invalid_grant");
    let moved = first.replacen("octosystem", "acme", 1);
    assert_eq!(refresh(DEVICE_CLIENT, &moved, "").await, "invalid_grant");
    assert_eq!(
        refresh(DEVICE_CLIENT, &first, "tenant:OctoSystem").await,
        ""
    );
}

#[tokio::test]
async fn the_database_holds_no_handle_and_an_edited_grant_is_worthless() {
    let platform = TestPlatform::start().await;
    let handle = logged_in(&platform).await;
    let system = platform.system();
    let grants = system
        .query(EntityQuery::of(names::PERSISTED_GRANT))
        .await
        .unwrap()
        .items;
    let secret = handle.split_once('.').unwrap().1;
    assert_eq!(grants.len(), 1);
    assert!(!format!("{:?}", grants[0]).contains(secret));
    let data = grants[0].attributes.str("Data").unwrap();
    let edited = data.replace("openid", "octo_api.read_only");
    assert_ne!(data, edited);
    system
        .update(UpdateEntity::from_entity(&grants[0]).set("Data", edited))
        .await
        .unwrap();
    assert_eq!(platform.refresh(&handle).await.error(), "invalid_grant");
}

#[tokio::test]
async fn a_new_password_ends_the_family() {
    let platform = TestPlatform::start().await;
    let handle = logged_in(&platform).await;
    let admin = platform.admin().await;
    let stamped = UpdateEntity::from_entity(&admin).set("SecurityStamp", "renewed");
    platform.system().update(stamped).await.unwrap();
    assert_eq!(platform.refresh(&handle).await.error(), "invalid_grant");
}
