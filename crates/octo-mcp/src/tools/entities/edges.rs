//! Associations given along with an entity (spec, runtime 8).

use octo_ck::TypeGraph;
use octo_ck::graph::{AssociationNode, TypeNode};
use octo_ck::model::Multiplicity;
use octo_runtime::change::LinkEnd;
use octo_runtime::{ChangeSet, NewAssociation, RtId, RtIdError, RuntimeError};
use schemars::JsonSchema;
use serde::Deserialize;

use super::protection;
use super::writes::AttributeUpdate;
use crate::reply::Failure;

/// Code of the finding that a new entity lacks an association it must have.
const ASSOCIATION_REQUIRED: u16 = 6;

/// An association with another entity.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Edge {
    /// Role, e.g. "System/ParentChild", or its name seen from the entity, e.g. "Parent".
    ck_role_id: String,
    /// Outbound (default): the entity is the origin, such as a child that names its parent.
    /// Inbound: the other entity is the origin.
    direction: Option<EdgeDirection>,
    /// Id of the other entity.
    target_rt_id: String,
    /// Type of the other entity, if it shall be checked.
    target_ck_type_id: Option<String>,
    /// Values of attributes the role declares, if it does; not for Delete.
    attributes: Option<Vec<AttributeUpdate>>,
}

/// An association to create or delete.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct EdgeChange {
    /// The association.
    #[serde(flatten)]
    edge: Edge,
    /// What to do; default Create.
    option: Option<EdgeOption>,
}

/// Direction of an association, seen from the entity.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[schemars(inline)]
pub(super) enum EdgeDirection {
    Inbound,
    Outbound,
}

/// What happens to an association.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[schemars(inline)]
enum EdgeOption {
    Create,
    Delete,
}

impl EdgeChange {
    /// Adds the change to the set; `node` is the type of the near end.
    ///
    /// # Errors
    /// Ids and names that cannot be understood.
    pub(super) fn add_to(
        &self,
        changes: ChangeSet,
        near: LinkEnd,
        node: &TypeNode,
    ) -> Result<ChangeSet, Failure> {
        if self.option != Some(EdgeOption::Delete) {
            return self.edge.add_to(changes, near, node);
        }
        if self.edge.attributes.is_some() {
            return Err(Failure::new(
                "attributes are for associations to create, not for those to delete.",
            ));
        }
        let (origin, role, target) = self.edge.resolve(near, node)?;
        Ok(changes.dissociate(origin, role, target))
    }
}

impl Edge {
    /// Adds the association to the set; `node` is the type of the near end.
    ///
    /// # Errors
    /// Ids and names that cannot be understood.
    pub(super) fn add_to(
        &self,
        changes: ChangeSet,
        near: LinkEnd,
        node: &TypeNode,
    ) -> Result<ChangeSet, Failure> {
        let ends = self.resolve(near, node)?;
        Ok(changes.add_association(association(ends, self.attributes.as_deref())))
    }

    fn resolve(
        &self,
        near: LinkEnd,
        node: &TypeNode,
    ) -> Result<(LinkEnd, String, LinkEnd), Failure> {
        let far = far(&self.target_rt_id, self.target_ck_type_id.as_deref())?;
        resolve(node, &self.ck_role_id, self.direction, near, far)
    }
}

/// An association with values of the attributes its role declares.
pub(super) fn association(
    (origin, role, target): (LinkEnd, String, LinkEnd),
    attributes: Option<&[AttributeUpdate]>,
) -> NewAssociation {
    let new = NewAssociation::of(origin, role, target);
    let attributes = attributes.unwrap_or_default().iter();
    attributes.fold(new, |new, item| {
        new.assign(&item.attribute_path, item.value.clone())
    })
}

/// The other entity.
///
/// # Errors
/// The id is none.
pub(super) fn far(rt_id: &str, ck_type: Option<&str>) -> Result<LinkEnd, Failure> {
    let rt_id: RtId = rt_id
        .trim()
        .parse()
        .map_err(|error: RtIdError| Failure::new(error.to_string()))?;
    Ok(ck_type.map_or_else(|| LinkEnd::any(rt_id), |ck_type| (ck_type, rt_id).into()))
}

/// Origin, role and target of an association of `near`, an entity of type `node`. Names of roles
/// tell their direction.
///
/// # Errors
/// Names that mean nothing, roles that must not be written.
pub(super) fn resolve(
    node: &TypeNode,
    role: &str,
    direction: Option<EdgeDirection>,
    near: LinkEnd,
    far: LinkEnd,
) -> Result<(LinkEnd, String, LinkEnd), Failure> {
    let role = role.trim();
    if role.contains('/') {
        // Roles that are none are reported by the write itself.
        if let Ok(role) = role.parse() {
            protection::refuse_role(&role)?;
        }
        let direction = direction.unwrap_or(EdgeDirection::Outbound);
        return Ok(direction.ends(role.to_owned(), near, far));
    }
    let sides = [
        (&node.outbound, EdgeDirection::Outbound),
        (&node.inbound, EdgeDirection::Inbound),
    ];
    for (associations, side) in sides {
        let is_wanted = direction.is_none_or(|wanted| wanted == side);
        let named =
            |a: &&AssociationNode| is_wanted && a.navigation_name.eq_ignore_ascii_case(role);
        if let Some(association) = associations.iter().find(named) {
            let role = &association.role.rt_id;
            protection::refuse_role(role)?;
            return Ok(side.ends(role.to_string(), near, far));
        }
    }
    Err(Failure::new(format!(
        "'{role}' is not the name of an association of '{}'. Names: {}.",
        node.rt_id,
        names(node)
    )))
}

impl EdgeDirection {
    /// Origin, role and target.
    fn ends(self, role: String, near: LinkEnd, far: LinkEnd) -> (LinkEnd, String, LinkEnd) {
        match self {
            Self::Outbound => (near, role, far),
            Self::Inbound => (far, role, near),
        }
    }
}

/// What to add to a refusal because a new entity lacks associations it must have.
pub(super) fn hint(error: &RuntimeError, graph: &TypeGraph, ck_type: &str) -> Option<String> {
    let RuntimeError::Invalid(messages) = error else {
        return None;
    };
    if !messages.codes().contains(&ASSOCIATION_REQUIRED) {
        return None;
    }
    let node = graph.find_type(ck_type.trim()).ok()?;
    let required = node
        .outbound
        .iter()
        .filter(|association| association.multiplicity == Multiplicity::One)
        .map(|association| {
            format!(
                "{{\"ckRoleId\": \"{}\", \"targetRtId\": \"<id of a {}>\"}}",
                association.role.rt_id,
                association.target.to_runtime()
            )
        });
    Some(format!(
        "Pass associations: [{}].",
        required.collect::<Vec<_>>().join(", ")
    ))
}

fn names(node: &TypeNode) -> String {
    let mut names: Vec<&str> = node
        .outbound
        .iter()
        .chain(&node.inbound)
        .map(|association| association.navigation_name.as_str())
        .collect();
    names.sort_unstable();
    names.dedup();
    names.join(", ")
}
