//! Which addresses a client's codes may be sent to.
//!
//! A requested address is one of the registered ones, character by character. The only freedom is
//! the port of a loopback address (RFC 8252, 7.3): native applications listen on whatever port is
//! free. `localhost` has that freedom only for clients that registered themselves; those of
//! administrators with that name are web applications of one port.

use url::{Host, Url};

/// Schemes that would run or show something instead of leading to an application.
const FORBIDDEN: [&str; 6] = ["javascript", "data", "vbscript", "file", "blob", "about"];

/// The address to go to if `requested` is one of `registered`.
pub fn admitted(requested: &str, registered: &[String], self_registered: bool) -> Option<Url> {
    let url = acceptable(requested)?;
    let same = |known: &String| known == requested || same_but_port(&url, known, self_registered);
    registered.iter().any(same).then_some(url)
}

/// The address, if it is absolute, without fragment and credentials, and of a harmless scheme.
pub fn acceptable(address: &str) -> Option<Url> {
    let url = Url::parse(address).ok()?;
    let harmless = url.fragment().is_none()
        && url.username().is_empty()
        && url.password().is_none()
        && !FORBIDDEN.contains(&url.scheme());
    harmless.then_some(url)
}

/// Whether the address is `http` on this machine, of which user and application share the ports.
pub fn is_loopback(url: &Url) -> bool {
    url.scheme() == "http" && (is_loopback_ip(url) || is_localhost(url))
}

fn same_but_port(url: &Url, known: &str, localhost_too: bool) -> bool {
    let Some(mut known) = acceptable(known) else {
        return false;
    };
    let free = is_loopback_ip(url) || (localhost_too && is_localhost(url));
    let free = free && url.scheme() == "http";
    free && known.set_port(url.port()).is_ok() && known == *url
}

fn is_loopback_ip(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(ip)) => ip == std::net::Ipv4Addr::LOCALHOST,
        Some(Host::Ipv6(ip)) => ip == std::net::Ipv6Addr::LOCALHOST,
        Some(Host::Domain(_)) | None => false,
    }
}

fn is_localhost(url: &Url) -> bool {
    matches!(url.host(), Some(Host::Domain("localhost")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admits(requested: &str, registered: &str, self_registered: bool) -> bool {
        admitted(requested, &[registered.to_owned()], self_registered).is_some()
    }

    #[test]
    fn registered_addresses_are_compared_exactly() {
        let app = "https://app.example/cb";
        assert!(admits(app, app, false));
        for other in [
            "https://app.example/cb/",
            "https://app.example/cb?x=1",
            "https://app.example:444/cb",
            "https://app.example/cb/../cb",
            "https://app.example.evil/cb",
            "https://app.example@evil.example/cb",
            "https://APP.example/cb",
            "http://app.example/cb",
            "https://app.example/cb#x",
            "/cb",
        ] {
            assert!(!admits(other, app, true), "{other}");
        }
    }

    #[test]
    fn loopback_addresses_may_have_any_port() {
        assert!(admits(
            "http://127.0.0.1:61234/cb",
            "http://127.0.0.1/cb",
            false
        ));
        assert!(admits(
            "http://127.0.0.1:61234/cb",
            "http://127.0.0.1:80/cb",
            false
        ));
        assert!(admits(
            "http://[::1]:61234/cb?a=b",
            "http://[::1]:1/cb?a=b",
            false
        ));
        assert!(admits(
            "http://localhost:61234/cb",
            "http://localhost:1/cb",
            true
        ));
        assert!(!admits(
            "http://localhost:61234/cb",
            "http://localhost:1/cb",
            false
        ));
        assert!(!admits(
            "http://127.0.0.1:61234/other",
            "http://127.0.0.1/cb",
            true
        ));
        assert!(!admits(
            "http://localhost:1/cb",
            "http://127.0.0.1:1/cb",
            true
        ));
        assert!(!admits(
            "https://127.0.0.1:2/cb",
            "https://127.0.0.1:1/cb",
            true
        ));
        assert!(!admits(
            "http://127.0.0.1:2@evil.example/cb",
            "http://127.0.0.1/cb",
            true
        ));
        assert!(!admits(
            "http://127.0.0.2:2/cb",
            "http://127.0.0.1/cb",
            true
        ));
    }

    #[test]
    fn schemes_of_applications_are_admitted_and_scripts_are_not() {
        assert!(admits("my.app:/cb", "my.app:/cb", false));
        for bad in ["javascript:alert(1)", "data:text/html,x", "file:///x"] {
            assert!(!admits(bad, bad, true), "{bad}");
        }
    }
}
