//! An open WebSocket: its timers, the messages of its client, the events of the hub, and its end.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use actix_http::ws::Message;
use actix_ws::{AggregatedMessage, AggregatedMessageStream, CloseReason, ProtocolError};
use bytes::Bytes;
use domain::account::Identity;
use domain::{Refusal, Timestamp};
use futures_util::StreamExt;
use live::{EndReason, Session};
use tokio::time::{Instant, MissedTickBehavior};

use super::close::{self, Ended};
use super::outgoing;
use super::silence::Silence;
use crate::http::ApiError;
use crate::http::outgoing::{Outgoing, frame};
use crate::http::unauthenticated::{AUTHENTICATION_TIMEOUT, Admission};
use crate::json::SocketAnswer;
use crate::state::AppState;

/// The interval of the server's pings.
const PING_INTERVAL: Duration = Duration::from_secs(25);
/// The most bad frames; every ping forgives half of them.
pub(super) const BAD_FRAMES: u32 = 100;

/// A WebSocket.
pub(super) struct Socket {
    pub(super) state: Arc<AppState>,
    pub(super) outgoing: Arc<Outgoing>,
    /// The client's address.
    pub(super) address: IpAddr,
    /// `None` until the client has authenticated.
    pub(super) session: Option<Arc<Session<Outgoing>>>,
    /// Counts the socket among those of its address until it has authenticated.
    pub(super) admission: Option<Admission>,
    pub(super) bad_frames: u32,
    opened: Instant,
}

/// The result of the handshake's authentication.
pub(super) enum Handshake {
    /// A good token came with it.
    Verified(Identity, Timestamp),
    /// A token came with it that is not valid.
    Refused(Refusal),
    /// A token must follow in a frame.
    NoToken(Admission),
}

impl Socket {
    /// A socket that has not authenticated yet.
    pub(super) fn new(state: Arc<AppState>, outgoing: Arc<Outgoing>, address: IpAddr) -> Self {
        let (session, admission, opened) = (None, None, Instant::now());
        Self { state, outgoing, address, session, admission, bad_frames: 0, opened }
    }

    /// Serves the socket until it ends.
    pub(super) async fn run(mut self, stream: AggregatedMessageStream, handshake: Handshake) {
        let ended = match self.start(handshake).await {
            Ok(()) => self.serve(stream).await,
            Err(ended) => ended,
        };
        if let Some(session) = &self.session {
            session.end().await;
        }
        outgoing::close(&self.outgoing, ended);
    }

    async fn start(&mut self, handshake: Handshake) -> Result<(), Ended> {
        let (error, why) = match handshake {
            Handshake::NoToken(admission) => {
                self.admission = Some(admission);
                return Ok(());
            }
            Handshake::Refused(refusal) => (refusal.into(), "the token is not valid"),
            Handshake::Verified(identity, expires_at) => match self.open(identity, expires_at) {
                Ok(()) => return Ok(()),
                Err(error) => (error, "too many sockets"),
            },
        };
        self.send(&SocketAnswer::error(None, &error)).await?;
        Err(Some(close::policy(why)))
    }

    async fn serve(&mut self, mut stream: AggregatedMessageStream) -> Ended {
        let mut silence = Silence::new();
        let mut pings = tokio::time::interval_at(Instant::now() + PING_INTERVAL, PING_INTERVAL);
        // A ping that a long action delayed is not made up for: the client has the full interval again.
        pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let (outgoing, hub) = (self.outgoing.clone(), self.state.sessions.hub().clone());
        loop {
            let (lapse, left) = (self.time_left(), silence.left());
            let done = tokio::select! {
                message = stream.next() => {
                    // Boxed, so that an idle socket keeps no memory for what a busy one needs.
                    let done = Box::pin(self.receive(message)).await;
                    // Frames were not read meanwhile.
                    silence.end();
                    done
                }
                end = outgoing.outbox.wait_for_end() => Err(Some(close::by_hub(end))),
                // The hub ends the connections that it knows.
                () = hub.closing(), if self.session.is_none() => Err(Some(close::by_hub(EndReason::Shutdown))),
                room = outgoing.closed_room() => {
                    if let Some(session) = &self.session {
                        Box::pin(session.leave(room)).await;
                    }
                    Ok(())
                }
                due = pings.tick() => if silence.in_time(due) && self.outgoing.is_stuck() {
                    outgoing.outbox.end(EndReason::Slow);
                    Err(Some(close::by_hub(EndReason::Slow)))
                } else {
                    self.ping().await
                },
                () = tokio::time::sleep(lapse.min(left)) => if lapse <= left {
                    Err(Some(self.lapsed()))
                } else if silence.is_too_long() {
                    Err(Some(close::policy("silent for too long")))
                } else {
                    self.ping().await
                },
            };
            if let Err(ended) = done {
                return ended;
            }
        }
    }

    async fn ping(&mut self) -> Result<(), Ended> {
        self.bad_frames = self.bad_frames.saturating_sub(BAD_FRAMES / 2);
        self.deliver(frame(Message::Ping(Bytes::new()))).await
    }

    /// Returns how long the socket may go on: until its token expires, or until it must have authenticated.
    fn time_left(&self) -> Duration {
        match &self.session {
            None => AUTHENTICATION_TIMEOUT.saturating_sub(self.opened.elapsed()),
            Some(session) => session.time_left(),
        }
    }

    fn lapsed(&self) -> CloseReason {
        if self.session.is_some() {
            return close::policy("the token has expired");
        }
        self.outgoing.abandon();
        close::policy("no token in time")
    }

    async fn receive(
        &mut self,
        message: Option<Result<AggregatedMessage, ProtocolError>>,
    ) -> Result<(), Ended> {
        match close::received(message)? {
            AggregatedMessage::Text(text) => self.handle(&text).await,
            AggregatedMessage::Ping(bytes) => self.deliver(frame(Message::Pong(bytes))).await,
            AggregatedMessage::Pong(_) => Ok(()),
            AggregatedMessage::Binary(_) | AggregatedMessage::Close(_) if self.session.is_none() => {
                self.bad(None, &Refusal::Unauthenticated.into()).await
            }
            AggregatedMessage::Binary(_) | AggregatedMessage::Close(_) => {
                self.bad(None, &ApiError::bad_request("Send text frames of JSON".to_owned())).await
            }
        }
    }

    pub(super) async fn send(&self, answer: &SocketAnswer<'_>) -> Result<(), Ended> {
        let text = serde_json::to_string(answer).unwrap_or_default();
        self.deliver(frame(Message::Text(text.into()))).await
    }

    /// Sends a frame; waits where too many wait already, before authentication no longer than that may take.
    async fn deliver(&self, frame: Bytes) -> Result<(), Ended> {
        if self.session.is_some() {
            return self.outgoing.send(frame).await.map_err(|end| Some(close::by_hub(end)));
        }
        let sent = tokio::time::timeout(self.time_left(), self.outgoing.send(frame)).await;
        match sent {
            Ok(sent) => sent.map_err(|end| Some(close::by_hub(end))),
            Err(_) => Err(Some(self.lapsed())),
        }
    }
}
