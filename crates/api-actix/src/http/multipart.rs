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
    /// The length of the whole body, where the client announced it.
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
        // Some clients end the body with a bare line feed, or with nothing.
        [b'\r', b'\n', ..] | [b'\n', ..] if last => LineEnd::Last,
        [b'\r', b'\n', ..] => LineEnd::Next(padding),
        [] | [b'\r'] if !ended => LineEnd::Unknown,
        [] if last => LineEnd::Last,
        _ => LineEnd::Other,
    }
}

#[cfg(test)]
mod tests;
