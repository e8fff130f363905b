//! Somebody who talks to Parlor over HTTP, at nginx or at a replica.

use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};

/// How long an answer may take, and how long somebody insists who must have one.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);
const INSIST: Duration = Duration::from_mins(1);
/// How long one waits before one tries again.
pub(crate) const PAUSE: Duration = Duration::from_millis(100);

/// A place to ask, and in whose name.
#[derive(Clone)]
pub(crate) struct Rest {
    client: Client,
    base: String,
    token: String,
}

/// Somebody who has signed up, and one of their sessions.
#[derive(Clone)]
pub(crate) struct Person {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) token: String,
}

const PASSWORD: &str = "correct horse";

impl Rest {
    /// Nobody in particular, at `http://host:port`.
    pub(crate) fn at(base: &str) -> Self {
        Self { client: Client::new(), base: base.to_owned(), token: String::new() }
    }

    /// Somebody, at the same place.
    pub(crate) fn of(&self, person: &Person) -> Self {
        Self { token: person.token.clone(), ..self.clone() }
    }

    /// Where a WebSocket is asked for.
    pub(crate) fn socket_url(&self) -> String {
        format!("{}/chat", self.base.replacen("http", "ws", 1))
    }

    pub(crate) fn base(&self) -> &str {
        &self.base
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.client.request(method, format!("{}{path}", self.base));
        if self.token.is_empty() { request } else { request.bearer_auth(&self.token) }
    }

    /// Asks once; the status and the body, or that nobody answered.
    pub(crate) async fn ask(request: RequestBuilder) -> reqwest::Result<(u16, Value)> {
        let response = request.timeout(PATIENCE).send().await?;
        let status = response.status().as_u16();
        let text = response.text().await?;
        Ok((status, serde_json::from_str(&text).unwrap_or_default()))
    }

    pub(crate) async fn get(&self, path: &str) -> reqwest::Result<(u16, Value)> {
        Self::ask(self.request(Method::GET, path)).await
    }

    /// Asks until somebody answers, and well.
    pub(crate) async fn must(&self, method: Method, path: &str, body: &Value) -> anyhow::Result<Value> {
        let begun = Instant::now();
        loop {
            let request = self.request(method.clone(), path);
            let request = if body.is_null() { request } else { request.json(body) };
            let answer = Self::ask(request).await;
            match answer {
                Ok((200..300, body)) => return Ok(body),
                Ok((500.., _)) | Err(_) if begun.elapsed() < INSIST => tokio::time::sleep(PAUSE).await,
                answer => anyhow::bail!("{method} {path}: {answer:?}"),
            }
        }
    }

    /// A new user, signed in.
    pub(crate) async fn sign_up(&self, name: &str) -> anyhow::Result<Person> {
        let account = json!({"username": name, "email": format!("{name}@example.com"), "password": PASSWORD});
        let made = self.must(Method::POST, "/api/auth/signup", &account).await?;
        let id = text(&made["data"]["id"])?;
        self.log_in(&Person { id, name: name.to_owned(), token: String::new() }).await
    }

    /// A new session of theirs.
    pub(crate) async fn log_in(&self, person: &Person) -> anyhow::Result<Person> {
        let account = json!({"username": person.name, "password": PASSWORD});
        let answer = self.must(Method::POST, "/api/auth/login", &account).await?;
        Ok(Person { token: text(&answer["data"]["accessToken"])?, ..person.clone() })
    }

    /// A new public room; answers its id.
    pub(crate) async fn room(&self, name: &str) -> anyhow::Result<String> {
        let made = self.must(Method::POST, "/api/rooms", &json!({"name": name})).await?;
        text(&made["data"]["id"])
    }

    /// A room's whole history, oldest first.
    pub(crate) async fn history(&self, room: &str) -> anyhow::Result<Vec<Value>> {
        let mut messages = vec![];
        let mut after = "1970-01-01T00:00:00Z".to_owned();
        loop {
            let path = format!("/api/rooms/{room}/messages?order=asc&limit=100&markRead=false&after={after}");
            let mut page = self.must(Method::GET, &path, &Value::Null).await?;
            let data = page["data"].as_array_mut().context("a page without data")?;
            messages.append(data);
            if page["pagination"]["hasMore"] == false {
                return Ok(messages);
            }
            let next = text(&page["pagination"]["after"])?;
            ensure!(next != after, "{path} leads nowhere");
            after = next;
        }
    }
}

pub(crate) fn text(value: &Value) -> anyhow::Result<String> {
    Ok(value.as_str().context("an answer without what it should have")?.to_owned())
}
