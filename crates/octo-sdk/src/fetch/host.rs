//! Hosts an operator has listed.

use std::str::FromStr;

use serde::Deserialize;
use url::{Host, Url};

/// Ports of the web, for hosts listed without one.
const WEB_PORTS: [u16; 2] = [80, 443];

/// A host that may be called wherever it is: `host` for the usual ports, or `host:port`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct ListedHost {
    host: Host,
    port: Option<u16>,
}

/// Not a host.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is not a host: write a name or an address, with a port if it is not 80 or 443")]
pub struct NotAHost(String);

impl ListedHost {
    /// Whether a URL is on this host.
    pub fn is(&self, url: &Url) -> bool {
        match (url.host(), url.port_or_known_default()) {
            (Some(host), Some(port)) => self.is_at(&host.to_owned(), port, &WEB_PORTS),
            _ => false,
        }
    }

    /// Whether this is `host` with `port`; listed without a port, it stands for the `usual` ones.
    pub fn is_at(&self, host: &Host, port: u16, usual: &[u16]) -> bool {
        let is_port = match self.port {
            Some(listed) => port == listed,
            None => usual.contains(&port),
        };
        is_port && *host == self.host
    }
}

impl FromStr for ListedHost {
    type Err = NotAHost;

    fn from_str(text: &str) -> Result<Self, NotAHost> {
        let given = text.trim();
        let split = match given.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
            _ => (given, None),
        };
        let not_a_host = || NotAHost(given.chars().take(100).collect());
        let port = split.1.map(str::parse).transpose();
        Ok(Self {
            host: Host::parse(split.0).map_err(|_| not_a_host())?,
            port: port.map_err(|_| not_a_host())?,
        })
    }
}

impl TryFrom<String> for ListedHost {
    type Error = NotAHost;

    fn try_from(text: String) -> Result<Self, NotAHost> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listed_host_is_that_host_and_port_only() {
        for (listed, url, expected) in [
            ("docs.local", "https://docs.local/a", true),
            ("Docs.Local", "http://docs.local/", true),
            ("docs.local", "http://docs.local:8080/", false),
            ("docs.local:8080", "http://docs.local:8080/", true),
            ("docs.local:8080", "http://docs.local/", false),
            ("docs.local", "https://x.docs.local/", false),
            ("docs.local", "https://docs.local.evil.example/", false),
            ("127.0.0.1:1", "http://2130706433:1/", true),
            ("[::1]:1", "http://[::1]:1/", true),
            ("[::1]", "http://[::1]/", true),
        ] {
            let host: ListedHost = listed.parse().unwrap();
            assert_eq!(host.is(&url.parse().unwrap()), expected, "{listed} {url}");
        }
    }

    #[test]
    fn what_is_no_host_is_refused() {
        for text in ["", ":80", "a b", "http://a", "a/b", "a:x", "a:99999", "::1"] {
            assert!(text.parse::<ListedHost>().is_err(), "{text}");
        }
    }
}
