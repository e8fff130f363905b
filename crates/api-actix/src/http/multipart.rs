//! The framing of `multipart/form-data` (RFC 2046): its parts, and the bytes of each. The length and the type that a part
//! claims are ignored: its bytes end at the boundary.

use actix_web::dev::Payload;
use actix_web::error::PayloadError;
use bytes::{Buf, Bytes, BytesMut};
use futures_util::{Stream, StreamExt};
use memchr::memmem::{self, Finder};

use super::part_head::{PartHead, parameters};

/// The most bytes of one part's head.
const LONGEST_HEAD: usize = 8 * 1024;
/// The most bytes of heads, ignored parts, and text before and after the parts, all together.
const MOST_IGNORED: usize = 64 * 1024;
/// The most blanks behind a boundary.
const MOST_PADDING: usize = 256;
/// The longest boundary; RFC 2046 has 70.
const LONGEST_BOUNDARY: usize = 200;

/// The reason for which a body is no `multipart/form-data`.
#[derive(Debug, thiserror::Error)]
pub(crate) enum MultipartError {
    /// The header of the request names no usable boundary.
    #[error("its Content-Type names no boundary of 1 to {} bytes", LONGEST_BOUNDARY)]
    NoBoundary,
    /// The body ended too early.
    #[error("it ends before its last boundary")]
    Cut,
    /// The head of a part is too long.
    #[error("the head of a part is longer than {} bytes", LONGEST_HEAD)]
    LongHead,
    /// Too much stands outside of what was asked for.
    #[error("it has more than {} bytes besides the file", MOST_IGNORED)]
    MuchIgnored,
    /// The bytes could not be received.
    #[error("{0}")]
    Connection(PayloadError),
}

/// A place in the body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// In the bytes of a part, or in the text before the first one.
    Content,
    /// Behind a boundary, on the line break before the head of a part.
    Head,
    /// Behind the last boundary.
    End,
}

/// The parts of a body, in their order. It holds one chunk of the network in memory, or the head of a part.
pub(crate) struct Multipart<S = Payload> {
    body: S,
    /// The length of the whole body, where the client told it.
    length: Option<u64>,
    /// The bytes that have arrived so far.
    received: u64,
    /// True once the body is over.
    ended: bool,
    /// Bytes that have arrived and are not returned yet.
    buffer: BytesMut,
    /// A line break, two hyphens and the boundary.
    delimiter: Finder<'static>,
    place: Place,
    ignored: usize,
}

impl<S: Stream<Item = Result<Bytes, PayloadError>> + Unpin> Multipart<S> {
    /// Splits a body by the boundary that the header `Content-Type` of its request names. `length` is the length of the
    /// body, `None` where it is not known.
    pub(crate) fn new(content_type: &[u8], length: Option<u64>, body: S) -> Result<Self, MultipartError> {
        let named = parameters(content_type).into_iter().find(|(name, _)| name == "boundary");
        let boundary = named.map(|(_, boundary)| boundary).unwrap_or_default();
        let fits = (1..=LONGEST_BOUNDARY).contains(&boundary.len());
        if !fits || boundary.contains(&b'\r') || boundary.contains(&b'\n') {
            return Err(MultipartError::NoBoundary);
        }
        let delimiter = [b"\r\n--".as_slice(), &boundary].concat();
        Ok(Self {
            body,
            length,
            received: 0,
            ended: false,
            // The first boundary may stand at the very beginning, without a line break before it.
            buffer: BytesMut::from(&b"\r\n"[..]),
            delimiter: Finder::new(&delimiter).into_owned(),
            place: Place::Content,
            ignored: 0,
        })
    }

    /// Returns the head of the next part; `None` after the last one, once the body is over. Bytes of the part before
    /// that were not read are ignored.
    pub(crate) async fn next_part(&mut self) -> Result<Option<PartHead>, MultipartError> {
        while let Some(chunk) = self.chunk().await? {
            self.ignore(chunk.len())?;
        }
        if self.place == Place::End {
            self.ignore(self.buffer.len())?;
            self.buffer.clear();
            while let Some(chunk) = self.receive().await? {
                self.ignore(chunk.len())?;
            }
            return Ok(None);
        }
        let end = loop {
            match memmem::find(&self.buffer, b"\r\n\r\n") {
                Some(end) => break end,
                None if self.buffer.len() > LONGEST_HEAD => return Err(MultipartError::LongHead),
                None => self.fill().await?,
            }
        };
        if end > LONGEST_HEAD {
            return Err(MultipartError::LongHead);
        }
        let head = self.buffer.split_to(end + 4);
        self.ignore(head.len())?;
        self.place = Place::Content;
        Ok(Some(PartHead::parse(&head)))
    }

