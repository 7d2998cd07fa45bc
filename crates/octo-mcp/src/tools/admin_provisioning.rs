//! Administrators of tenants below the caller's (spec, identity 8.12).

use octo_sdk::identity::{CreateExternalTenantUserMappingDto, ExternalTenantUserMappingDto};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::identity_names::{checked_id, choose_roles, role_ids};
use super::user_mappings::MappingItem;
use crate::call::TenantCall;
use crate::reply::{Data, Done, ToolResult};
use crate::tool::{Risk, Toolset, tool};

/// The group of provisioning tools.
pub fn toolset() -> Toolset {
    Toolset::new(
        "Identity: admin provisioning",
        "Rights of a parent tenant's users in the tenants below it",
    )
    .tool(tool(
        "get_admin_provisioning_mappings",
        get_admin_provisioning_mappings,
    ))
    .tool(
        tool(
            "create_admin_provisioning_mapping",
            create_admin_provisioning_mapping,
        )
        .risk(Risk::High)
        .adds(),
    )
    .tool(
        tool(
            "provision_current_user_as_admin",
            provision_current_user_as_admin,
        )
        .risk(Risk::High)
        .writes(),
    )
    .tool(
        tool(
            "delete_admin_provisioning_mapping",
            delete_admin_provisioning_mapping,
        )
        .risk(Risk::Medium)
        .destructive()
        .confirm(|p: &DeleteAdminProvisioningMapping| {
            format!(
                "Refusing to delete admin provisioning mapping '{}' without confirm=true.",
                p.mapping_rt_id
            )
        }),
    )
}

/// The tenant in which something was done.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct ProvisioningReply {
    /// The tenant.
    target_tenant_id: String,
    /// The mapping as it is now.
    mapping: Option<MappingItem>,
}

impl ProvisioningReply {
    fn new(target: String, mapping: Option<ExternalTenantUserMappingDto>) -> Self {
        Self {
            target_tenant_id: target,
            mapping: mapping.map(MappingItem::from),
        }
    }
}

/// Lists the users of other tenants who have rights in a tenant below this one.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct GetAdminProvisioningMappings {
    /// The tenant below, whose mappings are listed.
    target_tenant_id: String,
}

/// Mappings of the tenant below.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct ProvisioningList {
    /// The tenant.
    target_tenant_id: String,
    /// The mappings.
    mappings: Vec<MappingItem>,
    /// Their number.
    total_count: usize,
}

async fn get_admin_provisioning_mappings(
    cx: TenantCall,
    p: GetAdminProvisioningMappings,
) -> ToolResult<Data<ProvisioningList>> {
    let target = target(&p.target_tenant_id);
    let mappings = cx.identity()?.provisioned_mappings(&target).await?;
    let mappings: Vec<MappingItem> = mappings.into_iter().map(MappingItem::from).collect();
    Ok(Data(ProvisioningList {
        target_tenant_id: target,
        total_count: mappings.len(),
        mappings,
    }))
}

/// Gives a user of this tenant, or of one between it and the target, roles in a tenant below, which
/// from then on lets users of that tenant in.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct CreateAdminProvisioningMapping {
    /// The tenant below, in which the user gets rights.
    target_tenant_id: String,
    /// Tenant of the user.
    source_tenant_id: String,
    /// Id of the user in that tenant (24 hex digits).
    source_user_id: String,
    /// Login name of the user in that tenant.
    source_user_name: String,
    /// Ids or names of roles of the target tenant.
    role_ids: Option<Vec<String>>,
}

async fn create_admin_provisioning_mapping(
    cx: TenantCall,
    p: CreateAdminProvisioningMapping,
) -> ToolResult<Done<ProvisioningReply>> {
    let identity = cx.identity()?;
    let target = target(&p.target_tenant_id);
    let user = checked_id(&p.source_user_id)?;
    let roles = match p.role_ids.unwrap_or_default() {
        none if none.is_empty() => Vec::new(),
        wanted => choose_roles(&identity.target_roles(&target).await?, &wanted)?,
    };
    let mapping = CreateExternalTenantUserMappingDto {
        source_tenant_id: p.source_tenant_id.trim().to_lowercase(),
        source_user_id: user,
        source_user_name: p.source_user_name.trim().to_owned(),
        role_ids: Some(role_ids(&roles)?),
    };
    let created = identity.provision_mapping(&target, &mapping).await?;
    Ok(Done::new(
        format!(
            "Admin provisioning mapping created in '{target}' for '{}' from '{}'.",
            mapping.source_user_name, mapping.source_tenant_id
        ),
        ProvisioningReply::new(target, Some(created)),
    ))
}

/// Makes you an administrator of a tenant below this one: all its roles, member of its
/// TenantOwners. Repeating it changes nothing. Needs the role TenantManagement here.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct ProvisionCurrentUserAsAdmin {
    /// The tenant below, in which you become an administrator.
    target_tenant_id: String,
}

async fn provision_current_user_as_admin(
    cx: TenantCall,
    p: ProvisionCurrentUserAsAdmin,
) -> ToolResult<Done<ProvisioningReply>> {
    let target = target(&p.target_tenant_id);
    let mapping = cx.identity()?.provision_current_user(&target).await?;
    // A refusal or a token without the new roles may still be remembered.
    cx.forget(&target).await;
    Ok(Done::new(
        format!("Current user provisioned as admin in tenant '{target}'."),
        ProvisioningReply::new(target, Some(mapping)),
    ))
}

/// Deletes a mapping of a tenant below: the user loses the rights it has there by it.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct DeleteAdminProvisioningMapping {
    /// The tenant below.
    target_tenant_id: String,
    /// Id of the mapping (get_admin_provisioning_mappings).
    mapping_rt_id: String,
}

async fn delete_admin_provisioning_mapping(
    cx: TenantCall,
    p: DeleteAdminProvisioningMapping,
) -> ToolResult<Done<ProvisioningReply>> {
    let identity = cx.identity()?;
    let target = target(&p.target_tenant_id);
    let id = checked_id(&p.mapping_rt_id)?;
    identity.delete_provisioned_mapping(&target, &id).await?;
    cx.forget(&target).await;
    Ok(Done::new(
        format!("Admin provisioning mapping '{id}' deleted from tenant '{target}'."),
        ProvisioningReply::new(target, None),
    ))
}

fn target(tenant: &str) -> String {
    tenant.trim().to_lowercase()
}
