//! Answers the frames of a client.

use std::sync::Arc;

use domain::account::Identity;
use domain::message::AnnotationAct;
use domain::room::{Revision, RoomView};
use domain::{Refusal, Timestamp};
use live::{FirstPart, Join, Next, Session, Transport};
use serde_json::value::RawValue;

use super::close::{self, Ended};
use super::frames::{self, Action, Frame};
use super::socket::{BAD_FRAMES, Socket};
use crate::http::outgoing::Outgoing;
use crate::http::sync_cursor::SyncCursor;
use crate::http::{ApiError, ErrorCode};
use crate::json::{Ack, AckData, Message, RoomJoined, SocketAnswer};
use crate::routing::rate_limit;

type SocketSession = Arc<Session<Outgoing>>;

impl Socket {
    pub(super) async fn handle(&mut self, text: &str) -> Result<(), Ended> {
        let Frame { reference, username, action } = Frame::parse(text);
        let reference = reference.as_deref();
        let action = match action {
            Ok(action) => action,
            Err(error) if self.session.is_some() => return self.bad(reference, &error).await,
            Err(_) => return self.bad(reference, &Refusal::Unauthenticated.into()).await,
        };
        if let Action::Authenticate(frames::Authenticate { token })
        | Action::Join(frames::Join { token: Some(token), .. }) = &action
            && let Err(error) = self.authenticate(token).await
        {
            if error.code() == ErrorCode::Unavailable {
                // Whatever follows would look unauthenticated, and it is not.
                self.send(&SocketAnswer::error(reference, &error)).await?;
                return Err(Some(close::unavailable()));
            }
            return self.bad(reference, &error).await;
        }
        let Some(session) = self.session.clone() else {
            return self.bad(reference, &Refusal::Unauthenticated.into()).await;
        };
        if let Err(error) = frames::check_username(username.as_deref(), &session.identity()) {
            return self.bad(reference, &error).await;
        }
        match self.answer(reference, &session, action).await {
            Ok(done) => done,
            Err(error) if error.code() == ErrorCode::Unauthenticated => {
                self.send(&SocketAnswer::error(reference, &error)).await?;
                Err(Some(close::policy("the session is over")))
            }
            Err(error) if error.code() == ErrorCode::RateLimited => self.bad(reference, &error).await,
            // A rule refused a valid frame, which does not count as bad.
            Err(error) => self.send(&SocketAnswer::error(reference, &error)).await,
        }
    }

    /// Carries an action out. The outer result is that of the rules, the inner is `Err` where the socket ends.
    async fn answer(
        &mut self,
        reference: Option<&RawValue>,
        session: &SocketSession,
        action: Action,
    ) -> Result<Result<(), Ended>, ApiError> {
        if !matches!(action, Action::Ping) {
            rate_limit::count_event(&self.state, session.identity().user.id).await?;
        }
        let data = match action {
            Action::Authenticate(_) => {
                // Acknowledged with or without a reference.
                let username = session.identity().user.username.to_string();
                let data = Some(AckData::Authenticated { username });
                return Ok(self.send(&SocketAnswer::Ack(Ack { reference, data })).await);
            }
            Action::Join(frames::Join { room_id: room, since, .. }) => {
                let view = session.enter(room, since).await?;
                return Ok(self.join(reference, session, view, since).await);
            }
            Action::Leave(frames::Leave { room_id: Some(room) }) => {
                session.check_leave(room).await?;
                session.leave(room).await;
                None
            }
            Action::Leave(frames::Leave { room_id: None }) => {
                for room in session.rooms() {
                    session.leave(room).await;
                }
                None
            }
            Action::Send(command) => {
                let message = session.send(command).await?;
                Some(AckData::Sent(Box::new(Message::from(&message))))
            }
            Action::Typing(frames::Typing { room_id: room }) => {
                session.typing(room).await?;
                None
            }
            Action::Read(frames::Read { room_id: room, seq }) => {
                session.read(room, seq).await?;
                None
            }
            Action::React(frames::React { room_id: room, id, emoji }) => {
                session.annotate(room, id, AnnotationAct::React(emoji)).await?;
                None
            }
            Action::Unreact(frames::Unreact { room_id: room, id, emoji }) => {
                session.annotate(room, id, AnnotationAct::Unreact(emoji)).await?;
                None
            }
            Action::Subscribe(frames::Subscribe { since }) => {
                return self.subscribe(reference, session, since.0.as_deref()).await;
            }
            Action::Unsubscribe => {
                session.unsubscribe_from_all();
                None
            }
            Action::Ping => {
                if let Err(ended) = self.send(&SocketAnswer::pong(reference)).await {
                    return Ok(Err(ended));
                }
                None
            }
        };
        Ok(match SocketAnswer::ack(reference, data) {
            Some(ack) => self.send(&ack).await,
            None => Ok(()),
        })
    }

