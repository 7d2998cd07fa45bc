//! Creating many entities.

use std::collections::HashMap;

use octo_runtime::change::LinkEnd;
use octo_runtime::dto::{EntityDto, Projection};
use octo_runtime::{ChangeSet, Entity, NewEntity, RtId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::edges::{self, EdgeDirection};
use super::super::uploads::Uploads;
use super::super::writes::AttributeUpdate;
use super::super::{EntityItem, shown};
use super::items::{Problems, Target, Values, check_count, id, type_of};
use crate::call::TenantCall;
use crate::reply::{Data, Failure, ToolResult};

const VERB: &str = "created";

/// Creates many entities in one transaction, all of them or none, with associations among them or
/// with stored entities. A call takes at most 10000 entities and 4 MiB.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct CreateEntities {
    /// The entities.
    #[schemars(length(min = 1, max = 10000))]
    entities: Vec<CreateItem>,
    /// Type of the entities that name none themselves.
    ck_type_id: Option<String>,
    /// Return these attributes of the created entities, e.g. numbers the server gave; without it
    /// only their ids come back.
    attribute_paths: Option<Vec<String>>,
}

/// An entity to create.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct CreateItem {
    /// Any name by which other items of this call can refer to it (targetKey); it is not stored.
    key: Option<String>,
    /// Id of the type, e.g. "Basic/City".
    ck_type_id: Option<String>,
    /// The id it shall have, 24 hex digits; default: a new one.
    rt_id: Option<String>,
    /// Values: a list of {attributePath, value}, or an object {path: value}.
    entity_data: Option<Values>,
    /// Associations of the entity.
    associations: Option<Vec<CreateEdge>>,
}

/// An association with a stored entity or another item.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct CreateEdge {
    /// Role, e.g. "System/ParentChild", or its name seen from the entity, e.g. "Parent".
    ck_role_id: String,
    /// Outbound (default): the entity is the origin, such as a child that names its parent.
    /// Inbound: the other entity is the origin.
    direction: Option<EdgeDirection>,
    /// Id of the other entity.
    target_rt_id: Option<String>,
    /// Instead of targetRtId: the key of another item.
    target_key: Option<String>,
    /// Type of the other entity, if it shall be checked.
    target_ck_type_id: Option<String>,
    /// Values of attributes the role declares, if it does.
    attributes: Option<Vec<AttributeUpdate>>,
}

/// The created entities.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct CreatedEntities {
    /// How many.
    created_count: usize,
    /// The entities, in the order of the call.
    entities: Vec<CreatedItem>,
}

/// A created entity.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct CreatedItem {
    /// Its key, if it had one.
    #[serde(default)]
    key: Option<String>,
    /// Its type.
    ck_type_id: String,
    /// Its id.
    rt_id: String,
    /// The entity, if attributePaths were given.
    #[serde(default)]
    #[schemars(with = "Option<EntityItem>")]
    entity: Option<EntityDto>,
}

impl CreateEntities {
    /// Problems the schema cannot express.
    pub(in super::super) fn check(&self) -> Vec<String> {
        check_count(self.entities.len())
    }
}

pub(in super::super) async fn create_entities(
    cx: TenantCall,
    p: CreateEntities,
) -> ToolResult<Data<CreatedEntities>> {
    let projection = match &p.attribute_paths {
        Some(paths) => Some(Projection::of(paths)?),
        None => None,
    };
    let target = Target::of(&cx).await?;
    let values = p
        .entities
        .iter()
        .filter_map(|item| item.entity_data.as_ref());
    let uploads = Uploads::of(&cx, values.flat_map(Values::iter)).await?;
    let planned = plan(&target, p)?;
    let applied = target.tenant.apply(uploads.offer(planned.changes)).await;
    let applied = applied.map_err(|error| Problems::refused(&error, &planned.indexes, VERB))?;
    uploads.done(&cx);
    let item = |(entity, key): (Entity, Option<String>)| CreatedItem {
        key,
        ck_type_id: entity.ck_type_id.to_string(),
        rt_id: entity.rt_id.to_string(),
        entity: projection
            .as_ref()
            .map(|projection| shown(entity, &target.graph, projection)),
    };
    let created = applied.inserted.into_iter().zip(planned.keys);
    let entities: Vec<_> = created.map(item).collect();
    Ok(Data(CreatedEntities {
        created_count: entities.len(),
        entities,
    }))
}

