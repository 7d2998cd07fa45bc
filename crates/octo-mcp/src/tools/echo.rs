//! A tool to see whether calls get through.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::call::TenantCall;
use crate::reply::ToolResult;
use crate::tool::{Toolset, tool};

/// The group of testing tools.
pub fn toolset() -> Toolset {
    Toolset::new("Testing", "Checking that calls get through")
        .tool(tool("Echo", echo).may_be_blank(&["message"]))
}

/// Greets with the given text and names the tenant the call was authorized for: shows that sign-in,
/// tenant and authorization work. Touches no data.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Echo {
    /// Text to send back.
    #[schemars(length(max = 10_000))]
    message: String,
}

async fn echo(cx: TenantCall, p: Echo) -> ToolResult<String> {
    Ok(format!(
        "hello {}, from tenant {}",
        p.message,
        cx.tenant_id()
    ))
}
