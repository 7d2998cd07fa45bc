//! The compiled model document (spec, Construction Kit 3), as published in catalogs and stored in
//! tenants. Readers are strict: unknown members are errors.

mod migration;
mod yaml;

use serde::{Deserialize, Serialize};

use crate::id::{CkId, CkModelId, ElementId};

pub use migration::{
    CkMigrationCondition, CkMigrationEntry, CkMigrationFilter, CkMigrationMeta, CkMigrationScript,
    CkMigrationStep, CkMigrationTarget, CkMigrationTransform, CkMigrationValidation, CkMigrations,
    ConditionType, ConflictPolicy, FilterOperator, StepAction, TransformType, ValidationSeverity,
    ValidationType,
};

/// Value of `$schema` in a compiled model.
pub const COMPILED_SCHEMA: &str =
    "https://schemas.meshmakers.cloud/construction-kit-compiled.schema.json";

/// A compiled model: every reference is exact, every dependency pinned.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CompiledModel {
    /// Schema document of this form; see [`COMPILED_SCHEMA`].
    #[serde(rename = "$schema", default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
    /// Complete transitive closure of dependencies, exact versions.
    #[serde(default, deserialize_with = "null_as_default")]
    pub dependencies: Vec<CkModelId>,
    /// Migration scripts shipped with the model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub migrations: Option<CkMigrations>,
    /// Entity types.
    #[serde(default, deserialize_with = "null_as_default")]
    pub types: Vec<CkType>,
    /// Association roles.
    #[serde(default, deserialize_with = "null_as_default")]
    pub association_roles: Vec<CkAssociationRole>,
    /// Attribute definitions.
    #[serde(default, deserialize_with = "null_as_default")]
    pub attributes: Vec<CkAttribute>,
    /// Records (composite values).
    #[serde(default, deserialize_with = "null_as_default")]
    pub records: Vec<CkRecord>,
    /// Enumerations.
    #[serde(default, deserialize_with = "null_as_default")]
    pub enums: Vec<CkEnum>,
    /// Name and version of the model.
    pub model_id: CkModelId,
    /// What the model is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

impl CompiledModel {
    /// A model without any element.
    pub fn empty(model_id: CkModelId) -> Self {
        Self {
            schema: Some(COMPILED_SCHEMA.to_owned()),
            dependencies: Vec::new(),
            migrations: None,
            types: Vec::new(),
            association_roles: Vec::new(),
            attributes: Vec::new(),
            records: Vec::new(),
            enums: Vec::new(),
            model_id,
            description: None,
        }
    }

    /// The published JSON form: indented, members in published order, absent members left out.
    pub fn to_json(&self) -> String {
        // Only maps with keys that are no strings can fail; the model has none.
        serde_json::to_string_pretty(self).unwrap_or_default()
    }

    /// The published YAML form: as [`CompiledModel::to_json`], but without flags that are false
    /// and without element versions that are 1. Equal models give equal texts.
    ///
    /// YAML default values are texts: numbers and booleans among them come back as such.
    pub fn to_yaml(&self) -> String {
        yaml::write(self)
    }

    /// Name of the file the compiler writes, without its extension: `ck-` and the semantic name
    /// in lower case, such as `ck-system-2` (spec, Construction Kit 3).
    pub fn file_stem(&self) -> String {
        format!("ck-{}", self.model_id.semantic_name().to_lowercase())
    }
}

/// An entity type.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CkType {
    /// Direct child of `System/Entity`: computed by the compiler.
    #[serde(default)]
    pub is_collection_root: bool,
    /// Id inside the model.
    pub type_id: ElementId,
    /// Base type; absent only on `System/Entity`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub derived_from_ck_type_id: Option<CkId>,
    /// Cannot be a base type.
    #[serde(default)]
    pub is_final: bool,
    /// No entities of exactly this type exist.
    #[serde(default)]
    pub is_abstract: bool,
    /// Indexes over attribute paths.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub indexes: Option<Vec<CkIndex>>,
    /// Associations that start at this type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub associations: Option<Vec<CkTypeAssociation>>,
    /// Storage hint of the original; kept, not interpreted.
    #[serde(default)]
    pub enable_change_stream_pre_and_post_images: bool,
    /// What the type stands for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Template of `rtDisplayName` (spec 4.6).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name_rule: Option<String>,
    /// Template of `rtDisplayDescription` (spec 4.6).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_description_rule: Option<String>,
    /// Attributes assigned to the type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attributes: Option<Vec<CkAttributeAssignment>>,
}

/// Use of an attribute by a type, record or role under a local name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CkAttributeAssignment {
    /// The attribute definition.
    pub id: CkId,
    /// Local PascalCase name.
    pub name: String,
    /// `rtWellKnownName` of the `System/AutoIncrement` entity that numbers this attribute.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auto_increment_reference: Option<String>,
    /// False: every entity needs a value.
    #[serde(default)]
    pub is_optional: bool,
    /// Suggestions, never enforced.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auto_complete_values: Option<Vec<String>>,
}

