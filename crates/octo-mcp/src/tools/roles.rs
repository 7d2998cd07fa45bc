//! Roles of a tenant (spec, identity 8.2).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::call::TenantCall;
use crate::reply::{Done, ToolResult};
use crate::tool::{Risk, Toolset, tool};

/// The group of role tools.
pub fn toolset() -> Toolset {
    Toolset::new(
        "Identity: roles",
        "Roles that users, groups and clients of a tenant can have",
    )
    .tool(tool("get_roles", get_roles))
    .tool(tool("create_role", create_role).risk(Risk::Medium).adds())
    .tool(
        tool("update_role", update_role)
            .risk(Risk::Medium)
            .destructive(),
    )
    .tool(
        tool("delete_role", delete_role)
            .risk(Risk::Medium)
            .destructive()
            .confirm(|p: &DeleteRole| {
                format!(
                    "Refusing to delete role '{}' without confirm=true.",
                    p.role_name
                )
            }),
    )
}

/// Lists the roles of a tenant.
#[derive(Deserialize, JsonSchema)]
struct GetRoles {}

/// A role.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct RoleItem {
    /// Id of the role.
    id: Option<String>,
    /// Name of the role.
    name: Option<String>,
}

/// Roles of a tenant.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct RoleList {
    /// The roles.
    roles: Vec<RoleItem>,
    /// Their number.
    total_count: usize,
}

async fn get_roles(cx: TenantCall, _: GetRoles) -> ToolResult<Done<RoleList>> {
    let found = cx.identity()?.roles().await?;
    let roles: Vec<RoleItem> = found
        .into_iter()
        .map(|role| RoleItem {
            id: role.id,
            name: role.name,
        })
        .collect();
    let text = match roles.len() {
        0 => "No roles found.".to_owned(),
        n => format!("Found {n} role(s)."),
    };
    let total_count = roles.len();
    Ok(Done::new(text, RoleList { roles, total_count }))
}

/// The role something was done to.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct RoleReply {
    /// Name of the role.
    role_name: String,
}

/// Creates a role.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct CreateRole {
    /// Name of the role, unique in the tenant.
    role_name: String,
}

async fn create_role(cx: TenantCall, p: CreateRole) -> ToolResult<Done<RoleReply>> {
    cx.identity()?.create_role(&p.role_name).await?;
    Ok(Done::new(
        format!("Role '{}' created.", p.role_name),
        RoleReply {
            role_name: p.role_name,
        },
    ))
}

/// Renames a role; who has it keeps it.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct UpdateRole {
    /// Present name of the role.
    role_name: String,
    /// New name of the role.
    new_role_name: String,
}

async fn update_role(cx: TenantCall, p: UpdateRole) -> ToolResult<Done<RoleReply>> {
    cx.identity()?
        .rename_role(&p.role_name, &p.new_role_name)
        .await?;
    let text = format!("Role '{}' renamed to '{}'.", p.role_name, p.new_role_name);
    Ok(Done::new(
        text,
        RoleReply {
            role_name: p.new_role_name,
        },
    ))
}

/// Deletes a role and takes it from everybody who has it.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct DeleteRole {
    /// Name of the role.
    role_name: String,
}

async fn delete_role(cx: TenantCall, p: DeleteRole) -> ToolResult<Done<RoleReply>> {
    cx.identity()?.delete_role(&p.role_name).await?;
    Ok(Done::new(
        format!("Role '{}' deleted.", p.role_name),
        RoleReply {
            role_name: p.role_name,
        },
    ))
}
