//! The tenants a user may choose from: claim `allowed_tenants` (auth.md 6.6).
//!
//! The list is for pickers and authorises nothing. It holds the tenant of the log-in, the home
//! tenant of a shadow user, the ancestors, and those descendants that hold a mapping for the user.

use std::collections::BTreeSet;

use octo_runtime::{Entity, EntityQuery, RuntimeError, Tenant, TenantId};

use super::mappings::is_from;
use super::names::EXTERNAL_MAPPING;
use super::shadow::{HomeIdentity, home_of};
use super::{trust, users};
use crate::state::PlatformState;

/// How many child tenants are looked into for one token.
const MAX_EXAMINED: usize = 200;

/// Ids of the tenants `user` of `tenant` may choose from, the tenant itself first.
///
/// # Errors
/// [`RuntimeError`] if the registry or a tenant cannot be read.
pub async fn of_user(
    state: &PlatformState,
    tenant: &Tenant,
    user: &Entity,
) -> Result<Vec<String>, RuntimeError> {
    let home = home_of(state.sealer(), tenant.id(), user);
    let mut found = vec![tenant.id().clone()];
    found.extend(home.iter().map(|home| home.tenant.clone()));
    found.extend(
        trust::ancestors(state, tenant)
            .await?
            .into_iter()
            .map(|trust| trust.parent),
    );
    found.extend(descendants(state, tenant, user, home).await?);
    let mut seen = BTreeSet::new();
    found.retain(|id| seen.insert(id.clone()));
    Ok(found.iter().map(TenantId::to_string).collect())
}

/// Breadth first from the tenant down; a child counts if it maps the user under the name it has in
/// the parent, or under its home identity.
async fn descendants(
    state: &PlatformState,
    tenant: &Tenant,
    user: &Entity,
    home: Option<HomeIdentity>,
) -> Result<Vec<TenantId>, RuntimeError> {
    let login = HomeIdentity {
        tenant: tenant.id().clone(),
        user: user.rt_id,
        user_name: users::user_name(user).to_owned(),
    };
    let home = home.unwrap_or_else(|| login.clone());
    let (mut found, mut examined) = (Vec::new(), 0);
    let mut level = vec![login];
    while !level.is_empty() {
        let mut next = Vec::new();
        for parent in level {
            for child_id in state.children_of(&parent.tenant, MAX_EXAMINED).await? {
                examined += 1;
                if examined > MAX_EXAMINED {
                    return Ok(found);
                }
                if is_mapped(state, &child_id, [&parent, &home]).await {
                    found.push(child_id.clone());
                    let user_name = parent.shadow_name();
                    next.push(HomeIdentity {
                        tenant: child_id,
                        user: parent.user,
                        user_name,
                    });
                }
            }
        }
        level = next;
    }
    Ok(found)
}

/// A tenant that cannot be looked into is left out; that is no reason to refuse a token.
async fn is_mapped(state: &PlatformState, child: &TenantId, sources: [&HomeIdentity; 2]) -> bool {
    // Opened without seeding it: with many tenants that would delay the first token for long.
    let mapped = async {
        let child = state.runtime().tenant(child).await?;
        Ok::<_, RuntimeError>(maps(&child, sources[0]).await? || maps(&child, sources[1]).await?)
    };
    mapped.await.unwrap_or_else(|error| {
        tracing::debug!(tenant = %child, %error, "left out of allowed_tenants");
        false
    })
}

async fn maps(child: &Tenant, source: &HomeIdentity) -> Result<bool, RuntimeError> {
    let query = EntityQuery::of(EXTERNAL_MAPPING).eq("SourceUserName", source.user_name.clone());
    let mappings = child.query(query).await?.items;
    Ok(mappings
        .iter()
        .any(|mapping| is_from(mapping, &source.tenant)))
}