/// An attribute definition.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CkAttribute {
    /// Id inside the model.
    pub id: ElementId,
    /// Type of its values.
    pub value_type: ValueType,
    /// Record of `Record` and `RecordArray` attributes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value_ck_record_id: Option<CkId>,
    /// Enum of `Enum` attributes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value_ck_enum_id: Option<CkId>,
    /// Default values: strings, numbers or booleans.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_values: Option<Vec<serde_json::Value>>,
    /// Blueprint updates keep the stored value.
    #[serde(default)]
    pub is_runtime_state: bool,
    /// What the attribute means.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Additional facts such as `Unit`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub meta_data: Option<Vec<CkMetaData>>,
}

/// One additional fact of an attribute.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CkMetaData {
    /// Name of the fact.
    pub key: String,
    /// Its value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<serde_json::Value>,
    /// What it means.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// A composite value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CkRecord {
    /// Id inside the model.
    pub record_id: ElementId,
    /// Base record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub derived_from_ck_record_id: Option<CkId>,
    /// Cannot be a base record.
    #[serde(default)]
    pub is_final: bool,
    /// No values of exactly this record exist.
    #[serde(default)]
    pub is_abstract: bool,
    /// What the record stands for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Fields.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attributes: Option<Vec<CkAttributeAssignment>>,
    /// Accepted for compatibility, without effect.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enable_change_stream_pre_and_post_images: Option<bool>,
}

/// An enumeration.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CkEnum {
    /// Id inside the model.
    pub enum_id: ElementId,
    /// Values may be combined bitwise.
    #[serde(default)]
    pub use_flags: bool,
    /// Tenants may add values.
    #[serde(default)]
    pub is_extensible: bool,
    /// Its values.
    #[serde(default, deserialize_with = "null_as_default")]
    pub values: Vec<CkEnumValue>,
    /// What the enum is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// One value of an enumeration.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CkEnumValue {
    /// Stored number.
    pub key: i32,
    /// Name shown to people.
    pub name: String,
    /// What the value means.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Added by a tenant.
    #[serde(default)]
    pub is_extension: bool,
}

/// A kind of association between entities.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CkAssociationRole {
    /// Id inside the model.
    pub id: ElementId,
    /// Navigation name seen from the target.
    pub inbound_name: String,
    /// Navigation name seen from the origin.
    pub outbound_name: String,
    /// How many origins one target may have.
    pub inbound_multiplicity: Multiplicity,
    /// How many targets one origin may have.
    pub outbound_multiplicity: Multiplicity,
    /// Attributes of each association.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attributes: Option<Vec<CkAttributeAssignment>>,
    /// What the role means.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// Declares that entities of a type may be origin of a role towards a target type.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CkTypeAssociation {
    /// The role.
    pub id: CkId,
    /// Type of the targets (derived types included).
    pub target_ck_type_id: CkId,
    /// Attributes of the target the association refers to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target_ck_attribute_ids: Option<Vec<String>>,
}

/// An index over attribute paths of a type.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CkIndex {
    /// What the index enforces or speeds up.
    pub index_type: IndexType,
    /// Language of a text index.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// Indexed paths.
    #[serde(default, deserialize_with = "null_as_default")]
    pub fields: Vec<CkIndexFields>,
}

/// Paths of an index with a common weight.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CkIndexFields {
    /// Weight in a text index.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight: Option<i32>,
    /// Attribute paths.
    pub attribute_paths: Vec<String>,
}

/// Kind of an index (spec 4.7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum IndexType {
    /// Ignored.
    None,
    /// Speeds up look-ups.
    Ascending,
    /// Full text.
    Text,
    /// Rejects duplicates.
    Unique,
    /// Rejects duplicates among entities that are not archived.
    UniqueNotDeleted,
}

/// How many associations of a role one entity may have on one side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Multiplicity {
    /// At most one.
    ZeroOrOne,
    /// Exactly one.
    One,
    /// Any number.
    N,
}

/// Type of attribute values; the discriminant is the number of the original (spec 4.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ValueType {
    /// 32-bit integer.
    #[serde(alias = "Integer")]
    Int = 1,
    /// Text, trimmed on write.
    String = 2,
    /// Small byte string.
    Binary = 3,
    /// True or false.
    Boolean = 4,
    /// Instant, stored in UTC.
    DateTime = 5,
    /// 64-bit float.
    Double = 6,
    /// List of texts.
    StringArray = 7,
    /// List of 32-bit integers.
    #[serde(alias = "IntegerArray")]
    IntArray = 8,
    /// File in linked storage.
    BinaryLinked = 9,
    /// Composite value.
    Record = 10,
    /// List of composite values.
    RecordArray = 11,
    /// Duration in ticks of 100 ns.
    TimeSpan = 12,
    /// Key of an enumeration.
    Enum = 13,
    /// 64-bit integer.
    #[serde(alias = "Integer64")]
    Int64 = 14,
    /// Instant with its offset from UTC.
    DateTimeOffset = 15,
    /// Geographic point.
    GeospatialPoint = 16,
}

fn null_as_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}
