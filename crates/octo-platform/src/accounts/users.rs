//! Finding users.

use octo_runtime::{Entity, EntityQuery, RtId, RuntimeError, Tenant};

use super::names::USER;
use crate::state::PlatformState;

/// The form in which user names and e-mail addresses are compared (identity.md 6.1).
pub fn normalize(name: &str) -> String {
    name.trim().to_uppercase()
}

/// Names are unique by comparison, not by index: writers of a tenant's users take turns.
pub(crate) async fn lock(
    state: &PlatformState,
    tenant: &Tenant,
) -> tokio::sync::OwnedMutexGuard<()> {
    state.locks().lock(&[tenant.id().as_str(), "users"]).await
}

/// The user of that id.
///
/// # Errors
/// [`RuntimeError`] if the tenant cannot be read.
pub async fn by_id(tenant: &Tenant, id: RtId) -> Result<Option<Entity>, RuntimeError> {
    tenant.get(USER, id).await
}

/// The user of that name, in any case.
///
/// # Errors
/// [`RuntimeError`] if the tenant cannot be read.
pub async fn by_name(tenant: &Tenant, name: &str) -> Result<Option<Entity>, RuntimeError> {
    first(tenant, "NormalizedUserName", name).await
}

/// The user somebody means at a log-in: by name, else by e-mail address if only one user has it.
///
/// # Errors
/// [`RuntimeError`] if the tenant cannot be read.
pub async fn by_name_or_email(tenant: &Tenant, text: &str) -> Result<Option<Entity>, RuntimeError> {
    match by_name(tenant, text).await? {
        Some(user) => Ok(Some(user)),
        None => only(tenant, "NormalizedEmail", text).await,
    }
}

/// Whether `text` is the name or the e-mail address of somebody.
///
/// # Errors
/// [`RuntimeError`] if the tenant cannot be read.
pub async fn is_known(tenant: &Tenant, text: &str) -> Result<bool, RuntimeError> {
    let named = first(tenant, "NormalizedUserName", text).await?;
    Ok(named.is_some() || first(tenant, "NormalizedEmail", text).await?.is_some())
}

/// The user with that e-mail address, if only one has it.
///
/// # Errors
/// [`RuntimeError`] if the tenant cannot be read.
pub async fn by_email(tenant: &Tenant, email: &str) -> Result<Option<Entity>, RuntimeError> {
    only(tenant, "NormalizedEmail", email).await
}

/// The name of a user; empty for a user without one.
pub fn user_name(user: &Entity) -> &str {
    user.attributes.str("UserName").unwrap_or_default()
}

async fn first(tenant: &Tenant, path: &str, text: &str) -> Result<Option<Entity>, RuntimeError> {
    let query = EntityQuery::of(USER).eq(path, normalize(text)).take(1);
    Ok(tenant.query(query).await?.items.into_iter().next())
}

async fn only(tenant: &Tenant, path: &str, text: &str) -> Result<Option<Entity>, RuntimeError> {
    let query = EntityQuery::of(USER).eq(path, normalize(text)).take(2);
    let mut found = tenant.query(query).await?.items;
    Ok(if found.len() == 1 { found.pop() } else { None })
}
