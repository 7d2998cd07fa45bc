//! Copies of clients in tenants below.

use octo_sdk::identity::{ClientMirrorBackfillResponseDto, ClientMirrorProvisionResponseDto};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{ClientReply, done};
use crate::call::TenantCall;
use crate::reply::{Done, ToolResult};
use crate::tool::{Risk, Tool, tool};

/// The tools of this file.
pub(super) fn tools() -> [Tool; 5] {
    [
        tool("get_client_mirrors", get_client_mirrors),
        tool(
            "provision_client_in_existing_tenants",
            provision_in_existing_tenants,
        )
        .risk(Risk::High)
        .writes(),
        tool("provision_client_in_tenant", provision_in_tenant)
            .risk(Risk::High)
            .writes(),
        tool("unprovision_client_from_tenant", unprovision_from_tenant)
            .risk(Risk::High)
            .destructive()
            .confirm(|p: &UnprovisionClientFromTenant| {
                format!(
                    "Refusing to unprovision client '{}' from sub-tenant '{}' without \
                     confirm=true.",
                    p.client_id, p.child_tenant_id
                )
            }),
        tool("set_client_auto_provision", set_auto_provision)
            .risk(Risk::Medium)
            .destructive(),
    ]
}

/// Lists the tenants below that hold a copy of an OAuth client.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct GetClientMirrors {
    /// OAuth client id.
    client_id: String,
}

/// A copy of a client.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct MirrorItem {
    /// OAuth client id, the same in both tenants.
    parent_client_id: String,
    /// Tenant of the original.
    parent_tenant_id: String,
    /// Tenant of the copy.
    child_tenant_id: String,
    /// When the copy was made.
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    provisioned_at: Option<jiff::Timestamp>,
    /// How many changes of the original have reached the copy.
    secret_hash_version: i32,
}

/// Copies of a client.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct MirrorList {
    /// OAuth client id.
    client_id: String,
    /// The copies.
    mirrors: Vec<MirrorItem>,
    /// Their number.
    total_count: usize,
}

async fn get_client_mirrors(cx: TenantCall, p: GetClientMirrors) -> ToolResult<Done<MirrorList>> {
    let found = cx.identity()?.client_mirrors(&p.client_id).await?;
    let mirrors: Vec<MirrorItem> = found
        .into_iter()
        .map(|mirror| MirrorItem {
            parent_client_id: mirror.parent_client_id,
            parent_tenant_id: mirror.parent_tenant_id,
            child_tenant_id: mirror.child_tenant_id,
            provisioned_at: mirror.provisioned_at,
            secret_hash_version: mirror.secret_hash_version,
        })
        .collect();
    let text = match mirrors.len() {
        0 => format!("Client '{}' has no mirrors.", p.client_id),
        n => format!(
            "Client '{}' is mirrored into {n} sub-tenant(s).",
            p.client_id
        ),
    };
    let total_count = mirrors.len();
    let list = MirrorList {
        client_id: p.client_id,
        mirrors,
        total_count,
    };
    Ok(Done::new(text, list))
}

/// Copies an OAuth client, and with it every other client of the tenant that is flagged for child
/// tenants, into all tenants below that exist. Flag it first: set_client_auto_provision.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct ProvisionClientInExistingTenants {
    /// OAuth client id.
    client_id: String,
}

/// What copying into all tenants below did.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct BackfillReply {
    /// OAuth client id.
    client_id: String,
    /// What was done.
    backfill: Backfill,
}

/// Numbers over all tenants below and all flagged clients.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Backfill {
    /// Tenants below.
    child_tenants_considered: u64,
    /// Copies made.
    newly_provisioned: u64,
    /// Copies that were there, brought up to date.
    already_present: u64,
}

