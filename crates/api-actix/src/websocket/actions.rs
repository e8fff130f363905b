//! What comes of a client's frames.

use actix_ws::CloseCode;
use domain::Refusal;
use domain::event::EphemeralKind;
use domain::room::{Revision, RoomView};
use serde_json::Value;

use super::frames::{self, Ask, Frame};
use super::outgoing::event_frame;
use super::socket::{Caller, Ended, FLOOD, Socket, because};
use crate::http::ApiError;
use crate::json::{Ack, AckData, RoomJoined, RoomMessage, SocketAnswer};
use crate::live::{Replay, Then, Transport};

impl Socket {
    pub(super) async fn take(&mut self, text: &str) -> Result<(), Ended> {
        let Frame { reference, username, ask } = Frame::read(text);
        let reference = reference.as_ref();
        let ask = match ask {
            Ok(ask) => ask,
            Err(error) if self.caller.is_some() => return self.bad(reference, &error).await,
            Err(_) => return self.bad(reference, &Refusal::Unauthenticated.into()).await,
        };
        if let Ask::Authenticate { token } | Ask::Join { token: Some(token), .. } = &ask
            && let Err(error) = self.authenticate(token).await
        {
            return self.bad(reference, &error).await;
        }
        let Some(caller) = self.caller.clone() else {
            return self.bad(reference, &Refusal::Unauthenticated.into()).await;
        };
        if let Err(error) = frames::check_name(username.as_deref(), &caller.identity) {
            return self.bad(reference, &error).await;
        }
        match self.answer(reference, &caller, ask).await {
            Ok(done) => done,
            Err(error) if error.code() == "UNAUTHENTICATED" => {
                self.send(&SocketAnswer::error(reference, &error)).await?;
                Err(Some(because(CloseCode::Policy, "the session is over")))
            }
            Err(error) if error.code() == "RATE_LIMITED" => self.bad(reference, &error).await,
            // The frame was good; the answer is no.
            Err(error) => self.send(&SocketAnswer::error(reference, &error)).await,
        }
    }

