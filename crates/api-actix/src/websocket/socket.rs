//! A WebSocket that is open: what it hears from its client and from the hub, and how it ends.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use actix_http::ws::Message;
use actix_ws::{AggregatedMessage, AggregatedMessageStream, CloseCode, CloseReason, ProtocolError};
use bytes::Bytes;
use domain::account::Identity;
use domain::room::Revision;
use domain::{Refusal, RoomId, Timestamp};
use futures_util::StreamExt;
use tokio::time::{Instant, MissedTickBehavior};
use uuid::Uuid;

use super::outgoing::{Outgoing, frame};
use crate::http::ApiError;
use crate::json::SocketAnswer;
use crate::live::End;
use crate::state::AppState;

/// How long a socket may stay without a token.
const STRANGER: Duration = Duration::from_secs(10);
/// How often the server pings, and how long a silent socket lives.
const PING: Duration = Duration::from_secs(25);
const SILENCE: Duration = Duration::from_mins(1);
/// How many bad frames make a flood; every ping forgives half of them.
pub(super) const FLOOD: u32 = 100;

/// Who the socket speaks for.
#[derive(Clone)]
pub(super) struct Caller {
    pub(super) identity: Identity,
    pub(super) connection: Uuid,
    pub(super) expires_at: Timestamp,
}

pub(super) struct Socket {
    pub(super) api: Arc<AppState>,
    pub(super) outgoing: Arc<Outgoing>,
    pub(super) caller: Option<Caller>,
    /// Where it listens.
    pub(super) rooms: HashSet<RoomId>,
    pub(super) bad_frames: u32,
}

/// The socket ends, with this word to its client; `None` where there is nobody to say it to.
pub(super) type Ended = Option<CloseReason>;

pub(super) fn because(code: CloseCode, why: &str) -> CloseReason {
    CloseReason { code, description: Some(why.to_owned()) }
}

impl Socket {
    /// A socket that nobody has a token for yet.
    pub(super) fn new(api: Arc<AppState>, outgoing: Arc<Outgoing>) -> Self {
        let rooms = HashSet::new();
        Self { api, outgoing, caller: None, rooms, bad_frames: 0 }
    }

    /// Serves it to its end.
    pub(super) async fn run(mut self, stream: AggregatedMessageStream, token: Option<String>) {
        let ended = match self.start(token).await {
            Ok(()) => self.serve(stream).await,
            Err(ended) => ended,
        };
        for room in std::mem::take(&mut self.rooms) {
            self.go_out(room).await;
        }
        if let Some(caller) = &self.caller {
            self.api.hub.disconnect(caller.connection);
        }
        self.outgoing.close(ended);
    }

    async fn start(&mut self, token: Option<String>) -> Result<(), Ended> {
        let Some(token) = token else { return Ok(()) };
        if let Err(error) = self.authenticate(&token).await {
            self.send(&SocketAnswer::error(None, &error)).await?;
            if error.code() == "UNAUTHENTICATED" {
                return Err(Some(because(CloseCode::Policy, "the token is not valid")));
            }
            if error.code() == "RATE_LIMITED" {
                return Err(Some(because(CloseCode::Policy, "too many sockets")));
            }
        }
        Ok(())
    }

    async fn serve(&mut self, mut stream: AggregatedMessageStream) -> Ended {
        let begun = Instant::now();
        let mut heard = Instant::now();
        let mut pings = tokio::time::interval_at(begun + PING, PING);
        // What a frame kept from its turn is not made up for: the reader has the same time again.
        pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let (outgoing, hub) = (self.outgoing.clone(), self.api.hub.clone());
        loop {
            let (lapse, silence) = (self.time_left(begun), SILENCE.saturating_sub(heard.elapsed()));
            let done = tokio::select! {
                message = stream.next() => {
                    // Boxed: what an idle socket keeps in memory has no room for what a busy one does.
                    let done = Box::pin(self.receive(message)).await;
                    // Nobody was listened to meanwhile.
                    heard = Instant::now();
                    done
                }
                end = outgoing.outbox.wait_for_end() => Err(Some(end.last_word())),
                // The hub ends those that it knows.
                () = hub.closing(), if self.caller.is_none() => Err(Some(End::Shutdown.last_word())),
                room = outgoing.over() => {
                    self.rooms.remove(&room);
                    Box::pin(self.go_out(room)).await;
                    Ok(())
                }
                _ = pings.tick() => self.look_after().await,
                () = tokio::time::sleep(lapse.min(silence)) => Err(Some(if lapse < silence {
                    self.lapsed()
                } else {
                    because(CloseCode::Policy, "silent for too long")
                })),
            };
            if let Err(ended) = done {
                return ended;
            }
        }
    }

