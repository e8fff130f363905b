//! The address of a request's client, also behind trusted proxies.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use actix_web::HttpRequest;
use actix_web::dev::RequestHead;
use domain::Invalid;
use ipnet::IpNet;

/// The header in which trusted proxies name the client. The other one is not read: a proxy that writes one passes the other
/// on as the client sent it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ForwardedHeader {
    /// `X-Forwarded-For`.
    #[default]
    XForwardedFor,
    /// `Forwarded` (RFC 7239).
    Forwarded,
}

impl std::str::FromStr for ForwardedHeader {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        match text.to_ascii_lowercase().as_str() {
            "x-forwarded-for" => Ok(Self::XForwardedFor),
            "forwarded" => Ok(Self::Forwarded),
            _ => Err(Invalid::new("must be x-forwarded-for or forwarded")),
        }
    }
}

/// Returns the address of a request's client; behind trusted proxies, the one that they report.
pub(crate) fn client_address(request: &RequestHead, trusted: &[IpNet], header: ForwardedHeader) -> IpAddr {
    let peer = request.peer_addr.map_or(IpAddr::V6(Ipv6Addr::UNSPECIFIED), |peer| peer.ip());
    if !is_trusted(peer, trusted) {
        return peer.to_canonical();
    }
    // A line that can't be read is a hop that names no address: were it left out, a client could choose the one before it.
    let lines =
        |name: &'static str| request.headers().get_all(name).map(|line| line.to_str().unwrap_or_default());
    let hops: Vec<&str> = match header {
        ForwardedHeader::Forwarded => lines("forwarded")
            .flat_map(|line| split(line, b',').unwrap_or_else(|| vec![""]))
            .map(forwarded_for)
            .collect(),
        ForwardedHeader::XForwardedFor => {
            lines("x-forwarded-for").flat_map(|line| line.split(',')).map(str::trim).collect()
        }
    };
    nearest(peer, &hops, trusted).to_canonical()
}

/// Splits a text at a separator outside quotes, within which proxies write what clients send, such as a host. `None` where quotes
/// do not end: a client may have begun them.
fn split(text: &str, separator: u8) -> Option<Vec<&str>> {
    let (mut parts, mut start, mut quoted, mut escaped) = (vec![], 0, false, false);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            _ if byte == separator && !quoted => {
                parts.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    (!quoted).then_some(parts)
}

/// Returns true for the address of a trusted proxy.
pub(crate) fn is_trusted(address: IpAddr, trusted: &[IpNet]) -> bool {
    trusted.iter().any(|network| network.contains(&address.to_canonical()))
}

/// Returns the last element of a header that is a list: what the nearest proxy wrote.
pub(crate) fn last_element<'a>(request: &'a HttpRequest, name: &'static str) -> Option<&'a str> {
    Some(request.headers().get_all(name).last()?.to_str().ok()?.rsplit(',').next()?.trim())
}

/// Returns the last element of `Forwarded`.
pub(crate) fn last_forwarded(request: &HttpRequest) -> Option<&str> {
    split(request.headers().get_all("forwarded").last()?.to_str().ok()?, b',')?.pop()
}

/// Returns a parameter of an element of `Forwarded` (RFC 7239, section 4) without quotes; `None` where it does not stand there
/// once.
pub(crate) fn parameter<'a>(element: &'a str, name: &str) -> Option<&'a str> {
    let pairs = split(element, b';')?.into_iter().filter_map(|pair| pair.split_once('='));
    let mut named = pairs.filter(|(known, _)| known.trim().eq_ignore_ascii_case(name));
    let value = named.next().filter(|_| named.next().is_none())?.1;
    Some(value.trim().trim_matches('"'))
}

/// Returns the address in an element of `Forwarded` (section 6) without brackets and port. The result does not parse where the
/// element names no address.
fn forwarded_for(element: &str) -> &str {
    let node = parameter(element, "for").unwrap_or_default();
    match node.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => node.split(':').next().unwrap_or_default(),
    }
}

/// Returns the address of a hop, which some proxies write with its port.
fn hop_address(hop: &str) -> Option<IpAddr> {
    hop.parse().ok().or_else(|| Some(hop.parse::<SocketAddr>().ok()?.ip()))
}

