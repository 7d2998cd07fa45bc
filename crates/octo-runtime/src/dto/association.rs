//! Associations as JSON for tools and services.

use octo_ck::{RtCkId, TypeGraph};
use serde::Serialize;

use super::projection::Projection;
use super::{AttributeDto, Writer};
use crate::entity::Association;
use crate::rt_id::RtId;

/// An association as tools and services show it.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AssociationDto {
    /// Identity.
    pub association_id: RtId,
    /// Its role.
    pub ck_role_id: RtCkId,
    /// Concrete type of the entity it starts at.
    pub origin_ck_type_id: RtCkId,
    /// The entity it starts at.
    pub origin_rt_id: RtId,
    /// Concrete type of the entity it ends at.
    pub target_ck_type_id: RtCkId,
    /// The entity it ends at.
    pub target_rt_id: RtId,
    /// Attributes with a value.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub attributes: Vec<AttributeDto>,
    /// Attributes of the target it refers to.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub target_ck_attribute_ids: Vec<String>,
}

impl AssociationDto {
    /// The association with all attributes its role declares.
    pub fn new(edge: &Association, graph: &TypeGraph) -> Self {
        let role = graph.role(&edge.role);
        let nodes = role.map_or(&[][..], |role| role.attributes.as_slice());
        let all = Projection::all();
        let writer = Writer { graph };
        Self {
            association_id: edge.id,
            ck_role_id: edge.role.clone(),
            origin_ck_type_id: edge.origin.ck_type_id.clone(),
            origin_rt_id: edge.origin.rt_id,
            target_ck_type_id: edge.target.ck_type_id.clone(),
            target_rt_id: edge.target.rt_id,
            attributes: writer.attributes(&edge.attributes, nodes, all.level()),
            target_ck_attribute_ids: edge.target_attributes.clone(),
        }
    }
}
