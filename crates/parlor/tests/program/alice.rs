//! Somebody who talks to a server, wherever that runs by now.

use reqwest::{Client, Response};
use serde_json::{Value, json};

/// Alice, and her room.
#[derive(Clone)]
pub(crate) struct Alice {
    pub(crate) client: Client,
    pub(crate) token: String,
    /// The path of her room.
    pub(crate) room: String,
}

/// What an answer of that status says.
pub(crate) async fn body(response: Response, status: u16) -> Value {
    let found = response.status().as_u16();
    let body: Value = response.json().await.unwrap();
    assert_eq!(found, status, "{body}");
    body
}

impl Alice {
    /// Signs up, and opens a room.
    pub(crate) async fn new(url: &str) -> Self {
        let client = Client::new();
        let account = json!({"username": "alice", "email": "alice@example.com", "password": "correct horse"});
        let signed_up = client.post(format!("{url}/api/auth/signup")).json(&account).send().await.unwrap();
        body(signed_up, 201).await;
        let login = json!({"username": "alice", "password": "correct horse"});
        let logged_in = client.post(format!("{url}/api/auth/login")).json(&login).send().await.unwrap();
        let token = body(logged_in, 200).await["data"]["accessToken"].as_str().unwrap().to_owned();
        let rooms = client.post(format!("{url}/api/rooms")).bearer_auth(&token);
        let made = rooms.json(&json!({"name": "Chat"})).send().await.unwrap();
        let room = format!("/api/rooms/{}", body(made, 201).await["data"]["id"].as_str().unwrap());
        Self { client, token, room }
    }

    /// Sends message `n` to the server at that address; fails where there is none.
    pub(crate) async fn try_send(&self, url: &str, n: usize) -> reqwest::Result<Response> {
        let messages = self.client.post(format!("{url}{}/messages", self.room)).bearer_auth(&self.token);
        messages.json(&json!({"content": format!("{n} {}", "x".repeat(900))})).send().await
    }

    /// The same, to a server that is there.
    pub(crate) async fn send(&self, url: &str, n: usize) -> Response {
        self.try_send(url, n).await.unwrap()
    }

    /// The numbers of all messages, oldest first; their `seq` has no gap.
    pub(crate) async fn numbers(&self, url: &str) -> Vec<usize> {
        let (mut numbers, mut after) = (vec![], "1970-01-01T00:00:00Z".to_owned());
        loop {
            let path = format!("{url}{}/messages?order=asc&limit=100&after={after}", self.room);
            let page = self.client.get(path).bearer_auth(&self.token).send().await.unwrap();
            let page = body(page, 200).await;
            for message in page["data"].as_array().unwrap() {
                let content = message["content"].as_str().unwrap();
                numbers.push(content.split(' ').next().unwrap().parse().unwrap());
                assert_eq!(message["seq"], numbers.len());
            }
            if page["pagination"]["hasMore"] == false {
                return numbers;
            }
            page["pagination"]["after"].as_str().unwrap().clone_into(&mut after);
        }
    }
}
