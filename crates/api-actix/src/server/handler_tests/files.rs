//! The download of files: headers and conditional requests.

use actix_web::http::Method;
use domain::file::{File, MockBlobReader};
use domain::membership::Role;

use super::{Answer, Mocks, get, john, signed_in};
use crate::json::samples;

/// The caller may read the samples' file; `read` is the range of bytes that the blob store must be asked for.
fn readable(read: Option<std::ops::Range<u64>>) -> Mocks {
    let mut mocks = Mocks::member(Role::Member);
    mocks
        .files
        .expect_file()
        .withf(|file, reader| *file == samples::FILE && *reader == john().id)
        .times(1)
        .returning(|_, _| Ok(Some(File { size: 5, ..samples::file() })));
    if let Some(wanted) = read {
        let range = wanted.clone();
        mocks
            .blobs
            .expect_read()
            .withf(move |file, range| *file == samples::FILE && *range == wanted)
            .times(1)
            .returning(move |_, _| {
                let bytes = b"hello"
                    [usize::try_from(range.start).unwrap()..usize::try_from(range.end).unwrap()]
                    .to_vec();
                let mut reader = MockBlobReader::new();
                let mut chunks = vec![bytes];
                reader.expect_next().returning(move || Ok(chunks.pop()));
                Ok(Some(Box::new(reader)))
            });
    }
    mocks
}

fn path() -> String {
    format!("/api/files/{}", samples::FILE)
}

fn tag() -> String {
    format!("\"{}\"", samples::file().sha256)
}

fn safe(answer: &Answer) {
    for (name, value) in [
        ("etag", tag().as_str()),
        ("content-disposition", "attachment; filename=\"my-document.pdf\""),
        ("accept-ranges", "bytes"),
    ] {
        assert_eq!(answer.header(name), Some(value), "{name}");
    }
}

#[tokio::test]
async fn a_download_has_the_bytes_and_their_tag() {
    let answer = readable(Some(0..5)).call(get(&path())).await;
    safe(&answer);
    assert_eq!((answer.status, answer.bytes.as_slice()), (200, &b"hello"[..]));
}

#[tokio::test]
async fn a_known_tag_is_not_modified_and_reads_no_bytes() {
    for tags in [tag(), format!("W/{}", tag()), format!("\"other\", {}", tag()), "*".to_owned()] {
        let answer = readable(None).call(get(&path()).insert_header(("if-none-match", tags))).await;
        assert_eq!((answer.status, answer.bytes.len()), (304, 0));
        assert_eq!(answer.header("etag"), Some(tag().as_str()));
    }
}

#[tokio::test]
async fn a_range_reads_those_bytes_alone() {
    let answer = readable(Some(1..3)).call(get(&path()).insert_header(("range", "bytes=1-2"))).await;
    assert_eq!((answer.status, answer.header("content-range")), (206, Some("bytes 1-2/5")));
    assert_eq!(answer.bytes, b"el");
    let answer = readable(None).call(get(&path()).insert_header(("range", "bytes=9-"))).await;
    answer.refused(416, "RANGE_NOT_SATISFIABLE");
    assert_eq!(answer.header("content-range"), Some("bytes */5"));
}

#[tokio::test]
async fn head_reads_no_bytes() {
    let answer = readable(None).call(signed_in(Method::HEAD, &path())).await;
    assert_eq!(answer.status, 200);
    safe(&answer);
}
