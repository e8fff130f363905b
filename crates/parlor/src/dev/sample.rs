//! The data of a server for development: two users, and messages of every kind.

use std::convert::Infallible;
use std::time::Duration;

use parlor_client::{Client, Error, NewMessage, NewRoom, Room};
use serde_json::json;

/// The users; the first one is a server admin.
pub(super) const USERS: [&str; 2] = ["ada", "grace"];
/// The password of both.
pub(super) const PASSWORD: &str = "correct horse";

/// Fills the server at that URL as its users would, and returns the room that has a message of every kind.
pub(super) async fn create(server: &str, token_ttl: Duration) -> Result<Room, Error> {
    let anonymous = Client::new(server)?;
    for name in USERS {
        anonymous.sign_up(name, &format!("{name}@parlor.invalid"), PASSWORD).await?;
    }
    let ada = anonymous.sign_in(USERS[0], PASSWORD).await?;
    let grace = anonymous.sign_in(USERS[1], PASSWORD).await?;
    tokio::select! {
        room = fill(&ada, &grace) => room,
        Err(error) = keep_renewed([&ada, &grace], token_ttl / 4) => Err(error),
    }
}

/// Renews the sessions: their tokens may be valid for a shorter time than it takes to fill a server.
async fn keep_renewed(users: [&Client; 2], interval: Duration) -> Result<Infallible, Error> {
    loop {
        tokio::time::sleep(interval).await;
        for user in users {
            user.refresh().await?;
        }
    }
}

async fn fill(ada: &Client, grace: &Client) -> Result<Room, Error> {
    let general =
        NewRoom::public("General Chat").with_description("Messages of every kind, for trying clients");
    let room = ada.create_room(&general).await?;
    grace.room(room.id).join().await?;
    converse(ada, grace, &room).await?;
    let private = ada.create_room(&NewRoom::private("Planning")).await?;
    ada.room(private.id).invite(USERS[1]).await?;
    let direct = grace.direct_by_names(&[USERS[0]]).await?;
    grace.room(direct.id).send("Only the two of us read this.").await?;
    Ok(room)
}

async fn converse(ada: &Client, grace: &Client, room: &Room) -> Result<(), Error> {
    let uploaded = ada.upload("notes.txt", "Resume after the last revision.\n").await?;
    let (ada, grace) = (ada.room(room.id), grace.room(room.id));
    let welcome = ada.send("Welcome! This room has a message of every kind.").await?;
    ada.pin(welcome.id).await?;
    grace.react(welcome.id, "🎉").await?;
    let question = grace.send("Hello @ada, which client do you use?").await?;
    ada.react(question.id, "👍").await?;
    ada.send(NewMessage::text("One of my own.").replying_to(question.id)).await?;
    let topic = grace.send("Does it lose anything when it reconnects?").await?;
    ada.send(NewMessage::text("No, it asks for what it missed.").in_thread(topic.id)).await?;
    grace.send(NewMessage::text("Good.").in_thread(topic.id)).await?;
    let mistyped = grace.send("It resumes after the last revison.").await?;
    grace.edit(mistyped.id, "It resumes after the last revision.").await?;
    let mistaken = ada.send("Sent by mistake").await?;
    ada.delete_message(mistaken.id).await?;
    ada.send(NewMessage::file(uploaded.id, Some("My notes".to_owned()))).await?;
    let metadata = json!({"source": "parlor dev"}).as_object().cloned().unwrap_or_default();
    grace.send(NewMessage::text("This one has metadata.").with_metadata(metadata)).await?;
    Ok(())
}
