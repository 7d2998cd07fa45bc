//! Who administers users of a tenant gets no further in the tenants that let these users in.

use std::sync::Arc;

use octo_platform::accounts::{HomeIdentity, names, provision, shadow};
use octo_runtime::{ChangeSet, EntityQuery, NewEntity, Tenant, UpdateEntity};
use octo_sdk::Secret;
use octo_sdk::identity::UserDto;

use crate::platform::SYSTEM;
use crate::reach::{Setting, assert_beyond, id, setting};

/// Tenant `acme`, which lets users of the system tenant in.
async fn acme(setting: &Setting) -> Arc<Tenant> {
    let platform = &setting.platform;
    let admin = platform.admin().await;
    let assets = platform.assets(SYSTEM, admin.clone());
    assets.create_tenant("acme", "acme").await.unwrap();
    let provisioned = platform.identity(SYSTEM, admin);
    provisioned.provision_current_user("acme").await.unwrap();
    platform.tenant("acme").await
}

async fn home(setting: &Setting, name: &str) -> HomeIdentity {
    HomeIdentity {
        tenant: SYSTEM.parse().unwrap(),
        user: id(&setting.admin, name).await.parse().unwrap(),
        user_name: name.to_owned(),
    }
}

async fn assert_out_of_reach(setting: &Setting, name: &str, role: &str) {
    let anna = &setting.anna;
    let password = Secret::new("An0ther-password!");
    assert_beyond(anna.reset_password(name, &password).await, role);
    let renamed = UserDto {
        name: Some(name.to_owned()),
        ..UserDto::default()
    };
    assert_beyond(anna.update_user(name, &renamed).await, role);
    assert_beyond(anna.merge_users("anna", name).await, role);
    assert_beyond(anna.delete_user(name).await, role);
}

#[tokio::test]
async fn a_mapping_below_puts_an_account_out_of_reach() {
    let setting = setting().await;
    let acme = acme(&setting).await;
    let role = EntityQuery::of(names::ROLE).eq("Name", "TenantManagement");
    let role = acme.first(role).await.unwrap().unwrap();
    let rights = provision::Rights {
        roles: vec![role.rt_id],
        groups: Vec::new(),
    };
    let system = setting.platform.tenant(SYSTEM).await;
    let ben = home(&setting, "ben").await;
    let state = setting.platform.running.state();
    let admitted = provision::admit(state, &acme, &system, ben.user, &rights).await;
    assert_out_of_reach(&setting, "ben", "'TenantManagement'").await;

    // Those who administer tenants may, and so may everybody once the mapping is gone.
    let password = Secret::new("An0ther-password!");
    setting
        .admin
        .reset_password("ben", &password)
        .await
        .unwrap();
    let mapping = admitted.unwrap().mapping.rt_id;
    let gone = octo_runtime::DeleteEntity::of(names::EXTERNAL_MAPPING, mapping).erase();
    acme.delete(gone).await.unwrap();
    setting.anna.reset_password("ben", &password).await.unwrap();
}

#[tokio::test]
async fn a_shadow_below_puts_an_account_out_of_reach() {
    let setting = setting().await;
    let acme = acme(&setting).await;
    let state = setting.platform.running.state();
    let ben = home(&setting, "ben").await;
    let shadow = shadow::find_or_create(state, &acme, &ben, true).await;
    let shadow = shadow.unwrap().unwrap();
    let password = Secret::new("An0ther-password!");
    setting.anna.reset_password("ben", &password).await.unwrap();

    let role = EntityQuery::of(names::ROLE).eq("Name", "Development");
    let role = acme.first(role).await.unwrap().unwrap();
    let given = ChangeSet::new().associate(&shadow, names::ASSIGNED_ROLE, &role);
    acme.apply(given).await.unwrap();
    assert_out_of_reach(&setting, "ben", "'Development'").await;
}

#[tokio::test]
async fn a_rule_that_will_count_puts_an_account_out_of_reach() {
    let setting = setting().await;
    let acme = acme(&setting).await;
    let rule = NewEntity::of(names::EMAIL_RULE)
        .set("EmailDomainPattern", "corp.example")
        .set("TargetGroupRtId", "660000000000000000000040");
    acme.insert(rule).await.unwrap();
    let system = setting.platform.tenant(SYSTEM).await;
    let ben = home(&setting, "ben").await;
    let address = |confirmed: bool| {
        UpdateEntity::of(names::USER, ben.user)
            .set("Email", "ben@corp.example")
            .set("EmailConfirmed", confirmed)
    };
    system.update(address(false)).await.unwrap();
    let password = Secret::new("An0ther-password!");
    setting.anna.reset_password("ben", &password).await.unwrap();
    system.update(address(true)).await.unwrap();
    assert_out_of_reach(&setting, "ben", "'TenantManagement'").await;
}
