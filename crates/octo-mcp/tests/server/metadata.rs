//! The tools about tools, and `Echo` (spec, surface 10 and 11).

use octo_mcp::catalogue::Catalogue;
use octo_mcp::tools::toolsets;
use serde_json::{Value, json};

use crate::app::{App, assert_failure, assert_success};
use crate::client::Client;

/// Names in a list of things that have one.
fn names(list: &Value) -> Vec<&str> {
    let items = list.as_array().unwrap().iter();
    items.map(|item| item["name"].as_str().unwrap()).collect()
}

async fn validate(client: &mut Client, tool: &str, parameters: Value) -> Value {
    let arguments = json!({"toolName": tool, "parameters": parameters});
    let answer = client.call("validate_tool_parameters", arguments).await;
    assert_success(&answer);
    assert_eq!(
        answer["isValid"],
        json!(answer["errors"] == json!([])),
        "{answer}"
    );
    answer
}

#[tokio::test]
async fn the_tools_are_listed_by_category() {
    let app = App::start().await;
    let mut client = app.client().await;
    let all = client.call("list_available_tools", json!({})).await;
    assert_success(&all);
    let tools = all["tools"].as_array().unwrap();
    let wire = client.request("tools/list", json!({})).await;
    let mut listed = names(&all["tools"]);
    let mut on_wire = names(&wire["result"]["tools"]);
    listed.sort_unstable();
    on_wire.sort_unstable();
    assert_eq!(listed, on_wire);
    assert_eq!(all["totalTools"], json!(tools.len()));
    let counts = all["categories"].as_object().unwrap().values();
    let sum: u64 = counts.map(|n| n.as_u64().unwrap()).sum();
    assert_eq!(sum, tools.len() as u64);
    let order: Vec<_> = tools
        .iter()
        .map(|t| (t["category"].as_str().unwrap(), t["name"].as_str().unwrap()))
        .collect();
    assert!(order.is_sorted(), "{order:?}");

    for category in ["Identity: roles", "identity: ROLES", " Identity: roles "] {
        let some = client
            .call("list_available_tools", json!({"category": category}))
            .await;
        let expected = ["create_role", "delete_role", "get_roles", "update_role"];
        assert_eq!(names(&some["tools"]), expected);
        assert_eq!(some["categories"], json!({"Identity: roles": 4}));
        assert_eq!(some["categoryFilter"], json!(category));
    }
    let none = client
        .call("list_available_tools", json!({"category": "Magic"}))
        .await;
    assert_success(&none);
    assert_eq!(
        (&none["totalTools"], &none["tools"]),
        (&json!(0), &json!([]))
    );
}

#[tokio::test]
async fn a_tool_is_described_as_it_is() {
    let app = App::start().await;
    let mut client = app.client().await;
    let details = client
        .call("get_tool_details", json!({"toolName": "delete_user"}))
        .await;
    assert_success(&details);
    assert_eq!(details["category"], json!("Identity: users"));
    assert_eq!(
        (&details["risk"], &details["needsConfirm"]),
        (&json!("Medium"), &json!(true))
    );
    assert_eq!(names(&details["requiredParameters"]), ["userNameOrEmail"]);
    assert_eq!(
        names(&details["optionalParameters"]),
        ["confirm", "tenantId"]
    );
    assert_eq!(details["className"], json!("octo_mcp::tools::users"));
    assert_eq!(details["methodName"], json!("DeleteUser"));
    assert_eq!(
        details["usageExamples"][0]["parameters"],
        json!({"userNameOrEmail": "<string>", "confirm": true})
    );
    let confirm = &details["parameters"][1];
    assert_eq!(
        (&confirm["type"], &confirm["defaultValue"]),
        (&json!("boolean"), &json!("false"))
    );
    for name in ["DELETE_USER", "nothing", "", "a\u{0}b"] {
        let answer = client
            .call("get_tool_details", json!({"toolName": name}))
            .await;
        assert_eq!(answer["isSuccess"], json!(false), "{name}: {answer}");
    }
    // Every tool can be described, and its example passes its own check of names.
    for tool in Catalogue::new(toolsets()).tools() {
        let details = client
            .call("get_tool_details", json!({"toolName": tool.name}))
            .await;
        assert_eq!(details["name"], json!(tool.name));
        let example = details["usageExamples"][0]["parameters"].clone();
        let answer = validate(&mut client, tool.name, example).await;
        assert_eq!(
            answer["summary"]["requiredMissing"],
            json!(0),
            "{}",
            tool.name
        );
        assert_eq!(
            answer["summary"]["unknownParams"],
            json!(0),
            "{}",
            tool.name
        );
    }
}

