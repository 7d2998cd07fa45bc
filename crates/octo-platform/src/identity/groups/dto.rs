//! Groups on the wire and in the store.

use octo_runtime::{Association, Direction, Entity, RtId, Tenant};
use octo_sdk::identity::GroupDto;
use serde::Deserialize;

use crate::accounts::names::{
    ASSIGNED_ROLE, CHILD_GROUP, CLIENT, EXTERNAL_MAPPING, GROUP_MEMBER, USER,
};
use crate::identity::lookup::unreadable;
use crate::problem::Problem;

/// Longest name of a group in characters.
const MAX_NAME: usize = 256;
/// Longest description in characters.
const MAX_DESCRIPTION: usize = 5_000;

/// `CreateGroupDto` and `UpdateGroupDto` as received.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(in crate::identity) struct GroupBody {
    #[serde(rename = "groupname")]
    name: Option<String>,
    #[serde(rename = "groupdescription")]
    description: Option<String>,
    #[serde(rename = "roleids")]
    role_ids: Option<Vec<String>>,
}

impl GroupBody {
    /// The name, without blanks around it.
    pub(super) fn name(&self) -> Result<&str, Problem> {
        let name = self.name.as_deref().unwrap_or_default().trim();
        let mut problems = Vec::new();
        if name.is_empty() {
            problems.push(("GroupName", "The GroupName field is required.".to_owned()));
        }
        if name.chars().count() > MAX_NAME || name.chars().any(char::is_control) {
            let text = format!(
                "A group name has at most {MAX_NAME} characters, none of them a control character."
            );
            problems.push(("GroupName", text));
        }
        if matches!(name, "." | "..") {
            // A path cannot carry these, so such groups could never be addressed by name.
            problems.push(("GroupName", format!("'{name}' cannot be a group name.")));
        }
        if self
            .description()
            .is_some_and(|text| text.chars().count() > MAX_DESCRIPTION)
        {
            let text = format!("A description has at most {MAX_DESCRIPTION} characters.");
            problems.push(("GroupDescription", text));
        }
        if problems.is_empty() {
            Ok(name)
        } else {
            Err(Problem::validation_errors(&problems))
        }
    }

    /// The description; blank counts as none.
    pub(super) fn description(&self) -> Option<&str> {
        let text = self.description.as_deref().map(str::trim);
        text.filter(|text| !text.is_empty())
    }

    /// Ids of roles, as received.
    pub(super) fn role_ids(&self) -> &[String] {
        self.role_ids.as_deref().unwrap_or_default()
    }
}

/// A stored group as DTO.
pub(super) async fn of_entity(tenant: &Tenant, group: &Entity) -> Result<GroupDto, Problem> {
    let edges = edges_of(tenant, std::slice::from_ref(group)).await?;
    Ok(compose(group, &edges))
}

/// Stored groups as DTOs, their edges read in one go.
pub(super) async fn of_entities(
    tenant: &Tenant,
    groups: &[Entity],
) -> Result<Vec<GroupDto>, Problem> {
    let mut edges = edges_of(tenant, groups).await?;
    edges.sort_by_key(|edge| edge.origin.rt_id);
    let own = |group: &Entity| {
        let start = edges.partition_point(|edge| edge.origin.rt_id < group.rt_id);
        let end = edges.partition_point(|edge| edge.origin.rt_id <= group.rt_id);
        &edges[start..end]
    };
    Ok(groups
        .iter()
        .map(|group| compose(group, own(group)))
        .collect())
}

async fn edges_of(tenant: &Tenant, groups: &[Entity]) -> Result<Vec<Association>, Problem> {
    let ids = groups.iter().map(|group| group.rt_id);
    let edges = tenant.associations_of(ids, None, Direction::Outbound).await;
    edges.map_err(unreadable)
}

fn compose(group: &Entity, edges: &[Association]) -> GroupDto {
    let text = |name: &str| group.attributes.str(name).map(str::to_owned);
    let targets = |role: &str, ck_type: Option<&str>| targets(edges, role, ck_type);
    GroupDto {
        id: Some(group.rt_id.to_string()),
        group_name: text("GroupName").unwrap_or_default(),
        group_description: text("GroupDescription"),
        role_ids: targets(ASSIGNED_ROLE, None),
        member_user_ids: targets(GROUP_MEMBER, Some(USER)),
        member_external_user_ids: targets(GROUP_MEMBER, Some(EXTERNAL_MAPPING)),
        member_client_ids: targets(GROUP_MEMBER, Some(CLIENT)),
        member_group_ids: targets(CHILD_GROUP, None),
    }
}

/// Ids at the far ends of the edges of a role, of one type if given, in ascending order.
pub(super) fn targets(edges: &[Association], role: &str, ck_type: Option<&str>) -> Vec<String> {
    let mut ids: Vec<RtId> = edges
        .iter()
        .filter(|edge| edge.role.to_string() == role)
        .filter(|edge| ck_type.is_none_or(|wanted| edge.target.ck_type_id.to_string() == wanted))
        .map(|edge| edge.target.rt_id)
        .collect();
    ids.sort_unstable();
    ids.iter().map(RtId::to_string).collect()
}
