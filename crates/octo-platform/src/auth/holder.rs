//! Whether the holder of a token is still there.
//!
//! Tokens outlive their holders: a user is deleted, a tenant is deleted and another one gets its
//! name. Until such a token expires its signature stays good, so the tenant it names is asked: for a
//! user by id, for a service by a search among the tenant's clients, whose model has no index for it.

use octo_runtime::{EntityQuery, RuntimeError, Tenant};

use super::Caller;
use crate::accounts::names::CLIENT;
use crate::accounts::users;

/// Whether the user, or for a service the client, that the token was issued to exists in `tenant`.
///
/// Ids of users are never given twice, those of clients are names: a client that was made after the
/// token was issued, to the second, is another one.
///
/// # Errors
/// [`RuntimeError`] if the tenant cannot be read.
pub(super) async fn is_there(tenant: &Tenant, caller: &Caller) -> Result<bool, RuntimeError> {
    match caller.subject {
        Some(user) => Ok(users::by_id(tenant, user).await?.is_some()),
        None => client_is_there(tenant, caller).await,
    }
}

async fn client_is_there(tenant: &Tenant, caller: &Caller) -> Result<bool, RuntimeError> {
    let named = EntityQuery::of(CLIENT).eq("ClientId", caller.client_id.as_str());
    let client = tenant.first(named).await?;
    Ok(client.is_some_and(|client| client.created.as_second() <= caller.issued))
}
