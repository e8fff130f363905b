//! `parlor dev`: the sample data, and each fault as a client sees it.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use futures_util::{SinkExt, StreamExt, TryStreamExt};
use parlor_client::{Client, Error, Event, Message, Method, NewMessage, RoomClient, RoomId, Socket, Update};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message as Packet;

use crate::{signal, text};

/// Long enough for a slow machine; a test that waits for it has failed.
const TIMEOUT: Duration = Duration::from_mins(1);

/// A server for development, with a client of its user `ada`.
struct Dev {
    process: Child,
    ada: Client,
    room: RoomId,
    folder: PathBuf,
}

impl Drop for Dev {
    fn drop(&mut self) {
        // It removes its folder only if it may end by itself.
        if self.process.try_wait().is_ok_and(|ended| ended.is_none()) {
            signal(&self.process, "-TERM");
            let _ended = self.process.wait();
        }
    }
}

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_parlor"));
    command.args(["dev", "--listen", "127.0.0.1:0", "--log", "error"]).args(arguments);
    command
}

impl Dev {
    async fn start(arguments: &[&str]) -> Self {
        let mut process = command(arguments).stdout(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap()).lines().map(Result::unwrap);
        let lines: Vec<String> = lines.take(6).collect();
        let url = lines[0].strip_prefix("Parlor for development listens on ").unwrap();
        let room = lines[3].split(['(', ')']).nth(1).unwrap().parse().unwrap();
        let folder = lines[5].strip_prefix("The data is in ").unwrap().split(',').next().unwrap().into();
        let ada = Client::new(url).unwrap().sign_in("ada", "correct horse").await.unwrap();
        Self { process, ada, room, folder }
    }

    async fn with(faults: &str) -> Self {
        Self::start(&["--fault", faults]).await
    }

    fn room(&self) -> RoomClient {
        self.ada.room(self.room)
    }

    async fn messages(&self) -> Vec<Message> {
        self.room().messages().from_start().limit(100).items().try_collect().await.unwrap()
    }

