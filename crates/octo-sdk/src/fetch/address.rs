//! Which network addresses are on the public Internet.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::Host;

use super::{FetchError, ListedHost};

/// A name that means an address in some private network.
#[derive(Debug, thiserror::Error)]
#[error("the host is not on the public Internet")]
pub(super) struct NotPublic;

/// Resolves names, and refuses those of which any address is not public.
pub(super) struct PublicResolver;

impl Resolve for PublicResolver {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let found: Vec<SocketAddr> = found.collect();
            if !found.iter().all(|address| is_public(address.ip())) {
                return Err(NotPublic.into());
            }
            let addresses: Addrs = Box::new(found.into_iter());
            Ok(addresses)
        })
    }
}

/// The addresses of `host`, for services that are not called over HTTP: all of them public, unless
/// the operator listed the host. Connect to these and do not resolve the name again.
///
/// # Errors
/// [`FetchError::NotPublic`], [`FetchError::Address`] or [`FetchError::Unreachable`] for a name that
/// is not known.
pub async fn callable(
    host: &str,
    port: u16,
    usual_ports: &[u16],
    listed: &[ListedHost],
) -> Result<Vec<SocketAddr>, FetchError> {
    let host = Host::parse(host).map_err(|_| FetchError::Address)?;
    let is_listed = listed.iter().any(|l| l.is_at(&host, port, usual_ports));
    let found: Vec<SocketAddr> = match &host {
        Host::Ipv4(ip) => vec![(*ip, port).into()],
        Host::Ipv6(ip) => vec![(*ip, port).into()],
        Host::Domain(name) => tokio::net::lookup_host((name.as_str(), port))
            .await
            .map_err(|_| FetchError::Unreachable)?
            .collect(),
    };
    if !is_listed && !found.iter().all(|address| is_public(address.ip())) {
        return Err(FetchError::NotPublic);
    }
    Ok(found)
}

/// IPv4 ranges that are reserved, private or special (IANA registry), as address and prefix length.
const SPECIAL_V4: &[(Ipv4Addr, u32)] = &[
    (Ipv4Addr::new(0, 0, 0, 0), 8),
    (Ipv4Addr::new(10, 0, 0, 0), 8),
    (Ipv4Addr::new(100, 64, 0, 0), 10),
    (Ipv4Addr::new(127, 0, 0, 0), 8),
    // Platform service of Azure: reachable from every machine there, and only from there.
    (Ipv4Addr::new(168, 63, 129, 16), 32),
    (Ipv4Addr::new(169, 254, 0, 0), 16),
    (Ipv4Addr::new(172, 16, 0, 0), 12),
    (Ipv4Addr::new(192, 0, 0, 0), 24),
    (Ipv4Addr::new(192, 0, 2, 0), 24),
    (Ipv4Addr::new(192, 31, 196, 0), 24),
    (Ipv4Addr::new(192, 52, 193, 0), 24),
    (Ipv4Addr::new(192, 88, 99, 0), 24),
    (Ipv4Addr::new(192, 168, 0, 0), 16),
    (Ipv4Addr::new(192, 175, 48, 0), 24),
    (Ipv4Addr::new(198, 18, 0, 0), 15),
    (Ipv4Addr::new(198, 51, 100, 0), 24),
    (Ipv4Addr::new(203, 0, 113, 0), 24),
    // Multicast, reserved, broadcast.
    (Ipv4Addr::new(224, 0, 0, 0), 3),
];

/// Ranges inside the global unicast range of IPv6 that are none, or that carry IPv4 addresses.
const SPECIAL_V6: &[(Ipv6Addr, u32)] = &[
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23),
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32),
    (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16),
    (Ipv6Addr::new(0x2620, 0x4f, 0x8000, 0, 0, 0, 0, 0), 48),
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20),
];

/// Global unicast.
const GLOBAL_V6: (Ipv6Addr, u32) = (Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3);

/// Well-known prefix under which networks without IPv4 reach IPv4 addresses (RFC 6052).
const NAT64: (Ipv6Addr, u32) = (Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, 0, 0), 96);

/// Whether everybody on the Internet could call this address.
pub(super) fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => !SPECIAL_V4.iter().any(|range| is_in_v4(address, *range)),
        IpAddr::V6(address) if is_in_v6(address, NAT64) => {
            let [.., a, b, c, d] = address.octets();
            is_public(Ipv4Addr::new(a, b, c, d).into())
        }
        // Everything outside, IPv4 in IPv6 included, is local or means nothing.
        IpAddr::V6(address) => {
            is_in_v6(address, GLOBAL_V6)
                && !SPECIAL_V6.iter().any(|range| is_in_v6(address, *range))
        }
    }
}

fn is_in_v4(address: Ipv4Addr, (network, length): (Ipv4Addr, u32)) -> bool {
    (address.to_bits() ^ network.to_bits()).leading_zeros() >= length
}

fn is_in_v6(address: Ipv6Addr, (network, length): (Ipv6Addr, u32)) -> bool {
    (address.to_bits() ^ network.to_bits()).leading_zeros() >= length
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn hosts_in_private_networks_are_called_when_listed() {
        const PORTS: &[u16] = &[389, 636];
        let listed = |text: &str| vec![text.parse::<ListedHost>().unwrap()];
        for (host, port, list, expected) in [
            ("127.0.0.1", 636, vec![], Err(FetchError::NotPublic)),
            ("localhost", 636, vec![], Err(FetchError::NotPublic)),
            ("2130706433", 636, vec![], Err(FetchError::NotPublic)),
            ("[::1]", 636, vec![], Err(FetchError::NotPublic)),
            ("a b", 636, vec![], Err(FetchError::Address)),
            ("127.0.0.1", 636, listed("127.0.0.1"), Ok("127.0.0.1:636")),
            (
                "127.0.0.1",
                80,
                listed("127.0.0.1"),
                Err(FetchError::NotPublic),
            ),
            ("[::1]", 80, listed("[::1]:80"), Ok("[::1]:80")),
            ("1.1.1.1", 9, vec![], Ok("1.1.1.1:9")),
        ] {
            let found = callable(host, port, PORTS, &list).await;
            let expected = expected.map(|address: &str| vec![address.parse().unwrap()]);
            assert_eq!(found, expected, "{host} {port}");
        }
    }

    #[test]
    fn only_addresses_of_the_internet_are_public() {
        for public in [
            "1.1.1.1",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "172.15.255.255",
            "172.32.0.0",
            "192.167.255.255",
            "223.255.255.255",
            "2606:4700:4700::1111",
            "2a00:1450:4001::200e",
            "64:ff9b::101:101",
        ] {
            assert!(is_public(public.parse().unwrap()), "{public}");
        }
        for private in [
            "0.0.0.0",
            "0.1.2.3",
            "10.0.0.1",
            "100.64.0.1",
            "100.100.100.200",
            "127.0.0.1",
            "127.255.255.255",
            "168.63.129.16",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.192",
            "192.0.2.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.51.100.7",
            "203.0.113.7",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:1.1.1.1",
            "::127.0.0.1",
            "64:ff9b::7f00:1",
            "64:ff9b::a9fe:a9fe",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "3fff::1",
            "5f00::1",
            "fc00::1",
            "fd00:ec2::254",
            "fe80::1",
            "fec0::1",
            "ff02::1",
        ] {
            assert!(!is_public(private.parse().unwrap()), "{private}");
        }
    }
}
