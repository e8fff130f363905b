//! A server for one test, and clients of it.

use std::io::{BufRead, BufReader, Write};
use std::ops::Deref;
use std::process::{Child, Command, Stdio};

use parlor_client::{Client, Method, Request, Response};
use serde_json::{Value, json};
use tempfile::TempDir;

/// A server that ends with its test.
pub(crate) struct Parlor {
    pub(crate) process: Child,
    folder: TempDir,
    settings: Vec<(String, String)>,
    pub(crate) url: String,
    http: reqwest::Client,
}

impl Drop for Parlor {
    fn drop(&mut self) {
        self.kill();
    }
}

fn start(folder: &TempDir, settings: &[(String, String)]) -> (Child, String) {
    let mut process = Command::new(env!("CARGO_BIN_EXE_parlor"))
        .current_dir(folder.path())
        // The developer who runs the tests may have a server of their own.
        .env_remove("DATABASE_URL")
        .env_remove("REDIS_URL")
        .env("PARLOR_LISTEN", "127.0.0.1:0")
        .env("PARLOR_LOG", "error")
        .envs(settings.iter().map(|(name, value)| (name, value)))
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    // The server prints its address once it listens.
    let mut line = String::new();
    BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let url = line.trim().strip_prefix("Parlor listens on ").expect("the server started").to_owned();
    (process, url)
}

/// Returns a line of a process's status in bytes.
pub(crate) fn memory(process: u32, line: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let value = status.lines().find_map(|known| known.strip_prefix(line)).unwrap();
    value.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1_024
}

impl Parlor {
    pub(crate) fn start() -> Self {
        Self::with(&[("PARLOR_LIMITS", "off")])
    }

    pub(crate) fn with(settings: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut settings: Vec<_> =
            settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        if crate::ON_POSTGRES {
            settings.push(("PARLOR_JWT_SECRET".into(), "a secret that every replica shares".into()));
            if !settings.iter().any(|(name, _)| name == "DATABASE_URL") {
                settings.push(("DATABASE_URL".into(), test_support::fresh_database().unwrap()));
            }
        }
        let (process, url) = start(&folder, &settings);
        Self { process, folder, settings, url, http: reqwest::Client::new() }
    }

    /// Kills the server, as a power cut would.
    pub(crate) fn kill(&mut self) {
        let _already_gone = self.process.kill();
        self.process.wait().unwrap();
    }

    /// Kills it and starts it again on the same data, at another address.
    pub(crate) fn restart(&mut self) {
        self.kill();
        (self.process, self.url) = start(&self.folder, &self.settings);
    }

