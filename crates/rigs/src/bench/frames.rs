//! As much of WebSocket as a receiver needs: a handshake, frames of text both ways, and pongs. It is no `parlor-client`,
//! since a thousand receivers must cost less than the server that is measured.

use std::time::Duration;

use anyhow::{Context, ensure};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A WebSocket, or (for the bare server) a connection on which frames come without a handshake.
pub(crate) struct Socket {
    stream: TcpStream,
    buffer: Vec<u8>,
    /// The number of bytes in the buffer, and how many of them have been read.
    filled: usize,
    read: usize,
}

impl Socket {
    pub(crate) async fn connect(address: &str) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: vec![0; 4 * 1024], filled: 0, read: 0 })
    }

    /// Connects and upgrades.
    async fn upgrade(address: &str, path: &str) -> anyhow::Result<Self> {
        let mut socket = Self::connect(address).await?;
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: {address}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        );
        socket.stream.write_all(request.as_bytes()).await?;
        loop {
            socket.fill().await?;
            // The first frames may have come with the head.
            let received = &socket.buffer[..socket.filled];
            if let Some(end) = received.windows(4).position(|four| four == b"\r\n\r\n") {
                let head = String::from_utf8_lossy(&received[..end]);
                ensure!(head.starts_with("HTTP/1.1 101"), "no upgrade: {head}");
                socket.read = end + 4;
                return Ok(socket);
            }
        }
    }

    /// Opens Parlor's WebSocket and joins a room.
    pub(crate) async fn joined(address: &str, token: &str, room: &str) -> anyhow::Result<Self> {
        let mut socket = Self::upgrade(address, &format!("/chat?token={token}")).await?;
        socket.send_text(&format!(r#"{{"action":"join","roomId":"{room}"}}"#)).await?;
        socket.receive_until(r#""joined""#).await?;
        Ok(socket)
    }

    /// Opens Socket.IO and connects to its namespace, with a token where there is one.
    pub(crate) async fn socket_io(address: &str, token: &str) -> anyhow::Result<Self> {
        let mut socket = Self::upgrade(address, "/socket.io/?EIO=4&transport=websocket").await?;
        let auth = if token.is_empty() { String::new() } else { format!(r#"{{"token":"{token}"}}"#) };
        socket.send_text(&format!("40{auth}")).await?;
        socket.receive_until("40{").await?;
        Ok(socket)
    }

    /// Sends text, masked with zeros.
    pub(crate) async fn send_text(&mut self, text: &str) -> anyhow::Result<()> {
        self.send(0x81, text.as_bytes()).await
    }

    async fn send(&mut self, kind: u8, payload: &[u8]) -> anyhow::Result<()> {
        let mut frame = vec![kind];
        if let Ok(short @ 0..=125) = u8::try_from(payload.len()) {
            frame.push(0x80 | short);
        } else {
            frame.push(0xfe);
            frame.extend(u16::try_from(payload.len())?.to_be_bytes());
        }
        frame.extend([0; 4]);
        frame.extend(payload);
        Ok(self.stream.write_all(&frame).await?)
    }

    /// Sends bytes as they are.
    pub(crate) async fn write(&mut self, bytes: &[u8]) -> anyhow::Result<()> {
        Ok(self.stream.write_all(bytes).await?)
    }

    /// Returns the next text and answers pings meanwhile.
    pub(crate) async fn receive(&mut self) -> anyhow::Result<&str> {
        loop {
            let Some((kind, start, end)) = self.frame() else {
                self.fill().await?;
                continue;
            };
            self.read = end;
            match kind {
                0x81 => return Ok(std::str::from_utf8(&self.buffer[start..end])?),
                0x89 => {
                    let payload = self.buffer[start..end].to_vec();
                    self.send(0x8a, &payload).await?;
                }
                0x88 => anyhow::bail!("closed: {}", String::from_utf8_lossy(&self.buffer[start..end])),
                _ => {}
            }
        }
    }

    /// Skips texts up to one that contains `wanted`.
    pub(crate) async fn receive_until(&mut self, wanted: &str) -> anyhow::Result<()> {
        let received = async {
            loop {
                let text = self.receive().await?;
                if text.contains(wanted) {
                    return anyhow::Ok(());
                }
                ensure!(!text.contains(r#""action":"error""#), "instead of {wanted}: {text}");
            }
        };
        tokio::time::timeout(Duration::from_secs(30), received).await.context("nothing received")?
    }

    /// Returns the first complete frame in the buffer: its kind, and the bounds of its payload.
    fn frame(&self) -> Option<(u8, usize, usize)> {
        let rest = &self.buffer[self.read..self.filled];
        let (kind, length) = (*rest.first()?, usize::from(*rest.get(1)?));
        let (head, length) = match length {
            126 => (4, usize::from(u16::from_be_bytes(rest.get(2..4)?.try_into().ok()?))),
            127 => (10, usize::try_from(u64::from_be_bytes(rest.get(2..10)?.try_into().ok()?)).ok()?),
            short => (2, short),
        };
        (rest.len() >= head + length).then_some((kind, self.read + head, self.read + head + length))
    }

    async fn fill(&mut self) -> anyhow::Result<()> {
        self.buffer.copy_within(self.read..self.filled, 0);
        self.filled -= self.read;
        self.read = 0;
        if self.filled == self.buffer.len() {
            self.buffer.resize(self.buffer.len() * 2, 0);
        }
        let read = self.stream.read(&mut self.buffer[self.filled..]).await?;
        ensure!(read > 0, "the server closed the connection");
        self.filled += read;
        Ok(())
    }
}
