//! Tools about the tools (spec, surface 10 and 11).

mod statistics;
mod validation;

use std::collections::BTreeMap;
use std::sync::Arc;

use rmcp::model::JsonObject;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::call::Call;
use crate::reply::{Data, Failure, ToolResult};
use crate::schema::kind_of;
use crate::services::Services;
use crate::tool::{Risk, Tool, Toolset, tool};
use statistics::get_tool_statistics;
use validation::validate_tool_parameters;

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
#[derive(Clone, Serialize, JsonSchema)]
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
    /// Module it is written in.
    class_name: &'static str,
    /// Its name there.
    method_name: &'static str,
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
    let (class_name, method_name) = tool.source();
    ToolInfo {
        name: tool.name,
        category: tool.category,
        description: tool.description.clone(),
        class_name,
        method_name,
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
            kind: kind_of(property),
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
    /// Module it is written in.
    class_name: &'static str,
    /// Its name there.
    method_name: &'static str,
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
    /// The parameters that must be given.
    required_parameters: Vec<ParameterInfo>,
    /// The parameters that may be left out.
    optional_parameters: Vec<ParameterInfo>,
    /// Example calls.
    usage_examples: Vec<UsageExample>,
    /// What else to know.
    notes: Vec<String>,
}

async fn get_tool_details(cx: Call, p: GetToolDetails) -> ToolResult<Data<ToolDetails>> {
    let tool = find(cx.services(), &p.tool_name)?;
    let parameters = parameters(&tool.input);
    let (optional, required): (Vec<_>, Vec<_>) =
        parameters.iter().cloned().partition(|p| p.is_optional);
    let example = required
        .iter()
        .map(|p| (p.name.clone(), json!(format!("<{}>", p.kind))))
        .chain(
            tool.needs_confirm()
                .then(|| ("confirm".to_owned(), json!(true))),
        )
        .collect();
    let (class_name, method_name) = tool.source();
    Ok(Data(ToolDetails {
        name: tool.name,
        category: tool.category,
        description: tool.description.clone(),
        class_name,
        method_name,
        return_type: if tool.output.is_some() {
            "object"
        } else {
            "string"
        },
        return_description: returned(tool),
        risk: format!("{:?}", tool.risk),
        needs_confirm: tool.needs_confirm(),
        required_parameters: required,
        optional_parameters: optional,
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
