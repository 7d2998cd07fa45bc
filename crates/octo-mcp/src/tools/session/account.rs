//! Who is signed in, and where that user may work.

use octo_runtime::TenantId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{home_token, user_of};
use crate::auth::NOT_AUTHENTICATED;
use crate::call::{Call, UserCall};
use crate::reply::{Data, Done, Failure, ToolResult};

/// Shows the signed-in user: name, tenant, roles, scopes, and until when the sign-in is valid.
#[derive(Deserialize, JsonSchema)]
pub(super) struct WhoAmI {}

/// The signed-in user.
#[derive(Default, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct WhoAmIReply {
    /// The caller is signed in.
    is_authenticated: bool,
    /// Id of the user.
    user_id: Option<String>,
    /// Login name of the user.
    user_name: Option<String>,
    /// Mail address of the user.
    email: Option<String>,
    /// Tenant the user signed in to.
    tenant_id: Option<String>,
    /// Tenants the user may work on.
    allowed_tenants: Vec<String>,
    /// Roles of the user in the tenant.
    roles: Vec<String>,
    /// What the sign-in allows.
    scopes: Vec<String>,
    /// End of the access token.
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    token_expires_at_utc: Option<jiff::Timestamp>,
}

pub(super) async fn whoami(cx: Call, _: WhoAmI) -> ToolResult<Data<WhoAmIReply>> {
    let Some(home) = home_token(&cx).await else {
        let nothing: [String; 0] = [];
        return Err(Failure::new(NOT_AUTHENTICATED)
            .with("isAuthenticated", false)
            .with("allowedTenants", &nothing)
            .with("roles", &nothing)
            .with("scopes", &nothing));
    };
    let claims = &home.token.claims;
    let user = user_of(&cx, &home.token).await;
    let expires = home
        .expires
        .or_else(|| jiff::Timestamp::from_second(claims.exp).ok());
    Ok(Data(WhoAmIReply {
        is_authenticated: true,
        user_id: claims.sub.clone(),
        user_name: user.name,
        email: user.email,
        tenant_id: claims.home_tenant(),
        allowed_tenants: claims.allowed_tenants.clone(),
        roles: claims.role.clone(),
        scopes: claims.scope.clone(),
        token_expires_at_utc: expires,
    }))
}

/// Lists the tenants the signed-in user may work on; each can be passed to other tools as
/// tenantId. For the tenants of the platform see get_tenants.
#[derive(Deserialize, JsonSchema)]
pub(super) struct ListTenants {}

/// Tenants of the user.
#[derive(Default, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ListTenantsReply {
    /// Tenant the user signed in to.
    current_tenant_id: Option<String>,
    /// Tenants the user may work on.
    allowed_tenants: Vec<String>,
    /// Their number.
    total_count: usize,
}

pub(super) async fn list_tenants(cx: Call, _: ListTenants) -> ToolResult<Done<ListTenantsReply>> {
    let Some(home) = home_token(&cx).await else {
        let nothing: [String; 0] = [];
        return Err(Failure::new(NOT_AUTHENTICATED)
            .with("allowedTenants", &nothing)
            .with("totalCount", 0));
    };
    let claims = &home.token.claims;
    let count = claims.allowed_tenants.len();
    let text = match count {
        0 => {
            "The access token names no tenants: it belongs to a service, not to a user.".to_owned()
        }
        n => format!("{n} tenant(s). Pass one of them as tenantId to other tools."),
    };
    Ok(Done::new(
        text,
        ListTenantsReply {
            current_tenant_id: claims.home_tenant(),
            allowed_tenants: claims.allowed_tenants.clone(),
            total_count: count,
        },
    ))
}

/// Checks that the signed-in user may work on another tenant and shows the roles there. There is
/// no current tenant: still name the tenant in each call.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct SwitchTenant {
    /// Tenant to work on.
    tenant_id: String,
}

/// Rights in the tenant.
#[derive(Default, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct SwitchTenantReply {
    /// Tenant asked for.
    tenant_id: String,
    /// Roles of the user there.
    roles: Vec<String>,
}

pub(super) async fn switch_tenant(
    cx: UserCall,
    p: SwitchTenant,
) -> ToolResult<Done<SwitchTenantReply>> {
    let tenant: TenantId = p
        .tenant_id
        .parse()
        .map_err(|_| Failure::new("Invalid tenant id."))?;
    let (caller, key) = (&cx.incoming().caller, cx.incoming().key.as_ref());
    let gate = &cx.services().gate;
    let home = gate
        .signed_in(caller, key)
        .await
        .ok()
        .and_then(|token| token.claims.home_tenant());
    let access = gate
        .authorize(caller, key, tenant.clone())
        .await
        .map_err(|denial| {
            Failure::new(format!(
                "{denial} Use the 'authenticate' tool to log in against that tenant directly."
            ))
            .with("tenantId", &p.tenant_id)
        })?;
    let text = if home.as_deref() == Some(tenant.as_str()) {
        format!("Already on tenant '{tenant}'.")
    } else {
        format!("Tenant '{tenant}' can be used. Pass tenantId: \"{tenant}\" to other tools.")
    };
    let roles = access.token.claims.role.clone();
    Ok(Done::new(
        text,
        SwitchTenantReply {
            tenant_id: p.tenant_id,
            roles,
        },
    ))
}
