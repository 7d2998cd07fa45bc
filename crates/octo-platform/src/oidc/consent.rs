//! What people allowed applications, remembered.
//!
//! An answer is a `PersistedGrant` of the tenant: which user allowed which client which scopes. It
//! is sealed like refresh grants. Clients that made themselves known are always asked about anew,
//! because nothing proves that the program behind the same address is the one of last time
//! (RFC 8252, 8.6).

use jiff::SignedDuration;
use octo_runtime::{
    ChangeSet, DeleteEntity, Entity, EntityQuery, NewEntity, RtId, RuntimeError, Tenant,
};

use super::client::Client;
use crate::accounts::names::PERSISTED_GRANT;
use crate::secret::sha256_base64;
use crate::state::PlatformState;

const GRANT_TYPE: &str = "user_consent";
const SEAL_LABEL: &str = "user-consent";

/// Whether the user has allowed the client all of `scopes` before.
///
/// # Errors
/// [`RuntimeError`] if the tenant cannot be read.
pub async fn is_remembered(
    state: &PlatformState,
    tenant: &Tenant,
    client: &Client,
    user: RtId,
    scopes: &[String],
) -> Result<bool, RuntimeError> {
    if !client.consent.rememberable {
        return Ok(false);
    }
    let key = key_of(client, user);
    let now = state.clock().now();
    let Some(stored) = find(tenant, &key).await? else {
        return Ok(false);
    };
    let ends = stored.attributes.timestamp("ExpirationDateTime");
    let allowed = unseal(state, tenant, &key, &stored);
    let covers = |allowed: &str| {
        let allowed: Vec<&str> = allowed.split(' ').collect();
        scopes.iter().all(|scope| allowed.contains(&scope.as_str()))
    };
    Ok(ends.is_none_or(|ends| now < ends) && allowed.is_some_and(covers))
}

/// Remembers that the user allowed the client `scopes`, in place of what was remembered before.
///
/// # Errors
/// [`RuntimeError`] if the tenant cannot be changed.
pub async fn remember(
    state: &PlatformState,
    tenant: &Tenant,
    client: &Client,
    user: RtId,
    scopes: &[String],
) -> Result<(), RuntimeError> {
    if !client.consent.rememberable {
        return Ok(());
    }
    let key = key_of(client, user);
    let _one_at_a_time = state.locks().lock(&[tenant.id().as_str(), &key]).await;
    let now = state.clock().now();
    let allowed = scopes.join(" ");
    let seal = state
        .sealer()
        .seal(SEAL_LABEL, &[tenant.id().as_str(), &key, &allowed]);
    let lifetime = client.consent.lifetime.map(SignedDuration::from_secs);
    let ends = lifetime.and_then(|lifetime| now.checked_add(lifetime).ok());
    let mut changes = ChangeSet::new();
    if let Some(stored) = find(tenant, &key).await? {
        changes = changes.delete(DeleteEntity::of(PERSISTED_GRANT, stored.rt_id).erase());
    }
    let mut grant = NewEntity::of(PERSISTED_GRANT)
        .set("GrantKey", key)
        .set("GrantType", GRANT_TYPE)
        .set("SubjectId", user.to_string())
        .set("ClientId", client.client_id.clone())
        .set("CreationDateTime", now)
        .set("Data", format!("{seal}.{allowed}"));
    if let Some(ends) = ends {
        grant = grant.set("ExpirationDateTime", ends);
    }
    tenant.apply(changes.insert(grant)).await?;
    Ok(())
}

async fn find(tenant: &Tenant, key: &str) -> Result<Option<Entity>, RuntimeError> {
    let query = EntityQuery::of(PERSISTED_GRANT)
        .eq("GrantKey", key)
        .eq("GrantType", GRANT_TYPE);
    tenant.first(query).await
}

fn key_of(client: &Client, user: RtId) -> String {
    sha256_base64(&format!("{GRANT_TYPE} {user} {}", client.client_id))
}

fn unseal<'a>(
    state: &PlatformState,
    tenant: &Tenant,
    key: &str,
    stored: &'a Entity,
) -> Option<&'a str> {
    let (seal, allowed) = stored.attributes.str("Data")?.split_once('.')?;
    let parts = [tenant.id().as_str(), key, allowed];
    state
        .sealer()
        .verify(SEAL_LABEL, &parts, seal)
        .then_some(allowed)
}
