//! Server-sent events: a room's events for whoever speaks HTTP only.

use std::sync::Arc;
use std::time::Duration;

use actix_web::http::header::{CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE};
use actix_web::{HttpResponse, web};
use bytes::Bytes;
use bytestring::ByteString;
use domain::account::Identity;
use domain::room::Revision;
use domain::{Refusal, RoomId, Timestamp};
use futures_util::stream::poll_fn;
use tokio::sync::mpsc;
use uuid::Uuid;

use crate::http::params::RoomPath;
use crate::http::{ApiError, Fields, Flaw, FromFields, Input, Nothing};
use crate::live::{Encoded, Item, Outbox, Replay, Then, Transport};
use crate::routing::{Expiry, Signed};
use crate::state::AppState;

/// How often a silent stream shows that it lives.
const COMMENT: Duration = Duration::from_secs(15);
/// How long a reader may keep one event waiting.
const PATIENCE: Duration = Duration::from_secs(30);

/// `?since=`
pub(crate) struct Since(Option<Revision>);

impl FromFields for Since {
    fn read(fields: &mut Fields) -> Result<Self, Flaw> {
        Ok(Self(fields.integer("since", 0, i64::MAX)?.map(Revision)))
    }
}

/// What a browser that reconnects says it had last.
pub(crate) struct LastEventId(Option<Revision>);

impl FromFields for LastEventId {
    const HEADERS: &'static [&'static str] = &["Last-Event-ID"];

    fn read(fields: &mut Fields) -> Result<Self, Flaw> {
        // One that has had no id yet may say so.
        let text = fields.optional::<String>("Last-Event-ID")?.filter(|text| !text.is_empty());
        let Some(text) = text else { return Ok(Self(None)) };
        let digits = text.len() <= 18 && text.bytes().all(|byte| byte.is_ascii_digit());
        match text.parse().ok().filter(|_| digits) {
            Some(revision) => Ok(Self(Some(Revision(revision)))),
            None => Err(fields.problem("Last-Event-ID", "must be the id of an event")),
        }
    }
}

/// `GET /api/rooms/{id}/events`
pub(crate) async fn events(
    api: web::Data<AppState>,
    caller: Signed,
    expiry: Expiry,
    input: Input<RoomPath, Since, Nothing, LastEventId>,
) -> Result<HttpResponse, ApiError> {
    let (api, caller, room) = (api.into_inner(), caller.in_()?, input.path.0);
    let since = input.headers.0.or(input.query.0);
    let view = api.use_cases.show_room.execute(Some(caller.user.id), room).await?;
    if view.mine.is_none() {
        return Err(Refusal::NotAMember.into());
    }
    if api.hub.load_of(caller.user.id).connections >= api.settings.connections_per_user {
        return Err(ApiError::too_many_connections());
    }
    let (events, mut waiting) = mpsc::channel::<Bytes>(16);
    let stream = Stream::open(api, caller, room, events, expiry.0);
    let mut replay = Replay::from(room, since, view.room.log.revision);
    // Before the answer: where there is nothing to replay, who has it hears whatever happens after it.
    let first = stream.step(&mut replay).await?;
    actix_web::rt::spawn(stream.run(replay, first));
    let body =
        poll_fn(move |context| waiting.poll_recv(context).map(|bytes| bytes.map(Ok::<_, actix_web::Error>)));
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "text/event-stream"))
        .insert_header((CACHE_CONTROL, "no-store"))
        // A compressed stream would be held back until there is enough to compress.
        .insert_header((CONTENT_ENCODING, "identity"))
        .insert_header(("x-accel-buffering", "no"))
        .streaming(body))
}

struct Stream {
    api: Arc<AppState>,
    caller: Identity,
    room: RoomId,
    connection: Uuid,
    outbox: Arc<Outbox>,
    events: mpsc::Sender<Bytes>,
    expires_at: Timestamp,
}

/// However it ends, the hub forgets it.
impl Drop for Stream {
    fn drop(&mut self) {
        let nothing_back = || None;
        self.api.hub.take_out(self.room, self.connection, nothing_back);
        self.api.hub.disconnect(self.connection);
    }
}

/// The stream is over.
struct Over;

/// What a step of the replay came to.
type Step = (Vec<Arc<Encoded>>, Then);

impl Stream {
    fn open(
        api: Arc<AppState>,
        caller: Identity,
        room: RoomId,
        events: mpsc::Sender<Bytes>,
        expires_at: Timestamp,
    ) -> Self {
        let outbox = Outbox::new();
        let connection = api.hub.connect(Transport::Sse, caller.user.id, caller.session, outbox.clone());
        Self { api, caller, room, connection, outbox, events, expires_at }
    }

    async fn step(&self, replay: &mut Replay) -> Result<Step, ApiError> {
        Ok(replay.step(&self.api.hub, self.connection, self.caller.user.id, &self.outbox).await?)
    }

    async fn run(self, replay: Replay, first: Step) {
        let Over = match self.catch_up(replay, first).await {
            Ok(()) => self.serve().await,
            Err(over) => over,
        };
    }

    async fn catch_up(&self, mut replay: Replay, first: Step) -> Result<(), Over> {
        // A first byte, so that the client knows it is connected.
        self.write(ByteString::from_static(": connected\n\n")).await?;
        let (mut events, mut then) = first;
        loop {
            for event in events {
                self.write(event.sse()).await?;
            }
            match then {
                Then::More if self.outbox.ended().is_none() => {}
                Then::More | Then::Over => return Err(Over),
                Then::Live => return Ok(()),
            }
            // Where it fails, the client comes again, with the last id it has.
            (events, then) = self.step(&mut replay).await.map_err(|_| Over)?;
        }
    }

    async fn serve(&self) -> Over {
        let mut comments = tokio::time::interval(COMMENT);
        comments.reset();
        loop {
            let done = tokio::select! {
                item = self.outbox.next() => match item {
                    Ok(Item::Event(encoded)) => self.write(encoded.sse()).await,
                    Ok(Item::Over(_)) | Err(_) => Err(Over),
                },
                _ = comments.tick() => self.write(ByteString::from_static(": here\n\n")).await,
                () = self.events.closed() => Err(Over),
                () = tokio::time::sleep(self.time_left()) => Err(Over),
            };
            if let Err(over) = done {
                return over;
            }
        }
    }

    /// How long the token holds; no timer reaches further than a year.
    fn time_left(&self) -> Duration {
        let left = self.expires_at.as_datetime() - self.api.clock.now().as_datetime();
        Duration::try_from(left).unwrap_or_default().min(Duration::from_hours(24 * 365))
    }

    async fn write(&self, text: ByteString) -> Result<(), Over> {
        match tokio::time::timeout(PATIENCE, self.events.send(text.into_bytes())).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(Over),
        }
    }
}
