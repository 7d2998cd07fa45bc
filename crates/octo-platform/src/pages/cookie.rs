//! Cookies: one per tenant for the session, and one while somebody signs in elsewhere. Unreadable for
//! scripts, not sent with foreign forms.

use http::{HeaderMap, HeaderValue, header};
use octo_runtime::TenantId;

/// Value of the tenant's session cookie.
pub(super) fn read(headers: &HeaderMap, tenant: &TenantId) -> Option<String> {
    value_of(headers, &name(tenant))
}

/// Value of the cookie of a browser that signs in elsewhere.
pub(super) fn read_external(headers: &HeaderMap, tenant: &TenantId) -> Option<String> {
    value_of(headers, &external_name(tenant))
}

fn value_of(headers: &HeaderMap, name: &str) -> Option<String> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(key, value)| *key == name && !value.is_empty())
        .map(|(_, value)| value.to_owned())
}

/// `Set-Cookie` with a new value.
pub(super) fn set(tenant: &TenantId, value: &str, secure: bool) -> Option<HeaderValue> {
    let secure = if secure { "; Secure" } else { "" };
    let name = name(tenant);
    let cookie = format!("{name}={value}; Path=/{tenant}; HttpOnly; SameSite=Lax{secure}");
    HeaderValue::from_str(&cookie).ok()
}

/// `Set-Cookie` for a browser that signs in elsewhere, for so many seconds; zero takes it away.
pub(super) fn set_external(
    tenant: &TenantId,
    value: &str,
    seconds: i64,
    secure: bool,
) -> Option<HeaderValue> {
    let secure = if secure { "; Secure" } else { "" };
    let name = external_name(tenant);
    let cookie = format!(
        "{name}={value}; Path=/{tenant}/external; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}"
    );
    HeaderValue::from_str(&cookie).ok()
}

fn external_name(tenant: &TenantId) -> String {
    format!("octo-external-{tenant}")
}

fn name(tenant: &TenantId) -> String {
    format!("octo-session-{tenant}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_cookie_of_the_tenant_is_read() {
        let mut headers = HeaderMap::new();
        let value = "octo-session-acme2=no; octo-session-acme=yes; x=1";
        headers.insert(header::COOKIE, HeaderValue::from_static(value));
        assert_eq!(
            read(&headers, &"acme".parse().unwrap()).as_deref(),
            Some("yes")
        );
        assert_eq!(read(&headers, &"other".parse().unwrap()), None);
    }

    #[test]
    fn the_cookie_of_an_external_sign_in_is_short_lived_and_seen_there_only() {
        let tenant = "acme".parse().unwrap();
        let cookie = set_external(&tenant, "v", 600, true).unwrap();
        assert_eq!(
            cookie.to_str().unwrap(),
            "octo-external-acme=v; Path=/acme/external; Max-Age=600; HttpOnly; SameSite=Lax; Secure"
        );
    }

    #[test]
    fn the_cookie_is_confined_to_tenant_and_transport() {
        let tenant = "acme".parse().unwrap();
        let cookie = set(&tenant, "v", true).unwrap();
        assert_eq!(
            cookie.to_str().unwrap(),
            "octo-session-acme=v; Path=/acme; HttpOnly; SameSite=Lax; Secure"
        );
        assert!(
            !set(&tenant, "v", false)
                .unwrap()
                .to_str()
                .unwrap()
                .contains("Secure")
        );
    }
}
