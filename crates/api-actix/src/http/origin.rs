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
    let authority = without_default_port(scheme, authority);
    authority.eq_ignore_ascii_case(without_default_port(scheme, host))
        || allowed.iter().any(|known| {
            known.split_once("://").is_some_and(|(known_scheme, known)| {
                known_scheme.eq_ignore_ascii_case(scheme) && is_authority(scheme, authority, known)
            })
        })
}

/// Compares the authority of an origin with an allowed one, whose port `*` stands for every port.
fn is_authority(scheme: &str, authority: &str, known: &str) -> bool {
    let Some(host) = known.strip_suffix(":*") else {
        return without_default_port(scheme, known).eq_ignore_ascii_case(authority);
    };
    let start = authority.get(..host.len());
    let rest = authority.get(host.len()..).unwrap_or_default();
    let port = rest.strip_prefix(':').is_some_and(|port| port.bytes().all(|byte| byte.is_ascii_digit()));
    start.is_some_and(|start| start.eq_ignore_ascii_case(host)) && (rest.is_empty() || port)
}

/// Returns the authority without the port that the scheme means anyway.
fn without_default_port<'a>(scheme: &str, authority: &'a str) -> &'a str {
    let default = [("http", ":80"), ("https", ":443")];
    let port = default.into_iter().find(|(known, _)| known.eq_ignore_ascii_case(scheme));
    port.and_then(|(_, port)| authority.strip_suffix(port)).unwrap_or(authority)
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
