//! Programs that act for themselves, with a token of their own (spec, auth 10.5 and P11).

use octo_platform::secret::sha256_base64;
use octo_runtime::{NewEntity, Record, Value as Stored};
use serde_json::{Value, json};

use crate::app::{App, assert_failure, assert_success};
use crate::client::Client;

const SECRET: &str = "Rob0t's very own secret";

/// Registers the service `robot` in the system tenant and returns a token of it.
async fn robot(app: &App) -> String {
    let secret = Record::of("System.Identity", "Secret")
        .set("Value", sha256_base64(SECRET))
        .set("Type", "SharedSecret");
    let mut service = NewEntity::of("System.Identity/Client")
        .set("ClientId", "robot")
        .set("Enabled", true)
        .set("RequireClientSecret", true)
        .set("ClientSecrets", Stored::RecordArray(vec![secret]))
        .set("AllowedGrantTypes", ["client_credentials"])
        .set("AllowedScopes", ["octo_api"]);
    for records in [
        "RedirectUris",
        "PostLogoutRedirectUris",
        "AllowedCorsOrigins",
        "ClientClaims",
    ] {
        service = service.set(records, Stored::RecordArray(Vec::new()));
    }
    for texts in [
        "IdentityProviderRestrictions",
        "AllowedIdentityTokenSigningAlgorithms",
    ] {
        service = service.set(texts, Stored::StringArray(Vec::new()));
    }
    app.system_tenant().insert(service).await.unwrap();
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", "robot"),
        ("client_secret", SECRET),
        ("acr_values", "tenant:octosystem"),
    ];
    let url = format!("{}/connect/token", app.identity_url());
    let request = reqwest::Client::new().post(url).form(&form);
    let issued: Value = request.send().await.unwrap().json().await.unwrap();
    let token = issued["access_token"].as_str();
    token.unwrap_or_else(|| panic!("{issued}")).to_owned()
}

/// A client with the token of the service, on a server that has a tenant `acme`.
async fn service(app: &App) -> Client {
    app.admin_with_tenant("acme").await;
    let mut client = Client::modern(&app.mcp_url());
    client.bearer = Some(robot(app).await);
    client
}

fn echo(tenant: &str) -> Value {
    json!({"message": "x", "tenantId": tenant})
}

#[tokio::test]
async fn a_service_acts_in_the_tenant_of_its_token_only() {
    let app = App::start().await;
    let mut client = service(&app).await;
    let own = client.call("Echo", echo("OctoSystem")).await;
    assert_eq!(own, json!("hello x, from tenant octosystem"));
    for tenant in ["acme", "nowhere"] {
        let text = format!(
            "Access to tenant '{tenant}' denied: the service token is not issued for this tenant."
        );
        for tool in ["Echo", "get_users", "get_available_types"] {
            assert_failure(&client.call(tool, echo(tenant)).await, &text);
        }
    }
    let me = client.call("whoami", json!({})).await;
    assert_success(&me);
    assert!(me["userId"].is_null() && me["userName"].is_null(), "{me}");
    let tenants = client.call("list_tenants", json!({})).await;
    assert_eq!(tenants["totalCount"], json!(0), "{tenants}");
}

#[tokio::test]
async fn a_service_that_is_trusted_acts_everywhere() {
    let trusted = vec!["robot".to_owned()];
    let app =
        App::start_with(|c| c.tenantauthorization.crosstenantserviceclientids = trusted).await;
    let mut client = service(&app).await;
    let answer = client.call("Echo", echo("acme")).await;
    assert_eq!(answer, json!("hello x, from tenant acme"));
}
