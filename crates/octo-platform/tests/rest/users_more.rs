//! Pages of many users, whole sets of roles, and two users that become one.

use jiff::SignedDuration;
use octo_runtime::{DateTimeOffset, NewEntity, Record, RtId, Tenant, UpdateEntity, Value};
use octo_sdk::identity::{IdentityClient, RegisterUserDto, UserDto, UsersPage};
use octo_sdk::{Secret, ServiceError};

use crate::groups::{create_group, create_user};
use crate::platform::{SYSTEM, TestPlatform};

async fn page(
    identity: &IdentityClient,
    skip: u32,
    take: u32,
    filter: Option<&str>,
) -> (i64, Vec<String>) {
    let asked = UsersPage { skip, take, filter };
    let page = identity.users_page(&asked).await.unwrap();
    let names = page.list.into_iter().filter_map(|user| user.name);
    (page.total_count, names.collect())
}

async fn store(tenant: &Tenant, name: &str, email: &str, first_name: &str) {
    let user = NewEntity::of("System.Identity/User")
        .set("UserName", name)
        .set("NormalizedUserName", name.to_uppercase())
        .set("Email", email)
        .set("NormalizedEmail", email.to_uppercase())
        .set("FirstName", first_name);
    tenant.insert(user).await.unwrap();
}

#[tokio::test]
async fn pages_are_filtered_by_names_and_address() {
    let platform = TestPlatform::start().await;
    let identity = platform.system_identity().await;
    let tenant = platform.running.runtime().system_tenant();
    store(&tenant, "ada", "lovelace@x.org", "Ada").await;
    store(&tenant, "bob", "bob@y.org", "Röbert").await;
    store(&tenant, "carl", "carl@x.org", "Carl").await;
    let names = |found: &[&str]| {
        found
            .iter()
            .map(|name| (*name).to_owned())
            .collect::<Vec<_>>()
    };
    for (filter, expected) in [
        ("X.ORG", &["ada", "carl"][..]),
        ("lovelace", &["ada"]),
        ("rÖb", &["bob"]),
        (" ar ", &["carl"]),
        ("nobody", &[]),
        (".*", &[]),
    ] {
        let found = page(&identity, 0, 10, Some(filter)).await;
        assert_eq!(found, (expected.len() as i64, names(expected)), "{filter}");
    }
    assert_eq!(
        page(&identity, 1, 1, Some("x.org")).await,
        (2, names(&["carl"]))
    );
    assert_eq!(
        page(&identity, 2, 10, None).await,
        (4, names(&["bob", "carl"]))
    );
    assert_eq!(page(&identity, 9, 10, None).await, (4, names(&[])));
}

#[tokio::test]
async fn pages_tell_their_numbers_in_a_header() {
    let platform = TestPlatform::start().await;
    let token = platform.admin().await;
    let url = format!(
        "{}/{SYSTEM}/v1/users/GetPaged?skip=0&take=1",
        platform.running.urls().identity
    );
    let request = reqwest::Client::new().get(url).bearer_auth(token.expose());
    let answer = request.send().await.unwrap();
    assert_eq!(
        answer.headers()["x-pagination"],
        r#"{"totalCount":1,"skip":0,"take":1}"#
    );
    let body: serde_json::Value = answer.json().await.unwrap();
    assert_eq!(body["list"][0]["name"], "admin");
}

#[tokio::test]
async fn the_roles_of_a_user_are_replaced_as_a_whole() {
    let platform = TestPlatform::start().await;
    let identity = platform.system_identity().await;
    create_user(&identity, "ada").await;
    identity
        .add_user_to_role("ada", "Development")
        .await
        .unwrap();
    let role = |suffix: &str| format!("6600000000000000000000{suffix}");
    let direct = || async {
        let roles = identity.user_direct_roles("ada").await.unwrap();
        roles
            .into_iter()
            .filter_map(|role| role.id)
            .collect::<Vec<_>>()
    };
    let wanted = [role("06"), role("08")];
    identity.replace_user_roles("ada", &wanted).await.unwrap();
    assert_eq!(direct().await, wanted);
    let unknown = [role("01"), role("ff")];
    let refused = identity
        .replace_user_roles("ada", &unknown)
        .await
        .unwrap_err();
    assert_eq!(
        refused.to_string(),
        "NotFound: Role with id '6600000000000000000000ff' not found."
    );
    assert_eq!(direct().await, wanted, "earlier roles stay");
    let unknown = identity
        .replace_user_roles("nobody", &[])
        .await
        .unwrap_err();
    assert_eq!(
        unknown.to_string(),
        "NotFound: User with name 'nobody' not found."
    );
}

fn text(answer: Result<(), ServiceError>) -> String {
    answer.unwrap_err().to_string()
}

