//! The link that a start on a terminal prints: it makes the first server admin.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use futures_util::future::join_all;
use serde_json::json;
use tempfile::TempDir;

use crate::{parlor, signal, text};

/// A server whose standard output is a terminal.
struct OnATerminal {
    server: Child,
    terminal: BufReader<File>,
}

impl OnATerminal {
    fn start(mut command: Command) -> Self {
        let pty = nix::pty::openpty(None, None).unwrap();
        command.env("PARLOR_LIMITS", "off").stdout(Stdio::from(pty.slave)).stderr(Stdio::null());
        let server = command.spawn().unwrap();
        // With the command goes this process's end of the terminal.
        drop(command);
        Self { server, terminal: BufReader::new(File::from(pty.master)) }
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.terminal.read_line(&mut line).unwrap();
        line.trim().to_owned()
    }

    /// Reads up to the link; returns the address of the server and the secret.
    fn link(&mut self) -> (String, String) {
        let address = self.line().strip_prefix("Parlor listens on ").unwrap().to_owned();
        self.line();
        assert!(self.line().starts_with("There is no server admin yet."));
        let (line, start) = (self.line(), format!("{address}/admin#first="));
        assert!(line.starts_with(&start), "{line}");
        let secret = &line[start.len()..];
        assert!(secret.len() >= 64 && secret.bytes().all(|byte| byte.is_ascii_alphanumeric()), "{line}");
        (address, secret.to_owned())
    }

    /// Ends the server and returns everything else that it printed.
    fn end(mut self) -> String {
        signal(&self.server, "-TERM");
        self.server.wait().unwrap();
        // A terminal that the other side closed ends with an error.
        self.terminal.lines().map_while(Result::ok).collect::<Vec<_>>().join("\n")
    }
}

fn account(secret: &str, name: &str) -> serde_json::Value {
    json!({"secret": secret, "username": name, "email": format!("{name}@example.com"), "password": "correct horse"})
}

async fn post(
    address: &str,
    path: &str,
    token: Option<&str>,
    body: serde_json::Value,
) -> (u16, serde_json::Value) {
    let mut request = reqwest::Client::new().post(format!("{address}{path}")).json(&body);
    if let Some(token) = token {
        request = request.bearer_auth(token);
    }
    let answer = request.send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap_or_default())
}

async fn log_in(address: &str, name: &str) -> String {
    let body = json!({"username": name, "password": "correct horse"});
    let (_, answer) = post(address, "/api/auth/login", None, body).await;
    answer["data"]["accessToken"].as_str().unwrap().to_owned()
}

async fn may_administer(address: &str, token: &str) -> bool {
    let users = reqwest::Client::new().get(format!("{address}/admin/api/users")).bearer_auth(token);
    users.send().await.unwrap().status() == 200
}

fn on_a_terminal(folder: &TempDir) -> OnATerminal {
    OnATerminal::start(parlor(folder))
}

/// Starts a server on a terminal, on which it prints no link.
fn expect_no_link(command: Command) {
    let mut server = OnATerminal::start(command);
    assert!(server.line().starts_with("Parlor listens on "));
    // A signal waits until the start is over.
    let rest = server.end();
    assert!(rest.contains("Open http") && !rest.contains("first="), "{rest}");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_who_follow_the_link_at_once_one_becomes_the_first_admin() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = on_a_terminal(&folder);
    let (address, secret) = server.link();
    let create = |n: usize| {
        let (address, body) = (&address, account(&secret, &format!("user-{n}")));
        async move { post(address, "/admin/api/first/account", None, body).await.0 }
    };
    let statuses = join_all((0..6).map(create)).await;
    assert_eq!(statuses.iter().filter(|status| **status == 201).count(), 1, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|status| **status == 404).count(), 5, "{statuses:?}");
    let winner = statuses.iter().position(|status| *status == 201).unwrap();
    let token = log_in(&address, &format!("user-{winner}")).await;
    assert!(may_administer(&address, &token).await);
    server.end();
    let log = text(&parlor(&folder).args(["audit", "list"]).output().unwrap().stdout);
    assert_eq!(log.matches(" server-admin-granted ").count(), 1, "{log}");
    expect_no_link(parlor(&folder));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_latest_link_makes_the_owner_of_an_account_the_first_admin() {
    let folder = tempfile::tempdir().unwrap();
    let mut first = on_a_terminal(&folder);
    let (_, former) = first.link();
    first.end();
    let mut server = on_a_terminal(&folder);
    let (address, secret) = server.link();
    let body = json!({"username": "ada", "email": "ada@example.com", "password": "correct horse"});
    assert_eq!(post(&address, "/api/auth/signup", None, body).await.0, 201);
    let token = log_in(&address, "ada").await;
    let claim = async |secret: &str| {
        post(&address, "/admin/api/first/claim", Some(&token), json!({"secret": secret})).await.0
    };
    assert_eq!(claim(&former).await, 404);
    // A refused account leaves the link as it was.
    assert_eq!(post(&address, "/admin/api/first/account", None, account(&secret, "ada")).await.0, 409);
    assert!(!may_administer(&address, &token).await);
    assert_eq!(claim(&secret).await, 204);
    assert_eq!(claim(&secret).await, 404);
    assert!(may_administer(&address, &token).await);
    server.end();
}

#[test]
fn a_promotion_at_the_command_line_ends_the_link() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = on_a_terminal(&folder);
    server.link();
    let file = folder.path().join("password");
    std::fs::write(&file, "correct horse\n").unwrap();
    for arguments in
        [&["user", "create", "ada", "--password-file", "password"][..], &["user", "promote", "ada"]]
    {
        let output = parlor(&folder).args(arguments).output().unwrap();
        assert!(output.status.success(), "{}", text(&output.stderr));
    }
    server.end();
    expect_no_link(parlor(&folder));
}

#[test]
fn no_link_is_printed_elsewhere_than_on_a_terminal_nor_where_admins_are_configured_or_the_page_is_off() {
    for (name, value) in [("PARLOR_ADMINS", "boss"), ("PARLOR_ADMIN_PAGE", "off")] {
        let folder = tempfile::tempdir().unwrap();
        let mut command = parlor(&folder);
        command.env(name, value);
        expect_no_link(command);
    }
    let folder = tempfile::tempdir().unwrap();
    let mut server = parlor(&folder).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut output = BufReader::new(server.stdout.take().unwrap());
    output.read_line(&mut String::new()).unwrap();
    signal(&server, "-TERM");
    server.wait().unwrap();
    let rest: Vec<String> = output.lines().map_while(Result::ok).collect();
    assert!(!rest.concat().contains("first="), "{rest:?}");
}
