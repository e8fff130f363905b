//! `GET /api/events`: the events of all rooms of the caller.

use actix_web::web;
use live::{EncodedEvent, FirstPart, Outbox, Transport};
use serde_json::{Value, json};

use super::{CheckedCredential, EVENTS, Ended, Stream, nothing};
use crate::http::sync_cursor::{EXAMPLE, SyncCursor};
use crate::http::{ApiError, Field, Fields, FromFields, Input, InvalidField, Value as _};
use crate::json::AllEventsStream;
use crate::routing::{Access, CurrentUser, Endpoint, Expiry, SealedCursors, get};
use crate::state::AppState;

pub(super) fn endpoint() -> Endpoint {
    get("/api/events", events)
        .access(Access::TokenInQuery)
        .head(no_events)
        .named("streamEvents", EVENTS, "Stream the events of all rooms of the caller")
        .about(
            "Server-sent events. The stream begins with the rooms and invitations of the caller, as they are now; with `since` \
             or `Last-Event-ID`, only with what changed since. `synced` ends this part, and comes again from time to time: \
             its cursor resumes there.",
        )
}

/// The start of a stream.
#[derive(FromFields)]
struct StreamQuery {
    /// The cursor of an earlier `synced`, or of a sync.
    since: Option<SyncCursor>,
    #[field(flatten)]
    credential: CheckedCredential,
}

/// The last event that a reconnecting client has.
#[derive(FromFields)]
struct StreamHeaders {
    /// The last id of an earlier stream, or nothing. It wins over `since`.
    #[field(name = "Last-Event-ID")]
    last_event_id: LastCursor,
}

/// A cursor; `None` for a client that has had none yet, and sends an empty id.
struct LastCursor(Option<SyncCursor>);

impl Field for LastCursor {
    const REQUIRED: bool = false;

    fn read(fields: &mut Fields, name: &str) -> Result<Self, InvalidField> {
        fields.drop_empty(name);
        SyncCursor::optional(fields, name).map(Self)
    }

    fn schema() -> Value {
        json!({"type": "string", "format": "sync-cursor", "pattern": "^[A-Za-z0-9_-]{0,128}$", "examples": [EXAMPLE]})
    }
}

type Start = Input<(), StreamQuery, (), StreamHeaders>;

async fn events(
    state: web::Data<AppState>,
    caller: CurrentUser,
    expiry: Expiry,
    _: SealedCursors,
    input: Start,
) -> Result<AllEventsStream, ApiError> {
    let caller = caller.require()?;
    let StreamQuery { since, credential: _checked_already } = input.query;
    let since = input.headers.last_event_id.0.or(since).map(|cursor| cursor.0);
    let session = state.sessions.open(Transport::Sse, caller, expiry.0, Outbox::new())?;
    let first = session.subscribe(since).await?;
    let (stream, answer) = Stream::open(session, EncodedEvent::sse_of_all_rooms);
    actix_web::rt::spawn(stream.run_all(first));
    Ok(AllEventsStream(answer))
}

/// Answers HEAD: no stream is opened.
async fn no_events(caller: CurrentUser, _: SealedCursors, _: Start) -> Result<AllEventsStream, ApiError> {
    caller.require()?;
    Ok(AllEventsStream(nothing()))
}

impl Stream {
    /// Sends the first part, and then what happens.
    async fn run_all(self, first: FirstPart) {
        let begun = async {
            self.begin().await?;
            for event in first {
                self.write((self.encode)(&event)).await?;
            }
            Ok::<(), Ended>(())
        };
        let Ended = match begun.await {
            Ok(()) => self.serve().await,
            Err(ended) => ended,
        };
    }
}
