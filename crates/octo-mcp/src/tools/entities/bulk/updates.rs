//! Changing many entities.

use std::collections::HashMap;

use octo_runtime::change::LinkEnd;
use octo_runtime::{ChangeSet, RtId, UpdateEntity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::edges::EdgeChange;
use super::super::uploads::Uploads;
use super::items::{Problems, Target, Values, check_count, id, type_of};
use crate::call::TenantCall;
use crate::reply::{Data, Failure, ToolResult};

const VERB: &str = "changed";

/// Changes attributes and associations of many entities in one transaction, all of them or none.
/// With an expectedVersion of an item nothing at all is written if somebody else changed that
/// entity meanwhile. A call takes at most 10000 entities and 4 MiB.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct UpdateEntities {
    /// The changes; each entity once.
    #[schemars(length(min = 1, max = 10000))]
    entities: Vec<UpdateItem>,
    /// Type of the items that name none themselves, or a base type.
    ck_type_id: Option<String>,
}

/// Changes to an entity.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct UpdateItem {
    /// Id of the entity, 24 hex digits.
    rt_id: String,
    /// Id of its type or of a base type.
    ck_type_id: Option<String>,
    /// Values to change: a list of {attributePath, value}, or an object {path: value}.
    entity_data: Option<Values>,
    /// Associations to create or delete.
    associations: Option<Vec<EdgeChange>>,
    /// The rtVersion the change is based on.
    #[schemars(range(min = 0))]
    expected_version: Option<u64>,
}

/// The changed entities.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct UpdatedEntities {
    /// How many.
    updated_count: usize,
    /// The entities, in the order of the call.
    entities: Vec<UpdatedItem>,
}

/// A changed entity.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct UpdatedItem {
    /// Its type.
    ck_type_id: String,
    /// Its id.
    rt_id: String,
    /// Its version now.
    current_rt_version: u64,
}

impl UpdateEntities {
    /// Problems the schema cannot express.
    pub(in super::super) fn check(&self) -> Vec<String> {
        check_count(self.entities.len())
    }
}

pub(in super::super) async fn update_entities(
    cx: TenantCall,
    p: UpdateEntities,
) -> ToolResult<Data<UpdatedEntities>> {
    let target = Target::of(&cx).await?;
    let values = p
        .entities
        .iter()
        .filter_map(|item| item.entity_data.as_ref());
    let uploads = Uploads::of(&cx, values.flat_map(Values::iter)).await?;
    let mut problems = Problems::default();
    let mut indexes = HashMap::new();
    let mut changes = ChangeSet::new();
    for (index, item) in p.entities.into_iter().enumerate() {
        match update(&target, item, p.ck_type_id.as_deref()).await {
            Ok((rt_id, change)) => {
                indexes.entry(rt_id).or_insert(index);
                changes = changes.and(change);
            }
            Err(failure) => problems.add(index, &failure),
        }
    }
    problems.finish(VERB)?;
    let applied = target.tenant.apply(uploads.offer(changes)).await;
    let applied = applied.map_err(|error| Problems::refused(&error, &indexes, VERB))?;
    uploads.done(&cx);
    let updated = applied.updated.iter().map(|entity| UpdatedItem {
        ck_type_id: entity.ck_type_id.to_string(),
        rt_id: entity.rt_id.to_string(),
        current_rt_version: entity.version,
    });
    let entities: Vec<_> = updated.collect();
    Ok(Data(UpdatedEntities {
        updated_count: entities.len(),
        entities,
    }))
}

async fn update(
    target: &Target,
    item: UpdateItem,
    ck_type: Option<&str>,
) -> Result<(RtId, ChangeSet), Failure> {
    let ck_type = type_of(item.ck_type_id.as_deref(), ck_type)?;
    let rt_id = id(&item.rt_id)?;
    let node = target.stored_type(ck_type, rt_id).await?;
    let mut update = UpdateEntity::of(node.rt_id.to_string(), rt_id);
    for (path, value) in item.entity_data.map(Values::into_pairs).unwrap_or_default() {
        update = update.assign(path, value);
    }
    if let Some(version) = item.expected_version {
        update = update.expect_version(version);
    }
    let mut changes = ChangeSet::new().update(update);
    for edge in item.associations.iter().flatten() {
        let near = LinkEnd::from((node.rt_id.to_string(), rt_id));
        changes = edge.add_to(changes, near, &node)?;
    }
    Ok((rt_id, changes))
}