    /// Returns the server's working directory, which holds its data.
    pub(crate) fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }

    /// Returns the server's resident memory in bytes.
    pub(crate) fn resident(&self) -> u64 {
        memory(self.process.id(), "VmRSS:")
    }

    /// Returns the peak of the server's resident memory in bytes.
    pub(crate) fn peak(&self) -> u64 {
        memory(self.process.id(), "VmHWM:")
    }

    /// Runs another command of the program on the same data and returns its standard output.
    pub(crate) fn run(&self, arguments: &[&str]) -> String {
        self.run_with(arguments, "")
    }

    /// Does the same with a text on standard input.
    pub(crate) fn run_with(&self, arguments: &[&str], input: &str) -> String {
        let mut command = Command::new(env!("CARGO_BIN_EXE_parlor"));
        command.args(arguments).current_dir(self.folder.path()).env_remove("DATABASE_URL");
        command.env_remove("REDIS_URL").envs(self.settings.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut process = command.spawn().unwrap();
        // A command that reads no input may have ended.
        let _ended = process.stdin.take().unwrap().write_all(input.as_bytes());
        let output = process.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// Returns what `/metrics` answers.
    pub(crate) async fn metrics(&self) -> String {
        self.http.get(format!("{}/metrics", self.url)).send().await.unwrap().text().await.unwrap()
    }

    /// Returns a client without a session.
    pub(crate) fn anonymous(&self) -> Session {
        let client = Client::with_http(&self.url, self.http.clone()).unwrap();
        Session { client, id: String::new() }
    }

    /// Returns a client with the session of another one, at this server's address.
    pub(crate) fn session_of(&self, user: &Session) -> Session {
        Session { id: user.id.clone(), ..self.anonymous().with_token(&user.token()) }
    }

    /// Signs a new user up and in. The operator creates the account of a server admin.
    pub(crate) async fn user(&self, name: &str) -> Session {
        let (email, password) = (format!("{name}@example.com"), "correct horse");
        let admins = self.settings.iter().filter(|(setting, _)| setting == "PARLOR_ADMINS");
        if admins.flat_map(|(_, names)| names.split(',')).any(|admin| admin == name) {
            self.run_with(&["user", "create", name, &email], password);
        } else {
            let body = json!({"username": name, "email": email, "password": password});
            self.anonymous().post("/api/auth/signup", body).await.expect(201);
        }
        let body = json!({"username": name, "password": password});
        let logged_in = self.anonymous().post("/api/auth/login", body).await.expect(200);
        let session = self.anonymous().with_token(logged_in["data"]["accessToken"].as_str().unwrap());
        Session { id: logged_in["data"]["user"]["id"].as_str().unwrap().to_owned(), ..session }
    }
}

/// A client of the server with the session of a user, or without one: paths and JSON in, status and JSON out.
#[derive(Clone)]
pub(crate) struct Session {
    client: Client,
    /// The user's id, empty without a session.
    pub(crate) id: String,
}

/// An answer of the server, whatever its status.
#[derive(Debug)]
pub(crate) struct Answer(pub(crate) Response);

impl Deref for Answer {
    type Target = Response;

    fn deref(&self) -> &Response {
        &self.0
    }
}

impl Answer {
    /// Checks the status and returns the body.
    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.body);
        self.0.body
    }

    /// Checks that this is an error of that status and code in the common shape, and returns the body.
    #[track_caller]
    pub(crate) fn error(self, status: u16, code: &str) -> Value {
        assert_eq!((self.status, self.body["code"].as_str()), (status, Some(code)), "{}", self.body);
        assert_eq!(self.body["ok"], false);
        assert_eq!(self.body["requestId"], self.headers["x-request-id"].to_str().unwrap());
        self.0.body
    }
}

/// Sends a request; `None` where the server is gone.
pub(crate) async fn try_send(request: Request) -> Option<Answer> {
    Some(Answer(request.send().await.ok()?))
}

/// Sends a request to a server that must answer.
pub(crate) async fn send(request: Request) -> Answer {
    try_send(request).await.expect("the server answers")
}

impl Session {
    /// Returns the same client with another token.
    pub(crate) fn with_token(&self, token: &str) -> Self {
        Self { client: self.client.with_token(token), id: self.id.clone() }
    }

    /// Returns the token of a client that has a session.
    pub(crate) fn token(&self) -> String {
        self.client.token().unwrap()
    }

    /// Returns the typed client.
    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> Request {
        self.client.request(method, path)
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        send(self.request(Method::GET, path)).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        send(self.request(Method::POST, path).json(&body)).await
    }

    pub(crate) async fn put(&self, path: &str) -> Answer {
        send(self.request(Method::PUT, path)).await
    }

    pub(crate) async fn patch(&self, path: &str, body: Value) -> Answer {
        send(self.request(Method::PATCH, path).json(&body)).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        send(self.request(Method::DELETE, path)).await
    }

    /// Creates a room and returns its path.
    pub(crate) async fn room(&self, name: &str, visibility: &str) -> String {
        let made = self.post("/api/rooms", json!({"name": name, "visibility": visibility})).await.expect(201);
        format!("/api/rooms/{}", made["data"]["id"].as_str().unwrap())
    }

    /// Sends a text message to the room at that path and returns the message.
    pub(crate) async fn send(&self, room: &str, content: &str) -> Value {
        self.post(&format!("{room}/messages"), json!({"content": content})).await.expect(201)["data"].take()
    }

    pub(crate) async fn join(&self, room: &str) {
        self.post(&format!("{room}/join"), json!({})).await.expect(200);
    }
}
