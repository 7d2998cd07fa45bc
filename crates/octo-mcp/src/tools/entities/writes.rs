//! Creating, changing and deleting entities.

use octo_ck::TypeGraph;
use octo_runtime::change::LinkEnd;
use octo_runtime::dto::{EntityDto, Projection};
use octo_runtime::{ChangeSet, DeleteEntity, NewEntity, RuntimeError, UpdateEntity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::edges::{self, Edge, EdgeChange};
use super::uploads::Uploads;
use super::{EntityItem, Found, find, protection, shown};
use crate::call::TenantCall;
use crate::reply::{Data, Failure, ToolResult};

/// Orphans named in one answer.
const MAX_ORPHANS: usize = 100;

/// A value to write.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct AttributeUpdate {
    /// Attribute, or path into a record: address.city, contacts[0].lastName.
    pub(super) attribute_path: String,
    /// Its new value; null removes it.
    pub(super) value: Value,
}

/// Creates an entity. get_type_schema tells which attributes and associations it needs. A value of
/// type BinaryLinked is an uploaded file of at most 64 MiB: {"transferId": …}, see
/// prepare_file_upload.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct CreateEntity {
    /// Id of the type, e.g. "Basic/City".
    ck_type_id: String,
    /// Values of the entity.
    entity_data: Vec<AttributeUpdate>,
    /// Associations of the entity. Some types must have one, e.g. a parent.
    associations: Option<Vec<Edge>>,
}

/// A created entity.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct CreatedEntity {
    /// The type asked for.
    ck_type_id: String,
    /// Id of the new entity.
    rt_id: String,
    /// The entity as stored.
    #[schemars(with = "EntityItem")]
    entity: EntityDto,
}

pub(super) async fn create_entity(
    cx: TenantCall,
    p: CreateEntity,
) -> ToolResult<Data<CreatedEntity>> {
    let ck_type_id = p.ck_type_id.clone();
    let created = create(&cx, p).await;
    created
        .map(Data)
        .map_err(|failure| failure.with("ckTypeId", ck_type_id))
}

async fn create(cx: &TenantCall, p: CreateEntity) -> Result<CreatedEntity, Failure> {
    let tenant = cx.data().await?;
    let graph = tenant.graph();
    protection::refuse_writes(&graph, &p.ck_type_id)?;
    let uploads = Uploads::of(cx, p.entity_data.iter().map(|item| &item.value)).await?;
    let mut entity = NewEntity::of(&p.ck_type_id).with_optional_defaults();
    for item in p.entity_data {
        entity = entity.assign(item.attribute_path, item.value);
    }
    let mut changes = ChangeSet::new();
    if let Ok(node) = graph.find_type(p.ck_type_id.trim()) {
        for edge in p.associations.iter().flatten() {
            changes = edge.add_to(changes, LinkEnd::from(&entity), node)?;
        }
    }
    let applied = tenant.apply(uploads.offer(changes.insert(entity))).await;
    let mut applied = applied.map_err(|error| {
        let hint = edges::hint(&error, &graph, &p.ck_type_id);
        let text = hint.map_or_else(|| error.to_string(), |hint| format!("{error}\n{hint}"));
        Failure::new(text)
    })?;
    uploads.done(cx);
    let stored = applied.inserted.pop().ok_or_else(no_result)?;
    Ok(CreatedEntity {
        rt_id: stored.rt_id.to_string(),
        entity: shown(stored, &graph, &Projection::all()),
        ck_type_id: p.ck_type_id,
    })
}

/// Changes attributes and associations of an entity; attributes that are not named stay. With expectedVersion
/// nothing is written if somebody else changed the entity meanwhile: the current entity comes back
/// with isConflict.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct UpdateEntityParameters {
    /// Id of the entity, 24 hex digits.
    rt_id: String,
    /// Id of the type or of a base type.
    ck_type_id: String,
    /// Values to change; an uploaded file as {"transferId": …}, see create_entity.
    entity_data: Vec<AttributeUpdate>,
    /// Associations to create or delete, in one go with the values.
    associations: Option<Vec<EdgeChange>>,
    /// The rtVersion the change is based on.
    #[schemars(range(min = 0))]
    expected_version: Option<u64>,
}

/// A changed entity.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct UpdatedEntity {
    /// The type asked for.
    type_id: String,
    /// Id of the entity.
    rt_id: String,
    /// Its version now.
    current_rt_version: u64,
    /// The entity as stored.
    #[schemars(with = "EntityItem")]
    entity: EntityDto,
    /// Nothing was written because the entity had changed.
    is_conflict: bool,
}

pub(super) async fn update_entity(
    cx: TenantCall,
    p: UpdateEntityParameters,
) -> ToolResult<Data<UpdatedEntity>> {
    let (ck_type_id, rt_id) = (p.ck_type_id.clone(), p.rt_id.clone());
    update(&cx, p).await.map(Data).map_err(|failure| {
        failure
            .with("typeId", ck_type_id)
            .with("rtId", rt_id)
            .with_default("isConflict", false)
    })
}

