//! Linking a user an administrator has made to an account at another OpenID provider (identity.md
//! 6.7: without self-registration only existing users may come in).
//!
//! The e-mail address is what both sides know, so it makes the link, once, under conditions: the
//! provider answers for the address; exactly one user of the tenant has it; that user lives here and
//! is not linked to another account of the same provider. Addresses of users are set by
//! administrators and by providers that answer for them, never by the users themselves. An address
//! nobody answers for links nobody: whoever may write it could write somebody else's.

use octo_runtime::{Entity, RuntimeError, Tenant, UpdateEntity, Value};

use super::external_identity::{ExternalIdentity, is_shadow, linked, login};
use super::users;
use crate::state::PlatformState;

/// Links the user with the verified address of `identity` to it, unless somebody is linked already.
///
/// # Errors
/// [`RuntimeError`] if the tenant cannot be read or changed.
pub async fn link_by_email(
    state: &PlatformState,
    tenant: &Tenant,
    provider: &Entity,
    identity: &ExternalIdentity,
) -> Result<(), RuntimeError> {
    let Some(email) = &identity.verified_email else {
        return Ok(());
    };
    let _only_one = users::lock(state, tenant).await;
    if linked(tenant, provider, &identity.key).await?.is_some() {
        return Ok(());
    }
    let Some(user) = users::by_email(tenant, email).await? else {
        return Ok(());
    };
    if is_shadow(state, tenant, &user) || is_linked(&user, provider) {
        return Ok(());
    }
    let mut logins = user.attributes.records("UserLogins").to_vec();
    logins.push(login(provider, &identity.key, user.rt_id));
    let update = UpdateEntity::from_entity(&user)
        .set("UserLogins", Value::RecordArray(logins))
        .set("EmailConfirmed", true);
    tenant.update(update).await?;
    tracing::info!(tenant = %tenant.id(), user = %user.rt_id, provider = %provider.rt_id, "a user was linked to an external account");
    Ok(())
}

fn is_linked(user: &Entity, provider: &Entity) -> bool {
    let id = provider.rt_id.to_string();
    let logins = user.attributes.records("UserLogins").iter();
    logins
        .filter_map(|login| login.attributes.str("LoginProvider"))
        .any(|provider| provider == id)
}
