//! Each WebSocket through the proxy: the client's bytes as they are, the server's frame by frame.

use bytes::BytesMut;
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt, AsyncWriteExt, ReadHalf, WriteHalf};
use tokio::time::Instant;

use super::delay::{self, Receiver, Sender};
use super::fault::Faults;
use super::packet::Frame;
use super::proxy::reached;

/// Joins two connections until either ends, an answer is lost, or their time is over.
pub(super) async fn run(client: Upgraded, server: Upgraded, faults: &Faults, end: Option<Instant>) {
    let (mut from_client, to_client) = tokio::io::split(TokioIo::new(client));
    let (from_server, mut to_server) = tokio::io::split(TokioIo::new(server));
    let (sender, receiver) = delay::line(faults.delay);
    // What was read before the end still arrives.
    let down = async { tokio::join!(read(from_server, sender, faults), write(receiver, to_client)) };
    tokio::select! {
        _ended = tokio::io::copy(&mut from_client, &mut to_server) => {}
        _ended = down => {}
        () = reached(end) => {}
    }
}

/// Reads the server's frames, until it ends or an answer is lost.
async fn read(mut server: ReadHalf<TokioIo<Upgraded>>, sender: Sender, faults: &Faults) {
    let mut buffer = BytesMut::new();
    while server.read_buf(&mut buffer).await.is_ok_and(|read| read > 0) {
        while let Some(frame) = Frame::split(&mut buffer) {
            let packet = frame.packet();
            if faults.loses(packet) {
                return;
            }
            for _ in 0..faults.copies(packet) {
                if !sender.send(frame.bytes.clone()).await {
                    return;
                }
            }
        }
    }
}

async fn write(mut receiver: Receiver, mut client: WriteHalf<TokioIo<Upgraded>>) {
    while let Some(frame) = receiver.next().await {
        if client.write_all(&frame).await.is_err() || client.flush().await.is_err() {
            return;
        }
    }
}
