//! Detection of content types from the first bytes of a file.

use domain::file::{ContentType, Sniffer};

/// Detects binary formats by their magic numbers, and text by being valid UTF-8.
#[derive(Debug, Clone, Copy, Default)]
pub struct InferSniffer;

impl Sniffer for InferSniffer {
    fn sniff(&self, head: &[u8]) -> ContentType {
        let start = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
        if is_svg(start) {
            return ContentType("image/svg+xml".to_owned());
        }
        let text = is_text(head);
        match infer::get(start) {
            Some(known) if !(text && is_ambiguous(&known)) => ContentType(known.mime_type().to_owned()),
            _ if text => ContentType("text/plain; charset=utf-8".to_owned()),
            _ => ContentType::unknown(),
        }
    }
}

/// Detects XML with an `svg` element near its start: browsers show it as an image, and run its scripts.
fn is_svg(head: &[u8]) -> bool {
    let start = head.trim_ascii_start();
    start.starts_with(b"<")
        && start.windows(4).take(1_024).any(|four| four.eq_ignore_ascii_case(b"<svg"))
        && !start.windows(5).take(1_024).any(|five| five.eq_ignore_ascii_case(b"<html"))
}

/// Returns true for programs and bitmaps: two letters identify them (`BM`, `MZ`, `BC`), with which a text may start too.
fn is_ambiguous(known: &infer::Type) -> bool {
    known.matcher_type() == infer::MatcherType::App || known.mime_type() == "image/bmp"
}

/// Detects UTF-8 without control characters; the last character may be incomplete.
fn is_text(head: &[u8]) -> bool {
    let text = match std::str::from_utf8(head) {
        Ok(text) => text,
        Err(error) if error.error_len().is_none() => {
            std::str::from_utf8(&head[..error.valid_up_to()]).unwrap_or_default()
        }
        Err(_) => return false,
    };
    !text.is_empty() && !text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t' | '\u{c}'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_content_type_depends_on_the_bytes_alone() {
        for (head, kind) in [
            (&b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"[..], "image/png"),
            (b"\xff\xd8\xff\xe0\0\x10JFIF", "image/jpeg"),
            (b"GIF89a\x01\0\x01\0", "image/gif"),
            (b"%PDF-1.7\n", "application/pdf"),
            (b"<!DOCTYPE html><script>alert(1)</script>", "text/html"),
            (b"<?xml version=\"1.0\"?>\n<svg xmlns=\"x\"/>", "image/svg+xml"),
            (b"\xef\xbb\xbf<SVG onload=alert(1)>", "image/svg+xml"),
            ("gr\u{fc}\u{df}e".as_bytes(), "text/plain; charset=utf-8"),
            (&"\u{1f408}".as_bytes()[..3], "application/octet-stream"),
            (b"\0\x01\x02", "application/octet-stream"),
            (b"", "application/octet-stream"),
        ] {
            assert_eq!(InferSniffer.sniff(head).0, kind, "{head:?}");
        }
    }

    #[test]
    fn a_text_that_starts_like_a_bitmap_or_a_program_is_a_text() {
        for (head, kind) in [
            (&b"BMW, Benz and others"[..], "text/plain; charset=utf-8"),
            (b"MZ is where it began", "text/plain; charset=utf-8"),
            (b"BC: before Christ", "text/plain; charset=utf-8"),
            (b"BM\x46\0\0\0\0\0\0\0\x36\0\0\0", "image/bmp"),
            (b"MZ\x90\0\x03\0", "application/vnd.microsoft.portable-executable"),
            (b"#!/bin/sh\n", "text/x-shellscript"),
        ] {
            assert_eq!(InferSniffer.sniff(head).0, kind, "{head:?}");
        }
    }

    #[test]
    fn a_text_with_an_incomplete_last_character_is_a_text() {
        assert!(is_text(&"abc\u{e9}".as_bytes()[..4]));
        assert!(!is_text(b"abc\xff\xff def"));
    }
}
