//! Provisioning of administrators.

use octo_sdk::identity::{
    CreateExternalTenantUserMappingDto, IdentityClient, ProvisionWithGroupsDto, SourceUserDto,
};

use crate::groups::{create_group_with, create_user};
use crate::platform::{Claims, SYSTEM, TestPlatform};

#[tokio::test]
async fn the_first_call_makes_and_the_second_finds() {
    let platform = TestPlatform::start().await;
    let service = Claims {
        user: None,
        ..platform.admin_claims().await
    };
    let assets = platform.assets(SYSTEM, platform.token(&service));
    assets.create_tenant("acme", "acme").await.unwrap();

    let admin = platform.admin().await;
    let url = format!(
        "{}/{SYSTEM}/v1/adminProvisioning/acme/provisionCurrentUser",
        platform.running.urls().identity
    );
    let (first, _) = platform.send("POST", &url, Some(&admin), None).await;
    let (second, _) = platform.send("POST", &url, Some(&admin), None).await;
    assert_eq!((first, second), (201, 200));
    let identity = platform.identity(SYSTEM, admin.clone());
    let mapping = identity.provision_current_user("acme").await.unwrap();
    assert_eq!(mapping.source_tenant_id, SYSTEM);
    assert_eq!(mapping.source_user_name, "admin");
    assert_eq!(mapping.role_ids.len(), 14);
    assert_eq!(mapping.group_names, ["TenantOwners"]);
    platform.exchange(&admin, "acme").await;
}

#[tokio::test]
async fn nobody_becomes_owner_of_a_tenant_that_is_not_below() {
    let platform = TestPlatform::start().await;
    let admin = platform.admin().await;
    let assets = platform.assets(SYSTEM, admin.clone());
    assets.create_tenant("acme", "acme").await.unwrap();
    assets.create_tenant("rival", "rival").await.unwrap();
    let identity = platform.identity("acme", platform.exchange(&admin, "acme").await);
    for target in ["rival", SYSTEM, "acme"] {
        let refused = identity
            .provision_current_user(target)
            .await
            .unwrap_err()
            .to_string();
        assert_eq!(
            refused,
            format!("Forbidden: Tenant '{target}' is not below tenant 'acme'.")
        );
    }
    let unknown = identity
        .provision_current_user("nothere")
        .await
        .unwrap_err();
    assert_eq!(unknown.to_string(), "NotFound: Tenant 'nothere' not found.");
}

#[tokio::test]
async fn a_service_has_no_user_to_provision() {
    let platform = TestPlatform::start().await;
    platform
        .system_assets()
        .await
        .create_tenant("acme", "acme")
        .await
        .unwrap();
    let service = Claims {
        user: None,
        ..platform.admin_claims().await
    };
    let identity = platform.identity(SYSTEM, platform.token(&service));
    let refused = identity.provision_current_user("acme").await.unwrap_err();
    assert_eq!(
        refused.to_string(),
        "BadRequest: Cannot determine user identity from token."
    );
}

/// Tenants: system above acme above shop; their administrator is `admin`.
async fn chain(platform: &TestPlatform) -> (IdentityClient, IdentityClient) {
    let admin = platform.admin().await;
    let assets = platform.assets(SYSTEM, admin.clone());
    assets.create_tenant("acme", "acme").await.unwrap();
    let in_acme = platform.exchange(&admin, "acme").await;
    let assets = platform.assets("acme", in_acme.clone());
    assets.create_tenant("shop", "shop").await.unwrap();
    (
        platform.identity(SYSTEM, admin),
        platform.identity("acme", in_acme),
    )
}

async fn user_of(identity: &IdentityClient, tenant: &str, name: &str) -> ProvisionWithGroupsDto {
    ProvisionWithGroupsDto {
        source_tenant_id: tenant.to_owned(),
        source_user_id: create_user(identity, name).await,
        source_user_name: name.to_owned(),
        group_ids: None,
    }
}

fn with_roles(user: &ProvisionWithGroupsDto, roles: &[&str]) -> CreateExternalTenantUserMappingDto {
    CreateExternalTenantUserMappingDto {
        source_tenant_id: user.source_tenant_id.clone(),
        source_user_id: user.source_user_id.clone(),
        source_user_name: user.source_user_name.clone(),
        role_ids: Some(roles.iter().map(|role| (*role).to_owned()).collect()),
    }
}

