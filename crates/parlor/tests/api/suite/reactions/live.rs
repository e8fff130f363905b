//! Reactions on sockets and streams, in replays, and many at once.

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::{Place, THUMB};
use crate::receivers::{Events, StockClient};
use crate::socket::{Socket, id};
use crate::support::Session;

#[tokio::test]
async fn reactions_and_pins_are_events_of_every_transport() {
    let place = Place::of(&["alice", "bob"]).await;
    let (alice, bob) = (&place.people[0], &place.people[1]);
    let mut socket = Socket::of(&place.parlor, alice).await;
    socket.join(&place.room, None).await;
    let since = place.revision().await;
    let mut stream = Events::open(alice, &format!("{}/events?since={since}", place.room), None).await;
    assert_eq!(stream.next().await.unwrap()["action"], "caught-up");
    let mut stock = StockClient::join(&place.parlor, alice, &place.room).await;
    place.react(1, THUMB).await;
    bob.delete(&place.reaction(THUMB)).await.expect(204);
    let pin = format!("{}/pins/{}", place.room, id(&place.message));
    alice.put(&pin).await.expect(204);
    let pinned_at = place.show().await["pinnedAt"].clone();
    assert!(pinned_at.is_string());
    alice.delete(&pin).await.expect(204);
    let event = |action: &str, by: &Session, name: &str, revision: i64, more: Value| {
        let mut event = json!({"action": action, "roomId": id(&place.room), "revision": since + revision,
            "id": id(&place.message), "seq": 1, "username": name, "userId": by.id});
        event.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        event
    };
    for wanted in [
        event("reaction-added", bob, "bob", 1, json!({"emoji": "\u{1f44d}", "count": 1})),
        event("reaction-removed", bob, "bob", 2, json!({"emoji": "\u{1f44d}", "count": 0})),
        event("message-pinned", alice, "alice", 3, json!({"pinnedAt": pinned_at})),
        event("message-unpinned", alice, "alice", 4, json!({"pinnedAt": null})),
    ] {
        assert_eq!(socket.next().await, wanted);
        assert_eq!(stream.next().await.unwrap(), wanted);
        assert_eq!(stock.next().await, (wanted["action"].as_str().unwrap().to_owned(), wanted));
    }
}

#[tokio::test]
async fn a_replay_shows_a_changed_message_once_as_it_is_now() {
    let place = Place::of(&["alice", "bob"]).await;
    let before = place.revision().await;
    let second = place.people[1].send(&place.room, "another").await;
    let second = format!("{}/messages/{}", place.room, second["id"].as_str().unwrap());
    for emoji in ["a", "b"] {
        place.react(1, emoji).await;
        place.people[0].put(&format!("{second}/reactions/{emoji}")).await.expect(204);
    }
    place.people[0].put(&format!("{}/pins/{}", place.room, id(&place.message))).await.expect(204);
    let changes = format!("{}/changes?since={before}", place.room);
    let read = place.people[1].get(&changes).await.expect(200);
    let items = read["data"].as_array().unwrap();
    let kinds: Vec<_> =
        items.iter().map(|item| (&item["action"], item["reactions"].as_array().unwrap().len())).collect();
    assert_eq!(kinds, [(&json!("new-message"), 2), (&json!("message-edited"), 2)]);
    assert!(items[1]["pinnedAt"].is_string());
    assert_eq!(items[1]["editedAt"], json!(null));
    let mut socket = Socket::of(&place.parlor, &place.people[1]).await;
    socket.join(&place.room, Some(before)).await;
    for item in items {
        assert_eq!(&socket.next().await, item);
    }
    assert_eq!(socket.next().await["action"], "caught-up");
}

