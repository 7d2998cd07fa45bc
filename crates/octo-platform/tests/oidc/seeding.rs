//! What a tenant starts with, and what a later start leaves alone.

use octo_platform::accounts::{names, roles};
use octo_platform::{BindAddresses, Platform, PlatformConfig};
use octo_runtime::{EntityQuery, Record, Tenant, UpdateEntity, Value};

use crate::browser::Browser;
use crate::platform::{ADMIN_PASSWORD, DEVICE_CLIENT, MCP_URL, TestPlatform};

async fn count(tenant: &Tenant, ck_type: &str) -> u64 {
    tenant.query(EntityQuery::of(ck_type)).await.unwrap().total
}

async fn client(tenant: &Tenant, client_id: &str) -> octo_runtime::Entity {
    let query = EntityQuery::of(names::CLIENT).eq("ClientId", client_id);
    tenant.first(query).await.unwrap().unwrap()
}

#[tokio::test]
async fn a_new_system_tenant_holds_the_documented_seed() {
    let platform = TestPlatform::start().await;
    let system = platform.system();
    for (ck_type, expected) in [
        (names::ROLE, 14),
        (names::IDENTITY_RESOURCE, 5),
        (names::API_SCOPE, 3),
        (names::API_RESOURCE, 2),
        (names::CLIENT, 6),
        (names::GROUP, 1),
        (names::USER, 1),
    ] {
        assert_eq!(count(&system, ck_type).await, expected, "{ck_type}");
    }
    let device = client(&system, DEVICE_CLIENT).await;
    assert_eq!(device.rt_id.to_string(), "660000000000000000000034");
    assert_eq!(device.attributes.i32("AccessTokenLifetime"), Some(3600));
    let admin = platform.admin().await;
    assert_eq!(
        roles::effective(&system, admin.rt_id).await.unwrap().len(),
        14
    );
    assert_eq!(admin.attributes.bool("ResetPasswordOnLogin"), Some(false));
}

#[tokio::test]
async fn a_child_tenant_holds_mirrors_and_no_users() {
    let platform = TestPlatform::start().await;
    let acme = platform.create_tenant("octosystem", "acme").await;
    assert_eq!(
        (
            count(&acme, names::ROLE).await,
            count(&acme, names::USER).await
        ),
        (14, 0)
    );
    let mirror = client(&acme, DEVICE_CLIENT).await;
    assert_eq!(mirror.rt_id.to_string(), "660000000000000000000034");
    assert_eq!(
        mirror.attributes.str("ProvisionedByParentTenantId"),
        Some("octosystem")
    );
    assert_eq!(
        mirror.attributes.bool("AutoProvisionInChildTenants"),
        Some(false)
    );
    let rows = EntityQuery::of(names::CLIENT_MIRROR).eq("ChildTenantId", "acme");
    let rows = platform.system().query(rows).await.unwrap().items;
    assert_eq!(rows.len(), 6);
    assert!(
        rows.iter()
            .all(|row| row.attributes.i32("SecretHashVersion") == Some(0))
    );
}

#[tokio::test]
async fn a_restart_changes_nothing_that_is_right() {
    let platform = TestPlatform::start().await;
    platform.create_tenant("octosystem", "acme").await;
    let before = client(&platform.system(), DEVICE_CLIENT).await;
    let acme = platform.tenant("acme").await;
    let mirror = client(&acme, DEVICE_CLIENT).await;
    let platform = platform.restart().await;
    assert_eq!(
        client(&platform.system(), DEVICE_CLIENT).await.version,
        before.version
    );
    let acme = platform.tenant("acme").await;
    assert_eq!(client(&acme, DEVICE_CLIENT).await.version, mirror.version);
    assert_eq!(count(&platform.system(), names::USER).await, 1);
    assert_eq!(platform.running.generated_admin_password(), None);
}

#[tokio::test]
async fn a_restart_restores_the_seed_and_keeps_what_was_added() {
    let platform = TestPlatform::start().await;
    let system = platform.system();
    let swagger = client(&system, "octo-mcpServices-swagger").await;
    let mut uris = swagger.attributes.records("RedirectUris").to_vec();
    let added = Record::of(names::MODEL, "ClientUriEntry")
        .set("Uri", "https://added.example/")
        .set("Source", "api");
    uris.push(added);
    let edit = UpdateEntity::from_entity(&swagger)
        .set("RedirectUris", Value::RecordArray(uris))
        .set("AccessTokenLifetime", 60)
        .set("Enabled", false);
    system.update(edit).await.unwrap();
    let platform = platform.restart().await;
    let swagger = client(&platform.system(), "octo-mcpServices-swagger").await;
    assert_eq!(swagger.attributes.bool("Enabled"), Some(true));
    assert_eq!(swagger.attributes.i32("AccessTokenLifetime"), Some(60));
    let uris = swagger.attributes.records("RedirectUris");
    let sources: Vec<_> = uris
        .iter()
        .filter_map(|uri| uri.attributes.str("Source"))
        .collect();
    assert_eq!(sources, ["base", "api"]);
}

#[tokio::test]
async fn a_generated_password_is_told_once_and_works() {
    let dir = tempfile::tempdir().unwrap();
    let mut config = PlatformConfig::embedded(dir.path(), MCP_URL);
    config.bind = BindAddresses::free_ports();
    let running = Platform::start(config).await.unwrap();
    let password = running.generated_admin_password().unwrap().to_owned();
    let http = reqwest::Client::new();
    let page = http.get(format!("{}/octosystem/login", running.urls().identity));
    assert_eq!(page.send().await.unwrap().status(), 200);
    let users = EntityQuery::of(names::USER).eq("NormalizedUserName", "ADMIN");
    let admin = running
        .runtime()
        .system_tenant()
        .first(users)
        .await
        .unwrap()
        .unwrap();
    let hash = admin.attributes.str("PasswordHash").unwrap();
    assert!(
        running
            .state()
            .passwords()
            .verify(Some(hash), &password)
            .await
            .unwrap()
    );
}

#[tokio::test]
async fn a_weak_admin_password_stops_the_start_with_all_reasons() {
    let dir = tempfile::tempdir().unwrap();
    let mut config = PlatformConfig::embedded(dir.path(), MCP_URL);
    config.bind = BindAddresses::free_ports();
    config.admin_password = Some("weakling".to_owned());
    let error = Platform::start(config).await.unwrap_err().to_string();
    assert!(
        error.contains("one digit") && error.contains("one uppercase"),
        "{error}"
    );
    assert!(!error.contains("weakling"), "{error}");
}

#[tokio::test]
async fn the_configured_password_opens_the_login_page() {
    let platform = TestPlatform::start().await;
    let mut browser = Browser::new(&platform);
    let page = browser
        .sign_in("/octosystem/login", "ADMIN", ADMIN_PASSWORD)
        .await;
    assert!(page.html.contains("You are signed in"), "{}", page.html);
}