struct Plan {
    changes: ChangeSet,
    keys: Vec<Option<String>>,
    indexes: HashMap<RtId, usize>,
}

fn plan(target: &Target, p: CreateEntities) -> Result<Plan, Failure> {
    let mut problems = Problems::default();
    let mut entities = Vec::with_capacity(p.entities.len());
    let mut edge_lists = Vec::with_capacity(p.entities.len());
    let mut keys = Vec::with_capacity(p.entities.len());
    for (index, item) in p.entities.into_iter().enumerate() {
        let CreateItem {
            key,
            ck_type_id,
            rt_id,
            entity_data,
            associations,
        } = item;
        let ck_type = type_of(ck_type_id.as_deref(), p.ck_type_id.as_deref());
        match ck_type.and_then(|ck_type| entity(target, ck_type, rt_id, entity_data)) {
            Ok(entity) => {
                entities.push((index, entity));
                edge_lists.push(associations.unwrap_or_default());
                keys.push(key);
            }
            Err(failure) => problems.add(index, &failure),
        }
    }
    let by_key = by_key(&entities, &keys, &mut problems);
    let mut changes = ChangeSet::new();
    for ((index, entity), list) in entities.iter().zip(&edge_lists) {
        for edge in list {
            match edge.resolve(target, entity, &by_key) {
                Ok(ends) => {
                    let association = edges::association(ends, edge.attributes.as_deref());
                    changes = changes.add_association(association);
                }
                Err(failure) => problems.add(*index, &failure),
            }
        }
    }
    problems.finish(VERB)?;
    let indexes = entities.iter().map(|(index, e)| (e.rt_id(), *index));
    Ok(Plan {
        indexes: indexes.collect(),
        keys,
        changes: entities
            .into_iter()
            .fold(changes, |changes, (_, entity)| changes.insert(entity)),
    })
}

fn entity(
    target: &Target,
    ck_type: &str,
    rt_id: Option<String>,
    values: Option<Values>,
) -> Result<NewEntity, Failure> {
    target.writable(ck_type)?;
    let mut entity = NewEntity::of(ck_type).with_optional_defaults();
    if let Some(rt_id) = rt_id {
        entity = entity.with_id(id(&rt_id)?);
    }
    let values = values.map(Values::into_pairs).unwrap_or_default();
    Ok(values
        .into_iter()
        .fold(entity, |entity, (path, value)| entity.assign(path, value)))
}

fn by_key<'a>(
    entities: &'a [(usize, NewEntity)],
    keys: &'a [Option<String>],
    problems: &mut Problems,
) -> HashMap<&'a str, LinkEnd> {
    let mut by_key = HashMap::new();
    for ((index, entity), key) in entities.iter().zip(keys) {
        if let Some(key) = key
            && by_key.insert(key.as_str(), LinkEnd::from(entity)).is_some()
        {
            let text = format!("Another item has the key '{key}', too.");
            problems.add(*index, &Failure::new(text));
        }
    }
    by_key
}

impl CreateEdge {
    fn resolve(
        &self,
        target: &Target,
        entity: &NewEntity,
        by_key: &HashMap<&str, LinkEnd>,
    ) -> Result<(LinkEnd, String, LinkEnd), Failure> {
        let far = match (&self.target_rt_id, &self.target_key) {
            (Some(rt_id), None) => edges::far(rt_id, self.target_ck_type_id.as_deref())?,
            (None, Some(key)) => by_key.get(key.as_str()).cloned().ok_or_else(|| {
                Failure::new(format!("No item of this call has the key '{key}'."))
            })?,
            _ => {
                return Err(Failure::new(
                    "An association needs either targetRtId or targetKey.",
                ));
            }
        };
        let node = target.writable(entity.ck_type())?;
        let near = LinkEnd::from(entity);
        edges::resolve(node, &self.ck_role_id, self.direction, near, far)
    }
}
