//! Who people become that another provider vouches for (identity.md 6.7 and 6.9).

use std::sync::Arc;

use futures_util::future::join_all;
use jiff::{SignedDuration, Timestamp};
use octo_platform::accounts::external_identity::{ExternalIdentity, admit};
use octo_platform::accounts::names;
use octo_platform::accounts::sign_in::{Refusal, SignedInUser};
use octo_platform::accounts::sign_in_basis::basis_of;
use octo_platform::pages::session::SignedIn;
use octo_runtime::{
    DateTimeOffset, DeleteEntity, Direction, Entity, EntityQuery, NewEntity, Record, Tenant,
    UpdateEntity, Value,
};

use crate::browser::{Browser, device_login};
use crate::platform::{ADMIN_PASSWORD, ALL_SCOPES, DEVICE_CLIENT, TestPlatform, claims};

const PASSWORD: &str = "Us3r-of-tests!";

async fn provider(tenant: &Tenant, name: &str) -> Entity {
    let provider = NewEntity::of(names::LDAP_PROVIDER)
        .set("Name", name)
        .set("IsEnabled", true)
        .set("AllowSelfRegistration", true)
        .set("Host", "ldap.example.org")
        .set("UserBaseDn", "ou=people,dc=example,dc=org")
        .set("UserNameAttribute", "uid");
    tenant.insert(provider).await.unwrap()
}

fn person(key: &str, name: &str) -> ExternalIdentity {
    ExternalIdentity {
        key: key.to_owned(),
        user_name: name.to_owned(),
        first_name: Some("Ada".to_owned()),
        last_name: None,
        verified_email: Some(format!("{name}@example.org")),
    }
}

async fn enter(
    platform: &TestPlatform,
    tenant: &Tenant,
    provider: &Entity,
    who: &ExternalIdentity,
) -> Result<SignedInUser, Refusal> {
    let entered = admit(platform.running.state(), tenant, provider, who).await;
    entered.unwrap()
}

async fn users(tenant: &Arc<Tenant>) -> usize {
    let users = tenant.query(EntityQuery::of(names::USER)).await.unwrap();
    users.items.len()
}

#[tokio::test]
async fn a_person_has_one_user_whatever_the_name_becomes() {
    let platform = TestPlatform::start().await;
    let tenant = platform.system();
    let staff = provider(&tenant, "staff").await;
    let before = users(&tenant).await;
    let ada = person("1", "ada");
    let entering = (0..8).map(|_| enter(&platform, &tenant, &staff, &ada));
    let ids: Vec<_> = join_all(entering).await;
    let first = ids[0].as_ref().unwrap();
    assert_eq!(first.idp, "external:staff");
    let attributes = &first.user.attributes;
    for (name, expected) in [
        ("UserName", Some("ada")),
        ("FirstName", Some("Ada")),
        ("LastName", None),
        ("Email", Some("ada@example.org")),
        ("PasswordHash", None),
    ] {
        assert_eq!(attributes.str(name), expected, "{name}");
    }
    let married = enter(&platform, &tenant, &staff, &person("1", "lovelace")).await;
    let all = ids.iter().chain([&married]);
    for entered in all {
        assert_eq!(entered.as_ref().unwrap().user.rt_id, first.user.rt_id);
    }
    assert_eq!(users(&tenant).await, before + 1);
}

#[tokio::test]
async fn a_name_that_is_taken_takes_nobody_over() {
    let platform = TestPlatform::start().await;
    let tenant = platform.system();
    let (staff, others) = (
        provider(&tenant, "staff").await,
        provider(&tenant, "others").await,
    );
    let admin = platform.admin().await;
    let mut names = Vec::new();
    for (provider, key) in [(&staff, "1"), (&staff, "2"), (&others, "1")] {
        let entered = enter(&platform, &tenant, provider, &person(key, "Admin")).await;
        let user = entered.unwrap().user;
        assert_ne!(user.rt_id, admin.rt_id);
        names.push(user.attributes.str("UserName").unwrap().to_owned());
    }
    assert_eq!(
        (names[0].as_str(), names[2].as_str()),
        ("Admin@staff", "Admin@others")
    );
    assert!(
        names[1].starts_with("Admin@") && names[1].len() == 38,
        "{}",
        names[1]
    );
    // The new users have no password, and the old one keeps his.
    let mut browser = Browser::new(&platform);
    let page = browser
        .sign_in("/octosystem/login", "Admin@staff", "")
        .await;
    assert_eq!(page.alert(), "Username and password are required");
    device_login(&platform, "octosystem", ALL_SCOPES, "admin", ADMIN_PASSWORD).await;
}

