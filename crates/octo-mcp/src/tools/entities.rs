//! Entities of a tenant (spec, runtime 2).

mod filters;
mod protection;

use octo_ck::TypeGraph;
use octo_runtime::dto::{EntityDto, Projection};
use octo_runtime::{
    DeleteEntity, Entity, EntityQuery, NewEntity, RtId, RuntimeError, UpdateEntity,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::call::TenantCall;
use crate::reply::{Data, Failure, ToolResult};
use crate::tool::{Risk, Toolset, tool};
use filters::SimpleFilters;

/// Entities returned when no limit is given.
const DEFAULT_LIMIT: u64 = 100;

/// The group of entity tools.
pub fn toolset() -> Toolset {
    Toolset::new(
        "Runtime: entity CRUD and navigation",
        "Creating, finding, changing and deleting entities",
    )
    .tool(tool("query_entities_simple", query_entities_simple))
    .tool(tool("get_entity_by_id", get_entity_by_id))
    .tool(
        tool("create_entity", create_entity)
            .risk(Risk::Medium)
            .adds(),
    )
    .tool(
        tool("update_entity", update_entity)
            .risk(Risk::Medium)
            .adds()
            .destructive(),
    )
    .tool(
        tool("delete_entity", delete_entity)
            .risk(Risk::Medium)
            .destructive()
            .confirm(|p: &DeleteEntityParameters| {
                format!(
                    "Refusing to delete '{}@{}' without confirm=true.",
                    p.ck_type_id, p.rt_id
                )
            }),
    )
}

/// Finds entities of a type, derived types included, whose attributes have the given values. All
/// conditions must hold. Without conditions: all entities of the type.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct QueryEntitiesSimple {
    /// Id of the type, e.g. "Basic/City".
    ck_type_id: String,
    /// Conditions: a list of {attributePath, value}, or an object {path: value}.
    simple_filters: Option<SimpleFilters>,
    /// Only return these attributes; paths reach into records (address.city).
    attribute_paths: Option<Vec<String>>,
    /// At most so many entities; default 100.
    #[schemars(range(min = 1, max = 1000))]
    limit: Option<u64>,
    /// Leave out so many entities first.
    #[schemars(range(min = 0))]
    offset: Option<u64>,
}

/// Found entities.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct EntityList {
    /// The type asked for.
    ck_type_id: String,
    /// All matches, not only those returned.
    total_count: u64,
    /// Entities returned.
    returned_count: usize,
    /// The entities.
    #[schemars(with = "Vec<EntityItem>")]
    entities: Vec<EntityDto>,
}

/// An entity.
#[derive(JsonSchema)]
#[serde(rename_all = "camelCase")]
#[expect(dead_code, reason = "describes the JSON of an entity to clients")]
struct EntityItem {
    /// Id of the entity, 24 hex digits.
    rt_id: String,
    /// Its concrete type.
    ck_type_id: String,
    /// Its name for look-ups, if it has one.
    #[serde(default)]
    rt_well_known_name: Option<String>,
    /// Its name for people.
    #[serde(default)]
    rt_display_name: Option<String>,
    /// Its description for people.
    #[serde(default)]
    rt_display_description: Option<String>,
    /// Grows with every change; pass it as expectedVersion.
    rt_version: u64,
    /// When it was created.
    #[schemars(extend("format" = "date-time"))]
    rt_creation_date_time: String,
    /// When it was last changed.
    #[schemars(extend("format" = "date-time"))]
    rt_changed_date_time: String,
    /// Its values.
    attributes: Vec<AttributeItem>,
}

/// A value of an entity.
#[derive(JsonSchema)]
#[serde(rename_all = "camelCase")]
#[expect(dead_code, reason = "describes the JSON of a value to clients")]
struct AttributeItem {
    /// Name of the attribute.
    attribute_name: String,
    /// Its value; absent when it has none.
    #[serde(default)]
    value: Value,
}

async fn query_entities_simple(
    cx: TenantCall,
    p: QueryEntitiesSimple,
) -> ToolResult<Data<EntityList>> {
    let failed = |failure: Failure| failure.with("ckTypeId", &p.ck_type_id);
    let tenant = cx.data().await?;
    let graph = tenant.graph();
    let filters = p
        .simple_filters
        .map(SimpleFilters::into_conditions)
        .unwrap_or_default();
    let projection = Projection::of(p.attribute_paths.as_deref().unwrap_or_default())
        .map_err(|e| failed(e.into()))?;
    let secret = protection::refuse_filters(&graph, &p.ck_type_id, filters.iter().map(|f| &*f.0));
    secret.map_err(failed)?;
    let mut query = EntityQuery::of(&p.ck_type_id)
        .skip(p.offset.unwrap_or(0))
        .take(p.limit.unwrap_or(DEFAULT_LIMIT));
    for (path, value) in filters {
        query = query.eq(&path, value);
    }
    let page = tenant.query(query).await.map_err(|e| failed(e.into()))?;
    let entities: Vec<EntityDto> = page
        .items
        .into_iter()
        .map(|entity| shown(entity, &graph, &projection))
        .collect();
    Ok(Data(EntityList {
        ck_type_id: p.ck_type_id,
        total_count: page.total,
        returned_count: entities.len(),
        entities,
    }))
}

