//! Tickets: `?ticket=` of `/chat` and of event streams.

use reqwest::Method;
use serde_json::json;

use crate::growth::Growth;
use crate::receivers::Events;
use crate::socket::Socket;
use crate::support::{self, Parlor, Session};

async fn ticket(user: &Session) -> String {
    user.client().issue_ticket().await.unwrap().ticket
}

/// Fails to open `/chat` with a ticket alone, and returns the status and the code of the refusal.
async fn refused(parlor: &Parlor, ticket: &str) -> (Option<u16>, String) {
    let path = format!("/chat?ticket={ticket}");
    let opened = parlor_client::Socket::open_at(parlor.anonymous().client(), &path, &[]).await;
    let refused = opened.err().and_then(|error| error.api().cloned()).expect("a refusal of the API");
    (refused.status, refused.code)
}

fn unauthenticated() -> (Option<u16>, String) {
    (Some(401), "UNAUTHENTICATED".to_owned())
}

#[tokio::test]
async fn a_ticket_opens_one_stream_or_one_socket_in_the_name_of_its_session() {
    let parlor = Parlor::start();
    let alice = parlor.user("alice").await;
    let _growth = Growth::of(&parlor);
    let room = alice.room("Chat", "public").await;
    let made = alice.post("/api/auth/tickets", json!({})).await.expect(201);
    assert!(made["data"]["expiresAt"].as_str().unwrap().ends_with('Z'));
    let path = format!("{room}/events?ticket={}", made["data"]["ticket"].as_str().unwrap());
    assert_eq!(support::send(parlor.anonymous().request(Method::HEAD, &path)).await.status, 200);
    let mut stream = Events::open(&parlor.anonymous(), &path, None).await;
    alice.send(&room, "hello").await;
    assert_eq!(stream.next().await.unwrap()["message"], "hello");
    parlor.anonymous().get(&path).await.error(401, "UNAUTHENTICATED");

    let second = ticket(&alice).await;
    let (mut socket, _) = Socket::open(&parlor, &format!("?ticket={second}"), &[]).await;
    assert_eq!(socket.join(&room, None).await["action"], "joined");
    assert_eq!(refused(&parlor, &second).await, unauthenticated());

    // The streams end with the session.
    alice.post("/api/auth/logout", json!({})).await.expect(204);
    assert!(stream.next().await.is_none());
    assert_eq!(socket.closed().await, Some(1008));
}

#[tokio::test]
async fn a_ticket_of_an_ended_session_and_one_that_is_none_are_refused() {
    let parlor = Parlor::start();
    let alice = parlor.user("alice").await;
    let room = alice.room("Chat", "public").await;
    let (one, two) = (ticket(&alice).await, ticket(&alice).await);
    alice.post("/api/auth/logout", json!({})).await.expect(204);
    for ticket in [one.as_str(), "wrong"] {
        let path = format!("{room}/events?ticket={ticket}");
        parlor.anonymous().get(&path).await.error(401, "UNAUTHENTICATED");
    }
    assert_eq!(refused(&parlor, &two).await, unauthenticated());
    assert_eq!(refused(&parlor, "wrong").await, unauthenticated());
    // An empty one is absent: the socket waits for a token.
    let (mut socket, _) = Socket::open(&parlor, "?ticket=", &[]).await;
    socket.send(json!({"action": "ping"})).await;
    assert_eq!(socket.next().await["code"], "UNAUTHENTICATED");
    parlor.anonymous().post("/api/auth/tickets", json!({})).await.error(401, "UNAUTHENTICATED");
}

#[tokio::test]
async fn a_ticket_is_good_only_where_urls_carry_it() {
    let parlor = Parlor::start();
    let alice = parlor.user("alice").await;
    let path = format!("/api/users/me?ticket={}", ticket(&alice).await);
    parlor.anonymous().get(&path).await.error(401, "UNAUTHENTICATED");
}
