//! Who may call what.

use crate::platform::{Claims, SYSTEM, TestPlatform};

/// One reading and one writing route of every service, below a tenant.
const READING: &[(&str, &str)] = &[
    ("identity", "users"),
    ("identity", "users/GetPaged"),
    ("identity", "users/admin"),
    ("identity", "users/admin/roles"),
    ("identity", "users/admin/directRoles"),
    ("identity", "roles"),
    ("identity", "roles/GetPaged"),
    ("identity", "roles/names/Development"),
    ("identity", "groups"),
    ("identity", "groups/GetPaged"),
    ("identity", "groups/660000000000000000000040"),
    ("identity", "groups/names/TenantOwners"),
    ("identity", "groups/660000000000000000000040/roles"),
    ("identity", "groups/660000000000000000000040/members/users"),
    (
        "identity",
        "groups/660000000000000000000040/members/clients",
    ),
    ("identity", "groups/660000000000000000000040/members/groups"),
    ("identity", "emailDomainGroupRules"),
    ("identity", "emailDomainGroupRules/660000000000000000000040"),
    ("identity", "externalTenantUserMappings"),
    (
        "identity",
        "externalTenantUserMappings/660000000000000000000040",
    ),
    ("identity", "identityProviders"),
    ("identity", "identityProviders/660000000000000000000040"),
    ("identity", "tools/generatePassword"),
    ("identity", "diagnostics"),
    ("identity", "clients"),
    ("identity", "clients/GetPaged"),
    ("identity", "clients/octo-cli"),
    ("identity", "clients/octo-cli/roles"),
    ("identity", "clients/octo-cli/mirrors"),
    ("identity", "apiResources"),
    ("identity", "apiResources/GetPaged"),
    ("identity", "apiResources/octoAPI"),
    ("identity", "apiScopes"),
    ("identity", "apiScopes/GetPaged"),
    ("identity", "apiScopes/octo_api"),
    ("identity", "apiSecrets/client/octo-cli"),
    ("identity", "apiSecrets/client/octo-cli/eA=="),
    ("identity", "apiSecrets/apiResource/octoAPI"),
    ("assets", "tenants"),
    ("assets", "tenants/acme"),
    ("assets", "tenants/lifecycle?childTenantId=acme"),
    ("bot", "jobs?id=1"),
];

