//! Signing in with a name and password of a directory.
//!
//! Guesses are counted per account before the directory is asked, so that many at once are as good
//! as many in a row; what the directory counts itself comes on top. A wrong name and a wrong
//! password are answered alike.

use octo_runtime::{Entity, EntityQuery, RtId, RuntimeError, Tenant};

use super::directory::{DirectorySettings, Person, is_directory};
use super::external_identity::{ExternalIdentity, admit};
use super::names::IDENTITY_PROVIDER;
use super::sign_in::{Refusal, SignInError, SignedInUser};
use super::users;
use crate::state::PlatformState;

/// The directories people of a tenant may choose: the enabled ones, by name.
///
/// # Errors
/// [`RuntimeError`] if the tenant cannot be read.
pub async fn choices(tenant: &Tenant) -> Result<Vec<Entity>, RuntimeError> {
    let providers = tenant.query(EntityQuery::of(IDENTITY_PROVIDER)).await?;
    let mut directories: Vec<Entity> = providers.items.into_iter().filter(is_choice).collect();
    directories.sort_by_cached_key(|directory| {
        let name = directory.attributes.str("Name").unwrap_or_default();
        (name.to_lowercase(), directory.rt_id)
    });
    Ok(directories)
}

fn is_choice(provider: &Entity) -> bool {
    is_directory(&provider.ck_type_id.to_string())
        && provider.attributes.bool("IsEnabled") == Some(true)
}

/// Checks name and password with the directory of that id.
///
/// # Errors
/// [`SignInError`] if the tenant could not be read or changed; a refusal is not an error.
pub async fn sign_in(
    state: &PlatformState,
    tenant: &Tenant,
    directory: &str,
    name: &str,
    password: &str,
) -> Result<Result<SignedInUser, Refusal>, SignInError> {
    let Some(provider) = find(tenant, directory).await? else {
        return Ok(Err(Refusal::NoSuchProvider));
    };
    let account = [tenant.id().as_str(), directory, &users::normalize(name)].join("\n");
    let throttle = &state.throttles().directory_accounts;
    let now = state.clock().now();
    if !throttle.attempt(&account, now) {
        return Ok(Err(Refusal::LockedOut));
    }
    match ask(state, &provider, name, password).await {
        Ok(Some(person)) => {
            throttle.forgive(&account);
            let identity = ExternalIdentity {
                key: person.key,
                user_name: person.user_name,
                first_name: person.first_name,
                last_name: person.last_name,
                verified_email: person.email,
            };
            Ok(admit(state, tenant, &provider, &identity).await?)
        }
        Ok(None) => Ok(Err(Refusal::Invalid)),
        Err(cause) => {
            throttle.take_back(&account);
            let name = provider.attributes.str("Name").unwrap_or_default();
            tracing::warn!(tenant = %tenant.id(), provider = name, %cause, "a directory could not be asked");
            Ok(Err(Refusal::Unavailable))
        }
    }
}

async fn find(tenant: &Tenant, id: &str) -> Result<Option<Entity>, RuntimeError> {
    let Ok(id) = id.parse::<RtId>() else {
        return Ok(None);
    };
    let provider = tenant.get(IDENTITY_PROVIDER, id).await?;
    Ok(provider.filter(is_choice))
}

async fn ask(
    state: &PlatformState,
    provider: &Entity,
    name: &str,
    password: &str,
) -> Result<Option<Person>, super::directory::DirectoryError> {
    let settings = DirectorySettings::of(provider);
    let settings = settings.ok_or(super::directory::DirectoryError::Settings)?;
    state.directories().check(&settings, name, password).await
}
