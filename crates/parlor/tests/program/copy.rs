//! `parlor copy`, as an operator runs it: a server on the copy goes on where the other one was.

use parlor_client::{Client, Method};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::backup::{Server, done, refused};
use crate::parlor;
use crate::session::Session;

const SECRET: &str = "a secret that outlives the database";

fn serve(folder: &TempDir, database: &str) -> Server {
    Server::of(
        parlor(folder)
            .env("DATABASE_URL", database)
            .env("PARLOR_JWT_SECRET", SECRET)
            .env("PARLOR_LIMITS", "off"),
    )
}

async fn get(alice: &Session, url: &str, path: &str) -> Value {
    let answer = alice.at(url).request(Method::GET, path).send().await.unwrap();
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.body
}

/// Sends under one key and returns the status and the body.
async fn send_with_key(alice: &Session, url: &str, content: &str) -> (u16, Value) {
    let request = alice.at(url).request(Method::POST, &format!("/api/rooms/{}/messages", alice.room));
    let answer = request.json(&json!({"content": content, "clientId": "key"})).send().await.unwrap();
    (answer.status, answer.body)
}

/// Returns all that the user sees: the room, its members, its history, and the account.
async fn all(alice: &Session, url: &str) -> Vec<Value> {
    let mut all = vec![];
    for path in ["", "/members", "/messages?limit=100"] {
        all.push(get(alice, url, &format!("/api/rooms/{}{path}", alice.room)).await);
    }
    all.push(get(alice, url, "/api/users/me").await);
    all
}

#[tokio::test]
async fn a_server_on_the_copy_continues_from_the_original() {
    let folder = tempfile::tempdir().unwrap();
    let postgres = test_support::fresh_database().unwrap();
    let first = serve(&folder, "sqlite://first.db");
    let alice = Session::new(&first.url).await;
    let room = alice.room_at(&first.url);
    let mut sent = vec![];
    for n in 0..5 {
        sent.push(room.send(n.to_string()).await.unwrap().id);
    }
    room.delete_message(sent[1]).await.unwrap();
    room.edit(sent[2], "other words").await.unwrap();
    let (status, message) = send_with_key(&alice, &first.url, "once").await;
    assert_eq!((status, &message["data"]["seq"]), (201, &json!(6)));
    let before = all(&alice, &first.url).await;

    // Servers on the source need not stop for it.
    let output = done(&folder, &["copy", "--from", "sqlite://first.db", "--to", &postgres]);
    assert!(output.contains("copying messages: 6 rows\n"), "{output}");
    assert!(output.contains("counts and checksums are equal"), "{output}");
    drop(first);
    let second = serve(&folder, &postgres);
    assert_eq!(all(&alice, &second.url).await, before, "with the token of before, too");
    assert_eq!(send_with_key(&alice, &second.url, "once").await.1["data"]["id"], message["data"]["id"]);
    assert_eq!(send_with_key(&alice, &second.url, "twice").await.0, 409, "the key's fingerprint came along");
    assert_eq!(alice.send(&second.url, 6).await, 7);
    let before = all(&alice, &second.url).await;

    done(&folder, &["copy", "--from", &postgres, "--to", "sqlite://third/parlor.db"]);
    drop(second);
    let third = serve(&folder, "sqlite://third/parlor.db");
    assert_eq!(all(&alice, &third.url).await, before);
    assert_eq!(send_with_key(&alice, &third.url, "once").await.1["data"]["id"], message["data"]["id"]);
    assert_eq!(alice.send(&third.url, 7).await, 8);
}

#[tokio::test]
async fn a_copy_refuses_what_it_cannot_read_or_fill() {
    let folder = tempfile::tempdir().unwrap();
    let postgres = test_support::fresh_database().unwrap();
    let server = serve(&folder, "sqlite://first.db");
    Session::new(&server.url).await;
    let copy = |from: &str, to: &str| refused(&folder, &["copy", "--from", from, "--to", to]);
    let why = copy("sqlite://absent.db", &postgres);
    assert!(why.contains("there is no database absent.db"), "{why}");
    let why = copy("mysql://x", &postgres);
    assert!(why.contains("--from must be sqlite://<path> or postgres://"), "{why}");
    let why = copy("sqlite://first.db", "sqlite://first.db");
    assert!(why.contains("first.db exists"), "{why}");
    let why = copy("sqlite://first.db", "postgres://nobody:s3cret@127.0.0.1:1/parlor");
    assert!(why.contains("can't write to --to") && !why.contains("s3cret"), "{why}");
    let why = copy(&postgres, "sqlite://second.db");
    assert!(why.contains("the source is not a database of Parlor"), "{why}");
    // Servers on the target may be there already, as long as nothing is in it.
    let target = serve(&folder, &postgres);
    done(&folder, &["copy", "--from", "sqlite://first.db", "--to", &postgres]);
    Client::new(&target.url).unwrap().log_in("alice", "correct horse").await.unwrap();
    let why = copy("sqlite://first.db", &postgres);
    assert!(why.contains("the target has users already: it must be empty"), "{why}");
}
