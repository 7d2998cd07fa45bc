//! Roles.

use octo_sdk::identity::{RegisterUserDto, UserDto};

use crate::platform::{SYSTEM, TestPlatform};

#[tokio::test]
async fn the_seeded_roles_are_there() {
    let platform = TestPlatform::start().await;
    let roles = platform.system_identity().await.roles().await.unwrap();
    assert_eq!(roles.len(), 14);
    let management = roles
        .iter()
        .find(|role| role.name.as_deref() == Some("TenantManagement"))
        .unwrap();
    assert_eq!(management.id.as_deref(), Some("660000000000000000000001"));
}

#[tokio::test]
async fn the_first_user_may_administer() {
    let platform = TestPlatform::start().await;
    let held = platform
        .system_identity()
        .await
        .user_roles("admin")
        .await
        .unwrap();
    for needed in ["TenantManagement", "UserManagement"] {
        assert!(
            held.iter().any(|role| role.name.as_deref() == Some(needed)),
            "{needed}"
        );
    }
}

#[tokio::test]
async fn the_life_of_a_role() {
    let platform = TestPlatform::start().await;
    let identity = platform.system_identity().await;
    identity.create_role("Night Shift / Süd").await.unwrap();
    let role = identity.role("night shift / süd").await.unwrap();
    let user = UserDto {
        name: Some("anna".to_owned()),
        ..UserDto::default()
    };
    identity
        .create_user(&RegisterUserDto {
            user,
            password: None,
        })
        .await
        .unwrap();
    identity
        .add_user_to_role("anna", "Night Shift / Süd")
        .await
        .unwrap();

    identity
        .rename_role("Night Shift / Süd", "Day Shift")
        .await
        .unwrap();
    let renamed = identity.role("Day Shift").await.unwrap();
    assert_eq!(renamed.id, role.id);
    let held = identity.user_roles("anna").await.unwrap();
    assert_eq!(held, [renamed], "assignments stay");
    identity
        .rename_role("Day Shift", "DAY SHIFT")
        .await
        .unwrap();

    identity.delete_role("day shift").await.unwrap();
    assert!(identity.user_roles("anna").await.unwrap().is_empty());
    let again = identity.delete_role("Day Shift").await.unwrap_err();
    assert_eq!(again.to_string(), "NotFound: Role 'Day Shift' not found.");
    let unknown = identity.rename_role("Day Shift", "x").await.unwrap_err();
    assert_eq!(unknown.to_string(), "NotFound: Role 'Day Shift' not found.");
    assert!(identity.role("Day Shift").await.unwrap_err().is_not_found());
}

#[tokio::test]
async fn names_are_unique_in_any_case() {
    let platform = TestPlatform::start().await;
    let identity = platform.system_identity().await;
    let taken = identity.create_role("development").await.unwrap_err();
    assert_eq!(taken.details()[0].code, "DuplicateRoleName");
    assert_eq!(
        taken.to_string(),
        "BadRequest: Creation of role failed: Role name 'development' is already taken."
    );
    identity.create_role("Guides").await.unwrap();
    let taken = identity
        .rename_role("Guides", "Development")
        .await
        .unwrap_err();
    assert_eq!(taken.details()[0].code, "DuplicateRoleName");
    for name in ["", "  ", "..", "a\nb"] {
        let invalid = identity.create_role(name).await.unwrap_err();
        assert_eq!(invalid.details()[0].code, "InvalidRoleName", "{name:?}");
    }
    assert_eq!(identity.roles().await.unwrap().len(), 15);
}

#[tokio::test]
async fn pages_can_be_filtered() {
    let platform = TestPlatform::start().await;
    let token = platform.admin().await;
    let base = format!(
        "{}/{SYSTEM}/v1/roles/GetPaged",
        platform.running.urls().identity
    );
    let url = format!("{base}?filter=streamdata&take=2&SKIP=1");
    let (status, body) = platform.send("GET", &url, Some(&token), None).await;
    assert_eq!(status, 200);
    assert!(
        body.starts_with(r#"{"totalCount":3,"skip":1,"take":2,"list":["#),
        "{body}"
    );
    let (status, _) = platform
        .send("GET", &format!("{base}?take=x"), Some(&token), None)
        .await;
    assert_eq!(status, 400);
}

#[tokio::test]
async fn roles_that_services_go_by_keep_their_names() {
    let platform = TestPlatform::start().await;
    let identity = platform.system_identity().await;
    for name in ["Bots", "botmanagement"] {
        let refused = identity.rename_role("BotManagement", name).await;
        let refused = refused.unwrap_err();
        assert_eq!(refused.details()[0].code, "InvalidRoleName");
        let text = refused.to_string();
        assert!(text.contains("'BotManagement' cannot be renamed"), "{text}");
    }
    identity
        .rename_role("BotManagement", "BotManagement")
        .await
        .unwrap();
    identity.delete_role("BotManagement").await.unwrap();
}
