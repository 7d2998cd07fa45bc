//! Groups, their members and the roles they hand on (identity.md 10, items 1, 6 and 7).

use octo_sdk::ServiceError;
use octo_sdk::identity::{
    CreateGroupDto, GroupDto, IdentityClient, RegisterUserDto, UpdateGroupDto, UserDto,
};

use crate::platform::{SYSTEM, TestPlatform};

const UNKNOWN: &str = "66ffffffffffffffffffffff";

pub(crate) async fn create_group(identity: &IdentityClient, name: &str) -> String {
    create_group_with(identity, name, &[]).await
}

/// A group with these roles, by name.
pub(crate) async fn create_group_with(
    identity: &IdentityClient,
    name: &str,
    roles: &[&str],
) -> String {
    let mut ids = Vec::new();
    for role in roles {
        ids.push(identity.role(role).await.unwrap().id.unwrap());
    }
    let group = CreateGroupDto {
        group_name: name.to_owned(),
        group_description: None,
        role_ids: Some(ids),
    };
    identity.create_group(&group).await.unwrap().id.unwrap()
}

pub(crate) async fn create_user(identity: &IdentityClient, name: &str) -> String {
    let user = UserDto {
        name: Some(name.to_owned()),
        ..UserDto::default()
    };
    let user = RegisterUserDto {
        user,
        password: None,
    };
    identity.create_user(&user).await.unwrap();
    identity.user(name).await.unwrap().user_id.unwrap()
}

async fn roles_of(identity: &IdentityClient, user: &str) -> Vec<String> {
    let roles = identity.user_roles(user).await.unwrap();
    roles.into_iter().filter_map(|role| role.name).collect()
}

fn refusal<T: std::fmt::Debug>(answer: Result<T, ServiceError>) -> String {
    answer.unwrap_err().to_string()
}

#[tokio::test]
async fn a_fresh_tenant_has_the_owners_group_only() {
    let platform = TestPlatform::start().await;
    let identity = platform.system_identity().await;
    let groups = identity.groups().await.unwrap();
    let [owners] = groups.as_slice() else {
        panic!("{groups:?}");
    };
    assert_eq!(owners.id.as_deref(), Some("660000000000000000000040"));
    assert_eq!(owners.group_name, "TenantOwners");
    assert_eq!(owners.role_ids.len(), 14);
    assert_eq!(owners.member_user_ids.len(), 1, "admin");
    assert!(
        identity
            .email_domain_group_rules()
            .await
            .unwrap()
            .is_empty()
    );
    let mappings = identity.user_mappings(None, None, None).await.unwrap();
    assert!(mappings.is_empty());
}

#[tokio::test]
async fn the_life_of_a_group() {
    let platform = TestPlatform::start().await;
    let identity = platform.system_identity().await;
    let id = create_group_with(&identity, "Night / Day", &["Development"]).await;
    let group = identity.group(&id).await.unwrap();
    assert_eq!(group.role_ids, ["660000000000000000000004"]);
    assert_eq!(identity.group(&id.to_uppercase()).await.unwrap(), group);
    assert_eq!(identity.group_named("night / day").await.unwrap(), group);
    assert_eq!(identity.groups_page(0, 1).await.unwrap(), [group]);

    let changed = UpdateGroupDto {
        group_name: "Day".to_owned(),
        group_description: Some("  by daylight ".to_owned()),
    };
    let changed = identity.update_group(&id, &changed).await.unwrap();
    assert_eq!(changed.group_name, "Day");
    assert_eq!(changed.group_description.as_deref(), Some("by daylight"));
    assert_eq!(changed.role_ids.len(), 1, "roles stay");
    let cleared = UpdateGroupDto {
        group_name: "day".to_owned(),
        group_description: None,
    };
    let cleared = identity.update_group(&id, &cleared).await.unwrap();
    assert_eq!(cleared.group_description, None);

    identity.delete_group(&id).await.unwrap();
    assert!(identity.group(&id).await.unwrap_err().is_not_found());
    assert!(identity.delete_group(&id).await.unwrap_err().is_not_found());
}

