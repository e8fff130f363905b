//! One room, many receivers: the CPU time and the latency of a delivery.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Context;
use tokio::task::JoinSet;

use crate::Server;
use crate::frames::Socket;
use crate::http::Client;
use crate::process::{cpu, cpu_since};

/// The mark of a measured message; its number follows in eight digits.
const MARK: &str = "@@";
/// The number of messages that are sent to Parlor at a time.
const SENDERS: usize = 4;
/// One receiver of so many notes the times of messages.
const SAMPLE: usize = 20;

/// The time of each send, and the latencies of deliveries.
#[derive(Default)]
struct Times {
    sent: Mutex<Vec<Option<Instant>>>,
    latencies: Mutex<Vec<Duration>>,
}

impl Times {
    fn sent(&self, number: usize) {
        let mut sent = self.sent.lock().unwrap_or_else(PoisonError::into_inner);
        if sent.len() <= number {
            sent.resize(number + 1, None);
        }
        sent[number] = Some(Instant::now());
    }

    fn received(&self, number: usize) {
        let sent = self.sent.lock().unwrap_or_else(PoisonError::into_inner).get(number).copied().flatten();
        if let Some(sent) = sent {
            self.latencies.lock().unwrap_or_else(PoisonError::into_inner).push(sent.elapsed());
        }
    }

    /// Returns the time within which 99 of 100 deliveries came.
    fn p99(&self) -> Duration {
        let mut latencies = self.latencies.lock().unwrap_or_else(PoisonError::into_inner);
        latencies.sort_unstable();
        latencies.get(latencies.len() * 99 / 100).copied().unwrap_or_default()
    }
}

/// A way to get messages into the server.
enum Publisher {
    /// By REST, some at a time.
    Parlor(Vec<Client>, String),
    /// On a socket, one after the other.
    Socket(Socket, bool),
}

/// Measures all messages first as fast as they are taken, and then half as fast.
pub(crate) async fn run(server: &Server, receivers: usize, messages: usize, pid: u32) -> anyhow::Result<()> {
    let (mut sockets, mut publisher, name) = open(server, receivers).await?;
    let times = Arc::new(Times::default());
    let (used, begun) = (cpu(pid)?, Instant::now());
    sockets = deliver(sockets, &mut publisher, 0..messages, None, &times).await?;
    let (used, elapsed) = (cpu_since(pid, used)?, begun.elapsed());
    let deliveries = f64::from(u32::try_from(receivers * messages)?);
    let cost = used.as_secs_f64() / deliveries * 1e6;
    println!(
        "{name}: {cost:.2} µs of CPU a delivery, {:.0} deliveries a second",
        deliveries / elapsed.as_secs_f64()
    );
    let pause = elapsed * 2 / u32::try_from(messages)?;
    let (times, used) = (Arc::new(Times::default()), cpu(pid)?);
    deliver(sockets, &mut publisher, messages..messages * 2, Some(pause), &times).await?;
    let cost = cpu_since(pid, used)?.as_secs_f64() / deliveries * 1e6;
    println!(
        "{name}, at half of that: {cost:.2} µs of CPU a delivery, p99 {:.1} ms",
        times.p99().as_secs_f64() * 1e3
    );
    Ok(())
}

async fn open(server: &Server, receivers: usize) -> anyhow::Result<(Vec<Socket>, Publisher, &'static str)> {
    let mut sockets = Vec::with_capacity(receivers);
    match server {
        Server::Parlor { address } => {
            let client = Client::new(address, 0).await?;
            for _ in 0..receivers {
                let mut socket = Socket::upgrade(address, &format!("/chat?token={}", client.token)).await?;
                socket.send_text(&format!(r#"{{"action":"join","roomId":"{}"}}"#, client.room)).await?;
                socket.receive_until(r#""joined""#).await?;
                sockets.push(socket);
            }
            let mut senders = vec![];
            for _ in 0..SENDERS {
                senders.push(client.again(address).await?);
            }
            Ok((sockets, Publisher::Parlor(senders, client.room.clone()), "parlor"))
        }
        Server::Node { address } => {
            for _ in 0..=receivers {
                let mut socket = Socket::upgrade(address, "/socket.io/?EIO=4&transport=websocket").await?;
                socket.send_text("40").await?;
                socket.receive_until("40{").await?;
                sockets.push(socket);
            }
            let publisher = sockets.pop().context("no publisher")?;
            Ok((sockets, Publisher::Socket(publisher, true), "socket.io on Node"))
        }
        Server::Bare { address } => {
            for _ in 0..receivers {
                sockets.push(Socket::connect(address).await?);
            }
            Ok((
                sockets,
                Publisher::Socket(Socket::connect(address).await?, false),
                "a bare loop of write(2)",
            ))
        }
    }
}

/// Publishes the messages and waits until every receiver has all of them.
async fn deliver(
    sockets: Vec<Socket>,
    publisher: &mut Publisher,
    numbers: std::ops::Range<usize>,
    pause: Option<Duration>,
    times: &Arc<Times>,
) -> anyhow::Result<Vec<Socket>> {
    let mut receiving = JoinSet::new();
    for (n, mut socket) in sockets.into_iter().enumerate() {
        let (times, messages) = (times.clone(), numbers.len());
        receiving.spawn(async move {
            let mut left = messages;
            while left > 0 {
                let Some((_, rest)) = socket.receive().await?.split_once(MARK) else { continue };
                left -= 1;
                if n % SAMPLE == 0 {
                    times.received(rest.get(..8).unwrap_or_default().parse()?);
                }
            }
            anyhow::Ok(socket)
        });
    }
    match publisher {
        Publisher::Socket(socket, socket_io) => {
            for number in numbers {
                times.sent(number);
                if *socket_io {
                    socket.send_text(&format!(r#"42["publish","{}"]"#, content(number))).await?;
                } else {
                    socket.write(b".").await?;
                }
                wait(pause).await;
            }
        }
        Publisher::Parlor(senders, room) => {
            let path = format!("/api/rooms/{room}/messages");
            let numbers = Arc::new(Mutex::new(numbers));
            let mut sending = JoinSet::new();
            for mut sender in std::mem::take(senders) {
                let (path, numbers, times) = (path.clone(), numbers.clone(), times.clone());
                sending.spawn(async move {
                    loop {
                        let next = numbers.lock().unwrap_or_else(PoisonError::into_inner).next();
                        let Some(number) = next else { return anyhow::Ok(sender) };
                        times.sent(number);
                        sender
                            .request("POST", &path, &format!(r#"{{"content":"{}"}}"#, content(number)))
                            .await?;
                        wait(pause.map(|pause| pause * u32::try_from(SENDERS).unwrap_or(1))).await;
                    }
                });
            }
            while let Some(sender) = sending.join_next().await {
                senders.push(sender??);
            }
        }
    }
    let mut back = vec![];
    while let Some(socket) = receiving.join_next().await {
        back.push(socket??);
    }
    Ok(back)
}

fn content(number: usize) -> String {
    format!("{MARK}{number:08} Hello, everyone in the room!")
}

async fn wait(pause: Option<Duration>) {
    if let Some(pause) = pause {
        tokio::time::sleep(pause).await;
    }
}