    /// Returns the number of messages of that text.
    async fn count(&self, content: &str) -> usize {
        let messages = self.messages().await;
        messages.iter().filter(|message| message.content.as_deref() == Some(content)).count()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_for_development_shows_everything_and_leaves_nothing_behind() {
    let mut dev = Dev::start(&[]).await;
    let messages = dev.messages().await;
    let any = |found: fn(&Message) -> bool| assert!(messages.iter().any(found), "{messages:?}");
    any(|message| message.extras.reply_to.is_some());
    any(|message| message.extras.thread.as_ref().is_some_and(|thread| thread.reply_count == 2));
    any(|message| !message.extras.reactions.is_empty());
    any(|message| message.extras.mentions.iter().any(|user| user.username == "ada"));
    any(|message| message.extras.pinned_at.is_some());
    any(|message| message.edited_at.is_some());
    any(|message| message.deleted_at.is_some());
    any(|message| message.file.is_some());
    any(|message| !message.extras.metadata.is_empty());
    let preflight = dev.ada.request(Method::OPTIONS, "/api/rooms").header("origin", "http://localhost:5173");
    let preflight = preflight.header("access-control-request-method", "GET").send().await.unwrap();
    assert_eq!(preflight.header("access-control-allow-origin"), Some("http://localhost:5173"));
    assert!(dev.folder.join("parlor.db").exists());
    signal(&dev.process, "-INT");
    assert!(dev.process.wait().unwrap().success());
    assert!(!dev.folder.exists());
}

#[test]
fn a_fault_that_there_is_not_and_a_setting_of_the_data_are_refused() {
    let refused = command(&["--fault", "drop-akc=1"]).output().unwrap();
    assert_eq!(refused.status.code(), Some(2));
    assert!(text(&refused.stderr).contains("there is no fault \"drop-akc\""), "{}", text(&refused.stderr));
    for flag in ["--data-dir", "--database-url-file", "--config"] {
        let refused = command(&[flag, "/nowhere"]).output().unwrap();
        assert_eq!(refused.status.code(), Some(2));
        assert!(text(&refused.stderr).contains(flag), "{}", text(&refused.stderr));
    }
}

#[test]
fn the_start_names_the_faults_and_logs_nothing_but_problems() {
    let mut quiet = Command::new(env!("CARGO_BIN_EXE_parlor"));
    quiet.args(["dev", "--listen", "127.0.0.1:0", "--fault", "cut=30s,delay=1ms"]);
    let mut process = quiet.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(process.stdout.take().unwrap()).lines().map(Result::unwrap);
    assert_eq!(lines.take(6).nth(4).unwrap(), "Faults: delay=1ms, cut=30s");
    signal(&process, "-INT");
    assert_eq!(text(&process.wait_with_output().unwrap().stderr), "");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_answer_to_a_request_is_a_stored_message() {
    let dev = Dev::with("drop-ack=1").await;
    let path = format!("/api/rooms/{}/messages", dev.room);
    for _ in 0..2 {
        let request =
            dev.ada.request(Method::POST, &path).json(&json!({"content": "kept", "clientId": "one"}));
        assert!(request.send().await.is_err());
    }
    assert_eq!(dev.count("kept").await, 1);
    // Refusals and other answers arrive.
    let refused = dev.ada.request(Method::POST, &path).json(&json!({"content": ""})).send().await.unwrap();
    assert_eq!(refused.status, 400);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_ack_of_a_websocket_takes_its_connection_with_it() {
    let dev = Dev::with("drop-ack=1").await;
    let mut socket = Socket::open(&dev.ada).await.unwrap();
    socket.send(&json!({"action": "join", "roomId": dev.room, "ref": 1})).await.unwrap();
    while socket.next().await.unwrap()["ref"] != 1 {}
    let frame = json!({"action": "send-message", "roomId": dev.room, "message": "kept", "ref": 2});
    socket.send(&frame).await.unwrap();
    while let Ok(frame) = socket.next().await {
        assert_ne!(frame["ref"], 2, "{frame}");
    }
    assert_eq!(dev.count("kept").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_ack_of_socket_io_takes_its_connection_with_it() {
    let dev = Dev::with("drop-ack=1").await;
    let url =
        format!("{}/socket.io/?EIO=4&transport=websocket", dev.ada.base_url().replacen("http", "ws", 1));
    let (mut socket, _) = tokio_tungstenite::connect_async(url).await.unwrap();
    let connect = format!("40{}", json!({"token": dev.ada.token()}));
    let message = format!("420{}", json!(["message", {"roomId": dev.room, "content": "kept"}]));
    let mut packets = vec![];
    while let Some(Ok(packet)) = socket.next().await {
        let Packet::Text(packet) = packet else { continue };
        if packet.starts_with('0') {
            socket.send(Packet::text(connect.clone())).await.unwrap();
        } else if packet.starts_with("40") {
            socket.send(Packet::text(message.clone())).await.unwrap();
        }
        packets.push(packet.as_str().to_owned());
    }
    assert!(packets.iter().all(|packet| !packet.starts_with("43")), "{packets:?}");
    assert_eq!(dev.count("kept").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_duplicated_event_comes_twice_and_the_client_delivers_it_once() {
    let dev = Dev::with("duplicate=1").await;
    let mut events = dev.room().events(None).await.unwrap();
    let mut socket = Socket::open(&dev.ada).await.unwrap();
    socket.send(&json!({"action": "join", "roomId": dev.room, "ref": 1})).await.unwrap();
    while socket.next().await.unwrap()["action"] != "ack" {}
    let (live, mut updates) = dev.ada.live().join(dev.room, None).connect();
    while !matches!(updates.next().await.unwrap(), Update::Joined { .. }) {}
    for content in ["once", "again"] {
        dev.room().send(content).await.unwrap();
    }
    let mut on_the_stream = vec![];
    while on_the_stream.len() < 4 {
        if let Some(Event::NewMessage(message)) = events.next().await.unwrap() {
            on_the_stream.push(message.content.unwrap());
        }
    }
    assert_eq!(on_the_stream, ["once", "once", "again", "again"]);
    let mut on_the_socket = vec![];
    while on_the_socket.len() < 4 {
        let frame = socket.next().await.unwrap();
        if frame["action"] == "new-message" {
            on_the_socket.push(frame["message"].as_str().unwrap().to_owned());
        }
    }
    assert_eq!(on_the_socket, on_the_stream);
    let mut delivered = vec![];
    while delivered.len() < 2 {
        if let Update::Event(Event::NewMessage(message)) = updates.next().await.unwrap() {
            delivered.push(message.content.unwrap());
        }
    }
    assert_eq!(delivered, ["once", "again"]);
    live.close();
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_and_events_are_late() {
    let dev = Dev::with("delay=300ms").await;
    let delay = Duration::from_millis(300);
    let mut events = dev.room().events(None).await.unwrap();
    let asked = Instant::now();
    let sent = dev.room().send("late").await.unwrap();
    assert!(asked.elapsed() >= delay);
    while !matches!(events.next().await.unwrap(), Some(Event::NewMessage(message)) if message.id == sent.id) {
    }
    assert!(asked.elapsed() >= delay);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_is_cut_after_about_the_time() {
    let dev = Dev::with("cut=1s").await;
    let opened = Instant::now();
    let mut socket = Socket::open(&dev.ada).await.unwrap();
    let ended = tokio::time::timeout(TIMEOUT, async { while socket.next().await.is_ok() {} });
    let mut stream = dev.room().events(None).await.unwrap();
    let streamed =
        tokio::time::timeout(TIMEOUT, async { while let Ok(Some(_)) = stream.next_raw().await {} });
    let (ended, streamed) = tokio::join!(ended, streamed);
    assert!(ended.is_ok() && streamed.is_ok());
    assert!(opened.elapsed() >= Duration::from_millis(500));
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_expire_after_the_time() {
    let dev = Dev::with("expire-tokens=2s").await;
    let expired = async {
        loop {
            match dev.ada.me().await {
                Err(error) if error.code() == Some("UNAUTHENTICATED") => return,
                Err(error) => panic!("{error}"),
                Ok(_) => tokio::time::sleep(Duration::from_millis(50)).await,
            }
        }
    };
    tokio::time::timeout(TIMEOUT, expired).await.expect("the token expires");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_client_loses_and_doubles_nothing_with_all_faults_together() {
    const MESSAGES: usize = 30;
    let dev = Dev::with("drop-ack=0.2,delay=5ms,cut=1s,duplicate=0.3").await;
    let (live, mut updates) =
        dev.ada.live().backoff(Duration::from_millis(10), Duration::from_millis(100)).connect();
    let since = loop {
        match dev.room().get().await {
            Ok(room) => break room.revision,
            Err(Error::Transport(_)) => {}
            Err(error) => panic!("{error}"),
        }
    };
    live.join(dev.room, Some(since)).unwrap();
    let expected: Vec<_> = (0..MESSAGES).map(|n| n.to_string()).collect();
    let talking = async {
        for content in &expected {
            live.send(dev.room, NewMessage::text(content)).await.unwrap();
        }
    };
    let receiving = async {
        let mut contents = vec![];
        while contents.len() < MESSAGES {
            if let Update::Event(Event::NewMessage(message)) = updates.next().await.unwrap() {
                contents.push(message.content.unwrap());
            }
        }
        contents
    };
    let both = async { tokio::join!(talking, receiving).1 };
    assert_eq!(tokio::time::timeout(TIMEOUT, both).await.expect("everything comes in time"), expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn long_polling_gets_events_twice_and_loses_acks() {
    let dev = Dev::with("drop-ack=1,duplicate=1").await;
    let path = "/socket.io/?EIO=4&transport=polling";
    let http = reqwest::Client::new();
    let url = format!("{}{path}", dev.ada.base_url());
    let opened = http.get(&url).send().await.unwrap().text().await.unwrap();
    let opened: Value = serde_json::from_str(opened.strip_prefix('0').unwrap()).unwrap();
    let url = format!("{url}&sid={}", opened["sid"].as_str().unwrap());
    let post = |packet: String| http.post(&url).body(packet).send();
    let poll = || async { http.get(&url).send().await?.text().await };
    post(format!("40{}", json!({"token": dev.ada.token()}))).await.unwrap();
    while !poll().await.unwrap().contains("40{") {}
    post(format!("420{}", json!(["joinRoom", {"roomId": dev.room}]))).await.unwrap();
    while !poll().await.unwrap().contains("430[") {}
    // Another connection's message is an event; one's own is also an answer, which is lost with the poll.
    let other = Client::new(dev.ada.base_url()).unwrap().sign_in("grace", "correct horse").await.unwrap();
    let _lost = other
        .request(Method::POST, &format!("/api/rooms/{}/messages", dev.room))
        .json(&json!({"content": "twice"}))
        .send()
        .await;
    let mut received = String::new();
    while !received.contains("twice") {
        received = poll().await.unwrap();
    }
    assert_eq!(received.matches(r#"42["message""#).count(), 2, "{received}");
    post(format!("421{}", json!(["message", {"roomId": dev.room, "content": "kept"}]))).await.unwrap();
    let lost = async {
        while let Ok(packets) = poll().await {
            assert!(!packets.contains("431["), "{packets}");
        }
    };
    tokio::time::timeout(TIMEOUT, lost).await.expect("a poll fails");
    assert_eq!(dev.count("kept").await, 1);
}
