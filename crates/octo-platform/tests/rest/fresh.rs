//! What the REST service tells about tenants nobody has touched (identity.md 10, lines 1 and 2).

use octo_sdk::AccessToken;
use serde_json::{Value, json};

use crate::platform::{Claims, SYSTEM, TestPlatform};

const OWNERS: &str = "660000000000000000000040";

async fn read(platform: &TestPlatform, tenant: &str, token: &AccessToken, route: &str) -> Value {
    let url = format!("{}/{tenant}/v1/{route}", platform.running.urls().identity);
    let (status, body) = platform.send("GET", &url, Some(token), None).await;
    assert_eq!(status, 200, "{route}: {body}");
    serde_json::from_str(&body).unwrap()
}

/// The members of the items of a list, in ascending order.
fn members(list: &Value, name: &str) -> Vec<String> {
    let items = list.as_array().unwrap().iter();
    let mut found: Vec<String> = items
        .map(|item| item[name].as_str().unwrap().to_owned())
        .collect();
    found.sort();
    found
}

fn seeded_roles() -> Vec<String> {
    (1..=14)
        .map(|suffix: u8| format!("6600000000000000000000{suffix:02x}"))
        .collect()
}

/// What both kinds of tenant have in common.
async fn check_seed(platform: &TestPlatform, tenant: &str, token: &AccessToken) {
    let roles = read(platform, tenant, token, "roles").await;
    assert_eq!(members(&roles, "id"), seeded_roles());
    let scopes = read(platform, tenant, token, "apiScopes").await;
    let expected = [
        "octo_api",
        "octo_api.data_model_management",
        "octo_api.read_only",
    ];
    assert_eq!(members(&scopes, "name"), expected);
    let resources = read(platform, tenant, token, "apiResources").await;
    assert_eq!(
        members(&resources, "name"),
        ["http://127.0.0.1:5016/", "octoAPI"]
    );
    let clients = read(platform, tenant, token, "clients").await;
    let expected: Vec<String> = ["30", "31", "32", "33", "34", "36"]
        .map(|suffix| format!("6600000000000000000000{suffix}"))
        .to_vec();
    assert_eq!(members(&clients, "rtId"), expected);
    let rules = read(platform, tenant, token, "emailDomainGroupRules").await;
    assert_eq!(rules, json!({"emailDomainGroupRules": []}));
}

#[tokio::test]
async fn a_system_tenant_is_as_documented_and_has_its_administrator() {
    let platform = TestPlatform::start().await;
    let token = platform.admin().await;
    check_seed(&platform, SYSTEM, &token).await;
    let groups = read(&platform, SYSTEM, &token, "groups").await;
    let owners = &groups.as_array().unwrap()[..];
    assert_eq!(owners.len(), 1);
    assert_eq!(owners[0]["id"], json!(OWNERS));
    assert_eq!(owners[0]["roleIds"], json!(seeded_roles()));
    for others in ["memberExternalUserIds", "memberClientIds", "memberGroupIds"] {
        assert_eq!(owners[0][others], json!([]), "{others}");
    }
    // Unlike in the original, where the first user is made by a setup, there is one from the start.
    let users = read(&platform, SYSTEM, &token, "users").await;
    assert_eq!(members(&users, "name"), ["admin"]);
    assert_eq!(owners[0]["memberUserIds"], json!(members(&users, "userId")));
    let providers = read(&platform, SYSTEM, &token, "identityProviders").await;
    assert_eq!(providers, json!({"identityProviders": []}));
    let mappings = read(&platform, SYSTEM, &token, "externalTenantUserMappings").await;
    assert_eq!(mappings, json!([]));
}

#[tokio::test]
async fn a_child_tenant_is_the_same_with_copies_for_clients() {
    let platform = TestPlatform::start().await;
    let nobody = Claims {
        user: None,
        ..platform.admin_claims().await
    };
    let assets = platform.assets(SYSTEM, platform.token(&nobody));
    assets.create_tenant("acme", "acme").await.unwrap();
    let inside = platform.token(&Claims {
        tenant: "acme",
        ..nobody
    });
    check_seed(&platform, "acme", &inside).await;
    let groups = read(&platform, "acme", &inside, "groups").await;
    assert_eq!(groups[0]["roleIds"], json!(seeded_roles()));
    assert_eq!(groups[0]["memberUserIds"], json!([]));
    assert_eq!(read(&platform, "acme", &inside, "users").await, json!([]));
    let clients = read(&platform, "acme", &inside, "clients").await;
    for client in clients.as_array().unwrap() {
        assert_eq!(client["provisionedByParentTenantId"], json!(SYSTEM));
        assert_eq!(client["autoProvisionInChildTenants"], json!(false));
    }
    let token = platform.admin().await;
    let copies = read(&platform, SYSTEM, &token, "clients/octo-cli/mirrors").await;
    assert_eq!(copies[0]["childTenantId"], json!("acme"));
    assert_eq!(copies[0]["secretHashVersion"], json!(0));
}
