//! Applying seed entities: insert what is missing, restore what the seed prescribes.

use std::collections::{BTreeMap, BTreeSet};

use octo_runtime::{
    Attributes, ChangeSet, Entity, EntityQuery, NewEntity, Record, RtId, RuntimeError, Tenant,
    UpdateEntity, Value,
};

/// An entity the seed prescribes.
pub(super) struct SeedEntity {
    pub(super) ck_type: &'static str,
    pub(super) rt_id: RtId,
    pub(super) well_known_name: Option<String>,
    /// Attributes restored whenever the seed is applied.
    pub(super) fixed: Attributes,
    /// Attributes given once, at creation.
    pub(super) initial: Attributes,
}

/// Source of the URIs the seed prescribes; entries of other sources were added by administrators.
const BASE_SOURCE: &str = "base";

/// Brings `tenant` in line with `seed`, in one transaction. Entities an administrator archived stay
/// archived.
pub(super) async fn upsert(tenant: &Tenant, seed: Vec<SeedEntity>) -> Result<(), RuntimeError> {
    let types: BTreeSet<&str> = seed.iter().map(|entity| entity.ck_type).collect();
    let mut stored = BTreeMap::new();
    for ck_type in types {
        let ids = seed
            .iter()
            .filter(|entity| entity.ck_type == ck_type)
            .map(|entity| entity.rt_id);
        let query = EntityQuery::of(ck_type).ids(ids).include_archived();
        let found = tenant.query(query).await?.items;
        stored.extend(found.into_iter().map(|entity| (entity.rt_id, entity)));
    }
    let mut changes = ChangeSet::new();
    for wanted in seed {
        changes = match stored.get(&wanted.rt_id) {
            None => changes.insert(new_entity(wanted)),
            Some(entity) if entity.is_archived() => changes,
            Some(entity) => match restored(entity, wanted.fixed) {
                Some(update) => changes.update(update),
                None => changes,
            },
        };
    }
    if !changes.is_empty() {
        tenant.apply(changes).await?;
    }
    Ok(())
}

fn new_entity(wanted: SeedEntity) -> NewEntity {
    let entity = NewEntity::of(wanted.ck_type)
        .with_id(wanted.rt_id)
        .attributes(wanted.initial)
        .attributes(wanted.fixed);
    match wanted.well_known_name {
        Some(name) => entity.well_known_name(name),
        None => entity,
    }
}

/// The update that restores `wanted` on `entity`; `None` when nothing differs.
fn restored(entity: &Entity, wanted: Attributes) -> Option<UpdateEntity> {
    let differing: Vec<(String, Value)> = wanted
        .into_iter()
        .map(|(name, value)| {
            let value = keep_added_uris(entity.attributes.records(&name), value);
            (name, value)
        })
        .filter(|(name, value)| entity.attributes.get(name) != Some(value))
        .collect();
    if differing.is_empty() {
        return None;
    }
    let update = UpdateEntity::from_entity(entity);
    Some(
        differing
            .into_iter()
            .fold(update, |update, (name, value)| update.set(&name, value)),
    )
}

/// In a list of client URIs, entries of other sources than the seed survive (identity.md 6.6).
fn keep_added_uris(stored: &[Record], wanted: Value) -> Value {
    let Value::RecordArray(mut entries) = wanted else {
        return wanted;
    };
    let uri = |entry: &Record| entry.attributes.str("Uri").map(str::to_owned);
    let added = stored.iter().filter(|entry| {
        entry
            .attributes
            .str("Source")
            .is_some_and(|source| source != BASE_SOURCE)
    });
    for entry in added {
        if !entries.iter().any(|known| uri(known) == uri(entry)) {
            entries.push(entry.clone());
        }
    }
    Value::RecordArray(entries)
}
