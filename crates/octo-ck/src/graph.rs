//! The type graph: all models of a tenant, resolved and flattened (spec, Construction Kit 6).
//!
//! A graph is immutable and shared behind an [`Arc`]; a tenant swaps the whole graph when its
//! models change.

mod associations;
pub(crate) mod build;
mod chain;
mod columns;
mod definitions;
mod display;
mod elements;
mod former;
mod lints;
mod lookup;
mod navigation;
mod nesting;
mod owner;
pub(crate) mod position;
mod records;
mod references;
mod text_indexes;
mod types;

use std::collections::HashMap;
use std::sync::Arc;

use crate::diagnostics::Diagnostics;
use crate::id::{CkId, CkModelId, RtCkId};
use crate::model::{CkEnumValue, CkIndex, CkMetaData, CompiledModel, Multiplicity, ValueType};

pub use columns::{Column, ColumnError, MAX_COLUMNS};
pub use lookup::{RoleLookupError, TypeLookupError};
pub use navigation::NavigationOptions;

/// All types, records, enums and roles of a consistent set of models.
#[derive(Debug, Default)]
pub struct TypeGraph {
    models: Vec<Arc<CompiledModel>>,
    types: HashMap<RtCkId, Arc<TypeNode>>,
    records: HashMap<RtCkId, Arc<RecordNode>>,
    enums: HashMap<RtCkId, Arc<EnumNode>>,
    roles: HashMap<RtCkId, Arc<RoleNode>>,
}

/// An entity type with everything it inherits.
#[derive(Debug, Clone)]
pub struct TypeNode {
    /// Schema id.
    pub id: CkId,
    /// Runtime id.
    pub rt_id: RtCkId,
    /// What the type stands for.
    pub description: Option<String>,
    /// No entities of exactly this type exist.
    pub is_abstract: bool,
    /// Cannot be a base type.
    pub is_final: bool,
    /// Direct child of `System/Entity`.
    pub is_collection_root: bool,
    /// The collection root at or above this type; `None` only for `System/Entity` itself.
    pub collection_root: Option<RtCkId>,
    /// Base types, nearest first.
    pub bases: Vec<RtCkId>,
    /// All direct and indirect inheritors.
    pub derived: Vec<RtCkId>,
    /// Flattened attributes: own in file order, then those of the root-most base down to the
    /// direct base (spec 6.1).
    pub attributes: Vec<Arc<AttributeNode>>,
    /// Associations in which entities of this type are the origin: own first, then inherited.
    pub outbound: Vec<AssociationNode>,
    /// Associations in which entities of this type are the target: own first, then inherited.
    pub inbound: Vec<AssociationNode>,
    /// Own indexes and those of base types. On a collection root, text indexes are merged with
    /// those of all inheritors: a collection has one text index (spec 4.7).
    pub indexes: Vec<CkIndex>,
    /// Nearest display-name rule.
    pub display_name_rule: Option<String>,
    /// Nearest display-description rule.
    pub display_description_rule: Option<String>,
    /// Position in `attributes` by PascalCase name.
    pub attribute_index: HashMap<String, usize>,
}

/// A record with everything it inherits.
#[derive(Debug, Clone)]
pub struct RecordNode {
    /// Schema id.
    pub id: CkId,
    /// Runtime id.
    pub rt_id: RtCkId,
    /// What the record stands for.
    pub description: Option<String>,
    /// No values of exactly this record exist.
    pub is_abstract: bool,
    /// Cannot be a base record.
    pub is_final: bool,
    /// Base records, nearest first.
    pub bases: Vec<RtCkId>,
    /// Flattened fields, ordered as in [`TypeNode::attributes`].
    pub attributes: Vec<Arc<AttributeNode>>,
    /// Position in `attributes` by PascalCase name.
    pub attribute_index: HashMap<String, usize>,
}

/// An attribute as seen on a type or record.
#[derive(Debug, Clone)]
pub struct AttributeNode {
    /// Schema id of the attribute definition.
    pub id: CkId,
    /// PascalCase name on the owner.
    pub name: String,
    /// Name in APIs: first character in lower case.
    pub camel_name: String,
    /// Type of its values.
    pub value_type: ValueType,
    /// False: every entity needs a value.
    pub is_optional: bool,
    /// Defaults as written in the model.
    pub default_values: Vec<serde_json::Value>,
    /// Blueprint updates keep the stored value.
    pub is_runtime_state: bool,
    /// Enum of an `Enum` attribute.
    pub enum_type: Option<Arc<EnumNode>>,
    /// Record of a `Record` or `RecordArray` attribute; look it up in the graph.
    pub record: Option<RtCkId>,
    /// Numbering entity, see [`crate::model::CkAttributeAssignment`].
    pub auto_increment_reference: Option<String>,
    /// Suggestions, never enforced.
    pub auto_complete_values: Vec<String>,
    /// What the attribute means.
    pub description: Option<String>,
    /// Additional facts such as `Unit`.
    pub meta_data: Vec<CkMetaData>,
}

/// An enumeration.
#[derive(Debug)]
pub struct EnumNode {
    /// Schema id.
    pub id: CkId,
    /// Runtime id.
    pub rt_id: RtCkId,
    /// Values may be combined bitwise.
    pub use_flags: bool,
    /// Tenants may add values.
    pub is_extensible: bool,
    /// What the enum is for.
    pub description: Option<String>,
    /// Its values in model order.
    pub values: Vec<CkEnumValue>,
}