    /// Subscribes to a room: sends `joined` and the acknowledgement, then what was missed, then live events.
    async fn join(
        &mut self,
        reference: Option<&RawValue>,
        session: &SocketSession,
        view: RoomView,
        since: Option<Revision>,
    ) -> Result<(), Ended> {
        let mut join = session.join(&view, since);
        let (room, revision) = (view.room.id, join.revision());
        let ack = SocketAnswer::ack(reference, Some(AckData::RoomJoined(RoomJoined::new(room, revision))));
        let outgoing = self.outgoing.clone();
        let mut replies: Vec<_> = std::iter::once(SocketAnswer::joined(&view, revision)).chain(ack).collect();
        loop {
            if let Some(end) = self.outgoing.outbox.ended() {
                return Err(Some(close::by_hub(end)));
            }
            // Live events must not overtake what led to them.
            let held = outgoing.hold();
            let step = self.replay_step(reference, &mut join, &mut replies).await;
            drop(held);
            match step? {
                Next::More => {}
                Next::Live => break,
                Next::Closed => {
                    join.cancel().await;
                    return Ok(());
                }
            }
        }
        join.complete().await;
        Ok(())
    }

    /// Subscribes to all rooms: sends the acknowledgement, then the first part, then live events.
    async fn subscribe(
        &mut self,
        reference: Option<&RawValue>,
        session: &SocketSession,
        since: Option<&str>,
    ) -> Result<Result<(), Ended>, ApiError> {
        let user = session.identity().user.id;
        let since = SyncCursor::open(since, "since", &self.state.use_cases.read_sync, user)?;
        let outgoing = self.outgoing.clone();
        // Live events must not overtake the first part.
        let held = outgoing.hold();
        let first = session.subscribe(since).await?;
        let sent = self.send_first(reference, first).await;
        drop(held);
        Ok(sent)
    }

    async fn send_first(&self, reference: Option<&RawValue>, first: FirstPart) -> Result<(), Ended> {
        if let Some(ack) = SocketAnswer::ack(reference, None) {
            self.send(&ack).await?;
        }
        for event in first {
            self.outgoing.send_event(&event).await.map_err(|end| Some(close::by_hub(end)))?;
        }
        Ok(())
    }

    /// Takes one step of a replay and sends its events; where it fails, sends the error.
    async fn replay_step(
        &mut self,
        reference: Option<&RawValue>,
        join: &mut Join<Outgoing>,
        replies: &mut Vec<SocketAnswer<'_>>,
    ) -> Result<Next, Ended> {
        match join.step().await {
            Ok((events, next)) => {
                // Where there is nothing to replay the socket subscribes by now, so that events after the reply arrive, even
                // those that are not stored.
                for reply in replies.drain(..) {
                    self.send(&reply).await?;
                }
                for event in events {
                    self.outgoing.send_event(&event).await.map_err(|end| Some(close::by_hub(end)))?;
                }
                Ok(next)
            }
            Err(error) => {
                let error = error.into();
                self.send(&SocketAnswer::error(reference, &error)).await?;
                Ok(Next::Closed)
            }
        }
    }

    pub(super) async fn authenticate(&mut self, token: &str) -> Result<(), ApiError> {
        let (identity, expires_at) =
            self.state.use_cases.accounts.authenticate.with_expiry(token, self.address).await?;
        match &self.session {
            Some(session) => Ok(session.renew(identity, expires_at)?),
            None => self.open(identity, expires_at),
        }
    }

    /// Opens the session of a socket that has authenticated.
    pub(super) fn open(&mut self, identity: Identity, expires_at: Timestamp) -> Result<(), ApiError> {
        let outgoing = self.outgoing.clone();
        let session = self.state.sessions.open(Transport::WebSocket, identity, expires_at, outgoing)?;
        (self.session, self.admission) = (Some(session), None);
        Ok(())
    }

    /// Answers a bad frame with an error; too many of them end the socket.
    pub(super) async fn bad(&mut self, reference: Option<&RawValue>, error: &ApiError) -> Result<(), Ended> {
        self.bad_frames += 1;
        if self.bad_frames > BAD_FRAMES {
            return Err(Some(close::policy("too many bad frames")));
        }
        self.send(&SocketAnswer::error(reference, error)).await
    }
}
