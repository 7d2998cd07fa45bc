//! Copies of clients in child tenants.

use octo_sdk::Secret;
use octo_sdk::identity::{ClientDto, IdentityClient};

use crate::clients::{SECRET, claims, machine, token};
use crate::platform::{Claims, SYSTEM, TestPlatform};

/// A platform with the child tenant `acme`, and the system tenant's identity service.
async fn with_acme() -> (TestPlatform, IdentityClient) {
    let platform = TestPlatform::start().await;
    let assets = platform.system_assets().await;
    assets.create_tenant("acme", "acme").await.unwrap();
    let identity = platform.system_identity().await;
    (platform, identity)
}

/// The identity service of `tenant`, called by a service that administers it.
async fn inside(platform: &TestPlatform, tenant: &'static str) -> IdentityClient {
    let claims = Claims {
        tenant,
        user: None,
        ..platform.admin_claims().await
    };
    platform.identity(tenant, platform.token(&claims))
}

fn flagged(client_id: &str) -> ClientDto {
    ClientDto {
        auto_provision_in_child_tenants: Some(true),
        ..machine(client_id)
    }
}

#[tokio::test]
async fn a_new_child_holds_copies_of_the_seeded_clients() {
    let (platform, identity) = with_acme().await;
    let copies = inside(&platform, "acme").await.clients().await.unwrap();
    assert_eq!(copies.len(), 6);
    for copy in copies {
        assert_eq!(
            copy.provisioned_by_parent_tenant_id.as_deref(),
            Some(SYSTEM)
        );
        assert_eq!(copy.auto_provision_in_child_tenants, Some(false));
    }
    let rows = identity.client_mirrors("octo-cli").await.unwrap();
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0].child_tenant_id, "acme");
    assert_eq!(rows[0].parent_tenant_id, SYSTEM);
    assert_eq!(rows[0].secret_hash_version, 0);
    assert!(rows[0].provisioned_at.is_some());
}

#[tokio::test]
async fn copying_needs_the_flag_and_counts_what_it_did() {
    let (platform, identity) = with_acme().await;
    identity.create_client(&machine("robot")).await.unwrap();
    let refusal = "BadRequest: Client 'robot' is not flagged AutoProvisionInChildTenants. \
                   Set the flag first.";
    let everywhere = identity.provision_client_in_existing_tenants("robot").await;
    assert_eq!(everywhere.unwrap_err().to_string(), refusal);
    let one = identity.provision_client_in_tenant("robot", "acme").await;
    assert_eq!(one.unwrap_err().to_string(), refusal);

    identity
        .set_client_auto_provision("robot", true)
        .await
        .unwrap();
    assert!(identity.client_mirrors("robot").await.unwrap().is_empty());
    for nowhere in ["nowhere", SYSTEM, "not a tenant"] {
        let none = identity
            .provision_client_in_tenant("robot", nowhere)
            .await
            .unwrap();
        assert_eq!(none, Default::default(), "{nowhere}");
    }
    let done = identity
        .provision_client_in_tenant("robot", "acme")
        .await
        .unwrap();
    let counts = (
        done.flagged_clients_considered,
        done.newly_provisioned,
        done.already_present,
    );
    assert_eq!(counts, (7, 1, 6));
    let again = identity
        .provision_client_in_existing_tenants("robot")
        .await
        .unwrap();
    let counts = (
        again.child_tenants_considered,
        again.newly_provisioned,
        again.already_present,
    );
    assert_eq!(counts, (1, 0, 7));
    claims(&token(&platform, "acme", "robot", SECRET, &[]).await);
    let unknown = identity.client_mirrors("nobody").await.unwrap_err();
    assert_eq!(
        unknown.to_string(),
        "NotFound: Client with id 'nobody' does not exist."
    );
}

#[tokio::test]
async fn changes_reach_the_copies() {
    let (platform, identity) = with_acme().await;
    identity.create_client(&flagged("robot")).await.unwrap();
    identity
        .provision_client_in_tenant("robot", "acme")
        .await
        .unwrap();
    let version = async || identity.client_mirrors("robot").await.unwrap()[0].secret_hash_version;
    let update = ClientDto {
        client_secret: Some(Secret::new("An0ther")),
        allowed_scopes: Some(vec!["octo_api".to_owned()]),
        ..ClientDto::default()
    };
    identity.update_client("robot", &update).await.unwrap();
    assert_eq!(version().await, 1);
    let old = token(&platform, "acme", "robot", SECRET, &[]).await;
    assert_eq!(old["error"], "invalid_client");
    let mine = claims(&token(&platform, "acme", "robot", "An0ther", &[]).await);
    assert_eq!(mine["tenant_id"], "acme");

    let renaming = ClientDto {
        client_id: Some("android".to_owned()),
        ..update
    };
    identity.update_client("robot", &renaming).await.unwrap();
    assert_eq!(identity.client_mirrors("android").await.unwrap().len(), 1);
    let acme = inside(&platform, "acme").await;
    assert!(acme.client("robot").await.unwrap_err().is_not_found());
    acme.client("android").await.unwrap();
}

#[tokio::test]
async fn copies_go_with_the_client_or_one_by_one() {
    let (platform, identity) = with_acme().await;
    identity.create_client(&flagged("robot")).await.unwrap();
    identity
        .provision_client_in_tenant("robot", "acme")
        .await
        .unwrap();
    let acme = inside(&platform, "acme").await;
    identity
        .delete_client_mirror("robot", "ACME")
        .await
        .unwrap();
    assert!(acme.client("robot").await.unwrap_err().is_not_found());
    let again = identity
        .delete_client_mirror("robot", "acme")
        .await
        .unwrap_err();
    assert_eq!(
        again.to_string(),
        "NotFound: No mirror tracked for client 'robot' in child tenant 'acme'."
    );
    identity
        .provision_client_in_tenant("robot", "acme")
        .await
        .unwrap();
    acme.client("robot").await.unwrap();
    identity.delete_client("robot").await.unwrap();
    assert!(acme.client("robot").await.unwrap_err().is_not_found());
    assert!(
        identity
            .client_mirrors("robot")
            .await
            .unwrap_err()
            .is_not_found()
    );
    let refused = token(&platform, "acme", "robot", SECRET, &[]).await;
    assert_eq!(refused["error"], "invalid_client");
}

#[tokio::test]
async fn nobody_copies_clients_into_tenants_that_are_not_below() {
    let (platform, _) = with_acme().await;
    let assets = platform.system_assets().await;
    assets.create_tenant("other", "other").await.unwrap();
    let acme = inside(&platform, "acme").await;
    acme.create_client(&flagged("trojan")).await.unwrap();
    for target in ["other", SYSTEM, "acme"] {
        let done = acme
            .provision_client_in_tenant("trojan", target)
            .await
            .unwrap();
        assert_eq!(done, Default::default(), "{target}");
    }
    let other = inside(&platform, "other").await;
    assert!(other.client("trojan").await.unwrap_err().is_not_found());
}

#[tokio::test]
async fn a_deleted_tenant_leaves_no_records() {
    let (platform, identity) = with_acme().await;
    let assets = platform.system_assets().await;
    assets.delete_tenant("acme").await.unwrap();
    assert!(
        identity
            .client_mirrors("octo-cli")
            .await
            .unwrap()
            .is_empty()
    );
    assets.create_tenant("acme", "acme2").await.unwrap();
    assert_eq!(identity.client_mirrors("octo-cli").await.unwrap().len(), 1);
    drop(platform);
}
