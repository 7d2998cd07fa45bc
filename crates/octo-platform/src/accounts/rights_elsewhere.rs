//! What a user may do in other tenants than its own (identity.md 6.10).
//!
//! Whoever holds an account holds all that the account opens, and that is not only what its own
//! tenant gives: tenants that let its users in give roles to mappings and to shadow users. Those who
//! administer users must not get at more through somebody else's account than they may do
//! themselves, so this is counted before they touch one.

use std::collections::BTreeSet;

use octo_runtime::{ChildrenQuery, Entity, RuntimeError, Tenant, TenantId};

use super::roles::{self, Roles};
use super::{first_login, mappings, shadow, trust};
use crate::state::PlatformState;

/// Names of the roles that other tenants give to `user` of `tenant`: through mappings, through
/// shadow users, and through the rules that will count when the user comes in for the first time.
///
/// A mapping counts whether or not its tenant lets the user in at the moment: that may change.
///
/// # Errors
/// [`RuntimeError`] if a tenant cannot be read: what it gives is then unknown.
pub async fn of_user(
    state: &PlatformState,
    tenant: &Tenant,
    user: &Entity,
) -> Result<BTreeSet<String>, RuntimeError> {
    let mut names = BTreeSet::new();
    for id in others(state, tenant.id()).await? {
        // Opened without seeding it: with many tenants that would take long.
        let other = match state.runtime().tenant(&id).await {
            Ok(other) => other,
            Err(RuntimeError::TenantUnknown(_)) => continue,
            Err(error) => return Err(error),
        };
        for given in in_tenant(state, &other, tenant.id(), user).await? {
            names.extend(roles::names(&given));
        }
    }
    Ok(names)
}

async fn others(state: &PlatformState, own: &TenantId) -> Result<Vec<TenantId>, RuntimeError> {
    let system = state.runtime().system_tenant();
    let all = state
        .runtime()
        .children(system.id(), ChildrenQuery::default())
        .await?;
    let mut ids: Vec<TenantId> = all.items.into_iter().map(|tenant| tenant.id).collect();
    ids.push(system.id().clone());
    ids.retain(|id| id != own);
    Ok(ids)
}

async fn in_tenant(
    state: &PlatformState,
    other: &Tenant,
    home: &TenantId,
    user: &Entity,
) -> Result<Vec<Roles>, RuntimeError> {
    let mut given = Vec::new();
    for mapping in mappings::of(other, home, user.rt_id).await? {
        given.push(roles::of_mapping(other, &mapping).await?);
    }
    let shadows = shadow::linked_to(state.sealer(), other, home, user.rt_id).await?;
    for shadow in &shadows {
        given.push(roles::effective_of_user(state, other, shadow).await?);
    }
    if shadows.is_empty() {
        given.extend(at_first_login(state, other, home, user).await?);
    }
    Ok(given)
}

async fn at_first_login(
    state: &PlatformState,
    other: &Tenant,
    home: &TenantId,
    user: &Entity,
) -> Result<Vec<Roles>, RuntimeError> {
    let email = shadow::confirmed_email(user);
    let trusted = trust::ancestors(state, other).await?;
    if email.is_none() || trusted.iter().all(|trust| trust.parent != *home) {
        return Ok(Vec::new());
    }
    let mut given = Vec::new();
    for group in first_login::groups(other, None, email).await? {
        given.push(roles::of_members(other, group.rt_id).await?);
    }
    Ok(given)
}
