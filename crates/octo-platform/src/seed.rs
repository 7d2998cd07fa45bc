//! What a tenant starts with (identity.md 7).
//!
//! Every tenant holds the same roles, scopes, API resources, clients and the group `TenantOwners`,
//! under fixed ids. The seed is applied whenever this process opens a tenant for the first time,
//! as an upsert: what the seed prescribes is restored, what an administrator added stays. Thus a
//! new public URL of the MCP server reaches every tenant at its next use.

use std::collections::HashMap;
use std::sync::{Arc, Weak};

use octo_runtime::{RuntimeError, Tenant, TenantId};
use tokio::sync::Mutex;

use crate::accounts::client_mirrors;
use crate::password::HashingFailed;
use crate::secret::RandomUnavailable;
use crate::state::PlatformState;

mod admin;
mod clients;
mod resources;
mod roles;
mod upsert;

pub use roles::{OWNERS_GROUP, ROLE_NAMES};

/// Name of the first user.
pub const ADMIN_NAME: &str = "admin";

/// The models every tenant has besides `System` (spec, System models 2). Those of services that can be
/// turned on come with them.
const MODELS: [&str; 3] = ["System.Identity", "System.Notification", "System.UI"];

/// Why the system tenant could not be prepared.
#[derive(Debug, thiserror::Error)]
pub enum SeedError {
    /// The tenant could not be read or changed.
    #[error("the system tenant cannot be prepared: {0}")]
    Runtime(#[from] RuntimeError),
    /// The configured admin password breaks the password policy.
    #[error("the configured password of user 'admin' is not acceptable: {0}")]
    AdminPassword(String),
    /// The password could not be hashed.
    #[error(transparent)]
    Hashing(#[from] HashingFailed),
    /// No password could be generated.
    #[error(transparent)]
    Random(#[from] RandomUnavailable),
}

/// Which open tenants have been seeded by this process.
#[derive(Debug, Default)]
pub struct Seeded(Mutex<HashMap<TenantId, Weak<Tenant>>>);

/// Seeds the system tenant and creates its first user if it has none. Returns the password when
/// one was generated.
///
/// # Errors
/// [`SeedError`].
pub(crate) async fn system_tenant(state: &PlatformState) -> Result<Option<String>, SeedError> {
    let tenant = state.runtime().system_tenant();
    ensure(state, &tenant).await?;
    admin::create_first_user(state, &tenant).await
}

/// Seeds `tenant` unless this process did so already for this very database.
///
/// # Errors
/// [`RuntimeError`] if the tenant cannot be read or changed.
pub(crate) async fn ensure(
    state: &PlatformState,
    tenant: &Arc<Tenant>,
) -> Result<(), RuntimeError> {
    let mut seeded = state.seeded().0.lock().await;
    let known = seeded.get(tenant.id()).and_then(Weak::upgrade);
    if known.is_some_and(|known| Arc::ptr_eq(&known, tenant)) {
        return Ok(());
    }
    apply(state, tenant).await?;
    seeded.insert(tenant.id().clone(), Arc::downgrade(tenant));
    Ok(())
}

/// Seeds `tenant` now, whether or not it was seeded before: what a new or emptied tenant needs,
/// and what brings back prescribed entities somebody removed.
///
/// # Errors
/// [`RuntimeError`] if the tenant cannot be read or changed.
pub async fn tenant(state: &PlatformState, tenant: &Arc<Tenant>) -> Result<(), RuntimeError> {
    let mut seeded = state.seeded().0.lock().await;
    apply(state, tenant).await?;
    seeded.insert(tenant.id().clone(), Arc::downgrade(tenant));
    Ok(())
}

async fn apply(state: &PlatformState, tenant: &Arc<Tenant>) -> Result<(), RuntimeError> {
    tenant.install_service_models(&MODELS).await?;
    let system = state.runtime().system_tenant();
    let is_system = tenant.id() == system.id();
    let mut seed = roles::roles();
    seed.extend(resources::resources(&state.config().mcp_public_url));
    if is_system {
        let urls = clients::PublicUrls {
            identity: state.authority(),
            mcp: &state.config().mcp_public_url,
        };
        seed.extend(clients::clients(&urls));
    }
    upsert::upsert(tenant, seed).await?;
    roles::link_owners(tenant).await?;
    if !is_system {
        client_mirrors::copy_flagged(state, &system, tenant).await?;
    }
    Ok(())
}

/// The fixed id of a seeded entity: `6600…` with a two-digit suffix.
fn seed_id(suffix: u8) -> octo_runtime::RtId {
    let mut bytes = [0_u8; 12];
    bytes[0] = 0x66;
    bytes[11] = suffix;
    octo_runtime::RtId::from_bytes(bytes)
}