    /// With every heartbeat: does the client read?
    async fn look_after(&mut self) -> Result<(), Ended> {
        self.bad_frames = self.bad_frames.saturating_sub(FLOOD / 2);
        if self.outgoing.is_stuck() {
            self.outgoing.outbox.end(End::Slow);
            return Err(Some(End::Slow.last_word()));
        }
        self.outgoing.say(frame(Message::Ping(Bytes::new()))?).await
    }

    /// How long the socket may go on as it is: until its token lapses, or somebody must have brought one.
    fn time_left(&self, begun: Instant) -> Duration {
        match &self.caller {
            None => STRANGER.saturating_sub(begun.elapsed()),
            Some(caller) => {
                let left = caller.expires_at.as_datetime() - self.api.clock.now().as_datetime();
                // A timer does not reach as far as a token may.
                Duration::try_from(left).unwrap_or_default().min(Duration::from_hours(1))
            }
        }
    }

    fn lapsed(&self) -> CloseReason {
        let why = if self.caller.is_some() { "the token has expired" } else { "no token in time" };
        because(CloseCode::Policy, why)
    }

    async fn receive(
        &mut self,
        message: Option<Result<AggregatedMessage, ProtocolError>>,
    ) -> Result<(), Ended> {
        match heard(message)? {
            AggregatedMessage::Text(text) => self.take(&text).await,
            AggregatedMessage::Ping(bytes) => self.outgoing.say(frame(Message::Pong(bytes))?).await,
            AggregatedMessage::Pong(_) => Ok(()),
            AggregatedMessage::Binary(_) | AggregatedMessage::Close(_) if self.caller.is_none() => {
                self.bad(None, &Refusal::Unauthenticated.into()).await
            }
            AggregatedMessage::Binary(_) | AggregatedMessage::Close(_) => {
                self.bad(None, &ApiError::bad_request("Send text frames of JSON".to_owned())).await
            }
        }
    }

    pub(super) async fn go_out(&self, room: RoomId) {
        if let Some(caller) = &self.caller {
            self.stop_hearing(room, caller);
            self.api.hub.leave(room, caller.identity.user.clone(), caller.connection).await;
        }
    }

    /// Hears of a room no more, not even what waits; answers up to where it has heard everything, if it did.
    pub(super) fn stop_hearing(&self, room: RoomId, caller: &Caller) -> Option<Revision> {
        self.api.hub.take_out(room, caller.connection, || self.outgoing.take_back(room))
    }

    pub(super) async fn send(&mut self, answer: &SocketAnswer<'_>) -> Result<(), Ended> {
        let text = serde_json::to_string(answer).unwrap_or_default();
        self.outgoing.say(frame(Message::Text(text.into()))?).await
    }
}

impl End {
    /// What a socket that ends so says last.
    pub(super) fn last_word(self) -> CloseReason {
        match self {
            Self::Revoked => because(CloseCode::Policy, "the session is over"),
            Self::Slow => because(CloseCode::Again, "too slow; reconnect and catch up with since"),
            Self::Shutdown => because(CloseCode::Restart, "the server restarts; reconnect"),
        }
    }
}

/// What a client says; or how the socket ends because of it: with the client's own word where it said goodbye.
pub(crate) fn heard(
    message: Option<Result<AggregatedMessage, ProtocolError>>,
) -> Result<AggregatedMessage, Ended> {
    match message {
        Some(Ok(AggregatedMessage::Close(reason))) => {
            Err(Some(reason.unwrap_or(CloseReason { code: CloseCode::Normal, description: None })))
        }
        Some(Ok(message)) => Ok(message),
        Some(Err(ProtocolError::Overflow)) => Err(Some(too_large())),
        Some(Err(ProtocolError::Io(error))) => Err(flaw(&error)),
        Some(Err(error)) => Err(Some(because(CloseCode::Protocol, &error.to_string()))),
        None => Err(None),
    }
}

fn too_large() -> CloseReason {
    because(CloseCode::Size, "a frame has at most 64 KiB")
}

/// What is wrong with the bytes of a frame, as far as the library says so in words only: its head, its text, or how much
/// several of them are together. Otherwise the connection broke.
fn flaw(error: &std::io::Error) -> Ended {
    let words = error.to_string();
    if words.contains("maximum continuation size") {
        return Some(too_large());
    }
    (error.kind() == std::io::ErrorKind::InvalidData).then(|| {
        if words.contains("reserved bits") {
            because(CloseCode::Protocol, &words)
        } else {
            because(CloseCode::Invalid, "text must be UTF-8")
        }
    })
}
