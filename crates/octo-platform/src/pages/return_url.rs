//! Where to go after signing in: only to pages of the same tenant on this server.

use octo_runtime::TenantId;

/// Holds the longest authorization request.
const MAX_BYTES: usize = 8192;

/// `wanted` if it is a local path below `/{tenant}/`, else the tenant's log-in page. Anything a
/// browser might read as another origin (`//host`, back slashes, control characters) is refused.
pub(super) fn checked(wanted: Option<&str>, tenant: &TenantId) -> String {
    let home = format!("/{tenant}/");
    let acceptable = |wanted: &&str| {
        wanted.len() <= MAX_BYTES
            && wanted.starts_with(&home)
            && wanted
                .bytes()
                .all(|byte| (0x21..0x7f).contains(&byte) && byte != b'\\')
            && !wanted.contains("//")
            && !wanted.split(['/', '?', '#']).any(|part| part == "..")
    };
    match wanted.map(str::trim).filter(acceptable) {
        Some(wanted) => wanted.to_owned(),
        None => format!("/{tenant}/login"),
    }
}

/// Whether a page answers a request of an application, and so may lead away from this server.
pub(super) fn is_authorization(page: &str, tenant: &TenantId) -> bool {
    page.starts_with(&format!("/{tenant}/authorize?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn local_pages_of_the_tenant_are_kept() {
        let tenant = "acme".parse().unwrap();
        let page = "/acme/device?userCode=123456789";
        assert_eq!(checked(Some(page), &tenant), page);
    }

    #[test]
    fn everything_else_leads_to_the_login_page() {
        let tenant = "acme".parse().unwrap();
        for wanted in [
            "https://evil.example/",
            "//evil.example/acme/",
            "/\\evil.example",
            "/acme/\\evil",
            "/acme//evil.example",
            "/acme/../other/device",
            "/other/device",
            "/acmex/device",
            "javascript:alert(1)",
            "/acme/device\r\nSet-Cookie: x=1",
            "",
        ] {
            assert_eq!(checked(Some(wanted), &tenant), "/acme/login", "{wanted}");
        }
        assert_eq!(checked(None, &tenant), "/acme/login");
    }
}