#[tokio::test]
async fn statistics_count_real_calls() {
    let app = App::start().await;
    let mut client = app.client().await;
    let closed = client.call("get_tool_statistics", json!({})).await;
    assert_failure(&closed, "Not authenticated");
    let mut client = app.admin().await;
    let read = json!({"timeRange": "hour"});
    let before = client.call("get_tool_statistics", read.clone()).await;
    assert_success(&before);
    assert_eq!(before["timeRange"], json!("hour"));
    for _ in 0..3 {
        let echo = json!({"tenantId": "octosystem", "message": "x"});
        client.call("Echo", echo).await;
    }
    let failing = json!({"tenantId": "octosystem", "roleName": "secret-name", "confirm": true});
    assert_failure(&client.call("delete_role", failing).await, "secret-name");
    let after = client.call("get_tool_statistics", read).await;
    let total = |answer: &Value| answer["totalInvocations"].as_u64().unwrap();
    // Three times Echo, the failed call, and the first look at the statistics.
    assert_eq!(total(&after), total(&before) + 5, "{after:#}");
    let errors = |answer: &Value| answer["errorStats"]["totalErrors"].as_u64().unwrap();
    assert_eq!(errors(&after), errors(&before) + 1);
    assert!(!after.to_string().contains("secret-name"), "{after:#}");
    let top = after["topTools"].as_array().unwrap();
    let echo = top.iter().find(|t| t["name"] == json!("Echo")).unwrap();
    assert_eq!(echo["invocations"], json!(3));
    let time = echo["avgResponseTime"].as_str().unwrap();
    assert!(time.trim_end_matches("ms").parse::<f64>().is_ok(), "{time}");
    assert_eq!(
        after["performance"]["leastReliable"],
        json!({"name": "delete_role", "successRate": 0.0}),
        "{after:#}"
    );
    let shares = after["categoryBreakdown"].as_object().unwrap().values();
    let sum: f64 = shares.map(|share| share.as_f64().unwrap()).sum();
    assert!((99.0..=101.0).contains(&sum), "{after:#}");

    for (range, expected) in [("WEEK", "week"), ("month", "month")] {
        let answer = client
            .call("get_tool_statistics", json!({"timeRange": range}))
            .await;
        assert_eq!(answer["timeRange"], json!(expected));
    }
    let default = client.call("get_tool_statistics", json!({})).await;
    assert_eq!(default["timeRange"], json!("day"));
    let wrong = client
        .call("get_tool_statistics", json!({"timeRange": "year"}))
        .await;
    assert_failure(
        &wrong,
        "timeRange must be one of hour, day, week, month, but was a text.",
    );
}

