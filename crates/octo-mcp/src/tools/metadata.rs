//! Tools about the tools (spec, surface 10 and 11).

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use rmcp::model::JsonObject;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::arguments;
use crate::call::{Call, UserCall};
use crate::reply::{Data, Failure, ToolResult};
use crate::services::Services;
use crate::statistics::{RANGES, Usage};
use crate::tool::{Risk, Tool, Toolset, tool};

/// The group of metadata tools.
pub fn toolset() -> Toolset {
    Toolset::new(
        "Tool metadata",
        "Finding tools and checking calls before making them",
    )
    .tool(tool("list_available_tools", list_available_tools))
    .tool(tool("get_tool_details", get_tool_details))
    .tool(tool("get_tool_statistics", get_tool_statistics))
    .tool(tool("validate_tool_parameters", validate_tool_parameters))
    .tool(tool("get_tool_risk_metadata", get_tool_risk_metadata))
}

/// Lists the tools of the server by category.
#[derive(Deserialize, JsonSchema)]
struct ListAvailableTools {
    /// Only tools of this category.
    category: Option<String>,
}

/// A parameter of a tool.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct ParameterInfo {
    /// Name of the parameter.
    name: String,
    /// JSON type.
    #[serde(rename = "type")]
    kind: String,
    /// It may be left out.
    is_optional: bool,
    /// Value when left out.
    default_value: Option<String>,
    /// What it is for.
    description: String,
}

/// A tool in a list.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct ToolInfo {
    /// Name of the tool.
    name: &'static str,
    /// Its category.
    category: &'static str,
    /// What it does.
    description: String,
    /// Its parameters.
    parameters: Vec<ParameterInfo>,
    /// Their number.
    parameter_count: usize,
    /// Some may be left out.
    has_optional_params: bool,
}

/// The tools of the server.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct ToolList {
    /// Number of tools listed.
    total_tools: usize,
    /// Number of listed tools by category.
    categories: BTreeMap<&'static str, usize>,
    /// The category asked for.
    category_filter: Option<String>,
    /// The tools, by category and name.
    tools: Vec<ToolInfo>,
}

async fn list_available_tools(cx: Call, p: ListAvailableTools) -> ToolResult<Data<ToolList>> {
    let wanted = p
        .category
        .as_deref()
        .map(str::trim)
        .filter(|c| !c.is_empty());
    let mut tools: Vec<ToolInfo> = cx
        .services()
        .catalogue
        .tools()
        .iter()
        .filter(|tool| wanted.is_none_or(|wanted| tool.category.eq_ignore_ascii_case(wanted)))
        .map(|tool| info(tool))
        .collect();
    tools.sort_by(|a, b| (a.category, a.name).cmp(&(b.category, b.name)));
    let mut categories = BTreeMap::new();
    for tool in &tools {
        *categories.entry(tool.category).or_insert(0) += 1;
    }
    Ok(Data(ToolList {
        total_tools: tools.len(),
        categories,
        category_filter: p.category,
        tools,
    }))
}

fn info(tool: &Tool) -> ToolInfo {
    let parameters = parameters(&tool.input);
    ToolInfo {
        name: tool.name,
        category: tool.category,
        description: tool.description.clone(),
        parameter_count: parameters.len(),
        has_optional_params: parameters.iter().any(|p| p.is_optional),
        parameters,
    }
}

fn parameters(schema: &JsonObject) -> Vec<ParameterInfo> {
    let required = required(schema);
    let properties = schema.get("properties").and_then(Value::as_object);
    properties
        .into_iter()
        .flatten()
        .map(|(name, property)| ParameterInfo {
            kind: kind(property),
            is_optional: !required.contains(&name.as_str()),
            default_value: property
                .get("default")
                .filter(|d| !d.is_null())
                .map(text_of),
            description: property.get("description").map(text_of).unwrap_or_default(),
            name: name.clone(),
        })
        .collect()
}

fn required(schema: &JsonObject) -> Vec<&str> {
    let names = schema.get("required").and_then(Value::as_array);
    names
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect()
}

/// The JSON type of a property, without "null".
fn kind(property: &Value) -> String {
    let named = |value: &Value| match value {
        Value::String(one) => Some(one.clone()),
        Value::Array(many) => many
            .iter()
            .filter_map(Value::as_str)
            .find(|kind| *kind != "null")
            .map(str::to_owned),
        _ => None,
    };
    let own = property.get("type").and_then(named);
    let nested = || {
        let choices = property
            .get("anyOf")
            .or_else(|| property.get("oneOf"))?
            .as_array()?;
        choices.iter().find_map(|choice| {
            choice
                .get("type")
                .and_then(named)
                .or_else(|| choice.get("$ref").map(|_| "object".to_owned()))
        })
    };
    own.or_else(nested).unwrap_or_else(|| "any".to_owned())
}

fn text_of(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

/// Describes one tool: parameters, result, risk, and an example call.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct GetToolDetails {
    /// Exact name of the tool.
    tool_name: String,
}

