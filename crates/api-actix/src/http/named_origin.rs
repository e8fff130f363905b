//! The origin at which a request's client reached the server, also behind trusted proxies.

use actix_web::HttpRequest;
use actix_web::http::header::HOST;
use ipnet::IpNet;

use super::address::{ForwardedHeader, is_trusted, last_element, last_forwarded, parameter};

/// Returns the origin that a request named, such as `https://chat.example`: the host of its header `Host`, or the scheme and
/// host that a trusted proxy reports. `None` where it named none that can stand in a URL.
pub(crate) fn named_origin(
    request: &HttpRequest,
    trusted: &[IpNet],
    header: ForwardedHeader,
) -> Option<String> {
    let by_proxy = request.peer_addr().is_some_and(|peer| is_trusted(peer.ip(), trusted));
    let (scheme, host) = match header {
        _ if !by_proxy => (None, None),
        ForwardedHeader::XForwardedFor => {
            (last_element(request, "x-forwarded-proto"), last_element(request, "x-forwarded-host"))
        }
        ForwardedHeader::Forwarded => {
            let element = last_forwarded(request).unwrap_or_default();
            (parameter(element, "proto"), parameter(element, "host"))
        }
    };
    let secure = scheme.is_some_and(|scheme| scheme.eq_ignore_ascii_case("https"));
    let named = || request.headers().get(HOST)?.to_str().ok();
    let host = host.filter(|host| is_host(host)).or_else(|| named().filter(|host| is_host(host)))?;
    Some(format!("{}://{host}", if secure { "https" } else { "http" }))
}

/// True for text that can stand in a URL and in JSON as it is.
fn is_host(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_:[]%".contains(&byte))
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    type Headers = &'static [(&'static str, &'static str)];

    fn named(header: ForwardedHeader, trusted: &str, headers: &[(&str, &str)]) -> Option<String> {
        let mut request = TestRequest::default().peer_addr("10.0.0.1:80".parse().unwrap());
        for header in headers {
            request = request.append_header(*header);
        }
        named_origin(&request.to_http_request(), &[trusted.parse().unwrap()], header)
    }

    const HEADERS: Headers = &[
        ("host", "parlor:3020"),
        ("x-forwarded-proto", "https"),
        ("x-forwarded-host", "evil.example, chat.example"),
        ("forwarded", "proto=http;host=evil.example, for=192.0.2.1;proto=https;host=\"team.example:8443\""),
    ];

    #[test]
    fn only_trusted_proxies_say_by_which_scheme_and_host_the_client_came() {
        for (header, trusted, origin) in [
            (ForwardedHeader::XForwardedFor, "10.0.0.0/8", "https://chat.example"),
            (ForwardedHeader::Forwarded, "10.0.0.0/8", "https://team.example:8443"),
            (ForwardedHeader::XForwardedFor, "192.0.2.0/24", "http://parlor:3020"),
            (ForwardedHeader::Forwarded, "192.0.2.0/24", "http://parlor:3020"),
        ] {
            assert_eq!(named(header, trusted, HEADERS).as_deref(), Some(origin), "{header:?} {trusted}");
        }
    }

    #[test]
    fn what_a_proxy_leaves_out_is_taken_from_the_request() {
        let header = ForwardedHeader::XForwardedFor;
        let cases: [(Headers, Option<&str>); 6] = [
            (&[("host", "a.example"), ("x-forwarded-proto", "https")], Some("https://a.example")),
            (&[("host", "a.example"), ("x-forwarded-host", "\"'<>")], Some("http://a.example")),
            (&[("host", "a.example"), ("x-forwarded-proto", "javascript")], Some("http://a.example")),
            (&[("host", "[::1]:80")], Some("http://[::1]:80")),
            (&[("host", "a b")], None),
            (&[], None),
        ];
        for (headers, origin) in cases {
            assert_eq!(named(header, "10.0.0.0/8", headers).as_deref(), origin, "{headers:?}");
        }
    }
}
