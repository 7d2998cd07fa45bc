//! Files that values refer to (spec 4.3, 5.4, 5.6).
//!
//! A file belongs to one entity: it comes with the value that first refers to it, stays while any
//! value of that entity does, also while the entity is archived, and goes with the last one. So no
//! value can reach into the files of another entity, and nothing is left behind.

use std::collections::HashMap;
use std::fs::File;

use super::Stage;
use super::updates;
use crate::attributes::Attributes;
use crate::change::{BinaryContent, MAX_BINARY_SIZE, NewBinary};
use crate::entity::Entity;
use crate::error::RuntimeError;
use crate::rt_id::RtId;
use crate::store::{StoreError, StoredBinary, WriteTransaction};
use crate::value::{BinaryInfo, Record, Value};

/// Bytes of all new files of one change set.
const MAX_TOTAL: u64 = 4 * MAX_BINARY_SIZE;

/// What happens to files.
#[derive(Default)]
pub(super) struct Binaries<'c> {
    /// New files and the entities they belong to.
    new: Vec<(&'c NewBinary, RtId)>,
    /// Stored files that belonged to nobody, and the entities they belong to now.
    claimed: Vec<(RtId, RtId)>,
    removed: Vec<RtId>,
}

pub(super) fn plan<'c>(
    stage: &mut Stage<'_>,
    offered: &'c [NewBinary],
    updates: &[updates::Planned],
    inserts: &[Entity],
) -> Result<Binaries<'c>, RuntimeError> {
    let offered = offered.iter().map(|new| (new.info.binary_id, new));
    let mut planner = Planner {
        stage,
        offered: offered.collect(),
        owners: HashMap::new(),
        plan: Binaries::default(),
    };
    for update in updates {
        planner.check(&update.after, &update.binaries_before)?;
        planner.remove(&update.after, &update.binaries_before)?;
    }
    for entity in inserts {
        planner.check(entity, &[])?;
    }
    planner.check_total();
    Ok(planner.plan)
}

struct Planner<'s, 'a, 'c> {
    stage: &'s mut Stage<'a>,
    offered: HashMap<RtId, &'c NewBinary>,
    /// Entities that get files with this set, by file.
    owners: HashMap<RtId, RtId>,
    plan: Binaries<'c>,
}

impl Planner<'_, '_, '_> {
    /// Whether an entity may refer to the files it does.
    fn check(&mut self, entity: &Entity, before: &[BinaryInfo]) -> Result<(), RuntimeError> {
        for (name, info) in linked(&entity.attributes) {
            // Values from before files were stored may refer to none; they are not made worse.
            if !before.contains(info)
                && let Some(problem) = self.problem(entity, info, before)?
            {
                let name = octo_ck::id::camel_case(name);
                self.stage.problems.about(entity.rt_id);
                let text = format!("Attribute '{name}': {problem}");
                self.stage.problems.values(Err(vec![text]));
            }
        }
        Ok(())
    }

    fn problem(
        &mut self,
        entity: &Entity,
        info: &BinaryInfo,
        before: &[BinaryInfo],
    ) -> Result<Option<String>, RuntimeError> {
        let (id, owner) = (info.binary_id, entity.rt_id);
        let known = self.owners.get(&id).copied();
        if let Some(new) = self.offered.get(&id).copied() {
            if known.is_none() {
                self.owners.insert(id, owner);
                self.plan.new.push((new, owner));
            }
            return Ok(too_large(&new.info)
                .or_else(|| foreign(known, owner, id))
                .or_else(|| wrong_size(info, new.info.size)));
        }
        let Some(stored) = self.stage.transaction.binary(id)? else {
            let is_old = before.iter().any(|before| before.binary_id == id);
            return Ok((!is_old).then(|| missing(entity, id)));
        };
        if stored.owner.is_none() && known.is_none() {
            self.owners.insert(id, owner);
            self.plan.claimed.push((id, owner));
        }
        let size = i64::try_from(stored.size).unwrap_or(i64::MAX);
        Ok(foreign(stored.owner.or(known), owner, id).or_else(|| wrong_size(info, size)))
    }

    /// Files no value of the entity refers to any more.
    fn remove(&mut self, entity: &Entity, before: &[BinaryInfo]) -> Result<(), RuntimeError> {
        let transaction = &mut *self.stage.transaction;
        let gone = unreferenced(transaction, entity.rt_id, before, &entity.attributes)?;
        self.plan.removed.extend(gone);
        Ok(())
    }

    fn check_total(&mut self) {
        let sizes = self.plan.new.iter();
        let total: i64 = sizes
            .map(|(new, _)| new.info.size)
            .fold(0, i64::saturating_add);
        if u64::try_from(total).unwrap_or(0) > MAX_TOTAL {
            self.stage.problems.values(Err(vec![format!(
                "The files of one change have {total} bytes together; they can have at most {MAX_TOTAL}. Split it."
            )]));
        }
    }
}

