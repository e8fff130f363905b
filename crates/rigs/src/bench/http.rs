//! Sends and history pages over HTTP: each client has a connection and a room of its own, and sends the next request as soon
//! as the last one is answered. Requests are written by hand, since the load must cost less than the server.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use parlor_client::NewRoom;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A kept-alive connection of a user.
pub(crate) struct Client {
    stream: TcpStream,
    pub(crate) token: String,
    pub(crate) room: String,
    buffer: Vec<u8>,
}

impl Client {
    /// Signs a new user up and in, makes a room, and connects.
    pub(crate) async fn new(address: &str, n: usize) -> anyhow::Result<Self> {
        let server = parlor_client::Client::new(&format!("http://{address}"))?;
        let name = format!("load-{}-{n}", std::process::id());
        server.sign_up(&name, &format!("{name}@example.com"), "correct horse").await?;
        let user = server.sign_in(&name, "correct horse").await?;
        let room = user.create_room(&NewRoom::public(format!("Room {name}"))).await?.id.to_string();
        Self::connect(address, user.token().context("no token")?, room).await
    }

    async fn connect(address: &str, token: String, room: String) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, token, room, buffer: vec![0; 256 * 1024] })
    }

    /// Opens another connection in the name of the same user.
    pub(crate) async fn again(&self, address: &str) -> anyhow::Result<Self> {
        Self::connect(address, self.token.clone(), self.room.clone()).await
    }

    /// Sends a request and reads its answer.
    pub(crate) async fn request(&mut self, method: &str, path: &str, body: &str) -> anyhow::Result<String> {
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: load\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\n\r\n{body}",
            self.token,
            body.len()
        );
        self.stream.write_all(request.as_bytes()).await?;
        let mut filled = 0;
        loop {
            let read = self.stream.read(&mut self.buffer[filled..]).await?;
            ensure!(read > 0, "the server closed the connection");
            filled += read;
            let text = std::str::from_utf8(&self.buffer[..filled]).unwrap_or_default();
            let Some((head, rest)) = text.split_once("\r\n\r\n") else { continue };
            let length = head.lines().find_map(|line| {
                line.to_ascii_lowercase()
                    .strip_prefix("content-length: ")
                    .and_then(|n| n.parse::<usize>().ok())
            });
            if rest.len() >= length.unwrap_or(0) {
                ensure!(head.starts_with("HTTP/1.1 2"), "{method} {path}: {text}");
                return Ok(rest.to_owned());
            }
        }
    }
}

/// Measures sends, and then pages of history: the newest, which the server caches, and others.
pub(crate) async fn run(address: &str, clients: usize, seconds: u64) -> anyhow::Result<()> {
    let mut ready = vec![];
    for n in 0..clients {
        ready.push(Client::new(address, n).await?);
    }
    let ready = measure("sends", ready, seconds, |room| {
        ("POST", format!("/api/rooms/{room}/messages"), r#"{"content":"Hello, everyone in the room!"}"#)
    })
    .await?;
    let ready = measure("history pages of 50, the newest", ready, seconds, |room| {
        ("GET", format!("/api/rooms/{room}/messages?limit=50"), "")
    })
    .await?;
    // A filter makes the server read the rows every time.
    measure("history pages of 50, by a filter", ready, seconds, |room| {
        ("GET", format!("/api/rooms/{room}/messages?limit=50&type=text"), "")
    })
    .await?;
    Ok(())
}

/// Repeats a request on every client for so many seconds and prints the rate.
async fn measure(
    what: &str,
    clients: Vec<Client>,
    seconds: u64,
    request: fn(&str) -> (&'static str, String, &'static str),
) -> anyhow::Result<Vec<Client>> {
    let answered = Arc::new(AtomicU64::new(0));
    let begun = Instant::now();
    let end = begun + Duration::from_secs(seconds);
    let mut tasks = vec![];
    for mut client in clients {
        let answered = answered.clone();
        tasks.push(tokio::spawn(async move {
            let (method, path, body) = request(&client.room);
            while Instant::now() < end {
                client.request(method, &path, body).await?;
                answered.fetch_add(1, Ordering::Relaxed);
            }
            anyhow::Ok(client)
        }));
    }
    let mut back = vec![];
    for task in tasks {
        back.push(task.await??);
    }
    let count = answered.load(Ordering::Relaxed);
    println!("{what}: {:.0} a second", u32::try_from(count).map(f64::from)? / begun.elapsed().as_secs_f64());
    Ok(back)
}
