//! Groups and e-mail-domain rules as tokens show them (identity.md 6.3, 6.9 and 6.10).

use std::sync::Arc;

use octo_platform::accounts::{first_login, names, users};
use octo_runtime::{ChangeSet, Direction, Entity, EntityQuery, NewEntity, Tenant, UpdateEntity};
use serde_json::{Value, json};

use crate::browser::{admin_login, device_login};
use crate::platform::{ALL_SCOPES, Answer, TestPlatform, claims};
use crate::services::create_service;

const PASSWORD: &str = "Us3r-of-tests!";
const SECRET: &str = "Rob0t's very own secret";

/// A group with one of the seeded roles.
pub(crate) async fn create_group(tenant: &Tenant, name: &str, role: &str) -> Entity {
    let group = NewEntity::of(names::GROUP)
        .set("GroupName", name)
        .set("NormalizedGroupName", users::normalize(name));
    let wanted = EntityQuery::of(names::ROLE).eq("Name", role);
    let role = tenant.first(wanted).await.unwrap().unwrap();
    let changes = ChangeSet::new().associate(&group, names::ASSIGNED_ROLE, &role);
    let applied = tenant.apply(changes.insert(group)).await;
    applied.unwrap().inserted.remove(0)
}

async fn join(tenant: &Tenant, group: &Entity, member: &Entity) {
    let changes = ChangeSet::new().associate(group, names::GROUP_MEMBER, member);
    tenant.apply(changes).await.unwrap();
}

async fn leave(tenant: &Tenant, group: &Entity, member: &Entity) {
    let changes = ChangeSet::new().dissociate(group, names::GROUP_MEMBER, member);
    tenant.apply(changes).await.unwrap();
}

fn roles(tokens: &Value) -> Value {
    claims(tokens["access_token"].as_str().unwrap())["role"].clone()
}

fn success(answer: Answer) -> Value {
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()
}

#[tokio::test]
async fn roles_of_groups_are_in_the_token_and_change_with_the_next_refresh() {
    let platform = TestPlatform::start().await;
    let tenant = platform.system();
    let ada = platform.create_user(&tenant, "ada", PASSWORD).await;
    let outer = create_group(&tenant, "Outer", "BotManagement").await;
    let inner = create_group(&tenant, "Inner", "Development").await;
    let nest = ChangeSet::new().associate(&outer, names::CHILD_GROUP, &inner);
    tenant.apply(nest).await.unwrap();
    join(&tenant, &outer, &ada).await;
    let first = device_login(&platform, "octosystem", ALL_SCOPES, "ada", PASSWORD).await;
    assert_eq!(roles(&first), json!(["BotManagement", "Development"]));

    leave(&tenant, &outer, &ada).await;
    join(&tenant, &inner, &ada).await;
    let handle = first["refresh_token"].as_str().unwrap();
    let second = success(platform.refresh(handle).await);
    assert_eq!(roles(&second), "Development", "one value is a plain text");
    leave(&tenant, &inner, &ada).await;
    let handle = second["refresh_token"].as_str().unwrap();
    let third = success(platform.refresh(handle).await);
    assert_eq!(roles(&third), Value::Null);
}

#[tokio::test]
async fn services_have_the_roles_of_their_groups() {
    let platform = TestPlatform::start().await;
    let tenant = platform.system();
    let robot = create_service(&tenant, "robot", SECRET).await;
    let group = create_group(&tenant, "Robots", "Development").await;
    join(&tenant, &group, &robot).await;
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", "robot"),
        ("client_secret", SECRET),
    ];
    let tokens = success(platform.token(&form).await);
    assert_eq!(roles(&tokens), json!(["BotManagement", "Development"]));
}

/// Tenant `acme`, which lets users of the system tenant in.
async fn acme(platform: &TestPlatform) -> Arc<Tenant> {
    let admin = platform.admin().await;
    platform
        .create_tenant_for("octosystem", "acme", &admin)
        .await
}

async fn entered(platform: &TestPlatform, tokens: &Value) -> Value {
    let token = tokens["access_token"].as_str().unwrap();
    success(platform.exchange(token, "acme").await)
}

#[tokio::test]
async fn groups_of_a_mapping_count_from_the_next_token_on() {
    let platform = TestPlatform::start().await;
    let acme = acme(&platform).await;
    let home = admin_login(&platform, ALL_SCOPES).await;
    let all = roles(&entered(&platform, &home).await);
    assert_eq!(all.as_array().unwrap().len(), 14);
    let mapping = acme.first(EntityQuery::of(names::EXTERNAL_MAPPING)).await;
    let mapping = mapping.unwrap().unwrap();
    let nothing = UpdateEntity::from_entity(&mapping).clear("MappedRoleIds");
    acme.update(nothing).await.unwrap();
    assert_eq!(roles(&entered(&platform, &home).await), all, "as owner");
    let owners = acme
        .named(names::GROUP, "TenantOwners")
        .await
        .unwrap()
        .unwrap();
    leave(&acme, &owners, &mapping).await;
    assert_eq!(roles(&entered(&platform, &home).await), Value::Null);
    let guides = create_group(&acme, "Guides", "Development").await;
    join(&acme, &guides, &mapping).await;
    assert_eq!(roles(&entered(&platform, &home).await), "Development");
}

