//! Finding the client a request names: one of the tenant's own, one that registered itself, or one
//! that publishes a document about itself.

use octo_runtime::Tenant;

use super::client::Client;
use super::client_documents;
use super::error::OAuthError;
use crate::state::PlatformState;

/// What the ids of clients that registered themselves start with.
pub const DYNAMIC_PREFIX: &str = "octo-dcr-";

/// The scopes of clients that made themselves known (auth.md 6.9).
pub const SCOPES: [&str; 6] = [
    "openid",
    "profile",
    "email",
    "role",
    "octo_api",
    "offline_access",
];

/// Longest name that is shown, in characters.
const MAX_NAME: usize = 100;

/// The enabled, unexpired client of that id, as `tenant` knows it. `address` is where the request
/// came from; it may cause only so many documents to be fetched.
///
/// # Errors
/// [`OAuthError`] if the tenant cannot be read, or the client's document is of no use: the
/// description says why.
pub async fn find(
    state: &PlatformState,
    tenant: &Tenant,
    client_id: &str,
    address: &str,
) -> Result<Option<Client>, OAuthError> {
    let now = state.clock().now();
    if let Some(own) = Client::find(tenant, client_id, now).await? {
        return Ok(Some(own));
    }
    if client_id.starts_with(DYNAMIC_PREFIX) {
        let system = state.runtime().system_tenant();
        let found = Client::find(&system, client_id, now).await?;
        return Ok(found.filter(|client| client.self_registered));
    }
    if state.config().self_registration.documents && client_documents::is_address(client_id) {
        let client = client_documents::fetch(state, client_id, address).await?;
        return Ok(Some(client));
    }
    Ok(None)
}

/// A name an application gave itself, fit to be shown: one line, not too long, and without
/// characters that hide or reorder others. `None` if nothing is left.
pub fn shown_name(name: &str) -> Option<String> {
    let visible = |c: &char| {
        !c.is_control()
            && !matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
    };
    let kept: String = name.chars().filter(visible).take(MAX_NAME).collect();
    let kept = kept.trim();
    (!kept.is_empty()).then(|| kept.to_owned())
}

#[cfg(test)]
mod tests {
    use super::shown_name;

    #[test]
    fn names_are_shown_on_one_line_and_as_they_are_read() {
        assert_eq!(
            shown_name(" My\n App\u{202e}\u{7} ").as_deref(),
            Some("My App")
        );
        assert_eq!(shown_name(" \u{200b} "), None);
        assert_eq!(
            shown_name(&"x".repeat(500)).map(|name| name.len()),
            Some(100)
        );
    }
}
