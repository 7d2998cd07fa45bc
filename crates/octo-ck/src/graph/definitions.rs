//! Enums, roles and attributes ready to be used by types and records.

use std::collections::HashMap;
use std::sync::Arc;

use super::elements::{ById, Elements};
use super::{AttributeNode, EnumNode, RoleNode};
use crate::id::{CkId, RtCkId, camel_case};
use crate::model::{CkAssociationRole, CkAttribute, CkAttributeAssignment, CkEnum, ValueType};

/// Resolves the enums.
pub(super) fn enum_nodes(elements: &Elements<'_>) -> HashMap<RtCkId, Arc<EnumNode>> {
    let node = |id: &CkId, element: &CkEnum| EnumNode {
        id: id.clone(),
        rt_id: id.to_runtime(),
        use_flags: element.use_flags,
        is_extensible: element.is_extensible,
        description: element.description.clone(),
        values: element.values.clone(),
    };
    elements
        .enums
        .iter()
        .map(|(id, element)| (id.to_runtime(), Arc::new(node(id, element))))
        .collect()
}

/// Resolves the association roles.
pub(super) fn role_nodes(
    elements: &Elements<'_>,
    definitions: &Definitions<'_>,
) -> HashMap<RtCkId, Arc<RoleNode>> {
    let node = |id: &CkId, role: &CkAssociationRole| RoleNode {
        id: id.clone(),
        rt_id: id.to_runtime(),
        inbound_name: role.inbound_name.clone(),
        outbound_name: role.outbound_name.clone(),
        inbound_multiplicity: role.inbound_multiplicity,
        outbound_multiplicity: role.outbound_multiplicity,
        description: role.description.clone(),
        attributes: definitions.assigned(role.attributes.as_deref().unwrap_or_default()),
    };
    elements
        .roles
        .iter()
        .map(|(id, role)| (id.to_runtime(), Arc::new(node(id, role))))
        .collect()
}

/// Attribute definitions, ready to be assigned.
pub(super) struct Definitions<'m> {
    attributes: &'m ById<'m, CkAttribute>,
    enums: &'m HashMap<RtCkId, Arc<EnumNode>>,
}

impl<'m> Definitions<'m> {
    pub(super) fn new(
        elements: &'m Elements<'m>,
        enums: &'m HashMap<RtCkId, Arc<EnumNode>>,
    ) -> Self {
        Self {
            attributes: &elements.attributes,
            enums,
        }
    }

    /// The nodes of the assignments; those of unknown attributes (already reported) are left out.
    pub(super) fn assigned(
        &self,
        assignments: &[CkAttributeAssignment],
    ) -> Vec<Arc<AttributeNode>> {
        assignments
            .iter()
            .filter_map(|assignment| {
                let definition = self.attributes.get(&assignment.id)?;
                Some(Arc::new(self.node(assignment, definition)))
            })
            .collect()
    }

    fn node(&self, assignment: &CkAttributeAssignment, definition: &CkAttribute) -> AttributeNode {
        let reference = |id: &Option<CkId>| id.as_ref().map(CkId::to_runtime);
        let is_record = matches!(
            definition.value_type,
            ValueType::Record | ValueType::RecordArray
        );
        AttributeNode {
            id: assignment.id.clone(),
            name: assignment.name.clone(),
            camel_name: camel_case(&assignment.name),
            value_type: definition.value_type,
            is_optional: assignment.is_optional,
            default_values: definition.default_values.clone().unwrap_or_default(),
            is_runtime_state: definition.is_runtime_state,
            enum_type: reference(&definition.value_ck_enum_id)
                .filter(|_| definition.value_type == ValueType::Enum)
                .and_then(|id| self.enums.get(&id).cloned()),
            record: reference(&definition.value_ck_record_id).filter(|_| is_record),
            auto_increment_reference: assignment.auto_increment_reference.clone(),
            auto_complete_values: assignment.auto_complete_values.clone().unwrap_or_default(),
            description: definition.description.clone(),
            meta_data: definition.meta_data.clone().unwrap_or_default(),
        }
    }
}