#[tokio::test]
async fn a_rule_and_a_default_group_count_once_when_a_user_first_comes_in() {
    let platform = TestPlatform::start().await;
    let acme = acme(&platform).await;
    let guides = create_group(&acme, "Guides", "Development").await;
    let visitors = create_group(&acme, "Visitors", "DashboardViewer").await;
    add_rule(&acme, "Example.ORG", &guides.rt_id.to_string()).await;
    add_rule(&acme, "example.org", "66ffffffffffffffffffffff").await;
    add_rule(&acme, "sub.example.org", &visitors.rt_id.to_string()).await;
    let provider = EntityQuery::of(names::OCTO_TENANT_PROVIDER);
    let provider = acme.first(provider).await.unwrap().unwrap();
    let default = visitors.rt_id.to_string();
    let update = UpdateEntity::from_entity(&provider).set("DefaultGroupRtId", default);
    acme.update(update).await.unwrap();
    let system = platform.system();
    let ada = platform.create_user(&system, "ada", PASSWORD).await;
    let address = UpdateEntity::from_entity(&ada)
        .set("Email", "ada@EXAMPLE.org")
        .set("EmailConfirmed", true);
    system.update(address).await.unwrap();
    let home = device_login(&platform, "octosystem", ALL_SCOPES, "ada", PASSWORD).await;
    let expected = json!(["DashboardViewer", "Development"]);
    assert_eq!(roles(&entered(&platform, &home).await), expected);

    let shadow = users::by_name(&acme, "xt_octosystem_ada").await.unwrap();
    leave(&acme, &guides, &shadow.unwrap()).await;
    let again = roles(&entered(&platform, &home).await);
    assert_eq!(again, "DashboardViewer", "not put back at the next login");
}

/// Who administers users of the parent may write any address into a user.
#[tokio::test]
async fn an_address_nobody_has_confirmed_leads_into_no_group() {
    let platform = TestPlatform::start().await;
    let acme = acme(&platform).await;
    let guides = create_group(&acme, "Guides", "Development").await;
    add_rule(&acme, "example.org", &guides.rt_id.to_string()).await;
    let system = platform.system();
    let user = platform.create_user(&system, "mallory", PASSWORD).await;
    let address = UpdateEntity::from_entity(&user)
        .set("Email", "mallory@example.org")
        .set("EmailConfirmed", false);
    system.update(address).await.unwrap();
    let home = device_login(&platform, "octosystem", ALL_SCOPES, "mallory", PASSWORD).await;
    assert_eq!(roles(&entered(&platform, &home).await), Value::Null);
}

async fn add_rule(tenant: &Tenant, domain: &str, group: &str) {
    let rule = NewEntity::of(names::EMAIL_RULE)
        .set("EmailDomainPattern", domain)
        .set("TargetGroupRtId", group);
    tenant.insert(rule).await.unwrap();
}

/// What the log-in of an external provider calls.
#[tokio::test]
async fn the_groups_of_a_new_user_are_found_by_provider_and_verified_address() {
    let platform = TestPlatform::start().await;
    let tenant = platform.system();
    let guides = create_group(&tenant, "Guides", "Development").await;
    let id = guides.rt_id.to_string();
    add_rule(&tenant, "example.org", &id).await;
    let found = async |group: Option<&str>, email: Option<&str>| {
        let groups = first_login::groups(&tenant, group, email).await.unwrap();
        groups.iter().map(|group| group.rt_id).collect::<Vec<_>>()
    };
    assert_eq!(found(None, Some("ada@example.org")).await, [guides.rt_id]);
    assert_eq!(found(Some(&id), None).await, [guides.rt_id]);
    assert_eq!(
        found(Some(&id), Some("a@example.org")).await,
        [guides.rt_id],
        "once"
    );
    for email in [
        None,
        Some("ada@sub.example.org"),
        Some("example.org"),
        Some("a@b@example.org"),
    ] {
        assert!(found(None, email).await.is_empty(), "{email:?}");
    }
    assert!(found(Some("zz"), None).await.is_empty());

    let user = NewEntity::of(names::USER).set("UserName", "ada");
    let user_id = user.rt_id();
    let changes = first_login::join(ChangeSet::new(), &user, &[guides]);
    tenant.apply(changes.insert(user)).await.unwrap();
    let listing = tenant
        .associations_of([user_id], Some(names::GROUP_MEMBER), Direction::Inbound)
        .await
        .unwrap();
    assert_eq!(listing.len(), 1);
}