/// Gets one entity by its id.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct GetEntityById {
    /// Id of the type or of a base type, e.g. "Basic/City".
    ck_type_id: String,
    /// Id of the entity, 24 hex digits.
    rt_id: String,
}

/// One entity.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct OneEntity {
    /// The type asked for.
    type_id: String,
    /// The entity.
    #[schemars(with = "EntityItem")]
    entity: EntityDto,
}

async fn get_entity_by_id(cx: TenantCall, p: GetEntityById) -> ToolResult<Data<OneEntity>> {
    let failed = |failure: Failure| failure.with("typeId", &p.ck_type_id);
    let rt_id = rt_id(&p.rt_id).map_err(failed)?;
    let tenant = cx.data().await?;
    let found = tenant
        .get(&p.ck_type_id, rt_id)
        .await
        .map_err(|e| failed(e.into()))?;
    let missing = RuntimeError::EntityMissing {
        ck_type: p.ck_type_id.clone(),
        rt_id,
    };
    let entity = found.ok_or_else(|| failed(missing.into()))?;
    let entity = shown(entity, &tenant.graph(), &Projection::all());
    Ok(Data(OneEntity {
        type_id: p.ck_type_id,
        entity,
    }))
}

/// A value to write.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct AttributeUpdate {
    /// Attribute, or path into a record: address.city, contacts[0].lastName.
    attribute_path: String,
    /// Its new value; null removes it.
    value: Value,
}

/// Creates an entity. get_type_schema tells which attributes it needs.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct CreateEntity {
    /// Id of the type, e.g. "Basic/City".
    ck_type_id: String,
    /// Values of the entity.
    entity_data: Vec<AttributeUpdate>,
}

/// A created entity.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct CreatedEntity {
    /// The type asked for.
    ck_type_id: String,
    /// Id of the new entity.
    rt_id: String,
    /// The entity as stored.
    #[schemars(with = "EntityItem")]
    entity: EntityDto,
}

async fn create_entity(cx: TenantCall, p: CreateEntity) -> ToolResult<Data<CreatedEntity>> {
    let failed = |failure: Failure| failure.with("ckTypeId", &p.ck_type_id);
    let tenant = cx.data().await?;
    protection::refuse_writes(&tenant.graph(), &p.ck_type_id).map_err(failed)?;
    let mut entity = NewEntity::of(&p.ck_type_id).with_optional_defaults();
    for item in p.entity_data {
        entity = entity.assign(item.attribute_path, item.value);
    }
    let stored = tenant.insert(entity).await.map_err(|e| failed(e.into()))?;
    Ok(Data(CreatedEntity {
        rt_id: stored.rt_id.to_string(),
        entity: shown(stored, &tenant.graph(), &Projection::all()),
        ck_type_id: p.ck_type_id,
    }))
}

/// Changes attributes of an entity; attributes that are not named stay. With expectedVersion
/// nothing is written if somebody else changed the entity meanwhile: the current entity comes back
/// with isConflict.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct UpdateEntityParameters {
    /// Id of the entity, 24 hex digits.
    rt_id: String,
    /// Id of the type or of a base type.
    ck_type_id: String,
    /// Values to change.
    entity_data: Vec<AttributeUpdate>,
    /// The rtVersion the change is based on.
    #[schemars(range(min = 0))]
    expected_version: Option<u64>,
}

/// A changed entity.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct UpdatedEntity {
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

