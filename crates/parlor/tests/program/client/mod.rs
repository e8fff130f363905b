//! The client: sessions that are kept, messages that are sent, and failures with their exit codes.

mod rooms;
mod terminal;

use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use futures_util::TryStreamExt;
use parlor_client::{Client, NewRoom, Room};
use serde_json::Value;
use tempfile::TempDir;

use crate::{parlor, serve, text};

/// A server with the user `alice`, a room of hers, and a folder for her configuration.
struct Setting {
    server: Child,
    url: String,
    home: TempDir,
    alice: Client,
    room: Room,
    _data: TempDir,
}

impl Drop for Setting {
    fn drop(&mut self) {
        let _already_gone = self.server.kill();
        let _waited = self.server.wait();
    }
}

impl Setting {
    async fn new() -> Self {
        let data = tempfile::tempdir().unwrap();
        let (server, address) = serve(parlor(&data).env("PARLOR_LIMITS", "off"));
        let url = format!("http://{address}");
        let anonymous = Client::new(&url).unwrap();
        anonymous.sign_up("alice", "alice@example.com", "correct horse").await.unwrap();
        let alice = anonymous.sign_in("alice", "correct horse").await.unwrap();
        let room = alice.create_room(&NewRoom::public("General Chat")).await.unwrap();
        Self { server, url, home: tempfile::tempdir().unwrap(), alice, room, _data: data }
    }

    /// Prepares a command of the client.
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = client(self.home.path());
        command.args(arguments);
        command
    }

    fn run(&self, arguments: &[&str], input: &str) -> Output {
        output(self.command(arguments), input)
    }

    /// Logs alice in.
    fn log_in(&self) -> Output {
        self.run(&["login", "alice", "--server", &self.url, "--password-stdin"], "correct horse\n")
    }

    async fn contents(&self) -> Vec<String> {
        let walk = self.alice.room(self.room.id).messages().from_start().items();
        walk.map_ok(|message| message.content.unwrap_or_default()).try_collect().await.unwrap()
    }
}

/// Prepares the program for a user with that folder of configuration.
fn client(home: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_parlor"));
    command.env("XDG_CONFIG_HOME", home).env_remove("PARLOR_SERVER").env_remove("PARLOR_TOKEN");
    command
}

/// Runs a command with that on standard input.
fn output(mut command: Command, input: &str) -> Output {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut process = command.spawn().unwrap();
    // A command that reads no input may have ended.
    let _ended = process.stdin.take().unwrap().write_all(input.as_bytes());
    process.wait_with_output().unwrap()
}

