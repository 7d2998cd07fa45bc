//! Changing one's own password.

use octo_runtime::{Entity, Tenant, UpdateEntity};

use super::sign_in::SignInError;
use crate::password::policy_violations;
use crate::state::PlatformState;

const UNCHANGED: &str = "The new password must differ from the current one.";

/// Gives `user` a new password and returns the user as it is then, unless the password breaks rules:
/// then all of them are returned and nothing is changed. Sessions of browsers and applications end
/// with the old password, because its security stamp does.
///
/// # Errors
/// [`SignInError`] if the password cannot be hashed or stored.
pub async fn change_password(
    state: &PlatformState,
    tenant: &Tenant,
    user: &Entity,
    password: &str,
) -> Result<Result<Entity, Vec<&'static str>>, SignInError> {
    let mut problems: Vec<_> = policy_violations(password)
        .into_iter()
        .map(|violation| violation.description)
        .collect();
    let current = user.attributes.str("PasswordHash");
    if problems.is_empty() && state.passwords().verify(current, password).await? {
        problems.push(UNCHANGED);
    }
    if !problems.is_empty() {
        return Ok(Err(problems));
    }
    let update = UpdateEntity::from_entity(user)
        .set("PasswordHash", state.passwords().hash(password).await?)
        .set("SecurityStamp", uuid::Uuid::new_v4().simple().to_string())
        .set("ResetPasswordOnLogin", false);
    Ok(Ok(tenant.update(update).await?))
}
