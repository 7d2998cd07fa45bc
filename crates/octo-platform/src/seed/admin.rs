//! The first user of a new deployment.

use octo_runtime::{ChangeSet, EntityQuery, NewEntity, Tenant};

use super::roles::OWNERS_GROUP;
use super::{ADMIN_NAME, SeedError};
use crate::accounts::names::{GROUP, GROUP_MEMBER, USER};
use crate::accounts::users;
use crate::password::policy_violations;
use crate::secret::{RandomUnavailable, random_below, random_secret};
use crate::state::PlatformState;

/// Characters that cannot be mistaken for one another when copied by hand.
const LETTERS: &[u8] = b"abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";
const GROUPS: usize = 5;
const GROUP_LETTERS: usize = 4;

/// Creates `admin`, member of `TenantOwners`, unless the tenant has a user already. Returns the
/// password when it was generated here.
pub(super) async fn create_first_user(
    state: &PlatformState,
    tenant: &Tenant,
) -> Result<Option<String>, SeedError> {
    if tenant.query(EntityQuery::of(USER).take(1)).await?.total > 0 {
        return Ok(None);
    }
    let (password, generated) = match &state.config().admin_password {
        Some(configured) => (configured.clone(), false),
        None => (generate()?, true),
    };
    let problems: Vec<&str> = policy_violations(&password)
        .iter()
        .map(|violation| violation.description)
        .collect();
    if !problems.is_empty() {
        return Err(SeedError::AdminPassword(problems.join(" ")));
    }
    let user = NewEntity::of(USER)
        .set("UserName", ADMIN_NAME)
        .set("NormalizedUserName", users::normalize(ADMIN_NAME))
        .set("PasswordHash", state.passwords().hash(&password).await?)
        .set("SecurityStamp", random_secret()?)
        .set("LockoutEnabled", true)
        .set("ResetPasswordOnLogin", false);
    let owners = EntityQuery::of(GROUP).eq("NormalizedGroupName", users::normalize(OWNERS_GROUP));
    let mut changes = ChangeSet::new();
    if let Some(owners) = tenant.first(owners).await? {
        changes = changes.associate(&owners, GROUP_MEMBER, &user);
    }
    tenant.apply(changes.insert(user)).await?;
    Ok(generated.then_some(password))
}

fn generate() -> Result<String, RandomUnavailable> {
    loop {
        let mut groups = Vec::with_capacity(GROUPS);
        for _ in 0..GROUPS {
            let mut group = String::with_capacity(GROUP_LETTERS);
            for _ in 0..GROUP_LETTERS {
                let index = random_below(LETTERS.len() as u32)? as usize;
                group.push(char::from(LETTERS[index]));
            }
            groups.push(group);
        }
        let password = groups.join("-");
        if policy_violations(&password).is_empty() {
            return Ok(password);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn generated_passwords_satisfy_the_policy_and_differ() {
        let (one, two) = (generate().unwrap(), generate().unwrap());
        assert_eq!(one.len(), 24);
        assert!(policy_violations(&one).is_empty());
        assert_ne!(one, two);
    }
}
