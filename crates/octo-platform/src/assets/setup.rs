//! What a new tenant gets besides its database: the identity data, and the caller as its
//! administrator.

use std::fmt::Display;
use std::sync::Arc;

use octo_runtime::{DatabaseName, RtId, RuntimeError, Tenant, TenantId};

use crate::accounts::{provision_admin, users};
use crate::seed;
use crate::state::PlatformState;

/// Why a tenant could not be set up.
#[derive(Debug, thiserror::Error)]
pub(super) enum SetupError {
    /// The runtime refused; nothing was changed.
    #[error(transparent)]
    Refused(#[from] RuntimeError),
    /// The user who asks was deleted after the token was issued; nothing was changed.
    #[error("The user of the access token does not exist any more. Sign in again.")]
    UserGone,
    /// The data of the new tenant could not be written.
    #[error("{0}")]
    Incomplete(String),
}

/// Who asks, and under which tenant.
#[derive(Clone)]
pub(super) struct Request {
    /// The parent.
    pub(super) parent: Arc<Tenant>,
    /// The user to make administrator; `None` for a service.
    pub(super) user: Option<RtId>,
}

/// Creates a tenant; after a failure nothing of it is left.
pub(super) async fn create(
    state: &PlatformState,
    request: &Request,
    child: &TenantId,
    database: &DatabaseName,
) -> Result<(), SetupError> {
    require_user(request).await?;
    let parent = request.parent.id();
    let tenant = state
        .runtime()
        .create_tenant(parent, child, database)
        .await?;
    let Err(error) = complete(state, request, &tenant).await else {
        return Ok(());
    };
    if let Err(cause) = state.runtime().delete_tenant(parent, child).await {
        tracing::error!(tenant = %child, %cause, "a tenant whose setup failed could not be removed");
    }
    Err(error)
}

/// Resets a tenant to what it was right after its creation.
pub(super) async fn clean(
    state: &PlatformState,
    request: &Request,
    child: &TenantId,
) -> Result<(), SetupError> {
    require_user(request).await?;
    let tenant = state
        .runtime()
        .clean_tenant(request.parent.id(), child)
        .await?;
    complete(state, request, &tenant).await
}

/// Restores the identity data every tenant has.
pub(super) async fn restore(state: &PlatformState, tenant: &Arc<Tenant>) -> Result<(), SetupError> {
    seed::tenant(state, tenant).await.map_err(incomplete)
}

/// A tenant without its administrator would be of no use, so nothing starts without the user.
async fn require_user(request: &Request) -> Result<(), SetupError> {
    match request.user {
        Some(user) if users::by_id(&request.parent, user).await?.is_none() => {
            Err(SetupError::UserGone)
        }
        _ => Ok(()),
    }
}

async fn complete(
    state: &PlatformState,
    request: &Request,
    tenant: &Arc<Tenant>,
) -> Result<(), SetupError> {
    restore(state, tenant).await?;
    if let Some(user) = request.user {
        provision_admin(state, tenant, &request.parent, user)
            .await
            .map_err(incomplete)?;
    }
    Ok(())
}

fn incomplete(error: impl Display) -> SetupError {
    SetupError::Incomplete(error.to_string())
}
