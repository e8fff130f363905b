//! `parlor copy`, as an operator runs it: a server on the copy goes on where the other one was.

use reqwest::Client;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::alice::{Alice, body};
use crate::backup::{Server, done, refused};
use crate::parlor;

const SECRET: &str = "a secret that outlives the database";

fn serve(folder: &TempDir, database: &str) -> Server {
    Server::of(
        parlor(folder)
            .env("DATABASE_URL", database)
            .env("PARLOR_JWT_SECRET", SECRET)
            .env("PARLOR_LIMITS", "off"),
    )
}

async fn get(alice: &Alice, url: &str, path: &str) -> Value {
    body(alice.client.get(format!("{url}{path}")).bearer_auth(&alice.token).send().await.unwrap(), 200).await
}

/// Sends under a key; answers the status and what was said.
async fn keyed(alice: &Alice, url: &str, words: &str) -> (u16, Value) {
    let messages = alice.client.post(format!("{url}{}/messages", alice.room)).bearer_auth(&alice.token);
    let answer = messages.json(&json!({"content": words, "clientId": "key"})).send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

/// All that Alice can see: her room, its members, its history, and every change since it began.
async fn all(alice: &Alice, url: &str) -> Vec<Value> {
    let mut all = vec![];
    for path in ["", "/members", "/messages?limit=100"] {
        all.push(get(alice, url, &format!("{}{path}", alice.room)).await);
    }
    all.push(get(alice, url, "/api/users/me").await);
    all
}

#[tokio::test]
async fn a_server_on_the_copy_goes_on_where_the_other_was() {
    let folder = tempfile::tempdir().unwrap();
    let postgres = test_support::fresh_database().unwrap();
    let first = serve(&folder, "sqlite://first.db");
    let alice = Alice::new(&first.url).await;
    let mut sent = vec![];
    for n in 0..5 {
        sent.push(body(alice.send(&first.url, n).await, 201).await["data"].take());
    }
    let path = |n: usize| format!("{}{}/messages/{}", first.url, alice.room, sent[n]["id"].as_str().unwrap());
    let deleted = alice.client.delete(path(1)).bearer_auth(&alice.token).send().await.unwrap();
    assert!(deleted.status().is_success(), "{}", deleted.status());
    let words = json!({"content": "other words"});
    let edited = alice.client.patch(path(2)).bearer_auth(&alice.token).json(&words).send().await.unwrap();
    body(edited, 200).await;
    let (status, message) = keyed(&alice, &first.url, "once").await;
    assert_eq!((status, &message["data"]["seq"]), (201, &json!(6)));
    let before = all(&alice, &first.url).await;

    // Servers on the source need not stop for it.
    let said = done(&folder, &["copy", "--from", "sqlite://first.db", "--to", &postgres]);
    assert!(said.contains("copying messages: 6 rows\n"), "{said}");
    assert!(said.contains("counts and checksums are equal"), "{said}");
    drop(first);
    let second = serve(&folder, &postgres);
    assert_eq!(all(&alice, &second.url).await, before, "with the token of before, too");
    assert_eq!(keyed(&alice, &second.url, "once").await.1["data"]["id"], message["data"]["id"]);
    assert_eq!(keyed(&alice, &second.url, "twice").await.0, 409, "the key's fingerprint came along");
    let next = body(alice.send(&second.url, 6).await, 201).await;
    assert_eq!(next["data"]["seq"], 7);
    let before = all(&alice, &second.url).await;

    done(&folder, &["copy", "--from", &postgres, "--to", "sqlite://third/parlor.db"]);
    drop(second);
    let third = serve(&folder, "sqlite://third/parlor.db");
    assert_eq!(all(&alice, &third.url).await, before);
    assert_eq!(keyed(&alice, &third.url, "once").await.1["data"]["id"], message["data"]["id"]);
    assert_eq!(body(alice.send(&third.url, 7).await, 201).await["data"]["seq"], 8);
}

#[tokio::test]
async fn a_copy_refuses_what_it_cannot_read_or_fill() {
    let folder = tempfile::tempdir().unwrap();
    let postgres = test_support::fresh_database().unwrap();
    let server = serve(&folder, "sqlite://first.db");
    Alice::new(&server.url).await;
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
    let login = json!({"username": "alice", "password": "correct horse"});
    let login = Client::new().post(format!("{}/api/auth/login", target.url)).json(&login);
    body(login.send().await.unwrap(), 200).await;
    let why = copy("sqlite://first.db", &postgres);
    assert!(why.contains("the target has users already: it must be empty"), "{why}");
}
