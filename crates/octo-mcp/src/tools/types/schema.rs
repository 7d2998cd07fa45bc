//! One type in detail.

use std::sync::Arc;

use moka::sync::Cache;
use octo_ck::graph::{AssociationNode, AttributeNode, ColumnError, TypeNode};
use octo_ck::model::{CkIndex, Multiplicity, ValueType};
use octo_ck::{CkId, RtCkId, TypeGraph};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::base_of;
use crate::call::TenantCall;
use crate::derived::Derive;
use crate::reply::{Data, Failure, ToolResult};

/// Describes an entity type: what its entities need, what they may have, how it relates to other
/// types. Look here before creating or querying entities.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct GetTypeSchema {
    /// Id of the type, e.g. "Basic/City"; versions may be written or left out.
    ck_type_id: String,
}

/// A base type.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct BaseType {
    /// Its model.
    model_id: String,
    /// Its name in the model.
    element_id: String,
    /// Its id.
    full_name: String,
    /// Its id with major versions only.
    semantic_versioned_full_name: String,
    /// Always false.
    is_empty: bool,
}

/// An index.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct IndexItem {
    /// What it does: Ascending, Text, Unique or UniqueNotDeleted.
    #[schemars(with = "String")]
    index_type: octo_ck::model::IndexType,
    /// Language of a text index.
    language: Option<String>,
    /// Indexed paths.
    fields: Vec<IndexFields>,
}

/// Paths of an index.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct IndexFields {
    /// Weight in a text index.
    weight: Option<i32>,
    /// The paths.
    attribute_paths: Vec<String>,
}

/// A path that can be read, filtered and sorted by.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct PathItem {
    /// The path.
    attribute_path: String,
    /// Type of its values.
    #[schemars(with = "String")]
    value_type: ValueType,
    /// What it means.
    description: Option<String>,
}

/// An attribute that can be written.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct AttributeItem {
    /// Path to write to.
    attribute_path: String,
    /// Type of its values.
    #[schemars(with = "String")]
    value_type: ValueType,
    /// An entity can do without.
    is_optional: bool,
    /// What it means.
    description: Option<String>,
    /// Values it gets when none is given.
    default_values: Option<Vec<Value>>,
    /// Names an Enum attribute can have.
    enum_values: Option<Vec<String>>,
    /// Record of a Record or RecordArray attribute.
    record_id: Option<String>,
    /// Fields of that record.
    record_fields: Option<Vec<RecordField>>,
}

/// A field of a record.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct RecordField {
    /// Name of the field.
    name: String,
    /// Type of its values.
    #[schemars(with = "String")]
    value_type: ValueType,
    /// The record can do without.
    is_optional: bool,
    /// Names an Enum field can have.
    enum_values: Option<Vec<String>>,
}

/// An association to another type.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct AssociationItem {
    /// The role.
    association_role_id: String,
    /// Type of the target.
    target_ck_type_id: String,
    /// Type of the origin.
    origin_ck_type_id: String,
    /// Name of the association seen from this type.
    navigation_name: String,
    /// Inbound or Outbound.
    direction: &'static str,
    /// How many there may be: ZeroOrOne, One or N.
    #[schemars(with = "String")]
    cardinality: Multiplicity,
}

/// What can be written.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct WriteSchema {
    /// Entities of exactly this type can be created.
    can_create: bool,
    /// Attributes every entity needs.
    required_attributes: Vec<AttributeItem>,
    /// Attributes an entity may have.
    optional_attributes: Vec<AttributeItem>,
}

/// A type in detail.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct TypeSchema {
    /// Id of the type.
    ck_type_id: String,
    /// Its model.
    model_id: String,
    /// Its name in the model.
    type_name: String,
    /// Version of the type.
    version: String,
    /// It has no entities of its own.
    is_abstract: bool,
    /// No type can derive from it.
    is_final: bool,
    /// It derives directly from System/Entity.
    is_collection_root: bool,
    /// What it stands for.
    description: Option<String>,
    /// Its base type.
    derived_from: Option<String>,
    /// Its base types, nearest first.
    inheritance_hierarchy: Vec<BaseType>,
    /// Its indexes, inherited ones included.
    indexes: Vec<IndexItem>,
    /// Paths that can be read, filtered and sorted by.
    attributes: Vec<PathItem>,
    /// Associations in which it is the target.
    inbound_associations: Vec<AssociationItem>,
    /// Associations in which it is the origin.
    outbound_associations: Vec<AssociationItem>,
    /// What can be written.
    schema: WriteSchema,
}

/// Rows of all schemas kept of one graph; some 200 bytes each.
const MAX_ROWS_KEPT: u64 = 20_000;

/// Schemas of a graph's types, worked out on first use.
struct Schemas(Cache<RtCkId, Arc<TypeSchema>>);

impl Derive for Schemas {
    fn derive(_: &TypeGraph) -> Self {
        let rows = |_: &RtCkId, schema: &Arc<TypeSchema>| {
            let write = &schema.schema;
            let rows = schema.attributes.len()
                + schema.inbound_associations.len()
                + schema.outbound_associations.len()
                + write.required_attributes.len()
                + write.optional_attributes.len();
            u32::try_from(rows).unwrap_or(u32::MAX)
        };
        Self(
            Cache::builder()
                .weigher(rows)
                .max_capacity(MAX_ROWS_KEPT)
                .build(),
        )
    }
}

