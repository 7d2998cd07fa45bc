//! What holds for every tool, tried on every tool: callers without rights get nothing.

use octo_mcp::catalogue::Catalogue;
use octo_mcp::tool::{Access, Tool};
use octo_mcp::tools::toolsets;
use serde_json::{Map, Value, json};

use crate::app::{App, assert_failure};

/// Arguments that fit the schema of a tool.
fn fitting_arguments(tool: &Tool) -> Value {
    let required = tool
        .input
        .get("required")
        .and_then(Value::as_array)
        .cloned();
    let properties = tool.input["properties"].as_object().unwrap();
    let mut arguments = Map::new();
    for name in required.unwrap_or_default() {
        let name = name.as_str().unwrap();
        let value = match properties[name]["type"].as_str() {
            Some("array") if name == "entities" => {
                json!([{"rtId": "660000000000000000000001", "ckTypeId": "Example/Place"}])
            }
            _ if properties[name]["enum"].is_array() => properties[name]["enum"][0].clone(),
            Some("array") if properties[name]["items"]["type"] == "string" => json!(["name"]),
            Some("array") => json!([{"attributePath": "name", "value": "x"}]),
            Some("string") => json!("660000000000000000000001"),
            Some("boolean") => json!(true),
            _ => json!("{}"),
        };
        arguments.insert(name.to_owned(), value);
    }
    let more = match tool.name {
        "update_user" => Some(("newEmail", json!("new@example.org"))),
        "add_oauth_identity_provider" => Some(("providerType", json!("google"))),
        "add_authorization_code_client" => Some(("clientUri", json!("https://app.example/"))),
        "apply_client_overlay" => Some(("redirectUris", json!(["https://app.example/"]))),
        _ => None,
    };
    arguments.extend(more.map(|(name, value)| (name.to_owned(), value)));
    Value::Object(arguments)
}

fn tools(access: Access) -> impl Iterator<Item = std::sync::Arc<Tool>> {
    let all = Catalogue::new(toolsets()).tools().to_vec();
    all.into_iter().filter(move |tool| tool.access == access)
}

#[tokio::test]
async fn only_open_tools_answer_callers_who_are_not_signed_in() {
    let app = App::start().await;
    let mut client = app.client().await;
    for tool in tools(Access::Tenant).chain(tools(Access::User)) {
        let mut arguments = fitting_arguments(&tool);
        arguments["tenantId"] = json!("octosystem");
        arguments["confirm"] = json!(true);
        let answer = client.call(tool.name, arguments).await;
        assert_failure(&answer, "Not authenticated");
    }
    let open: Vec<_> = tools(Access::Open).map(|tool| tool.name).collect();
    insta::assert_debug_snapshot!(open, @r#"
    [
        "auth_status",
        "authenticate",
        "check_auth_status",
        "get_tool_details",
        "get_tool_risk_metadata",
        "list_available_tools",
        "list_tenants",
        "validate_tool_parameters",
        "whoami",
    ]
    "#);
}

#[tokio::test]
async fn every_tenant_tool_refuses_foreign_and_unknown_tenants_alike() {
    let app = App::start().await;
    let mut admin = app.admin_with_tenant("acme").await;
    let mut user = app.user_of(&mut admin, "acme", "bob").await;
    for tool in tools(Access::Tenant) {
        let mut texts = Vec::new();
        for tenant in ["octosystem", "nowhere"] {
            let mut arguments = fitting_arguments(&tool);
            arguments["tenantId"] = json!(tenant);
            arguments["confirm"] = json!(true);
            let answer = user.call(tool.name, arguments).await;
            assert_failure(&answer, "denied: the cross-tenant token exchange failed");
            texts.push(
                answer["errorMessage"]
                    .as_str()
                    .unwrap()
                    .replace(tenant, "T"),
            );
        }
        assert_eq!(texts[0], texts[1], "{}", tool.name);
    }
}

#[tokio::test]
async fn every_tenant_tool_needs_a_tenant() {
    let app = App::start().await;
    let mut admin = app.admin().await;
    for tool in tools(Access::Tenant) {
        for tenant in [Value::Null, json!(""), json!("  ")] {
            let mut arguments = fitting_arguments(&tool);
            arguments["tenantId"] = tenant;
            let answer = admin.call(tool.name, arguments).await;
            assert_failure(&answer, "No tenant ID specified.");
        }
    }
}

#[tokio::test]
async fn every_tool_names_all_arguments_that_do_not_fit() {
    let app = App::start().await;
    let mut admin = app.admin().await;
    for tool in Catalogue::new(toolsets()).tools() {
        let properties = tool.input["properties"].as_object().unwrap();
        if properties.is_empty() {
            continue;
        }
        // No argument of any tool takes lists in a list.
        let wrong: Map<String, Value> = properties
            .iter()
            .filter(|(_, schema)| schema.get("type").is_some() || schema.get("anyOf").is_some())
            .map(|(name, _)| (name.clone(), json!([[7]])))
            .collect();
        let expected: Vec<_> = wrong.keys().cloned().collect();
        let answer = admin.call(tool.name, Value::Object(wrong)).await;
        for name in expected {
            assert_failure(&answer, &name);
        }
        assert!(answer["problems"].is_array(), "{answer}");
    }
}

#[tokio::test]
async fn every_confirm_tool_refuses_without_confirm() {
    let app = App::start().await;
    let mut admin = app.admin_with_tenant("acme").await;
    for tool in Catalogue::new(toolsets())
        .tools()
        .iter()
        .filter(|tool| tool.needs_confirm())
    {
        let mut arguments = fitting_arguments(tool);
        arguments["tenantId"] = json!("acme");
        for confirm in [Value::Null, json!(false)] {
            arguments["confirm"] = confirm;
            let answer = admin.call(tool.name, arguments.clone()).await;
            assert_failure(&answer, "Refusing to");
            assert_failure(&answer, "confirm");
        }
    }
}