/// An example call.
#[derive(Serialize, JsonSchema)]
struct UsageExample {
    /// What the call does.
    description: String,
    /// Its arguments.
    parameters: Map<String, Value>,
}

/// A tool in detail.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct ToolDetails {
    /// Name of the tool.
    name: &'static str,
    /// Its category.
    category: &'static str,
    /// What it does.
    description: String,
    /// JSON type of the result.
    return_type: &'static str,
    /// Members of the result.
    return_description: String,
    /// How much damage it can do.
    risk: String,
    /// It needs confirm: true.
    needs_confirm: bool,
    /// Its parameters.
    parameters: Vec<ParameterInfo>,
    /// Names of the parameters that must be given.
    required_parameters: Vec<String>,
    /// Names of the parameters that may be left out.
    optional_parameters: Vec<String>,
    /// Example calls.
    usage_examples: Vec<UsageExample>,
    /// What else to know.
    notes: Vec<String>,
}

async fn get_tool_details(cx: Call, p: GetToolDetails) -> ToolResult<Data<ToolDetails>> {
    let tool = find(cx.services(), &p.tool_name)?;
    let parameters = parameters(&tool.input);
    let (optional, required): (Vec<_>, Vec<_>) = parameters.iter().partition(|p| p.is_optional);
    let names = |list: Vec<&ParameterInfo>| list.into_iter().map(|p| p.name.clone()).collect();
    let example = required
        .iter()
        .map(|p| (p.name.clone(), json!(format!("<{}>", p.kind))))
        .chain(
            tool.needs_confirm()
                .then(|| ("confirm".to_owned(), json!(true))),
        )
        .collect();
    Ok(Data(ToolDetails {
        name: tool.name,
        category: tool.category,
        description: tool.description.clone(),
        return_type: if tool.output.is_some() {
            "object"
        } else {
            "string"
        },
        return_description: returned(tool),
        risk: format!("{:?}", tool.risk),
        needs_confirm: tool.needs_confirm(),
        required_parameters: names(required),
        optional_parameters: names(optional),
        usage_examples: vec![UsageExample {
            description: "Basic usage".to_owned(),
            parameters: example,
        }],
        notes: notes(tool),
        parameters,
    }))
}

fn returned(tool: &Tool) -> String {
    let members = tool
        .output
        .as_ref()
        .and_then(|schema| schema.get("properties")?.as_object());
    match members {
        None => "plain text".to_owned(),
        Some(members) => members
            .keys()
            .map(String::as_str)
            .collect::<Vec<_>>()
            .join(", "),
    }
}

fn notes(tool: &Tool) -> Vec<String> {
    let mut notes = Vec::new();
    if tool.needs_confirm() {
        notes.push("Refuses to work without confirm: true. Ask the user first.".to_owned());
    }
    if tool.access == crate::tool::Access::Tenant {
        notes.push(
            "Works on the tenant named by tenantId, else on that of the endpoint.".to_owned(),
        );
    }
    if tool.access == crate::tool::Access::Open {
        notes.push("Can be called without signing in.".to_owned());
    }
    notes
}

fn find<'a>(services: &'a Arc<Services>, name: &str) -> Result<&'a Arc<Tool>, Failure> {
    services.catalogue.tool(name.trim()).ok_or_else(|| {
        Failure::new(format!(
            "There is no tool '{}'. list_available_tools shows all.",
            name.escape_debug()
        ))
    })
}

/// Shows how often the tools of this server were called, how long calls took and how many failed.
/// Counts this server process only.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct GetToolStatistics {
    /// Time to look back.
    #[serde(default)]
    time_range: TimeRange,
}

/// A time to look back.
#[derive(Clone, Copy, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(inline)]
enum TimeRange {
    Hour,
    #[default]
    Day,
    Week,
    Month,
}

/// Calls of one tool.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct TopTool {
    /// The tool.
    name: &'static str,
    /// Its calls.
    invocations: u64,
    /// Mean time of a call.
    avg_response_time: String,
}

/// How often something failed.
#[derive(Serialize, JsonSchema)]
struct ErrorCount {
    /// The failure.
    error: String,
    /// How often it happened since the server started.
    count: u64,
}

/// Failed calls.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct ErrorStatistics {
    /// Their number.
    total_errors: u64,
    /// The most frequent failures.
    common_errors: Vec<ErrorCount>,
}

/// A tool and its time.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Timed {
    /// The tool.
    name: &'static str,
    /// Mean time of a call.
    avg_time: String,
}

/// A tool and its reliability.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Reliable {
    /// The tool.
    name: &'static str,
    /// Calls that succeeded, percent.
    success_rate: f64,
}

/// The extremes.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Performance {
    /// Shortest mean time.
    fastest_tool: Option<Timed>,
    /// Longest mean time.
    slowest_tool: Option<Timed>,
    /// Highest success rate.
    most_reliable: Option<Reliable>,
    /// Lowest success rate.
    least_reliable: Option<Reliable>,
}

