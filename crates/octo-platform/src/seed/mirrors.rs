//! Copying the system tenant's clients into a child tenant (identity.md 6.5, 7.7).

use std::collections::BTreeSet;

use octo_runtime::{
    Attributes, ChangeSet, Entity, EntityQuery, NewEntity, RtId, RuntimeError, Tenant,
};

use super::upsert::restored;
use crate::accounts::names::{CLIENT, CLIENT_MIRROR};

/// Creates or refreshes the copy of every flagged client of `parent` in `child`, and records the
/// copies in `parent`.
pub(super) async fn mirror_clients(parent: &Tenant, child: &Tenant) -> Result<(), RuntimeError> {
    let flagged = EntityQuery::of(CLIENT).eq("AutoProvisionInChildTenants", true);
    let originals = parent.query(flagged).await?.items;
    let existing = child.query(EntityQuery::of(CLIENT)).await?.items;
    let mut changes = ChangeSet::new();
    for original in &originals {
        let copy = copied_attributes(parent, original);
        changes = match existing
            .iter()
            .find(|client| client_id(client) == client_id(original))
        {
            Some(mirror) => match restored(mirror, copy) {
                Some(update) => changes.update(update),
                None => changes,
            },
            None => {
                let mirror = NewEntity::of(CLIENT).attributes(copy);
                changes.insert(match is_seeded(original.rt_id) {
                    true => mirror.with_id(original.rt_id),
                    false => mirror,
                })
            }
        };
    }
    if !changes.is_empty() {
        child.apply(changes).await?;
    }
    record(parent, child, &originals).await
}

fn copied_attributes(parent: &Tenant, original: &Entity) -> Attributes {
    let mut copy = original.attributes.clone();
    copy.insert("AutoProvisionInChildTenants", false);
    copy.insert("ProvisionedByParentTenantId", parent.id().to_string());
    copy.insert("DynamicRegistration", false);
    copy.remove("DynamicRegistrationExpiresAt");
    copy
}

fn client_id(client: &Entity) -> Option<&str> {
    client.attributes.str("ClientId")
}

/// Seeded entities keep their fixed id in every tenant.
fn is_seeded(id: RtId) -> bool {
    id.as_bytes()[0] == 0x66 && id.as_bytes()[1..11].iter().all(|byte| *byte == 0)
}

async fn record(parent: &Tenant, child: &Tenant, originals: &[Entity]) -> Result<(), RuntimeError> {
    let query = EntityQuery::of(CLIENT_MIRROR).eq("ChildTenantId", child.id().to_string());
    let rows = parent.query(query).await?.items;
    let recorded: BTreeSet<&str> = rows
        .iter()
        .filter_map(|row| row.attributes.str("ParentClientId"))
        .collect();
    let now = jiff::Timestamp::now();
    let missing = originals
        .iter()
        .filter_map(client_id)
        .filter(|id| !recorded.contains(id));
    let changes = missing.fold(ChangeSet::new(), |changes, id| {
        let row = NewEntity::of(CLIENT_MIRROR)
            .set("ParentClientId", id)
            .set("ParentTenantId", parent.id().to_string())
            .set("ChildTenantId", child.id().to_string())
            .set("ProvisionedAt", now)
            .set("SecretHashVersion", 0);
        changes.insert(row)
    });
    if !changes.is_empty() {
        parent.apply(changes).await?;
    }
    Ok(())
}
