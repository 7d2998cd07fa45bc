//! Who administers users cannot become more than they are, nor make others so.

use octo_sdk::identity::{
    CreateExternalTenantUserMappingDto, CreateGroupDto, EmailDomainGroupRuleDto, IdentityClient,
    RegisterUserDto, UserDto,
};
use octo_sdk::{Secret, ServiceError};

use crate::platform::{Claims, SYSTEM, TestPlatform};

const TENANT_MANAGEMENT: &str = "660000000000000000000001";
const USER_MANAGEMENT: &str = "660000000000000000000002";
const OWNERS: &str = "660000000000000000000040";

/// A platform, its administrator, and `anna`, who administers users and no more.
pub(crate) struct Setting {
    pub(crate) platform: TestPlatform,
    pub(crate) admin: IdentityClient,
    pub(crate) anna: IdentityClient,
    anna_id: String,
}

pub(crate) async fn setting() -> Setting {
    let platform = TestPlatform::start().await;
    let admin = platform.system_identity().await;
    for name in ["anna", "ben"] {
        admin.create_user(&user(name)).await.unwrap();
    }
    admin
        .add_user_to_role("anna", "UserManagement")
        .await
        .unwrap();
    let anna_id = id(&admin, "anna").await;
    let claims = Claims {
        user: Some(anna_id.clone()),
        roles: &["UserManagement"],
        ..platform.admin_claims().await
    };
    let anna = platform.identity(SYSTEM, platform.token(&claims));
    Setting {
        platform,
        admin,
        anna,
        anna_id,
    }
}

fn user(name: &str) -> RegisterUserDto {
    RegisterUserDto {
        user: UserDto {
            name: Some(name.to_owned()),
            ..UserDto::default()
        },
        password: None,
    }
}

fn group(name: &str, roles: &[&str]) -> CreateGroupDto {
    CreateGroupDto {
        group_name: name.to_owned(),
        group_description: None,
        role_ids: Some(roles.iter().map(|&role| role.to_owned()).collect()),
    }
}

pub(crate) async fn id(identity: &IdentityClient, name: &str) -> String {
    identity.user(name).await.unwrap().user_id.unwrap()
}

async fn new_group(identity: &IdentityClient, name: &str, roles: &[&str]) -> String {
    let created = identity.create_group(&group(name, roles)).await;
    created.unwrap().id.unwrap()
}

#[track_caller]
pub(crate) fn assert_beyond<T: std::fmt::Debug>(answer: Result<T, ServiceError>, role: &str) {
    let text = answer.unwrap_err().to_string();
    let start = "Forbidden: This concerns roles you do not have: '";
    assert!(text.starts_with(start) && text.contains(role), "{text}");
}

#[tokio::test]
async fn roles_one_lacks_are_neither_given_nor_taken() {
    let Setting { admin, anna, .. } = setting().await;
    anna.add_user_to_role("ben", "UserManagement")
        .await
        .unwrap();
    anna.remove_user_from_role("ben", "UserManagement")
        .await
        .unwrap();
    let own = [USER_MANAGEMENT.to_owned()];
    anna.replace_user_roles("ben", &own).await.unwrap();

    assert_beyond(
        anna.add_user_to_role("anna", "TenantManagement").await,
        "'TenantManagement'",
    );
    let both = [TENANT_MANAGEMENT.to_owned(), USER_MANAGEMENT.to_owned()];
    assert_beyond(
        anna.replace_user_roles("anna", &both).await,
        "'TenantManagement'",
    );
    assert_beyond(
        anna.remove_user_from_role("admin", "TenantManagement")
            .await,
        "'TenantManagement'",
    );
    admin.add_user_to_role("ben", "Development").await.unwrap();
    assert_beyond(anna.replace_user_roles("ben", &own).await, "'Development'");
    let held = admin.user_direct_roles("anna").await.unwrap();
    assert_eq!(held.len(), 1, "nothing was written");
}

#[tokio::test]
async fn accounts_that_may_do_more_are_out_of_reach() {
    let Setting { admin, anna, .. } = setting().await;
    let password = Secret::new("An0ther-password!");
    anna.reset_password("ben", &password).await.unwrap();
    anna.reset_password("anna", &password).await.unwrap();
    assert_beyond(
        anna.reset_password("admin", &password).await,
        "'TenantManagement'",
    );
    let renamed = UserDto {
        name: Some("admin".to_owned()),
        email: Some("anna@evil.example".to_owned()),
        ..UserDto::default()
    };
    assert_beyond(anna.update_user("admin", &renamed).await, "'Development'");
    assert_beyond(anna.merge_users("anna", "admin").await, "'Development'");
    assert_beyond(anna.merge_users("admin", "anna").await, "'Development'");
    assert_beyond(anna.delete_user("admin").await, "'Development'");

    // What somebody has through a group counts as well.
    let power = new_group(&admin, "Power", &[TENANT_MANAGEMENT]).await;
    let ben = id(&admin, "ben").await;
    admin.add_user_to_group(&power, &ben).await.unwrap();
    assert_beyond(
        anna.reset_password("ben", &password).await,
        "'TenantManagement'",
    );
    admin.remove_user_from_group(&power, &ben).await.unwrap();
    anna.delete_user("ben").await.unwrap();
}

