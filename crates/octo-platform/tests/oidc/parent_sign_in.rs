//! Users of a parent tenant coming in by the button on a child's log-in page.

use octo_platform::accounts::{names, users};
use octo_runtime::{Attributes, EntityQuery, UpdateEntity};

use crate::app::{App, create_app};
use crate::browser::Browser;
use crate::platform::{ADMIN_PASSWORD, TestPlatform, claims};

const PASSWORD: &str = "Us3r-of-tests!";
const BUTTON: &str = "/external/ParentTenant_octosystem";

#[tokio::test]
async fn a_parents_user_gets_into_the_child_by_the_button() {
    let platform = TestPlatform::start().await;
    let admin = platform.admin().await;
    let acme = platform
        .create_tenant_for("octosystem", "acme", &admin)
        .await;
    // A user of the same name in the child: its log-in form would mean that one.
    platform.create_user(&acme, "admin", PASSWORD).await;
    create_app(&acme, "app", Attributes::new()).await;
    let app = App::new("app").with("acr_values", "tenant:acme");
    let mut browser = Browser::new(&platform);
    let page = browser.open(&app.address()).await;
    assert!(
        page.html.contains("Sign in with an account of octosystem"),
        "{}",
        page.html
    );
    let page = browser.submit(&page.form(BUTTON)).await;
    assert!(page.path.starts_with("/octosystem/login?"), "{}", page.path);
    let form = page.form("/octosystem/login").with("username", "admin");
    let page = browser.submit(&form.with("password", ADMIN_PASSWORD)).await;
    let answer = app.redeem(&platform, &page.param("code").unwrap()).await;
    let token = claims(answer.json()["access_token"].as_str().unwrap());
    assert_eq!(token["tenant_id"], "acme");
    assert_eq!(token["idp"], "ParentTenant_octosystem");
    assert_eq!(token["role"].as_array().unwrap().len(), 14);
    let shadow = users::by_name(&acme, "xt_octosystem_admin")
        .await
        .unwrap()
        .unwrap();
    assert_eq!(token["sub"], shadow.rt_id.to_string());
}

#[tokio::test]
async fn whoever_is_signed_in_above_comes_in_at_once_and_through_two_levels() {
    let platform = TestPlatform::start().await;
    let admin = platform.admin().await;
    platform
        .create_tenant_for("octosystem", "acme", &admin)
        .await;
    let acme = platform.tenant("acme").await;
    let mut browser = Browser::new(&platform);
    browser
        .sign_in("/octosystem/login", "admin", ADMIN_PASSWORD)
        .await;
    let page = browser.open("/acme/login").await;
    let page = browser.submit(&page.form(BUTTON)).await;
    assert_eq!(page.path, "/acme/login");
    assert!(page.html.contains("xt_octosystem_admin"), "{}", page.html);
    let shadow = users::by_name(&acme, "xt_octosystem_admin")
        .await
        .unwrap()
        .unwrap();
    let leaf = platform.create_tenant_for("acme", "leaf", &shadow).await;
    let page = browser.open("/leaf/login").await;
    let page = browser
        .submit(&page.form("/external/ParentTenant_acme"))
        .await;
    assert!(page.html.contains("xt_octosystem_admin"), "{}", page.html);
    let below = users::by_name(&leaf, "xt_octosystem_admin").await.unwrap();
    assert!(below.is_some(), "home is where the account is");
}

