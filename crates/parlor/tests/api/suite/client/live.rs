//! Live connections: what they deliver when they are cut at random moments, and how they end.

use std::time::Duration;

use futures_util::future::join_all;
use futures_util::{SinkExt, StreamExt, TryStreamExt};
use parlor_client::{Client, Closed, Event, LiveBuilder, NewMessage, RoomId, State, Update, Updates};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_tungstenite::tungstenite::Message as Packet;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

use super::proxy::Proxy;
use super::{public_room, user};
use crate::support::Parlor;

const SENDERS: usize = 3;
const MESSAGES: usize = 40;
/// Long enough for a slow machine; a test that waits for it has failed.
const TIMEOUT: Duration = Duration::from_mins(1);

/// A live connection that does not wait long before it comes back.
fn eager(client: &Client) -> LiveBuilder {
    client.live().backoff(Duration::from_millis(5), Duration::from_millis(50))
}

/// Receives messages until so many have come and returns their contents; checks that revisions rise.
async fn receive(updates: &mut Updates, count: usize) -> Vec<String> {
    let (mut contents, mut known) = (vec![], 0);
    while contents.len() < count {
        let update = tokio::time::timeout(TIMEOUT, updates.next()).await.expect("an update in time");
        let Update::Event(event) = update.expect("the connection is not closed") else { continue };
        if let Some(revision) = event.revision() {
            let caught_up = matches!(event, Event::CaughtUp { .. });
            assert!(revision > known || caught_up && revision == known, "{revision} after {known}");
            known = revision;
        }
        if let Event::NewMessage(message) = event {
            contents.push(message.content.unwrap());
        }
    }
    contents
}

async fn history(client: &Client, room: RoomId) -> Vec<String> {
    let messages = client.room(room).messages().from_start().limit(37).items();
    messages.map_ok(|message| message.content.unwrap()).try_collect().await.unwrap()
}

/// Cuts the proxy's connections after waits between nothing and 60 ms, and 1 ms more each time: a machine that needs longer to connect
/// and join gets on all the same.
pub(super) async fn cut_at_random(proxy: &Proxy) {
    let mut state = 0x9e37_79b9_u64;
    for longest in 60.. {
        // xorshift: the moments differ by themselves, the waits need not.
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        tokio::time::sleep(Duration::from_millis(state % longest)).await;
        proxy.cut();
    }
}

/// Sends over live connections while they are cut; returns when everything has been answered and received.
async fn chat(proxy: &Proxy, clients: &[Client], room: RoomId) -> Vec<Vec<String>> {
    let through = |client: &Client| Client::new(&proxy.url).unwrap().with_token(client.token().unwrap());
    let senders = clients.iter().enumerate().map(|(sender, client)| {
        let (live, updates) = eager(&through(client)).connect();
        drop(updates);
        async move {
            for n in 0..MESSAGES {
                let message = live.send(room, format!("{sender}-{n}")).await.unwrap();
                assert_eq!(message.content, Some(format!("{sender}-{n}")));
            }
        }
    });
    let receivers = clients.iter().map(|client| {
        let (live, mut updates) = eager(&through(client)).join(room, Some(0)).connect();
        async move {
            let contents = receive(&mut updates, SENDERS * MESSAGES).await;
            live.close();
            contents
        }
    });
    tokio::join!(join_all(senders), join_all(receivers)).1
}

#[tokio::test]
async fn a_live_connection_cut_at_random_moments_misses_doubles_and_reorders_nothing() {
    let parlor = Parlor::start();
    let proxy = Proxy::to(&parlor.url).await;
    let mut clients = vec![];
    for n in 0..SENDERS {
        clients.push(user(&parlor, &format!("user-{n}")).await);
    }
    let room = public_room(&clients[0]).await;
    for client in &clients[1..] {
        client.room(room).join().await.unwrap();
    }
    let received = tokio::select! {
        received = chat(&proxy, &clients, room) => received,
        () = cut_at_random(&proxy) => unreachable!("it cuts for ever"),
    };
    let stored = history(&clients[0], room).await;
    assert_eq!(stored.len(), SENDERS * MESSAGES, "each is stored once");
    for received in received {
        assert_eq!(received, stored);
    }
}

#[tokio::test]
async fn a_live_connection_goes_on_after_the_server_was_killed() {
    let mut parlor = Parlor::start();
    let proxy = Proxy::to(&parlor.url).await;
    let direct = user(&parlor, "alice").await;
    let room = public_room(&direct).await;
    let client = Client::new(&proxy.url).unwrap().with_token(direct.token().unwrap());
    let (live, mut updates) = eager(&client).join(room, Some(0)).connect();
    live.send(room, "before").await.unwrap();
    assert_eq!(receive(&mut updates, 1).await, ["before"]);
    let mut states = live.watch_state();
    parlor.kill();
    proxy.cut();
    states.wait_for(|state| matches!(state, State::Waiting { attempt: 2.., .. })).await.unwrap();
    let message = NewMessage::text("while it was away");
    let (sender, meanwhile) = (live.clone(), message.clone());
    let sending = tokio::spawn(async move { sender.send(room, meanwhile).await });
    parlor.restart();
    proxy.lead_to(&parlor.url);
    let sent = sending.await.unwrap().unwrap();
    assert_eq!((sent.seq, sent.client_id.as_deref()), (2, Some(message.key())));
    while !matches!(updates.next().await.unwrap(), Update::Event(Event::NewMessage(message)) if message.seq == 2)
    {
    }
    assert_eq!(live.state(), State::Live);
    assert_eq!(live.known().await.unwrap(), [(room, Some(sent.revision))]);
}