#[tokio::test]
async fn a_call_can_be_checked_before_it_is_made() {
    let app = App::start().await;
    let mut client = app.client().await;
    let good = json!({
        "CKTYPEID": "Example/Place", "limit": "5",
        "simpleFilters": [{"attributePath": "name", "value": 1}],
    });
    for parameters in [good.clone(), json!(good.to_string())] {
        let answer = validate(&mut client, "query_entities_simple", parameters).await;
        assert_eq!(answer["isValid"], json!(true), "{answer}");
        assert_eq!(
            answer["summary"]["recommendation"],
            json!("Parameters are valid for execution")
        );
        assert_eq!(
            answer["validationResults"],
            json!([{"parameter": "ckTypeId", "status": "valid", "type": "string"}])
        );
    }
    let bad = json!({"limit": 0, "offset": "x", "attributePaths": [[1]], "nonsense": 1});
    for parameters in [bad.clone(), json!(bad.to_string())] {
        let answer = validate(&mut client, "query_entities_simple", parameters).await;
        let errors = answer["errors"].to_string();
        for part in [
            "Required parameter 'ckTypeId' is missing",
            "limit must be at least 1",
            "offset must be a whole number",
            "attributePaths",
        ] {
            assert!(errors.contains(part), "{part}: {errors}");
        }
        assert_eq!(
            answer["warnings"],
            json!(["Unknown parameter 'nonsense' will be ignored"])
        );
        let summary = &answer["summary"];
        assert_eq!(summary["totalProvided"], json!(4));
        assert_eq!(
            (&summary["requiredMissing"], &summary["unknownParams"]),
            (&json!(1), &json!(1))
        );
    }
    let none = validate(&mut client, "delete_user", json!({})).await;
    assert_eq!(
        (&none["isValid"], &none["summary"]["requiredMissing"]),
        (&json!(false), &json!(1))
    );
    // What the tool itself checks is checked, too.
    let nothing_new = json!({"userNameOrEmail": "bob"});
    let answer = validate(&mut client, "update_user", nothing_new).await;
    assert!(answer.to_string().contains("newEmail or newUserName"));
    let unknown = validate(&mut client, "nothing", json!({})).await;
    assert_eq!(unknown["errors"], json!(["Tool not found"]));
    for wrong in [json!("{"), json!("[]"), json!(5), json!([1])] {
        let answer = validate(&mut client, "delete_user", wrong.clone()).await;
        assert_eq!(answer["isValid"], json!(false), "{wrong}");
    }
    // Values may be secrets and are not repeated.
    let secret = json!({"userNameOrEmail": "bob", "newPassword": ["hunter2"]});
    let answer = validate(&mut client, "reset_user_password", secret).await;
    assert!(!answer.to_string().contains("hunter2"), "{answer}");
}

#[tokio::test]
async fn risks_are_the_same_everywhere() {
    let app = App::start().await;
    let mut client = app.client().await;
    let risks = client.call("get_tool_risk_metadata", json!({})).await;
    assert_success(&risks);
    let listed = client.request("tools/list", json!({})).await;
    let tools = listed["result"]["tools"].as_array().unwrap();
    let by_tool = risks["riskByTool"].as_object().unwrap();
    assert_eq!(by_tool.len(), tools.len());
    for tool in tools {
        let name = tool["name"].as_str().unwrap();
        assert_eq!(by_tool[name], tool["_meta"]["com.octomesh/risk"], "{name}");
        if by_tool[name] != json!("Low") {
            assert_eq!(risks["nonDefaultRiskByTool"][name], by_tool[name]);
            assert_eq!(tool["annotations"]["readOnlyHint"], json!(false), "{name}");
        }
    }
    assert_eq!(risks["nonDefaultRiskByTool"]["switch_tenant"], json!("Low"));
}

#[tokio::test]
async fn echo_repeats_any_text() {
    let app = App::start().await;
    let mut client = app.admin().await;
    let long = "x".repeat(10_000);
    for text in ["", "  ", "{\"a\": 1}", "zwei\nZeilen \u{1F419}", &long] {
        let echo = json!({"tenantId": " OctoSystem ", "message": text});
        let answer = client.call_raw("Echo", echo).await;
        let expected = format!("hello {text}, from tenant octosystem");
        assert_eq!(
            answer["result"]["content"],
            json!([{"type": "text", "text": expected}])
        );
        assert!(answer["result"]["structuredContent"].is_null(), "{answer}");
    }
    let number = json!({"tenantId": "octosystem", "message": 5});
    assert_eq!(
        client.call("Echo", number).await,
        json!("hello 5, from tenant octosystem")
    );
    let too_long = json!({"tenantId": "octosystem", "message": long + "x"});
    assert_failure(
        &client.call("Echo", too_long).await,
        "must not be longer than 10000 characters",
    );
}
