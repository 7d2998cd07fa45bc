//! Roles of clients.

use octo_sdk::identity::RoleDto;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{ClientReply, done};
use crate::call::TenantCall;
use crate::reply::{Data, Done, Failure, ToolResult};
use crate::tool::{Risk, Tool, tool};
use crate::tools::identity_names::{find_roles, role_ids, role_name};

/// The tools of this file.
pub(super) fn tools() -> [Tool; 4] {
    [
        tool("get_client_roles", get_client_roles),
        tool("add_client_to_role", add_client_to_role)
            .risk(Risk::Medium)
            .writes(),
        tool("remove_client_from_role", remove_client_from_role)
            .risk(Risk::Medium)
            .destructive()
            .confirm(|p: &RemoveClientFromRole| {
                format!(
                    "Refusing to remove role '{}' from client '{}' without confirm=true.",
                    p.role_name, p.client_id
                )
            }),
        tool("update_client_roles", update_client_roles)
            .risk(Risk::Medium)
            .destructive(),
    ]
}

/// Lists the roles assigned to an OAuth client directly; those of its groups are not among them.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct GetClientRoles {
    /// OAuth client id.
    client_id: String,
}

/// Roles of an OAuth client.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct ClientRoles {
    /// OAuth client id.
    client_id: String,
    /// Ids of the roles; get_roles shows their names.
    role_ids: Vec<String>,
}

async fn get_client_roles(cx: TenantCall, p: GetClientRoles) -> ToolResult<Data<ClientRoles>> {
    let role_ids = cx.identity()?.client_roles(&p.client_id).await?;
    Ok(Data(ClientRoles {
        client_id: p.client_id,
        role_ids,
    }))
}

/// Gives a role to an OAuth client. Tokens issued from now on carry it.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct AddClientToRole {
    /// OAuth client id.
    client_id: String,
    /// Name or id of the role.
    role_name: String,
}

async fn add_client_to_role(cx: TenantCall, p: AddClientToRole) -> ToolResult<Done<ClientReply>> {
    let identity = cx.identity()?;
    let role = role_name(&identity, &p.role_name).await?;
    identity.add_client_to_role(&p.client_id, &role).await?;
    let text = format!(
        "Client '{}' assigned to role '{}'.",
        p.client_id, p.role_name
    );
    Ok(done(text, p.client_id))
}

/// Takes a directly assigned role from an OAuth client. Roles it has through a group stay.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct RemoveClientFromRole {
    /// OAuth client id.
    client_id: String,
    /// Name or id of the role.
    role_name: String,
}

async fn remove_client_from_role(
    cx: TenantCall,
    p: RemoveClientFromRole,
) -> ToolResult<Done<ClientReply>> {
    let identity = cx.identity()?;
    let role = find_roles(&identity, std::slice::from_ref(&p.role_name)).await?;
    let held = identity.client_roles(&p.client_id).await?;
    if !role_ids(&role)?.iter().any(|id| held.contains(id)) {
        return Err(Failure::new(format!(
            "Client '{}' doesn't have role '{}' directly. get_client_roles lists the roles it has.",
            p.client_id, p.role_name
        )));
    }
    let name = role_name(&identity, &p.role_name).await?;
    identity
        .remove_client_from_role(&p.client_id, &name)
        .await?;
    let text = format!(
        "Client '{}' removed from role '{}'.",
        p.client_id, p.role_name
    );
    Ok(done(text, p.client_id))
}

/// Replaces the directly assigned roles of an OAuth client; an empty list takes all of them.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct UpdateClientRoles {
    /// OAuth client id.
    client_id: String,
    /// Ids or names of the roles it shall have.
    role_ids: Vec<String>,
}

/// The client whose roles were replaced, and what that changed.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct ClientRolesReply {
    #[serde(flatten)]
    of: ClientReply,
    /// Ids of the roles it has now.
    role_ids: Vec<String>,
    /// Names of the roles it did not have before.
    added: Vec<String>,
    /// Ids of the roles it has no longer.
    removed: Vec<String>,
}

async fn update_client_roles(
    cx: TenantCall,
    p: UpdateClientRoles,
) -> ToolResult<Done<ClientRolesReply>> {
    let identity = cx.identity()?;
    let roles = find_roles(&identity, &p.role_ids).await?;
    let wanted = role_ids(&roles)?;
    let held = identity.client_roles(&p.client_id).await?;
    identity.set_client_roles(&p.client_id, &wanted).await?;
    let text = format!(
        "Client '{}' roles updated ({} role(s)).",
        p.client_id,
        wanted.len()
    );
    let is_new = |role: &&RoleDto| role.id.as_ref().is_none_or(|id| !held.contains(id));
    let added = roles.iter().filter(is_new);
    let added = added.filter_map(|role| role.name.clone()).collect();
    let removed = held.iter().filter(|role| !wanted.contains(role));
    let removed = removed.cloned().collect();
    Ok(Done::new(
        text,
        ClientRolesReply {
            of: ClientReply {
                client_id: p.client_id,
                client: None,
            },
            role_ids: wanted,
            added,
            removed,
        },
    ))
}
