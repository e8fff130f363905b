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
use super::outgoing::{Outgoing, frame};
use crate::http::{ApiError, ErrorCode};
use crate::json::SocketAnswer;
use crate::state::AppState;

/// The time within which a socket must authenticate.
const AUTHENTICATION_TIMEOUT: Duration = Duration::from_secs(10);
/// The interval of the server's pings.
const PING_INTERVAL: Duration = Duration::from_secs(25);
/// The time after which a silent socket is closed.
const SILENCE_TIMEOUT: Duration = Duration::from_mins(1);
/// The most bad frames; every ping forgives half of them.
pub(super) const BAD_FRAMES: u32 = 100;

/// The proof that came with a handshake.
pub(super) enum Opening {
    /// A token, not checked yet.
    Token(String),
    /// A caller who has proved who they are, and the expiry of their token.
    Identified(Identity, Timestamp),
}

/// A WebSocket.
pub(super) struct Socket {
    pub(super) state: Arc<AppState>,
    pub(super) outgoing: Arc<Outgoing>,
    /// The client's address.
    pub(super) address: IpAddr,
    /// `None` until the client has authenticated.
    pub(super) session: Option<Arc<Session<Outgoing>>>,
    pub(super) bad_frames: u32,
}

impl Socket {
    /// A socket that has not authenticated yet.
    pub(super) fn new(state: Arc<AppState>, outgoing: Arc<Outgoing>, address: IpAddr) -> Self {
        Self { state, outgoing, address, session: None, bad_frames: 0 }
    }

    /// Serves the socket until it ends.
    pub(super) async fn run(mut self, stream: AggregatedMessageStream, opening: Option<Opening>) {
        let ended = match self.start(opening).await {
            Ok(()) => self.serve(stream).await,
            Err(ended) => ended,
        };
        if let Some(session) = &self.session {
            session.end().await;
        }
        self.outgoing.close(ended);
    }

    async fn start(&mut self, opening: Option<Opening>) -> Result<(), Ended> {
        let begun = match opening {
            None => return Ok(()),
            Some(Opening::Token(token)) => self.authenticate(&token).await,
            Some(Opening::Identified(identity, expires_at)) => self.begin(identity, expires_at),
        };
        if let Err(error) = begun {
            self.send(&SocketAnswer::error(None, &error)).await?;
            if error.code() == ErrorCode::Unauthenticated {
                return Err(Some(close::policy("the token is not valid")));
            }
            if error.code() == ErrorCode::RateLimited {
                return Err(Some(close::policy("too many sockets")));
            }
        }
        Ok(())
    }

    async fn serve(&mut self, mut stream: AggregatedMessageStream) -> Ended {
        let opened = Instant::now();
        let mut received = Instant::now();
        let mut pings = tokio::time::interval_at(opened + PING_INTERVAL, PING_INTERVAL);
        // A ping that a long action delayed is not made up for: the client has the full interval again.
        pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let (outgoing, hub) = (self.outgoing.clone(), self.state.sessions.hub().clone());
        loop {
            let (lapse, silence) =
                (self.time_left(opened), SILENCE_TIMEOUT.saturating_sub(received.elapsed()));
            let done = tokio::select! {
                message = stream.next() => {
                    // Boxed, so that an idle socket keeps no memory for what a busy one needs.
                    let done = Box::pin(self.receive(message)).await;
                    // Frames were not read meanwhile.
                    received = Instant::now();
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
                _ = pings.tick() => self.ping().await,
                () = tokio::time::sleep(lapse.min(silence)) => Err(Some(if lapse < silence {
                    self.lapsed()
                } else {
                    close::policy("silent for too long")
                })),
            };
            if let Err(ended) = done {
                return ended;
            }
        }
    }

    /// Pings the client; ends the socket of one that has read nothing since the last ping.
    async fn ping(&mut self) -> Result<(), Ended> {
        self.bad_frames = self.bad_frames.saturating_sub(BAD_FRAMES / 2);
        if self.outgoing.is_stuck() {
            self.outgoing.outbox.end(EndReason::Slow);
            return Err(Some(close::by_hub(EndReason::Slow)));
        }
        self.outgoing.send(frame(Message::Ping(Bytes::new()))?).await
    }

    /// Returns how long the socket may go on: until its token expires, or until it must have authenticated.
    fn time_left(&self, opened: Instant) -> Duration {
        match &self.session {
            None => AUTHENTICATION_TIMEOUT.saturating_sub(opened.elapsed()),
            Some(session) => session.time_left(),
        }
    }

    fn lapsed(&self) -> CloseReason {
        close::policy(if self.session.is_some() { "the token has expired" } else { "no token in time" })
    }

    async fn receive(
        &mut self,
        message: Option<Result<AggregatedMessage, ProtocolError>>,
    ) -> Result<(), Ended> {
        match close::received(message)? {
            AggregatedMessage::Text(text) => self.handle(&text).await,
            AggregatedMessage::Ping(bytes) => self.outgoing.send(frame(Message::Pong(bytes))?).await,
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
        self.outgoing.send(frame(Message::Text(text.into()))?).await
    }
}
