//! Rules a user must meet before anything is stored (identity.md 6.1).

use octo_runtime::{Entity, EntityQuery, RtId, Tenant};

use super::dto::UserBody;
use super::{is_shadow, lookup, same_name};
use crate::accounts::names::USER;
use crate::accounts::shadow::is_shadow_name;
use crate::accounts::users::{self, user_name};
use crate::problem::{Detail, Problem};

/// Longest text of a user in characters.
const MAX_TEXT: usize = 256;

/// Everything that speaks against storing `body`; `existing` is the user it will replace.
pub(super) async fn violations(
    tenant: &Tenant,
    body: &UserBody,
    existing: Option<&Entity>,
) -> Result<Vec<Detail>, Problem> {
    let mut found: Vec<Detail> = name_violation(tenant, body.name(), existing)
        .await?
        .into_iter()
        .collect();
    for (attribute, value) in body.attributes() {
        let too_long = value.is_some_and(|value| value.chars().count() > MAX_TEXT);
        if too_long && !attribute.starts_with("Normalized") {
            let text = format!("{attribute} must be at most {MAX_TEXT} characters.");
            found.push(Detail::new("ValueTooLong", text));
        }
    }
    Ok(found)
}

async fn name_violation(
    tenant: &Tenant,
    name: &str,
    existing: Option<&Entity>,
) -> Result<Option<Detail>, Problem> {
    if !is_valid_name(name) {
        return Ok(Some(invalid_name(name)));
    }
    if let Some(shadow) = existing.filter(|user| is_shadow(user)) {
        let renamed = !same_name(user_name(shadow), name);
        return Ok(renamed.then(|| {
            let text = "A user of another tenant keeps the name under which it is known here.";
            Detail::new("InvalidUserName", text)
        }));
    }
    if is_shadow_name(name) {
        let text = "Names that begin with 'xt_' are reserved for users of other tenants.";
        return Ok(Some(Detail::new("InvalidUserName", text)));
    }
    let holder = users::by_name(tenant, name)
        .await
        .map_err(lookup::unreadable)?;
    let other = holder.filter(|holder| existing.is_none_or(|user| user.rt_id != holder.rt_id));
    if other.is_some() {
        let text = format!("Username '{name}' is already taken.");
        return Ok(Some(Detail::new("DuplicateUserName", text)));
    }
    match existing.is_some_and(|user| same_name(user_name(user), name)) {
        true => Ok(None),
        false => mistakable(tenant, name, existing).await,
    }
}

/// Users are found by name before they are found by address or id. So a name that is the address or
/// could be the id of somebody else would draw what is meant for that user: roles, memberships and
/// passwords.
async fn mistakable(
    tenant: &Tenant,
    name: &str,
    existing: Option<&Entity>,
) -> Result<Option<Detail>, Problem> {
    if name.parse::<RtId>().is_ok() {
        let text = format!("Username '{name}' is invalid, it looks like the id of a user.");
        return Ok(Some(Detail::new("InvalidUserName", text)));
    }
    let holders = EntityQuery::of(USER)
        .eq("NormalizedEmail", users::normalize(name))
        .take(2);
    let holders = tenant.query(holders).await.map_err(lookup::unreadable)?;
    let is_other = |holder: &Entity| existing.is_none_or(|user| user.rt_id != holder.rt_id);
    Ok(holders.items.iter().any(is_other).then(|| {
        let text = format!("Username '{name}' is the e-mail address of another user.");
        Detail::new("DuplicateUserName", text)
    }))
}

/// Whether a user may have this name.
pub(in crate::identity) fn is_valid_name(name: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "-._@+".contains(c);
    // A path cannot carry '.' and '..', so users of such names could never be addressed.
    !name.is_empty() && name.chars().all(allowed) && name != "." && name != ".."
}

fn invalid_name(name: &str) -> Detail {
    let shown: String = name.chars().take(MAX_TEXT).collect();
    Detail::new(
        "InvalidUserName",
        format!("Username '{shown}' is invalid, can only contain letters or digits."),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        for good in ["anna", "A-b_c.d@e+1", "..."] {
            assert!(is_valid_name(good), "{good}");
        }
        for bad in ["", " ", "a b", "ä", "a/b", ".", "..", "a\n", "a%"] {
            assert!(!is_valid_name(bad), "{bad}");
        }
    }
}