pub(super) async fn get_type_schema(
    cx: TenantCall,
    p: GetTypeSchema,
) -> ToolResult<Data<Arc<TypeSchema>>> {
    let graph = cx.data().await?.graph();
    let failed = |text: String| Failure::new(text).with("ckTypeId", &p.ck_type_id);
    let node = graph
        .find_type(&p.ck_type_id)
        .map_err(|e| failed(e.in_tenant("CkTypeId", cx.tenant_id())))?;
    let Schemas(known) = &*cx.services().derived.of::<Schemas>(&graph);
    if let Some(schema) = known.get(&node.rt_id) {
        return Ok(Data(schema));
    }
    let schema = Arc::new(type_schema(&graph, node).map_err(|e| failed(e.to_string()))?);
    known.insert(node.rt_id.clone(), schema.clone());
    Ok(Data(schema))
}

fn type_schema(graph: &TypeGraph, node: &TypeNode) -> Result<TypeSchema, ColumnError> {
    let columns = graph.columns(node)?;
    let attribute = |attribute: &Arc<AttributeNode>| attribute_item(graph, attribute);
    let (optional, required): (Vec<_>, Vec<_>) = node
        .attributes
        .iter()
        .partition(|attribute| attribute.is_optional);
    Ok(TypeSchema {
        ck_type_id: node.id.to_string(),
        model_id: node.id.model().to_string(),
        type_name: node.id.element().semantic_name(),
        version: node.id.element().version().to_string(),
        is_abstract: node.is_abstract,
        is_final: node.is_final,
        is_collection_root: node.is_collection_root,
        description: node.description.clone(),
        derived_from: base_of(graph, node).map(|id| id.to_string()),
        inheritance_hierarchy: node
            .bases
            .iter()
            .filter_map(|base| graph.type_node(base))
            .map(|base| base_type(&base.id))
            .collect(),
        indexes: node.indexes.iter().map(index_item).collect(),
        attributes: columns
            .into_iter()
            .map(|column| PathItem {
                attribute_path: column.path,
                value_type: column.value_type,
                description: column.description,
            })
            .collect(),
        inbound_associations: associations(&node.inbound, "Inbound"),
        outbound_associations: associations(&node.outbound, "Outbound"),
        schema: WriteSchema {
            can_create: !node.is_abstract,
            required_attributes: required.into_iter().map(attribute).collect(),
            optional_attributes: optional.into_iter().map(attribute).collect(),
        },
    })
}

fn base_type(id: &CkId) -> BaseType {
    BaseType {
        model_id: id.model().to_string(),
        element_id: id.element().to_string(),
        full_name: id.to_string(),
        semantic_versioned_full_name: id.semantic_name(),
        is_empty: false,
    }
}

fn index_item(index: &CkIndex) -> IndexItem {
    let fields = index.fields.iter().map(|field| IndexFields {
        weight: field.weight,
        attribute_paths: field.attribute_paths.clone(),
    });
    IndexItem {
        index_type: index.index_type,
        language: index.language.clone(),
        fields: fields.collect(),
    }
}

fn attribute_item(graph: &TypeGraph, attribute: &AttributeNode) -> AttributeItem {
    let record = attribute.record.as_ref().and_then(|id| graph.record(id));
    AttributeItem {
        attribute_path: attribute.camel_name.clone(),
        value_type: attribute.value_type,
        is_optional: attribute.is_optional,
        description: attribute.description.clone(),
        default_values: default_values(attribute),
        enum_values: enum_values(attribute),
        record_id: record.map(|record| record.rt_id.to_string()),
        record_fields: record.map(|record| {
            let field = |field: &Arc<AttributeNode>| RecordField {
                name: field.camel_name.clone(),
                value_type: field.value_type,
                is_optional: field.is_optional,
                enum_values: enum_values(field),
            };
            record.attributes.iter().map(field).collect()
        }),
    }
}

/// Defaults as they would be written: enums by name.
fn default_values(attribute: &AttributeNode) -> Option<Vec<Value>> {
    if attribute.default_values.is_empty() {
        return None;
    }
    let named = |value: &Value| {
        let key = value.as_i64().or_else(|| value.as_str()?.parse().ok());
        let key = key.and_then(|key| i32::try_from(key).ok())?;
        attribute.enum_type.as_ref()?.name_of(key).map(Value::from)
    };
    let shown = |value: &Value| named(value).unwrap_or_else(|| value.clone());
    Some(attribute.default_values.iter().map(shown).collect())
}

fn enum_values(attribute: &AttributeNode) -> Option<Vec<String>> {
    let values = &attribute.enum_type.as_ref()?.values;
    Some(values.iter().map(|value| value.name.clone()).collect())
}

fn associations(nodes: &[AssociationNode], direction: &'static str) -> Vec<AssociationItem> {
    let item = |node: &AssociationNode| AssociationItem {
        association_role_id: node.role.id.to_string(),
        target_ck_type_id: node.target.to_string(),
        origin_ck_type_id: node.origin.to_string(),
        navigation_name: node.navigation_name.clone(),
        direction,
        cardinality: node.multiplicity,
    };
    nodes.iter().map(item).collect()
}
