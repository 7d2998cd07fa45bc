//! The tool reference of the documentation, made from the tools' own declarations.

use std::fmt::Write;

use serde_json::Value;

use super::Catalogue;
use crate::tool::{Access, Tool};

impl Catalogue {
    /// All tools as Markdown, by category.
    pub fn to_markdown(&self) -> String {
        let mut text = String::from(
            "# Tools\n\nMade by `octo-mcp tools --markdown`; do not edit.\n\nRisk tells how much damage a call can do. Tools marked *confirm* refuse to work without\n`confirm: true`. Tools that work on a tenant take `tenantId`; without it they use the tenant of\nthe endpoint.\n",
        );
        for (category, description) in self.toolsets() {
            // Writing to a text cannot fail.
            let _ = write!(text, "\n## {category}\n\n{description}.\n");
            for tool in self
                .tools()
                .iter()
                .filter(|tool| tool.category == *category)
            {
                describe(&mut text, tool);
            }
        }
        text
    }
}

fn describe(text: &mut String, tool: &Tool) {
    let access = match tool.access {
        Access::Open => "anybody",
        Access::User => "signed-in callers",
        Access::Tenant => "callers authorized for the tenant",
    };
    let confirm = if tool.needs_confirm() {
        ", confirm"
    } else {
        ""
    };
    let reads = if tool.read_only { ", reads only" } else { "" };
    let _ = write!(
        text,
        "\n### {}\n\n{}\n\nRisk {:?}{confirm}{reads}; for {access}.\n",
        tool.name, tool.description, tool.risk
    );
    let properties = tool.input.get("properties").and_then(Value::as_object);
    let Some(properties) = properties.filter(|properties| !properties.is_empty()) else {
        return;
    };
    let required = tool.input.get("required").and_then(Value::as_array);
    text.push_str("\n| parameter | type | default | meaning |\n|---|---|---|---|\n");
    for (name, property) in properties {
        let is_required = required.is_some_and(|names| names.iter().any(|n| n == name));
        let default = match property.get("default") {
            _ if is_required => "required".to_owned(),
            None | Some(Value::Null) => String::new(),
            Some(default) => format!("`{default}`"),
        };
        let meaning = property
            .get("description")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let kind = crate::schema::kind_of(property);
        let _ = writeln!(
            text,
            "| `{name}` | {kind} | {default} | {} |",
            cell(meaning)
        );
    }
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}