/// An association role.
#[derive(Debug)]
pub struct RoleNode {
    /// Schema id.
    pub id: CkId,
    /// Runtime id.
    pub rt_id: RtCkId,
    /// Navigation name seen from the target.
    pub inbound_name: String,
    /// Navigation name seen from the origin.
    pub outbound_name: String,
    /// How many origins one target may have.
    pub inbound_multiplicity: Multiplicity,
    /// How many targets one origin may have.
    pub outbound_multiplicity: Multiplicity,
    /// What the role means.
    pub description: Option<String>,
    /// Attributes of each association.
    pub attributes: Vec<Arc<AttributeNode>>,
}

/// An association as seen from one of its two types.
#[derive(Debug, Clone)]
pub struct AssociationNode {
    /// The role.
    pub role: Arc<RoleNode>,
    /// Navigation name from this side.
    pub navigation_name: String,
    /// Multiplicity seen from this side.
    pub multiplicity: Multiplicity,
    /// Schema id of the declared origin type.
    pub origin: CkId,
    /// Schema id of the declared target type.
    pub target: CkId,
    /// Attributes of the target that associations may refer to.
    pub target_attributes: Vec<String>,
    /// Declared on this very type, not on a base.
    pub is_owned: bool,
}

impl TypeGraph {
    /// Resolves and flattens a set of models that contains all their dependencies.
    ///
    /// # Errors
    /// Everything that is wrong with the models, at once; warnings alone do not fail.
    pub fn build(
        models: impl IntoIterator<Item = Arc<CompiledModel>>,
    ) -> Result<TypeGraph, Diagnostics> {
        let models = models.into_iter().collect();
        let (graph, diagnostics) = build::build(models, &position::Positions::default());
        graph.ok_or(diagnostics)
    }

    /// The models in the graph, ordered by name.
    pub fn models(&self) -> &[Arc<CompiledModel>] {
        &self.models
    }

    /// The installed version of a model.
    pub fn model(&self, name: &str) -> Option<&CkModelId> {
        self.models
            .iter()
            .map(|m| &m.model_id)
            .find(|id| id.name() == name)
    }

    /// A type by runtime id.
    pub fn type_node(&self, id: &RtCkId) -> Option<&Arc<TypeNode>> {
        self.types.get(id)
    }

    /// A record by runtime id.
    pub fn record(&self, id: &RtCkId) -> Option<&Arc<RecordNode>> {
        self.records.get(id)
    }

    /// An enum by runtime id.
    pub fn enum_node(&self, id: &RtCkId) -> Option<&Arc<EnumNode>> {
        self.enums.get(id)
    }

    /// A role by runtime id.
    pub fn role(&self, id: &RtCkId) -> Option<&Arc<RoleNode>> {
        self.roles.get(id)
    }

    /// All types, in no particular order.
    pub fn types(&self) -> impl Iterator<Item = &Arc<TypeNode>> {
        self.types.values()
    }

    /// All records, in no particular order.
    pub fn records(&self) -> impl Iterator<Item = &Arc<RecordNode>> {
        self.records.values()
    }

    /// All enums, in no particular order.
    pub fn enums(&self) -> impl Iterator<Item = &Arc<EnumNode>> {
        self.enums.values()
    }

    /// All association roles, in no particular order.
    pub fn roles(&self) -> impl Iterator<Item = &Arc<RoleNode>> {
        self.roles.values()
    }
}

impl TypeNode {
    /// The attribute of that name, PascalCase or camelCase.
    pub fn attribute(&self, name: &str) -> Option<&AttributeNode> {
        find_attribute(&self.attributes, &self.attribute_index, name)
    }

    /// Whether this type is `other` or derives from it.
    pub fn is_a(&self, other: &RtCkId) -> bool {
        self.rt_id == *other || self.bases.contains(other)
    }

    /// This type and everything derived from it.
    pub fn with_derived(&self) -> impl Iterator<Item = &RtCkId> {
        std::iter::once(&self.rt_id).chain(&self.derived)
    }
}

impl RecordNode {
    /// The field of that name, PascalCase or camelCase.
    pub fn attribute(&self, name: &str) -> Option<&AttributeNode> {
        find_attribute(&self.attributes, &self.attribute_index, name)
    }
}

impl RoleNode {
    /// The attribute of that name, PascalCase or camelCase.
    pub fn attribute(&self, name: &str) -> Option<&AttributeNode> {
        let name = crate::id::pascal_case(name);
        let mut attributes = self.attributes.iter();
        attributes
            .find(|attribute| attribute.name == name)
            .map(AsRef::as_ref)
    }
}

impl EnumNode {
    /// The key of a value, found by name ignoring case.
    pub fn key_of(&self, name: &str) -> Option<i32> {
        self.values
            .iter()
            .find(|v| v.name.eq_ignore_ascii_case(name))
            .map(|v| v.key)
    }

    /// The name of a key.
    pub fn name_of(&self, key: i32) -> Option<&str> {
        self.values
            .iter()
            .find(|v| v.key == key)
            .map(|v| v.name.as_str())
    }
}

fn find_attribute<'a>(
    attributes: &'a [Arc<AttributeNode>],
    index: &HashMap<String, usize>,
    name: &str,
) -> Option<&'a AttributeNode> {
    let at = index
        .get(name)
        .or_else(|| index.get(&crate::id::pascal_case(name)))?;
    attributes.get(*at).map(Arc::as_ref)
}