    /// Returns the next bytes of the current part, `None` at its end.
    pub(crate) async fn chunk(&mut self) -> Result<Option<Bytes>, MultipartError> {
        let delimiter = self.delimiter.needle().len();
        while self.place == Place::Content {
            let content = match self.delimiter.find(&self.buffer) {
                None => self.buffer.len() - self.begun_delimiter(),
                Some(at) => match line_end(&self.buffer[at + delimiter..], self.ended) {
                    LineEnd::Other => at + delimiter,
                    LineEnd::Unknown => at,
                    _ if at > 0 => at,
                    LineEnd::Next(padding) => {
                        self.buffer.advance(delimiter + padding);
                        self.place = Place::Head;
                        continue;
                    }
                    LineEnd::Last => {
                        self.place = Place::End;
                        continue;
                    }
                },
            };
            if content > 0 {
                return Ok(Some(self.buffer.split_to(content).freeze()));
            }
            self.fill().await?;
        }
        Ok(None)
    }

    /// Returns how many bytes the current part still has, if it is the last one and nothing follows the last boundary;
    /// `None` where the client did not tell the length of the body.
    pub(crate) fn expected(&self) -> Option<u64> {
        let behind = self.delimiter.needle().len() + b"--\r\n".len();
        let taken = self.received.saturating_sub(self.buffer.len() as u64).saturating_add(behind as u64);
        Some(self.length?.saturating_sub(taken))
    }

    /// Receives and drops what is left of the body, up to that many bytes.
    pub(crate) async fn drop_rest(&mut self, most: usize) {
        self.buffer.clear();
        let mut dropped = 0;
        while dropped < most
            && let Ok(Some(chunk)) = self.receive().await
        {
            dropped += chunk.len();
        }
    }

    fn ignore(&mut self, bytes: usize) -> Result<(), MultipartError> {
        self.ignored += bytes;
        if self.ignored > MOST_IGNORED { Err(MultipartError::MuchIgnored) } else { Ok(()) }
    }

    /// Returns the number of last bytes that may be the beginning of a delimiter.
    fn begun_delimiter(&self) -> usize {
        let delimiter = self.delimiter.needle();
        let end = &self.buffer[self.buffer.len().saturating_sub(delimiter.len() - 1)..];
        let begun = memchr::memchr_iter(b'\r', end).find(|&at| delimiter.starts_with(&end[at..]));
        begun.map_or(0, |at| end.len() - at)
    }

    /// Receives more bytes into the buffer. The first call at the end of the body notes that, the second one fails.
    async fn fill(&mut self) -> Result<(), MultipartError> {
        if self.ended {
            return Err(MultipartError::Cut);
        }
        if let Some(chunk) = self.receive().await? {
            self.buffer.extend_from_slice(&chunk);
        }
        Ok(())
    }

    async fn receive(&mut self) -> Result<Option<Bytes>, MultipartError> {
        if self.ended {
            return Ok(None);
        }
        let chunk = self.body.next().await.transpose().map_err(MultipartError::Connection)?;
        match &chunk {
            Some(bytes) => self.received += bytes.len() as u64,
            None => self.ended = true,
        }
        Ok(chunk)
    }
}

/// The rest of a line that begins with the delimiter.
#[derive(Debug, PartialEq, Eq)]
enum LineEnd {
    /// A part follows, after that many blanks.
    Next(usize),
    /// No part follows.
    Last,
    /// The line is none of a boundary, but content.
    Other,
    /// Too little has arrived.
    Unknown,
}

fn line_end(rest: &[u8], ended: bool) -> LineEnd {
    let (last, blank) = match rest {
        [b'-', b'-', blank @ ..] => (true, blank),
        [b'-'] if !ended => return LineEnd::Unknown,
        _ => (false, rest),
    };
    let padding = blank.iter().take_while(|&&byte| byte == b' ' || byte == b'\t').count();
    match &blank[padding..] {
        _ if padding > MOST_PADDING => LineEnd::Other,
        [b'\r', b'\n', ..] if last => LineEnd::Last,
        [b'\r', b'\n', ..] => LineEnd::Next(padding),
        // Some clients end the body with a bare line feed, or with nothing.
        [b'\n', ..] if last => LineEnd::Last,
        [] | [b'\r'] if !ended => LineEnd::Unknown,
        [] if last => LineEnd::Last,
        _ => LineEnd::Other,
    }
}

#[cfg(test)]
mod tests {
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
        for kind in ["multipart/related", "multipart/mixed; boundary=B", "nonsense", "a/b/c;;=", "\u{1}", "/"]
        {
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
                let pieces: Vec<_> =
                    text.chunks(piece).map(|piece| Ok(Bytes::copy_from_slice(piece))).collect();
                let length = Some(text.len() as u64);
                let kind = b"multipart/form-data; boundary=B";
                let mut parts = Multipart::new(kind, length, stream::iter(pieces)).unwrap();
                parts.next_part().await.unwrap();
                assert_eq!(parts.expected(), Some(size as u64));
            }
        }
    }
}