    /// What comes of an ask: outside, what the rules say; inside, whether the socket goes on.
    async fn answer(
        &mut self,
        reference: Option<&Value>,
        caller: &Caller,
        ask: Ask,
    ) -> Result<Result<(), Ended>, ApiError> {
        let identity = &caller.identity;
        if !matches!(ask, Ask::Ping) {
            frames::count(&self.api, identity).await?;
        }
        let data = match ask {
            Ask::Authenticate { .. } => {
                // Acknowledged whether its sender asked for that or not.
                let data = Some(AckData::Authenticated { username: identity.user.username.to_string() });
                return Ok(self.send(&SocketAnswer::Ack(Ack { reference, data })).await);
            }
            Ask::Join { room, since, .. } => {
                if !self.rooms.contains(&room) {
                    frames::check_rooms(&self.api, identity)?;
                }
                let view = frames::enter(&self.api, identity, room, since).await?;
                return Ok(self.come_in(reference, caller, view, since).await);
            }
            Ask::Leave { room } => {
                if let Some(elsewhere) = room.filter(|room| !self.rooms.contains(room)) {
                    // What the caller must not know of is not left either.
                    self.api.use_cases.show_room.execute(Some(identity.user.id), elsewhere).await?;
                }
                let rooms = room.map_or_else(|| self.rooms.iter().copied().collect(), |room| vec![room]);
                for room in rooms {
                    if self.rooms.remove(&room) {
                        self.go_out(room).await;
                    }
                }
                None
            }
            Ask::Send(command) => {
                let message = frames::say(&self.api, identity.clone(), command).await?;
                Some(AckData::Sent(Box::new(RoomMessage::from(&message))))
            }
            Ask::Typing { room } => {
                frames::tell(&self.api, identity, room, EphemeralKind::Typing).await?;
                None
            }
            Ask::Read { room, seq } => {
                frames::tell(&self.api, identity, room, EphemeralKind::Read(seq)).await?;
                None
            }
            Ask::Ping => {
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

    /// Listens to a room: says so, tells what was missed, and goes on live.
    async fn come_in(
        &mut self,
        reference: Option<&Value>,
        caller: &Caller,
        view: RoomView,
        since: Option<Revision>,
    ) -> Result<(), Ended> {
        let room = view.room.id;
        let heard = self.stop_hearing(room, caller);
        // Who listens already, and names nothing else, goes on from where they are.
        let now = heard.filter(|_| since.is_none()).unwrap_or(view.room.log.revision);
        let ack = SocketAnswer::ack(reference, Some(AckData::RoomJoined(RoomJoined::new(room, now))));
        let mut first: Vec<_> = std::iter::once(SocketAnswer::joined(&view, now)).chain(ack).collect();
        let mut replay = Replay::from(room, since, now);
        loop {
            if let Some(end) = self.outgoing.outbox.ended() {
                return Err(Some(end.last_word()));
            }
            // What happens meanwhile must not be told before what led there.
            self.outgoing.hold();
            let step = self.step(reference, caller, &mut replay, &mut first).await;
            self.outgoing.release();
            match step {
                Ok(Then::More) => {}
                Ok(Then::Live) => break,
                Ok(Then::Over) => return self.forget(room, caller).await,
                Err(ended) => {
                    self.stop_hearing(room, caller);
                    return Err(ended);
                }
            }
        }
        if self.rooms.insert(room) {
            self.api.hub.enter(room, caller.identity.user.clone(), caller.connection).await;
        }
        Ok(())
    }

    /// Takes one step of a replay, and tells what comes of it; where it can't be taken, that.
    async fn step(
        &mut self,
        reference: Option<&Value>,
        caller: &Caller,
        replay: &mut Replay,
        first: &mut Vec<SocketAnswer<'_>>,
    ) -> Result<Then, Ended> {
        let (user, outbox) = (caller.identity.user.id, &self.outgoing.outbox);
        match replay.step(&self.api.hub, caller.connection, user, outbox).await {
            Ok((events, then)) => {
                // Said once the socket is attached, where there is nothing to replay: what happens from now on, even what
                // only matters for a moment, is heard.
                for said in first.drain(..) {
                    self.send(&said).await?;
                }
                for event in events {
                    self.outgoing.say(event_frame(&event)).await?;
                }
                Ok(then)
            }
            Err(error) => {
                let error = error.into();
                self.send(&SocketAnswer::error(reference, &error)).await?;
                Ok(Then::Over)
            }
        }
    }

    pub(super) async fn authenticate(&mut self, token: &str) -> Result<(), ApiError> {
        let (identity, expires_at) = self.api.use_cases.authenticate.with_expiry(token).await?;
        let connection = match &self.caller {
            Some(caller) if caller.identity.user.id == identity.user.id => {
                self.api.hub.renew(caller.connection, identity.session);
                caller.connection
            }
            Some(_) => return Err(Refusal::NotAllowed.into()),
            None if self.api.hub.load_of(identity.user.id).connections
                >= self.api.settings.connections_per_user =>
            {
                return Err(ApiError::too_many_connections());
            }
            None => self.api.hub.connect(
                Transport::WebSocket,
                identity.user.id,
                identity.session,
                self.outgoing.outbox.clone(),
            ),
        };
        self.caller = Some(Caller { identity, connection, expires_at });
        Ok(())
    }

    /// The socket is not in the room any more, if it was.
    async fn forget(&mut self, room: domain::RoomId, caller: &Caller) -> Result<(), Ended> {
        if self.rooms.remove(&room) {
            self.api.hub.leave(room, caller.identity.user.clone(), caller.connection).await;
        }
        Ok(())
    }

    /// Tells of a bad frame; a flood of them ends the socket.
    pub(super) async fn bad(&mut self, reference: Option<&Value>, error: &ApiError) -> Result<(), Ended> {
        self.bad_frames += 1;
        if self.bad_frames > FLOOD {
            return Err(Some(because(CloseCode::Policy, "too many bad frames")));
        }
        self.send(&SocketAnswer::error(reference, error)).await
    }
}
