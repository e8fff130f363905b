//! The encodings of a request's body that the server reads: the media type of the route, in UTF-8, and not compressed.

use actix_web::HttpRequest;
use actix_web::http::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderMap};

use super::{ApiError, ErrorCode};

/// Rejects a body of another media type than this one, or in another charset than UTF-8.
pub(crate) fn check(request: &HttpRequest, wanted: &str) -> Result<(), ApiError> {
    let kind = request.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let mut parts = split(kind);
    if !parts.next().unwrap_or_default().trim().eq_ignore_ascii_case(wanted) {
        return Err(unsupported(format!("Send the body as {wanted}")));
    }
    let parameters = parts.filter_map(|part| part.split_once('='));
    for (name, value) in parameters.map(|(name, value)| (name.trim(), value.trim().trim_matches('"'))) {
        let utf8 = ["utf-8", "utf8"].iter().any(|known| known.eq_ignore_ascii_case(value));
        if name.eq_ignore_ascii_case("charset") && !utf8 {
            return Err(unsupported("Send the body in the charset UTF-8"));
        }
    }
    Ok(())
}

/// Rejects a body that is compressed, or encoded otherwise: with any `Content-Encoding`, an empty one and `identity` too, which
/// no request may have (RFC 9110, 8.4.1).
pub(crate) fn check_encoding(headers: &HeaderMap) -> Result<(), ApiError> {
    let encoded = headers.contains_key(CONTENT_ENCODING);
    if encoded { Err(unsupported("Send the body without Content-Encoding")) } else { Ok(()) }
}

fn unsupported(message: impl Into<String>) -> ApiError {
    ApiError::new(ErrorCode::UnsupportedMediaType, message)
}

/// Splits a media type at the semicolons outside quotes.
fn split(kind: &str) -> impl Iterator<Item = &str> {
    let mut quoted = false;
    kind.split(move |c| {
        quoted ^= c == '"';
        c == ';' && !quoted
    })
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn is_read(kind: &str) -> bool {
        let request = TestRequest::default().insert_header((CONTENT_TYPE, kind)).to_http_request();
        check(&request, "application/json").is_ok()
    }

    #[test]
    fn the_media_type_and_the_charset_are_those_of_json() {
        for kind in [
            "application/json",
            " Application/JSON ;charset=UTF-8",
            "application/json; charset=\"utf-8\"; x=y",
            "application/json;",
            "application/json; profile=\"a; charset=utf-16\"",
        ] {
            assert!(is_read(kind), "{kind}");
        }
        for kind in [
            "",
            "text/json",
            "application/jsonp",
            "application/json; charset=iso-8859-1",
            "application/json; CHARSET = \"UTF-16\"",
            "application/json;charset=",
            "application/json; charset=utf-8; charset=latin1",
        ] {
            assert!(!is_read(kind), "{kind}");
        }
    }

    #[test]
    fn a_body_comes_as_it_is() {
        let allowed = |codings: &str| {
            let request = TestRequest::default().insert_header((CONTENT_ENCODING, codings)).to_http_request();
            check_encoding(request.headers()).is_ok()
        };
        assert!(check_encoding(&HeaderMap::new()).is_ok());
        for codings in
            ["", "identity", "gzip", "br", "deflate", "zstd", "x-unknown", "identity, gzip", "\u{e4}"]
        {
            assert!(!allowed(codings), "{codings}");
        }
    }
}