async fn update(cx: &TenantCall, p: UpdateEntityParameters) -> Result<UpdatedEntity, Failure> {
    let Found {
        tenant,
        graph,
        entity,
    } = find(cx, &p.ck_type_id, &p.rt_id).await?;
    protection::refuse_writes(&graph, &entity.ck_type_id.to_string())?;
    let uploads = Uploads::of(cx, p.entity_data.iter().map(|item| &item.value)).await?;
    let mut update = UpdateEntity::from_entity(&entity);
    for item in p.entity_data {
        update = update.assign(item.attribute_path, item.value);
    }
    if let Some(version) = p.expected_version {
        update = update.expect_version(version);
    }
    let mut changes = ChangeSet::new().update(update);
    if let Some(node) = graph.type_node(&entity.ck_type_id) {
        for edge in p.associations.iter().flatten() {
            changes = edge.add_to(changes, LinkEnd::from(&entity), node)?;
        }
    }
    let applied = tenant.apply(uploads.offer(changes)).await;
    let mut applied = applied.map_err(|error| refused(error, &graph))?;
    uploads.done(cx);
    let updated = applied.updated.pop().ok_or_else(no_result)?;
    Ok(UpdatedEntity {
        type_id: p.ck_type_id,
        rt_id: p.rt_id,
        current_rt_version: updated.version,
        entity: shown(updated, &graph, &Projection::all()),
        is_conflict: false,
    })
}

/// Deletes an entity: it is archived and no longer found, and its associations are removed. With
/// expectedVersion nothing is deleted if somebody else changed the entity meanwhile.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct DeleteEntityParameters {
    /// Id of the type or of a base type.
    pub(super) ck_type_id: String,
    /// Id of the entity, 24 hex digits.
    pub(super) rt_id: String,
    /// The rtVersion the deletion is based on.
    #[schemars(range(min = 0))]
    expected_version: Option<u64>,
}

/// A deleted entity.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct DeletedEntity {
    /// The type asked for.
    ck_type_id: String,
    /// Id of the entity.
    rt_id: String,
    /// Nothing was deleted because the entity had changed.
    is_conflict: bool,
    /// Its version now, after a conflict.
    current_rt_version: Option<u64>,
    /// The entity as it is now, after a conflict.
    #[schemars(with = "Option<EntityItem>")]
    entity: Option<EntityDto>,
    /// Associations removed with it.
    removed_associations: u64,
    /// Entities that lost a partner they must have.
    orphaned_count: u64,
    /// The first 100 of them, as "Type@id".
    orphaned_entities: Vec<String>,
}

pub(super) async fn delete_entity(
    cx: TenantCall,
    p: DeleteEntityParameters,
) -> ToolResult<Data<DeletedEntity>> {
    let (ck_type_id, rt_id) = (p.ck_type_id.clone(), p.rt_id.clone());
    delete(&cx, p).await.map(Data).map_err(|failure| {
        failure
            .with("ckTypeId", ck_type_id)
            .with("rtId", rt_id)
            .with_default("isConflict", false)
    })
}

async fn delete(cx: &TenantCall, p: DeleteEntityParameters) -> Result<DeletedEntity, Failure> {
    let Found {
        tenant,
        graph,
        entity,
    } = find(cx, &p.ck_type_id, &p.rt_id).await?;
    protection::refuse_writes(&graph, &entity.ck_type_id.to_string())?;
    let mut delete = DeleteEntity::of(entity.ck_type_id.to_string(), entity.rt_id);
    if let Some(version) = p.expected_version {
        delete = delete.expect_version(version);
    }
    let deleted = tenant.delete(delete).await;
    let deleted = deleted.map_err(|error| refused(error, &graph))?;
    let orphans = deleted.orphans.iter().take(MAX_ORPHANS);
    Ok(DeletedEntity {
        ck_type_id: p.ck_type_id,
        rt_id: p.rt_id,
        is_conflict: false,
        current_rt_version: None,
        entity: None,
        removed_associations: deleted.removed_count,
        orphaned_count: deleted.orphaned_count,
        orphaned_entities: orphans.map(ToString::to_string).collect(),
    })
}

pub(super) fn no_result() -> Failure {
    Failure::new("The change had no result.")
}

/// A failed write; a stale version comes back with the current entity.
pub(super) fn refused(error: RuntimeError, graph: &TypeGraph) -> Failure {
    let current = error
        .as_conflict()
        .map(|conflict| (conflict.current, conflict.entity.clone()));
    let failure = Failure::from(error);
    match current {
        None => failure,
        Some((version, entity)) => failure
            .with("isConflict", true)
            .with("currentRtVersion", version)
            .with("entity", shown(entity, graph, &Projection::all())),
    }
}
