//! Copies of clients in child tenants (identity.md 6.5, 7.7).
//!
//! A client flagged `AutoProvisionInChildTenants` is copied into the tenants below its own, with its
//! secrets: what authenticates above authenticates below. The copy has the same client id, carries
//! no roles, and is marked with the tenant it comes from. A `ClientMirror` row in the parent says
//! where copies are; changes of the original are carried over to them.
//!
//! Copies are made by one writer at a time. Its lock is the innermost one: no tenant is opened while
//! it is held, because opening a tenant seeds it, and seeding copies clients.

use std::collections::{BTreeMap, BTreeSet};

use octo_runtime::{
    Attributes, ChangeSet, DeleteEntity, Entity, EntityQuery, NewEntity, RtId, RuntimeError,
    Tenant, TenantId, UpdateEntity, Value,
};

use super::names::{CLIENT, CLIENT_MIRROR};
use crate::state::PlatformState;

/// What a copying of flagged clients into one tenant did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Copied {
    /// Flagged clients of the parent.
    pub flagged: u64,
    /// Copies that were not on record before.
    pub new: u64,
    /// Copies that were, brought up to date.
    pub present: u64,
}

/// Creates or refreshes the copy of every flagged client of `parent` in `child`, and records the
/// copies in `parent`.
///
/// # Errors
/// [`RuntimeError`] if one of the tenants cannot be read or changed.
pub async fn copy_flagged(
    state: &PlatformState,
    parent: &Tenant,
    child: &Tenant,
) -> Result<Copied, RuntimeError> {
    if parent.id() == child.id() {
        return Ok(Copied::default());
    }
    let _one_writer = state.client_mirrors().lock().await;
    let flagged = EntityQuery::of(CLIENT).eq("AutoProvisionInChildTenants", true);
    let originals = parent.query(flagged).await?.items;
    let present = recorded(parent, child.id()).await?;
    put(parent, child, &originals).await?;
    let missing: Vec<&str> = originals
        .iter()
        .filter_map(client_id)
        .filter(|id| !present.contains(*id))
        .collect();
    let now = state.clock().now();
    let changes = missing.iter().fold(ChangeSet::new(), |changes, id| {
        changes.insert(row(parent, child.id(), id).set("ProvisionedAt", now))
    });
    if !changes.is_empty() {
        parent.apply(changes).await?;
    }
    Ok(Copied {
        flagged: originals.len() as u64,
        new: missing.len() as u64,
        present: (originals.len() - missing.len()) as u64,
    })
}

/// Ids of the clients of `parent` that are on record as copied into `child`.
///
/// # Errors
/// [`RuntimeError`] if `parent` cannot be read.
pub async fn recorded(parent: &Tenant, child: &TenantId) -> Result<BTreeSet<String>, RuntimeError> {
    let query = EntityQuery::of(CLIENT_MIRROR).eq("ChildTenantId", child.as_str());
    let rows = parent.query(query).await?.items;
    let ids = rows
        .iter()
        .filter_map(|row| row.attributes.str("ParentClientId"));
    Ok(ids.map(str::to_owned).collect())
}

/// The records of a client's copies.
///
/// # Errors
/// [`RuntimeError`] if `parent` cannot be read.
pub async fn rows_of(parent: &Tenant, client_id: &str) -> Result<Vec<Entity>, RuntimeError> {
    let query = EntityQuery::of(CLIENT_MIRROR).eq("ParentClientId", client_id);
    Ok(parent.query(query).await?.items)
}

/// Carries the present state of a client over to its copies; `known_as` is the client id it was
/// copied under. A copy that cannot be reached is logged and left as it is.
///
/// # Errors
/// [`RuntimeError`] if the records of the copies cannot be read.
pub async fn refresh(
    state: &PlatformState,
    parent: &Tenant,
    known_as: &str,
    client: RtId,
) -> Result<(), RuntimeError> {
    for row in rows_of(parent, known_as).await? {
        if let Err(error) = refresh_one(state, parent, &row, client).await {
            tracing::warn!(client = known_as, %error, "a copy of a client could not be refreshed");
        }
    }
    Ok(())
}

async fn refresh_one(
    state: &PlatformState,
    parent: &Tenant,
    row: &Entity,
    client: RtId,
) -> Result<(), RuntimeError> {
    let Some(child) = state.find_tenant(child_of(row)).await? else {
        return Ok(());
    };
    let _one_writer = state.client_mirrors().lock().await;
    // Read here, so that whoever refreshes last copies the last state.
    let Some(original) = parent.get(CLIENT, client).await? else {
        return Ok(());
    };
    let known_as = row.attributes.str("ParentClientId").unwrap_or_default();
    let renamed = client_id(&original).filter(|id| *id != known_as);
    if renamed.is_some() {
        erase_copies(parent, &child, known_as).await?;
    }
    put(parent, &child, std::slice::from_ref(&original)).await?;
    let version = row.attributes.i32("SecretHashVersion").unwrap_or(0);
    let update = UpdateEntity::from_entity(row)
        .set("SecretHashVersion", version.saturating_add(1))
        .set("ParentClientId", client_id(&original).unwrap_or(known_as));
    parent.update(update).await?;
    Ok(())
}

/// Removes a copy and its record. A copy whose tenant is gone has only the record.
///
/// # Errors
/// [`RuntimeError`] if one of the tenants cannot be read or changed.
pub async fn remove(
    state: &PlatformState,
    parent: &Tenant,
    row: &Entity,
) -> Result<(), RuntimeError> {
    let child = state.find_tenant(child_of(row)).await?;
    let _one_writer = state.client_mirrors().lock().await;
    if let Some(child) = child {
        let id = row.attributes.str("ParentClientId").unwrap_or_default();
        erase_copies(parent, &child, id).await?;
    }
    let delete = DeleteEntity::of(CLIENT_MIRROR, row.rt_id).erase();
    match parent.delete(delete).await {
        Ok(_) | Err(RuntimeError::EntityMissing { .. }) => Ok(()),
        Err(error) => Err(error),
    }
}

