//! What the tools for identities refuse by themselves, before any service hears of it (spec, identity
//! 8 and 10, line 15).

use octo_mcp::catalogue::Catalogue;
use octo_mcp::tool::Risk;
use octo_mcp::tools::toolsets;
use serde_json::{Value, json};

use crate::app::refuse;
use crate::relay::Relay;

/// The gates with arguments and the text that refuses them.
fn gates() -> Vec<(&'static str, Value, &'static str)> {
    vec![
        (
            "delete_user",
            json!({"userNameOrEmail": "ann"}),
            "delete user 'ann'",
        ),
        (
            "reset_user_password",
            json!({"userNameOrEmail": "ann", "newPassword": "x"}),
            "reset password for 'ann'",
        ),
        (
            "remove_user_from_role",
            json!({"userNameOrEmail": "ann", "roleName": "R"}),
            "remove role 'R' from 'ann'",
        ),
        ("delete_role", json!({"roleName": "R"}), "delete role 'R'"),
        ("delete_group", json!({"groupId": "g"}), "delete group 'g'"),
        (
            "remove_user_from_group",
            json!({"groupId": "g", "userId": "u"}),
            "remove user 'u' from group 'g'",
        ),
        (
            "remove_group_from_group",
            json!({"parentGroupId": "p", "childGroupId": "c"}),
            "remove child 'c' from parent 'p'",
        ),
        (
            "delete_client",
            json!({"clientId": "c"}),
            "delete client 'c'",
        ),
        (
            "unprovision_client_from_tenant",
            json!({"clientId": "c", "childTenantId": "t"}),
            "unprovision client 'c' from sub-tenant 't'",
        ),
        (
            "remove_client_from_role",
            json!({"clientId": "c", "roleName": "R"}),
            "remove role 'R' from client 'c'",
        ),
        (
            "remove_client_from_group",
            json!({"clientId": "c", "groupId": "g"}),
            "remove client 'c' from group 'g'",
        ),
        (
            "clean_client_overlays",
            json!({}),
            "strip ALL overlay:* URI entries on every client",
        ),
        (
            "clean_client_overlays",
            json!({"overlayName": "o"}),
            "strip every overlay:o URI entry on every client",
        ),
        (
            "delete_identity_provider",
            json!({"providerId": "p"}),
            "delete identity provider 'p'",
        ),
        (
            "delete_api_resource",
            json!({"name": "n"}),
            "delete API resource 'n'",
        ),
        (
            "delete_api_scope",
            json!({"name": "n"}),
            "delete API scope 'n'",
        ),
        (
            "delete_client_secret",
            json!({"clientId": "c", "valueEncrypted": "h"}),
            "delete secret on client 'c'",
        ),
        (
            "delete_api_resource_secret",
            json!({"apiResourceName": "n", "valueEncrypted": "h"}),
            "delete secret on API resource 'n'",
        ),
        (
            "delete_email_domain_group_rule",
            json!({"rtId": "i"}),
            "delete email-domain group rule 'i'",
        ),
        (
            "delete_external_tenant_user_mapping",
            json!({"rtId": "i"}),
            "delete mapping 'i'",
        ),
        (
            "delete_admin_provisioning_mapping",
            json!({"targetTenantId": "t", "mappingRtId": "i"}),
            "delete admin provisioning mapping 'i'",
        ),
    ]
}

/// Tools that can do much damage and have no gate in the contract.
const UNGATED: [&str; 14] = [
    "create_client_secret",
    "update_client_secret",
    "create_api_resource_secret",
    "update_api_resource_secret",
    "create_api_resource",
    "update_api_resource",
    "create_api_scope",
    "update_api_scope",
    "provision_client_in_existing_tenants",
    "provision_client_in_tenant",
    "create_admin_provisioning_mapping",
    "provision_current_user_as_admin",
    "update_identity_provider",
    "get_identity_providers",
];

#[tokio::test]
async fn gates_and_blank_arguments_reach_no_service() {
    let (app, relay) = Relay::start().await;
    let mut admin = app.admin_with_tenant("acme").await;
    // From here on there is a token for the tenant.
    admin.call("get_roles", json!({"tenantId": "acme"})).await;
    let before = relay.requests();
    for (tool, arguments, action) in gates() {
        let text = format!("Refusing to {action} without confirm=true.");
        refuse(&mut admin, tool, arguments, &text).await;
    }
    for (tool, arguments, missing) in [
        (
            "create_user",
            json!({"userName": " ", "email": ""}),
            "userName",
        ),
        (
            "create_role",
            json!({"roleName": "\t"}),
            "roleName is required.",
        ),
        ("get_group", json!({"groupId": ""}), "groupId is required."),
        (
            "get_client",
            json!({"clientId": " "}),
            "clientId is required.",
        ),
        (
            "update_user",
            json!({"userNameOrEmail": "ann", "newEmail": " "}),
            "Provide at least one of newEmail or newUserName.",
        ),
        (
            "apply_client_overlay",
            json!({"clientId": "c", "overlayName": "o", "redirectUris": [" "]}),
            "At least one of redirectUris / postLogoutRedirectUris / allowedCorsOrigins must contain a URI.",
        ),
        (
            "add_oauth_identity_provider",
            json!({"name": "idp", "providerType": "github", "clientId": "c", "clientSecret": "s"}),
            "Unsupported providerType 'github'. Use 'google', 'microsoft' or 'facebook'.",
        ),
        (
            "get_email_domain_group_rule",
            json!({"rtId": "12"}),
            "'12' is not a valid 24 digit hex string (got 2 characters).",
        ),
    ] {
        refuse(&mut admin, tool, arguments, missing).await;
    }
    assert_eq!(relay.requests(), before, "no service was asked");
}

#[test]
fn every_gate_of_the_tools_for_identities_is_listed() {
    let catalogue = Catalogue::new(toolsets());
    let tools = catalogue.tools();
    let find = |name: &str| {
        let found = tools.iter().find(|tool| tool.name == name);
        found.unwrap_or_else(|| panic!("there is no tool {name}"))
    };
    for (tool, _, _) in gates() {
        assert!(find(tool).needs_confirm(), "{tool}");
    }
    for tool in UNGATED {
        assert!(!find(tool).needs_confirm(), "{tool}");
    }
    for tool in UNGATED.iter().filter(|tool| !tool.starts_with("get_")) {
        assert_eq!(find(tool).risk, Risk::High, "{tool}");
    }
}
