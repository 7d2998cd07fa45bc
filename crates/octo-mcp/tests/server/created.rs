//! What is created can be used at once: every answer tells how it is addressed (spec, identity 9,
//! no. 9).

use serde_json::{Value, json};

use crate::app::{App, assert_success};

const GROUP: &str = "660000000000000000000040";

/// The tools, their arguments, and the member that tells the id of what they made.
fn creations() -> Vec<(&'static str, Value, &'static str)> {
    vec![
        (
            "create_user",
            json!({"userName": "ada", "email": "ada@x.org"}),
            "/userId",
        ),
        ("create_role", json!({"roleName": "Guides"}), "/roleId"),
        ("create_group", json!({"groupName": "Crew"}), "/groupId"),
        (
            "add_client_credentials_client",
            json!({"clientId": "a", "clientName": "A", "clientSecret": "s"}),
            "/client/rtId",
        ),
        (
            "add_device_code_client",
            json!({"clientId": "b", "clientName": "B", "clientSecret": "s"}),
            "/client/rtId",
        ),
        (
            "add_authorization_code_client",
            json!({"clientId": "c", "clientName": "C", "clientUri": "https://c.example"}),
            "/client/rtId",
        ),
        (
            "add_oauth_identity_provider",
            json!({"name": "one", "providerType": "google", "clientId": "c", "clientSecret": "s"}),
            "/providerId",
        ),
        (
            "add_azure_entra_id_identity_provider",
            json!({"name": "two", "azureTenantId": "t", "clientId": "c", "clientSecret": "s"}),
            "/providerId",
        ),
        (
            "add_open_ldap_identity_provider",
            json!({"name": "three", "host": "h", "userBaseDn": "dc=x"}),
            "/providerId",
        ),
        (
            "add_active_directory_identity_provider",
            json!({"name": "four", "host": "h"}),
            "/providerId",
        ),
        (
            "create_email_domain_group_rule",
            json!({"emailDomainPattern": "x.org", "targetGroupRtId": GROUP}),
            "/rtId",
        ),
        (
            "create_external_tenant_user_mapping",
            json!({"sourceTenantId": "octosystem", "sourceUserId": GROUP, "sourceUserName": "x"}),
            "/rtId",
        ),
    ]
}

#[tokio::test]
async fn every_tool_that_creates_tells_what_it_made() {
    let app = App::start().await;
    let mut admin = app.admin_with_tenant("acme").await;
    for (tool, mut arguments, member) in creations() {
        arguments["tenantId"] = json!("acme");
        let answer = admin.call(tool, arguments).await;
        assert_success(&answer);
        let id = answer.pointer(member).and_then(Value::as_str);
        let is_id = |id: &str| id.len() == 24 && id.chars().all(|c| c.is_ascii_hexdigit());
        assert!(id.is_some_and(is_id), "{tool}: {answer:#}");
    }
    // These are addressed by their name and by their hash.
    for (tool, mut arguments, member, expected) in [
        ("create_api_scope", json!({"name": "s"}), "name", json!("s")),
        (
            "create_api_resource",
            json!({"name": "r"}),
            "name",
            json!("r"),
        ),
        (
            "create_client_secret",
            json!({"clientId": "a", "valueClearText": "x"}),
            "secretValue",
            json!("LXEWQrcmsEQBYnyp+6wy9chTD7GQPMTbAiWHF5IaSIE="),
        ),
    ] {
        arguments["tenantId"] = json!("acme");
        let answer = admin.call(tool, arguments).await;
        assert_eq!(answer[member], expected, "{tool}: {answer:#}");
    }
}
