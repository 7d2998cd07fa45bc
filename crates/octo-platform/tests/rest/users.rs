//! Users.

use octo_sdk::identity::{RegisterUserDto, UserDto, UsersPage};
use octo_sdk::{Secret, ServiceError};

use crate::platform::{SYSTEM, TestPlatform};

fn new_user(name: &str, email: Option<&str>, password: Option<&str>) -> RegisterUserDto {
    RegisterUserDto {
        user: UserDto {
            name: Some(name.to_owned()),
            email: email.map(str::to_owned),
            first_name: Some("Anna".to_owned()),
            ..UserDto::default()
        },
        password: password.map(Secret::new),
    }
}

fn codes(error: &ServiceError) -> Vec<&str> {
    error
        .details()
        .iter()
        .map(|detail| detail.code.as_str())
        .collect()
}

const GOOD: Option<&str> = Some("Pa$$w0rd");

#[tokio::test]
async fn the_life_of_a_user() {
    let platform = TestPlatform::start().await;
    let identity = platform.system_identity().await;
    identity
        .create_user(&new_user("anna", Some("anna@x.org"), GOOD))
        .await
        .unwrap();

    let anna = identity.user("ANNA").await.unwrap();
    assert_eq!(anna.name.as_deref(), Some("anna"));
    assert!(!anna.reset_password_on_login);
    assert_eq!(anna.external_logins, Some(Vec::new()));
    let id = anna.user_id.clone().unwrap();
    for spelling in ["Anna@X.org", &id, &id.to_uppercase()] {
        assert_eq!(identity.user(spelling).await.unwrap(), anna, "{spelling}");
    }
    let names: Vec<_> = identity
        .users()
        .await
        .unwrap()
        .into_iter()
        .filter_map(|user| user.name)
        .collect();
    assert_eq!(names, ["admin", "anna"]);
    let page = UsersPage {
        skip: 1,
        take: 1,
        filter: None,
    };
    let page = identity.users_page(&page).await.unwrap();
    assert_eq!((page.total_count, page.list.len()), (2, 1));

    let changed = UserDto {
        name: Some("anna.b".to_owned()),
        email: Some("b@x.org".to_owned()),
        reset_password_on_login: true,
        ..UserDto::default()
    };
    identity.update_user("anna@x.org", &changed).await.unwrap();
    let after = identity.user("anna.b").await.unwrap();
    assert_eq!(after.user_id, anna.user_id);
    assert_eq!(after.first_name, None, "the whole user is replaced");
    assert!(after.reset_password_on_login);
    assert!(identity.user("anna").await.unwrap_err().is_not_found());

    identity.delete_user("B@x.org").await.unwrap();
    assert!(identity.user(&id).await.unwrap_err().is_not_found());
    let again = identity.delete_user("anna.b").await.unwrap_err();
    assert_eq!(again.to_string(), "NotFound: User name 'anna.b' not found.");
}

#[tokio::test]
async fn all_violations_are_listed_and_nothing_is_stored() {
    let platform = TestPlatform::start().await;
    let identity = platform.system_identity().await;
    let refused = identity
        .create_user(&new_user("te st", None, Some("test")))
        .await
        .unwrap_err();
    assert_eq!(
        codes(&refused),
        [
            "InvalidUserName",
            "PasswordTooShort",
            "PasswordRequiresNonAlphanumeric",
            "PasswordRequiresDigit",
            "PasswordRequiresUpper",
        ]
    );
    let text = refused.to_string();
    assert!(
        text.starts_with("BadRequest: Creation of user failed: "),
        "{text}"
    );
    assert_eq!(identity.users().await.unwrap().len(), 1);

    identity
        .create_user(&new_user("anna", Some("same@x.org"), GOOD))
        .await
        .unwrap();
    let twice = identity
        .create_user(&new_user("ANNA", None, GOOD))
        .await
        .unwrap_err();
    assert_eq!(codes(&twice), ["DuplicateUserName"]);
    identity
        .create_user(&new_user("bob", Some("same@x.org"), GOOD))
        .await
        .unwrap();
    let ambiguous = identity.user("same@x.org").await.unwrap_err().to_string();
    assert!(
        ambiguous.contains("Several users have the e-mail address"),
        "{ambiguous}"
    );

    for reserved in ["xt_acme_anna", "XT_x"] {
        let refused = identity
            .create_user(&new_user(reserved, None, GOOD))
            .await
            .unwrap_err();
        assert_eq!(codes(&refused), ["InvalidUserName"], "{reserved}");
    }
    let nameless = identity
        .update_user("anna", &UserDto::default())
        .await
        .unwrap_err();
    assert_eq!(codes(&nameless), ["InvalidUserName"]);
    let taken = UserDto {
        name: Some("Bob".to_owned()),
        ..UserDto::default()
    };
    let taken = identity.update_user("anna", &taken).await.unwrap_err();
    assert_eq!(codes(&taken), ["DuplicateUserName"]);
    assert_eq!(
        identity.user("anna").await.unwrap().email.as_deref(),
        Some("same@x.org")
    );
}

#[tokio::test]
async fn two_users_of_one_name_cannot_be_created_at_once() {
    let platform = TestPlatform::start().await;
    let identity = platform.system_identity().await;
    let user = new_user("anna", None, None);
    let (first, second) = tokio::join!(identity.create_user(&user), identity.create_user(&user));
    assert!(first.is_ok() != second.is_ok());
    assert_eq!(identity.users().await.unwrap().len(), 2);
}

