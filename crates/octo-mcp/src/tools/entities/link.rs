//! Creating and deleting associations between entities that exist (spec, runtime 8.1).

use octo_ck::TypeGraph;
use octo_runtime::change::LinkEnd;
use octo_runtime::dto::AssociationDto;
use octo_runtime::{Applied, Association, ChangeSet, NewAssociation, Tenant};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::associations::{AssociationItem, find_role};
use super::writes::{AttributeUpdate, no_result};
use super::{parse_id, protection};
use crate::call::TenantCall;
use crate::reply::{Done, Failure, ToolResult};

/// Associates two entities: "origin has target". Of System/ParentChild the child is the origin and
/// its parent the target. get_type_schema of the origin's type tells its outbound roles.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct CreateAssociation {
    /// Type of the entity the association starts at, or a base type.
    origin_ck_type_id: String,
    /// Id of the entity the association starts at, 24 hex digits.
    origin_rt_id: String,
    /// Id of the role, e.g. "System/ParentChild".
    ck_role_id: String,
    /// Type of the entity the association ends at, or a base type.
    target_ck_type_id: String,
    /// Id of the entity the association ends at, 24 hex digits.
    target_rt_id: String,
    /// Values of attributes the role declares, if it does.
    attributes: Option<Vec<AttributeUpdate>>,
    /// Attributes of the target the association refers to, where the model offers some.
    target_ck_attribute_ids: Option<Vec<String>>,
}

/// Removes an association between two entities; the entities stay. The last association of a side
/// that must have one cannot be removed: use update_entity to exchange it.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct DeleteAssociation {
    /// Type of the entity the association starts at, or a base type.
    origin_ck_type_id: String,
    /// Id of the entity the association starts at, 24 hex digits.
    origin_rt_id: String,
    /// Id of the role, e.g. "System/ParentChild".
    ck_role_id: String,
    /// Type of the entity the association ends at, or a base type.
    target_ck_type_id: String,
    /// Id of the entity the association ends at, 24 hex digits.
    target_rt_id: String,
}

impl DeleteAssociation {
    /// What to say without confirmation.
    pub(super) fn refusal(&self) -> String {
        format!(
            "Refusing to delete association '{}' from '{}@{}' to '{}@{}' without confirm=true.",
            self.ck_role_id,
            self.origin_ck_type_id,
            self.origin_rt_id,
            self.target_ck_type_id,
            self.target_rt_id
        )
    }
}

/// An association that was created or deleted.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ChangedAssociation {
    /// The association.
    #[schemars(with = "AssociationItem")]
    association: AssociationDto,
}

pub(super) async fn create_association(
    cx: TenantCall,
    p: CreateAssociation,
) -> ToolResult<Done<ChangedAssociation>> {
    let tenant = cx.data().await?;
    let graph = tenant.graph();
    let ends = Ends::of(
        (&p.origin_ck_type_id, &p.origin_rt_id),
        &p.ck_role_id,
        (&p.target_ck_type_id, &p.target_rt_id),
    )?;
    ends.refuse_protected(&tenant, &graph).await?;
    let mut new = NewAssociation::of(ends.origin, ends.role, ends.target);
    for item in p.attributes.into_iter().flatten() {
        new = new.assign(item.attribute_path, item.value);
    }
    for id in p.target_ck_attribute_ids.into_iter().flatten() {
        new = new.target_attribute(id);
    }
    let changes = ChangeSet::new().add_association(new);
    let applied = tenant.apply(changes).await?;
    changed(applied, &graph, "Created")
}

pub(super) async fn delete_association(
    cx: TenantCall,
    p: DeleteAssociation,
) -> ToolResult<Done<ChangedAssociation>> {
    let tenant = cx.data().await?;
    let graph = tenant.graph();
    let ends = Ends::of(
        (&p.origin_ck_type_id, &p.origin_rt_id),
        &p.ck_role_id,
        (&p.target_ck_type_id, &p.target_rt_id),
    )?;
    ends.refuse_protected(&tenant, &graph).await?;
    let changes = ChangeSet::new().dissociate(ends.origin, ends.role, ends.target);
    let applied = tenant.apply(changes).await?;
    changed(applied, &graph, "Deleted")
}

/// The association a call names.
struct Ends {
    origin: LinkEnd,
    role: String,
    target: LinkEnd,
}

impl Ends {
    fn of(origin: (&str, &str), role: &str, target: (&str, &str)) -> Result<Self, Failure> {
        let end = |(ck_type, rt_id): (&str, &str)| {
            Ok::<_, Failure>(LinkEnd::from((ck_type, parse_id(rt_id)?)))
        };
        Ok(Self {
            origin: end(origin)?,
            role: role.trim().to_owned(),
            target: end(target)?,
        })
    }

    /// Refuses roles and entities that are not for these tools, whatever base type the call names
    /// them by.
    async fn refuse_protected(&self, tenant: &Tenant, graph: &TypeGraph) -> Result<(), Failure> {
        let role = find_role(graph, &self.role)?;
        protection::refuse_role(&role.rt_id)?;
        for end in [&self.origin, &self.target] {
            protection::refuse_writes(graph, end.ck_type())?;
            // An entity that does not exist is reported by the write itself.
            if let Some(entity) = tenant.get(end.ck_type(), end.rt_id()).await? {
                protection::refuse_writes(graph, &entity.ck_type_id.to_string())?;
            }
        }
        Ok(())
    }
}

fn changed(
    mut applied: Applied,
    graph: &TypeGraph,
    what: &str,
) -> ToolResult<Done<ChangedAssociation>> {
    let edge = applied.associated.pop().or(applied.dissociated.pop());
    let edge = edge.ok_or_else(no_result)?;
    let Association {
        role,
        origin,
        target,
        ..
    } = &edge;
    let message = format!("{what} association '{role}' from '{origin}' to '{target}'.");
    let association = AssociationDto::new(&edge, graph);
    Ok(Done::new(message, ChangedAssociation { association }))
}
