//! The events that clients send: those of source document S4.

use domain::RoomId;
use domain::event::Change;
use domain::message::{AnnotationAct, SendCommand};
use live::{Join, Next};
use socketioxide::extract::SocketRef;

use super::ack::{Answer, Reply};
use super::client::Client;
use super::handler::{self, Event};
use super::input;
use super::upload::file_upload;
use crate::http::outgoing::Outgoing;
use crate::http::sync_cursor::SyncCursor;
use crate::http::{ApiError, Detail};
use crate::json::{AcknowledgedData, RoomJoined};

/// Registers the handlers of all events.
pub(super) fn listen(socket: &SocketRef) {
    handler::on::<input::JoinRoom, _>(socket, "joinRoom", join_room);
    handler::on::<input::LeaveRoom, _>(socket, "leaveRoom", leave_room);
    handler::on::<input::SendMessage, _>(socket, "message", message);
    handler::on::<input::UploadFile, _>(socket, "fileUpload", file_upload);
    handler::on::<input::Read, _>(socket, "read", read);
    handler::on::<input::Typing, _>(socket, "typing", typing);
    handler::on::<input::React, _>(socket, "react", react);
    handler::on::<input::Unreact, _>(socket, "unreact", unreact);
    handler::on::<input::Subscribe, _>(socket, "subscribe", subscribe);
    handler::on::<(), _>(socket, "unsubscribe", unsubscribe);
    handler::refuse_others(socket, unknown);
}

/// Answers an unknown event, so that its sender does not wait for ever.
fn unknown() -> ApiError {
    let message =
        "must be one of: joinRoom, leaveRoom, message, fileUpload, read, typing, react, unreact, subscribe, unsubscribe"
            .to_owned();
    ApiError::invalid(vec![Detail { field: "event".to_owned(), message }])
}

async fn join_room(Event { client, input, reply, .. }: Event<input::JoinRoom>) {
    let input::JoinRoom { room_id: room, since } = input;
    let view = match client.session.enter(room, since).await {
        Ok(view) => view,
        Err(error) => return reply.send(client.outgoing(), Err(error.into())).await,
    };
    let mut join = client.session.join(&view, since);
    let mut reply = Some(reply);
    let next = loop {
        // Live events must not overtake what led to them.
        let held = client.outgoing().hold();
        let next = replay_step(&client, &mut join, &mut reply).await;
        drop(held);
        if !matches!(next, Next::More) {
            break next;
        }
    };
    match next {
        Next::Live => join.complete().await,
        Next::More | Next::Closed => join.cancel().await,
    }
}

/// Takes one step of a replay and sends its events, at first after the acknowledgement.
async fn replay_step(client: &Client, join: &mut Join<Outgoing>, reply: &mut Option<Reply>) -> Next {
    let outgoing = client.outgoing();
    // A user who was removed meanwhile learns that from the next thing they try.
    let (events, next) = match join.step().await {
        Ok(step) => step,
        Err(error) => {
            match reply.take() {
                Some(reply) => reply.send(outgoing, Err(error.into())).await,
                // The client takes itself to be in the room: let it reconnect, and ask for what it missed.
                None => client.engine.end_session(),
            }
            return Next::Closed;
        }
    };
    // Where there is nothing to replay the client subscribes by now, and receives whatever happens after this.
    if let Some(reply) = reply.take() {
        let joined = RoomJoined::new(join.room(), join.revision());
        reply.send(outgoing, Ok(("Joined room successfully", AcknowledgedData::Joined(joined)))).await;
    }
    for event in events {
        if outgoing.send_event(&event).await.is_err() {
            return Next::Closed;
        }
    }
    next
}

async fn subscribe(Event { client, input, reply, state, .. }: Event<input::Subscribe>) {
    let outgoing = client.outgoing();
    // Live events must not overtake the first part.
    let held = outgoing.hold();
    let first = async {
        let user = client.session.identity().user.id;
        let since = SyncCursor::open(input.since.0.as_deref(), "since", &state.use_cases.read_sync, user)?;
        Ok::<_, ApiError>(client.session.subscribe(since).await?)
    };
    match first.await {
        Ok(first) => {
            reply.send(outgoing, Ok(("Subscribed", AcknowledgedData::Nothing {}))).await;
            for event in first {
                if outgoing.send_event(&event).await.is_err() {
                    break;
                }
            }
        }
        Err(error) => reply.send(outgoing, Err(error)).await,
    }
    drop(held);
}

async fn unsubscribe(Event { client, reply, .. }: Event<()>) {
    client.session.unsubscribe_from_all();
    reply.send(client.outgoing(), Ok(("Unsubscribed", AcknowledgedData::Nothing {}))).await;
}

async fn leave_room(Event { client, input, reply, .. }: Event<input::LeaveRoom>) {
    let room = input.room_id;
    let answer = async {
        client.session.check_leave(room).await?;
        // This discards what waits of the room: none of its events may follow the acknowledgement.
        client.session.leave(room).await;
        Ok(("Left room successfully", AcknowledgedData::of_room(room)))
    };
    reply.send(client.outgoing(), answer.await).await;
}

async fn message(Event { client, input, reply, .. }: Event<SendCommand>) {
    let sent = client.session.send(input).await;
    let answer = sent.map(|message| ("Message sent successfully", AcknowledgedData::sent(&message)));
    reply.send(client.outgoing(), answer.map_err(Into::into)).await;
}

async fn read(Event { client, input, reply, .. }: Event<input::Read>) {
    let input::Read { room_id: room, seq } = input;
    let read = client.session.read(room, seq).await;
    let answer = read.map(|()| ("Marked as read", AcknowledgedData::of_room(room)));
    reply.send(client.outgoing(), answer.map_err(Into::into)).await;
}

async fn typing(Event { client, input, reply, .. }: Event<input::Typing>) {
    let room = input.room_id;
    let published = client.session.typing(room).await;
    let answer = published.map(|()| ("Typing", AcknowledgedData::of_room(room)));
    reply.send(client.outgoing(), answer.map_err(Into::into)).await;
}

async fn react(Event { client, input, reply, .. }: Event<input::React>) {
    let input::React { room_id: room, id, emoji } = input;
    let change = client.session.annotate(room, id, AnnotationAct::React(emoji)).await;
    reply.send(client.outgoing(), annotated("Reaction added", room, change)).await;
}

async fn unreact(Event { client, input, reply, .. }: Event<input::Unreact>) {
    let input::Unreact { room_id: room, id, emoji } = input;
    let change = client.session.annotate(room, id, AnnotationAct::Unreact(emoji)).await;
    reply.send(client.outgoing(), annotated("Reaction removed", room, change)).await;
}

/// Returns the event that the room receives; of an act that changed nothing, the room.
fn annotated(message: &'static str, room: RoomId, change: domain::Result<Option<Change>>) -> Answer {
    let data =
        change?.map_or_else(|| AcknowledgedData::of_room(room), |change| AcknowledgedData::event(&change));
    Ok((message, data))
}
