//! Entities as JSON for tools and services (spec 2.15).
//!
//! Attributes come in the order of the type graph under their camelCase names; enums are written
//! by name, instants as ISO-8601 text, time spans as ticks, binaries as base64. Attributes the
//! model does not know any more are left out.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use octo_ck::graph::AttributeNode;
use octo_ck::{RtCkId, TypeGraph};
use serde::Serialize;
use serde_json::{Value as Json, json};

use crate::attributes::Attributes;
use crate::entity::{Entity, RtState};
use crate::rt_id::RtId;
use crate::value::stored::geo_json;
use crate::value::{Record, Value, instants};

mod association;
mod columns;
mod projection;

pub use association::AssociationDto;
pub(crate) use columns::values;
pub use projection::Projection;
use projection::{Elements, Level};

/// An entity as tools and services show it.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EntityDto {
    /// Identity.
    pub rt_id: RtId,
    /// Creation, ISO-8601 in UTC.
    pub rt_creation_date_time: String,
    /// Last change, ISO-8601 in UTC.
    pub rt_changed_date_time: String,
    /// Archiving, ISO-8601 in UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rt_archived_date_time: Option<String>,
    /// Concrete type.
    pub ck_type_id: RtCkId,
    /// Well-known name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rt_well_known_name: Option<String>,
    /// Display name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rt_display_name: Option<String>,
    /// Display description.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rt_display_description: Option<String>,
    /// Version, for `expectedVersion`.
    pub rt_version: u64,
    /// `Archived`, or nothing for active entities.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rt_state: Option<&'static str>,
    /// Attributes with a value.
    pub attributes: Vec<AttributeDto>,
}

/// One attribute of an entity or record.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AttributeDto {
    /// camelCase name.
    pub attribute_name: String,
    /// Its value.
    pub value: Json,
}

impl EntityDto {
    /// The entity with the attributes the projection asks for; system fields are always there.
    pub fn new(entity: &Entity, graph: &TypeGraph, projection: &Projection) -> Self {
        let node = graph.type_node(&entity.ck_type_id);
        let nodes = node.map_or(&[][..], |node| node.attributes.as_slice());
        let writer = Writer { graph };
        Self {
            rt_id: entity.rt_id,
            rt_creation_date_time: entity.created.to_string(),
            rt_changed_date_time: entity.changed.to_string(),
            rt_archived_date_time: entity.archived.map(|instant| instant.to_string()),
            ck_type_id: entity.ck_type_id.clone(),
            rt_well_known_name: entity.well_known_name.clone(),
            rt_display_name: entity.display_name.clone(),
            rt_display_description: entity.display_description.clone(),
            rt_version: entity.version,
            rt_state: (entity.state == RtState::Archived).then_some("Archived"),
            attributes: writer.attributes(&entity.attributes, nodes, projection.level()),
        }
    }

    /// The value of an attribute by camelCase name.
    pub fn attribute(&self, name: &str) -> Option<&Json> {
        let mut attributes = self.attributes.iter();
        attributes
            .find(|attribute| attribute.attribute_name == name)
            .map(|attribute| &attribute.value)
    }
}

struct Writer<'g> {
    graph: &'g TypeGraph,
}

impl Writer<'_> {
    fn attributes(
        &self,
        attributes: &Attributes,
        nodes: &[Arc<AttributeNode>],
        level: &Level,
    ) -> Vec<AttributeDto> {
        let shown = nodes.iter().filter_map(|node| {
            let entry = level.entry(&node.camel_name)?;
            let value = attributes.get(&node.name)?;
            Some(AttributeDto {
                attribute_name: node.camel_name.clone(),
                value: self.value(value, node, entry.elements, entry.inside),
            })
        });
        shown.collect()
    }

    fn value(
        &self,
        value: &Value,
        node: &AttributeNode,
        elements: &Elements,
        inside: &Level,
    ) -> Json {
        match value {
            Value::Int(number) => json!(number),
            Value::Int64(number) | Value::TimeSpan(number) => json!(number),
            Value::Double(number) => json!(number),
            Value::Boolean(flag) => json!(flag),
            Value::String(text) => json!(text),
            Value::DateTime(instant) => json!(instant.to_string()),
            Value::DateTimeOffset(value) => json!(instants::with_offset(value)),
            Value::Enum(key) => {
                let name = node.enum_type.as_ref().and_then(|node| node.name_of(*key));
                name.map_or_else(|| json!(key), |name| json!(name))
            }
            Value::StringArray(texts) => elements.pick(texts).map(|text| json!(text)).collect(),
            Value::IntArray(numbers) => elements.pick(numbers).map(|n| json!(n)).collect(),
            Value::Binary(bytes) => json!(BASE64.encode(bytes)),
            Value::BinaryLinked(info) => json!(info),
            Value::Record(record) => self.record(record, inside),
            Value::RecordArray(records) => elements
                .pick(records)
                .map(|record| self.record(record, inside))
                .collect(),
            Value::GeospatialPoint(point) => geo_json(point),
        }
    }

    fn record(&self, record: &Record, level: &Level) -> Json {
        let node = self.graph.record(&record.ck_record_id);
        let nodes = node.map_or(&[][..], |node| node.attributes.as_slice());
        json!({
            "ckRecordId": record.ck_record_id,
            "attributes": self.attributes(&record.attributes, nodes, level),
        })
    }
}
