//! Group memberships of clients.
//!
//! The service knows a client in a group by the id of its entity. The tools take the OAuth client
//! id and look the entity up.

use octo_sdk::identity::IdentityClient;
use schemars::JsonSchema;
use serde::Deserialize;

use super::{ClientReply, done, find};
use crate::call::TenantCall;
use crate::reply::{Done, Failure, ToolResult};
use crate::tool::{Risk, Tool, tool};
use crate::tools::identity_names::{find_group, id_of};

/// The tools of this file.
pub(super) fn tools() -> [Tool; 2] {
    [
        tool("add_client_to_group", add_client_to_group)
            .risk(Risk::Medium)
            .writes(),
        tool("remove_client_from_group", remove_client_from_group)
            .risk(Risk::Medium)
            .destructive()
            .confirm(|p: &RemoveClientFromGroup| {
                format!(
                    "Refusing to remove client '{}' from group '{}' without confirm=true.",
                    p.client_id, p.group_id
                )
            }),
    ]
}

/// Adds an OAuth client to a group; it gets the roles of the group.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct AddClientToGroup {
    /// Id or name of the group.
    group_id: String,
    /// OAuth client id, or the rtId of the client.
    client_id: String,
}

async fn add_client_to_group(cx: TenantCall, p: AddClientToGroup) -> ToolResult<Done<ClientReply>> {
    let identity = cx.identity()?;
    let group = group_id(&identity, &p.group_id).await?;
    let client = entity_id(&identity, &p.client_id).await?;
    identity.add_client_to_group(&group, &client).await?;
    let text = format!("Client '{}' added to group '{}'.", p.client_id, p.group_id);
    Ok(done(text, p.client_id))
}

/// Takes an OAuth client out of a group.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct RemoveClientFromGroup {
    /// Id or name of the group.
    group_id: String,
    /// OAuth client id, or the rtId of the client.
    client_id: String,
}

async fn remove_client_from_group(
    cx: TenantCall,
    p: RemoveClientFromGroup,
) -> ToolResult<Done<ClientReply>> {
    let identity = cx.identity()?;
    let group = group_id(&identity, &p.group_id).await?;
    let client = entity_id(&identity, &p.client_id).await?;
    let members = identity.group_clients(&group).await?;
    if !members.contains(&client) {
        return Err(Failure::new(format!(
            "Client '{}' is not in group '{}'.",
            p.client_id, p.group_id
        )));
    }
    identity.remove_client_from_group(&group, &client).await?;
    let text = format!(
        "Client '{}' removed from group '{}'.",
        p.client_id, p.group_id
    );
    Ok(done(text, p.client_id))
}

async fn group_id(identity: &IdentityClient, group: &str) -> Result<String, Failure> {
    let group = find_group(identity, group).await?;
    id_of(group.id.as_deref(), "a group")
}

/// The entity id of a client given by OAuth client id or by that id.
async fn entity_id(identity: &IdentityClient, client: &str) -> Result<String, Failure> {
    let client = client.trim();
    if client.len() == 24 && client.chars().all(|c| c.is_ascii_hexdigit()) {
        return Ok(client.to_lowercase());
    }
    let client = find(identity, client).await?;
    id_of(client.rt_id.as_deref(), "a client")
}