#[tokio::test]
async fn groups_are_those_of_the_provider_and_of_the_address() {
    let platform = TestPlatform::start().await;
    let tenant = platform.system();
    let staff = provider(&tenant, "staff").await;
    let mut groups = Vec::new();
    for name in ["Default", "ByAddress"] {
        let group = NewEntity::of(names::GROUP)
            .set("GroupName", name)
            .set("NormalizedGroupName", name.to_uppercase());
        groups.push(tenant.insert(group).await.unwrap());
    }
    let rule = NewEntity::of(names::EMAIL_RULE)
        .set("EmailDomainPattern", "Example.org")
        .set("TargetGroupRtId", groups[1].rt_id.to_string());
    tenant.insert(rule).await.unwrap();
    let default =
        UpdateEntity::from_entity(&staff).set("DefaultGroupRtId", groups[0].rt_id.to_string());
    let staff = tenant.update(default).await.unwrap();
    let ada = enter(&platform, &tenant, &staff, &person("1", "ada")).await;
    let nobody_vouches = ExternalIdentity {
        verified_email: None,
        ..person("2", "bob")
    };
    let bob = enter(&platform, &tenant, &staff, &nobody_vouches).await;
    for (entered, expected) in [(ada, &groups[..]), (bob, &groups[..1])] {
        let user = entered.unwrap().user.rt_id;
        let edges = tenant
            .associations_of([user], Some(names::GROUP_MEMBER), Direction::Inbound)
            .await
            .unwrap();
        let mut joined: Vec<_> = edges.iter().map(|edge| edge.origin.rt_id).collect();
        joined.sort();
        let mut expected: Vec<_> = expected.iter().map(|group| group.rt_id).collect();
        expected.sort();
        assert_eq!(joined, expected);
    }
}

#[tokio::test]
async fn without_self_registration_only_linked_people_enter() {
    let platform = TestPlatform::start().await;
    let tenant = platform.system();
    let staff = provider(&tenant, "staff").await;
    enter(&platform, &tenant, &staff, &person("1", "ada"))
        .await
        .unwrap();
    let closed = UpdateEntity::from_entity(&staff).set("AllowSelfRegistration", false);
    let staff = tenant.update(closed).await.unwrap();
    enter(&platform, &tenant, &staff, &person("1", "ada"))
        .await
        .unwrap();
    let before = users(&tenant).await;
    // Not even under the name of a user.
    platform.create_user(&tenant, "bob", PASSWORD).await;
    for who in [person("2", "bob"), person("3", "admin")] {
        let refused = enter(&platform, &tenant, &staff, &who).await;
        assert_eq!(refused.unwrap_err(), Refusal::NotRegistered);
    }
    assert_eq!(users(&tenant).await, before + 1);
}

#[tokio::test]
async fn a_locked_user_stays_outside() {
    let platform = TestPlatform::start().await;
    let tenant = platform.system();
    let staff = provider(&tenant, "staff").await;
    let ada = person("1", "ada");
    let user = enter(&platform, &tenant, &staff, &ada).await.unwrap().user;
    let end = Value::DateTimeOffset(DateTimeOffset {
        instant: Timestamp::now() + SignedDuration::from_hours(1),
        offset_minutes: 0,
    });
    let locked = UpdateEntity::from_entity(&user).set("LockoutEnd", end);
    tenant.update(locked).await.unwrap();
    let refused = enter(&platform, &tenant, &staff, &ada).await;
    assert_eq!(refused.unwrap_err(), Refusal::LockedOut);
}