#[tokio::test]
async fn groups_hand_on_no_more_than_one_has() {
    let setting = setting().await;
    let Setting { admin, anna, .. } = &setting;
    let own = new_group(anna, "Own", &[USER_MANAGEMENT]).await;
    let power = new_group(admin, "Power", &[TENANT_MANAGEMENT]).await;
    let outer = new_group(admin, "Outer", &[]).await;
    admin.add_group_to_group(&outer, &power).await.unwrap();
    anna.add_user_to_group(&own, &setting.anna_id)
        .await
        .unwrap();

    let more = anna
        .create_group(&group("More", &[TENANT_MANAGEMENT]))
        .await;
    assert_beyond(more, "'TenantManagement'");
    let roles = [TENANT_MANAGEMENT.to_owned()];
    assert_beyond(
        anna.replace_group_roles(&own, &roles).await,
        "'TenantManagement'",
    );
    for group in [power.as_str(), &outer, OWNERS] {
        let joined = anna.add_user_to_group(group, &setting.anna_id).await;
        assert_beyond(joined, "'TenantManagement'");
        let nested = anna.add_group_to_group(&own, group).await;
        assert_beyond(nested, "'TenantManagement'");
        assert_beyond(anna.delete_group(group).await, "'TenantManagement'");
        let rule = EmailDomainGroupRuleDto {
            rt_id: None,
            email_domain_pattern: "evil.example".to_owned(),
            target_group_rt_id: group.to_owned(),
            description: None,
        };
        let rule = anna.create_email_domain_group_rule(&rule).await;
        assert_beyond(rule, "'TenantManagement'");
    }
    let robot = anna.client("octo-cli").await.unwrap().rt_id.unwrap();
    let joined = anna.add_client_to_group(OWNERS, &robot).await;
    assert_beyond(joined, "'TenantManagement'");
    assert!(
        anna.email_domain_group_rules().await.unwrap().is_empty(),
        "nothing was written"
    );
}

#[tokio::test]
async fn mappings_give_no_more_than_one_has() {
    let setting = setting().await;
    let Setting { admin, anna, .. } = &setting;
    let assets = setting.platform.system_assets().await;
    assets.create_tenant("acme", "acme").await.unwrap();
    let mapping = |user: &str, role: &str| CreateExternalTenantUserMappingDto {
        source_tenant_id: "acme".to_owned(),
        source_user_id: user.to_owned(),
        source_user_name: "someone".to_owned(),
        role_ids: Some(vec![role.to_owned()]),
    };
    let own = mapping("6b0000000000000000000001", USER_MANAGEMENT);
    let own = anna.create_user_mapping(&own).await.unwrap().id.unwrap();
    let higher = mapping("6b0000000000000000000002", TENANT_MANAGEMENT);
    assert_beyond(
        anna.create_user_mapping(&higher).await,
        "'TenantManagement'",
    );
    let higher = admin
        .create_user_mapping(&higher)
        .await
        .unwrap()
        .id
        .unwrap();
    let change = octo_sdk::identity::UpdateExternalTenantUserMappingDto {
        role_ids: Some(vec![TENANT_MANAGEMENT.to_owned()]),
    };
    assert_beyond(
        anna.update_user_mapping(&own, &change).await,
        "'TenantManagement'",
    );
    assert_beyond(
        anna.delete_user_mapping(&higher).await,
        "'TenantManagement'",
    );
    assert_beyond(
        anna.add_user_to_group(OWNERS, &own).await,
        "'TenantManagement'",
    );
    anna.delete_user_mapping(&own).await.unwrap();
}

#[tokio::test]
async fn a_role_does_not_become_another_by_its_name() {
    let Setting { admin, anna, .. } = setting().await;
    anna.create_role("Guides").await.unwrap();
    assert_beyond(anna.add_user_to_role("anna", "Guides").await, "'Guides'");
    assert_beyond(
        anna.rename_role("TenantManagement", "Old").await,
        "'TenantManagement'",
    );
    assert_beyond(
        anna.delete_role("TenantManagement").await,
        "'TenantManagement'",
    );
    admin.delete_role("BotManagement").await.unwrap();
    assert_beyond(
        anna.rename_role("UserManagement", "BotManagement").await,
        "'BotManagement'",
    );
}

#[tokio::test]
async fn roles_that_services_go_by_are_not_deleted_by_those_who_have_them() {
    let Setting { admin, anna, .. } = setting().await;
    let refused = anna.delete_role("UserManagement").await.unwrap_err();
    let text = "Forbidden: This needs the role 'TenantManagement'.";
    assert_eq!(refused.to_string(), text);
    let refused = anna.rename_role("UserManagement", "Users").await;
    let text = refused.unwrap_err().to_string();
    assert!(text.contains("cannot be renamed"), "{text}");
    admin.role("UserManagement").await.unwrap();
}

#[tokio::test]
async fn rules_that_lead_to_more_than_one_has_are_out_of_reach() {
    let Setting { admin, anna, .. } = setting().await;
    let own = new_group(&anna, "Own", &[USER_MANAGEMENT]).await;
    let rule = |group: &str| EmailDomainGroupRuleDto {
        rt_id: None,
        email_domain_pattern: "corp.example".to_owned(),
        target_group_rt_id: group.to_owned(),
        description: None,
    };
    let stored = admin.create_email_domain_group_rule(&rule(OWNERS)).await;
    let stored = stored.unwrap();
    let id = stored.rt_id.clone().unwrap();
    assert_beyond(
        anna.update_email_domain_group_rule(&id, &rule(&own)).await,
        "'TenantManagement'",
    );
    assert_beyond(
        anna.delete_email_domain_group_rule(&id).await,
        "'TenantManagement'",
    );
    assert_eq!(admin.email_domain_group_rule(&id).await.unwrap(), stored);

    admin
        .update_email_domain_group_rule(&id, &rule(&own))
        .await
        .unwrap();
    anna.delete_email_domain_group_rule(&id).await.unwrap();
}