/// Forgets the copies in a tenant that no longer exists.
///
/// # Errors
/// [`RuntimeError`] if `parent` cannot be read or changed.
pub async fn forget_child(parent: &Tenant, child: &TenantId) -> Result<(), RuntimeError> {
    let query = EntityQuery::of(CLIENT_MIRROR).eq("ChildTenantId", child.as_str());
    let rows = parent.query(query).await?.items;
    let changes = rows.iter().fold(ChangeSet::new(), |changes, row| {
        changes.delete(DeleteEntity::of(CLIENT_MIRROR, row.rt_id).erase())
    });
    if !changes.is_empty() {
        parent.apply(changes).await?;
    }
    Ok(())
}

/// Tenant a copy is in.
pub fn child_of(row: &Entity) -> &str {
    row.attributes.str("ChildTenantId").unwrap_or_default()
}

/// Puts a copy of each of `originals` in place of whatever `child` has under their client ids.
async fn put(parent: &Tenant, child: &Tenant, originals: &[Entity]) -> Result<(), RuntimeError> {
    let ids: Vec<String> = originals
        .iter()
        .filter_map(client_id)
        .map(str::to_owned)
        .collect();
    let existing = child
        .query(EntityQuery::of(CLIENT).is_in("ClientId", ids))
        .await?
        .items;
    let mut by_id: BTreeMap<&str, Vec<&Entity>> = BTreeMap::new();
    for client in &existing {
        by_id
            .entry(client_id(client).unwrap_or_default())
            .or_default()
            .push(client);
    }
    let mut changes = ChangeSet::new();
    for original in originals {
        let copy = copied_attributes(parent, original);
        let found = client_id(original).and_then(|id| by_id.remove(id));
        changes = match found {
            None => changes.insert(new_copy(original, copy)),
            Some(found) => replace(changes, &found, copy),
        };
    }
    if !changes.is_empty() {
        child.apply(changes).await?;
    }
    Ok(())
}

fn new_copy(original: &Entity, copy: Attributes) -> NewEntity {
    let mirror = NewEntity::of(CLIENT).attributes(copy);
    match is_seeded(original.rt_id) {
        true => mirror.with_id(original.rt_id),
        false => mirror,
    }
}

/// One client stays, the seeded one if there is one, and becomes the copy; others of that id go.
fn replace(changes: ChangeSet, found: &[&Entity], copy: Attributes) -> ChangeSet {
    let kept = found.iter().find(|client| is_seeded(client.rt_id));
    let Some(kept) = kept.or(found.first()) else {
        return changes;
    };
    let surplus = found.iter().filter(|client| client.rt_id != kept.rt_id);
    let changes = surplus.fold(changes, |changes, client| {
        changes.delete(DeleteEntity::of(CLIENT, client.rt_id).erase())
    });
    match replaced(kept, copy) {
        Some(update) => changes.update(update),
        None => changes,
    }
}

/// The update that makes `client` equal to `copy`; `None` when it is.
fn replaced(client: &Entity, copy: Attributes) -> Option<UpdateEntity> {
    let gone: Vec<String> = client
        .attributes
        .iter()
        .filter(|(name, _)| !copy.contains(name))
        .map(|(name, _)| name.to_owned())
        .collect();
    let differing: Vec<(String, Value)> = copy
        .into_iter()
        .filter(|(name, value)| client.attributes.get(name) != Some(value))
        .collect();
    if gone.is_empty() && differing.is_empty() {
        return None;
    }
    let update = gone
        .iter()
        .fold(UpdateEntity::from_entity(client), |update, name| {
            update.clear(name)
        });
    Some(
        differing
            .into_iter()
            .fold(update, |update, (name, value)| update.set(&name, value)),
    )
}

fn copied_attributes(parent: &Tenant, original: &Entity) -> Attributes {
    let mut copy = original.attributes.clone();
    copy.insert("AutoProvisionInChildTenants", false);
    copy.insert("ProvisionedByParentTenantId", parent.id().to_string());
    copy.insert("DynamicRegistration", false);
    copy.remove("DynamicRegistrationExpiresAt");
    copy
}

/// Erases the copies of a client; a client the child has of its own stays.
async fn erase_copies(
    parent: &Tenant,
    child: &Tenant,
    client_id: &str,
) -> Result<(), RuntimeError> {
    let query = EntityQuery::of(CLIENT)
        .eq("ClientId", client_id)
        .eq("ProvisionedByParentTenantId", parent.id().as_str());
    let copies = child.query(query).await?.items;
    let changes = copies.iter().fold(ChangeSet::new(), |changes, copy| {
        changes.delete(DeleteEntity::of(CLIENT, copy.rt_id).erase())
    });
    if !changes.is_empty() {
        child.apply(changes).await?;
    }
    Ok(())
}

fn row(parent: &Tenant, child: &TenantId, client_id: &str) -> NewEntity {
    NewEntity::of(CLIENT_MIRROR)
        .set("ParentClientId", client_id)
        .set("ParentTenantId", parent.id().to_string())
        .set("ChildTenantId", child.to_string())
        .set("SecretHashVersion", 0)
}

fn client_id(client: &Entity) -> Option<&str> {
    client.attributes.str("ClientId")
}

/// Seeded entities keep their fixed id in every tenant.
fn is_seeded(id: RtId) -> bool {
    id.as_bytes()[0] == 0x66 && id.as_bytes()[1..11].iter().all(|byte| *byte == 0)
}
