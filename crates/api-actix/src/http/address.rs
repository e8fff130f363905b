//! The address of a request's client, also behind trusted proxies.

use std::net::{IpAddr, Ipv6Addr};

use actix_web::HttpRequest;
use domain::limit::LimitKey;
use ipnet::IpNet;

/// Returns the key that a request is counted by: its address; behind trusted proxies, the one that they report.
pub(crate) fn address(request: &HttpRequest, trusted: &[IpNet]) -> LimitKey {
    let peer = request.peer_addr().map_or(IpAddr::V6(Ipv6Addr::UNSPECIFIED), |peer| peer.ip());
    let headers = request.headers();
    let lines = |name: &'static str| headers.get_all(name).filter_map(|value| value.to_str().ok());
    // Proxies write one or the other; behind one that writes the newer, the client may have forged the older.
    let hops: Vec<&str> = if headers.contains_key("forwarded") {
        lines("forwarded").flat_map(|line| line.split(',')).map(forwarded_for).collect()
    } else {
        lines("x-forwarded-for").flat_map(|line| line.split(',')).map(str::trim).collect()
    };
    LimitKey::Address(network(client(peer, &hops, trusted)))
}

/// Returns the address in an element of `Forwarded` (RFC 7239, section 6) without quotes, brackets and port. The result does
/// not parse where the element names no address.
fn forwarded_for(element: &str) -> &str {
    let pairs = element.split(';').filter_map(|pair| pair.split_once('='));
    let node =
        pairs.filter(|(name, _)| name.trim().eq_ignore_ascii_case("for")).map(|(_, node)| node.trim()).next();
    let node = node.unwrap_or_default().trim_matches('"');
    match node.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => node.split(':').next().unwrap_or_default(),
    }
}

/// Returns the nearest hop that is no trusted proxy. A hop that does not parse ends the search: its writer is not to be trusted.
fn client(peer: IpAddr, hops: &[&str], trusted: &[IpNet]) -> IpAddr {
    let mut client = peer;
    for hop in hops.iter().rev() {
        if !trusted.iter().any(|network| network.contains(&client)) {
            break;
        }
        match hop.parse() {
            Ok(address) => client = address,
            Err(_) => break,
        }
    }
    client
}

/// Returns the network of a customer: a whole /64 of IPv6.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX))),
        v4 @ IpAddr::V4(_) => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn forwarding_headers_count_only_behind_trusted_proxies() {
        let trusted = ["10.0.0.0/8".parse().unwrap()];
        assert_eq!(client(ip("1.1.1.1"), &["9.9.9.9"], &trusted), ip("1.1.1.1"));
        assert_eq!(client(ip("10.0.0.1"), &["9.9.9.9"], &trusted), ip("9.9.9.9"));
        assert_eq!(client(ip("10.0.0.1"), &["8.8.8.8", "9.9.9.9", "10.2.2.2"], &trusted), ip("9.9.9.9"));
        assert_eq!(client(ip("10.0.0.1"), &["9.9.9.9", "junk"], &trusted), ip("10.0.0.1"));
    }

    #[test]
    fn an_address_is_read_from_the_standard_header_among_other_parameters() {
        for (element, address) in [
            ("for=192.0.2.43", "192.0.2.43"),
            (r#"For="192.0.2.43:47011""#, "192.0.2.43"),
            (r#" proto=https; for="[2001:db8:cafe::17]:4711";by=203.0.113.60"#, "2001:db8:cafe::17"),
            ("for=unknown", "unknown"),
            ("for=_hidden", "_hidden"),
            ("by=203.0.113.60", ""),
        ] {
            assert_eq!(forwarded_for(element), address, "{element}");
        }
    }

    #[test]
    fn an_ipv6_customer_is_a_network_and_a_mapped_address_is_ipv4() {
        assert_eq!(network(ip("2001:db8:1:2:3:4:5:6")), ip("2001:db8:1:2::"));
        assert_eq!(network(ip("::ffff:1.2.3.4")), ip("1.2.3.4"));
    }
}
