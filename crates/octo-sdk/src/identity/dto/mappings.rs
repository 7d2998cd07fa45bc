//! Users of other tenants and what they are given in this one.

use serde::{Deserialize, Serialize};

use crate::json::null_as_default;

/// Leave for a user of another tenant to act in this one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ExternalTenantUserMappingDto {
    /// Runtime id of the mapping (24 hex digits).
    pub id: Option<String>,
    /// Tenant the user comes from.
    #[serde(deserialize_with = "null_as_default")]
    pub source_tenant_id: String,
    /// Runtime id of the user in that tenant.
    #[serde(deserialize_with = "null_as_default")]
    pub source_user_id: String,
    /// Name of the user in that tenant.
    #[serde(deserialize_with = "null_as_default")]
    pub source_user_name: String,
    /// Runtime ids of the roles the user gets.
    #[serde(deserialize_with = "null_as_default")]
    pub role_ids: Vec<String>,
    /// Names of the groups that list the mapping as member.
    #[serde(deserialize_with = "null_as_default")]
    pub group_names: Vec<String>,
}

/// A new mapping.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CreateExternalTenantUserMappingDto {
    /// Tenant the user comes from.
    pub source_tenant_id: String,
    /// Runtime id of the user in that tenant.
    pub source_user_id: String,
    /// Name of the user in that tenant.
    pub source_user_name: String,
    /// Runtime ids of the roles the user gets.
    pub role_ids: Option<Vec<String>>,
}

/// The new roles of a mapping; `None` takes all of them away.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct UpdateExternalTenantUserMappingDto {
    /// Runtime ids of the roles the user gets.
    pub role_ids: Option<Vec<String>>,
}

/// A new mapping whose user gets what groups of the target tenant have.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ProvisionWithGroupsDto {
    /// Tenant the user comes from.
    pub source_tenant_id: String,
    /// Runtime id of the user in that tenant.
    pub source_user_id: String,
    /// Name of the user in that tenant.
    pub source_user_name: String,
    /// Runtime ids of groups of the target tenant; unknown ones are skipped.
    pub group_ids: Option<Vec<String>>,
}

/// A user of an ancestor tenant who could be provisioned.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SourceUserDto {
    /// Tenant of the user.
    #[serde(deserialize_with = "null_as_default")]
    pub source_tenant_id: String,
    /// Runtime id of the user.
    #[serde(deserialize_with = "null_as_default")]
    pub user_id: String,
    /// User name.
    #[serde(deserialize_with = "null_as_default")]
    pub user_name: String,
    /// E-mail address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// First name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_name: Option<String>,
    /// Last name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_name: Option<String>,
}

/// A group of a target tenant, as far as provisioning shows it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TargetGroupDto {
    /// Runtime id.
    #[serde(deserialize_with = "null_as_default")]
    pub id: String,
    /// Name.
    #[serde(deserialize_with = "null_as_default")]
    pub name: String,
    /// What the group is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}
