//! Removing applications whose registration has expired (identity.md 6.11).

use std::time::Duration;

use octo_runtime::{DeleteEntity, Entity, EntityQuery, RuntimeError, Tenant};
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use crate::accounts::client_mirrors;
use crate::accounts::names::CLIENT;
use crate::oidc::client::Client;
use crate::state::PlatformState;

const HOUR: Duration = Duration::from_secs(3600);

/// Sweeps now and every hour until `stop`.
pub(crate) async fn hourly(state: PlatformState, stop: CancellationToken) {
    let mut hours = interval(HOUR);
    hours.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = hours.tick() => {}
        }
        match sweep(&state).await {
            Ok(0) => {}
            Ok(removed) => tracing::info!(removed, "registrations of applications have expired"),
            Err(error) => tracing::warn!(%error, "expired registrations could not be removed"),
        }
    }
}

/// Removes expired registrations with their copies in other tenants, which would not expire by
/// themselves. One whose copies cannot be removed stays for the next time: it opens nothing any more.
/// Returns how many are gone.
///
/// # Errors
/// [`RuntimeError`] if the system tenant cannot be read or changed.
pub async fn sweep(state: &PlatformState) -> Result<usize, RuntimeError> {
    let tenant = state.runtime().system_tenant();
    let now = state.clock().now();
    let mut removed = 0;
    for client in registered(&tenant).await? {
        if !Client::is_expired(&client, now) {
            continue;
        }
        if let Err(error) = remove_copies(state, &tenant, &client).await {
            tracing::warn!(client = %client.rt_id, %error, "copies of an expired client could not be removed");
            continue;
        }
        // The lock of everybody who writes clients of the tenant.
        let _only_one = state.locks().lock(&[tenant.id().as_str(), "clients"]).await;
        let delete = DeleteEntity::of(CLIENT, client.rt_id).erase();
        match tenant.delete(delete).await {
            Ok(_) => removed += 1,
            Err(RuntimeError::EntityMissing { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(removed)
}

/// Clients that registered themselves, expired ones included.
pub(super) async fn registered(tenant: &Tenant) -> Result<Vec<Entity>, RuntimeError> {
    let registered = EntityQuery::of(CLIENT).eq("DynamicRegistration", true);
    Ok(tenant.query(registered).await?.items)
}

async fn remove_copies(
    state: &PlatformState,
    tenant: &Tenant,
    client: &Entity,
) -> Result<(), RuntimeError> {
    let id = client.attributes.str("ClientId").unwrap_or_default();
    for copy in client_mirrors::rows_of(tenant, id).await? {
        client_mirrors::remove(state, tenant, &copy).await?;
    }
    Ok(())
}
