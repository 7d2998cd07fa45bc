//! What people call users, groups and roles, and the ids the identity service wants.
//!
//! The service knows members and roles by id only. The tools take names as well: a text of 24 hex
//! digits is an id, anything else a name.

use octo_runtime::RtId;
use octo_sdk::ServiceError;
use octo_sdk::identity::{GroupDto, IdentityClient, RoleDto, UserDto};

use crate::reply::Failure;

/// The user with this name, mail address or id.
///
/// # Errors
/// A failure when there is none, or the service refuses.
pub(super) async fn find_user(identity: &IdentityClient, user: &str) -> Result<UserDto, Failure> {
    let found = identity.find_user(user.trim()).await?;
    found.ok_or_else(|| {
        Failure::new(format!(
            "User '{}' not found. get_users lists the accounts.",
            user.trim()
        ))
    })
}

/// The group with this id or name.
///
/// # Errors
/// A failure when there is none, or the service refuses. For a text that cannot be an id it says
/// so, in the words every id is refused with.
pub(super) async fn find_group(
    identity: &IdentityClient,
    group: &str,
) -> Result<GroupDto, Failure> {
    let group = group.trim();
    let no_id = match group.parse::<RtId>() {
        Ok(id) => return or_unknown(identity.group(&id.to_string()).await, group, None),
        Err(error) => error.to_string(),
    };
    or_unknown(identity.group_named(group).await, group, Some(no_id))
}

fn or_unknown(
    answer: Result<GroupDto, ServiceError>,
    group: &str,
    no_id: Option<String>,
) -> Result<GroupDto, Failure> {
    match answer {
        Err(error) if error.is_not_found() => {
            let no_id = no_id.map(|text| format!(" {text}")).unwrap_or_default();
            Err(Failure::new(format!(
                "Group '{group}' not found.{no_id} get_groups lists the groups with their ids."
            )))
        }
        answer => Ok(answer?),
    }
}

/// An id as the service writes it.
///
/// # Errors
/// A failure for a text that is no id.
pub(super) fn checked_id(text: &str) -> Result<String, Failure> {
    let id = text.trim().parse::<RtId>();
    id.map(|id| id.to_string())
        .map_err(|error| Failure::new(error.to_string()))
}

/// The id of something the service has returned.
///
/// # Errors
/// A failure when the service left it out.
pub(super) fn id_of(id: Option<&str>, what: &str) -> Result<String, Failure> {
    let id = id.filter(|id| !id.is_empty());
    id.map(str::to_owned)
        .ok_or_else(|| Failure::new(format!("The service returned {what} without an id.")))
}

/// The roles with these names or ids, each once.
///
/// # Errors
/// A failure that names every role there is not.
pub(super) async fn find_roles(
    identity: &IdentityClient,
    wanted: &[String],
) -> Result<Vec<RoleDto>, Failure> {
    if wanted.iter().all(|text| text.trim().is_empty()) {
        return Ok(Vec::new());
    }
    choose_roles(&identity.roles().await?, wanted)
}

/// As [`find_roles`], among the roles that are `known`.
///
/// # Errors
/// A failure that names every role there is not.
pub(super) fn choose_roles(known: &[RoleDto], wanted: &[String]) -> Result<Vec<RoleDto>, Failure> {
    let (mut found, mut unknown) = (Vec::<RoleDto>::new(), Vec::new());
    let wanted = wanted.iter().map(|text| text.trim());
    for text in wanted.filter(|text| !text.is_empty()) {
        match known.iter().find(|role| is_role(role, text)) {
            Some(role) if found.contains(role) => {}
            Some(role) => found.push(role.clone()),
            None => unknown.push(format!("'{text}'")),
        }
    }
    if unknown.is_empty() {
        return Ok(found);
    }
    Err(Failure::new(format!(
        "Role not found: {}. get_roles lists the roles with their ids.",
        unknown.join(", ")
    )))
}

/// The name of the role with this name or id. A name is not looked up: the service does that.
///
/// # Errors
/// A failure when no role has the id.
pub(super) async fn role_name(identity: &IdentityClient, role: &str) -> Result<String, Failure> {
    if role.trim().parse::<RtId>().is_err() {
        return Ok(role.to_owned());
    }
    let found = find_roles(identity, &[role.to_owned()]).await?;
    let name = found.into_iter().next().and_then(|role| role.name);
    name.ok_or_else(|| Failure::new("The service returned a role without a name."))
}

/// The ids of roles.
///
/// # Errors
/// A failure when the service left one out.
pub(super) fn role_ids(roles: &[RoleDto]) -> Result<Vec<String>, Failure> {
    let ids = roles.iter().map(|role| id_of(role.id.as_deref(), "a role"));
    ids.collect()
}

fn is_role(role: &RoleDto, text: &str) -> bool {
    let is = |value: &Option<String>| {
        value
            .as_ref()
            .is_some_and(|value| value.to_lowercase() == text.to_lowercase())
    };
    is(&role.name) || is(&role.id)
}