#[tokio::test]
async fn a_live_connection_outlives_its_first_token_and_ends_with_the_session() {
    let parlor = Parlor::with(&[("PARLOR_LIMITS", "off"), ("PARLOR_TOKEN_TTL", "3s")]);
    let client = user(&parlor, "alice").await;
    let room = public_room(&client).await;
    let (live, mut updates) = eager(&client).join(room, None).connect();
    assert!(matches!(updates.next().await, Some(Update::Joined { revision: 1, .. })));
    let first = client.token();
    for _ in 0..3 {
        tokio::time::sleep(Duration::from_secs(1)).await;
        client.refresh().await.unwrap();
    }
    assert_ne!(client.token(), first);
    live.send(room, "still there").await.unwrap();
    assert_eq!(receive(&mut updates, 1).await, ["still there"]);
    client.log_out().await.unwrap();
    while tokio::time::timeout(TIMEOUT, updates.next()).await.expect("an end in time").is_some() {}
    assert_eq!(live.state(), State::Closed(Closed::Unauthenticated));
    assert!(live.send(room, "too late").await.is_err());
}

#[tokio::test]
async fn a_message_that_no_frame_can_hold_is_refused_and_the_connection_stays() {
    let parlor = Parlor::start();
    let client = user(&parlor, "alice").await;
    let room = public_room(&client).await;
    let (live, mut updates) = eager(&client).join(room, None).connect();
    assert!(matches!(updates.next().await, Some(Update::Joined { .. })));
    let mut states = live.watch_state();
    states.mark_unchanged();
    let refused = live.send(room, "x".repeat(70_000)).await.unwrap_err();
    assert_eq!(refused.code(), Some("PAYLOAD_TOO_LARGE"));
    live.send(room, "after it").await.unwrap();
    assert!(!states.has_changed().unwrap(), "the socket was not closed");
    assert_eq!(history(&client, room).await, ["after it"]);
}

/// Serves sockets as a proxy with a smaller limit would: closes one with 1009 upon a frame of more than a thousand bytes, and
/// acknowledges others as stored.
async fn serve_small_frames(listener: TcpListener) {
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        let mut socket = tokio_tungstenite::accept_async(stream).await.unwrap();
        while let Some(Ok(frame)) = socket.next().await {
            let Ok(text) = frame.to_text() else { continue };
            if text.len() > 1_000 {
                let close = CloseFrame { code: CloseCode::Size, reason: "too large".into() };
                socket.close(Some(close)).await.unwrap();
                while let Some(Ok(_)) = socket.next().await {}
                break;
            }
            let Ok(sent) = serde_json::from_str::<Value>(text) else { continue };
            let message = json!({
                "id": sent["roomId"], "roomId": sent["roomId"], "seq": 1, "revision": 1, "type": "text", "content": sent["message"],
                "sender": {"id": sent["roomId"], "username": "alice"}, "file": null, "clientId": sent["clientId"],
                "createdAt": "2026-11-21T07:42:19.132089Z", "editedAt": null, "deletedAt": null,
            });
            let ack = json!({"action": "ack", "ref": sent["ref"], "data": message});
            socket.send(Packet::text(ack.to_string())).await.unwrap();
        }
    }
}

#[tokio::test]
async fn a_socket_that_is_closed_for_a_send_too_large_refuses_that_send_alone() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (live, _updates) = eager(&Client::new(&url).unwrap().with_token("token")).connect();
    let room = "0197a5c2-8f00-7000-8000-000000000001".parse().unwrap();
    let sending = async {
        let (small, large, next) = tokio::join!(
            live.send(room, "small"),
            live.send(room, "x".repeat(2_000)),
            live.send(room, "next")
        );
        assert_eq!(large.unwrap_err().code(), Some("PAYLOAD_TOO_LARGE"));
        assert_eq!([small, next].map(|sent| sent.unwrap().content.unwrap()), ["small", "next"]);
    };
    tokio::select! {
        done = tokio::time::timeout(TIMEOUT, sending) => done.expect("every send is answered"),
        () = serve_small_frames(listener) => unreachable!("it serves for ever"),
    }
}

#[tokio::test]
async fn a_live_connection_reports_the_end_of_a_room_and_refused_joins() {
    let parlor = Parlor::start();
    let (alice, bob) = (user(&parlor, "alice").await, user(&parlor, "bob").await);
    let (kept, left) = (public_room(&alice).await, public_room(&alice).await);
    let me = bob.me().await.unwrap().id;
    let (live, mut updates) = eager(&bob).user(me).join(kept, None).connect();
    assert!(matches!(updates.next().await, Some(Update::Joined { .. })));
    live.join(left, Some(0)).unwrap();
    let Some(Update::Ended { room, reason: Some(reason) }) = updates.next().await else { panic!() };
    assert_eq!((room, reason.code.as_str()), (left, "NOT_A_MEMBER"));
    alice.room(kept).remove_member(me).await.unwrap();
    let ended = loop {
        if let Update::Ended { room, reason } = updates.next().await.unwrap() {
            break (room, reason);
        }
    };
    assert_eq!(ended, (kept, None));
    let refused = live.send(left, "not a member").await.unwrap_err();
    assert_eq!(refused.code(), Some("NOT_A_MEMBER"));
    live.close();
    while updates.next().await.is_some() {}
    assert_eq!(live.state(), State::Closed(Closed::ByClient));
}