#[tokio::test]
async fn passwords() {
    let platform = TestPlatform::start().await;
    let identity = platform.system_identity().await;
    identity
        .create_user(&new_user("anna", None, None))
        .await
        .unwrap();
    let weak = identity
        .reset_password("anna", &Secret::new("weak"))
        .await
        .unwrap_err();
    assert!(codes(&weak).contains(&"PasswordTooShort"));
    assert!(
        weak.to_string()
            .starts_with("BadRequest: Reset of password failed: "),
        "{weak}"
    );
    identity
        .reset_password("ANNA", &Secret::new("N3w-pass&word"))
        .await
        .unwrap();

    let tenant = platform.running.runtime().system_tenant();
    let id = crate::platform::user_id(&tenant, "ANNA")
        .await
        .parse()
        .unwrap();
    let stored = tenant
        .get("System.Identity/User", id)
        .await
        .unwrap()
        .unwrap();
    let hash = stored.attributes.str("PasswordHash").unwrap();
    let passwords = platform.running.state().passwords();
    assert!(passwords.verify(Some(hash), "N3w-pass&word").await.unwrap());

    let unknown = identity
        .reset_password("nobody", &Secret::new("N3w-password"))
        .await;
    assert_eq!(
        unknown.unwrap_err().to_string(),
        "NotFound: User 'nobody' not found."
    );
}

#[tokio::test]
async fn roles_of_a_user() {
    let platform = TestPlatform::start().await;
    let identity = platform.system_identity().await;
    identity
        .create_user(&new_user("anna", Some("a@x.org"), GOOD))
        .await
        .unwrap();
    identity
        .add_user_to_role("a@x.org", "development")
        .await
        .unwrap();
    let again = identity
        .add_user_to_role("anna", "Development")
        .await
        .unwrap_err();
    assert_eq!(
        again.to_string(),
        "BadRequest: User 'anna' already has role 'Development'"
    );
    for roles in [
        identity.user_roles("anna").await.unwrap(),
        identity.user_direct_roles("anna").await.unwrap(),
    ] {
        let names: Vec<_> = roles.into_iter().filter_map(|role| role.name).collect();
        assert_eq!(names, ["Development"]);
    }
    let unknown = identity
        .add_user_to_role("nobody", "Development")
        .await
        .unwrap_err();
    assert_eq!(
        unknown.to_string(),
        "NotFound: User with name 'nobody' not found."
    );
    let unknown = identity
        .add_user_to_role("anna", "Nothing")
        .await
        .unwrap_err();
    assert_eq!(
        unknown.to_string(),
        "NotFound: Role with name 'Nothing' not found."
    );

    identity
        .remove_user_from_role("anna", "Development")
        .await
        .unwrap();
    let again = identity
        .remove_user_from_role("anna", "Development")
        .await
        .unwrap_err();
    assert_eq!(
        again.to_string(),
        "BadRequest: User 'anna' doesn't have role 'Development'"
    );
}

#[tokio::test]
async fn a_role_of_a_group_is_effective_and_cannot_be_taken_directly() {
    use octo_runtime::{ChangeSet, NewEntity};
    let platform = TestPlatform::start().await;
    let identity = platform.system_identity().await;
    identity
        .create_user(&new_user("anna", None, GOOD))
        .await
        .unwrap();
    let tenant = platform.running.runtime().system_tenant();
    let anna = crate::platform::user_id(&tenant, "ANNA")
        .await
        .parse()
        .unwrap();
    let role = identity
        .role("BotManagement")
        .await
        .unwrap()
        .id
        .unwrap()
        .parse()
        .unwrap();
    let group = NewEntity::of("System.Identity/Group")
        .set("GroupName", "bots")
        .set("NormalizedGroupName", "BOTS");
    let changes = ChangeSet::new()
        .associate(
            &group,
            "System.Identity/AssignedRole",
            ("System.Identity/Role", role),
        )
        .associate(
            &group,
            "System.Identity/GroupMember",
            ("System.Identity/User", anna),
        )
        .insert(group);
    tenant.apply(changes).await.unwrap();

    assert_eq!(identity.user_roles("anna").await.unwrap().len(), 1);
    assert!(identity.user_direct_roles("anna").await.unwrap().is_empty());
    let already = identity
        .add_user_to_role("anna", "BotManagement")
        .await
        .unwrap_err();
    assert!(
        already.to_string().contains("already has role"),
        "{already}"
    );
    let indirect = identity
        .remove_user_from_role("anna", "BotManagement")
        .await
        .unwrap_err();
    assert!(
        indirect.to_string().contains("through a group"),
        "{indirect}"
    );
}

#[tokio::test]
async fn bad_bodies_are_explained() {
    let platform = TestPlatform::start().await;
    let token = platform.admin().await;
    let url = format!("{}/{SYSTEM}/v1/users", platform.running.urls().identity);
    for (body, expected) in [
        ("", "A non-empty request body is required."),
        ("{", "Not a JSON object"),
        ("[]", "Not a JSON object"),
        (r#"{"name":7}"#, "invalid type"),
    ] {
        let (status, text) = platform.send("POST", &url, Some(&token), Some(body)).await;
        assert_eq!(status, 400, "{body}");
        assert!(text.contains(expected), "{body}: {text}");
    }
    let huge = format!(r#"{{"name":"{}"}}"#, "x".repeat(300 * 1024));
    assert_eq!(
        platform
            .send("POST", &url, Some(&token), Some(&huge))
            .await
            .0,
        413
    );
    let missing = format!("{url}/ResetPassword");
    let (status, text) = platform.send("POST", &missing, Some(&token), None).await;
    assert_eq!(status, 400);
    assert!(
        text.contains("The userName field") && text.contains("The password field"),
        "{text}"
    );
}