const WRITING: &[(&str, &str, &str)] = &[
    ("identity", "POST", "users"),
    ("identity", "PUT", "users/admin"),
    ("identity", "DELETE", "users/admin"),
    (
        "identity",
        "POST",
        "users/ResetPassword?userName=admin&password=Other-passw0rd",
    ),
    ("identity", "PUT", "users/admin/roles/Development"),
    ("identity", "DELETE", "users/admin/roles/Development"),
    ("identity", "POST", "roles"),
    ("identity", "PUT", "roles/Development"),
    ("identity", "DELETE", "roles/Development"),
    ("identity", "PUT", "users/admin/roles"),
    ("identity", "POST", "users/admin/merge"),
    ("identity", "POST", "groups"),
    ("identity", "PUT", "groups/660000000000000000000040"),
    ("identity", "DELETE", "groups/660000000000000000000040"),
    ("identity", "PUT", "groups/660000000000000000000040/roles"),
    (
        "identity",
        "PUT",
        "groups/660000000000000000000040/members/users/1",
    ),
    (
        "identity",
        "DELETE",
        "groups/660000000000000000000040/members/users/1",
    ),
    (
        "identity",
        "PUT",
        "groups/660000000000000000000040/members/clients/1",
    ),
    (
        "identity",
        "DELETE",
        "groups/660000000000000000000040/members/clients/1",
    ),
    (
        "identity",
        "PUT",
        "groups/660000000000000000000040/members/groups/1",
    ),
    (
        "identity",
        "DELETE",
        "groups/660000000000000000000040/members/groups/1",
    ),
    ("identity", "POST", "emailDomainGroupRules"),
    (
        "identity",
        "PUT",
        "emailDomainGroupRules/660000000000000000000041",
    ),
    (
        "identity",
        "DELETE",
        "emailDomainGroupRules/660000000000000000000041",
    ),
    ("identity", "POST", "externalTenantUserMappings"),
    (
        "identity",
        "PUT",
        "externalTenantUserMappings/660000000000000000000041",
    ),
    (
        "identity",
        "DELETE",
        "externalTenantUserMappings/660000000000000000000041",
    ),
    ("identity", "POST", "identityProviders"),
    (
        "identity",
        "PUT",
        "identityProviders/660000000000000000000041",
    ),
    (
        "identity",
        "DELETE",
        "identityProviders/660000000000000000000041",
    ),
    ("identity", "GET", "adminProvisioning/acme"),
    ("identity", "POST", "adminProvisioning/acme"),
    ("identity", "GET", "adminProvisioning/acme/sourceUsers"),
    ("identity", "GET", "adminProvisioning/acme/roles"),
    ("identity", "GET", "adminProvisioning/acme/groups"),
    ("identity", "POST", "adminProvisioning/acme/withGroups"),
    (
        "identity",
        "DELETE",
        "adminProvisioning/acme/660000000000000000000041",
    ),
    (
        "identity",
        "POST",
        "adminProvisioning/acme/provisionCurrentUser",
    ),
    ("identity", "POST", "clients"),
    ("identity", "PUT", "clients/octo-cli"),
    ("identity", "DELETE", "clients/octo-cli"),
    ("identity", "PUT", "clients/octo-cli/roles"),
    ("identity", "PUT", "clients/octo-cli/roles/Development"),
    ("identity", "DELETE", "clients/octo-cli/roles/Development"),
    ("identity", "POST", "clients/octo-cli/overlayUris"),
    ("identity", "DELETE", "clients/cleanOverlayEntries"),
    (
        "identity",
        "POST",
        "clients/octo-cli/mirrors/provisionInExistingTenants",
    ),
    (
        "identity",
        "POST",
        "clients/octo-cli/mirrors/provisionInTenant?childTenantId=acme",
    ),
    ("identity", "DELETE", "clients/octo-cli/mirrors/acme"),
    (
        "identity",
        "PATCH",
        "clients/octo-cli/autoProvisionInChildTenants",
    ),
    ("identity", "POST", "apiResources"),
    ("identity", "PUT", "apiResources/octoAPI"),
    ("identity", "DELETE", "apiResources/octoAPI"),
    ("identity", "POST", "apiScopes"),
    ("identity", "PUT", "apiScopes/octo_api"),
    ("identity", "DELETE", "apiScopes/octo_api"),
    ("identity", "POST", "apiSecrets/client/octo-cli"),
    ("identity", "PUT", "apiSecrets/client/octo-cli"),
    ("identity", "DELETE", "apiSecrets/client/octo-cli/eA=="),
    ("identity", "POST", "apiSecrets/apiResource/octoAPI"),
    (
        "assets",
        "POST",
        "tenants?childTenantId=acme&databaseName=acme",
    ),
    (
        "assets",
        "POST",
        "tenants/attach?childTenantId=acme&databaseName=acme",
    ),
    ("assets", "POST", "tenants/detach?childTenantId=acme"),
    ("assets", "PUT", "tenants/clear?childTenantId=acme"),
    ("assets", "PUT", "tenants/clearCache?childTenantId=acme"),
    ("assets", "PUT", "tenants/update?childTenantId=acme"),
    ("assets", "POST", "tenants/rerunSetup?childTenantId=acme"),
    ("assets", "DELETE", "tenants?childTenantId=acme"),
    ("assets", "POST", "models/ImportCk"),
];

fn address(platform: &TestPlatform, service: &str, tenant: &str, route: &str) -> String {
    let urls = platform.running.urls();
    let base = match service {
        "identity" => &urls.identity,
        "assets" => &urls.assets,
        _ => &urls.bot,
    };
    format!("{base}/{tenant}/v1/{route}")
}

fn everything() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    let reading = READING
        .iter()
        .map(|(service, route)| (*service, "GET", *route));
    reading.chain(WRITING.iter().copied())
}

/// The body a route would accept, so that nothing but access can be the reason of a refusal.
fn body(method: &str, route: &str) -> Option<&'static str> {
    let is_bodiless = |start: &&str| route.starts_with(start);
    if method == "GET" || ["tenants", "models", "jobs"].iter().any(is_bodiless) {
        return None;
    }
    match method == "PUT" && route.ends_with("/roles") {
        true => Some("[]"),
        false => Some(
            r#"{"name":"someone","groupName":"some","emailDomainPattern":"x.org",
                "targetGroupRtId":"660000000000000000000040","sourceUserName":"someone",
                "sourceTenantId":"other","sourceUserId":"660000000000000000000040"}"#,
        ),
    }
}

