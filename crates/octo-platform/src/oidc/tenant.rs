//! Which tenant a request of the provider is for (auth.md 6.3).
//!
//! New log-ins name it in `acr_values=tenant:…`; without it the system tenant is meant. Grants
//! remember their tenant, so a later request needs no `acr_values`, and one that contradicts the
//! grant is refused. A tenant that does not exist is refused as well, instead of being taken for
//! the system tenant.

use std::sync::Arc;

use octo_runtime::Tenant;

use super::error::OAuthError;
use super::form::Params;
use crate::state::PlatformState;

/// The tenant named by `acr_values`: the first blank-separated entry `tenant:…` with content.
pub fn named_tenant(params: &Params) -> Option<&str> {
    params
        .get("acr_values")?
        .split_ascii_whitespace()
        .find_map(|entry| {
            let (prefix, tenant) = entry.split_at_checked("tenant:".len())?;
            (prefix.eq_ignore_ascii_case("tenant:") && !tenant.is_empty()).then_some(tenant)
        })
}

/// The tenant of a request that starts something new.
///
/// # Errors
/// `invalid_request` if the named tenant does not exist.
pub async fn requested(state: &PlatformState, params: &Params) -> Result<Arc<Tenant>, OAuthError> {
    match named_tenant(params) {
        None => Ok(state.runtime().system_tenant()),
        Some(named) => state.find_tenant(named).await?.ok_or_else(|| {
            OAuthError::invalid_request("acr_values names a tenant that does not exist")
        }),
    }
}

/// The tenant of a request that continues a grant of tenant `granted`.
///
/// # Errors
/// `invalid_grant` if the tenant is gone or `acr_values` names another one.
pub async fn of_grant(
    state: &PlatformState,
    params: &Params,
    granted: &str,
) -> Result<Arc<Tenant>, OAuthError> {
    let contradicted =
        named_tenant(params).is_some_and(|named| !named.trim().eq_ignore_ascii_case(granted));
    if contradicted {
        return Err(OAuthError::invalid_grant()
            .describe("acr_values names another tenant than the grant was issued for"));
    }
    state
        .find_tenant(granted)
        .await?
        .ok_or_else(OAuthError::invalid_grant)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(acr_values: &str) -> Option<String> {
        let pair = Some(acr_values.to_owned());
        named_tenant(&Params::default().with("acr_values", pair)).map(str::to_owned)
    }

    #[test]
    fn the_first_tenant_entry_with_content_counts() {
        assert_eq!(
            named("idp:x tenant: TENANT:Acme tenant:b").as_deref(),
            Some("Acme")
        );
        assert_eq!(named("tenant:acme").as_deref(), Some("acme"));
        assert_eq!(named("loa:1"), None);
        assert_eq!(named("ténänt:acme"), None);
    }
}