#[tokio::test]
async fn a_socket_reacts_and_takes_back_with_an_answer_of_its_own() {
    let place = Place::of(&["alice", "bob"]).await;
    let stranger = place.parlor.user("stranger").await;
    let (room, message) = (id(&place.room), id(&place.message));
    let mut socket = Socket::of(&place.parlor, &place.people[1]).await;
    let frame = |action: &str, emoji: &str| json!({"action": action, "roomId": room, "id": message, "emoji": emoji, "ref": action});
    for (action, left) in [("react", 1), ("react", 1), ("unreact", 0), ("unreact", 0)] {
        socket.send(frame(action, "\u{1f44d}")).await;
        assert_eq!(socket.next().await, json!({"action": "ack", "ref": action}));
        assert_eq!(place.reactions().await.len(), left);
    }
    socket.send(frame("react", "two words")).await;
    let error = socket.next().await;
    assert_eq!(
        (&error["code"], &error["details"][0]["field"]),
        (&json!("VALIDATION_FAILED"), &json!("emoji"))
    );
    socket.send(json!({"action": "react", "roomId": room, "id": room, "emoji": "a", "ref": 7})).await;
    let error = socket.next().await;
    assert_eq!((&error["code"], &error["ref"]), (&json!("MESSAGE_NOT_FOUND"), &json!(7)));
    let mut strangers = Socket::of(&place.parlor, &stranger).await;
    strangers.send(frame("unreact", "a")).await;
    assert_eq!(strangers.next().await["code"], "NOT_A_MEMBER");
}

#[tokio::test]
async fn a_socketio_client_reacts_with_an_acknowledgement() {
    let place = Place::of(&["alice"]).await;
    let (mut socket, _) = Socket::at(&place.parlor, "/socket.io/?EIO=4&transport=websocket", &[]).await;
    socket.text(format!("40{}", json!({"token": place.people[0].token()}))).await;
    socket.packet("40").await;
    let message = json!({"roomId": id(&place.room), "id": id(&place.message), "emoji": "\u{1f44d}"});
    for (n, event, changes) in [(1, "react", true), (2, "react", false), (3, "unreact", true)] {
        socket.text(format!("42{n}{}", json!([event, message]))).await;
        let start = format!("43{n}");
        let packet = socket.packet(&start).await;
        let answer: Value = serde_json::from_str(&packet[start.len()..]).unwrap();
        assert_eq!((&answer[0]["success"], &answer[0]["data"]["roomId"]), (&json!(true), &message["roomId"]));
        assert_eq!(answer[0]["data"]["emoji"].is_string(), changes, "{answer}");
    }
    socket.text(format!("424{}", json!(["react", {"roomId": id(&place.room)}]))).await;
    let packet = socket.packet("434").await;
    let answer: Value = serde_json::from_str(&packet[3..]).unwrap();
    assert_eq!((&answer[0]["success"], &answer[0]["code"]), (&json!(false), &json!("VALIDATION_FAILED")));
}

#[tokio::test]
async fn many_reactions_at_once_make_one_order_without_a_gap() {
    let names: Vec<String> = (0..16).map(|n| format!("user-{n}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let place = Place::of(&names).await;
    let before = place.revision().await;
    let mut socket = Socket::of(&place.parlor, &place.people[0]).await;
    socket.join(&place.room, None).await;
    let (path, room) = (place.reaction(THUMB), place.room.as_str());
    let path = path.as_str();
    let reactions = place.people.iter().map(|user| async move { user.put(path).await.expect(204) });
    let messages = place.people.iter().map(|user| async move { user.send(room, "meanwhile").await });
    futures_util::future::join(join_all(reactions), join_all(messages)).await;
    let (mut count, mut sent) = (0, 0);
    for revision in before + 1..=before + 32 {
        let event = socket.next().await;
        assert_eq!(event["revision"], revision, "{event}");
        if event["action"] == "reaction-added" {
            count += 1;
            assert_eq!(event["count"], count);
        } else {
            sent += 1;
        }
    }
    assert_eq!((count, sent, place.revision().await), (16, 16, before + 32));
    assert_eq!(place.reactions().await[0].1, 16);
}
