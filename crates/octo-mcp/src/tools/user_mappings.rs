//! Users of other tenants and the roles they have in this one (spec, identity 8.11).

use octo_sdk::identity::{
    CreateExternalTenantUserMappingDto, ExternalTenantUserMappingDto, IdentityClient,
    UpdateExternalTenantUserMappingDto,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::identity_names::{checked_id, find_roles, id_of, role_ids};
use crate::call::TenantCall;
use crate::reply::{Data, Done, Failure, ToolResult};
use crate::tool::{Risk, Toolset, tool};

/// The group of mapping tools.
pub fn toolset() -> Toolset {
    Toolset::new(
        "Identity: external tenant user mappings",
        "Users of other tenants and the roles they have in a tenant",
    )
    .tool(tool(
        "get_external_tenant_user_mappings",
        get_external_tenant_user_mappings,
    ))
    .tool(tool(
        "get_external_tenant_user_mapping",
        get_external_tenant_user_mapping,
    ))
    .tool(
        tool(
            "create_external_tenant_user_mapping",
            create_external_tenant_user_mapping,
        )
        .risk(Risk::Medium)
        .adds(),
    )
    .tool(
        tool(
            "update_external_tenant_user_mapping",
            update_external_tenant_user_mapping,
        )
        .risk(Risk::Medium)
        .destructive(),
    )
    .tool(
        tool(
            "delete_external_tenant_user_mapping",
            delete_external_tenant_user_mapping,
        )
        .risk(Risk::Medium)
        .destructive()
        .confirm(|p: &DeleteExternalTenantUserMapping| {
            format!(
                "Refusing to delete mapping '{}' without confirm=true.",
                p.rt_id
            )
        }),
    )
}

/// What a user of another tenant is given.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct MappingItem {
    /// Id of the mapping.
    id: Option<String>,
    /// Tenant of the user.
    source_tenant_id: String,
    /// Id of the user in that tenant.
    source_user_id: String,
    /// Login name of the user in that tenant.
    source_user_name: String,
    /// Ids of the roles the user has here.
    role_ids: Vec<String>,
    /// Names of the groups the mapping is in; the user has their roles, too.
    group_names: Vec<String>,
}

impl From<ExternalTenantUserMappingDto> for MappingItem {
    fn from(mapping: ExternalTenantUserMappingDto) -> Self {
        Self {
            id: mapping.id,
            source_tenant_id: mapping.source_tenant_id,
            source_user_id: mapping.source_user_id,
            source_user_name: mapping.source_user_name,
            role_ids: mapping.role_ids,
            group_names: mapping.group_names,
        }
    }
}

/// The mapping something was done to.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct MappingReply {
    /// Id of the mapping.
    rt_id: String,
    /// The mapping as it is now.
    mapping: Option<MappingItem>,
}

impl MappingReply {
    fn whole(mapping: ExternalTenantUserMappingDto) -> Result<Self, Failure> {
        Ok(Self {
            rt_id: id_of(mapping.id.as_deref(), "a mapping")?,
            mapping: Some(mapping.into()),
        })
    }
}

/// Lists the users of other tenants who have rights in a tenant, and the roles and groups they have
/// there.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct GetExternalTenantUserMappings {
    /// Only users of this tenant.
    source_tenant_id: Option<String>,
    /// Mappings to leave out at the beginning.
    skip: Option<u32>,
    /// Mappings to return at most.
    take: Option<u32>,
}

/// Mappings of a tenant.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct MappingList {
    /// The mappings.
    mappings: Vec<MappingItem>,
    /// How many are returned.
    total_count: usize,
}

async fn get_external_tenant_user_mappings(
    cx: TenantCall,
    p: GetExternalTenantUserMappings,
) -> ToolResult<Data<MappingList>> {
    let source = p.source_tenant_id.as_deref().map(str::trim);
    let source = source.filter(|source| !source.is_empty());
    let identity = cx.identity()?;
    let mappings = identity.user_mappings(source, p.skip, p.take).await?;
    let mappings: Vec<MappingItem> = mappings.into_iter().map(MappingItem::from).collect();
    let total_count = mappings.len();
    Ok(Data(MappingList {
        mappings,
        total_count,
    }))
}

