//! What a sign-in rests on, and whether that still holds.
//!
//! A sign-in outlives the moment in which somebody was authenticated: as session of a browser, as
//! code on its way to an application, as refresh token. What made it good may change meanwhile. The
//! password gets a new *security stamp*; the provider that vouched for the person is disabled or
//! deleted; a user of another tenant is deleted there, gets a new password there, or the trust
//! between the tenants ends. The *basis* is a fingerprint of all that: taken when somebody signs in,
//! kept with whatever follows from it, and compared before it is used.

use jiff::SignedDuration;
use octo_runtime::{Entity, EntityQuery, RtId, RuntimeError, Tenant, Value};

use super::external_identity::{self, IDP_PREFIX};
use super::names::IDENTITY_PROVIDER;
use super::sign_in::LOCKOUT_SECONDS;
use super::{parent_sign_in, shadow, users};
use crate::secret::sha256_base64;
use crate::state::PlatformState;

/// The basis of a sign-in of `user` with this `idp` claim; `None` if there is none any more.
///
/// # Errors
/// [`RuntimeError`] if a tenant cannot be read.
pub async fn basis_of(
    state: &PlatformState,
    tenant: &Tenant,
    user: &Entity,
    idp: &str,
) -> Result<Option<String>, RuntimeError> {
    if is_barred(state, user) {
        return Ok(None);
    }
    let voucher = match idp.strip_prefix(IDP_PREFIX) {
        Some(provider) => enabled_provider(tenant, provider).await?,
        None if shadow::is_foreign_idp(idp) => home_account(state, tenant, user, idp).await?,
        None if external_identity::is_shadow(state, tenant, user) => None,
        None => Some(String::new()),
    };
    let basis = |voucher: String| sha256_base64(&format!("{}{voucher}", stamp_of(user)));
    Ok(voucher.map(basis))
}

/// The user of a sign-in, if it still exists and `basis` is still that of the sign-in.
///
/// # Errors
/// [`RuntimeError`] if a tenant cannot be read.
pub async fn still_signed_in(
    state: &PlatformState,
    tenant: &Tenant,
    user: RtId,
    idp: &str,
    basis: &str,
) -> Result<Option<Entity>, RuntimeError> {
    let Some(user) = users::by_id(tenant, user).await? else {
        return Ok(None);
    };
    let now = basis_of(state, tenant, &user, idp).await?;
    Ok(now.is_some_and(|now| now == basis).then_some(user))
}

/// The enabled provider of that name; by its id, because names are given again.
async fn enabled_provider(tenant: &Tenant, name: &str) -> Result<Option<String>, RuntimeError> {
    let enabled = EntityQuery::of(IDENTITY_PROVIDER)
        .eq("Name", name.to_owned())
        .eq("IsEnabled", true);
    let provider = tenant.first(enabled).await?;
    Ok(provider.map(|provider| format!("\n{}", provider.rt_id)))
}

/// The account that `user` is the shadow of, if it may still come in (auth.md 6.5.2, checks 7
/// and 8).
async fn home_account(
    state: &PlatformState,
    tenant: &Tenant,
    user: &Entity,
    idp: &str,
) -> Result<Option<String>, RuntimeError> {
    let home = shadow::home_of(state.sealer(), tenant.id(), user);
    let Some(home) = home.filter(|home| home.idp() == idp) else {
        return Ok(None);
    };
    if parent_sign_in::admission(state, tenant, &home)
        .await?
        .is_none()
    {
        return Ok(None);
    }
    let Some(home_tenant) = state.find_tenant(home.tenant.as_str()).await? else {
        return Ok(None);
    };
    let account = users::by_id(&home_tenant, home.user).await?;
    let account = account.filter(|account| !is_barred(state, account));
    Ok(account.map(|account| format!("\n{}\n{}", account.rt_id, stamp_of(&account))))
}

/// Whether an administrator has locked the account: for longer than wrong passwords lock it. Those
/// end no sign-in, or anybody could sign anybody out.
fn is_barred(state: &PlatformState, user: &Entity) -> bool {
    let now = state.clock().now();
    let soon = now.checked_add(SignedDuration::from_secs(LOCKOUT_SECONDS));
    match user.attributes.get("LockoutEnd") {
        Some(Value::DateTimeOffset(end)) => soon.is_ok_and(|soon| soon < end.instant),
        _ => false,
    }
}

fn stamp_of(user: &Entity) -> &str {
    user.attributes.str("SecurityStamp").unwrap_or_default()
}
