//! Groups in groups.

use octo_sdk::identity::GroupDto;
use schemars::JsonSchema;
use serde::Deserialize;

use super::{GroupReply, group_id};
use crate::call::TenantCall;
use crate::reply::{Done, Failure, ToolResult};
use crate::tool::{Risk, Toolset, tool};
use crate::tools::identity_names::find_group;

pub(super) fn tools(toolset: Toolset) -> Toolset {
    toolset
        .tool(
            tool("add_group_to_group", add_group_to_group)
                .risk(Risk::Medium)
                .writes(),
        )
        .tool(
            tool("remove_group_from_group", remove_group_from_group)
                .risk(Risk::Medium)
                .destructive()
                .confirm(|p: &RemoveGroupFromGroup| {
                    format!(
                        "Refusing to remove child '{}' from parent '{}' without confirm=true.",
                        p.child_group_id, p.parent_group_id
                    )
                }),
        )
}

/// Nests a group in another one. Members of the parent get the roles of the child; members of the
/// child do not get the roles of the parent.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct AddGroupToGroup {
    /// Id or name of the group that contains the other one.
    parent_group_id: String,
    /// Id or name of the group that is put into it.
    child_group_id: String,
}

async fn add_group_to_group(cx: TenantCall, p: AddGroupToGroup) -> ToolResult<Done<GroupReply>> {
    let identity = cx.identity()?;
    let parent = group_id(&find_group(&identity, &p.parent_group_id).await?)?;
    let child = group_id(&find_group(&identity, &p.child_group_id).await?)?;
    identity.add_group_to_group(&parent, &child).await?;
    Ok(Done::new(
        format!(
            "Child group '{}' added to parent '{}'.",
            p.child_group_id.trim(),
            p.parent_group_id.trim()
        ),
        GroupReply::id(parent),
    ))
}

/// Takes a nested group out of the group that contains it.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct RemoveGroupFromGroup {
    /// Id or name of the group that contains the other one.
    parent_group_id: String,
    /// Id or name of the nested group.
    child_group_id: String,
}

async fn remove_group_from_group(
    cx: TenantCall,
    p: RemoveGroupFromGroup,
) -> ToolResult<Done<GroupReply>> {
    let identity = cx.identity()?;
    let parent = find_group(&identity, &p.parent_group_id).await?;
    let child = group_id(&find_group(&identity, &p.child_group_id).await?)?;
    let (given_parent, given_child) = (p.parent_group_id.trim(), p.child_group_id.trim());
    if !contains(&parent, &child) {
        return Err(Failure::new(format!(
            "Group '{given_child}' is not nested in group '{given_parent}'."
        )));
    }
    let parent = group_id(&parent)?;
    identity.remove_group_from_group(&parent, &child).await?;
    Ok(Done::new(
        format!("Child group '{given_child}' removed from parent '{given_parent}'."),
        GroupReply::id(parent),
    ))
}

fn contains(parent: &GroupDto, child: &str) -> bool {
    parent.member_group_ids.iter().any(|id| id == child)
}
