//! Users of a tenant coming into a tenant below it.
//!
//! Who somebody is, is decided where the account is: a user of the parent may itself be the shadow
//! of a user further up, and then counts as that one, provided that the home tenant vouched for this
//! very sign-in.

use octo_runtime::{RtId, RuntimeError, Tenant};

use super::shadow::{self, HomeIdentity};
use super::sign_in::{Refusal, SignedInUser};
use super::{mappings, sign_in, trust, users};
use crate::state::PlatformState;

/// Who a user of `tenant` is at home; `idp` says who authenticated the user. `None` if that cannot be
/// told for certain (auth.md 6.5.2, check 7).
///
/// # Errors
/// [`RuntimeError`] if a tenant cannot be read.
pub async fn home_identity(
    state: &PlatformState,
    tenant: &Tenant,
    user: RtId,
    idp: &str,
) -> Result<Option<HomeIdentity>, RuntimeError> {
    let Some(user) = users::by_id(tenant, user).await? else {
        return Ok(None);
    };
    let user_name = users::user_name(&user);
    match shadow::home_of(state.sealer(), tenant.id(), &user) {
        Some(home) if idp == home.idp() => still_at_home(state, home).await,
        Some(_) => Ok(None),
        None if shadow::is_foreign_idp(idp) || shadow::is_shadow_name(user_name) => Ok(None),
        None => Ok(Some(HomeIdentity {
            tenant: tenant.id().clone(),
            user: user.rt_id,
            user_name: user_name.to_owned(),
        })),
    }
}

async fn still_at_home(
    state: &PlatformState,
    home: HomeIdentity,
) -> Result<Option<HomeIdentity>, RuntimeError> {
    let Some(tenant) = state.find_tenant(home.tenant.as_str()).await? else {
        return Ok(None);
    };
    Ok(users::by_id(&tenant, home.user).await?.map(|_| home))
}

/// Whether people of that home may come into `tenant`, and if so, whether unknown ones may: the home
/// tenant must be an ancestor (auth.md 6.5.2, check 8).
///
/// # Errors
/// [`RuntimeError`] if a tenant on the way cannot be read.
pub async fn admission(
    state: &PlatformState,
    tenant: &Tenant,
    home: &HomeIdentity,
) -> Result<Option<bool>, RuntimeError> {
    let ancestors = trust::ancestors(state, tenant).await?;
    let way_in = ancestors
        .into_iter()
        .find(|trust| trust.parent == home.tenant);
    Ok(way_in.map(|trust| trust.self_registration))
}

/// The user of `tenant` for somebody who has signed in at home.
///
/// # Errors
/// [`RuntimeError`] if a tenant cannot be read or changed; a refusal is not an error.
pub async fn enter(
    state: &PlatformState,
    tenant: &Tenant,
    home: &HomeIdentity,
) -> Result<Result<SignedInUser, Refusal>, RuntimeError> {
    let Some(self_registration) = admission(state, tenant, home).await? else {
        return Ok(Err(Refusal::Invalid));
    };
    let may_create = self_registration || mappings::admit(tenant, home).await?;
    let shadow = shadow::find_or_create(state, tenant, home, may_create).await?;
    Ok(match shadow {
        Some(user) if sign_in::is_locked(state, &user) => Err(Refusal::LockedOut),
        Some(user) => Ok(SignedInUser {
            user,
            idp: home.idp(),
        }),
        None if may_create => Err(Refusal::Invalid),
        None => Err(Refusal::NotRegistered),
    })
}
