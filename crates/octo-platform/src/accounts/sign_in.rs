//! Checking a person's password, with lock-out, in the tenant or one of its ancestors.
//!
//! A name unknown everywhere costs the same hashing work as a known one. Counting happens under a
//! lock per account: many guesses at once are as good as many guesses in a row.

use std::sync::Arc;

use jiff::SignedDuration;
use octo_runtime::{DateTimeOffset, Entity, RuntimeError, Tenant, UpdateEntity, Value};

use super::shadow::{self, HomeIdentity};
use super::{IDP_LOCAL, mappings, trust, users};
use crate::password::HashingFailed;
use crate::state::PlatformState;

/// Wrong passwords in a row that lock an account (identity.md 6.1).
pub const MAX_FAILURES: i32 = 5;
/// How long an account stays locked, in seconds.
pub const LOCKOUT_SECONDS: i64 = 300;

/// An authenticated person, as user of the tenant signed in to.
#[derive(Debug, Clone)]
pub struct SignedInUser {
    /// The user in the tenant; a shadow user if a parent tenant checked the password.
    pub user: Entity,
    /// `idp` claim for tokens of this sign-in.
    pub idp: String,
}

/// Why somebody was not let in; says no more than the page shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Wrong name or password, or not admitted to this tenant.
    #[error("Invalid username or password")]
    Invalid,
    /// Too many wrong passwords.
    #[error("Account is locked out")]
    LockedOut,
    /// The provider vouches for the person, who has no user in the tenant and may not get one.
    #[error("You have no account here yet, and this way to sign in does not create any")]
    NotRegistered,
    /// A password set by others has to be replaced first, in the tenant the account belongs to.
    #[error("You have to choose a new password first, in the tenant your account belongs to")]
    NewPasswordDue,
    /// The provider is gone or disabled.
    #[error("This way to sign in is not available any more")]
    NoSuchProvider,
    /// The provider could not be asked.
    #[error("The directory cannot be asked at the moment. Try again later")]
    Unavailable,
}

/// The check itself could not be done.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// A tenant could not be read or changed.
    #[error(transparent)]
    Runtime(#[from] RuntimeError),
    /// Hashing failed.
    #[error(transparent)]
    Hashing(#[from] HashingFailed),
}

/// Checks name and password for `tenant`: its own users first; a name unknown there is looked for
/// in the tenants it trusts, nearest first, and becomes a shadow user.
///
/// # Errors
/// [`SignInError`] if the check could not be done; a refusal is not an error.
pub async fn sign_in(
    state: &PlatformState,
    tenant: &Arc<Tenant>,
    name: &str,
    password: &str,
) -> Result<Result<SignedInUser, Refusal>, SignInError> {
    if let Some(user) = users::by_name_or_email(tenant, name).await? {
        let checked = check_password(state, tenant, &user, password).await?;
        return Ok(checked.map(|user| SignedInUser {
            user,
            idp: IDP_LOCAL.to_owned(),
        }));
    }
    for trusted in trust::ancestors(state, tenant).await? {
        let Some(parent) = state.find_tenant(trusted.parent.as_str()).await? else {
            continue;
        };
        let Some(user) = users::by_name_or_email(&parent, name).await? else {
            continue;
        };
        let user = match check_password(state, &parent, &user, password).await? {
            Ok(user) => user,
            Err(refusal) => return Ok(Err(refusal)),
        };
        if is_due(&user) {
            return Ok(Err(Refusal::NewPasswordDue));
        }
        let home = HomeIdentity {
            tenant: parent.id().clone(),
            user: user.rt_id,
            user_name: users::user_name(&user).to_owned(),
        };
        let may_create = trusted.self_registration || mappings::admit(tenant, &home).await?;
        let shadow = shadow::find_or_create(state, tenant, &home, may_create).await?;
        return Ok(shadow
            .map(|user| SignedInUser {
                user,
                idp: home.idp(),
            })
            .ok_or(Refusal::Invalid));
    }
    state.passwords().verify(None, password).await?;
    Ok(Err(Refusal::Invalid))
}

async fn check_password(
    state: &PlatformState,
    tenant: &Tenant,
    user: &Entity,
    password: &str,
) -> Result<Result<Entity, Refusal>, SignInError> {
    let id = user.rt_id.to_string();
    let _one_at_a_time = state.locks().lock(&[tenant.id().as_str(), &id]).await;
    let Some(user) = users::by_id(tenant, user.rt_id).await? else {
        state.passwords().verify(None, password).await?;
        return Ok(Err(Refusal::Invalid));
    };
    if is_locked(state, &user) {
        state.passwords().verify(None, password).await?;
        return Ok(Err(Refusal::LockedOut));
    }
    // Shadow users sign in at home, whatever their entity says.
    let hash = if shadow::is_shadow_name(users::user_name(&user))
        || shadow::home_of(state.sealer(), tenant.id(), &user).is_some()
    {
        None
    } else {
        user.attributes.str("PasswordHash")
    };
    if state.passwords().verify(hash, password).await? {
        return Ok(Ok(clear_failures(tenant, user).await?));
    }
    if user.attributes.bool("LockoutEnabled") != Some(true) {
        return Ok(Err(Refusal::Invalid));
    }
    Ok(Err(count_failure(state, tenant, &user).await?))
}

/// Whether a user has to choose a new password before anything else.
pub fn is_due(user: &Entity) -> bool {
    user.attributes.bool("ResetPasswordOnLogin") == Some(true)
}

pub(super) fn is_locked(state: &PlatformState, user: &Entity) -> bool {
    match user.attributes.get("LockoutEnd") {
        Some(Value::DateTimeOffset(end)) => state.clock().now() < end.instant,
        _ => false,
    }
}

fn failures(user: &Entity) -> i32 {
    user.attributes.i32("AccessFailedCount").unwrap_or(0)
}

async fn clear_failures(tenant: &Tenant, user: Entity) -> Result<Entity, RuntimeError> {
    if failures(&user) == 0 && !user.attributes.contains("LockoutEnd") {
        return Ok(user);
    }
    let update = UpdateEntity::from_entity(&user)
        .set("AccessFailedCount", 0)
        .clear("LockoutEnd");
    tenant.update(update).await
}

async fn count_failure(
    state: &PlatformState,
    tenant: &Tenant,
    user: &Entity,
) -> Result<Refusal, RuntimeError> {
    let failures = failures(user).saturating_add(1);
    let update = UpdateEntity::from_entity(user);
    if failures < MAX_FAILURES {
        tenant
            .update(update.set("AccessFailedCount", failures))
            .await?;
        return Ok(Refusal::Invalid);
    }
    let now = state.clock().now();
    let end = now
        .checked_add(SignedDuration::from_secs(LOCKOUT_SECONDS))
        .unwrap_or(now);
    let end = Value::DateTimeOffset(DateTimeOffset {
        instant: end,
        offset_minutes: 0,
    });
    tenant
        .update(update.set("AccessFailedCount", 0).set("LockoutEnd", end))
        .await?;
    tracing::warn!(tenant = %tenant.id(), user = %user.rt_id, "account locked after wrong passwords");
    Ok(Refusal::LockedOut)
}