#[tokio::test]
async fn merging_hands_everything_over() {
    let platform = TestPlatform::start().await;
    let identity = platform.system_identity().await;
    let tenant = platform.running.runtime().system_tenant();
    let ada = create_user(&identity, "ada").await;
    let login = Record::of("System.Identity", "UserLogin")
        .set("LoginProvider", "Google")
        .set("ProviderKey", "g-1")
        .set("UserId", "old");
    let old = NewEntity::of("System.Identity/User")
        .set("UserName", "ada.old")
        .set("NormalizedUserName", "ADA.OLD")
        .set("UserLogins", Value::RecordArray(vec![login]));
    let old = tenant.insert(old).await.unwrap().rt_id.to_string();
    let shared = create_group(&identity, "Shared").await;
    let own = create_group(&identity, "Own").await;
    for (group, user) in [(&shared, &ada), (&shared, &old), (&own, &old)] {
        identity.add_user_to_group(group, user).await.unwrap();
    }
    for (user, role) in [
        ("ada", "Development"),
        ("ada.old", "Development"),
        ("ada.old", "BotManagement"),
    ] {
        identity.add_user_to_role(user, role).await.unwrap();
    }

    identity.merge_users("ada", "ADA.OLD").await.unwrap();
    assert!(identity.user("ada.old").await.unwrap_err().is_not_found());
    let merged = identity.user("ada").await.unwrap();
    assert_eq!(merged.user_id.as_deref(), Some(ada.as_str()));
    assert_eq!(
        merged.external_logins.unwrap()[0].provider_key.as_deref(),
        Some("g-1")
    );
    assert_eq!(identity.user_direct_roles("ada").await.unwrap().len(), 2);
    for group in [&shared, &own] {
        assert_eq!(
            identity.group_users(group).await.unwrap(),
            std::slice::from_ref(&ada)
        );
    }

    assert_eq!(
        text(identity.merge_users("ada", "Ada").await),
        "BadRequest: Cannot merge a user into itself."
    );
    assert_eq!(
        text(identity.merge_users("nobody", "ada").await),
        "NotFound: Target user 'nobody' not found."
    );
    assert_eq!(
        text(identity.merge_users("ada", "nobody").await),
        "NotFound: Source user 'nobody' not found."
    );
}

#[tokio::test]
async fn a_new_address_is_not_a_confirmed_one() {
    let platform = TestPlatform::start().await;
    let identity = platform.system_identity().await;
    let tenant = platform.running.runtime().system_tenant();
    let user = NewEntity::of("System.Identity/User")
        .set("UserName", "ada")
        .set("NormalizedUserName", "ADA")
        .set("Email", "ada@x.org")
        .set("EmailConfirmed", true);
    let ada = tenant.insert(user).await.unwrap().rt_id;
    for (address, confirmed) in [
        (Some("Ada@X.org"), true),
        (Some("ada@corp.example"), false),
        (None, false),
    ] {
        let change = UserDto {
            name: Some("ada".to_owned()),
            email: address.map(str::to_owned),
            ..UserDto::default()
        };
        identity.update_user("ada", &change).await.unwrap();
        let stored = tenant.get("System.Identity/User", ada).await.unwrap();
        let stored = stored.unwrap().attributes.bool("EmailConfirmed");
        assert_eq!(stored, Some(confirmed), "{address:?}");
    }
}

#[tokio::test]
async fn nobody_is_named_so_that_others_are_mistaken_for_them() {
    let platform = TestPlatform::start().await;
    let identity = platform.system_identity().await;
    let user = |name: &str, email: Option<&str>| UserDto {
        name: Some(name.to_owned()),
        email: email.map(str::to_owned),
        ..UserDto::default()
    };
    let create = async |name: &str, email: Option<&str>| {
        let new = RegisterUserDto {
            user: user(name, email),
            password: None,
        };
        identity.create_user(&new).await
    };
    create("ada", Some("ada@x.org")).await.unwrap();
    create("mallory", None).await.unwrap();
    let id = identity.user("ada").await.unwrap().user_id.unwrap();
    for (name, code) in [
        ("Ada@X.org", "DuplicateUserName"),
        (id.as_str(), "InvalidUserName"),
        ("65D5C447B420DA3FB12381BC", "InvalidUserName"),
    ] {
        for refused in [
            create(name, None).await,
            identity.update_user("mallory", &user(name, None)).await,
        ] {
            let refused = refused.unwrap_err();
            assert_eq!(refused.details()[0].code, code, "{name}");
        }
    }
    // The own address is a fine name.
    let named = user("ada@x.org", Some("ada@x.org"));
    identity.update_user("ada", &named).await.unwrap();
    identity.update_user("ada@x.org", &named).await.unwrap();
    create("bob@x.org", Some("bob@x.org")).await.unwrap();
}

#[tokio::test]
async fn a_new_password_opens_a_locked_account() {
    let platform = TestPlatform::start().await;
    let identity = platform.system_identity().await;
    let tenant = platform.running.runtime().system_tenant();
    create_user(&identity, "ada").await;
    let ada: RtId = identity
        .user("ada")
        .await
        .unwrap()
        .user_id
        .unwrap()
        .parse()
        .unwrap();
    let end = Value::DateTimeOffset(DateTimeOffset {
        instant: platform.running.clock().now() + SignedDuration::from_hours(1),
        offset_minutes: 0,
    });
    let locked = UpdateEntity::of("System.Identity/User", ada)
        .set("AccessFailedCount", 3)
        .set("LockoutEnd", end);
    tenant.update(locked).await.unwrap();
    let password = Secret::new("An0ther-password!");
    identity.reset_password("ada", &password).await.unwrap();
    let stored = tenant.get("System.Identity/User", ada).await.unwrap();
    let stored = stored.unwrap().attributes;
    assert_eq!(stored.i32("AccessFailedCount"), Some(0));
    assert!(!stored.contains("LockoutEnd"));
}
