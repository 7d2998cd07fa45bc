//! Tenants.

use octo_runtime::EntityQuery;

use crate::platform::{Claims, SYSTEM, TestPlatform};

#[tokio::test]
async fn whoever_creates_a_tenant_can_use_it_at_once() {
    let platform = TestPlatform::start().await;
    let admin = platform.admin().await;
    let assets = platform.assets(SYSTEM, admin.clone());
    assets.create_tenant("Acme", "AcmeDB").await.unwrap();
    let acme = assets.tenant("acme").await.unwrap();
    assert_eq!(acme.tenant_id.as_deref(), Some("acme"));
    assert_eq!(acme.database.as_deref(), Some("acmedb"));

    let token = platform.exchange(&admin, "acme").await;
    let identity = platform.identity("acme", token.clone());
    let shadow = format!("xt_{SYSTEM}_admin");
    let held = identity.user_roles(&shadow).await.unwrap();
    assert_eq!(held.len(), 14, "the creator has every role");
    identity.create_role("Own").await.unwrap();
    platform
        .assets("acme", token)
        .create_tenant("sub", "sub")
        .await
        .unwrap();
}

#[tokio::test]
async fn shadow_users_do_not_show_their_seal_nor_change_their_name() {
    let platform = TestPlatform::start().await;
    let admin = platform.admin().await;
    platform
        .assets(SYSTEM, admin.clone())
        .create_tenant("acme", "acme")
        .await
        .unwrap();
    let identity = platform.identity("acme", platform.exchange(&admin, "acme").await);
    let mut shadow = identity.user(&format!("xt_{SYSTEM}_admin")).await.unwrap();
    let login = shadow.external_logins.clone().unwrap().remove(0);
    let home = platform.admin_claims().await.user.unwrap();
    assert_eq!(login.provider_key.as_deref(), Some(home.as_str()));

    let name = shadow.name.replace("somebody".to_owned()).unwrap();
    assert!(identity.update_user(&name, &shadow).await.is_err());
    let password = octo_sdk::Secret::new("Pa$$w0rd");
    assert!(identity.reset_password(&name, &password).await.is_err());
    shadow.name = Some(name.clone());
    shadow.first_name = Some("Ada".to_owned());
    identity.update_user(&name, &shadow).await.unwrap();
}

#[tokio::test]
async fn names_that_are_taken_or_bad() {
    let platform = TestPlatform::start().await;
    let assets = platform.system_assets().await;
    assets.create_tenant("acme", "acme").await.unwrap();
    for (child, database, text) in [
        (
            "ACME",
            "other",
            "Conflict: Tenant ID 'acme' is already in use.",
        ),
        (
            "other",
            "acme",
            "Conflict: Database name 'acme' is not available.",
        ),
        (
            SYSTEM,
            "other",
            "Conflict: Tenant ID 'octosystem' is already in use.",
        ),
        (
            "system",
            "other",
            "Conflict: Tenant ID 'system' is already in use.",
        ),
        (
            "other",
            "admin",
            "Conflict: Database name 'admin' is not available.",
        ),
    ] {
        let error = assets
            .create_tenant(child, database)
            .await
            .unwrap_err()
            .to_string();
        assert_eq!(error, text, "{child} {database}");
    }
    let error = assets
        .create_tenant("a b", "c/d")
        .await
        .unwrap_err()
        .to_string();
    assert!(
        error.starts_with("BadRequest: Tenant ID 'a b' is invalid."),
        "{error}"
    );
    assert!(
        error.contains("Database name 'c/d' is invalid."),
        "both are reported: {error}"
    );
    let error = assets.create_tenant(" ", "").await.unwrap_err().to_string();
    assert!(
        error.contains("childTenantId") && error.contains("databaseName"),
        "{error}"
    );
    let ids: Vec<_> = assets
        .tenants()
        .await
        .unwrap()
        .into_iter()
        .filter_map(|t| t.tenant_id)
        .collect();
    assert_eq!(ids, ["acme"], "nothing was left behind");
}

#[tokio::test]
async fn an_unknown_blueprint_creates_nothing() {
    let platform = TestPlatform::start().await;
    let token = platform.admin().await;
    let url = format!(
        "{}/{SYSTEM}/v1/tenants?childTenantId=acme&databaseName=acme&blueprintId=Shop-1.0.0",
        platform.running.urls().assets
    );
    let (status, body) = platform.send("POST", &url, Some(&token), None).await;
    assert_eq!(status, 400);
    assert!(body.contains("Blueprint application failed: "), "{body}");
    assert!(
        platform
            .system_assets()
            .await
            .tenants()
            .await
            .unwrap()
            .is_empty()
    );
}

