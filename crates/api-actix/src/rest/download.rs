//! `GET /api/files/{id}`: a file's bytes, whole or in part, in headers that let no browser run them.

use std::fmt::Write;
use std::ops::Range;

use actix_web::body::SizedStream;
use actix_web::http::header::{
    self, CacheControl, CacheDirective, ContentEncoding, ContentRange, ContentRangeSpec, ETag, EntityTag,
    IfNoneMatch, IfRange,
};
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpMessage, HttpRequest, HttpResponse, HttpResponseBuilder};
use bytes::Bytes;
use domain::FileId;
use domain::account::Identity;
use domain::file::{BlobReader, File};
use futures_util::stream;

use crate::http::ApiError;
use crate::json::FileBytes;
use crate::state::AppState;

/// A browser that shows it all the same gives it no origin, no script and nothing to load.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox";

/// The bytes that a request asks for.
#[derive(Debug, PartialEq, Eq)]
enum Wanted {
    Whole,
    Part(Range<u64>),
    /// Bytes that the file does not have.
    Beyond,
}

/// The bytes, whole or in part, for those who may have them.
pub(crate) async fn answer(
    api: &AppState,
    caller: &Identity,
    request: &HttpRequest,
    file: FileId,
) -> Result<FileBytes, ApiError> {
    let file = api.use_cases.files.download.find(caller, file).await?;
    let tag = EntityTag::new_strong(file.sha256.to_string());
    if is_known(request, &tag) {
        let mut response = HttpResponse::NotModified();
        describe(&mut response, &file, &tag);
        return Ok(FileBytes(response.finish()));
    }
    let (status, range) = match wanted(request, &tag, file.size) {
        Wanted::Whole => (StatusCode::OK, 0..file.size),
        Wanted::Part(range) => (StatusCode::PARTIAL_CONTENT, range),
        Wanted::Beyond => return Err(ApiError::range_not_satisfiable(file.size)),
    };
    let mut response = HttpResponse::build(status);
    describe(&mut response, &file, &tag);
    response.content_type(file.content_type.0.as_str());
    if status == StatusCode::PARTIAL_CONTENT {
        let (range, instance_length) = (Some((range.start, range.end - 1)), Some(file.size));
        response.insert_header(ContentRange(ContentRangeSpec::Bytes { range, instance_length }));
    }
    let length = range.end - range.start;
    if length == 0 || request.method() == Method::HEAD {
        let nothing = stream::empty::<Result<Bytes, actix_web::Error>>();
        return Ok(FileBytes(response.body(SizedStream::new(length, nothing))));
    }
    let reader = api.use_cases.files.download.open(caller, file.id, range).await?;
    Ok(FileBytes(response.body(SizedStream::new(length, chunks(reader)))))
}

/// A store that breaks off in the middle breaks the answer off, which the client sees by its length.
fn chunks(reader: Box<dyn BlobReader>) -> impl stream::Stream<Item = Result<Bytes, domain::Error>> {
    stream::try_unfold(reader, |mut reader| async move {
        let chunk = reader.next().await?;
        Ok(chunk.map(|chunk| (Bytes::from(chunk), reader)))
    })
}

fn describe(response: &mut HttpResponseBuilder, file: &File, tag: &EntityTag) {
    response
        .insert_header(ETag(tag.clone()))
        .insert_header((header::ACCEPT_RANGES, "bytes"))
        // Kept by its owner only, and asked about each time: who may have it can change.
        .insert_header(CacheControl(vec![CacheDirective::Private, CacheDirective::NoCache]))
        .insert_header((header::VARY, "Authorization"))
        .insert_header((header::CONTENT_DISPOSITION, disposition(file)))
        .insert_header((header::CONTENT_SECURITY_POLICY, POLICY))
        // Ranges and the tag are of these very bytes, not of what compression makes of them.
        .insert_header(ContentEncoding::Identity);
}

/// RFC 6266: a name that every client reads, and the true one as RFC 8187 writes it. (actix-web's own type leaves `=` and `@` as
/// they are in the latter.)
fn disposition(file: &File) -> String {
    let kind = if file.image { "inline" } else { "attachment" };
    let plain = |c: char| {
        let harmless = c == ' ' || c.is_ascii_graphic() && !matches!(c, '"' | '\\' | '%');
        if harmless { c } else { '_' }
    };
    let name = file.name.as_str();
    let fallback: String = name.chars().map(plain).collect();
    if fallback == name {
        return format!("{kind}; filename=\"{name}\"");
    }
    let mut encoded = String::new();
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"!#$&+-.^_`|~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            let _infallible = write!(encoded, "%{byte:02X}");
        }
    }
    format!("{kind}; filename=\"{fallback}\"; filename*=UTF-8''{encoded}")
}

/// Returns true if the client has the file already; for a download weak and strong tags are alike.
fn is_known(request: &HttpRequest, tag: &EntityTag) -> bool {
    match request.get_header::<IfNoneMatch>() {
        Some(IfNoneMatch::Any) => true,
        Some(IfNoneMatch::Items(tags)) => tags.iter().any(|known| known.weak_eq(tag)),
        None => false,
    }
}

