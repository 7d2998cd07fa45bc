//! How long a sign-in through another provider counts.
//!
//! Nobody here learns that an account was closed at the provider. What an administrator can do is
//! disable or delete the provider: then the people it vouched for are no longer signed in on the
//! pages, and applications get no new tokens for them.

use octo_runtime::{EntityQuery, RuntimeError, Tenant};

use super::external_identity::IDP_PREFIX;
use super::names::IDENTITY_PROVIDER;

/// Whether a sign-in with this `idp` claim still counts: the provider it names must exist and be
/// enabled. Other kinds of sign-in are not judged here.
///
/// # Errors
/// [`RuntimeError`] if the tenant cannot be read.
pub async fn still_counts(tenant: &Tenant, idp: &str) -> Result<bool, RuntimeError> {
    let Some(provider) = idp.strip_prefix(IDP_PREFIX) else {
        return Ok(true);
    };
    let enabled = EntityQuery::of(IDENTITY_PROVIDER)
        .eq("Name", provider.to_owned())
        .eq("IsEnabled", true);
    Ok(tenant.first(enabled).await?.is_some())
}