#[tokio::test]
async fn names_of_groups_are_unique_in_any_case() {
    let platform = TestPlatform::start().await;
    let identity = platform.system_identity().await;
    create_group(&identity, "Guides").await;
    let other = create_group(&identity, "Rangers").await;
    let clash = CreateGroupDto {
        group_name: "GUIDES".to_owned(),
        ..CreateGroupDto::default()
    };
    assert_eq!(
        refusal(identity.create_group(&clash).await),
        "Conflict: A group with name 'GUIDES' already exists."
    );
    let clash = UpdateGroupDto {
        group_name: "guides".to_owned(),
        group_description: None,
    };
    assert!(refusal(identity.update_group(&other, &clash).await).contains("already exists"));
    let [one, other] = ["Pilots", "PILOTS"].map(new_group);
    let (first, second) = tokio::join!(identity.create_group(&one), identity.create_group(&other));
    assert!(first.is_ok() != second.is_ok());
}

fn new_group(name: &str) -> CreateGroupDto {
    CreateGroupDto {
        group_name: name.to_owned(),
        ..CreateGroupDto::default()
    }
}

#[tokio::test]
async fn what_is_wrong_with_a_group_is_said_and_nothing_is_stored() {
    let platform = TestPlatform::start().await;
    let identity = platform.system_identity().await;
    let nameless = refusal(identity.create_group(&new_group("  ")).await);
    assert!(
        nameless.contains("The GroupName field is required."),
        "{nameless}"
    );
    for name in ["..", "a\nb", &"x".repeat(257)] {
        assert!(identity.create_group(&new_group(name)).await.is_err());
    }
    for (roles, expected) in [
        (vec!["zz"], "The value 'zz' is not valid."),
        (
            vec![UNKNOWN],
            "Role with id '66ffffffffffffffffffffff' not found.",
        ),
    ] {
        let group = CreateGroupDto {
            role_ids: Some(roles.into_iter().map(str::to_owned).collect()),
            ..new_group("Guides")
        };
        let refused = refusal(identity.create_group(&group).await);
        assert!(refused.contains(expected), "{refused}");
    }
    assert_eq!(identity.groups().await.unwrap().len(), 1);
    let bad_id = refusal(identity.group("zz").await);
    assert!(bad_id.contains("The value 'zz' is not valid."), "{bad_id}");
}

#[tokio::test]
async fn roles_of_a_group_are_replaced_as_a_whole() {
    let platform = TestPlatform::start().await;
    let identity = platform.system_identity().await;
    let id = create_group_with(&identity, "Guides", &["Development", "BotManagement"]).await;
    let role = |suffix: &str| format!("6600000000000000000000{suffix}");
    let wanted = [role("06"), role("08")];
    identity.replace_group_roles(&id, &wanted).await.unwrap();
    assert_eq!(identity.group_roles(&id).await.unwrap(), wanted);
    let unknown = [role("01"), UNKNOWN.to_owned()];
    let refused = refusal(identity.replace_group_roles(&id, &unknown).await);
    assert!(refused.starts_with("NotFound: Role with id"), "{refused}");
    assert_eq!(identity.group_roles(&id).await.unwrap(), wanted);
    identity.replace_group_roles(&id, &[]).await.unwrap();
    assert!(identity.group_roles(&id).await.unwrap().is_empty());
}