async fn update_entity(
    cx: TenantCall,
    p: UpdateEntityParameters,
) -> ToolResult<Data<UpdatedEntity>> {
    let failed = |failure: Failure| {
        failure
            .with("typeId", &p.ck_type_id)
            .with("rtId", &p.rt_id)
            .with("isConflict", false)
    };
    let rt_id = rt_id(&p.rt_id).map_err(failed)?;
    let tenant = cx.data().await?;
    let graph = tenant.graph();
    let stored = tenant
        .get(&p.ck_type_id, rt_id)
        .await
        .map_err(|e| failed(e.into()))?;
    let missing = || RuntimeError::EntityMissing {
        ck_type: p.ck_type_id.clone(),
        rt_id,
    };
    let stored = stored.ok_or_else(|| failed(missing().into()))?;
    protection::refuse_writes(&graph, &stored.ck_type_id.to_string()).map_err(failed)?;
    let mut update = UpdateEntity::of(&p.ck_type_id, rt_id);
    for item in p.entity_data {
        update = update.assign(item.attribute_path, item.value);
    }
    if let Some(version) = p.expected_version {
        update = update.expect_version(version);
    }
    let updated = match tenant.update(update).await {
        Ok(updated) => updated,
        Err(error) => {
            let failure = conflict(error, &graph).with("typeId", &p.ck_type_id);
            return Err(failure.with("rtId", &p.rt_id));
        }
    };
    Ok(Data(UpdatedEntity {
        type_id: p.ck_type_id,
        rt_id: p.rt_id,
        current_rt_version: updated.version,
        entity: shown(updated, &graph, &Projection::all()),
        is_conflict: false,
    }))
}

/// Deletes an entity: it is archived and no longer found, and its associations are removed. With
/// expectedVersion nothing is deleted if somebody else changed the entity meanwhile.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct DeleteEntityParameters {
    /// Id of the type or of a base type.
    ck_type_id: String,
    /// Id of the entity, 24 hex digits.
    rt_id: String,
    /// The rtVersion the deletion is based on.
    #[schemars(range(min = 0))]
    expected_version: Option<u64>,
}

/// A deleted entity.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct DeletedEntity {
    /// The type asked for.
    ck_type_id: String,
    /// Id of the entity.
    rt_id: String,
    /// Nothing was deleted because the entity had changed.
    is_conflict: bool,
    /// Associations removed with it.
    removed_associations: usize,
    /// Entities that lost a partner they must have, as "Type@id".
    orphaned_entities: Vec<String>,
}

async fn delete_entity(
    cx: TenantCall,
    p: DeleteEntityParameters,
) -> ToolResult<Data<DeletedEntity>> {
    let failed = |failure: Failure| {
        failure
            .with("ckTypeId", &p.ck_type_id)
            .with("rtId", &p.rt_id)
            .with("isConflict", false)
    };
    let rt_id = rt_id(&p.rt_id).map_err(failed)?;
    let tenant = cx.data().await?;
    let graph = tenant.graph();
    let stored = tenant
        .get(&p.ck_type_id, rt_id)
        .await
        .map_err(|e| failed(e.into()))?;
    let missing = || RuntimeError::EntityMissing {
        ck_type: p.ck_type_id.clone(),
        rt_id,
    };
    let stored = stored.ok_or_else(|| failed(missing().into()))?;
    protection::refuse_writes(&graph, &stored.ck_type_id.to_string()).map_err(failed)?;
    let mut delete = DeleteEntity::of(&p.ck_type_id, rt_id);
    if let Some(version) = p.expected_version {
        delete = delete.expect_version(version);
    }
    let deleted = match tenant.delete(delete).await {
        Ok(deleted) => deleted,
        Err(error) => {
            let failure = conflict(error, &graph).with("ckTypeId", &p.ck_type_id);
            return Err(failure.with("rtId", &p.rt_id));
        }
    };
    Ok(Data(DeletedEntity {
        ck_type_id: p.ck_type_id,
        rt_id: p.rt_id,
        is_conflict: false,
        removed_associations: deleted.removed.len(),
        orphaned_entities: deleted.orphans.iter().map(ToString::to_string).collect(),
    }))
}

/// A failed write; a stale version comes back with the current entity.
fn conflict(error: RuntimeError, graph: &TypeGraph) -> Failure {
    let current = error
        .as_conflict()
        .map(|conflict| (conflict.current, conflict.entity.clone()));
    let failure = Failure::from(error);
    match current {
        None => failure.with("isConflict", false),
        Some((version, entity)) => failure
            .with("isConflict", true)
            .with("currentRtVersion", version)
            .with("entity", shown(entity, graph, &Projection::all())),
    }
}

/// An entity as callers see it: without secrets.
fn shown(entity: Entity, graph: &TypeGraph, projection: &Projection) -> EntityDto {
    let entity = protection::redacted(entity, graph);
    EntityDto::new(&entity, graph, projection)
}

fn rt_id(text: &str) -> Result<RtId, Failure> {
    text.trim()
        .parse()
        .map_err(|error: octo_runtime::RtIdError| Failure::new(error.to_string()))
}
