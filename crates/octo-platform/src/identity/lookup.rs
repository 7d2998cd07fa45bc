//! Finding the user or role a route means.

use octo_runtime::{Entity, EntityQuery, RuntimeError, Tenant};

use crate::accounts::names::{ROLE, USER};
use crate::accounts::users::{self, normalize};
use crate::problem::Problem;

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

/// A tenant that cannot be read.
pub(super) fn unreadable(error: RuntimeError) -> Problem {
    Problem::runtime("The tenant could not be read.", &error)
}
