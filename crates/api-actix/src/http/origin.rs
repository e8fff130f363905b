//! The origins of web pages that may call the server: its own, and those of the settings. Browsers do not restrict sockets as they
//! do requests of other origins, so sockets are checked here.

use actix_web::HttpRequest;
use actix_web::http::header::{HOST, HeaderMap, ORIGIN};

use super::ApiError;

/// Rejects a browser's socket from a page whose origin is neither the server's own nor allowed by the settings. Other programs
/// send no origin and pass: they need a token all the same.
pub(crate) fn check(request: &HttpRequest, allowed: &[String]) -> Result<(), ApiError> {
    let Some(origin) = request.headers().get(ORIGIN) else { return Ok(()) };
    let origin = origin.to_str().unwrap_or_default();
    if is_allowed(origin, request.headers(), allowed) {
        return Ok(());
    }
    tracing::info!(origin, "rejected a socket from this origin; to allow it, add it to PARLOR_CORS_ORIGINS");
    Err(ApiError::foreign_origin())
}

/// Returns true for the origin of the host that the request names, and for one of these origins.
pub(crate) fn is_allowed(origin: &str, headers: &HeaderMap, allowed: &[String]) -> bool {
    let Some((scheme, authority)) = origin.split_once("://") else { return false };
    let host = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    // The scheme by which the page reached a proxy is the page's own; the proxy may call by another.
    let (named, port) = host_and_port(scheme, authority);
    let is_at = |(host, of_host): (&str, Option<u16>)| {
        !named.is_empty() && host.eq_ignore_ascii_case(named) && of_host == port
    };
    let is_known = |known: &String| {
        known.split_once("://").is_some_and(|(known_scheme, known)| {
            // `*` stands for every port.
            let any_port = known.strip_suffix(":*").map(|host| (host, port));
            known_scheme.eq_ignore_ascii_case(scheme)
                && is_at(any_port.unwrap_or_else(|| host_and_port(scheme, known)))
        })
    };
    is_at(host_and_port(scheme, host)) || allowed.iter().any(is_known)
}

/// Divides an authority. Without a port, or with an empty one, it has that of the scheme.
fn host_and_port<'a>(scheme: &str, authority: &'a str) -> (&'a str, Option<u16>) {
    let by_default = [("http", 80), ("https", 443)];
    let default = by_default.into_iter().find(|(known, _)| known.eq_ignore_ascii_case(scheme));
    let default = default.map(|(_, port)| port);
    // The colons of an address stand in brackets.
    match authority.rsplit_once(':').filter(|(_, port)| port.bytes().all(|byte| byte.is_ascii_digit())) {
        Some((host, "")) => (host, default),
        Some((host, port)) => port.parse().map_or((authority, None), |port| (host, Some(port))),
        None => (authority, default),
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn a_default_port_is_the_same_origin_as_none() {
        let allowed = ["https://app.example".to_owned(), "http://localhost:5173".to_owned()];
        let is_allowed = |host: &str, origin: &str| {
            let request = TestRequest::default().insert_header((HOST, host)).to_http_request();
            is_allowed(origin, request.headers(), &allowed)
        };
        for (host, origin) in [
            ("chat.example", "https://chat.example"),
            ("chat.example:443", "https://chat.example"),
            ("chat.example", "https://chat.example:443"),
            ("chat.example:80", "http://chat.example"),
            ("chat.example", "http://chat.example:80"),
            ("Chat.Example:443", "https://chat.example"),
            ("[::1]:80", "http://[::1]"),
            ("[::1]", "http://[::1]:080"),
            ("chat.example:", "https://chat.example"),
            ("chat.example", "http://chat.example:"),
            ("chat.example:0443", "https://chat.example"),
            ("chat.example:08080", "http://chat.example:8080"),
            ("chat.example:8080", "http://chat.example:8080"),
            ("chat.example", "https://app.example"),
            ("chat.example", "https://app.example:443"),
            ("chat.example", "http://localhost:5173"),
        ] {
            assert!(is_allowed(host, origin), "{origin} at {host}");
        }
        for (host, origin) in [
            ("chat.example:443", "http://chat.example"),
            ("chat.example:80", "https://chat.example"),
            ("chat.example:8443", "https://chat.example"),
            ("chat.example:4430", "https://chat.example"),
            ("chat.example:65979", "https://chat.example"),
            ("chat.example:443:", "https://chat.example"),
            ("chat.example:", "https://chat.example:80"),
            ("", "http://"),
            (":80", "http://"),
            ("chat.example", "https://chat.example:8443"),
            ("chat.example", "https://chat.example.evil"),
            ("chat.example", "http://app.example"),
            ("chat.example", "https://app.example:80"),
            ("chat.example", "http://localhost"),
            ("chat.example", "null"),
            ("chat.example", ""),
        ] {
            assert!(!is_allowed(host, origin), "{origin} at {host}");
        }
    }

    #[test]
    fn an_origin_with_a_star_allows_every_port_of_its_host() {
        let allowed = ["http://localhost:*".to_owned(), "http://[::1]:*".to_owned()];
        let request = TestRequest::default().insert_header((HOST, "127.0.0.1:3020")).to_http_request();
        for origin in ["http://localhost", "http://localhost:5173", "http://LOCALHOST:1", "http://[::1]:8080"]
        {
            assert!(is_allowed(origin, request.headers(), &allowed), "{origin}");
        }
        let foreign = [
            "https://localhost:5173",
            "http://localhost.evil",
            "http://localhost:80.evil",
            "http://localhos",
            "http://[::1",
        ];
        for origin in foreign {
            assert!(!is_allowed(origin, request.headers(), &allowed), "{origin}");
        }
    }
}
