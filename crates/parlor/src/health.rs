//! `parlor health`: a health check for containers that have no HTTP client.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use anyhow::{Context, ensure};

use crate::settings::Listen;

/// Time for the connection and for the response, each.
const TIMEOUT: Duration = Duration::from_secs(3);

/// Requests `/health` of the server at the address, on this machine if that is unspecified. `Err` unless it answers 200.
pub(crate) fn run(listen: &Listen) -> anyhow::Result<()> {
    let connect = |address| Some((address, TcpStream::connect_timeout(&address, TIMEOUT).ok()?));
    let connected = listen.reachable().find_map(connect);
    let (address, mut stream) = connected.with_context(|| format!("no server listens on {listen}"))?;
    stream.set_read_timeout(Some(TIMEOUT))?;
    stream.write_all(
        format!("GET /health HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").as_bytes(),
    )?;
    let mut response = String::new();
    stream
        .read_to_string(&mut response)
        .with_context(|| format!("the server at {address} does not answer"))?;
    let first = response.lines().next().unwrap_or_default();
    ensure!(first.starts_with("HTTP/1.1 200"), "the server at {address} is not healthy: {first}");
    Ok(())
}
