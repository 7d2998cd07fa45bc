//! Mappings of users of other tenants.

use octo_sdk::identity::{
    CreateExternalTenantUserMappingDto, IdentityClient, UpdateExternalTenantUserMappingDto,
};

use crate::groups::{create_group, create_group_with};
use crate::platform::{SYSTEM, TestPlatform};

const ADA: &str = "65d5c447b420da3fb12381bc";
const BOB: &str = "65d5c447b420da3fb12381bd";
const ROLE: &str = "660000000000000000000004";

fn mapping(user: &str, name: &str) -> CreateExternalTenantUserMappingDto {
    CreateExternalTenantUserMappingDto {
        source_tenant_id: "Other".to_owned(),
        source_user_id: user.to_owned(),
        source_user_name: name.to_owned(),
        role_ids: Some(vec![ROLE.to_owned()]),
    }
}

async fn create(identity: &IdentityClient, user: &str, name: &str) -> String {
    let created = identity.create_user_mapping(&mapping(user, name)).await;
    created.unwrap().id.unwrap()
}

#[tokio::test]
async fn the_life_of_a_mapping() {
    let platform = TestPlatform::start().await;
    let identity = platform.system_identity().await;
    let id = create(&identity, ADA, "ada").await;
    let stored = identity.user_mapping(&id).await.unwrap();
    assert_eq!(stored.source_tenant_id, "other");
    assert_eq!(stored.role_ids, [ROLE]);
    assert!(stored.group_names.is_empty());

    let group = create_group(&identity, "Guides").await;
    identity.add_user_to_group(&group, &id).await.unwrap();
    let shown = identity.group(&group).await.unwrap();
    assert_eq!(shown.member_external_user_ids, std::slice::from_ref(&id));
    assert!(shown.member_user_ids.is_empty());
    assert!(identity.group_users(&group).await.unwrap().is_empty());
    let stored = identity.user_mapping(&id).await.unwrap();
    assert_eq!(stored.group_names, ["Guides"]);

    let none = UpdateExternalTenantUserMappingDto::default();
    let cleared = identity.update_user_mapping(&id, &none).await.unwrap();
    assert!(cleared.role_ids.is_empty());
    identity.delete_user_mapping(&id).await.unwrap();
    for gone in [
        identity.user_mapping(&id).await.map(drop),
        identity.update_user_mapping(&id, &none).await.map(drop),
        identity.delete_user_mapping(&id).await,
    ] {
        assert!(gone.unwrap_err().is_not_found());
    }
    let shown = identity.group(&group).await.unwrap();
    assert!(shown.member_external_user_ids.is_empty());
}

#[tokio::test]
async fn mappings_are_found_by_tenant_and_page() {
    let platform = TestPlatform::start().await;
    let identity = platform.system_identity().await;
    let first = create(&identity, ADA, "ada").await;
    let second = create(&identity, BOB, "bob").await;
    let list = |tenant: Option<&'static str>, skip, take| {
        let identity = identity.clone();
        async move {
            let found = identity.user_mappings(tenant, skip, take).await.unwrap();
            found.into_iter().filter_map(|m| m.id).collect::<Vec<_>>()
        }
    };
    assert_eq!(list(None, None, None).await.len(), 2);
    assert_eq!(list(Some("OTHER"), None, None).await.len(), 2);
    assert!(list(Some("else"), None, None).await.is_empty());
    let pages = [
        list(Some("other"), None, Some(1)).await,
        list(Some("other"), Some(1), Some(1)).await,
    ];
    let mut all = pages.concat();
    all.sort();
    let mut expected = [first, second];
    expected.sort();
    assert_eq!(all, expected);
}

