//! Sign-ins whose ground is gone: sessions, approvals and refresh tokens end with it.

use jiff::{SignedDuration, Timestamp};
use octo_platform::accounts::names;
use octo_runtime::{
    DateTimeOffset, DeleteEntity, Entity, EntityQuery, Tenant, UpdateEntity, Value,
};

use crate::browser::{Browser, device_login};
use crate::platform::{ALL_SCOPES, DEVICE_CLIENT, TestPlatform};

const PASSWORD: &str = "Us3r-of-tests!";
const LOGIN: &str = "/octosystem/login";

async fn reset_password(tenant: &Tenant, user: &Entity) {
    let reset = UpdateEntity::of(names::USER, user.rt_id).set("SecurityStamp", "renewed");
    tenant.update(reset).await.unwrap();
}

async fn lock(tenant: &Tenant, user: &Entity, minutes: i64) {
    let instant = Timestamp::now() + SignedDuration::from_mins(minutes);
    let end = Value::DateTimeOffset(DateTimeOffset {
        instant,
        offset_minutes: 0,
    });
    let lock = UpdateEntity::of(names::USER, user.rt_id).set("LockoutEnd", end);
    tenant.update(lock).await.unwrap();
}

async fn remove(tenant: &Tenant, user: &Entity) {
    let delete = DeleteEntity::of(names::USER, user.rt_id);
    tenant.delete(delete).await.unwrap();
}

async fn is_signed_in(browser: &mut Browser<'_>, tenant: &str) -> bool {
    let page = browser.open(&format!("/{tenant}/login")).await;
    page.html.contains("You are signed in")
}

#[tokio::test]
async fn sessions_of_browsers_end_with_the_password() {
    let platform = TestPlatform::start().await;
    let system = platform.system();
    platform.create_tenant("octosystem", "acme").await;
    let ada = platform.create_user(&system, "ada", PASSWORD).await;
    let mut browser = Browser::new(&platform);
    browser.sign_in(LOGIN, "ada", PASSWORD).await;
    assert!(is_signed_in(&mut browser, "octosystem").await);
    reset_password(&system, &ada).await;
    for path in [
        "/octosystem/device",
        "/octosystem/hand-over?tenant=acme&provider=ParentTenant_octosystem&state=s",
    ] {
        let page = browser.open(path).await;
        assert_eq!(page.path.split_once('?').unwrap().0, LOGIN, "{path}");
    }
    browser.sign_in(LOGIN, "ada", PASSWORD).await;
    assert!(is_signed_in(&mut browser, "octosystem").await);
}

#[tokio::test]
async fn sessions_end_with_the_account_and_not_with_wrong_passwords() {
    let platform = TestPlatform::start().await;
    let system = platform.system();
    let ada = platform.create_user(&system, "ada", PASSWORD).await;
    let mut browser = Browser::new(&platform);
    browser.sign_in(LOGIN, "ada", PASSWORD).await;
    let mut stranger = Browser::new(&platform);
    for _ in 0..5 {
        stranger.sign_in(LOGIN, "ada", "wrong").await;
    }
    assert!(is_signed_in(&mut browser, "octosystem").await);
    lock(&system, &ada, 60).await;
    assert!(!is_signed_in(&mut browser, "octosystem").await);
    lock(&system, &ada, -1).await;
    assert!(!is_signed_in(&mut browser, "octosystem").await, "for good");
    browser.sign_in(LOGIN, "ada", PASSWORD).await;
    remove(&system, &ada).await;
    assert!(!is_signed_in(&mut browser, "octosystem").await);
}

#[tokio::test]
async fn an_approval_ends_with_the_password_before_it_is_redeemed() {
    let platform = TestPlatform::start().await;
    let system = platform.system();
    let ada = platform.create_user(&system, "ada", PASSWORD).await;
    let started = platform.start_device("octosystem", DEVICE_CLIENT, ALL_SCOPES);
    let started = started.await.json();
    let uri = started["verification_uri_complete"].as_str().unwrap();
    let path = uri.strip_prefix(platform.identity()).unwrap();
    let mut browser = Browser::new(&platform);
    let page = browser.sign_in(path, "ada", PASSWORD).await;
    let allow = page.form("/device/confirm").with("decision", "allow");
    browser.submit(&allow).await;
    reset_password(&system, &ada).await;
    let code = started["device_code"].as_str().unwrap();
    let answer = platform.poll(DEVICE_CLIENT, code).await;
    assert_eq!(answer.error(), "invalid_grant");
}

#[tokio::test]
async fn users_of_a_parent_lose_a_child_with_account_password_or_trust_at_home() {
    let platform = TestPlatform::start().await;
    let system = platform.system();
    let admin = platform.admin().await;
    let acme = platform
        .create_tenant_for("octosystem", "acme", &admin)
        .await;
    for reason in ["deleted", "reset", "locked", "distrusted"] {
        let user = platform.create_user(&system, reason, PASSWORD).await;
        let issued = device_login(&platform, "acme", ALL_SCOPES, reason, PASSWORD).await;
        let handle = issued["refresh_token"].as_str().unwrap();
        let refreshed = platform.refresh(handle).await.json();
        let handle = refreshed["refresh_token"].as_str().unwrap();
        let mut browser = Browser::new(&platform);
        browser.sign_in("/acme/login", reason, PASSWORD).await;
        assert!(is_signed_in(&mut browser, "acme").await, "{reason}");
        match reason {
            "deleted" => remove(&system, &user).await,
            "reset" => reset_password(&system, &user).await,
            "locked" => lock(&system, &user, 60).await,
            _ => distrust(&acme).await,
        }
        let refused = platform.refresh(handle).await;
        assert_eq!(refused.error(), "invalid_grant", "{reason}");
        assert!(!is_signed_in(&mut browser, "acme").await, "{reason}");
    }
}

async fn distrust(tenant: &Tenant) {
    let trust = EntityQuery::of(names::OCTO_TENANT_PROVIDER);
    let trust = tenant.first(trust).await.unwrap().unwrap();
    let disable = UpdateEntity::from_entity(&trust).set("IsEnabled", false);
    tenant.update(disable).await.unwrap();
}
