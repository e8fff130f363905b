//! The client of the program, whose connections are cut again and again.

use std::process::Stdio;
use std::time::Duration;

use futures_util::TryStreamExt;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::Command;

use super::proxy::Proxy;
use super::{public_room, user};
use crate::support::Parlor;

const LINES: usize = 24;
/// Long enough for a slow machine; a test that waits for it has failed.
const TIMEOUT: Duration = Duration::from_mins(2);

#[tokio::test(flavor = "multi_thread")]
async fn chat_and_tail_miss_and_double_nothing_while_their_connections_are_cut() {
    let parlor = Parlor::start();
    let proxy = Proxy::to(&parlor.url).await;
    let alice = user(&parlor, "alice").await;
    let room = public_room(&alice).await;
    let command = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_parlor"));
        command.args(arguments).arg(room.to_string()).stdin(Stdio::piped()).stdout(Stdio::piped());
        command.env("PARLOR_SERVER", &proxy.url).env("PARLOR_TOKEN", alice.token().unwrap());
        command.kill_on_drop(true).spawn().unwrap()
    };
    let mut tail = command(&["tail", "--json", "--since", "0"]);
    let mut chat = command(&["chat"]);
    let mut events = BufReader::new(tail.stdout.take().unwrap()).lines();
    let mut input = chat.stdin.take().unwrap();
    let talking = async {
        let mut received = vec![];
        for n in 0..LINES {
            input.write_all(format!("{n}\n").as_bytes()).await.unwrap();
        }
        drop(input);
        while received.len() < LINES {
            let line = events.next_line().await.unwrap().expect("the stream does not end");
            let event: Value = serde_json::from_str(&line).unwrap();
            if event["action"] == "new-message" {
                received.push(event["message"].as_str().unwrap().to_owned());
                if received.len() % 5 == 0 {
                    proxy.cut();
                }
            }
        }
        assert!(chat.wait().await.unwrap().success());
        received
    };
    let received = tokio::time::timeout(TIMEOUT, talking).await.expect("everything comes in time");
    let expected: Vec<_> = (0..LINES).map(|n| n.to_string()).collect();
    assert_eq!(received, expected);
    let history = alice.room(room).messages().from_start().items();
    let stored: Vec<_> = history.map_ok(|message| message.content.unwrap()).try_collect().await.unwrap();
    assert_eq!(stored, expected);
}
