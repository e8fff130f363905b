//! The events that clients send: those of source document S4.

use domain::RoomId;
use domain::message::{ClientKey, SendCommand};
use domain::room::Revision;
use live::Next;
use serde_json::Value;
use socketioxide::extract::{AckSender, SocketRef};

use super::ack::acknowledge;
use super::client::{close_connection, send};
use super::handler::{self, Event};
use super::upload::file_upload;
use crate::http::{ApiError, Detail, Fields, Id, InvalidField, message_body, parse};
use crate::json::{AcknowledgedData, RoomJoined};
use crate::routing::rate_limit;

/// Registers the handlers of all events.
pub(super) fn listen(socket: &SocketRef) {
    handler::on(socket, "joinRoom", join_room);
    handler::on(socket, "leaveRoom", leave_room);
    handler::on(socket, "message", message);
    handler::on(socket, "fileUpload", file_upload);
    socket.on_fallback(unknown);
}

/// Acknowledges an unknown event with an error, so that its sender does not wait for ever.
async fn unknown(ack: AckSender) {
    let message = "must be one of: joinRoom, leaveRoom, message, fileUpload".to_owned();
    acknowledge(ack, Err(ApiError::invalid(vec![Detail { field: "event".to_owned(), message }])));
}

/// Parses the data of an event.
fn read<T>(
    data: Result<Value, impl std::fmt::Display>,
    parse_fields: impl FnOnce(&mut Fields) -> Result<T, InvalidField>,
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
    let Event { socket, client, data, ack, state, web_sockets } = event;
    let entered = async {
        let (room, since) = read(data, |fields| {
            let (room, since) = (fields.required::<Id>("roomId"), fields.integer("since", 0, i64::MAX));
            Ok((RoomId(room?.0), since?.map(Revision)))
        })?;
        rate_limit::count_event(&state, client.session.identity().user.id).await?;
        let view = client.session.enter(room, since).await?;
        Ok::<_, ApiError>((view, since))
    };
    let (view, since) = match entered.await {
        Ok(entered) => entered,
        Err(error) => return acknowledge(ack, Err(error)),
    };
    let mut ack = Some(ack);
    let _sending = client.sending.lock().await;
    let mut join = client.session.join(&view, since);
    loop {
        // A user who was removed meanwhile learns that from the next thing they try.
        let (events, next) = match join.step().await {
            Ok(step) => step,
            Err(error) => {
                match ack.take() {
                    Some(ack) => acknowledge(ack, Err(error.into())),
                    // The client takes itself to be in the room: let it reconnect, and ask for what it missed.
                    None => close_connection(&socket, &web_sockets),
                }
                return join.cancel().await;
            }
        };
        // Where there is nothing to replay the client subscribes by now, and receives whatever happens after this.
        if let Some(ack) = ack.take() {
            let joined = RoomJoined::new(view.room.id, join.revision());
            acknowledge(ack, Ok(("Joined room successfully", AcknowledgedData::Joined(joined))));
        }
        for event in events {
            if send(&socket, &event).await.is_err() {
                return join.cancel().await;
            }
        }
        match next {
            Next::More => {}
            Next::Closed => return join.cancel().await,
            Next::Live => break,
        }
    }
    join.complete().await;
}

async fn leave_room(Event { client, data, ack, state, .. }: Event<Value>) {
    let answer = async {
        let room = read(data, |fields| Ok(RoomId(fields.required::<Id>("roomId")?.0)))?;
        rate_limit::count_event(&state, client.session.identity().user.id).await?;
        client.session.check_leave(room).await?;
        // No event of the room may follow the acknowledgement.
        let _sending = client.sending.lock().await;
        client.session.leave(room).await;
        Ok(("Left room successfully", AcknowledgedData::Left { room_id: room.0 }))
    };
    acknowledge(ack, answer.await);
}

async fn message(Event { client, data, ack, state, .. }: Event<Value>) {
    let answer = async {
        let command = read(data, |fields| {
            let room = fields.required::<Id>("roomId");
            let body = message_body::read(fields, "content");
            let key = fields.nullable::<ClientKey>("clientId");
            Ok(SendCommand { room: RoomId(room?.0), body: body?, client_key: key?.flatten() })
        })?;
        rate_limit::count_event(&state, client.session.identity().user.id).await?;
        let message = client.session.send(command).await?;
        Ok(("Message sent successfully", AcknowledgedData::sent(&message)))
    };
    acknowledge(ack, answer.await);
}