fn wanted(request: &HttpRequest, tag: &EntityTag, size: u64) -> Wanted {
    // Ranges are of GET alone (RFC 9110, 14.2): HEAD is asked how long the whole is.
    if request.method() != Method::GET {
        return Wanted::Whole;
    }
    // A part of what the client no longer has a part of is of no use to it. A date names no version of these bytes.
    if request.headers().contains_key(header::IF_RANGE)
        && !matches!(request.get_header(), Some(IfRange::EntityTag(known)) if known.strong_eq(tag))
    {
        return Wanted::Whole;
    }
    let ranges = request.headers().get(header::RANGE).and_then(|ranges| ranges.to_str().ok());
    ranges.map_or(Wanted::Whole, |ranges| part(ranges, size))
}

/// One range of bytes. Several at once, or what is no range, a server may answer with the whole (RFC 9110, 14.2); so it
/// does where the whole is nothing.
fn part(ranges: &str, size: u64) -> Wanted {
    if size == 0 {
        return Wanted::Whole;
    }
    let number = |text: &str| {
        let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        // Beyond 64 bits is beyond every file.
        digits.then(|| text.parse().unwrap_or(u64::MAX))
    };
    let Some((unit, range)) = ranges.split_once('=') else { return Wanted::Whole };
    let Some((first, last)) = range.trim().split_once('-') else { return Wanted::Whole };
    if !unit.trim().eq_ignore_ascii_case("bytes") {
        return Wanted::Whole;
    }
    let (start, end) = match (number(first), number(last)) {
        (Some(first), Some(last)) if first > last => return Wanted::Whole,
        (Some(first), Some(last)) => (first, last.saturating_add(1).min(size)),
        (Some(first), None) if last.is_empty() => (first, size),
        (None, Some(count)) if first.is_empty() => (size - count.min(size), size),
        _ => return Wanted::Whole,
    };
    if start < end { Wanted::Part(start..end) } else { Wanted::Beyond }
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;
    use domain::account::{UserRef, Username};
    use domain::file::{ContentType, Digest, FileName};
    use domain::{Timestamp, UserId};
    use uuid::Uuid;

    fn named(name: &str, image: bool) -> File {
        File {
            id: FileId(Uuid::nil()),
            name: FileName::clean(name),
            content_type: ContentType::unknown(),
            size: 10,
            sha256: Digest([0; 32]),
            image,
            uploaded_by: UserRef { id: UserId(Uuid::nil()), username: Username::parse("alice").unwrap() },
            created_at: Timestamp::from_unix_micros(0).unwrap(),
        }
    }

    #[test]
    fn one_range_is_understood_and_whatever_else_means_the_whole() {
        for (ranges, expected) in [
            ("bytes=0-0", Wanted::Part(0..1)),
            ("bytes=2-4", Wanted::Part(2..5)),
            ("bytes=7-", Wanted::Part(7..10)),
            ("bytes=-3", Wanted::Part(7..10)),
            ("bytes=-99", Wanted::Part(0..10)),
            ("bytes=5-99999999999999999999", Wanted::Part(5..10)),
            ("bytes=10-", Wanted::Beyond),
            ("bytes=-0", Wanted::Beyond),
            ("bytes=4-2", Wanted::Whole),
            ("bytes=0-1,3-4", Wanted::Whole),
            ("bytes=+1-2", Wanted::Whole),
            ("bytes=-", Wanted::Whole),
            ("pages=1-2", Wanted::Whole),
            ("nonsense", Wanted::Whole),
        ] {
            assert_eq!(part(ranges, 10), expected, "{ranges}");
        }
        assert_eq!(part("bytes=0-", 0), Wanted::Whole);
    }

    #[test]
    fn names_are_written_so_that_no_header_breaks() {
        for (name, image, expected) in [
            ("a b.txt", false, "attachment; filename=\"a b.txt\""),
            ("a.png", true, "inline; filename=\"a.png\""),
            ("\u{fc}\"x\r\n.txt", false, "attachment; filename=\"__x.txt\"; filename*=UTF-8''%C3%BC%22x.txt"),
            ("100%.txt", false, "attachment; filename=\"100_.txt\"; filename*=UTF-8''100%25.txt"),
        ] {
            assert_eq!(disposition(&named(name, image)), expected);
        }
    }

    #[test]
    fn a_tag_is_found_in_a_list() {
        let tag = EntityTag::new_strong("b".to_owned());
        let is_known = |tags: &str| {
            let request =
                TestRequest::default().insert_header((header::IF_NONE_MATCH, tags)).to_http_request();
            is_known(&request, &tag)
        };
        assert!(is_known("\"a\", W/\"b\"") && is_known("\"b\"") && is_known("*"));
        assert!(!is_known("\"a\", \"bc\"") && !is_known("b") && !is_known(""));
        assert!(!super::is_known(&TestRequest::default().to_http_request(), &tag));
    }

    #[test]
    fn a_part_is_sent_only_of_the_version_that_the_client_knows() {
        let tag = EntityTag::new_strong("b".to_owned());
        let wanted = |known: &str| {
            let request = TestRequest::default()
                .insert_header((header::IF_RANGE, known))
                .insert_header((header::RANGE, "bytes=1-"));
            wanted(&request.to_http_request(), &tag, 3)
        };
        assert_eq!(wanted("\"b\""), Wanted::Part(1..3));
        for other in ["\"a\"", "W/\"b\"", "b", "Sat, 28 Nov 2026 20:00:00 GMT", ""] {
            assert_eq!(wanted(other), Wanted::Whole, "{other}");
        }
    }
}
