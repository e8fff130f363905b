//! Socket.IO, with the official client from npm.

use std::path::Path;

use serde_json::json;
use tokio::process::Command;

use crate::socket::{Socket, id};
use crate::support::Parlor;

#[tokio::test]
async fn the_official_client_chats_over_polling_websocket_and_the_upgrade_between_them() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/node");
    assert!(folder.join("node_modules").exists(), "`cargo xtask test` installs what this needs (npm ci)");
    let parlor = Parlor::start();
    let (john, jane) = (parlor.user("john_doe").await, parlor.user("jane_doe").await);
    let room = john.room("General", "public").await;
    let output = Command::new("node")
        .current_dir(folder)
        .args(["socketio.mjs", &parlor.url])
        .args([john.token(), jane.token()])
        .arg(id(&room))
        .output()
        .await
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
}

#[tokio::test(flavor = "multi_thread")]
async fn events_sent_right_after_connecting_are_handled() {
    let parlor = Parlor::start();
    let alice = parlor.user("alice").await;
    let room = alice.room("Chat", "public").await;
    let connect = format!("40{}", json!({"token": alice.token()}));
    let join = format!("420{}", json!(["joinRoom", {"roomId": id(&room)}]));
    let one_after_the_other = async || {
        for _ in 0..50 {
            let (mut socket, _) = Socket::at(&parlor, "/socket.io/?EIO=4&transport=websocket", &[]).await;
            socket.text(connect.as_str()).await;
            socket.packet("40").await;
            socket.text(join.as_str()).await;
            socket.packet("430").await;
        }
    };
    // Some at a time, so that the server has its hands full.
    futures_util::future::join_all((0..8).map(|_| one_after_the_other())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn events_are_acknowledged_in_the_order_in_which_they_were_sent() {
    const MESSAGES: usize = 100;
    let parlor = Parlor::start();
    let alice = parlor.user("alice").await;
    let room = alice.room("Chat", "public").await;
    let (mut socket, _) = Socket::at(&parlor, "/socket.io/?EIO=4&transport=websocket", &[]).await;
    socket.text(format!("40{}", json!({"token": alice.token()}))).await;
    socket.packet("40").await;
    for n in 0..MESSAGES {
        let event = json!(["message", {"roomId": id(&room), "content": n.to_string()}]);
        socket.text(format!("42{n}{event}")).await;
    }
    for n in 0..MESSAGES {
        let answer = socket.packet("43").await;
        let ack: String = answer.chars().skip(2).take_while(char::is_ascii_digit).collect();
        assert_eq!(ack, n.to_string(), "{answer}");
    }
    let history = alice.get(&format!("{room}/messages?limit={MESSAGES}")).await.expect(200);
    // The newest is the first.
    let contents: Vec<_> =
        history["data"].as_array().unwrap().iter().rev().map(|message| message["content"].clone()).collect();
    assert_eq!(contents, (0..MESSAGES).map(|n| json!(n.to_string())).collect::<Vec<_>>());
}
