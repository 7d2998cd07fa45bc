//! Who comes in, as whom, with which rights.

use octo_platform::accounts::{names, users};
use octo_runtime::{
    Attributes, ChangeSet, DateTimeOffset, NewEntity, UpdateEntity, Value as RtValue,
};
use serde_json::json;

use super::{LOGIN, PASSWORD, Pair, set_email};
use crate::app::{App, create_app};
use crate::browser::Browser;
use crate::groups::create_group;
use crate::platform::{ALL_SCOPES, DEVICE_CLIENT, TestPlatform, claims};

const NO_ACCOUNT: &str = "You have no account here yet";

#[tokio::test]
async fn a_new_person_has_the_roles_of_default_group_and_domain_in_the_token() {
    let pair = Pair::start().await;
    pair.create_person("ada", "ada@partner.example", true).await;
    let tenant = pair.ours.system();
    let default = create_group(&tenant, "Guests", "DashboardViewer").await;
    let domain = create_group(&tenant, "Partners", "ReportingViewer").await;
    pair.set("DefaultGroupRtId", default.rt_id.to_string())
        .await;
    let rule = NewEntity::of(names::EMAIL_RULE)
        .set("EmailDomainPattern", "Partner.example")
        .set("TargetGroupRtId", domain.rt_id.to_string());
    tenant.insert(rule).await.unwrap();

    let started = pair
        .ours
        .start_device("octosystem", DEVICE_CLIENT, ALL_SCOPES);
    let started = started.await.json();
    let complete = started["verification_uri_complete"].as_str().unwrap();
    let path = complete.strip_prefix(pair.ours.identity()).unwrap();
    let mut browser = Browser::new(&pair.ours);
    let login = browser.open(path).await;
    assert!(
        login.html.contains("Sign in with Partner &#38; Co"),
        "{}",
        login.html
    );
    let page = pair.sign_in(&mut browser, path, "ada").await;
    let form = page.form("/device/confirm").with("decision", "allow");
    browser.submit(&form).await;
    let code = started["device_code"].as_str().unwrap();
    let tokens = pair.ours.poll(DEVICE_CLIENT, code).await.json();
    let token = claims(tokens["access_token"].as_str().unwrap());
    assert_eq!(token["role"], json!(["DashboardViewer", "ReportingViewer"]));
    assert_eq!(token["idp"], "external:partner");
    assert_eq!(token["amr"], json!(["external"]));
    let user = users::by_name(&tenant, "ada").await.unwrap().unwrap();
    assert_eq!(token["sub"], user.rt_id.to_string());
    assert_eq!(user.attributes.str("Email"), Some("ada@partner.example"));
    assert_eq!(user.attributes.bool("EmailConfirmed"), Some(true));
    assert!(user.attributes.str("PasswordHash").is_none());
}

#[tokio::test]
async fn the_second_time_the_same_user_comes_back_and_groups_stay_as_they_are() {
    let pair = Pair::start().await;
    let person = pair.create_person("ada", "ada@partner.example", true).await;
    let tenant = pair.ours.system();
    let group = create_group(&tenant, "Guests", "DashboardViewer").await;
    pair.set("DefaultGroupRtId", group.rt_id.to_string()).await;
    let app = App::new("app");
    create_app(&tenant, "app", Attributes::new()).await;

    let mut browser = Browser::new(&pair.ours);
    let page = pair.sign_in(&mut browser, &app.address(), "ada").await;
    let answer = app.redeem(&pair.ours, &page.param("code").unwrap()).await;
    let first = claims(answer.json()["access_token"].as_str().unwrap());
    assert_eq!(first["role"], "DashboardViewer");

    let user = pair.linked().await.remove(0);
    let leave = ChangeSet::new().dissociate(&group, names::GROUP_MEMBER, &user);
    tenant.apply(leave).await.unwrap();
    // Neither name nor address counts, but the account.
    let update = UpdateEntity::from_entity(&person)
        .set("UserName", "countess")
        .set("NormalizedUserName", "COUNTESS");
    let renamed = pair.home.system().update(update).await.unwrap();
    set_email(&pair.home.system(), &renamed, "x@other.example", true).await;
    let mut browser = Browser::new(&pair.ours);
    let app = App::new("app");
    let page = pair.sign_in(&mut browser, &app.address(), "countess").await;
    let answer = app.redeem(&pair.ours, &page.param("code").unwrap()).await;
    let second = claims(answer.json()["access_token"].as_str().unwrap());
    assert_eq!(second["sub"], first["sub"]);
    assert_eq!(second.get("role"), None);
    assert_eq!(pair.linked().await.len(), 1);
}