#[tokio::test]
async fn a_mapping_is_made_listed_and_deleted_from_above() {
    let platform = TestPlatform::start().await;
    let (system, acme) = chain(&platform).await;
    let ada = user_of(&system, SYSTEM, "ada").await;
    let role = "660000000000000000000004";
    let made = system
        .provision_mapping("acme", &with_roles(&ada, &[role]))
        .await
        .unwrap();
    assert_eq!(
        (made.role_ids, made.group_names),
        (vec![role.to_owned()], vec![])
    );
    let again = system
        .provision_mapping("acme", &with_roles(&ada, &[]))
        .await;
    assert!(
        again
            .unwrap_err()
            .to_string()
            .starts_with("Conflict: User 'ada'")
    );
    let listed = system.provisioned_mappings("acme").await.unwrap();
    assert_eq!(listed.len(), 2, "admin and ada");
    let id = made.id.unwrap();
    system
        .delete_provisioned_mapping("acme", &id)
        .await
        .unwrap();
    let again = system
        .delete_provisioned_mapping("acme", &id)
        .await
        .unwrap_err();
    assert_eq!(
        again.to_string(),
        format!("NotFound: Mapping '{id}' not found in tenant 'acme'.")
    );
    assert_eq!(acme.user_mappings(None, None, None).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_mapping_with_groups_gives_their_roles_at_once() {
    let platform = TestPlatform::start().await;
    let (system, acme) = chain(&platform).await;
    let group = create_group_with(&acme, "Guides", &["Development"]).await;
    let offered = system.target_groups("acme").await.unwrap();
    assert!(
        offered
            .iter()
            .any(|offer| offer.id == group && offer.name == "Guides")
    );
    let ada = ProvisionWithGroupsDto {
        group_ids: Some(vec![
            group,
            "66ffffffffffffffffffffff".to_owned(),
            "zz".to_owned(),
        ]),
        ..user_of(&system, SYSTEM, "ada").await
    };
    let made = system.provision_with_groups("acme", &ada).await.unwrap();
    assert_eq!(
        (made.role_ids.len(), made.group_names),
        (0, vec!["Guides".to_owned()])
    );
    let claims = Claims {
        user: Some(ada.source_user_id),
        roles: &[],
        ..platform.admin_claims().await
    };
    let token = platform.exchange(&platform.token(&claims), "acme").await;
    let roles = platform
        .identity("acme", token)
        .user_roles("xt_octosystem_ada")
        .await;
    let roles: Vec<_> = roles
        .unwrap()
        .into_iter()
        .filter_map(|role| role.name)
        .collect();
    assert_eq!(roles, ["Development"]);
}

#[tokio::test]
async fn what_can_be_chosen_lies_between_caller_and_target() {
    let platform = TestPlatform::start().await;
    let (system, acme) = chain(&platform).await;
    user_of(&system, SYSTEM, "ada").await;
    user_of(&acme, "acme", "bob").await;
    let names = |users: Vec<SourceUserDto>| {
        users
            .into_iter()
            .map(|user| user.user_name)
            .collect::<Vec<_>>()
    };
    let found = system.source_users("shop", None, None).await.unwrap();
    assert_eq!(names(found), ["bob", "ada", "admin"], "no shadow users");
    let found = system
        .source_users("shop", Some("AD"), Some(1))
        .await
        .unwrap();
    assert_eq!(names(found), ["ada"]);
    let found = acme.source_users("shop", None, None).await.unwrap();
    assert_eq!(
        names(found),
        ["bob"],
        "the system tenant's users are not acme's business"
    );
    assert_eq!(acme.target_roles("shop").await.unwrap().len(), 14);

    let ada = user_of(&system, SYSTEM, "eve").await;
    let refused = acme.provision_mapping("shop", &with_roles(&ada, &[])).await;
    let refused = refused.unwrap_err().to_string();
    assert!(
        refused.contains("cannot be given rights in tenant 'shop'"),
        "{refused}"
    );
    let nobody = with_roles(
        &ProvisionWithGroupsDto {
            source_user_id: "66ffffffffffffffffffffff".to_owned(),
            ..ada
        },
        &[],
    );
    let refused = system.provision_mapping("shop", &nobody).await.unwrap_err();
    assert!(
        refused.to_string().contains("not found in tenant"),
        "{refused}"
    );
}

#[tokio::test]
async fn every_route_stays_below_the_callers_tenant() {
    let platform = TestPlatform::start().await;
    let (system, acme) = chain(&platform).await;
    let user = user_of(&system, SYSTEM, "ada").await;
    for target in [SYSTEM, "acme"] {
        let expected = format!("Forbidden: Tenant '{target}' is not below tenant 'acme'.");
        let refusals = [
            acme.provisioned_mappings(target).await.map(drop),
            acme.provision_mapping(target, &with_roles(&user, &[]))
                .await
                .map(drop),
            acme.provision_with_groups(target, &user).await.map(drop),
            acme.delete_provisioned_mapping(target, "1").await,
            acme.source_users(target, None, None).await.map(drop),
            acme.target_roles(target).await.map(drop),
            acme.target_groups(target).await.map(drop),
        ];
        for refusal in refusals {
            assert_eq!(refusal.unwrap_err().to_string(), expected);
        }
    }
    let unknown = acme.provisioned_mappings("nothere").await.unwrap_err();
    assert_eq!(unknown.to_string(), "NotFound: Tenant 'nothere' not found.");
}

/// identity.md 10, item 13, as far as it concerns mappings and groups.
#[tokio::test]
async fn the_provisioned_admin_is_an_owner_by_mapping() {
    let platform = TestPlatform::start().await;
    let (system, acme) = chain(&platform).await;
    let first = system.provision_current_user("acme").await.unwrap();
    let again = system.provision_current_user("acme").await.unwrap();
    assert_eq!(first, again);
    assert_eq!(
        system.provisioned_mappings("acme").await.unwrap(),
        std::slice::from_ref(&first)
    );
    let owners = acme.group_named("TenantOwners").await.unwrap();
    assert_eq!(owners.member_external_user_ids, [first.id.unwrap()]);
}
