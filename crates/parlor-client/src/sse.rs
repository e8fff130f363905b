//! Server-sent events of a room.

use std::collections::VecDeque;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};
use serde_json::Value;
use tokio::time::timeout;

use crate::client::check;
use crate::request::Request;
use crate::{Error, Event, TransportError};

/// The first and the longest wait before a stream that resumes by itself is opened again.
pub(crate) const FIRST_PAUSE: Duration = Duration::from_millis(500);
pub(crate) const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// The time in which a stream must be answered.
const OPENING: Duration = Duration::from_secs(30);
/// The time after which a silent stream counts as broken: comments come every 15 s.
const SILENCE: Duration = Duration::from_secs(45);

/// The events of a room, as they come. The server ends the stream at a logout, a removal or a restart, and for a reader
/// that is too slow; a new one goes on after [`last_revision`](Self::last_revision). [`RoomStream`](crate::RoomStream) does so by itself.
#[derive(Debug)]
pub struct EventStream {
    response: reqwest::Response,
    parser: Parser,
    last_revision: Option<i64>,
}

/// A server-sent event as it is written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RawEvent {
    /// The field `event`.
    pub name: Option<String>,
    /// The field `id`: the revision of a lasting event.
    pub id: Option<String>,
    /// The field `data`: JSON.
    pub data: String,
}

impl RawEvent {
    /// Returns the revision of a lasting event of a room.
    pub(crate) fn revision(&self) -> Option<i64> {
        self.id.as_deref()?.parse().ok()
    }

    /// Reads the data.
    pub(crate) fn event(&self) -> Result<Event, Error> {
        let value: Value = serde_json::from_str(&self.data)
            .map_err(|error| Error::Decode { status: 200, reason: error.to_string() })?;
        Ok(value.into())
    }
}

impl EventStream {
    /// Opens a stream by a request of one's own, such as one with `Last-Event-ID`.
    ///
    /// # Errors
    /// Refused as the request is.
    pub async fn open(request: Request) -> Result<Self, Error> {
        let opening = async { check(request.open().await?).await };
        Ok(Self::of(timeout(OPENING, opening).await.map_err(|_| TransportError::Timeout)??))
    }

    /// Reads the events of an answer.
    #[must_use]
    pub fn of(response: reqwest::Response) -> Self {
        Self { response, parser: Parser::default(), last_revision: None }
    }

    /// Returns the headers of the answer.
    #[must_use]
    pub fn headers(&self) -> &reqwest::header::HeaderMap {
        self.response.headers()
    }

    /// Returns the revision up to which lasting events have come, `None` before the first.
    #[must_use]
    pub fn last_revision(&self) -> Option<i64> {
        self.last_revision
    }

    /// Waits for the next event; returns `None` once the server has ended the stream.
    ///
    /// # Errors
    /// [`Error::Transport`] where the connection breaks, or nothing comes for too long, no comment either.
    pub async fn next(&mut self) -> Result<Option<Event>, Error> {
        self.next_raw().await?.map(|raw| raw.event()).transpose()
    }

    /// Waits for the next event and returns it as it is written; `None` once the server has ended the stream.
    ///
    /// # Errors
    /// [`TransportError`] where the connection breaks, or nothing comes for too long, no comment either.
    pub async fn next_raw(&mut self) -> Result<Option<RawEvent>, TransportError> {
        loop {
            if let Some(event) = self.parser.events.pop_front() {
                self.last_revision = event.revision().or(self.last_revision);
                return Ok(Some(event));
            }
            let chunk = timeout(SILENCE, self.response.chunk()).await.map_err(|_| TransportError::Timeout)?;
            match chunk? {
                Some(chunk) => self.parser.push(&chunk),
                None => return Ok(None),
            }
        }
    }

    /// Turns this into a stream of `futures`.
    #[must_use]
    pub fn into_stream(self) -> BoxStream<'static, Result<Event, Error>> {
        stream::try_unfold(self, |mut events| async move {
            let next = events.next().await?;
            Ok(next.map(|event| (event, events)))
        })
        .boxed()
    }
}

/// The format of server-sent events, read in chunks of any size.
#[derive(Debug, Default)]
struct Parser {
    line: Vec<u8>,
    event: RawEvent,
    events: VecDeque<RawEvent>,
}

impl Parser {
    fn push(&mut self, chunk: &[u8]) {
        for byte in chunk {
            if *byte == b'\n' {
                let line = std::mem::take(&mut self.line);
                self.end_line(String::from_utf8_lossy(&line).trim_end_matches('\r'));
            } else {
                self.line.push(*byte);
            }
        }
    }

    fn end_line(&mut self, line: &str) {
        if line.is_empty() {
            let event = std::mem::take(&mut self.event);
            if !event.data.is_empty() {
                self.events.push_back(event);
            }
            return;
        }
        let (name, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match name {
            "event" => self.event.name = Some(value.to_owned()),
            "id" => self.event.id = Some(value.to_owned()),
            "data" => {
                if !self.event.data.is_empty() {
                    self.event.data.push('\n');
                }
                self.event.data.push_str(value);
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_read_from_chunks_of_any_size_and_comments_are_skipped() {
        let text = ": ping\n\nid: 3\nevent: new-message\ndata: {\"é\":1}\n\nevent: typing\r\ndata: a\r\ndata: b\r\n\r\n";
        let expected = [
            RawEvent {
                name: Some("new-message".into()), id: Some("3".into()), data: "{\"é\":1}".to_owned()
            },
            RawEvent { name: Some("typing".into()), id: None, data: "a\nb".to_owned() },
        ];
        for size in 1..=text.len() {
            let mut parser = Parser::default();
            for chunk in text.as_bytes().chunks(size) {
                parser.push(chunk);
            }
            assert_eq!(parser.events, expected, "chunks of {size}");
        }
    }
}