/// Counters of the calls.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct ToolStatistics {
    /// The time looked back.
    time_range: TimeRange,
    /// When the counters were read.
    #[schemars(with = "String", extend("format" = "date-time"))]
    generated_at: jiff::Timestamp,
    /// Calls of all tools.
    total_invocations: u64,
    /// Tools that were called.
    unique_tools: usize,
    /// Mean time of a call.
    average_response_time: String,
    /// Calls that succeeded, percent.
    success_rate: f64,
    /// The tools called most.
    top_tools: Vec<TopTool>,
    /// Part of the calls by category, percent.
    category_breakdown: BTreeMap<&'static str, f64>,
    /// Failed calls.
    error_stats: ErrorStatistics,
    /// The extremes.
    performance: Performance,
}

async fn get_tool_statistics(
    cx: UserCall,
    p: GetToolStatistics,
) -> ToolResult<Data<ToolStatistics>> {
    let (_, minutes) = RANGES[p.time_range as usize];
    let services = cx.services();
    let snapshot = services.statistics.snapshot(minutes);
    let mut total = Usage::default();
    let mut categories: BTreeMap<&'static str, u64> = BTreeMap::new();
    for (name, usage) in &snapshot.tools {
        total.add(usage);
        if let Some(tool) = services.catalogue.tool(name) {
            *categories.entry(tool.category).or_default() += usage.calls;
        }
    }
    let mut used: Vec<(&'static str, Usage)> = snapshot
        .tools
        .iter()
        .map(|(name, usage)| (*name, *usage))
        .collect();
    used.sort_by(|a, b| b.1.calls.cmp(&a.1.calls).then(a.0.cmp(b.0)));
    let share = |calls: u64| (calls as f64 * 1000.0 / total.calls.max(1) as f64).round() / 10.0;
    Ok(Data(ToolStatistics {
        time_range: p.time_range,
        generated_at: jiff::Timestamp::now(),
        total_invocations: total.calls,
        unique_tools: used.len(),
        average_response_time: millis(total.mean()),
        success_rate: total.success_rate(),
        top_tools: used
            .iter()
            .take(5)
            .map(|(name, usage)| TopTool {
                name,
                invocations: usage.calls,
                avg_response_time: millis(usage.mean()),
            })
            .collect(),
        category_breakdown: categories
            .into_iter()
            .map(|(name, n)| (name, share(n)))
            .collect(),
        error_stats: ErrorStatistics {
            total_errors: total.failures,
            common_errors: snapshot
                .errors
                .into_iter()
                .take(5)
                .map(|(error, count)| ErrorCount { error, count })
                .collect(),
        },
        performance: performance(&used),
    }))
}

fn performance(used: &[(&'static str, Usage)]) -> Performance {
    let timed = |(name, usage): &(&'static str, Usage)| Timed {
        name,
        avg_time: millis(usage.mean()),
    };
    let reliable = |(name, usage): &(&'static str, Usage)| Reliable {
        name,
        success_rate: usage.success_rate(),
    };
    let by_time = |tool: &&(&'static str, Usage)| tool.1.mean();
    let by_rate = |a: &&(&'static str, Usage), b: &&(&'static str, Usage)| {
        a.1.success_rate().total_cmp(&b.1.success_rate())
    };
    Performance {
        fastest_tool: used.iter().min_by_key(by_time).map(timed),
        slowest_tool: used.iter().max_by_key(by_time).map(timed),
        most_reliable: used.iter().max_by(by_rate).map(reliable),
        least_reliable: used.iter().min_by(by_rate).map(reliable),
    }
}

fn millis(time: Duration) -> String {
    format!("{}ms", (time.as_secs_f64() * 10_000.0).round() / 10.0)
}

/// Checks the arguments of a call without making it: names, types and values, all problems at
/// once.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct ValidateToolParameters {
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
struct Validation {
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

async fn validate_tool_parameters(
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
    let read = arguments::read(&tool.input, tool.may_be_blank, given.clone());
    let problems = read.map_or_else(|problems| problems, |read| tool.problems(&read));
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

/// Shows how much damage each tool can do: Low, Medium or High.
#[derive(Deserialize, JsonSchema)]
struct GetToolRiskMetadata {}

/// Risks of the tools.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct RiskMetadata {
    /// Risk by tool.
    risk_by_tool: BTreeMap<&'static str, String>,
    /// Risk of the tools that are more than Low, or explicitly Low.
    non_default_risk_by_tool: BTreeMap<&'static str, String>,
}

/// Tools that say they are Low, where the others are so by default.
const EXPLICITLY_LOW: [&str; 2] = ["get_tool_risk_metadata", "switch_tenant"];

async fn get_tool_risk_metadata(
    cx: Call,
    _: GetToolRiskMetadata,
) -> ToolResult<Data<RiskMetadata>> {
    let tools = cx.services().catalogue.tools();
    let named = |tool: &Arc<Tool>| (tool.name, format!("{:?}", tool.risk));
    Ok(Data(RiskMetadata {
        risk_by_tool: tools.iter().map(named).collect(),
        non_default_risk_by_tool: tools
            .iter()
            .filter(|tool| tool.risk != Risk::Low || EXPLICITLY_LOW.contains(&tool.name))
            .map(named)
            .collect(),
    }))
}
