//! Frames of the WebSocket: references, frames that make no sense, and events that follow calls by REST.

use serde_json::json;

use crate::socket::{Socket, id};
use crate::support::Parlor;

#[tokio::test]
async fn a_ref_comes_back_as_it_was_sent() {
    let parlor = Parlor::start();
    let alice = parlor.user("alice").await;
    let mut socket = Socket::of(&parlor, &alice).await;
    for reference in [
        "100000000000000000000000000000",
        "1e29",
        "1.0",
        "-0",
        "0.1000",
        "null",
        "true",
        r#""\u0041\/\ud800""#,
        r#"{"b": 1,  "a": [1, {}], "b": 2}"#,
        "[ ]",
    ] {
        socket.text(format!(r#"{{"action": "leave", "ref": {reference}}}"#)).await;
        assert_eq!(socket.next_text().await.unwrap(), format!(r#"{{"action":"ack","ref":{reference}}}"#));
        // Of a bad frame too.
        socket.text(format!(r#"{{"ref": {reference}, "action": "dance"}}"#)).await;
        let refused = socket.next_text().await.unwrap();
        assert!(refused.starts_with(&format!(r#"{{"action":"error","ref":{reference},"code""#)), "{refused}");
    }
}

#[tokio::test]
async fn frames_that_cannot_be_understood_are_answered_with_an_error() {
    let parlor = Parlor::start();
    let alice = parlor.user("alice").await;
    let (mut known, mut stranger) =
        (Socket::of(&parlor, &alice).await, Socket::open(&parlor, "", &[]).await.0);
    for (text, code) in [
        ("true", "VALIDATION_FAILED"),
        ("[]", "VALIDATION_FAILED"),
        (r#""x""#, "VALIDATION_FAILED"),
        ("1", "VALIDATION_FAILED"),
        ("null", "VALIDATION_FAILED"),
        ("{}", "VALIDATION_FAILED"),
        (r#"{"action": 5}"#, "VALIDATION_FAILED"),
        ("", "MALFORMED_JSON"),
        ("{", "MALFORMED_JSON"),
        ("ping", "MALFORMED_JSON"),
    ] {
        known.text(text).await;
        let error = known.next().await;
        assert_eq!((&error["action"], &error["code"]), (&json!("error"), &json!(code)), "{text}");
        stranger.text(text).await;
        assert_eq!(stranger.next().await["code"], "UNAUTHENTICATED", "{text}");
    }
    for socket in [&mut known, &mut stranger] {
        socket.binary(b"{}").await;
        assert_eq!(socket.next().await["action"], "error");
    }
}

#[tokio::test]
async fn typing_by_rest_reaches_the_others_and_none_of_the_typists_own_sockets() {
    let parlor = Parlor::start();
    let (alice, bob) = (parlor.user("alice").await, parlor.user("bob").await);
    let room = alice.room("Chat", "public").await;
    let (mut alices, mut bobs) = (Socket::of(&parlor, &alice).await, Socket::of(&parlor, &bob).await);
    bobs.join(&room, None).await;
    alices.join(&room, None).await;
    alice.post(&format!("{room}/typing"), json!({})).await.expect(204);
    let typing = bobs.until("typing").await;
    assert_eq!((&typing["username"], &typing["roomId"]), (&json!("alice"), &json!(id(&room))));
    alice.send(&room, "Hello").await;
    loop {
        let action = alices.next().await["action"].take();
        if action == "new-message" {
            break;
        }
        assert_ne!(action, "typing");
    }
}

#[tokio::test]
async fn who_leaves_by_rest_is_told_last_and_hears_nothing_more() {
    let parlor = Parlor::start();
    let (alice, bob) = (parlor.user("alice").await, parlor.user("bob").await);
    let room = alice.room("Chat", "public").await;
    let mut socket = Socket::of(&parlor, &bob).await;
    socket.join(&room, None).await;
    bob.post(&format!("{room}/leave"), json!({})).await.expect(204);
    assert_eq!(socket.until("member-removed").await["username"], "bob");
    alice.send(&room, "Gone?").await;
    socket.send(json!({"action": "ping"})).await;
    assert_eq!(socket.next().await, json!({"action": "pong"}));
}