/// Returns the nearest hop that is no trusted proxy. A hop that does not parse ends the search: its writer is not to be trusted.
fn nearest(peer: IpAddr, hops: &[&str], trusted: &[IpNet]) -> IpAddr {
    let mut client = peer;
    for hop in hops.iter().rev() {
        if !is_trusted(client, trusted) {
            break;
        }
        match hop_address(hop) {
            Some(address) => client = address,
            None => break,
        }
    }
    client
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;
    use actix_web::test::TestRequest;

    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn forwarding_headers_count_only_behind_trusted_proxies() {
        let trusted = ["10.0.0.0/8".parse().unwrap()];
        assert_eq!(nearest(ip("1.1.1.1"), &["9.9.9.9"], &trusted), ip("1.1.1.1"));
        assert_eq!(nearest(ip("10.0.0.1"), &["9.9.9.9"], &trusted), ip("9.9.9.9"));
        assert_eq!(nearest(ip("10.0.0.1"), &["8.8.8.8", "9.9.9.9", "10.2.2.2"], &trusted), ip("9.9.9.9"));
        assert_eq!(nearest(ip("10.0.0.1"), &["9.9.9.9", "junk"], &trusted), ip("10.0.0.1"));
        assert_eq!(nearest(ip("10.0.0.1"), &["9.9.9.9:4711"], &trusted), ip("9.9.9.9"));
        assert_eq!(nearest(ip("10.0.0.1"), &["[2001:db8::1]:4711"], &trusted), ip("2001:db8::1"));
        assert_eq!(nearest(ip("::ffff:10.0.0.1"), &["9.9.9.9"], &trusted), ip("9.9.9.9"));
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
            (r#"for=192.0.2.43;host="a;for=192.0.2.1""#, "192.0.2.43"),
            (r#"host="a\";for=192.0.2.1;x=\"";for=192.0.2.43"#, "192.0.2.43"),
            ("for=192.0.2.1;for=192.0.2.43", ""),
            (r#"for=192.0.2.1;x=""#, ""),
        ] {
            assert_eq!(forwarded_for(element), address, "{element}");
        }
    }

    #[test]
    fn what_a_client_sends_does_not_stand_for_what_the_proxy_adds() {
        let trusted = ["10.0.0.0/8".parse().unwrap()];
        let (own, proxy, peer) = ("192.0.2.43", "192.0.2.1", "10.0.0.1");
        let cases: [(ForwardedHeader, &[&[u8]], &str); 6] = [
            (ForwardedHeader::Forwarded, &[br#"for=192.0.2.43;host="a, for=192.0.2.1""#], own),
            (ForwardedHeader::Forwarded, &[br#"for=192.0.2.1;x=", for=192.0.2.43"#], peer),
            (ForwardedHeader::Forwarded, &[br#"for=192.0.2.1;x="\", for="192.0.2.43:1""#], peer),
            (ForwardedHeader::Forwarded, &[b"for=192.0.2.1", b"x=\xe9, for=192.0.2.43"], peer),
            (ForwardedHeader::XForwardedFor, &[b"192.0.2.1", b"\xe9, 192.0.2.43"], peer),
            (ForwardedHeader::XForwardedFor, &[b"192.0.2.43", b"192.0.2.1"], proxy),
        ];
        for (header, lines, address) in cases {
            let name = if header == ForwardedHeader::Forwarded { "forwarded" } else { "x-forwarded-for" };
            let mut request = TestRequest::default().peer_addr("10.0.0.1:80".parse().unwrap());
            for line in lines {
                request = request.append_header((name, HeaderValue::from_bytes(line).unwrap()));
            }
            let request = request.to_http_request();
            assert_eq!(client_address(request.head(), &trusted, header), ip(address), "{lines:?}");
        }
    }

    #[test]
    fn only_the_named_header_is_read() {
        let request = TestRequest::default()
            .peer_addr("10.0.0.1:80".parse().unwrap())
            .insert_header(("forwarded", "for=192.0.2.1"))
            .insert_header(("x-forwarded-for", "192.0.2.2"))
            .to_http_request();
        let trusted = ["10.0.0.0/8".parse().unwrap()];
        for (header, address) in
            [(ForwardedHeader::Forwarded, "192.0.2.1"), (ForwardedHeader::XForwardedFor, "192.0.2.2")]
        {
            assert_eq!(client_address(request.head(), &trusted, header), ip(address), "{header:?}");
            assert_eq!(client_address(request.head(), &[], header), ip("10.0.0.1"), "{header:?}");
        }
    }

    #[test]
    fn a_header_is_named_in_any_case() {
        assert_eq!("Forwarded".parse(), Ok(ForwardedHeader::Forwarded));
        assert_eq!("X-Forwarded-For".parse(), Ok(ForwardedHeader::XForwardedFor));
        assert!("via".parse::<ForwardedHeader>().is_err());
    }
}