/// Shows one mapping.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct GetExternalTenantUserMapping {
    /// Id of the mapping.
    rt_id: String,
}

async fn get_external_tenant_user_mapping(
    cx: TenantCall,
    p: GetExternalTenantUserMapping,
) -> ToolResult<Data<MappingReply>> {
    let mapping = find(&cx.identity()?, &p.rt_id).await?;
    Ok(Data(MappingReply::whole(mapping)?))
}

/// Gives a user of another tenant roles in this one. The user gets in only if the tenant lets users
/// of the other tenant in (add_octo_tenant_identity_provider, create_admin_provisioning_mapping).
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct CreateExternalTenantUserMapping {
    /// Tenant of the user.
    source_tenant_id: String,
    /// Id of the user in that tenant (24 hex digits).
    source_user_id: String,
    /// Login name of the user in that tenant.
    source_user_name: String,
    /// Ids or names of the roles the user gets here.
    role_ids: Option<Vec<String>>,
}

async fn create_external_tenant_user_mapping(
    cx: TenantCall,
    p: CreateExternalTenantUserMapping,
) -> ToolResult<Done<MappingReply>> {
    let identity = cx.identity()?;
    let user = checked_id(&p.source_user_id)?;
    let roles = find_roles(&identity, &p.role_ids.unwrap_or_default()).await?;
    let mapping = CreateExternalTenantUserMappingDto {
        source_tenant_id: p.source_tenant_id.trim().to_lowercase(),
        source_user_id: user,
        source_user_name: p.source_user_name.trim().to_owned(),
        role_ids: Some(role_ids(&roles)?),
    };
    let created = identity.create_user_mapping(&mapping).await?;
    Ok(Done::new(
        format!(
            "Mapping created for user '{}' from tenant '{}'.",
            mapping.source_user_name, mapping.source_tenant_id
        ),
        MappingReply::whole(created)?,
    ))
}

/// Replaces the roles of a mapping: the user has exactly these afterwards, besides those of its
/// groups. It takes effect when the user signs in or renews the token.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct UpdateExternalTenantUserMapping {
    /// Id of the mapping.
    rt_id: String,
    /// Ids or names of the roles; an empty list takes all of them away.
    role_ids: Option<Vec<String>>,
}

async fn update_external_tenant_user_mapping(
    cx: TenantCall,
    p: UpdateExternalTenantUserMapping,
) -> ToolResult<Done<MappingReply>> {
    let id = checked_id(&p.rt_id)?;
    let Some(wanted) = p.role_ids else {
        return Err(Failure::new(
            "Provide roleIds: the roles the mapping shall have. An empty list takes all of them away.",
        ));
    };
    let identity = cx.identity()?;
    find(&identity, &id).await?;
    let roles = find_roles(&identity, &wanted).await?;
    let mapping = UpdateExternalTenantUserMappingDto {
        role_ids: Some(role_ids(&roles)?),
    };
    let updated = identity.update_user_mapping(&id, &mapping).await?;
    Ok(Done::new(
        format!("Mapping '{id}' updated."),
        MappingReply {
            rt_id: id,
            mapping: Some(updated.into()),
        },
    ))
}

/// Deletes a mapping: the user of the other tenant loses the roles and groups given by it.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct DeleteExternalTenantUserMapping {
    /// Id of the mapping.
    rt_id: String,
}

async fn delete_external_tenant_user_mapping(
    cx: TenantCall,
    p: DeleteExternalTenantUserMapping,
) -> ToolResult<Done<MappingReply>> {
    let identity = cx.identity()?;
    let id = checked_id(&p.rt_id)?;
    find(&identity, &id).await?;
    identity.delete_user_mapping(&id).await?;
    Ok(Done::new(
        format!("Mapping '{id}' deleted."),
        MappingReply {
            rt_id: id,
            mapping: None,
        },
    ))
}

async fn find(
    identity: &IdentityClient,
    id: &str,
) -> Result<ExternalTenantUserMappingDto, Failure> {
    let id = checked_id(id)?;
    let found = identity.user_mapping(&id).await;
    found.map_err(|error| match error.is_not_found() {
        true => Failure::new(format!(
            "Mapping '{id}' not found. get_external_tenant_user_mappings lists them."
        )),
        false => error.into(),
    })
}
