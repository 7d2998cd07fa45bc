//! Associations given along with an entity (spec, runtime 8).

use octo_ck::TypeGraph;
use octo_ck::graph::{AssociationNode, TypeNode};
use octo_ck::model::Multiplicity;
use octo_runtime::change::LinkEnd;
use octo_runtime::{ChangeSet, RtId, RtIdError, RuntimeError};
use schemars::JsonSchema;
use serde::Deserialize;

use super::protection;
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
enum EdgeDirection {
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
    /// Adds the change to the set.
    ///
    /// # Errors
    /// Ids and names that cannot be understood.
    pub(super) fn add_to(
        &self,
        changes: ChangeSet,
        near: LinkEnd,
        node: &TypeNode,
    ) -> Result<ChangeSet, Failure> {
        let far = self.edge.far()?;
        let (role, direction) = self.edge.role(node)?;
        let (origin, target) = direction.ends(near, far);
        Ok(match self.option {
            Some(EdgeOption::Delete) => changes.dissociate(origin, role, target),
            Some(EdgeOption::Create) | None => changes.associate(origin, role, target),
        })
    }
}

impl Edge {
    /// Adds the association to the set.
    ///
    /// # Errors
    /// Ids and names that cannot be understood.
    pub(super) fn add_to(
        &self,
        changes: ChangeSet,
        near: LinkEnd,
        node: &TypeNode,
    ) -> Result<ChangeSet, Failure> {
        let far = self.far()?;
        let (role, direction) = self.role(node)?;
        let (origin, target) = direction.ends(near, far);
        Ok(changes.associate(origin, role, target))
    }

    fn far(&self) -> Result<LinkEnd, Failure> {
        let rt_id: RtId = self
            .target_rt_id
            .trim()
            .parse()
            .map_err(|error: RtIdError| Failure::new(error.to_string()))?;
        Ok(match &self.target_ck_type_id {
            Some(ck_type) => LinkEnd::from((ck_type, rt_id)),
            None => LinkEnd::any(rt_id),
        })
    }

    /// The role and the direction of the edge; names of roles tell their direction.
    fn role(&self, node: &TypeNode) -> Result<(String, EdgeDirection), Failure> {
        let text = self.ck_role_id.trim();
        if text.contains('/') {
            // Roles that are none are reported by the write itself.
            if let Ok(role) = text.parse() {
                protection::refuse_role(&role)?;
            }
            let direction = self.direction.unwrap_or(EdgeDirection::Outbound);
            return Ok((text.to_owned(), direction));
        }
        let sides = [
            (&node.outbound, EdgeDirection::Outbound),
            (&node.inbound, EdgeDirection::Inbound),
        ];
        let wanted = sides
            .into_iter()
            .filter(|(_, direction)| self.direction.is_none_or(|wanted| wanted == *direction));
        for (associations, direction) in wanted {
            let named = |a: &&AssociationNode| a.navigation_name.eq_ignore_ascii_case(text);
            if let Some(association) = associations.iter().find(named) {
                protection::refuse_role(&association.role.rt_id)?;
                return Ok((association.role.rt_id.to_string(), direction));
            }
        }
        Err(Failure::new(format!(
            "'{text}' is not the name of an association of '{}'. Names: {}.",
            node.rt_id,
            names(node)
        )))
    }
}

impl EdgeDirection {
    /// Origin and target.
    fn ends(self, near: LinkEnd, far: LinkEnd) -> (LinkEnd, LinkEnd) {
        match self {
            Self::Outbound => (near, far),
            Self::Inbound => (far, near),
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
