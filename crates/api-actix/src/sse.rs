//! Server-sent events: a room's events, or those of all rooms of a user, for clients of HTTP only.

mod all;

use std::sync::Arc;
use std::time::Duration;

use actix_web::http::header::{CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE};
use actix_web::{HttpResponse, HttpResponseBuilder, web};
use bytes::Bytes;
use bytestring::ByteString;
use domain::Refusal;
use domain::room::Revision;
use futures_util::stream::{empty, poll_fn};
use live::{Delivery, EncodedEvent, Join, Next, Outbox, Session, Transport};
use serde_json::{Value, json};
use tokio::sync::mpsc;

use crate::http::params::RoomPath;
use crate::http::{ApiError, Field, Fields, FromFields, Input, InvalidField};
use crate::json::EventStream;
use crate::routing::{Access, CurrentUser, Endpoint, Expiry, Tag, get};
use crate::state::AppState;

/// The interval of comments, which show that a silent stream is alive.
const COMMENT_INTERVAL: Duration = Duration::from_secs(15);
/// The time within which the client must take an event.
const WRITE_TIMEOUT: Duration = Duration::from_secs(30);

/// The endpoints of streams.
pub(crate) fn endpoints() -> [Endpoint; 2] {
    [all::endpoint(), of_a_room()]
}

fn of_a_room() -> Endpoint {
    get("/api/rooms/{id}/events", events)
        .access(Access::TokenInQuery)
        .head(no_events)
        .named("streamRoomEvents", EVENTS, "Stream the events of a room")
        .about("Server-sent events, for members. With `since` or `Last-Event-ID` the stream begins with what was missed.")
        .refuses([Refusal::RoomNotFound, Refusal::NotAMember])
}

/// The tag of live events.
pub(crate) const EVENTS: Tag = Tag { name: "events", about: "Live events, missed changes, presence." };

/// The start of a stream.
#[derive(FromFields)]
struct StreamQuery {
    /// The last revision that the client knows.
    since: Option<Revision>,
    #[field(flatten)]
    credential: CheckedCredential,
}

/// The ways to sign in by the query, which were checked before the fields are read.
#[derive(FromFields)]
#[expect(dead_code, reason = "the fields are read to be known")]
struct CheckedCredential {
    /// A ticket, for clients that can't send headers.
    #[field(example = "6f1e0c…")]
    ticket: Option<String>,
    /// The token. Send a ticket instead: URLs end up in logs.
    #[field(example = "eyJ0eXAi…", deprecated)]
    token: Option<String>,
}

/// The last event that a reconnecting client has.
#[derive(FromFields)]
struct StreamHeaders {
    /// The last id of an earlier stream, or nothing. It wins over `since`.
    #[field(name = "Last-Event-ID")]
    last_event_id: LastEventId,
}

/// A revision; `None` for a client that has had no event yet, and sends an empty id.
struct LastEventId(Option<Revision>);

impl Field for LastEventId {
    const REQUIRED: bool = false;

    fn read(fields: &mut Fields, name: &str) -> Result<Self, InvalidField> {
        fields.drop_empty(name);
        let Some(text) = fields.optional::<String>(name)? else { return Ok(Self(None)) };
        let digits = text.len() <= 18 && text.bytes().all(|byte| byte.is_ascii_digit());
        match text.parse().ok().filter(|_| digits) {
            Some(revision) => Ok(Self(Some(Revision(revision)))),
            None => Err(fields.problem(name, "must be the id of an event")),
        }
    }

    fn schema() -> Value {
        json!({"type": "string", "pattern": "^[0-9]{0,18}$", "examples": ["42"]})
    }
}

/// `GET /api/rooms/{id}/events`
async fn events(
    state: web::Data<AppState>,
    caller: CurrentUser,
    expiry: Expiry,
    input: Input<RoomPath, StreamQuery, (), StreamHeaders>,
) -> Result<EventStream, ApiError> {
    let (state, caller, room) = (state.into_inner(), caller.require()?, input.path.id);
    let StreamQuery { since, credential: _checked_already } = input.query;
    let since = input.headers.last_event_id.0.or(since);
    let view = state.use_cases.rooms.show.for_member(caller.user.id, room).await?;
    let session = state.sessions.open(Transport::Sse, caller, expiry.0, Outbox::new())?;
    let mut join = session.join(&view, since);
    // Before the answer: where there is nothing to replay, events after the answer arrive.
    let first = join.step().await?;
    let (stream, answer) = Stream::open(session, EncodedEvent::sse);
    actix_web::rt::spawn(stream.run(join, first));
    Ok(EventStream(answer))
}

