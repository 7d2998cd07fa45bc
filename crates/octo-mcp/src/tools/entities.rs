//! Entities of a tenant (spec, runtime 2).

mod associations;
mod bulk;
pub(super) mod columns;
pub(super) mod criteria;
mod download;
mod edges;
mod link;
mod navigate;
pub(super) mod protection;
mod queries;
mod restore;
mod searches;
mod sort;
mod tree;
mod uploads;
mod writes;

use std::sync::Arc;

use octo_ck::TypeGraph;
use octo_runtime::dto::{EntityDto, Projection};
use octo_runtime::{Entity, RtId, RtIdError, RuntimeError, Tenant};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::call::TenantCall;
use crate::reply::{Data, Failure, ToolResult};
use crate::tool::{Risk, Toolset, tool};
use bulk::{create_entities, delete_entities, update_entities};
use columns::Columns;
use download::get_entity_binary;
use link::{create_association, delete_association};
use navigate::navigate_associations;
use queries::{query_entities, query_entities_simple};
use restore::restore_entity;
use tree::get_association_tree;
use writes::{create_entity, delete_entity, update_entity};

/// The group of entity tools.
pub fn toolset() -> Toolset {
    Toolset::new(
        "Runtime: entity CRUD and navigation",
        "Creating, finding, changing and deleting entities",
    )
    .tool(tool("query_entities", query_entities))
    .tool(tool("query_entities_simple", query_entities_simple))
    .tool(tool("get_entity_by_id", get_entity_by_id))
    .tool(tool("get_entity_binary", get_entity_binary))
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
            .confirm(|p: &writes::DeleteEntityParameters| {
                format!(
                    "Refusing to delete '{}@{}' without confirm=true.",
                    p.ck_type_id, p.rt_id
                )
            }),
    )
    .tool(
        tool("restore_entity", restore_entity)
            .risk(Risk::Medium)
            .adds(),
    )
    .tool(tool("navigate_associations", navigate_associations))
    .tool(tool("get_association_tree", get_association_tree))
    .tool(
        tool("create_association", create_association)
            .risk(Risk::Medium)
            .adds(),
    )
    .tool(
        tool("delete_association", delete_association)
            .risk(Risk::Medium)
            .destructive()
            .confirm(link::DeleteAssociation::refusal),
    )
    .tool(
        tool("create_entities", create_entities)
            .risk(Risk::Medium)
            .adds()
            .check(|p: &bulk::CreateEntities| p.check()),
    )
    .tool(
        tool("update_entities", update_entities)
            .risk(Risk::High)
            .adds()
            .destructive()
            .check(|p: &bulk::UpdateEntities| p.check()),
    )
    .tool(
        tool("delete_entities", delete_entities)
            .risk(Risk::High)
            .destructive()
            .check(|p: &bulk::DeleteEntities| p.check())
            .confirm(|p: &bulk::DeleteEntities| {
                format!(
                    "Refusing to delete {} entities without confirm=true.",
                    p.count()
                )
            }),
    )
}

/// An entity.
#[derive(JsonSchema)]
#[serde(rename_all = "camelCase")]
#[expect(dead_code, reason = "describes the JSON of an entity to clients")]
pub(super) struct EntityItem {
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
    /// When it was archived, if it was.
    #[serde(default)]
    #[schemars(extend("format" = "date-time"))]
    rt_archived_date_time: Option<String>,
    /// "Archived" for archived entities.
    #[serde(default)]
    rt_state: Option<String>,
    /// Its values.
    attributes: Vec<AttributeItem>,
}

/// A value of an entity.
#[derive(JsonSchema)]
#[serde(rename_all = "camelCase")]
#[expect(dead_code, reason = "describes the JSON of a value to clients")]
pub(super) struct AttributeItem {
    /// Name of the attribute.
    attribute_name: String,
    /// Its value; absent when it has none.
    #[serde(default)]
    value: Value,
}

/// Gets one entity by its id.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct GetEntityById {
    /// Id of the type or of a base type, e.g. "Basic/City".
    ck_type_id: String,
    /// Id of the entity, 24 hex digits.
    rt_id: String,
    /// Only return these attributes; paths reach into records (address.city), lists
    /// (items[0].name) and over associations (parent.Basic/City->name).
    attribute_paths: Option<Vec<String>>,
    /// Also return it when it is archived (deleted); default false.
    include_archived: Option<bool>,
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
    let type_id = p.ck_type_id.clone();
    let entity = get(&cx, p).await;
    let entity = entity.map_err(|failure| failure.with("typeId", &type_id))?;
    Ok(Data(OneEntity { type_id, entity }))
}

async fn get(cx: &TenantCall, p: GetEntityById) -> Result<EntityDto, Failure> {
    let rt_id = parse_id(&p.rt_id)?;
    let paths = p.attribute_paths.unwrap_or_default();
    let columns = Columns::of(&paths)?;
    let tenant = cx.data().await?;
    let found = match p.include_archived.unwrap_or(false) {
        true => tenant.get_with_archived(&p.ck_type_id, rt_id).await?,
        false => tenant.get(&p.ck_type_id, rt_id).await?,
    };
    let missing = || missing(&p.ck_type_id, rt_id);
    let entity = found.ok_or_else(missing)?;
    let mut shown = columns.shown(&tenant, &p.ck_type_id, vec![entity]).await?;
    shown.pop().ok_or_else(|| missing().into())
}

fn missing(ck_type: &str, rt_id: RtId) -> RuntimeError {
    RuntimeError::EntityMissing {
        ck_type: ck_type.to_owned(),
        rt_id,
    }
}

/// The entity a call names, and where it is.
struct Found {
    tenant: Arc<Tenant>,
    graph: Arc<TypeGraph>,
    entity: Entity,
}

async fn find(cx: &TenantCall, ck_type: &str, rt_id: &str) -> Result<Found, Failure> {
    let rt_id = parse_id(rt_id)?;
    let tenant = cx.data().await?;
    let entity = tenant.get(ck_type, rt_id).await?;
    let entity = entity.ok_or_else(|| missing(ck_type, rt_id))?;
    Ok(Found {
        graph: tenant.graph(),
        tenant,
        entity,
    })
}

fn parse_id(text: &str) -> Result<RtId, Failure> {
    let parsed = text.trim().parse();
    parsed.map_err(|error: RtIdError| Failure::new(error.to_string()))
}

/// An entity as callers see it: without secrets.
fn shown(entity: Entity, graph: &TypeGraph, projection: &Projection) -> EntityDto {
    let entity = protection::redacted(entity, graph);
    EntityDto::new(&entity, graph, projection)
}
