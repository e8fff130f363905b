//! The proof of the caller that a request brings: a token or a ticket.

use std::sync::Once;

use actix_web::HttpRequest;
use actix_web::http::header::AUTHORIZATION;

use super::query_value;

/// A proof of the caller. None of them has been checked.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Credential {
    /// A token in the header.
    Bearer(String),
    /// A token in the query, which is deprecated.
    InQuery(String),
    /// A ticket in the query.
    Ticket(String),
}

impl Credential {
    /// Returns that of a request; `in_query` where the path also takes one in the query. The header wins. An empty parameter,
    /// and a header of another scheme (for a proxy before this server, say), count as absent.
    pub(crate) fn of(request: &HttpRequest, in_query: bool) -> Option<Self> {
        let header = bearer(request).map(Self::Bearer);
        let value = |name| query_value(request, name).filter(|value| !value.is_empty() && in_query);
        header
            .or_else(|| value("ticket").map(Self::Ticket))
            .or_else(|| value("token").inspect(|_| warn_once()).map(Self::InQuery))
    }
}

/// Returns the token of the header; `None` where there is none of the scheme `Bearer`.
fn bearer(request: &HttpRequest) -> Option<String> {
    request.headers().get_all(AUTHORIZATION).find_map(|value| {
        let value = String::from_utf8_lossy(value.as_bytes());
        let (scheme, token) = value.split_once([' ', '\t']).unwrap_or((&value, ""));
        scheme.eq_ignore_ascii_case("bearer").then(|| token.trim().to_owned())
    })
}

/// Logs that a client sends its token in a URL, once in the life of the process.
fn warn_once() {
    static WARNED: Once = Once::new();
    WARNED.call_once(|| {
        tracing::warn!(
            "a client sends its token as ?token=, which is deprecated: URLs end up in logs; it should send a ticket \
             of POST /api/auth/tickets as ?ticket= (this is logged once)"
        );
    });
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::Credential::{Bearer, InQuery, Ticket};
    use super::*;

    fn of(uri: &str, headers: &[&str], in_query: bool) -> Option<Credential> {
        let request = TestRequest::with_uri(uri);
        let request =
            headers.iter().fold(request, |request, value| request.append_header((AUTHORIZATION, *value)));
        Credential::of(&request.to_http_request(), in_query)
    }

    #[test]
    fn the_header_wins_over_a_ticket_and_a_ticket_over_a_token() {
        let token = |text: &str| text.to_owned();
        assert!(of("/?token=a&ticket=b", &["bEaReR c"], true) == Some(Bearer(token("c"))));
        assert!(of("/?token=a&ticket=b", &[], true) == Some(Ticket(token("b"))));
        assert!(of("/?token=a&ticket=", &[], true) == Some(InQuery(token("a"))));
        assert!(of("/?token=a&ticket=b", &[], false).is_none());
    }

    #[test]
    fn another_scheme_and_an_empty_parameter_are_absent_but_an_empty_token_is_a_wrong_one() {
        assert!(of("/?token=&ticket=", &["Basic YTpi"], true).is_none());
        assert!(of("/", &["Basic YTpi", "Bearer a"], false) == Some(Bearer("a".to_owned())));
        for empty in ["Bearer", "bearer  "] {
            assert!(of("/", &[empty], false) == Some(Bearer(String::new())), "{empty:?}");
        }
        assert!(of("/", &["Bearerx"], false).is_none());
    }
}
