//! Tenants below a parent tenant (spec, assets 2). `tenantId` names the parent.

use octo_sdk::ServiceError;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::call::TenantCall;
use crate::reply::{Done, Failure, ToolResult};
use crate::tool::{Risk, Toolset, tool};

/// The group of tenant tools.
pub fn toolset() -> Toolset {
    Toolset::new("Tenants: lifecycle", "Creating, attaching and removing tenants below a parent")
        .tool(tool("get_tenants", get_tenants))
        .tool(tool("create_tenant", create_tenant).risk(Risk::High).adds())
        .tool(
            tool("delete_tenant", delete_tenant)
                .risk(Risk::Medium)
                .destructive()
                .confirm(|p: &DeleteTenant| {
                    format!(
                        "Refusing to delete tenant '{}' without explicit confirmation. Call again with confirm=true to proceed.",
                        p.child_tenant_id
                    )
                }),
        )
        .tool(
            tool("clean_tenant", clean_tenant)
                .risk(Risk::High)
                .destructive()
                .confirm(|_: &CleanTenant| "Refusing to clean tenant without confirm=true.".to_owned()),
        )
        .tool(tool("attach_tenant", attach_tenant).risk(Risk::High).adds())
        .tool(tool("detach_tenant", detach_tenant).risk(Risk::High).destructive())
        .tool(
            tool("clear_tenant_cache", clear_tenant_cache)
                .risk(Risk::High)
                .destructive()
                .confirm(|_: &ClearTenantCache| {
                    "Refusing to clear tenant cache without confirm=true.".to_owned()
                }),
        )
        .tool(
            tool("update_system_ck_model", update_system_ck_model)
                .risk(Risk::Medium)
                .destructive(),
        )
}

/// Lists the tenants below the parent tenant; below the system tenant, all tenants of the
/// platform.
#[derive(Deserialize, JsonSchema)]
struct GetTenants {}

/// A tenant.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct TenantItem {
    /// Id of the tenant.
    tenant_id: Option<String>,
    /// Its database.
    database: Option<String>,
}

/// Tenants below a parent.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct TenantList {
    /// The tenants.
    tenants: Vec<TenantItem>,
    /// Their number.
    total_count: usize,
    /// The parent.
    parent_tenant_id: String,
}

async fn get_tenants(cx: TenantCall, _: GetTenants) -> ToolResult<Done<TenantList>> {
    let parent = cx.tenant_id().to_owned();
    let found = cx.assets()?.tenants().await?;
    let tenants: Vec<TenantItem> = found
        .into_iter()
        .map(|tenant| TenantItem {
            tenant_id: tenant.tenant_id,
            database: tenant.database,
        })
        .collect();
    let text = match tenants.len() {
        0 => format!("No child tenants found under '{parent}'."),
        n => format!("Found {n} child tenant(s) under '{parent}'."),
    };
    let total_count = tenants.len();
    Ok(Done::new(
        text,
        TenantList {
            tenants,
            total_count,
            parent_tenant_id: parent,
        },
    ))
}

/// Creates a tenant with a database of its own below the parent tenant. The caller becomes its
/// administrator and can name it as tenantId in the next call.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct CreateTenant {
    /// Id of the new tenant: at most 64 letters, digits, '-' or '_'.
    child_tenant_id: String,
    /// Name of its database, unique on the platform.
    database: String,
}

/// A created tenant.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct CreatedTenant {
    /// Id of the new tenant.
    created_tenant_id: String,
    /// Its database.
    database: String,
    /// The parent.
    parent_tenant_id: String,
}

async fn create_tenant(cx: TenantCall, p: CreateTenant) -> ToolResult<Done<CreatedTenant>> {
    let child = p.child_tenant_id.trim().to_lowercase();
    let database = p.database.trim().to_lowercase();
    let parent = cx.tenant_id().to_owned();
    cx.assets()?.create_tenant(&child, &database).await?;
    cx.forget(&child).await;
    let mut text = format!("Tenant '{child}' (database '{database}') created under '{parent}'.");
    // A cluster sets the tenant up in the background; the embedded platform has done it by now.
    match cx.identity()?.provision_current_user(&child).await {
        Ok(_) => text.push_str(" You are its administrator."),
        Err(error) => text.push_str(&format!(
            " You could not be made its administrator yet ({error}). Try provision_current_user_as_admin later."
        )),
    }
    Ok(Done::new(
        text,
        CreatedTenant {
            created_tenant_id: child,
            database,
            parent_tenant_id: parent,
        },
    ))
}

/// A deleted tenant.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct DeletedTenant {
    /// Id of the deleted tenant.
    deleted_tenant_id: String,
    /// The parent.
    parent_tenant_id: String,
}

