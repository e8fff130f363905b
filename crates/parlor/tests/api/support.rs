//! A server of a test's own, and somebody to talk to it.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};
use tempfile::TempDir;

pub(crate) struct Parlor {
    pub(crate) process: Child,
    folder: TempDir,
    settings: Vec<(String, String)>,
    pub(crate) url: String,
    client: Client,
}

impl Drop for Parlor {
    fn drop(&mut self) {
        self.kill();
    }
}

fn start(folder: &TempDir, settings: &[(String, String)]) -> (Child, String) {
    let mut process = Command::new(env!("CARGO_BIN_EXE_parlor"))
        .current_dir(folder.path())
        // Whoever runs the tests may have a server of their own.
        .env_remove("DATABASE_URL")
        .env_remove("REDIS_URL")
        .env("PARLOR_LISTEN", "127.0.0.1:0")
        .env("PARLOR_LOG", "error")
        .envs(settings.iter().map(|(name, value)| (name, value)))
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    // The server says where it listens once it does.
    let mut line = String::new();
    BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let url = line.trim().strip_prefix("Parlor listens on ").expect("the server started").to_owned();
    (process, url)
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
        Self { process, folder, settings, url, client: Client::new() }
    }

    /// Ends the server as a power cut would.
    pub(crate) fn kill(&mut self) {
        let _already_gone = self.process.kill();
        self.process.wait().unwrap();
    }

    /// Starts it again on the same data.
    pub(crate) fn restart(&mut self) {
        self.kill();
        (self.process, self.url) = start(&self.folder, &self.settings);
    }

    /// Where the server keeps what it keeps.
    pub(crate) fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }

    /// How many bytes the server has in memory.
    pub(crate) fn resident(&self) -> u64 {
        self.memory("VmRSS:")
    }

    /// How many it had at most.
    pub(crate) fn peak(&self) -> u64 {
        self.memory("VmHWM:")
    }

    fn memory(&self, line: &str) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id())).unwrap();
        let value = status.lines().find_map(|known| known.strip_prefix(line)).unwrap();
        value.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1_024
    }

    /// Runs another command on the same data; answers what it said.
    pub(crate) fn run(&self, arguments: &[&str]) -> String {
        let output = Command::new(env!("CARGO_BIN_EXE_parlor"))
            .args(arguments)
            .current_dir(self.folder.path())
            .env_remove("DATABASE_URL")
            .env_remove("REDIS_URL")
            .envs(self.settings.iter().map(|(name, value)| (name, value)))
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// Nobody in particular.
    pub(crate) fn anonymous(&self) -> Session {
        Session { client: self.client.clone(), url: self.url.clone(), token: None, id: String::new() }
    }

    /// A new user, signed in.
    pub(crate) async fn user(&self, name: &str) -> Session {
        let (email, password) = (format!("{name}@example.com"), "correct horse");
        let body = json!({"username": name, "email": email, "password": password});
        let signed_up = self.anonymous().post("/api/auth/signup", body).await.expect(201);
        let body = json!({"username": name, "password": password});
        let logged_in = self.anonymous().post("/api/auth/login", body).await.expect(200);
        let token = logged_in["data"]["accessToken"].as_str().unwrap().to_owned();
        let id = signed_up["data"]["id"].as_str().unwrap().to_owned();
        Session { token: Some(token), id, ..self.anonymous() }
    }
}

/// Somebody who talks to a server.
#[derive(Clone)]
pub(crate) struct Session {
    client: Client,
    pub(crate) url: String,
    pub(crate) token: Option<String>,
    pub(crate) id: String,
}

/// What the server said.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) body: Value,
}

impl Answer {
    /// The body, of an answer of that status.
    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.body);
        self.body
    }

    /// Checks that this is an error of that code, in the common shape.
    #[track_caller]
    pub(crate) fn error(self, status: u16, code: &str) -> Value {
        assert_eq!((self.status, self.body["code"].as_str()), (status, Some(code)), "{}", self.body);
        assert_eq!(self.body["ok"], false);
        assert_eq!(self.body["requestId"], self.headers["x-request-id"].to_str().unwrap());
        self.body
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }
}

impl Session {
    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.client.request(method, format!("{}{path}", self.url));
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    /// Sends a request; `None` where the server is gone.
    pub(crate) async fn try_send(request: RequestBuilder) -> Option<Answer> {
        let response = request.send().await.ok()?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        // A stream of events has no end to wait for.
        let endless = headers.get("content-type").is_some_and(|kind| kind == "text/event-stream");
        let text = if endless { String::new() } else { response.text().await.ok()? };
        Some(Answer { status, headers, body: serde_json::from_str(&text).unwrap_or(Value::Null) })
    }

    pub(crate) async fn send(request: RequestBuilder) -> Answer {
        Self::try_send(request).await.expect("the server answers")
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        Self::send(self.request(Method::GET, path)).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        Self::send(self.request(Method::POST, path).json(&body)).await
    }

    pub(crate) async fn patch(&self, path: &str, body: Value) -> Answer {
        Self::send(self.request(Method::PATCH, path).json(&body)).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        Self::send(self.request(Method::DELETE, path)).await
    }

    /// Makes a room; answers its path.
    pub(crate) async fn room(&self, name: &str, visibility: &str) -> String {
        let made = self.post("/api/rooms", json!({"name": name, "visibility": visibility})).await.expect(201);
        format!("/api/rooms/{}", made["data"]["id"].as_str().unwrap())
    }

    pub(crate) async fn say(&self, room: &str, words: &str) -> Value {
        self.post(&format!("{room}/messages"), json!({"content": words})).await.expect(201)["data"].take()
    }

    pub(crate) async fn join(&self, room: &str) {
        self.post(&format!("{room}/join"), json!({})).await.expect(200);
    }
}