#[tokio::test]
async fn deleting() {
    let platform = TestPlatform::start().await;
    let admin = platform.admin().await;
    let assets = platform.assets(SYSTEM, admin.clone());
    let unknown = assets.delete_tenant("acme").await.unwrap_err();
    assert_eq!(
        unknown.to_string(),
        "NotFound: Tenant 'acme' does not exist."
    );

    assets.create_tenant("acme", "acme").await.unwrap();
    let inner = platform.assets("acme", platform.exchange(&admin, "acme").await);
    inner.create_tenant("sub", "sub").await.unwrap();
    let parent = assets.delete_tenant("acme").await.unwrap_err().to_string();
    assert!(
        parent.starts_with("Conflict: ") && parent.contains("sub"),
        "{parent}"
    );
    assert_eq!(
        assets.tenants().await.unwrap().len(),
        2,
        "the system tenant sees all"
    );
    assert_eq!(
        inner.tenants().await.unwrap().len(),
        1,
        "others see their children"
    );

    inner.delete_tenant("sub").await.unwrap();
    assets.delete_tenant("ACME").await.unwrap();
    assert!(assets.tenants().await.unwrap().is_empty());
    assert!(inner.tenants().await.unwrap_err().is_not_found());
    assets.create_tenant("acme", "acme").await.unwrap();
}

#[tokio::test]
async fn a_sibling_and_a_grandchild_are_out_of_reach() {
    let platform = TestPlatform::start().await;
    let admin = platform.admin().await;
    let assets = platform.assets(SYSTEM, admin.clone());
    assets.create_tenant("acme", "acme").await.unwrap();
    assets.create_tenant("rival", "rival").await.unwrap();
    let inner = platform.assets("acme", platform.exchange(&admin, "acme").await);
    for child in ["rival", SYSTEM, "acme", "unknown"] {
        let text = format!("Tenant '{child}' does not exist.");
        assert!(
            inner.tenant(child).await.unwrap_err().is_not_found(),
            "{child}"
        );
        assert!(
            inner
                .tenant_lifecycle(child)
                .await
                .unwrap_err()
                .is_not_found(),
            "{child}"
        );
        for error in [
            inner.delete_tenant(child).await,
            inner.detach_tenant(child).await,
            inner.clean_tenant(child).await,
            inner.clear_tenant_cache(child).await,
            inner.update_system_model(child).await,
        ] {
            let error = error.unwrap_err().to_string();
            assert!(error.ends_with(&text), "{child}: {error}");
        }
    }
    assert_eq!(assets.tenants().await.unwrap().len(), 2);
}

#[tokio::test]
async fn detached_data_comes_back_with_attach() {
    let platform = TestPlatform::start().await;
    let admin = platform.admin().await;
    let assets = platform.assets(SYSTEM, admin.clone());
    assets.create_tenant("acme", "acmedb").await.unwrap();
    let identity = platform.identity("acme", platform.exchange(&admin, "acme").await);
    identity.create_role("Kept").await.unwrap();
    assets.detach_tenant("acme").await.unwrap();
    assert!(identity.roles().await.unwrap_err().is_not_found());

    let missing = assets.attach_tenant("acme", "nothere").await.unwrap_err();
    assert_eq!(
        missing.to_string(),
        "BadRequest: Database name 'nothere' is not available."
    );
    assets.attach_tenant("acme2", "acmedb").await.unwrap();
    let taken = assets
        .attach_tenant("acme2", "acmedb")
        .await
        .unwrap_err()
        .to_string();
    assert!(
        taken.starts_with("BadRequest: Tenant ID 'acme2' is already in use."),
        "{taken}"
    );
    let tenant = platform.tenant("acme2").await;
    let kept = EntityQuery::of("System.Identity/Role").eq("Name", "Kept");
    assert_eq!(tenant.query(kept).await.unwrap().total, 1);
}

#[tokio::test]
async fn only_the_system_tenant_attaches_databases() {
    let platform = TestPlatform::start().await;
    let admin = platform.admin().await;
    let assets = platform.assets(SYSTEM, admin.clone());
    assets.create_tenant("acme", "acme").await.unwrap();
    assets.create_tenant("rival", "secrets").await.unwrap();
    assets.detach_tenant("rival").await.unwrap();
    let inner = platform.assets("acme", platform.exchange(&admin, "acme").await);
    let refused = inner
        .attach_tenant("mine", "secrets")
        .await
        .unwrap_err()
        .to_string();
    assert!(refused.starts_with("Forbidden: "), "{refused}");
}

