//! Deleting many entities.

use std::collections::HashMap;

use octo_runtime::{ChangeSet, DeleteEntity, RtId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::items::{Problems, Target, check_count, id, type_of};
use crate::call::TenantCall;
use crate::reply::{Data, Failure, ToolResult};

const VERB: &str = "deleted";
/// Orphans named in one answer.
const MAX_ORPHANS: usize = 1_000;

/// Deletes many entities in one transaction, all of them or none: they are archived and no longer
/// found, and their associations are removed. With an expectedVersion of an item nothing at all is
/// deleted if somebody else changed that entity meanwhile. A call takes at most 10000 entities.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct DeleteEntities {
    /// The entities; each once.
    #[schemars(length(min = 1, max = 10000))]
    entities: Vec<DeleteItem>,
    /// Type of the items that name none themselves, or a base type.
    ck_type_id: Option<String>,
}

/// An entity to delete.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct DeleteItem {
    /// Id of the entity, 24 hex digits.
    rt_id: String,
    /// Id of its type or of a base type.
    ck_type_id: Option<String>,
    /// The rtVersion the deletion is based on.
    #[schemars(range(min = 0))]
    expected_version: Option<u64>,
}

/// What was deleted.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct DeletedEntities {
    /// Entities deleted.
    deleted_count: usize,
    /// Associations removed with them.
    removed_associations: u64,
    /// Entities that lost a partner they must have.
    orphaned_count: u64,
    /// The first 1000 of them, as "Type@id".
    orphaned_entities: Vec<String>,
}

impl DeleteEntities {
    /// Problems the schema cannot express.
    pub(in super::super) fn check(&self) -> Vec<String> {
        check_count(self.entities.len())
    }

    /// How many entities are named.
    pub(in super::super) fn count(&self) -> usize {
        self.entities.len()
    }
}

pub(in super::super) async fn delete_entities(
    cx: TenantCall,
    p: DeleteEntities,
) -> ToolResult<Data<DeletedEntities>> {
    let target = Target::of(&cx).await?;
    let mut problems = Problems::default();
    let mut indexes = HashMap::new();
    let mut changes = ChangeSet::new();
    for (index, item) in p.entities.into_iter().enumerate() {
        match delete(&target, &item, p.ck_type_id.as_deref()).await {
            Ok((rt_id, delete)) => {
                indexes.entry(rt_id).or_insert(index);
                changes = changes.delete(delete);
            }
            Err(failure) => problems.add(index, &failure),
        }
    }
    problems.finish(VERB)?;
    let applied = target.tenant.apply(changes).await;
    let applied = applied.map_err(|error| Problems::refused(&error, &indexes, VERB))?;
    let mut orphans: Vec<String> = applied
        .deleted
        .iter()
        .flat_map(|deleted| &deleted.orphans)
        .map(ToString::to_string)
        .collect();
    let told = orphans.len();
    orphans.sort_unstable();
    orphans.dedup();
    // One entity may be orphaned by several deletions.
    let repeated = (told - orphans.len()) as u64;
    let orphaned: u64 = applied.deleted.iter().map(|d| d.orphaned_count).sum();
    let orphaned_count = orphaned - repeated;
    orphans.truncate(MAX_ORPHANS);
    Ok(Data(DeletedEntities {
        deleted_count: applied.deleted.len(),
        removed_associations: applied.deleted.iter().map(|d| d.removed_count).sum(),
        orphaned_count,
        orphaned_entities: orphans,
    }))
}

async fn delete(
    target: &Target,
    item: &DeleteItem,
    ck_type: Option<&str>,
) -> Result<(RtId, DeleteEntity), Failure> {
    let ck_type = type_of(item.ck_type_id.as_deref(), ck_type)?;
    let rt_id = id(&item.rt_id)?;
    let node = target.stored_type(ck_type, rt_id).await?;
    let mut delete = DeleteEntity::of(node.rt_id.to_string(), rt_id);
    if let Some(version) = item.expected_version {
        delete = delete.expect_version(version);
    }
    Ok((rt_id, delete))
}
