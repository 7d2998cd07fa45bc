//! What the tools about associations have in common.

use octo_ck::TypeGraph;
use octo_ck::graph::RoleNode;
use octo_runtime::Direction;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::AttributeItem;
use crate::reply::Failure;

// In this order: callers may write positions, and 1 and 2 are what the platform means by them.
/// Which associations of an entity are followed.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[schemars(inline)]
pub(super) enum LinkDirection {
    Any,
    Inbound,
    Outbound,
}

impl From<LinkDirection> for Direction {
    fn from(direction: LinkDirection) -> Self {
        match direction {
            LinkDirection::Any => Self::Any,
            LinkDirection::Inbound => Self::Inbound,
            LinkDirection::Outbound => Self::Outbound,
        }
    }
}

/// An association.
#[derive(JsonSchema)]
#[serde(rename_all = "camelCase")]
#[expect(dead_code, reason = "describes the JSON of an association to clients")]
pub(super) struct AssociationItem {
    /// Id of the association.
    association_id: String,
    /// Its role.
    ck_role_id: String,
    /// Concrete type of the entity it starts at.
    origin_ck_type_id: String,
    /// The entity it starts at; of a parent-child association the child.
    origin_rt_id: String,
    /// Concrete type of the entity it ends at.
    target_ck_type_id: String,
    /// The entity it ends at; of a parent-child association the parent.
    target_rt_id: String,
    /// Values of the attributes its role declares.
    #[serde(default)]
    attributes: Vec<AttributeItem>,
    /// Attributes of the target it refers to.
    #[serde(default)]
    target_ck_attribute_ids: Vec<String>,
}

/// The role a call names. A role no model declares is a mistake worth an answer, where the
/// original finds nothing.
pub(super) fn find_role<'g>(graph: &'g TypeGraph, text: &str) -> Result<&'g RoleNode, Failure> {
    let role = graph.find_role(text);
    role.map(AsRef::as_ref)
        .map_err(|error| Failure::new(error.to_string()))
}