#[tokio::test]
async fn cleaning_leaves_a_new_tenant() {
    let platform = TestPlatform::start().await;
    let admin = platform.admin().await;
    let assets = platform.assets(SYSTEM, admin.clone());
    assets.create_tenant("acme", "acme").await.unwrap();
    let identity = platform.identity("acme", platform.exchange(&admin, "acme").await);
    identity.create_role("Gone").await.unwrap();
    assets.clean_tenant("acme").await.unwrap();
    let identity = platform.identity("acme", platform.exchange(&admin, "acme").await);
    assert_eq!(identity.roles().await.unwrap().len(), 14);
    let unknown = assets.clean_tenant("nothere").await.unwrap_err();
    assert_eq!(
        unknown.to_string(),
        "BadRequest: Tenant 'nothere' does not exist."
    );
}

#[tokio::test]
async fn maintenance() {
    let platform = TestPlatform::start().await;
    let assets = platform.system_assets().await;
    assets.create_tenant("acme", "acme").await.unwrap();
    assets.clear_tenant_cache("acme").await.unwrap();
    assets.update_system_model("acme").await.unwrap();
    for lifecycle in [
        assets.tenant_lifecycle("acme").await.unwrap(),
        assets.rerun_tenant_setup("acme").await.unwrap(),
    ] {
        assert_eq!(lifecycle.state.as_deref(), Some("Active"));
        assert_eq!(lifecycle.database_name.as_deref(), Some("acme"));
        assert!(lifecycle.created_utc.is_some());
    }
}

#[tokio::test]
async fn setup_restores_what_every_tenant_has() {
    let platform = TestPlatform::start().await;
    let admin = platform.admin().await;
    let assets = platform.assets(SYSTEM, admin.clone());
    assets.create_tenant("acme", "acme").await.unwrap();
    let identity = platform.identity("acme", platform.exchange(&admin, "acme").await);
    identity.delete_role("Development").await.unwrap();
    assets.rerun_tenant_setup("acme").await.unwrap();
    assert_eq!(identity.roles().await.unwrap().len(), 14);
}

#[tokio::test]
async fn lists_are_paged_and_filtered() {
    let platform = TestPlatform::start().await;
    let assets = platform.system_assets().await;
    for id in ["alpha", "beta", "gamma"] {
        assets.create_tenant(id, id).await.unwrap();
    }
    let token = platform.admin().await;
    let base = format!("{}/{SYSTEM}/v1/tenants", platform.running.urls().assets);
    for (query, body) in [
        (
            "skip=1&take=1",
            r#"{"totalCount":3,"skip":1,"take":1,"list":[{"tenantId":"beta","database":"beta"}]}"#,
        ),
        (
            "filter=AMM",
            r#"{"totalCount":1,"skip":0,"take":100,"list":[{"tenantId":"gamma","database":"gamma"}]}"#,
        ),
    ] {
        let answer = platform
            .send("GET", &format!("{base}?{query}"), Some(&token), None)
            .await;
        assert_eq!(answer, (200, body.to_owned()));
    }
}

#[tokio::test]
async fn a_deleted_user_neither_creates_nor_empties_a_tenant() {
    let platform = TestPlatform::start().await;
    let assets = platform.system_assets().await;
    assets.create_tenant("acme", "acme").await.unwrap();
    let gone = Claims {
        user: Some("65d5c447b420da3fb12381bc".to_owned()),
        ..platform.admin_claims().await
    };
    let ghost = platform.assets(SYSTEM, platform.token(&gone));
    for refused in [
        ghost.create_tenant("other", "other").await,
        ghost.clean_tenant("acme").await,
    ] {
        let status = refused.unwrap_err().status();
        assert_eq!(status.map(|status| status.as_u16()), Some(401));
    }
    assert_eq!(assets.tenants().await.unwrap().len(), 1);
    let admin = platform.admin().await;
    platform.exchange(&admin, "acme").await;
    assets.create_tenant("other", "other").await.unwrap();
}

#[tokio::test]
async fn a_service_without_a_user_can_create_tenants_too() {
    let platform = TestPlatform::start().await;
    let service = Claims {
        user: None,
        ..platform.admin_claims().await
    };
    let assets = platform.assets(SYSTEM, platform.token(&service));
    assets.create_tenant("acme", "acme").await.unwrap();
    let mappings = EntityQuery::of("System.Identity/ExternalTenantUserMapping");
    assert_eq!(
        platform
            .tenant("acme")
            .await
            .query(mappings)
            .await
            .unwrap()
            .total,
        0
    );
}