#[tokio::test]
async fn a_hand_over_holds_for_one_browser_one_person_and_one_minute() {
    let platform = TestPlatform::start().await;
    let admin = platform.admin().await;
    let acme = platform
        .create_tenant_for("octosystem", "acme", &admin)
        .await;
    let ada = platform
        .create_user(&platform.system(), "ada", PASSWORD)
        .await;
    let mut browser = Browser::new(&platform);
    browser.sign_in("/octosystem/login", "ada", PASSWORD).await;
    let begin = async |browser: &mut Browser<'_>| {
        let page = browser.open("/acme/login").await;
        let answer = browser.send(&page.form(BUTTON)).await;
        let away = answer.target().unwrap();
        let answer = platform.http.get(platform.url(&away));
        let answer = browser.request(answer).await;
        answer.target().unwrap()
    };
    // With ada's session, led to a sign-in somebody else began: it ends nowhere.
    let back = begin(&mut browser).await;
    let mut stranger = Browser::new(&platform);
    assert!(stranger.open(&back).await.alert().contains("expired"));
    let posing = back.replace(&ada.rt_id.to_string(), &admin.rt_id.to_string());
    let page = browser.open(&posing).await;
    assert_eq!(page.status, 403, "{}", page.html);
    let back = begin(&mut browser).await;
    platform.advance(61);
    assert_eq!(browser.open(&back).await.status, 403);
    let shadows = acme.query(EntityQuery::of(names::USER)).await.unwrap();
    assert!(shadows.items.is_empty());
    let back = begin(&mut browser).await;
    let page = browser.open(&back).await;
    assert!(page.html.contains("xt_octosystem_ada"), "{}", page.html);
}

#[tokio::test]
async fn a_parent_without_self_registration_admits_known_users_only() {
    let platform = TestPlatform::start().await;
    let admin = platform.admin().await;
    let acme = platform
        .create_tenant_for("octosystem", "acme", &admin)
        .await;
    let trust = EntityQuery::of(names::OCTO_TENANT_PROVIDER);
    let trust = acme.first(trust).await.unwrap().unwrap();
    let close = UpdateEntity::from_entity(&trust).set("AllowSelfRegistration", false);
    acme.update(close).await.unwrap();
    platform
        .create_user(&platform.system(), "ada", PASSWORD)
        .await;
    // Who is mapped has been let in by an administrator.
    let mut mapped = Browser::new(&platform);
    mapped
        .sign_in("/octosystem/login", "admin", ADMIN_PASSWORD)
        .await;
    let page = mapped.open("/acme/login").await;
    let page = mapped.submit(&page.form(BUTTON)).await;
    assert!(page.html.contains("xt_octosystem_admin"), "{}", page.html);
    let mut browser = Browser::new(&platform);
    browser.sign_in("/octosystem/login", "ada", PASSWORD).await;
    let page = browser.open("/acme/login").await;
    let page = browser.submit(&page.form(BUTTON)).await;
    assert_eq!(page.status, 403);
    assert!(page.alert().starts_with("You have no account here yet"));
    let disable = UpdateEntity::from_entity(&trust).set("IsEnabled", false);
    acme.update(disable).await.unwrap();
    let page = browser.open("/acme/login").await;
    assert!(!page.html.contains("an account of"), "{}", page.html);
}

#[tokio::test]
async fn a_password_set_by_others_opens_no_child_either() {
    let platform = TestPlatform::start().await;
    let admin = platform.admin().await;
    let acme = platform
        .create_tenant_for("octosystem", "acme", &admin)
        .await;
    let system = platform.system();
    let ada = platform.create_user(&system, "ada", PASSWORD).await;
    let due = UpdateEntity::from_entity(&ada).set("ResetPasswordOnLogin", true);
    let ada = system.update(due).await.unwrap();
    let mut browser = Browser::new(&platform);
    let page = browser.sign_in("/acme/login", "ada", PASSWORD).await;
    assert_eq!(page.status, 403);
    assert!(page.alert().contains("new password first"), "{}", page.html);
    let wrong = browser.sign_in("/acme/login", "ada", "Wr0ng-password!");
    assert_eq!(wrong.await.alert(), "Invalid username or password");
    let users = EntityQuery::of(names::USER);
    assert!(acme.query(users).await.unwrap().items.is_empty());
    let done = UpdateEntity::from_entity(&ada).set("ResetPasswordOnLogin", false);
    system.update(done).await.unwrap();
    let page = browser.sign_in("/acme/login", "ada", PASSWORD).await;
    assert!(page.html.contains("xt_octosystem_ada"), "{}", page.html);
}