async fn provision_in_existing_tenants(
    cx: TenantCall,
    p: ProvisionClientInExistingTenants,
) -> ToolResult<Done<BackfillReply>> {
    let done = cx
        .identity()?
        .provision_client_in_existing_tenants(&p.client_id)
        .await?;
    let ClientMirrorBackfillResponseDto {
        child_tenants_considered,
        newly_provisioned,
        already_present,
    } = done;
    let text = if newly_provisioned + already_present == 0 {
        format!(
            "Client '{}' was copied nowhere: {child_tenants_considered} sub-tenant(s) were \
             considered and none could be reached or needed a copy.",
            p.client_id
        )
    } else {
        format!(
            "Client '{}' back-filled into existing sub-tenants. {child_tenants_considered} \
             sub-tenant(s): {newly_provisioned} new copies, {already_present} brought up to date.",
            p.client_id
        )
    };
    let backfill = Backfill {
        child_tenants_considered,
        newly_provisioned,
        already_present,
    };
    let client_id = p.client_id;
    Ok(Done::new(
        text,
        BackfillReply {
            client_id,
            backfill,
        },
    ))
}

/// Copies an OAuth client, and with it every other client of the tenant that is flagged for child
/// tenants, into one tenant below. Flag it first: set_client_auto_provision.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct ProvisionClientInTenant {
    /// OAuth client id.
    client_id: String,
    /// The tenant that receives the copies.
    child_tenant_id: String,
}

/// What copying into one tenant did.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct ProvisionReply {
    /// OAuth client id.
    client_id: String,
    /// The tenant.
    child_tenant_id: String,
    /// What was done; absent where the tool copies nothing.
    provision: Option<Provision>,
}

/// Numbers over all flagged clients.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Provision {
    /// Clients flagged for child tenants.
    flagged_clients_considered: u64,
    /// Copies made.
    newly_provisioned: u64,
    /// Copies that were there, brought up to date.
    already_present: u64,
}

async fn provision_in_tenant(
    cx: TenantCall,
    p: ProvisionClientInTenant,
) -> ToolResult<Done<ProvisionReply>> {
    let done = cx
        .identity()?
        .provision_client_in_tenant(&p.client_id, &p.child_tenant_id)
        .await?;
    let ClientMirrorProvisionResponseDto {
        flagged_clients_considered,
        newly_provisioned,
        already_present,
    } = done;
    let (client, tenant) = (&p.client_id, &p.child_tenant_id);
    let text = if newly_provisioned + already_present == 0 {
        format!(
            "Client '{client}' was copied nowhere: '{tenant}' is no tenant below this one. \
             list_tenants shows the tenants."
        )
    } else {
        format!(
            "Client '{client}' provisioned into sub-tenant '{tenant}'. \
             {flagged_clients_considered} flagged client(s): {newly_provisioned} new copies, \
             {already_present} brought up to date."
        )
    };
    let provision = Some(Provision {
        flagged_clients_considered,
        newly_provisioned,
        already_present,
    });
    let (client_id, child_tenant_id) = (p.client_id, p.child_tenant_id);
    Ok(Done::new(
        text,
        ProvisionReply {
            client_id,
            child_tenant_id,
            provision,
        },
    ))
}

/// Deletes the copy of an OAuth client in one tenant below; the original stays.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct UnprovisionClientFromTenant {
    /// OAuth client id.
    client_id: String,
    /// The tenant with the copy.
    child_tenant_id: String,
}

async fn unprovision_from_tenant(
    cx: TenantCall,
    p: UnprovisionClientFromTenant,
) -> ToolResult<Done<ProvisionReply>> {
    cx.identity()?
        .delete_client_mirror(&p.client_id, &p.child_tenant_id)
        .await?;
    let text = format!(
        "Client '{}' unprovisioned from sub-tenant '{}'.",
        p.client_id, p.child_tenant_id
    );
    Ok(Done::new(
        text,
        ProvisionReply {
            client_id: p.client_id,
            child_tenant_id: p.child_tenant_id,
            provision: None,
        },
    ))
}

/// Sets whether new tenants below receive a copy of an OAuth client. Tenants that exist are filled
/// by provision_client_in_existing_tenants; copies stay when the flag is taken away.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct SetClientAutoProvision {
    /// OAuth client id.
    client_id: String,
    /// Copy it into new tenants.
    enabled: bool,
}

async fn set_auto_provision(
    cx: TenantCall,
    p: SetClientAutoProvision,
) -> ToolResult<Done<ClientReply>> {
    cx.identity()?
        .set_client_auto_provision(&p.client_id, p.enabled)
        .await?;
    let state = if p.enabled { "enabled" } else { "disabled" };
    let text = format!("AutoProvisionInChildTenants {state} on '{}'.", p.client_id);
    Ok(done(text, p.client_id))
}
