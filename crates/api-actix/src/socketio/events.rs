//! What clients send: S4's events. Each answers its acknowledgement callback with `{success, message, data | errors}`.

use domain::RoomId;
use domain::message::{ClientKey, SendCommand};
use domain::room::Revision;
use serde_json::Value;
use socketioxide::extract::{AckSender, SocketRef};

use super::client::{Client, go_out, hang_up, tell};
use super::turns::{self, Event};
use super::upload::file_upload;
use crate::http::params::Id;
use crate::http::{ApiError, Detail, Fields, Flaw, message_body, parse};
use crate::json::{AcknowledgedData, Acknowledgement, RoomJoined};
use crate::live::{Replay, Then};
use crate::state::AppState;
use crate::websocket::frames;

/// Answers every event of S4.
pub(super) fn listen(socket: &SocketRef) {
    turns::on(socket, "joinRoom", join_room);
    turns::on(socket, "leaveRoom", leave_room);
    turns::on(socket, "message", message);
    turns::on(socket, "fileUpload", file_upload);
    socket.on_fallback(unknown);
}

/// Nobody knows the event; who waits for an acknowledgement is told, instead of waiting for ever.
async fn unknown(ack: AckSender) {
    let message = "must be one of: joinRoom, leaveRoom, message, fileUpload".to_owned();
    acknowledge(ack, Err(ApiError::invalid(vec![Detail { field: "event".to_owned(), message }])));
}

pub(super) type Answer = Result<(&'static str, AcknowledgedData), ApiError>;

pub(super) fn acknowledge(ack: AckSender, answer: Answer) {
    // A client that is gone, or asked for no acknowledgement, misses nothing.
    let _unheard = match answer {
        Ok((message, data)) => ack.send(&Acknowledgement::accepted(message, data)),
        Err(error) => ack.send(&Acknowledgement::refused(&error)),
    };
}

/// What an event carries, parsed.
fn read<T>(
    data: Result<Value, impl std::fmt::Display>,
    parse_fields: impl FnOnce(&mut Fields) -> Result<T, Flaw>,
) -> Result<T, ApiError> {
    let data = data.map_err(|error| ApiError::bad_request(format!("Send one object: {error}")))?;
    let mut fields = parse(&data.to_string())?;
    let parsed = parse_fields(&mut fields);
    match parsed {
        Ok(parsed) if fields.problems.is_empty() => Ok(parsed),
        _ => Err(ApiError::invalid(fields.problems)),
    }
}

async fn join_room(event: Event<Value>) {
    let Event { socket, client, data, ack, api, cuts } = event;
    let entered = async {
        let (room, since) = read(data, |fields| {
            let (room, since) = (fields.required::<Id>("roomId"), fields.integer("since", 0, i64::MAX));
            Ok((RoomId(room?.0), since?.map(Revision)))
        })?;
        frames::count(&api, &client.identity).await?;
        if !client.rooms().contains(&room) {
            frames::check_rooms(&api, &client.identity)?;
        }
        let view = frames::enter(&api, &client.identity, room, since).await?;
        Ok::<_, ApiError>((view, since))
    };
    let (view, since) = match entered.await {
        Ok(entered) => entered,
        Err(error) => return acknowledge(ack, Err(error)),
    };
    let room = view.room.id;
    let mut ack = Some(ack);
    let _turn = client.telling.lock().await;
    let heard = client.stop_hearing(room);
    // Who listens already, and names nothing else, goes on from where they are.
    let now = heard.filter(|_| since.is_none()).unwrap_or(view.room.log.revision);
    let mut replay = Replay::from(room, since, now);
    loop {
        let step = replay.step(&api.hub, client.connection, client.identity.user.id, &client.outbox).await;
        // Who was removed meanwhile learns it from the next thing they try.
        let (events, then) = match step {
            Ok(step) => step,
            Err(error) => {
                match ack.take() {
                    Some(ack) => acknowledge(ack, Err(error.into())),
                    // It believes that it hears the room: let it come again, and ask for what it missed.
                    None => hang_up(&socket, &cuts),
                }
                return forget(&api, &client, room).await;
            }
        };
        // Where there is nothing to replay the client is attached by now, and hears whatever happens after this.
        if let Some(ack) = ack.take() {
            acknowledge(
                ack,
                Ok(("Joined room successfully", AcknowledgedData::Joined(RoomJoined::new(room, now)))),
            );
        }
        for event in events {
            if tell(&socket, &event).await.is_err() {
                return forget(&api, &client, room).await;
            }
        }
        match then {
            Then::More => {}
            Then::Over => return forget(&api, &client, room).await,
            Then::Live => break,
        }
    }
    let new = client.rooms().insert(room);
    if new {
        api.hub.enter(room, client.identity.user.clone(), client.connection).await;
    }
    // Who went while coming in has been shown out of everywhere else.
    if client.is_gone() {
        client.rooms().remove(&room);
        go_out(&api, &client, room).await;
    }
}

/// The client is not in the room any more, if it was.
async fn forget(api: &AppState, client: &Client, room: RoomId) {
    let was_there = client.rooms().remove(&room);
    if was_there {
        go_out(api, client, room).await;
    } else {
        client.stop_hearing(room);
    }
}

async fn leave_room(Event { client, data, ack, api, .. }: Event<Value>) {
    let answer = async {
        let room = read(data, |fields| Ok(RoomId(fields.required::<Id>("roomId")?.0)))?;
        frames::count(&api, &client.identity).await?;
        let elsewhere = !client.rooms().contains(&room);
        if elsewhere {
            // What the caller must not know of is not left either.
            api.use_cases.show_room.execute(Some(client.identity.user.id), room).await?;
        }
        // In its turn, so that nothing of the room comes after the answer.
        let _turn = client.telling.lock().await;
        forget(&api, &client, room).await;
        Ok(("Left room successfully", AcknowledgedData::Left { room_id: room.0 }))
    };
    acknowledge(ack, answer.await);
}

async fn message(Event { client, data, ack, api, .. }: Event<Value>) {
    let answer = async {
        let command = read(data, |fields| {
            let room = fields.required::<Id>("roomId");
            let body = message_body::read(fields, "content");
            let key = fields.nullable::<ClientKey>("clientId");
            Ok(SendCommand { room: RoomId(room?.0), body: body?, client_key: key?.flatten() })
        })?;
        frames::count(&api, &client.identity).await?;
        let message = frames::say(&api, client.identity.clone(), command).await?;
        Ok(("Message sent successfully", AcknowledgedData::sent(&message)))
    };
    acknowledge(ack, answer.await);
}
