//! The tenant rights are given in, and who may do so.

use std::sync::Arc;

use http::StatusCode;
use octo_runtime::{Tenant, TenantId};

use crate::auth::{ReadWrite, TenantCaller};
use crate::identity::lookup::unreadable;
use crate::problem::Problem;
use crate::rest::{TENANT_ROLES, require_any_role};
use crate::state::PlatformState;

/// A tenant below the caller's.
pub(super) struct Target {
    /// The tenant.
    pub(super) tenant: Arc<Tenant>,
    /// The tenants above it, nearest first, up to the caller's own: those whose users the caller
    /// may see and give rights to.
    pub(super) above: Vec<TenantId>,
}

impl Target {
    /// Opens the tenant a route names, for callers who administer tenants above it.
    pub(super) async fn open(
        state: &PlatformState,
        caller: &TenantCaller<ReadWrite>,
        target: &str,
    ) -> Result<Self, Problem> {
        require_any_role(&caller.caller, TENANT_ROLES)?;
        let tenant = state.find_tenant(target).await.map_err(unreadable)?;
        let tenant = tenant.ok_or_else(|| {
            let text = format!("Tenant '{target}' not found.");
            Problem::text(StatusCode::NOT_FOUND, text)
        })?;
        let mut above = state
            .runtime()
            .ancestors(tenant.id())
            .await
            .map_err(unreadable)?;
        let own = caller.tenant.id();
        let Some(position) = above.iter().position(|ancestor| ancestor == own) else {
            return Err(Problem::forbidden(format!(
                "Tenant '{}' is not below tenant '{own}'.",
                tenant.id()
            )));
        };
        above.truncate(position + 1);
        Ok(Self { tenant, above })
    }

    /// Opens a tenant whose user is given rights.
    pub(super) async fn source(
        &self,
        state: &PlatformState,
        source: &TenantId,
    ) -> Result<Arc<Tenant>, Problem> {
        let known = self.above.iter().find(|id| *id == source);
        let opened = match known {
            Some(id) => state.find_tenant(id.as_str()).await.map_err(unreadable)?,
            None => None,
        };
        opened.ok_or_else(|| {
            let names: Vec<String> = self.above.iter().map(|id| format!("'{id}'")).collect();
            Problem::validation(
                "SourceTenantId",
                format!(
                    "Users of tenant '{source}' cannot be given rights in tenant '{}' from here, \
                     only those of {}.",
                    self.tenant.id(),
                    names.join(", ")
                ),
            )
        })
    }
}
