//! Checking a call before making it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::parameters;
use crate::call::Call;
use crate::pipeline::Asked;
use crate::reply::{Data, ToolResult};

/// Checks the arguments of a call without making it: names, types and values, all problems at
/// once.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ValidateToolParameters {
    /// Exact name of the tool.
    tool_name: String,
    /// The arguments: an object, or its JSON text.
    parameters: Value,
}

/// A parameter that was found.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct ValidParameter {
    /// The parameter.
    parameter: String,
    /// "valid".
    status: &'static str,
    /// Its type.
    #[serde(rename = "type")]
    kind: String,
}

/// The check in numbers.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct ValidationSummary {
    /// Arguments given.
    total_provided: usize,
    /// Required arguments missing.
    required_missing: usize,
    /// Arguments the tool does not know.
    unknown_params: usize,
    /// What to do.
    recommendation: &'static str,
}

/// Result of a check.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Validation {
    /// The call could be made.
    is_valid: bool,
    /// The tool.
    tool_name: String,
    /// Names of the arguments given.
    provided_parameters: Vec<String>,
    /// Required arguments that were found.
    validation_results: Vec<ValidParameter>,
    /// What will be ignored.
    warnings: Vec<String>,
    /// What is wrong.
    errors: Vec<String>,
    /// The check in numbers.
    summary: ValidationSummary,
}

pub(super) async fn validate_tool_parameters(
    cx: Call,
    p: ValidateToolParameters,
) -> ToolResult<Data<Validation>> {
    let Some(tool) = cx.services().catalogue.tool(p.tool_name.trim()) else {
        let advice = "Tool not found - check tool name";
        return Ok(Data(invalid(
            p.tool_name,
            "Tool not found".to_owned(),
            advice,
        )));
    };
    let given = match arguments_of(p.parameters) {
        Ok(given) => given,
        Err(problem) => {
            return Ok(Data(invalid(
                p.tool_name,
                problem,
                "Failed to validate parameters",
            )));
        }
    };
    let properties = tool.input.get("properties").and_then(Value::as_object);
    let known = |name: &str| {
        properties.is_some_and(|p| p.keys().any(|known| known.eq_ignore_ascii_case(name)))
    };
    let has = |name: &str| given.keys().any(|g| g.eq_ignore_ascii_case(name));
    let unknown: Vec<&String> = given.keys().filter(|name| !known(name)).collect();
    let listed = parameters(&tool.input);
    let (found, missing): (Vec<_>, Vec<_>) = listed
        .into_iter()
        .filter(|p| !p.is_optional)
        .partition(|p| has(&p.name));
    let mut errors: Vec<String> = missing
        .iter()
        .map(|p| format!("Required parameter '{}' is missing", p.name))
        .collect();
    let problems = Asked::read(tool, given.clone()).err().unwrap_or_default();
    let told = |problem: &String| {
        missing
            .iter()
            .any(|p| *problem == format!("{} is required.", p.name))
    };
    errors.extend(problems.into_iter().filter(|problem| !told(problem)));
    let recommendation = if errors.is_empty() {
        "Parameters are valid for execution"
    } else {
        "Fix errors before executing tool"
    };
    Ok(Data(Validation {
        is_valid: errors.is_empty(),
        warnings: unknown
            .iter()
            .map(|name| format!("Unknown parameter '{name}' will be ignored"))
            .collect(),
        summary: ValidationSummary {
            total_provided: given.len(),
            required_missing: missing.len(),
            unknown_params: unknown.len(),
            recommendation,
        },
        validation_results: found
            .into_iter()
            .map(|p| ValidParameter {
                parameter: p.name,
                status: "valid",
                kind: p.kind,
            })
            .collect(),
        provided_parameters: given.keys().cloned().collect(),
        tool_name: p.tool_name,
        errors,
    }))
}

fn arguments_of(parameters: Value) -> Result<Map<String, Value>, String> {
    let parsed = match parameters {
        Value::String(text) => serde_json::from_str(&text)
            .map_err(|error| format!("parameters is not JSON: {error}"))?,
        other => other,
    };
    match parsed {
        Value::Object(given) => Ok(given),
        Value::Null => Ok(Map::new()),
        _ => Err("parameters must be an object or its JSON text".to_owned()),
    }
}

fn invalid(tool_name: String, error: String, recommendation: &'static str) -> Validation {
    Validation {
        is_valid: false,
        tool_name,
        provided_parameters: Vec::new(),
        validation_results: Vec::new(),
        warnings: Vec::new(),
        errors: vec![error],
        summary: ValidationSummary {
            total_provided: 0,
            required_missing: 0,
            unknown_params: 0,
            recommendation,
        },
    }
}