#[tokio::test]
async fn without_self_registration_only_people_with_an_account_come_in() {
    let pair = Pair::start().await;
    pair.set("AllowSelfRegistration", false).await;
    pair.create_person("eve", "ada@ours.example", false).await;
    pair.create_person("ada", "Ada@Ours.example", true).await;
    pair.create_person("bob", "ada@ours.example", true).await;
    let tenant = pair.ours.system();
    let local = pair.ours.create_user(&tenant, "countess", PASSWORD).await;
    set_email(&tenant, &local, "ada@ours.example", false).await;

    let refused = async |name| {
        let mut browser = Browser::new(&pair.ours);
        let page = pair.sign_in(&mut browser, LOGIN, name).await;
        assert_eq!(page.status, 403, "{name}");
        assert!(page.alert().starts_with(NO_ACCOUNT), "{}", page.html);
        assert!(browser.open(LOGIN).await.html.contains("Password"));
    };
    // The provider does not answer for the address.
    refused("eve").await;
    assert!(pair.linked().await.is_empty());
    let mut browser = Browser::new(&pair.ours);
    let page = pair.sign_in(&mut browser, LOGIN, "ada").await;
    assert!(page.html.contains("countess"), "{}", page.html);
    let linked = pair.linked().await;
    assert_eq!(linked.len(), 1);
    assert_eq!(linked[0].rt_id, local.rt_id);
    assert!(
        linked[0].attributes.str("PasswordHash").is_some(),
        "the password stays"
    );
    // The address has a new owner at the provider; the user stays with the first.
    refused("bob").await;
    let mut browser = Browser::new(&pair.ours);
    pair.sign_in(&mut browser, LOGIN, "ada").await;
    assert_eq!(pair.linked().await.len(), 1);
}

#[tokio::test]
async fn nobody_takes_over_a_user_by_name_or_by_an_unverified_address() {
    let pair = Pair::start().await;
    let tenant = pair.ours.system();
    let local = pair.ours.create_user(&tenant, "ada", PASSWORD).await;
    set_email(&tenant, &local, "ada@ours.example", true).await;
    pair.create_person("ada", "ada@ours.example", false).await;
    pair.create_person("ada@ours.example", "eve@x.example", true)
        .await;
    for name in ["ada", "ada@ours.example"] {
        let mut browser = Browser::new(&pair.ours);
        let page = pair.sign_in(&mut browser, LOGIN, name).await;
        assert_eq!(page.status, 200, "{}", page.html);
    }
    let linked = pair.linked().await;
    assert_eq!(linked.len(), 2);
    for user in &linked {
        assert_ne!(user.rt_id, local.rt_id);
        let name = users::user_name(user);
        assert!(
            name.starts_with("ada@") && name != "ada@ours.example",
            "{name}"
        );
        assert_ne!(user.attributes.str("Email"), Some("ada@ours.example"));
    }
}

#[tokio::test]
async fn locked_users_stay_out() {
    let pair = Pair::start().await;
    pair.create_person("ada", "ada@partner.example", true).await;
    let mut browser = Browser::new(&pair.ours);
    pair.sign_in(&mut browser, LOGIN, "ada").await;
    let user = pair.linked().await.remove(0);
    let end = DateTimeOffset {
        instant: jiff::Timestamp::now() + jiff::SignedDuration::from_hours(1),
        offset_minutes: 0,
    };
    let lock = UpdateEntity::from_entity(&user).set("LockoutEnd", RtValue::DateTimeOffset(end));
    pair.ours.system().update(lock).await.unwrap();
    let mut browser = Browser::new(&pair.ours);
    let page = pair.sign_in(&mut browser, LOGIN, "ada").await;
    assert_eq!(page.status, 403);
    assert!(page.alert().contains("locked"), "{}", page.html);
}

#[tokio::test]
async fn google_and_microsoft_are_where_the_operator_says() {
    let home = TestPlatform::start().await;
    let host = home.identity().trim_start_matches("http://").to_owned();
    let ours = TestPlatform::start_with(|config| {
        config.provider_hosts = vec![host.parse().unwrap()];
        config.provider_authorities.google = home.identity().to_owned();
        config.provider_authorities.microsoft = format!("{}/", home.identity());
    })
    .await;
    let user = home.create_user(&home.system(), "ada", PASSWORD).await;
    set_email(&home.system(), &user, "ada@partner.example", true).await;
    for (kind, name) in [
        (names::GOOGLE_PROVIDER, "google"),
        (names::MICROSOFT_PROVIDER, "microsoft"),
    ] {
        let callback = ours.url(&format!("/octosystem/external/{name}/callback"));
        super::create_client(&home.system(), &callback, Attributes::new()).await;
        let provider = NewEntity::of(kind)
            .set("Name", name)
            .set("IsEnabled", true)
            .set("AllowSelfRegistration", true)
            .set("ClientId", "ours")
            .set("ClientSecret", super::SECRET);
        ours.system().insert(provider).await.unwrap();
        let mut browser = Browser::new(&ours);
        let page = browser.open(LOGIN).await;
        let form = page.form(&format!("/external/{name}"));
        let away = browser.submit(&form).await.path;
        let mut there = Browser::new(&home);
        let path = away.strip_prefix(home.identity()).unwrap();
        let page = there.sign_in(path, "ada", PASSWORD).await;
        let back = page.path.strip_prefix(ours.identity()).unwrap();
        let page = browser.open(back).await;
        assert!(page.html.contains("Sign out"), "{}", page.html);
        let client = octo_runtime::EntityQuery::of(names::CLIENT).eq("ClientId", "ours");
        let client = home.system().first(client).await.unwrap().unwrap();
        let delete = octo_runtime::DeleteEntity::of(names::CLIENT, client.rt_id).erase();
        home.system().delete(delete).await.unwrap();
    }
}
