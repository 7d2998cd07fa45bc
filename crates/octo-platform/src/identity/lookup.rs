//! Finding what a route means.

use octo_runtime::{Entity, EntityQuery, RtId, RuntimeError, Tenant};

use crate::accounts::names::{ROLE, USER};
use crate::accounts::roles::Roles;
use crate::accounts::users::{self, normalize};
use crate::problem::Problem;

/// Roles one request may name.
const MAX_ROLES: usize = 1_000;

/// The user with this name, else with this e-mail address, else with this id.
///
/// Several users may share an e-mail address; then it stands for none of them, and the answer says
/// to use the name instead of guessing.
pub(super) async fn user(tenant: &Tenant, text: &str) -> Result<Option<Entity>, Problem> {
    if let Some(user) = users::by_name(tenant, text).await.map_err(unreadable)? {
        return Ok(Some(user));
    }
    let by_email = EntityQuery::of(USER)
        .eq("NormalizedEmail", normalize(text))
        .take(2);
    let mut found = tenant.query(by_email).await.map_err(unreadable)?.items;
    if found.len() > 1 {
        return Err(Problem::bad_request(format!(
            "Several users have the e-mail address '{text}'. Use the user name instead."
        )));
    }
    if let Some(user) = found.pop() {
        return Ok(Some(user));
    }
    match text.trim().parse() {
        Ok(id) => users::by_id(tenant, id).await.map_err(unreadable),
        Err(_) => Ok(None),
    }
}

/// The role with this name, else with this id.
pub(super) async fn role(tenant: &Tenant, text: &str) -> Result<Option<Entity>, Problem> {
    let by_name = EntityQuery::of(ROLE).eq("NormalizedName", normalize(text));
    if let Some(role) = tenant.first(by_name).await.map_err(unreadable)? {
        return Ok(Some(role));
    }
    match text.trim().parse() {
        Ok(id) => tenant.get(ROLE, id).await.map_err(unreadable),
        Err(_) => Ok(None),
    }
}

/// The roles with these ids. What is no id is reported at once, and so is what is unknown.
pub(super) async fn roles_by_id(tenant: &Tenant, ids: &[String]) -> Result<Roles, Problem> {
    if ids.len() > MAX_ROLES {
        return Err(Problem::validation(
            "roleIds",
            format!("At most {MAX_ROLES} roles can be named at once."),
        ));
    }
    let parsed: Vec<_> = ids.iter().map(|text| id("roleIds", text)).collect();
    let wrong = ids
        .iter()
        .zip(&parsed)
        .filter(|(_, parsed)| parsed.is_err());
    let wrong: Vec<_> = wrong
        .map(|(text, _)| ("roleIds", not_valid(text)))
        .collect();
    if !wrong.is_empty() {
        return Err(Problem::validation_errors(&wrong));
    }
    let wanted: Vec<RtId> = parsed.into_iter().flatten().collect();
    if wanted.is_empty() {
        return Ok(Roles::new());
    }
    let found = EntityQuery::of(ROLE).ids(wanted.iter().copied());
    let found = tenant.query(found).await.map_err(unreadable)?.items;
    let found: Roles = found.into_iter().map(|role| (role.rt_id, role)).collect();
    let unknown = wanted.iter().filter(|id| !found.contains_key(id));
    let unknown: Vec<String> = unknown
        .map(|id| format!("Role with id '{id}' not found."))
        .collect();
    if unknown.is_empty() {
        Ok(found)
    } else {
        Err(Problem::not_found(unknown.join(" ")))
    }
}

/// An id in a route or body; `field` is its name there.
pub(super) fn id(field: &str, text: &str) -> Result<RtId, Problem> {
    text.trim()
        .parse()
        .map_err(|_| Problem::validation(field, not_valid(text)))
}

fn not_valid(text: &str) -> String {
    format!("The value '{text}' is not valid.")
}

/// A tenant that cannot be read.
pub(super) fn unreadable(error: RuntimeError) -> Problem {
    Problem::runtime("The tenant could not be read.", &error)
}
