//! Requests of many clients, each of whom sends the next as soon as the last one is answered. They are written by hand,
//! since the load must cost less than the server.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::ensure;
use hdrhistogram::Histogram;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::sample::{Sample, Watch, latencies, record};
use crate::subject::Subject;
use crate::world::World;

/// The time before a measurement in which connections, statements and caches get warm.
const WARM_UP: Duration = Duration::from_millis(500);

/// A request and the status that must answer it.
pub(crate) struct Call {
    pub(crate) method: &'static str,
    pub(crate) path: String,
    pub(crate) body: Cow<'static, str>,
    pub(crate) status: u16,
}

impl Call {
    pub(crate) fn get(path: String) -> Self {
        Self { method: "GET", path, body: "".into(), status: 200 }
    }

    pub(crate) fn post(path: impl Into<String>, body: impl Into<Cow<'static, str>>, status: u16) -> Self {
        Self { method: "POST", path: path.into(), body: body.into(), status }
    }
}

/// The call of a client, by its number and the number of its earlier calls.
pub(crate) type Calls = fn(&World, usize, usize) -> Call;

/// A kept-alive connection in the name of a user.
pub(crate) struct Connection {
    stream: TcpStream,
    token: String,
    buffer: Vec<u8>,
}

impl Connection {
    pub(crate) async fn open(address: &str, token: &str) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, token: token.to_owned(), buffer: vec![0; 256 * 1024] })
    }

    /// Sends a request, and returns the body of its answer, which must have that status.
    pub(crate) async fn send(&mut self, call: &Call) -> anyhow::Result<&str> {
        let Call { method, path, body, status } = call;
        let authorization = if self.token.is_empty() {
            String::new()
        } else {
            format!("Authorization: Bearer {}\r\n", self.token)
        };
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: bench\r\n{authorization}Content-Type: application/json\r\n\
             Content-Length: {}\r\n\r\n{body}",
            body.len()
        );
        self.stream.write_all(request.as_bytes()).await?;
        let mut filled = 0;
        let (start, end) = loop {
            let read = self.stream.read(&mut self.buffer[filled..]).await?;
            ensure!(read > 0, "the server closed the connection");
            filled += read;
            if let Some(bounds) = bounds_of_body(&self.buffer[..filled]) {
                break bounds;
            }
        };
        let answer = std::str::from_utf8(&self.buffer[..end])?;
        let answered = answer.get(9..12).and_then(|digits| digits.parse().ok());
        ensure!(answered == Some(*status), "{method} {path}: {answer}");
        Ok(&answer[start..])
    }
}

/// Returns where the body of a complete answer begins and ends.
fn bounds_of_body(received: &[u8]) -> Option<(usize, usize)> {
    let start = received.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let head = std::str::from_utf8(&received[..start]).ok()?;
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(": ")?;
        name.eq_ignore_ascii_case("content-length").then(|| value.parse::<usize>().ok())?
    });
    let end = start + length.unwrap_or(0);
    (received.len() >= end).then_some((start, end))
}

/// Measures the calls of so many clients for a time.
pub(crate) async fn measure(
    subject: &Subject,
    world: &Arc<World>,
    clients: usize,
    calls: Calls,
    time: Duration,
) -> anyhow::Result<Sample> {
    let mut connections = vec![];
    for n in 0..clients {
        connections.push((n, Connection::open(subject.address()?, &world.tokens[n]).await?));
    }
    let (connections, _) = repeat(connections, world, calls, WARM_UP.min(time)).await?;
    let watch = Watch::begin(subject)?;
    let (_, found) = repeat(connections, world, calls, time).await?;
    watch.end(found.len(), Some(&found))
}

/// Repeats the calls of numbered clients until the time is over. Returns their connections, in any order.
async fn repeat(
    connections: Vec<(usize, Connection)>,
    world: &Arc<World>,
    calls: Calls,
    time: Duration,
) -> anyhow::Result<(Vec<(usize, Connection)>, Histogram<u64>)> {
    let end = Instant::now() + time;
    let mut clients = JoinSet::new();
    for (client, mut connection) in connections {
        let world = world.clone();
        clients.spawn(async move {
            let mut found = latencies()?;
            let mut count = 0;
            while Instant::now() < end {
                let call = calls(&world, client, count);
                let begun = Instant::now();
                connection.send(&call).await?;
                record(&mut found, begun.elapsed());
                count += 1;
            }
            anyhow::Ok(((client, connection), found))
        });
    }
    let (mut back, mut all) = (vec![], latencies()?);
    while let Some(client) = clients.join_next().await {
        let (connection, found) = client??;
        all.add(found)?;
        back.push(connection);
    }
    Ok((back, all))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_complete_with_its_body() {
        let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";
        assert_eq!(bounds_of_body(answer), Some((38, 40)));
        assert_eq!(bounds_of_body(&answer[..39]), None);
        assert_eq!(bounds_of_body(&answer[..30]), None);
        assert_eq!(bounds_of_body(b"HTTP/1.1 204 No Content\r\n\r\n"), Some((27, 27)));
    }
}
