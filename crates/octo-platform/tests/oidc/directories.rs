//! The sign-in page where a tenant has directories. What real directories answer is tested end to
//! end.

use std::net::TcpListener;

use octo_platform::accounts::names;
use octo_runtime::{Entity, NewEntity, Tenant, UpdateEntity};

use crate::browser::{Browser, Page};
use crate::platform::{ADMIN_PASSWORD, TestPlatform};

const LOGIN: &str = "/octosystem/login";
const AWAY: &str = "The directory cannot be asked at the moment. Try again later.";
const GONE: &str = "This way to sign in is not available any more. Choose another one.";

async fn directory(tenant: &Tenant, ck_type: &str, name: &str, port: u16) -> Entity {
    let directory = NewEntity::of(ck_type)
        .set("Name", name)
        .set("IsEnabled", true)
        .set("AllowSelfRegistration", true)
        .set("Host", "127.0.0.1")
        .set("Port", i32::from(port))
        .set("UseTls", false);
    let directory = match ck_type {
        names::LDAP_PROVIDER => directory
            .set("UserBaseDn", "dc=example,dc=org")
            .set("UserNameAttribute", "uid"),
        _ => directory,
    };
    tenant.insert(directory).await.unwrap()
}

async fn try_with(platform: &TestPlatform, provider: &str) -> Page {
    let mut browser = Browser::new(platform);
    let form = browser.open(LOGIN).await.form("/login");
    let filled = form
        .with("provider", provider)
        .with("username", "ada")
        .with("password", "right");
    browser.submit(&filled).await
}

#[tokio::test]
async fn the_enabled_directories_can_be_chosen() {
    let platform = TestPlatform::start().await;
    let tenant = platform.system();
    let page = Browser::new(&platform).open(LOGIN).await;
    assert!(!page.html.contains("<select"), "there is nothing to choose");
    let staff = directory(&tenant, names::LDAP_PROVIDER, "staff<1>", 1).await;
    let corp = directory(&tenant, names::AD_PROVIDER, "Corp", 1).await;
    let off = directory(&tenant, names::LDAP_PROVIDER, "off", 1).await;
    let disabled = UpdateEntity::from_entity(&off).set("IsEnabled", false);
    tenant.update(disabled).await.unwrap();
    let page = Browser::new(&platform).open(LOGIN).await;
    let options: Vec<&str> = page.html.split("<option value=\"").skip(1).collect();
    let expected = [
        "\">octosystem<".to_owned(),
        format!("{}\">Corp<", corp.rt_id),
        format!("{}\">staff&#60;1&#62;<", staff.rt_id),
    ];
    assert_eq!(options.len(), expected.len(), "{}", page.html);
    for (option, expected) in options.iter().zip(&expected) {
        assert!(option.starts_with(expected), "{option}");
    }
    // The tenant's own users still sign in.
    let mut browser = Browser::new(&platform);
    let page = browser.sign_in(LOGIN, "admin", ADMIN_PASSWORD).await;
    assert_eq!(page.alert(), "");
}

#[tokio::test]
async fn what_cannot_be_asked_lets_nobody_in() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = listener.local_addr().unwrap();
    let platform = TestPlatform::start().await;
    let tenant = platform.system();
    let private = directory(&tenant, names::LDAP_PROVIDER, "private", address.port()).await;
    let page = try_with(&platform, &private.rt_id.to_string()).await;
    assert_eq!((page.status.as_u16(), page.alert().as_str()), (503, AWAY));
    let chosen = format!("<option value=\"{}\" selected>", private.rt_id);
    assert!(page.html.contains(&chosen), "{}", page.html);
    let broken = UpdateEntity::from_entity(&private).set("UserNameAttribute", "uid=x,cn");
    tenant.update(broken).await.unwrap();
    let page = try_with(&platform, &private.rt_id.to_string()).await;
    assert_eq!((page.status.as_u16(), page.alert().as_str()), (503, AWAY));
    let called = listener.accept();
    assert!(called.is_err(), "the operator has not listed this host");
}

#[tokio::test]
async fn only_an_enabled_directory_of_the_tenant_is_asked() {
    let platform = TestPlatform::start().await;
    let tenant = platform.system();
    let other = platform.create_tenant("octosystem", "acme").await;
    let elsewhere = directory(&other, names::LDAP_PROVIDER, "elsewhere", 1).await;
    let off = directory(&tenant, names::LDAP_PROVIDER, "off", 1).await;
    let disabled = UpdateEntity::from_entity(&off).set("IsEnabled", false);
    tenant.update(disabled).await.unwrap();
    let web = NewEntity::of(names::GOOGLE_PROVIDER)
        .set("Name", "web")
        .set("IsEnabled", true)
        .set("AllowSelfRegistration", true)
        .set("ClientId", "x")
        .set("ClientSecret", "x");
    let web = tenant.insert(web).await.unwrap();
    let ids = [elsewhere.rt_id, off.rt_id, web.rt_id].map(|id| id.to_string());
    let texts = ["x", "../../admin", "660000000000000000000999"].map(str::to_owned);
    for provider in ids.iter().chain(&texts) {
        let page = try_with(&platform, provider).await;
        assert_eq!((page.status.as_u16(), page.alert().as_str()), (400, GONE));
    }
}

#[tokio::test]
async fn guesses_are_counted_by_address_too() {
    let platform = TestPlatform::start().await;
    let tenant = platform.system();
    let private = directory(&tenant, names::LDAP_PROVIDER, "private", 1).await;
    for _ in 0..20 {
        let page = try_with(&platform, &private.rt_id.to_string()).await;
        assert_eq!(page.status, 503);
    }
    let page = try_with(&platform, &private.rt_id.to_string()).await;
    assert_eq!(page.status, 429);
}