async fn statuses(platform: &TestPlatform, claims: Option<&Claims>, expected: u16) {
    let token = claims.map(|claims| platform.token(claims));
    for (service, method, route) in everything() {
        let url = address(platform, service, SYSTEM, route);
        let (status, _) = platform
            .send(method, &url, token.as_ref(), body(method, route))
            .await;
        assert_eq!(status, expected, "{method} {service} {route}");
    }
}

#[tokio::test]
async fn without_a_good_token_nothing_opens() {
    let platform = TestPlatform::start().await;
    statuses(&platform, None, 401).await;
    let admin = platform.admin_claims().await;
    let expired = Claims {
        lifetime: -600,
        ..admin.clone()
    };
    statuses(&platform, Some(&expired), 401).await;
    let other_audience = Claims {
        audience: "http://127.0.0.1:5016/",
        ..admin
    };
    statuses(&platform, Some(&other_audience), 401).await;
}

#[tokio::test]
async fn a_token_of_another_tenant_opens_nothing() {
    let platform = TestPlatform::start().await;
    platform
        .system_assets()
        .await
        .create_tenant("acme", "acme")
        .await
        .unwrap();
    let foreign = Claims {
        tenant: "acme",
        ..platform.admin_claims().await
    };
    statuses(&platform, Some(&foreign), 403).await;
}

#[tokio::test]
async fn an_unknown_tenant_is_404() {
    let platform = TestPlatform::start().await;
    let token = platform.admin().await;
    for (service, method, route) in everything() {
        let url = address(&platform, service, "nowhere", route);
        let (status, _) = platform
            .send(method, &url, Some(&token), body(method, route))
            .await;
        assert_eq!(status, 404, "{method} {service} {route}");
    }
}

#[tokio::test]
async fn a_read_only_scope_does_not_write() {
    let platform = TestPlatform::start().await;
    let reader = Claims {
        scope: "octo_api.read_only",
        ..platform.admin_claims().await
    };
    let token = platform.token(&reader);
    for (service, method, route) in WRITING {
        let url = address(&platform, service, SYSTEM, route);
        let (status, _) = platform
            .send(method, &url, Some(&token), body(method, route))
            .await;
        assert_eq!(status, 403, "{method} {service} {route}");
    }
    let (status, _) = platform
        .send(
            "GET",
            &address(&platform, "identity", SYSTEM, "users"),
            Some(&token),
            None,
        )
        .await;
    assert_eq!(status, 200);
}

#[tokio::test]
async fn administration_needs_a_role() {
    let platform = TestPlatform::start().await;
    let nobody = Claims {
        roles: &["DashboardViewer"],
        ..platform.admin_claims().await
    };
    let token = platform.token(&nobody);
    for (service, method, route) in WRITING {
        let url = address(&platform, service, SYSTEM, route);
        // An upload without a form is refused before anything else.
        if *route == "models/ImportCk" {
            continue;
        }
        let (status, text) = platform
            .send(method, &url, Some(&token), body(method, route))
            .await;
        assert_eq!(status, 403, "{method} {service} {route}");
        assert!(text.contains("Management'"), "the role is named: {text}");
    }
    let imported = platform
        .import(SYSTEM, &token, "a.yaml", b"modelId: A-1.0.0")
        .await;
    assert!(imported.unwrap_err().to_string().starts_with("Forbidden: "));
    let assets = platform.assets(SYSTEM, token);
    assert!(
        assets.tenants().await.unwrap().is_empty(),
        "reading needs no role"
    );
}

#[tokio::test]
async fn the_alias_system_and_the_version_1_0_work() {
    let platform = TestPlatform::start().await;
    let token = platform.admin().await;
    let base = &platform.running.urls().identity;
    for path in ["system/v1/roles", "OctoSystem/v1.0/roles"] {
        let (status, body) = platform
            .send("GET", &format!("{base}/{path}"), Some(&token), None)
            .await;
        assert_eq!(status, 200, "{path}");
        assert!(body.contains("TenantManagement"));
    }
}
