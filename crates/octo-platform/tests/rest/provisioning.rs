//! Provisioning of administrators.

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
