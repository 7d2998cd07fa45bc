//! Mappings on the wire and in the store.

use octo_runtime::{Entity, RtId, Tenant, TenantId};
use octo_sdk::identity::ExternalTenantUserMappingDto;
use serde::Deserialize;

use crate::accounts::mappings;
use crate::identity::lookup::unreadable;
use crate::problem::Problem;

/// Longest user name in characters.
const MAX_NAME: usize = 256;

/// Bodies of M3, M4, P2 and P8 as received.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(in crate::identity) struct MappingBody {
    #[serde(rename = "sourcetenantid")]
    tenant: Option<String>,
    #[serde(rename = "sourceuserid")]
    user: Option<String>,
    #[serde(rename = "sourceusername")]
    user_name: Option<String>,
    #[serde(rename = "roleids")]
    role_ids: Option<Vec<String>>,
    #[serde(rename = "groupids")]
    group_ids: Option<Vec<String>>,
}

/// Who is mapped.
pub(in crate::identity) struct Source {
    pub(in crate::identity) tenant: TenantId,
    pub(in crate::identity) user: RtId,
    pub(in crate::identity) user_name: String,
}

impl MappingBody {
    /// Who is mapped in tenant `here`, or everything that is wrong with it.
    pub(in crate::identity) fn source(&self, here: &TenantId) -> Result<Source, Problem> {
        let text = |text: &Option<String>| text.as_deref().unwrap_or_default().trim().to_owned();
        let given = [
            ("SourceTenantId", text(&self.tenant)),
            ("SourceUserId", text(&self.user)),
            ("SourceUserName", text(&self.user_name)),
        ];
        let [(_, tenant), (_, user), (_, user_name)] = &given;
        let mut problems: Vec<(&str, String)> = given
            .iter()
            .filter(|(_, value)| value.is_empty())
            .map(|(field, _)| (*field, format!("The {field} field is required.")))
            .collect();
        let parsed = tenant.parse::<TenantId>();
        match &parsed {
            _ if tenant.is_empty() => {}
            Err(error) => problems.push(("SourceTenantId", error.to_string())),
            Ok(id) if id == here => problems.push((
                "SourceTenantId",
                "Users of the tenant itself need no mapping.".to_owned(),
            )),
            Ok(_) => {}
        }
        let id = user.parse::<RtId>();
        match &id {
            Err(error) if !user.is_empty() => problems.push(("SourceUserId", error.to_string())),
            _ => {}
        }
        if user_name.chars().count() > MAX_NAME {
            let text = format!("A user name has at most {MAX_NAME} characters.");
            problems.push(("SourceUserName", text));
        }
        match (parsed, id) {
            (Ok(tenant), Ok(user)) if problems.is_empty() => Ok(Source {
                tenant,
                user,
                user_name: user_name.clone(),
            }),
            _ => Err(Problem::validation_errors(&problems)),
        }
    }

    /// Ids of roles, as received.
    pub(in crate::identity) fn role_ids(&self) -> &[String] {
        self.role_ids.as_deref().unwrap_or_default()
    }

    /// Ids of groups; what is no id is left out.
    pub(in crate::identity) fn group_ids(&self) -> Vec<RtId> {
        let ids = self.group_ids.as_deref().unwrap_or_default().iter();
        ids.filter_map(|id| id.trim().parse().ok()).collect()
    }
}

/// A stored mapping as DTO.
pub(in crate::identity) async fn of_entity(
    tenant: &Tenant,
    mapping: &Entity,
) -> Result<ExternalTenantUserMappingDto, Problem> {
    let mut one = of_entities(tenant, std::slice::from_ref(mapping)).await?;
    one.pop().ok_or_else(Problem::bare_not_found)
}

/// Stored mappings as DTOs, their groups read in one go.
pub(in crate::identity) async fn of_entities(
    tenant: &Tenant,
    mappings: &[Entity],
) -> Result<Vec<ExternalTenantUserMappingDto>, Problem> {
    let groups = mappings::group_names(tenant, mappings).await;
    let groups = groups.map_err(unreadable)?;
    Ok(mappings.iter().zip(groups).map(compose).collect())
}

fn compose((mapping, group_names): (&Entity, Vec<String>)) -> ExternalTenantUserMappingDto {
    let text = |name: &str| mapping.attributes.str(name).unwrap_or_default().to_owned();
    ExternalTenantUserMappingDto {
        id: Some(mapping.rt_id.to_string()),
        source_tenant_id: text("SourceTenantId"),
        source_user_id: text("SourceUserId"),
        source_user_name: text("SourceUserName"),
        role_ids: mapping.attributes.strings("MappedRoleIds").to_vec(),
        group_names,
    }
}
