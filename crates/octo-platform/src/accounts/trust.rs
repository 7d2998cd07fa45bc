//! Which tenants let users of which other tenants in.

use std::collections::BTreeSet;

use octo_runtime::{Entity, EntityQuery, RuntimeError, Tenant, TenantId};

use super::names::OCTO_TENANT_PROVIDER;
use crate::state::PlatformState;

/// How many steps from a tenant up to its ancestors are followed (auth.md 6.5.2, check 8).
pub const MAX_STEPS: usize = 10;

/// A tenant whose users may come in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trust {
    /// The trusted tenant.
    pub parent: TenantId,
    /// Whether users unknown so far may come in as well.
    pub self_registration: bool,
    /// Id of the group for users unknown so far.
    pub default_group: Option<String>,
}

/// The enabled parent providers of a tenant, in the order of their ids.
///
/// # Errors
/// [`RuntimeError`] if the tenant cannot be read.
pub async fn parents(tenant: &Tenant) -> Result<Vec<Trust>, RuntimeError> {
    let providers = tenant.query(EntityQuery::of(OCTO_TENANT_PROVIDER)).await?;
    Ok(providers.items.iter().filter_map(read).collect())
}

/// Every tenant reachable upwards from `tenant`, nearest first, `tenant` itself left out. Each
/// entry says whether every step on the way allows self-registration.
///
/// # Errors
/// [`RuntimeError`] if a tenant on the way cannot be read.
pub async fn ancestors(state: &PlatformState, tenant: &Tenant) -> Result<Vec<Trust>, RuntimeError> {
    let mut seen = BTreeSet::from([tenant.id().clone()]);
    let mut found = Vec::new();
    let mut level = parents(tenant).await?;
    for _ in 0..MAX_STEPS {
        let mut next = Vec::new();
        for step in level {
            if !seen.insert(step.parent.clone()) {
                continue;
            }
            let Some(parent) = state.find_tenant(step.parent.as_str()).await? else {
                continue;
            };
            next.extend(parents(&parent).await?.into_iter().map(|further| Trust {
                self_registration: further.self_registration && step.self_registration,
                ..further
            }));
            found.push(step);
        }
        level = next;
    }
    Ok(found)
}

fn read(provider: &Entity) -> Option<Trust> {
    let attributes = &provider.attributes;
    if attributes.bool("IsEnabled") != Some(true) {
        return None;
    }
    Some(Trust {
        parent: attributes.str("ParentTenantId")?.parse().ok()?,
        self_registration: attributes.bool("AllowSelfRegistration").unwrap_or(true),
        default_group: attributes.str("DefaultGroupRtId").map(str::to_owned),
    })
}