#[tokio::test]
async fn members_come_and_go() {
    let platform = TestPlatform::start().await;
    let identity = platform.system_identity().await;
    let group = create_group(&identity, "Guides").await;
    let ada = create_user(&identity, "ada").await;
    for _ in 0..2 {
        identity.add_user_to_group(&group, &ada).await.unwrap();
    }
    assert_eq!(
        identity.group_users(&group).await.unwrap(),
        std::slice::from_ref(&ada)
    );
    let client = "660000000000000000000031";
    for _ in 0..2 {
        identity.add_client_to_group(&group, client).await.unwrap();
    }
    assert_eq!(identity.group_clients(&group).await.unwrap(), [client]);
    let shown = identity.group(&group).await.unwrap();
    assert_eq!(shown.member_user_ids, std::slice::from_ref(&ada));
    assert_eq!(shown.member_client_ids, [client]);

    let refused = refusal(identity.add_user_to_group(&group, UNKNOWN).await);
    assert_eq!(
        refused,
        format!("NotFound: User with id '{UNKNOWN}' not found.")
    );
    let refused = refusal(identity.add_user_to_group(&group, client).await);
    assert!(
        refused.contains("not found"),
        "a client is no user: {refused}"
    );
    let refused = refusal(identity.add_user_to_group(&group, "ada").await);
    assert!(
        refused.contains("The value 'ada' is not valid."),
        "{refused}"
    );

    identity.remove_user_from_group(&group, &ada).await.unwrap();
    identity
        .remove_client_from_group(&group, client)
        .await
        .unwrap();
    let again = refusal(identity.remove_user_from_group(&group, &ada).await);
    assert_eq!(
        again,
        format!("BadRequest: User '{ada}' is not a member of group 'Guides'.")
    );
    let shown = identity.group(&group).await.unwrap();
    assert!(shown.member_user_ids.is_empty() && shown.member_client_ids.is_empty());
}

#[tokio::test]
async fn groups_do_not_contain_each_other() {
    let platform = TestPlatform::start().await;
    let identity = platform.system_identity().await;
    let mut ids = Vec::new();
    for name in ["A", "B", "C"] {
        ids.push(create_group(&identity, name).await);
    }
    let [a, b, c] = [&ids[0], &ids[1], &ids[2]];
    assert_eq!(
        refusal(identity.add_group_to_group(a, a).await),
        "BadRequest: A group cannot be a member of itself."
    );
    identity.add_group_to_group(a, b).await.unwrap();
    identity.add_group_to_group(b, c).await.unwrap();
    for (parent, child) in [(c, a), (b, a), (c, b)] {
        assert_eq!(
            refusal(identity.add_group_to_group(parent, child).await),
            "BadRequest: Adding this group would create a circular reference."
        );
    }
    identity.add_group_to_group(a, b).await.unwrap();
    assert_eq!(
        identity.nested_groups(a).await.unwrap(),
        std::slice::from_ref(b)
    );
    assert_eq!(
        refusal(identity.add_group_to_group(a, UNKNOWN).await),
        "NotFound: Child group not found."
    );
    identity.remove_group_from_group(a, b).await.unwrap();
    assert_eq!(
        refusal(identity.remove_group_from_group(a, b).await),
        "BadRequest: Group 'B' is not nested in group 'A'."
    );
    identity.delete_group(b).await.unwrap();
    let left = identity.groups().await.unwrap();
    assert!(
        left.iter()
            .all(|group: &GroupDto| group.member_group_ids.is_empty())
    );
}

#[tokio::test]
async fn two_groups_nested_in_each_other_at_once_do_not_make_a_circle() {
    let platform = TestPlatform::start().await;
    let identity = platform.system_identity().await;
    let a = create_group(&identity, "A").await;
    let b = create_group(&identity, "B").await;
    let (one, other) = tokio::join!(
        identity.add_group_to_group(&a, &b),
        identity.add_group_to_group(&b, &a)
    );
    assert!(one.is_ok() != other.is_ok());
}

