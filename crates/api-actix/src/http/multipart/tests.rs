//! Tests of the framing: bodies that arrive in pieces of every size.

use futures_util::stream;

use super::*;

type Parts = Vec<(Option<String>, Vec<u8>)>;

/// Reads all parts of a body that arrives in pieces of that size.
async fn read(content_type: &str, body: &[u8], piece: usize) -> Result<Parts, MultipartError> {
    let pieces: Vec<_> = body.chunks(piece).map(|piece| Ok(Bytes::copy_from_slice(piece))).collect();
    let length = Some(body.len() as u64);
    let mut parts = Multipart::new(content_type.as_bytes(), length, stream::iter(pieces))?;
    let mut read = vec![];
    while let Some(head) = parts.next_part().await? {
        let mut bytes = vec![];
        while let Some(chunk) = parts.chunk().await? {
            assert!(!chunk.is_empty());
            bytes.extend_from_slice(&chunk);
        }
        read.push((head.name, bytes));
    }
    Ok(read)
}

/// Reads the only part, however the body is cut into pieces.
async fn the_part(boundary: &str, body: &[u8]) -> Vec<u8> {
    let content_type = format!("multipart/form-data; boundary={boundary}");
    let mut all = vec![];
    for piece in [1, 2, 3, 7, 64, body.len()] {
        let mut parts = read(&content_type, body, piece).await.unwrap();
        assert_eq!(parts.len(), 1, "in pieces of {piece}");
        all.push(parts.remove(0).1);
    }
    all.dedup();
    assert_eq!(all.len(), 1, "the pieces decide about the bytes");
    all.remove(0)
}

fn body(head: &str, content: &str) -> Vec<u8> {
    format!("--B\r\nContent-Disposition: form-data; name=\"file\"\r\n{head}\r\n{content}\r\n--B--\r\n")
        .into_bytes()
}

#[tokio::test]
async fn the_bytes_of_a_part_end_at_the_boundary_whatever_its_head_claims() {
    for claim in ["", "5", "7", "0", "99999999999999999999999", "-1", "six", "6\r\nContent-Length: 2"] {
        let head = if claim.is_empty() { String::new() } else { format!("Content-Length: {claim}\r\n") };
        assert_eq!(the_part("B", &body(&head, "sixsix")).await, b"sixsix", "{claim}");
    }
    for kind in ["multipart/related", "multipart/mixed; boundary=B", "nonsense", "a/b/c;;=", "\u{1}", "/"] {
        let head = format!("Content-Type: {kind}\r\nno header at all\r\n: nameless\r\n");
        assert_eq!(the_part("B", &body(&head, "x")).await, b"x", "{kind}");
    }
}

#[tokio::test]
async fn boundaries_may_carry_padding_and_stand_between_other_text() {
    let head = "Content-Disposition: form-data; name=file\r\n\r\n";
    for (boundary, text) in [
        ("B", format!("--B \t\r\n{head}x\r\n--B-- ")),
        ("B", format!("--B\r\n{head}x\r\n--B-- \t \r\n")),
        ("B", format!("--B\r\n{head}x\r\n--B--")),
        ("B", format!("--B\r\n{head}x\r\n--B--\n")),
        ("B", format!("before\r\n--Bel\r\n\r\n--B\r\n{head}x\r\n--B--\r\nafter\r\n--B\r\n")),
        ("B", format!("\r\n--B\r\n{head}x\r\n--B--\r\n\r\n")),
        ("\"a b:/=?\"", format!("--a b:/=?\r\n{head}x\r\n--a b:/=?--\r\n")),
        ("B; charset=utf-8", format!("--B\r\n{head}x\r\n--B--\r\n")),
    ] {
        assert_eq!(the_part(boundary, text.as_bytes()).await, b"x", "{text}");
    }
}

#[tokio::test]
async fn bytes_that_only_resemble_a_boundary_are_content() {
    for content in
        ["", "\r\n", "\r", "\r\n--", "\r\n--A", "\r\n--Bx", "\r\n--B-", "\r\n--B-x", "--B--", "\r\r\n-"]
    {
        let read = the_part("B", &body("", content)).await;
        assert_eq!(read, content.as_bytes(), "{content:?}");
    }
}

#[tokio::test]
async fn a_part_without_a_head_has_no_name() {
    let parts = read("multipart/form-data;boundary=B", b"--B\r\n\r\nx\r\n--B--", 4).await.unwrap();
    assert_eq!(parts, [(None, b"x".to_vec())]);
    assert_eq!(read("multipart/form-data; BOUNDARY=B", b"--B--\r\n", 3).await.unwrap(), []);
}

#[tokio::test]
async fn a_body_that_is_cut_or_has_too_much_besides_the_file_is_refused() {
    let kind = "multipart/form-data; boundary=B";
    let whole = body("", "x");
    for length in 0..whole.len() - 2 {
        let cut = read(kind, &whole[..length.max(1)], 5).await;
        assert!(matches!(cut, Err(MultipartError::Cut)), "{length}: {cut:?}");
    }
    for kind in
        ["multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data; boundary=\"\""]
    {
        assert!(matches!(read(kind, &whole, 9).await, Err(MultipartError::NoBoundary)), "{kind}");
    }
    let long = "x".repeat(MOST_IGNORED + 1);
    let head = body(&format!("X: {}\r\n", &long[..LONGEST_HEAD]), "x");
    assert!(matches!(read(kind, &head, 1_000).await, Err(MultipartError::LongHead)));
    let heads = "--B\r\n\r\n\r\n".repeat(MOST_IGNORED);
    for text in [format!("{long}\r\n--B--"), format!("--B--\r\n{long}"), heads] {
        let read = read(kind, text.as_bytes(), 1_000).await;
        assert!(matches!(read, Err(MultipartError::MuchIgnored)), "{read:?}");
    }
}

#[tokio::test]
async fn the_length_of_the_body_tells_that_of_its_only_part() {
    for size in [0, 1, 5_000] {
        let text = body("", &"x".repeat(size));
        for piece in [50, text.len()] {
            let pieces: Vec<_> = text.chunks(piece).map(|piece| Ok(Bytes::copy_from_slice(piece))).collect();
            let length = Some(text.len() as u64);
            let kind = b"multipart/form-data; boundary=B";
            let mut parts = Multipart::new(kind, length, stream::iter(pieces)).unwrap();
            parts.next_part().await.unwrap();
            assert_eq!(parts.expected(), Some(size as u64));
        }
    }
}
