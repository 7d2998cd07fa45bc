//! Groups of a tenant (spec, identity 8.3).

mod members;
mod nesting;

use octo_sdk::identity::{CreateGroupDto, GroupDto, IdentityClient, RoleDto, UpdateGroupDto};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::attempts::until_unchanged;
use super::identity_names::{find_group, find_roles, id_of, role_ids};
use crate::call::TenantCall;
use crate::reply::{Data, Done, Failure, ToolResult};
use crate::tool::{Risk, Toolset, tool};

/// The group of group tools.
pub fn toolset() -> Toolset {
    let toolset = Toolset::new(
        "Identity: groups",
        "Groups of users, clients and other groups that share roles",
    )
    .tool(tool("get_groups", get_groups))
    .tool(tool("get_group", get_group))
    .tool(tool("create_group", create_group).risk(Risk::Medium).adds())
    .tool(
        tool("update_group", update_group)
            .risk(Risk::Medium)
            .destructive(),
    )
    .tool(
        tool("delete_group", delete_group)
            .risk(Risk::Medium)
            .destructive()
            .confirm(|p: &DeleteGroup| {
                format!(
                    "Refusing to delete group '{}' without confirm=true.",
                    p.group_id
                )
            }),
    )
    .tool(
        tool("update_group_roles", update_group_roles)
            .risk(Risk::Medium)
            .destructive(),
    );
    nesting::tools(members::tools(toolset))
}

/// A group.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct GroupItem {
    /// Id of the group.
    id: Option<String>,
    /// Name, unique in the tenant.
    group_name: String,
    /// What the group is for.
    group_description: Option<String>,
    /// Ids of the roles its members have.
    role_ids: Vec<String>,
    /// Ids of the users in it.
    member_user_ids: Vec<String>,
    /// Ids of the mappings of other tenants' users in it.
    member_external_user_ids: Vec<String>,
    /// Ids of the clients in it (not their OAuth client ids).
    member_client_ids: Vec<String>,
    /// Ids of the groups nested in it; its members have their roles too.
    member_group_ids: Vec<String>,
}

impl From<GroupDto> for GroupItem {
    fn from(group: GroupDto) -> Self {
        Self {
            id: group.id,
            group_name: group.group_name,
            group_description: group.group_description,
            role_ids: group.role_ids,
            member_user_ids: group.member_user_ids,
            member_external_user_ids: group.member_external_user_ids,
            member_client_ids: group.member_client_ids,
            member_group_ids: group.member_group_ids,
        }
    }
}

/// The group something was done to.
#[derive(Default, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct GroupReply {
    /// Id of the group.
    group_id: Option<String>,
    /// The group as it is now.
    group: Option<GroupItem>,
}

impl GroupReply {
    fn id(id: String) -> Self {
        Self {
            group_id: Some(id),
            group: None,
        }
    }

    fn whole(group: GroupDto) -> Self {
        Self {
            group_id: group.id.clone(),
            group: Some(group.into()),
        }
    }
}

/// Lists the groups of a tenant with their roles and members.
#[derive(Deserialize, JsonSchema)]
struct GetGroups {}

/// Groups of a tenant.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct GroupList {
    /// The groups.
    groups: Vec<GroupItem>,
    /// Their number.
    total_count: usize,
}

async fn get_groups(cx: TenantCall, _: GetGroups) -> ToolResult<Done<GroupList>> {
    let groups = cx.identity()?.groups().await?;
    let groups: Vec<GroupItem> = groups.into_iter().map(GroupItem::from).collect();
    let text = match groups.len() {
        0 => "No groups found.".to_owned(),
        n => format!("Found {n} group(s)."),
    };
    let total_count = groups.len();
    Ok(Done::new(
        text,
        GroupList {
            groups,
            total_count,
        },
    ))
}

/// Shows a group with its roles and members.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct GetGroup {
    /// Id or name of the group.
    group_id: String,
}

async fn get_group(cx: TenantCall, p: GetGroup) -> ToolResult<Data<GroupReply>> {
    let group = find_group(&cx.identity()?, &p.group_id).await?;
    Ok(Data(GroupReply::whole(group)))
}

/// Creates a group, with roles if wanted. Its members have the roles of the group and of all
/// groups nested in it.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct CreateGroup {
    /// Name of the group, unique in the tenant.
    group_name: String,
    /// What the group is for.
    description: Option<String>,
    /// Ids or names of the roles its members get.
    role_ids: Option<Vec<String>>,
}