#[tokio::test]
async fn wrong_mappings_are_refused_with_every_reason() {
    let platform = TestPlatform::start().await;
    let identity = platform.system_identity().await;
    let empty = CreateExternalTenantUserMappingDto::default();
    let refused = identity
        .create_user_mapping(&empty)
        .await
        .unwrap_err()
        .to_string();
    for field in ["SourceTenantId", "SourceUserId", "SourceUserName"] {
        assert!(
            refused.contains(&format!("The {field} field is required.")),
            "{refused}"
        );
    }
    let own = CreateExternalTenantUserMappingDto {
        source_tenant_id: SYSTEM.to_owned(),
        source_user_id: "zz".to_owned(),
        ..mapping(ADA, "ada")
    };
    let refused = identity
        .create_user_mapping(&own)
        .await
        .unwrap_err()
        .to_string();
    assert!(refused.contains("need no mapping"), "{refused}");
    assert!(
        refused.contains("'zz' is not a valid 24 digit hex string"),
        "{refused}"
    );
    let role = CreateExternalTenantUserMappingDto {
        role_ids: Some(vec!["66ffffffffffffffffffffff".to_owned()]),
        ..mapping(ADA, "ada")
    };
    assert!(
        identity
            .create_user_mapping(&role)
            .await
            .unwrap_err()
            .is_not_found()
    );

    create(&identity, ADA, "ada").await;
    let again = identity.create_user_mapping(&mapping(ADA, "ada")).await;
    let again = again.unwrap_err().to_string();
    assert!(
        again.starts_with("Conflict: User 'ada' of tenant 'other'"),
        "{again}"
    );
    assert_eq!(
        identity
            .user_mappings(None, None, None)
            .await
            .unwrap()
            .len(),
        1
    );
}

#[tokio::test]
async fn a_new_mapping_says_where_it_is() {
    let platform = TestPlatform::start().await;
    let token = platform.admin().await;
    let url = format!(
        "{}/{SYSTEM}/v1/externalTenantUserMappings",
        platform.running.urls().identity
    );
    let body =
        format!(r#"{{"sourceTenantId":"other","sourceUserId":"{ADA}","sourceUserName":"ada"}}"#);
    let request = reqwest::Client::new()
        .post(&url)
        .bearer_auth(token.expose())
        .header("content-type", "application/json")
        .body(body);
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status(), 201);
    let location = answer.headers()["location"].to_str().unwrap().to_owned();
    let stored: serde_json::Value = answer.json().await.unwrap();
    let path = format!("/{SYSTEM}/v1/externalTenantUserMappings/");
    assert_eq!(
        location,
        format!("{path}{}", stored["id"].as_str().unwrap())
    );
}

/// What a mapping gives counts while it exists: its roles, and those of its groups, which the
/// original shows but does not count.
#[tokio::test]
async fn a_mapping_and_its_groups_give_roles_as_long_as_they_exist() {
    let platform = TestPlatform::start().await;
    let admin = platform.admin().await;
    let assets = platform.assets(SYSTEM, admin.clone());
    assets.create_tenant("acme", "acme").await.unwrap();
    let identity = platform.identity("acme", platform.exchange(&admin, "acme").await);
    let mapping = identity.user_mappings(None, None, None).await.unwrap();
    let mapping = mapping[0].id.clone().unwrap();
    let roles = || async {
        let roles = identity.user_roles("xt_octosystem_admin").await.unwrap();
        roles
            .into_iter()
            .filter_map(|role| role.name)
            .collect::<Vec<_>>()
    };
    assert_eq!(roles().await.len(), 14);
    assert!(
        identity
            .user_direct_roles("xt_octosystem_admin")
            .await
            .unwrap()
            .is_empty(),
        "nothing is copied that would outlive the mapping"
    );
    let none = UpdateExternalTenantUserMappingDto::default();
    identity.update_user_mapping(&mapping, &none).await.unwrap();
    assert_eq!(roles().await.len(), 14, "through TenantOwners");
    let owners = identity
        .group_named("TenantOwners")
        .await
        .unwrap()
        .id
        .unwrap();
    identity
        .remove_user_from_group(&owners, &mapping)
        .await
        .unwrap();
    assert!(roles().await.is_empty());
    let group = create_group_with(&identity, "Guides", &["Development"]).await;
    identity.add_user_to_group(&group, &mapping).await.unwrap();
    assert_eq!(roles().await, ["Development"]);
    identity.delete_user_mapping(&mapping).await.unwrap();
    assert!(roles().await.is_empty());
}