/// An administrator of a tenant may write every entity of it, but must not get into the parent.
#[tokio::test]
async fn nobody_enters_as_a_user_of_another_tenant() {
    let platform = TestPlatform::start().await;
    let admin = platform.admin().await;
    let acme = platform
        .create_tenant_for("octosystem", "acme", &admin)
        .await;
    device_login(&platform, "acme", ALL_SCOPES, "admin", ADMIN_PASSWORD).await;
    let shadow = octo_platform::accounts::users::by_name(&acme, "xt_octosystem_admin");
    let shadow = shadow.await.unwrap().unwrap();
    // A provider by the name that stands for the parent in tokens, and a link to the shadow.
    let own = provider(&acme, "ParentTenant_octosystem").await;
    let login = Record::of("System.Identity", "UserLogin")
        .set("LoginProvider", own.rt_id.to_string())
        .set("ProviderKey", "1")
        .set("UserId", shadow.rt_id.to_string());
    let mut logins = shadow.attributes.records("UserLogins").to_vec();
    logins.push(login);
    let linked = UpdateEntity::from_entity(&shadow).set("UserLogins", Value::RecordArray(logins));
    acme.update(linked).await.unwrap();
    let refused = enter(&platform, &acme, &own, &person("1", "mallory")).await;
    assert_eq!(refused.unwrap_err(), Refusal::Invalid);
    let mallory = enter(&platform, &acme, &own, &person("2", "xt_octosystem_eve"))
        .await
        .unwrap();
    assert_eq!(mallory.idp, "external:ParentTenant_octosystem");
    let name = mallory.user.attributes.str("UserName");
    assert_eq!(name, Some("user_xt_octosystem_eve"));
}

#[tokio::test]
async fn a_sign_in_counts_as_long_as_its_provider_is_enabled() {
    let platform = TestPlatform::start().await;
    let tenant = platform.system();
    let staff = provider(&tenant, "staff").await;
    let (mut browser, handle) = signed_in(&platform, &staff).await;
    let disabled = UpdateEntity::from_entity(&staff).set("IsEnabled", false);
    tenant.update(disabled).await.unwrap();
    assert_eq!(platform.refresh(&handle).await.error(), "invalid_grant");
    let page = browser.open("/octosystem/device").await;
    assert!(page.path.contains("/login"), "{}", page.path);
    // Whoever signed in elsewhere is not concerned.
    device_login(&platform, "octosystem", ALL_SCOPES, "admin", ADMIN_PASSWORD).await;
}

#[tokio::test]
async fn a_provider_of_the_same_name_revives_no_sign_ins() {
    let platform = TestPlatform::start().await;
    let tenant = platform.system();
    let staff = provider(&tenant, "staff").await;
    let (mut browser, handle) = signed_in(&platform, &staff).await;
    let delete = DeleteEntity::of(names::LDAP_PROVIDER, staff.rt_id);
    tenant.delete(delete).await.unwrap();
    provider(&tenant, "staff").await;
    assert_eq!(platform.refresh(&handle).await.error(), "invalid_grant");
    let page = browser.open("/octosystem/device").await;
    assert!(page.path.contains("/login"), "{}", page.path);
}

/// The browser of somebody whom `provider` of the system tenant has verified, and a refresh token of
/// an application that was allowed there.
async fn signed_in<'a>(platform: &'a TestPlatform, provider: &Entity) -> (Browser<'a>, String) {
    let tenant = platform.system();
    let entered = enter(platform, &tenant, provider, &person("1", "ada")).await;
    let SignedInUser { user, idp } = entered.unwrap();
    let state = platform.running.state();
    let basis = basis_of(state, &tenant, &user, &idp).await.unwrap();
    let signed_in = SignedIn {
        tenant: tenant.id().clone(),
        user: user.rt_id,
        user_name: "ada".to_owned(),
        idp,
        basis: basis.unwrap(),
        auth_time: state.clock().unix_seconds(),
        sid: "S".to_owned(),
        must_change_password: false,
    };
    let cookie = state.sessions().open(signed_in, state.clock().now());
    let mut browser = Browser::new(platform);
    browser.keep("octo-session-octosystem", &cookie.unwrap());
    let started = platform.start_device("octosystem", DEVICE_CLIENT, ALL_SCOPES);
    let started = started.await.json();
    let uri = started["verification_uri_complete"].as_str().unwrap();
    let path = uri.strip_prefix(platform.identity()).unwrap();
    let page = browser.open(path).await;
    let allow = page.form("/device/confirm").with("decision", "allow");
    browser.submit(&allow).await;
    let code = started["device_code"].as_str().unwrap();
    let issued = platform.poll(DEVICE_CLIENT, code).await.json();
    let token = issued["access_token"].as_str().unwrap();
    assert_eq!(claims(token)["idp"], "external:staff");
    let handle = issued["refresh_token"].as_str().unwrap();
    let refreshed = platform.refresh(handle).await.json();
    let handle = refreshed["refresh_token"].as_str().unwrap();
    (browser, handle.to_owned())
}
