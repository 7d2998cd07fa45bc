//! Set-up of a deployment without users, and the small routes beside.

use octo_runtime::{DeleteEntity, EntityQuery};

use crate::platform::{SYSTEM, TestPlatform};

const USER: &str = "System.Identity/User";

async fn send(platform: &TestPlatform, method: &str, path: &str, body: &str) -> (u16, String) {
    let url = format!("{}/{path}", platform.running.urls().identity);
    let body = (method != "GET").then_some(body);
    platform.send(method, &url, None, body).await
}

async fn delete_everybody(platform: &TestPlatform) {
    let tenant = platform.running.runtime().system_tenant();
    for user in tenant.query(EntityQuery::of(USER)).await.unwrap().items {
        tenant
            .delete(DeleteEntity::of(USER, user.rt_id).erase())
            .await
            .unwrap();
    }
}

const ADMIN: &str = r#"{"email":"a@x.org","password":"Adm1n-word","confirmPassword":"Adm1n-word"}"#;

#[tokio::test]
async fn a_deployment_with_users_cannot_be_set_up() {
    let platform = TestPlatform::start().await;
    let token = platform.admin().await;
    let status = format!("{SYSTEM}/api/setup/status");
    let create = format!("{SYSTEM}/api/setup/create-admin");
    assert_eq!(send(&platform, "GET", &status, "").await.0, 404);
    assert_eq!(send(&platform, "POST", &create, ADMIN).await.0, 404);
    let url = format!("{}/{SYSTEM}/v1/setup", platform.running.urls().identity);
    let (code, body) = platform.send("POST", &url, Some(&token), Some(ADMIN)).await;
    assert_eq!(
        (code, body.as_str()),
        (404, r#""Identity Service is already configured.""#)
    );
    assert_eq!(platform.send("POST", &url, None, Some(ADMIN)).await.0, 401);
}

#[tokio::test]
async fn a_deployment_without_users_gets_its_first_one_once() {
    let platform = TestPlatform::start().await;
    delete_everybody(&platform).await;
    let status = format!("{SYSTEM}/api/setup/status");
    let create = format!("{SYSTEM}/api/setup/create-admin");
    let answer = send(&platform, "GET", &status, "").await;
    assert_eq!(answer, (200, r#"{"setupRequired":true}"#.to_owned()));
    assert_eq!(
        send(&platform, "GET", "nowhere/api/setup/status", "")
            .await
            .0,
        404
    );

    let wrong = r#"{"email":"nobody","password":"Ab1!","confirmPassword":"other"}"#;
    let (code, body) = send(&platform, "POST", &create, wrong).await;
    assert_eq!(code, 200);
    for part in [
        "Passwords do not match",
        "at least 8",
        "not an e-mail",
        r#""success":false"#,
    ] {
        assert!(body.contains(part), "{part}: {body}");
    }
    let (first, second) = tokio::join!(
        send(&platform, "POST", &create, ADMIN),
        send(&platform, "POST", &create, ADMIN)
    );
    let mut codes = [first.0, second.0];
    codes.sort_unstable();
    assert_eq!(codes, [200, 404], "{first:?} {second:?}");
    assert_eq!(send(&platform, "GET", &status, "").await.0, 404);
    let token = platform.token(&crate::platform::Claims {
        user: None,
        ..some_claims()
    });
    let roles = platform
        .identity(SYSTEM, token)
        .user_direct_roles("a@x.org")
        .await;
    assert_eq!(roles.unwrap().len(), 10);
}

fn some_claims() -> crate::platform::Claims {
    crate::platform::Claims {
        tenant: SYSTEM,
        user: None,
        scope: "octo_api",
        roles: &["UserManagement"],
        audience: "octoAPI",
        lifetime: 3600,
        client: "octo-cli",
        age: 0,
    }
}

#[tokio::test]
async fn proposals_of_passwords_and_the_callers_claims() {
    let platform = TestPlatform::start().await;
    let identity = platform.system_identity().await;
    let one = identity.generate_password().await.unwrap();
    let other = identity.generate_password().await.unwrap();
    assert_ne!(one.expose(), other.expose());
    assert_eq!(one.expose().len(), 16);
    assert!(one.expose().chars().all(|c| c.is_ascii_alphanumeric()));
    let claims = identity.diagnostics().await.unwrap().claims;
    let value = |key: &str| {
        let found = claims.iter().find(|claim| claim.key == key);
        found.map(|claim| claim.value.as_str())
    };
    assert_eq!(value("tenant_id"), Some(SYSTEM));
    assert_eq!(value("scope"), Some("octo_api"));
    assert!(value("sub").is_some());
}
