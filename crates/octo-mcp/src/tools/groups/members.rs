//! Users in groups.

use octo_runtime::RtId;
use octo_sdk::identity::IdentityClient;
use schemars::JsonSchema;
use serde::Deserialize;

use super::{GroupReply, group_id};
use crate::call::TenantCall;
use crate::reply::{Done, Failure, ToolResult};
use crate::tool::{Risk, Toolset, tool};
use crate::tools::identity_names::{find_group, id_of};

pub(super) fn tools(toolset: Toolset) -> Toolset {
    toolset
        .tool(
            tool("add_user_to_group", add_user_to_group)
                .risk(Risk::Medium)
                .writes(),
        )
        .tool(
            tool("remove_user_from_group", remove_user_from_group)
                .risk(Risk::Medium)
                .destructive()
                .confirm(|p: &RemoveUserFromGroup| {
                    format!(
                        "Refusing to remove user '{}' from group '{}' without confirm=true.",
                        p.user_id, p.group_id
                    )
                }),
        )
}

/// Puts a user into a group, which gives the user the roles of the group. It takes effect when the
/// user signs in or renews the token.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct AddUserToGroup {
    /// Id or name of the group.
    group_id: String,
    /// Id, login name or mail address of the user; for a user of another tenant the id of its
    /// mapping (get_external_tenant_user_mappings).
    user_id: String,
}

async fn add_user_to_group(cx: TenantCall, p: AddUserToGroup) -> ToolResult<Done<GroupReply>> {
    let identity = cx.identity()?;
    let group = group_id(&find_group(&identity, &p.group_id).await?)?;
    let user = member_id(&identity, &p.user_id).await?;
    identity.add_user_to_group(&group, &user).await?;
    Ok(Done::new(
        format!(
            "User '{}' added to group '{}'.",
            p.user_id.trim(),
            p.group_id.trim()
        ),
        GroupReply::id(group),
    ))
}

/// Takes a user out of a group. The user loses the roles it had through the group alone.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct RemoveUserFromGroup {
    /// Id or name of the group.
    group_id: String,
    /// Id, login name or mail address of the user; for a user of another tenant the id of its
    /// mapping.
    user_id: String,
}

async fn remove_user_from_group(
    cx: TenantCall,
    p: RemoveUserFromGroup,
) -> ToolResult<Done<GroupReply>> {
    let identity = cx.identity()?;
    let group = find_group(&identity, &p.group_id).await?;
    let id = group_id(&group)?;
    let user = member_id(&identity, &p.user_id).await?;
    let (given_user, given_group) = (p.user_id.trim(), p.group_id.trim());
    if !group.member_user_ids.contains(&user) && !group.member_external_user_ids.contains(&user) {
        return Err(Failure::new(format!(
            "User '{given_user}' is not a member of group '{given_group}'."
        )));
    }
    identity.remove_user_from_group(&id, &user).await?;
    Ok(Done::new(
        format!("User '{given_user}' removed from group '{given_group}'."),
        GroupReply::id(id),
    ))
}

/// The id of a user, or of the mapping of a user of another tenant.
async fn member_id(identity: &IdentityClient, text: &str) -> Result<String, Failure> {
    let text = text.trim();
    if let Some(user) = identity.find_user(text).await? {
        return id_of(user.user_id.as_deref(), "a user");
    }
    let no_id = match text.parse::<RtId>() {
        Err(error) => format!(" {error}"),
        Ok(id) => {
            let id = id.to_string();
            match identity.user_mapping(&id).await {
                Ok(_) => return Ok(id),
                Err(error) if error.is_not_found() => String::new(),
                Err(error) => return Err(error.into()),
            }
        }
    };
    Err(Failure::new(format!(
        "User '{text}' not found.{no_id} get_users lists the accounts with their ids."
    )))
}
