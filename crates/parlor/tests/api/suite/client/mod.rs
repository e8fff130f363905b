//! The Rust client against the real server: typed calls, streams of pages, and live connections that are cut off.

mod calls;
mod live;
mod program;
mod proxy;
mod room_stream;
mod subscription;

#[path = "../../../../../parlor-client/docs/tour.example"]
mod tour;

use parlor_client::{Client, NewRoom, RoomId};

use crate::support::Parlor;

/// Signs a new user up and in.
async fn user(parlor: &Parlor, name: &str) -> Client {
    parlor.user(name).await.client().clone()
}

async fn public_room(client: &Client) -> RoomId {
    client.create_room(&NewRoom::public("Chat")).await.unwrap().id
}

#[tokio::test]
async fn the_example_of_the_documentation_runs() {
    let parlor = Parlor::start();
    assert_eq!(tour::tour(&parlor.url).await.unwrap(), ["Tea?", "Yes, please."]);
}