/// `HEAD /api/rooms/{id}/events`: no stream is opened.
async fn no_events(
    state: web::Data<AppState>,
    caller: CurrentUser,
    input: Input<RoomPath, StreamQuery, (), StreamHeaders>,
) -> Result<EventStream, ApiError> {
    state.use_cases.rooms.show.for_member(caller.require()?.user.id, input.path.id).await?;
    Ok(EventStream(nothing()))
}

/// Begins the answer with a stream of events.
fn head() -> HttpResponseBuilder {
    let mut response = HttpResponse::Ok();
    response
        .insert_header((CONTENT_TYPE, "text/event-stream"))
        .insert_header((CACHE_CONTROL, "no-store"))
        // A compressed stream would be held back until there is enough to compress.
        .insert_header((CONTENT_ENCODING, "identity"))
        .insert_header(("x-accel-buffering", "no"));
    response
}

/// A stream that ends at once.
fn nothing() -> HttpResponse {
    head().streaming(empty::<actix_web::Result<Bytes>>())
}

struct Stream {
    session: Arc<Session>,
    events: mpsc::Sender<Bytes>,
    encode: fn(&EncodedEvent) -> ByteString,
}

/// The stream ends.
struct Ended;

/// The result of a step of the replay.
type Step = (Vec<Arc<EncodedEvent>>, Next);

impl Stream {
    /// Opens a stream; returns it, and the answer that it writes to.
    fn open(session: Arc<Session>, encode: fn(&EncodedEvent) -> ByteString) -> (Self, HttpResponse) {
        let (events, mut waiting) = mpsc::channel::<Bytes>(16);
        let body = poll_fn(move |context| {
            waiting.poll_recv(context).map(|bytes| bytes.map(Ok::<_, actix_web::Error>))
        });
        (Self { session, events, encode }, head().streaming(body))
    }

    async fn run(self, join: Join, first: Step) {
        let Ended = match self.catch_up(join, first).await {
            Ok(()) => self.serve().await,
            Err(ended) => ended,
        };
    }

    async fn catch_up(&self, mut join: Join, first: Step) -> Result<(), Ended> {
        self.begin().await?;
        let (mut events, mut next) = first;
        loop {
            for event in events {
                self.write((self.encode)(&event)).await?;
            }
            match next {
                Next::More if self.session.buffer().ended().is_none() => {}
                Next::More | Next::Closed => return Err(Ended),
                Next::Live => break,
            }
            // Where it fails, the client reconnects with the last id it has.
            (events, next) = join.step().await.map_err(|_| Ended)?;
        }
        join.complete().await;
        Ok(())
    }

    /// Writes a first byte, so that the client knows that it is connected.
    async fn begin(&self) -> Result<(), Ended> {
        self.write(ByteString::from_static(": connected\n\n")).await
    }

    async fn serve(&self) -> Ended {
        let mut comments = tokio::time::interval(COMMENT_INTERVAL);
        comments.reset();
        loop {
            let done = tokio::select! {
                delivery = self.session.buffer().next() => match delivery {
                    Ok(Delivery::Event(event)) => self.write((self.encode)(&event)).await,
                    Ok(Delivery::RoomClosed(_)) | Err(_) => Err(Ended),
                },
                _ = comments.tick() => self.write(ByteString::from_static(": here\n\n")).await,
                () = self.events.closed() => Err(Ended),
                () = self.session.expired() => Err(Ended),
            };
            if let Err(ended) = done {
                return ended;
            }
        }
    }

    async fn write(&self, text: ByteString) -> Result<(), Ended> {
        match tokio::time::timeout(WRITE_TIMEOUT, self.events.send(text.into_bytes())).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(Ended),
        }
    }
}