impl Binaries<'_> {
    /// Writes what happens to files; all their owners are stored already.
    pub(super) fn write(&self, transaction: &mut dyn WriteTransaction) -> Result<(), StoreError> {
        for id in &self.removed {
            transaction.delete_binary(*id)?;
        }
        for (id, owner) in &self.claimed {
            transaction.claim_binary(*id, *owner)?;
        }
        for (new, owner) in &self.new {
            put(transaction, new, *owner)?;
        }
        Ok(())
    }
}

fn put(
    transaction: &mut dyn WriteTransaction,
    new: &NewBinary,
    owner: RtId,
) -> Result<(), StoreError> {
    let binary = StoredBinary {
        id: new.info.binary_id,
        owner: Some(owner),
        content_type: new.info.content_type.clone(),
        filename: new.info.filename.clone(),
        size: u64::try_from(new.info.size).unwrap_or(0),
    };
    match &new.content {
        BinaryContent::Bytes(bytes) => transaction.put_binary(&binary, &mut &bytes[..]),
        BinaryContent::File(path) => {
            let mut file = File::open(path).map_err(|error| StoreError::Failed {
                operation: "store binary",
                message: format!("'{}' cannot be read: {error}", binary.filename),
            })?;
            transaction.put_binary(&binary, &mut file)
        }
    }
}

/// Files of an entity that its values referred to `before` and do not any more.
pub(crate) fn unreferenced(
    transaction: &mut dyn WriteTransaction,
    owner: RtId,
    before: &[BinaryInfo],
    after: &Attributes,
) -> Result<Vec<RtId>, StoreError> {
    let mut gone = Vec::new();
    let after = linked(after);
    for BinaryInfo { binary_id: id, .. } in before {
        if gone.contains(id) || after.iter().any(|(_, info)| info.binary_id == *id) {
            continue;
        }
        // What a value only claimed to refer to is not its to remove.
        let stored = transaction.binary(*id)?;
        if stored.is_some_and(|stored| stored.owner == Some(owner)) {
            gone.push(*id);
        }
    }
    Ok(gone)
}

/// All files values refer to.
pub(crate) fn infos(attributes: &Attributes) -> Vec<BinaryInfo> {
    let linked = linked(attributes).into_iter();
    linked.map(|(_, info)| info.clone()).collect()
}

/// All files values refer to, with the names of the outermost attributes.
fn linked(attributes: &Attributes) -> Vec<(&str, &BinaryInfo)> {
    let mut found = Vec::new();
    for (name, value) in attributes.iter() {
        collect(name, value, &mut found);
    }
    found
}

fn collect<'v>(name: &'v str, value: &'v Value, found: &mut Vec<(&'v str, &'v BinaryInfo)>) {
    let mut inside = |record: &'v Record| {
        for (_, value) in record.attributes.iter() {
            collect(name, value, found);
        }
    };
    match value {
        Value::BinaryLinked(info) => found.push((name, info)),
        Value::Record(record) => inside(record),
        Value::RecordArray(records) => records.iter().for_each(inside),
        _ => {}
    }
}

fn missing(entity: &Entity, id: RtId) -> String {
    format!(
        "Stream data is missing for entity with id '{}': there is no binary '{id}'. Upload the file first.",
        entity.entity_ref()
    )
}

fn foreign(known: Option<RtId>, owner: RtId, id: RtId) -> Option<String> {
    let is_foreign = known.is_some_and(|known| known != owner);
    is_foreign.then(|| {
        format!("Binary '{id}' belongs to another entity. Upload the file for each of them.")
    })
}

fn wrong_size(info: &BinaryInfo, size: i64) -> Option<String> {
    (info.size != size).then(|| {
        format!(
            "Binary '{}' has {size} bytes, not {}.",
            info.binary_id, info.size
        )
    })
}

fn too_large(info: &BinaryInfo) -> Option<String> {
    (u64::try_from(info.size).unwrap_or(0) > MAX_BINARY_SIZE).then(|| {
        format!(
            "File '{}' has {} bytes; a linked binary can have at most {MAX_BINARY_SIZE}.",
            info.filename, info.size
        )
    })
}
