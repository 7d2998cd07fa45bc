//! Roles of a tenant (spec, identity 8.2).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::identity_names::role_name;
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
    /// Id of the role.
    role_id: Option<String>,
}

/// Creates a role.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct CreateRole {
    /// Name of the role, unique in the tenant.
    role_name: String,
}

async fn create_role(cx: TenantCall, p: CreateRole) -> ToolResult<Done<RoleReply>> {
    let identity = cx.identity()?;
    identity.create_role(&p.role_name).await?;
    // The service does not tell the id. The role exists, whether or not it can be found out.
    let created = identity.role(p.role_name.trim()).await.ok();
    Ok(Done::new(
        format!("Role '{}' created.", p.role_name),
        RoleReply {
            role_name: p.role_name,
            role_id: created.and_then(|role| role.id),
        },
    ))
}

/// Renames a role; who has it keeps it. The roles that exist from the start keep their names:
/// services go by them.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct UpdateRole {
    /// Present name of the role, or its id.
    role_name: String,
    /// New name of the role.
    new_role_name: String,
}

async fn update_role(cx: TenantCall, p: UpdateRole) -> ToolResult<Done<RoleReply>> {
    let identity = cx.identity()?;
    let present = role_name(&identity, &p.role_name).await?;
    identity.rename_role(&present, &p.new_role_name).await?;
    let text = format!("Role '{}' renamed to '{}'.", p.role_name, p.new_role_name);
    Ok(Done::new(
        text,
        RoleReply {
            role_name: p.new_role_name,
            role_id: None,
        },
    ))
}

/// Deletes a role and takes it from everybody who has it. Roles that exist from the start are
/// deleted by administrators of tenants only.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct DeleteRole {
    /// Name or id of the role.
    role_name: String,
}

async fn delete_role(cx: TenantCall, p: DeleteRole) -> ToolResult<Done<RoleReply>> {
    let identity = cx.identity()?;
    let present = role_name(&identity, &p.role_name).await?;
    identity.delete_role(&present).await?;
    Ok(Done::new(
        format!("Role '{}' deleted.", p.role_name),
        RoleReply {
            role_name: p.role_name,
            role_id: None,
        },
    ))
}