/// A tenant something was done to.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct ChangedTenant {
    /// Id of the tenant.
    child_tenant_id: String,
    /// The parent.
    parent_tenant_id: String,
}

/// Deletes a tenant below the parent tenant for good, with its database and all its data.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct DeleteTenant {
    /// Id of the tenant to delete.
    child_tenant_id: String,
}

async fn delete_tenant(cx: TenantCall, p: DeleteTenant) -> ToolResult<Done<DeletedTenant>> {
    let (child, parent) = (p.child_tenant_id, cx.tenant_id().to_owned());
    cx.assets()?.delete_tenant(&child).await?;
    cx.forget(&child).await;
    let text = format!("Tenant '{child}' deleted from '{parent}'.");
    Ok(Done::new(
        text,
        DeletedTenant {
            deleted_tenant_id: child,
            parent_tenant_id: parent,
        },
    ))
}

/// Resets a tenant to its initial state: all its data, users and models are deleted; id and
/// database name stay.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct CleanTenant {
    /// Id of the tenant to reset.
    child_tenant_id: String,
}

async fn clean_tenant(cx: TenantCall, p: CleanTenant) -> ToolResult<Done<ChangedTenant>> {
    cx.assets()?.clean_tenant(&p.child_tenant_id).await?;
    cx.forget(&p.child_tenant_id).await;
    let text = format!(
        "Tenant '{}' cleaned (reset to factory defaults).",
        p.child_tenant_id
    );
    Ok(changed(&cx, text, p.child_tenant_id))
}

/// Registers a tenant for a database that exists already, for example one that was detached.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct AttachTenant {
    /// Id of the tenant.
    child_tenant_id: String,
    /// Name of the existing database.
    database: String,
}

async fn attach_tenant(cx: TenantCall, p: AttachTenant) -> ToolResult<Done<ChangedTenant>> {
    let child = p.child_tenant_id.trim().to_lowercase();
    let database = p.database.trim().to_lowercase();
    cx.assets()?.attach_tenant(&child, &database).await?;
    cx.forget(&child).await;
    let text = format!(
        "Tenant '{}' attached to database '{}' under '{}'.",
        p.child_tenant_id,
        p.database,
        cx.tenant_id()
    );
    Ok(changed(&cx, text, p.child_tenant_id))
}

/// Takes a tenant off the platform but keeps its database; attach_tenant brings it back.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct DetachTenant {
    /// Id of the tenant.
    child_tenant_id: String,
}

async fn detach_tenant(cx: TenantCall, p: DetachTenant) -> ToolResult<Done<ChangedTenant>> {
    cx.assets()?.detach_tenant(&p.child_tenant_id).await?;
    cx.forget(&p.child_tenant_id).await;
    let text = format!(
        "Tenant '{}' detached (database preserved).",
        p.child_tenant_id
    );
    Ok(changed(&cx, text, p.child_tenant_id))
}

/// Makes all services forget what they keep in memory about a tenant, such as its type graph.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct ClearTenantCache {
    /// Id of the tenant.
    child_tenant_id: String,
}

async fn clear_tenant_cache(
    cx: TenantCall,
    p: ClearTenantCache,
) -> ToolResult<Done<ChangedTenant>> {
    cx.assets()?.clear_tenant_cache(&p.child_tenant_id).await?;
    let text = format!("Cache cleared for tenant '{}'.", p.child_tenant_id);
    Ok(changed(&cx, text, p.child_tenant_id))
}

/// Brings the built-in System model of a tenant to the version the platform ships.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct UpdateSystemCkModel {
    /// Id of the tenant.
    child_tenant_id: String,
}

async fn update_system_ck_model(
    cx: TenantCall,
    p: UpdateSystemCkModel,
) -> ToolResult<Done<ChangedTenant>> {
    match cx.assets()?.update_system_model(&p.child_tenant_id).await {
        Ok(()) => {}
        Err(ServiceError::NotSupported(_)) => {
            return Err(Failure::new(
                "This OctoMesh version does not offer the update: its services bring the System model up to date themselves when they start using the tenant.",
            ));
        }
        Err(error) => return Err(error.into()),
    }
    let text = format!(
        "System CK model updated for tenant '{}'.",
        p.child_tenant_id
    );
    Ok(changed(&cx, text, p.child_tenant_id))
}

fn changed(cx: &TenantCall, text: String, child: String) -> Done<ChangedTenant> {
    let parent_tenant_id = cx.tenant_id().to_owned();
    Done::new(
        text,
        ChangedTenant {
            child_tenant_id: child,
            parent_tenant_id,
        },
    )
}
