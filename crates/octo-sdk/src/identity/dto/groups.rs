//! Groups, and the rules that put people into them.

use serde::{Deserialize, Serialize};

use crate::json::null_as_default;

/// A group of users, clients and other groups that share roles.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GroupDto {
    /// Runtime id (24 hex digits).
    pub id: Option<String>,
    /// Name, unique in the tenant in any case.
    #[serde(deserialize_with = "null_as_default")]
    pub group_name: String,
    /// What the group is for.
    pub group_description: Option<String>,
    /// Runtime ids of the roles assigned to the group itself.
    #[serde(deserialize_with = "null_as_default")]
    pub role_ids: Vec<String>,
    /// Runtime ids of the users in the group.
    #[serde(deserialize_with = "null_as_default")]
    pub member_user_ids: Vec<String>,
    /// Runtime ids of the mappings of other tenants' users in the group.
    #[serde(deserialize_with = "null_as_default")]
    pub member_external_user_ids: Vec<String>,
    /// Runtime ids (not OAuth ids) of the clients in the group.
    #[serde(deserialize_with = "null_as_default")]
    pub member_client_ids: Vec<String>,
    /// Runtime ids of the groups nested in this one.
    #[serde(deserialize_with = "null_as_default")]
    pub member_group_ids: Vec<String>,
}

/// A new group.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CreateGroupDto {
    /// Name.
    pub group_name: String,
    /// What the group is for.
    pub group_description: Option<String>,
    /// Runtime ids of its roles.
    pub role_ids: Option<Vec<String>>,
}

/// New name and description of a group; an absent description clears it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct UpdateGroupDto {
    /// Name.
    pub group_name: String,
    /// What the group is for.
    pub group_description: Option<String>,
}

/// Puts new users with a certain mail domain into a group.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct EmailDomainGroupRuleDto {
    /// Runtime id (24 hex digits); ignored when written.
    pub rt_id: Option<String>,
    /// The domain, without wildcards.
    #[serde(deserialize_with = "null_as_default")]
    pub email_domain_pattern: String,
    /// Runtime id of the group.
    #[serde(deserialize_with = "null_as_default")]
    pub target_group_rt_id: String,
    /// What the rule is for.
    pub description: Option<String>,
}
