//! Groups a person is put into when coming from elsewhere for the first time (identity.md 6.9).
//!
//! Two things lead into a group: the default group of the identity provider that let the person
//! in, and every e-mail-domain rule that names the domain of the person's address. Both count once,
//! when the user is created; an administrator may take the user out again. Users an administrator
//! creates are not concerned.

use octo_runtime::{ChangeSet, Entity, EntityQuery, NewEntity, RtId, RuntimeError, Tenant};

use super::names::{EMAIL_RULE, GROUP, GROUP_MEMBER};

/// The groups for a new user. `verified_email` must be an address whose owner the provider has
/// checked: whoever may name any address could choose the group.
///
/// Groups that no longer exist are left out with a warning.
///
/// # Errors
/// [`RuntimeError`] if the tenant cannot be read.
pub async fn groups(
    tenant: &Tenant,
    default_group: Option<&str>,
    verified_email: Option<&str>,
) -> Result<Vec<Entity>, RuntimeError> {
    let mut wanted: Vec<String> = default_group
        .filter(|id| !id.trim().is_empty())
        .map(str::to_owned)
        .into_iter()
        .collect();
    if let Some(domain) = verified_email.and_then(domain) {
        let rules = tenant.query(EntityQuery::of(EMAIL_RULE)).await?.items;
        let matching = rules.iter().filter(|rule| names(rule, domain));
        wanted.extend(
            matching.filter_map(|rule| rule.attributes.str("TargetGroupRtId").map(str::to_owned)),
        );
    }
    let mut groups: Vec<Entity> = Vec::new();
    for id in wanted {
        let group = match id.trim().parse::<RtId>() {
            Ok(id) if groups.iter().any(|group| group.rt_id == id) => continue,
            Ok(id) => tenant.get(GROUP, id).await?,
            Err(_) => None,
        };
        match group {
            Some(group) => groups.push(group),
            None => {
                tracing::warn!(tenant = %tenant.id(), group = %id, "a group for new users does not exist");
            }
        }
    }
    Ok(groups)
}

/// Adds the memberships of a new user to the changes that create it.
pub fn join(changes: ChangeSet, user: &NewEntity, groups: &[Entity]) -> ChangeSet {
    groups.iter().fold(changes, |changes, group| {
        changes.associate(group, GROUP_MEMBER, user)
    })
}

/// What follows the first `@`.
fn domain(email: &str) -> Option<&str> {
    let (_, domain) = email.trim().split_once('@')?;
    (!domain.is_empty()).then_some(domain)
}

fn names(rule: &Entity, domain: &str) -> bool {
    let pattern = rule.attributes.str("EmailDomainPattern");
    pattern.is_some_and(|pattern| pattern.trim().to_lowercase() == domain.to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_domain_follows_the_first_at_sign() {
        for (email, expected) in [
            ("ada@Example.org", Some("Example.org")),
            (" ada@x@y ", Some("x@y")),
            ("ada@", None),
            ("ada", None),
            ("", None),
        ] {
            assert_eq!(domain(email), expected, "{email}");
        }
    }
}