/// Checks the exit code and that the error says so.
#[track_caller]
fn fails(output: &Output, code: i32, saying: &str) {
    let error = text(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{error}");
    assert!(error.contains(saying), "{error}");
}

#[track_caller]
fn succeeds(output: &Output) -> String {
    assert!(output.status.success(), "{}", text(&output.stderr));
    text(&output.stdout).trim().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_is_kept_for_its_owner_alone_until_the_logout_ends_it() {
    let setting = Setting::new().await;
    assert_eq!(succeeds(&setting.log_in()), format!("logged in at {} as alice", setting.url));
    let folder = setting.home.path().join("parlor");
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&folder), mode(&folder.join("session.json"))), (0o700, 0o600));
    let kept: Value = serde_json::from_slice(&std::fs::read(folder.join("session.json")).unwrap()).unwrap();

    let id = succeeds(&setting.run(&["send", "General Chat", "Hello"], ""));
    assert_eq!(
        setting.alice.room(setting.room.id).message(id.parse().unwrap()).await.unwrap().content.unwrap(),
        "Hello"
    );

    succeeds(&setting.run(&["logout"], ""));
    assert!(!folder.join("session.json").exists());
    let ended = setting.alice.with_token(kept["token"].as_str().unwrap()).me().await.unwrap_err();
    assert_eq!(ended.code(), Some("UNAUTHENTICATED"));
    fails(&setting.run(&["send", "General Chat", "Hello"], ""), 3, "log in with `parlor login --server");
    assert_eq!(succeeds(&setting.run(&["logout"], "")), "not logged in");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kept_session_is_sent_to_no_other_server() {
    let (setting, other) = (Setting::new().await, Setting::new().await);
    succeeds(&setting.log_in());
    let refused = setting.run(&["send", "General Chat", "Hello", "--server", &other.url], "");
    fails(&refused, 3, &format!("not logged in at {}", other.url));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_sent_again_under_its_key_is_one_message() {
    let setting = Setting::new().await;
    succeeds(&setting.log_in());
    let send = || setting.run(&["send", "General Chat", "-", "--client-id", "one"], "two\nlines\n");
    assert_eq!(succeeds(&send()), succeeds(&send()));
    assert_eq!(setting.contents().await, ["two\nlines"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_failure_has_its_exit_code_and_a_remedy() {
    let setting = Setting::new().await;
    let nobody = tempfile::tempdir().unwrap();
    let with = |name: &str, value: &str, arguments: &[&str]| {
        let mut command = client(nobody.path());
        command.env("PARLOR_SERVER", &setting.url).env(name, value).args(arguments);
        output(command, "")
    };
    let send = ["send", "General Chat", "Hello"];
    fails(&with("PARLOR_TOKEN", "", &send), 3, "not logged in");
    fails(&with("PARLOR_TOKEN", "expired", &send), 3, "has expired or ended");
    fails(&with("PARLOR_TOKEN", "a\nb", &send), 2, "PARLOR_TOKEN");
    let wrong =
        setting.run(&["login", "alice", "--server", &setting.url, "--password-stdin"], "wrong horse\n");
    fails(&wrong, 3, "knows no such name and password");
    fails(
        &setting.run(&["login", "alice", "--server", "chat.example", "--password-stdin"], "x\n"),
        2,
        "chat.example",
    );

    let token = setting.alice.token().unwrap();
    fails(&with("PARLOR_TOKEN", &token, &["send", "General", "Hello"]), 4, r#"there is no room "General""#);
    for length in [1_001, 70_000] {
        let long = with("PARLOR_TOKEN", &token, &["send", "General Chat", &"x".repeat(length)]);
        fails(&long, 1, "1000 characters");
    }
    fails(&with("PARLOR_TOKEN", &token, &["chat"]), 2, "name a room");
    fails(&with("PARLOR_TOKEN", &token, &["send", " ", "Hello"]), 2, "the name of the room is empty");
    fails(
        &setting.run(&["login", "alice", "--server", &setting.url, "--password-stdin"], "\n"),
        2,
        "the password is empty",
    );
    fails(
        &with("PARLOR_SERVER", "http://127.0.0.1:1", &["login", "alice", "--password-stdin"]),
        2,
        "password",
    );
    let mut away = client(nobody.path());
    away.env("PARLOR_SERVER", "http://127.0.0.1:1").env("PARLOR_TOKEN", &token);
    away.args(["send", "General Chat", "Hello", "--wait", "0"]);
    fails(&output(away, ""), 5, "can't reach http://127.0.0.1:1: error sending request: ");
    assert_eq!(setting.contents().await, [""; 0]);

    setting.alice.create_room(&NewRoom::public("General Chat")).await.unwrap();
    fails(&with("PARLOR_TOKEN", &token, &send), 4, &setting.room.id.to_string());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bot_joins_the_room_that_it_follows_and_answers_by_shell() {
    let setting = Setting::new().await;
    let anonymous = setting.alice.anonymous();
    anonymous.sign_up("bot", "bot@example.com", "correct horse").await.unwrap();
    let bot = anonymous.sign_in("bot", "correct horse").await.unwrap().token().unwrap();
    let command = |arguments: &[&str]| {
        let mut command = setting.command(arguments);
        command.env("PARLOR_TOKEN", &bot).env("PARLOR_SERVER", &setting.url);
        command
    };
    fails(&output(command(&["send", "General Chat", "Hello"]), ""), 4, "--join");
    let mut tail =
        command(&["tail", "General Chat", "--json", "--join"]).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(tail.stdout.take().unwrap()).lines();
    let mut event = || serde_json::from_str::<Value>(&lines.next().unwrap().unwrap()).unwrap();
    assert_eq!(
        (event()["action"].take(), event()["action"].take()),
        ("member-added".into(), "caught-up".into())
    );
    setting.alice.room(setting.room.id).send("!ping").await.unwrap();
    let asked = event();
    assert_eq!(asked["message"], "!ping");
    let key = format!("pong-{}", asked["id"].as_str().unwrap());
    succeeds(&output(command(&["send", "General Chat", "pong", "--client-id", &key]), ""));
    assert_eq!(event()["message"], "pong");
    tail.kill().unwrap();
    tail.wait().unwrap();
    // From a revision on, as lines for people.
    let since = asked["revision"].as_i64().unwrap() - 1;
    let tail =
        command(&["tail", "General Chat", "--since", &since.to_string()]).stdout(Stdio::piped()).spawn();
    let mut tail = tail.unwrap();
    let mut lines = BufReader::new(tail.stdout.take().unwrap()).lines();
    for expected in [" alice: !ping", " bot: pong"] {
        let line = lines.next().unwrap().unwrap();
        assert!(line.ends_with(expected), "{line}");
    }
    tail.kill().unwrap();
    tail.wait().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chat_sends_its_lines_in_order_as_they_are_and_prints_those_of_others() {
    let setting = Setting::new().await;
    setting.alice.room(setting.room.id).send("earlier").await.unwrap();
    succeeds(&setting.log_in());
    let mut chat = setting.command(&["chat", "General Chat", "--history", "5"]);
    let mut chat = chat.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut input = chat.stdin.take().unwrap();
    let mut lines = BufReader::new(chat.stdout.take().unwrap()).lines();
    let mut line = || lines.next().unwrap().unwrap();
    assert!(line().ends_with(" alice: earlier"));
    input.write_all(b"/quit\n\nsecond\n").unwrap();
    while setting.contents().await.len() < 3 {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    setting.alice.room(setting.room.id).send("hello").await.unwrap();
    assert!(line().ends_with(" alice: hello"), "its own lines are not repeated");
    drop(input);
    assert!(chat.wait().unwrap().success());
    assert_eq!(setting.contents().await, ["earlier", "/quit", "second", "hello"]);
    for (length, problem) in [(1_001, "VALIDATION_FAILED"), (70_000, "PAYLOAD_TOO_LARGE")] {
        let input = format!("{}\nafter {length}\n", "x".repeat(length));
        let refused = setting.run(&["chat", "General Chat"], &input);
        fails(&refused, 1, "1 line was not sent");
        fails(&refused, 1, problem);
        assert!(refused.stderr.len() < 1_000, "the line is not repeated as a whole");
        assert_eq!(setting.contents().await.last().unwrap(), &format!("after {length}"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_starts_in_the_environment_of_a_client() {
    let data = tempfile::tempdir().unwrap();
    let (mut server, address) =
        serve(parlor(&data).env("PARLOR_TOKEN", "x").env("PARLOR_SERVER", "http://127.0.0.1:1"));
    assert!(crate::get(&address, "/health").starts_with("HTTP/1.1 200"));
    server.kill().unwrap();
    server.wait().unwrap();
}