async fn create_group(cx: TenantCall, p: CreateGroup) -> ToolResult<Done<GroupReply>> {
    let identity = cx.identity()?;
    let roles = find_roles(&identity, &p.role_ids.unwrap_or_default()).await?;
    let group = CreateGroupDto {
        group_name: p.group_name.trim().to_owned(),
        group_description: p.description.filter(|text| !text.trim().is_empty()),
        role_ids: Some(role_ids(&roles)?),
    };
    let created = identity.create_group(&group).await?;
    Ok(Done::new(
        format!("Group '{}' created.", group.group_name),
        GroupReply::whole(created),
    ))
}

/// Renames a group or changes its description; without a description the present one stays.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct UpdateGroup {
    /// Id or present name of the group.
    group_id: String,
    /// Name the group shall have.
    group_name: String,
    /// What the group is for; empty removes the description.
    description: Option<String>,
}

async fn update_group(cx: TenantCall, p: UpdateGroup) -> ToolResult<Done<GroupReply>> {
    let identity = cx.identity()?.noting();
    until_unchanged(|| rewrite_group(&identity, &p)).await
}

async fn rewrite_group(identity: &IdentityClient, p: &UpdateGroup) -> ToolResult<Done<GroupReply>> {
    let present = find_group(identity, &p.group_id).await?;
    let unchanged = identity.if_unchanged();
    let id = group_id(&present)?;
    let description = p.description.clone().or(present.group_description);
    let group = UpdateGroupDto {
        group_name: p.group_name.trim().to_owned(),
        group_description: description.filter(|text| !text.trim().is_empty()),
    };
    let updated = unchanged.update_group(&id, &group).await?;
    Ok(Done::new(
        format!("Group '{}' updated.", p.group_id.trim()),
        GroupReply {
            group_id: Some(id),
            group: Some(updated.into()),
        },
    ))
}

/// Deletes a group. Its members stay but lose the roles they had through it.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct DeleteGroup {
    /// Id or name of the group.
    group_id: String,
}

async fn delete_group(cx: TenantCall, p: DeleteGroup) -> ToolResult<Done<GroupReply>> {
    let identity = cx.identity()?;
    let id = group_id(&find_group(&identity, &p.group_id).await?)?;
    identity.delete_group(&id).await?;
    Ok(Done::new(
        format!("Group '{}' deleted.", p.group_id.trim()),
        GroupReply::id(id),
    ))
}

/// Replaces the roles of a group: it has exactly these afterwards. An empty list takes all roles
/// from it.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct UpdateGroupRoles {
    /// Id or name of the group.
    group_id: String,
    /// Ids or names of the roles.
    role_ids: Vec<String>,
}

/// The group whose roles were replaced, and what that changed.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct GroupRolesReply {
    /// Id of the group.
    group_id: String,
    /// The group as it is now.
    group: GroupItem,
    /// Names of the roles it did not have before.
    added: Vec<String>,
    /// Ids of the roles it has no longer.
    removed: Vec<String>,
}

async fn update_group_roles(
    cx: TenantCall,
    p: UpdateGroupRoles,
) -> ToolResult<Done<GroupRolesReply>> {
    let identity = cx.identity()?;
    let mut group = find_group(&identity, &p.group_id).await?;
    let id = group_id(&group)?;
    let roles = find_roles(&identity, &p.role_ids).await?;
    let ids = role_ids(&roles)?;
    identity.replace_group_roles(&id, &ids).await?;
    let is_new = |role: &&RoleDto| {
        role.id
            .as_ref()
            .is_none_or(|id| !group.role_ids.contains(id))
    };
    let added = roles.iter().filter(is_new);
    let added = added.filter_map(|role| role.name.clone()).collect();
    let removed = group.role_ids.iter().filter(|role| !ids.contains(role));
    let removed = removed.cloned().collect();
    group.role_ids = ids;
    Ok(Done::new(
        format!(
            "Roles for group '{}' updated ({} role(s)).",
            p.group_id.trim(),
            group.role_ids.len()
        ),
        GroupRolesReply {
            group_id: id,
            group: group.into(),
            added,
            removed,
        },
    ))
}

fn group_id(group: &GroupDto) -> Result<String, Failure> {
    id_of(group.id.as_deref(), "a group")
}
