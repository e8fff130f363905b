//! Rate limits as HTTP shows them, and whom they count.

use std::net::{IpAddr, Ipv6Addr};

use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use actix_web::{HttpMessage, HttpRequest};
use domain::limit::{Decision, LimitClass, LimitKey, Limits};
use ipnet::IpNet;

use crate::api::Api;
use crate::error::ApiError;

/// Which counters a request is counted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Counters {
    /// Those that the API and most of its dialects share.
    Shared,
    /// Those of the dialect `envelope`, whose clients were told other limits.
    Envelope,
}

impl Counters {
    fn of(self, api: &Api) -> &dyn Limits {
        match self {
            Self::Shared => &*api.limits,
            Self::Envelope => &*api.envelope_limits,
        }
    }
}

/// Asks for one request. A limiter that does not answer lets everybody through: better unlimited than shut.
pub(crate) async fn take(
    api: &Api,
    counters: Counters,
    class: LimitClass,
    key: LimitKey,
) -> Option<Decision> {
    counters.of(api).take(class, key).await.unwrap_or_else(|error| {
        tracing::warn!(%error, "the rate limiter does not answer; the request goes through");
        None
    })
}

/// What a second counter said of a request.
#[derive(Clone, Copy)]
pub(crate) struct Besides(pub Option<Decision>);

/// Asks another counter for the request. What it says is kept for the answer's headers, whatever the answer comes to be.
pub(crate) async fn take_besides(
    api: &Api,
    request: &HttpRequest,
    counters: Counters,
    class: LimitClass,
    key: LimitKey,
) -> Result<(), ApiError> {
    let decision = take(api, counters, class, key).await;
    request.extensions_mut().insert(Besides(decision));
    check(decision.as_ref())
}

/// What a counter would say, without counting.
pub(crate) async fn look(
    api: &Api,
    counters: Counters,
    class: LimitClass,
    key: LimitKey,
) -> Option<Decision> {
    counters.of(api).look(class, key).await.unwrap_or_default()
}

/// Refuses what a limit does not let through.
pub(crate) fn check(decision: Option<&Decision>) -> Result<(), ApiError> {
    match decision {
        Some(decision) if !decision.allowed => {
            Err(ApiError::rate_limited(seconds(decision.retry_after).max(1)))
        }
        _ => Ok(()),
    }
}

/// Writes `RateLimit-*`; where an answer has them already, the tighter counter's stay.
pub(crate) fn write(headers: &mut HeaderMap, decision: Option<&Decision>) {
    let Some(decision) = decision else { return };
    let remaining = HeaderName::from_static("ratelimit-remaining");
    let before = headers.get(&remaining).and_then(|value| value.to_str().ok()?.parse::<u32>().ok());
    if before.is_some_and(|before| before <= decision.remaining) {
        return;
    }
    headers.insert(HeaderName::from_static("ratelimit-limit"), HeaderValue::from(decision.limit));
    headers.insert(remaining, HeaderValue::from(decision.remaining));
    headers.insert(HeaderName::from_static("ratelimit-reset"), HeaderValue::from(seconds(decision.reset)));
}

/// Whole seconds, rounded up.
fn seconds(time: time::Duration) -> u64 {
    let whole = u64::try_from(time.whole_seconds()).unwrap_or_default();
    whole + u64::from(time.subsec_nanoseconds() > 0)
}

/// Who the request is counted for: its address, behind trusted proxies the one they vouch for.
pub(crate) fn address(request: &HttpRequest, trusted: &[IpNet]) -> LimitKey {
    let peer = request.peer_addr().map_or(IpAddr::V6(Ipv6Addr::UNSPECIFIED), |peer| peer.ip());
    let headers = request.headers();
    let lines = |name: &'static str| headers.get_all(name).filter_map(|value| value.to_str().ok());
    // Proxies write one or the other; a client behind one that writes the newer may have made the older up.
    let hops: Vec<&str> = if headers.contains_key("forwarded") {
        lines("forwarded").flat_map(|line| line.split(',')).map(forwarded_for).collect()
    } else {
        lines("x-forwarded-for").flat_map(|line| line.split(',')).map(str::trim).collect()
    };
    LimitKey::Address(network(client(peer, &hops, trusted)))
}

/// The address in an element of `Forwarded` (RFC 7239, section 6): without its quotes, brackets and port. What names none
/// is left as it is, and can't be read.
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

/// The nearest hop that is no trusted proxy. One that can't be read ends the walk: who wrote it is not to be believed.
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

/// An IPv6 customer has a whole /64.
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
    fn an_address_is_read_from_the_standard_header_whatever_stands_around_it() {
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

    #[test]
    fn seconds_round_up() {
        assert_eq!(seconds(time::Duration::milliseconds(1_001)), 2);
        assert_eq!(seconds(time::Duration::ZERO), 0);
    }
}