#[tokio::test]
async fn members_of_the_outer_group_have_the_roles_of_the_inner_one() {
    let platform = TestPlatform::start().await;
    let identity = platform.system_identity().await;
    let outer = create_group_with(&identity, "Outer", &["BotManagement"]).await;
    let inner = create_group_with(&identity, "Inner", &["Development"]).await;
    identity.add_group_to_group(&outer, &inner).await.unwrap();
    let ada = create_user(&identity, "ada").await;
    let bob = create_user(&identity, "bob").await;
    identity.add_user_to_group(&outer, &ada).await.unwrap();
    identity.add_user_to_group(&inner, &bob).await.unwrap();
    assert_eq!(
        roles_of(&identity, "ada").await,
        ["Development", "BotManagement"]
    );
    assert_eq!(roles_of(&identity, "bob").await, ["Development"]);
    let already = refusal(identity.add_user_to_role("ada", "Development").await);
    assert!(already.contains("already has role"), "{already}");
    identity.delete_group(&inner).await.unwrap();
    assert_eq!(roles_of(&identity, "ada").await, ["BotManagement"]);
}

#[tokio::test]
async fn ten_levels_hand_on_roles_and_the_eleventh_does_not() {
    let platform = TestPlatform::start().await;
    let identity = platform.system_identity().await;
    let mut chain = Vec::new();
    for level in 0..11 {
        chain.push(create_group(&identity, &format!("Level {level}")).await);
        if level > 0 {
            let (parent, child) = (&chain[level - 1], &chain[level]);
            identity.add_group_to_group(parent, child).await.unwrap();
        }
    }
    let ada = create_user(&identity, "ada").await;
    identity.add_user_to_group(&chain[0], &ada).await.unwrap();
    let development = ["660000000000000000000004".to_owned()];
    identity
        .replace_group_roles(&chain[10], &development)
        .await
        .unwrap();
    assert!(roles_of(&identity, "ada").await.is_empty());
    identity
        .replace_group_roles(&chain[9], &development)
        .await
        .unwrap();
    assert_eq!(roles_of(&identity, "ada").await, ["Development"]);
}

#[tokio::test]
async fn a_group_reached_on_two_ways_counts_once() {
    let platform = TestPlatform::start().await;
    let identity = platform.system_identity().await;
    let mut ids = Vec::new();
    for name in ["Top", "Left", "Right"] {
        ids.push(create_group(&identity, name).await);
    }
    let bottom = create_group_with(&identity, "Bottom", &["Development"]).await;
    for side in [&ids[1], &ids[2]] {
        identity.add_group_to_group(&ids[0], side).await.unwrap();
        identity.add_group_to_group(side, &bottom).await.unwrap();
    }
    let ada = create_user(&identity, "ada").await;
    identity.add_user_to_group(&ids[0], &ada).await.unwrap();
    assert_eq!(roles_of(&identity, "ada").await, ["Development"]);
}

#[tokio::test]
async fn answers_have_the_shapes_of_the_service() {
    let platform = TestPlatform::start().await;
    let token = platform.admin().await;
    let base = format!("{}/{SYSTEM}/v1/groups", platform.running.urls().identity);
    let (status, body) = platform.send("GET", &base, Some(&token), None).await;
    assert_eq!((status, body.starts_with('[')), (200, true));
    let new = r#"{"GROUPNAME":"Guides"}"#;
    let (status, body) = platform.send("POST", &base, Some(&token), Some(new)).await;
    assert_eq!(status, 201, "{body}");
    assert!(body.contains(r#""groupDescription":null"#), "{body}");
    let (status, body) = platform.send("POST", &base, Some(&token), Some(new)).await;
    assert_eq!(
        (status, body.as_str()),
        (409, r#""A group with name 'Guides' already exists.""#)
    );
    let roles = format!("{base}/660000000000000000000040/roles");
    for (bad, expected) in [("{}", 400), ("", 400), (r#"[7]"#, 400)] {
        let (status, _) = platform.send("PUT", &roles, Some(&token), Some(bad)).await;
        assert_eq!(status, expected, "{bad}");
    }
}
