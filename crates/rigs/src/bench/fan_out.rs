//! One room, many receivers: the CPU time and the latency of a delivery.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Context;
use hdrhistogram::Histogram;
use tokio::task::JoinSet;

use crate::frames::Socket;
use crate::http::{Call, Connection};
use crate::sample::{Sample, Watch, latencies, record};
use crate::subject::{Name, Subject};
use crate::world::World;

/// The mark of a measured message; its number follows in eight digits.
const MARK: &str = "@@";
/// The number of messages that are sent to Parlor at a time.
const SENDERS: usize = 4;
/// One receiver of so many notes the times of messages.
const SAMPLE: usize = 20;

/// The protocol of the receivers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Protocol {
    WebSocket,
    SocketIo,
}

/// The number of receivers, and of messages to them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Size {
    pub(crate) receivers: usize,
    pub(crate) messages: usize,
}

/// The time of each send, and the latencies of deliveries.
struct Times {
    sent: Mutex<Vec<Option<Instant>>>,
    latencies: Mutex<Histogram<u64>>,
}

impl Times {
    fn new() -> anyhow::Result<Arc<Self>> {
        Ok(Arc::new(Self { sent: Mutex::default(), latencies: Mutex::new(latencies()?) }))
    }

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
            record(&mut self.latencies.lock().unwrap_or_else(PoisonError::into_inner), sent.elapsed());
        }
    }
}

/// A way to get messages into the server.
enum Publisher {
    /// By REST, some at a time.
    Parlor(Vec<Connection>, String),
    /// On a socket of Socket.IO, one after the other.
    SocketIo(Socket),
    /// By a byte each, one after the other.
    Bare(Socket),
}

/// Measures all messages first as fast as they are taken, for the CPU time, and then half as fast, for the latency.
pub(crate) async fn measure(
    subject: &Subject,
    world: Option<&World>,
    protocol: Protocol,
    size: Size,
) -> anyhow::Result<Sample> {
    let (sockets, mut publisher) = open(subject, world, protocol, size.receivers).await?;
    let messages = size.messages;
    let (begun, watch) = (Instant::now(), Watch::begin(subject)?);
    let sockets = deliver(sockets, &mut publisher, 0..messages, None, &Times::new()?).await?;
    let fast = watch.end(u64::try_from(size.receivers * messages)?, None)?;
    let pause = begun.elapsed() * 2 / u32::try_from(messages)?;
    let times = Times::new()?;
    deliver(sockets, &mut publisher, messages..messages * 2, Some(pause), &times).await?;
    let latencies = times.latencies.lock().unwrap_or_else(PoisonError::into_inner);
    let quantile =
        |share: f64| Some(Duration::from_micros(latencies.value_at_quantile(share)).as_secs_f64() * 1e3);
    // What the database does for a send is not a part of a delivery.
    Ok(Sample { database: None, p50: quantile(0.5), p99: quantile(0.99), ..fast })
}

async fn open(
    subject: &Subject,
    world: Option<&World>,
    protocol: Protocol,
    receivers: usize,
) -> anyhow::Result<(Vec<Socket>, Publisher)> {
    let address = subject.address()?;
    let mut sockets = Vec::with_capacity(receivers);
    match subject.name {
        Name::Floor => {
            for _ in 0..receivers {
                sockets.push(Socket::connect(address).await?);
            }
            Ok((sockets, Publisher::Bare(Socket::connect(address).await?)))
        }
        Name::Express => {
            for _ in 0..receivers {
                sockets.push(Socket::socket_io(address, "").await?);
            }
            Ok((sockets, Publisher::SocketIo(Socket::socket_io(address, "").await?)))
        }
        Name::ParlorPostgres | Name::ParlorSqlite => {
            let world = world.context("Parlor has a world")?;
            let (token, room) = (&world.tokens[0], world.hot.as_str());
            for _ in 0..receivers {
                sockets.push(match protocol {
                    Protocol::WebSocket => Socket::joined(address, token, room).await?,
                    Protocol::SocketIo => {
                        let mut socket = Socket::socket_io(address, token).await?;
                        socket.send_text(&format!(r#"420["joinRoom",{{"roomId":"{room}"}}]"#)).await?;
                        socket.receive_until("430[").await?;
                        socket
                    }
                });
            }
            let mut senders = vec![];
            for token in &world.tokens[..SENDERS] {
                senders.push(Connection::open(address, token).await?);
            }
            Ok((sockets, Publisher::Parlor(senders, room.to_owned())))
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
                let text = socket.receive().await?;
                if text == "2" {
                    socket.send_text("3").await?;
                    continue;
                }
                let Some((_, rest)) = text.split_once(MARK) else { continue };
                left -= 1;
                if n % SAMPLE == 0 {
                    times.received(rest.get(..8).unwrap_or_default().parse()?);
                }
            }
            anyhow::Ok(socket)
        });
    }
    match publisher {
        Publisher::SocketIo(socket) => {
            for number in numbers {
                times.sent(number);
                socket.send_text(&format!(r#"42["publish","{}"]"#, content(number))).await?;
                wait(pause).await;
            }
        }
        Publisher::Bare(socket) => {
            for number in numbers {
                times.sent(number);
                socket.write(b".").await?;
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
                        let body = format!(r#"{{"content":"{}"}}"#, content(number));
                        sender.send(&Call::post(path.as_str(), body, 201)).await?;
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
