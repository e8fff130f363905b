//! A line on which everything arrives later by the same time, in its order.

use std::time::Duration;

use bytes::Bytes;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

/// The packets that may be on their way.
const PACKETS: usize = 1_024;

/// The end into which packets are put.
pub(super) struct Sender {
    delay: Duration,
    packets: mpsc::Sender<(Instant, Bytes)>,
}

/// The end at which they arrive.
pub(super) struct Receiver {
    packets: mpsc::Receiver<(Instant, Bytes)>,
}

/// Makes a line.
pub(super) fn line(delay: Duration) -> (Sender, Receiver) {
    let (sender, receiver) = mpsc::channel(PACKETS);
    (Sender { delay, packets: sender }, Receiver { packets: receiver })
}

impl Sender {
    /// Puts a packet in; returns false where the other end is gone.
    pub(super) async fn send(&self, packet: Bytes) -> bool {
        self.packets.send((Instant::now() + self.delay, packet)).await.is_ok()
    }
}

impl Receiver {
    /// Waits for the next packet; returns `None` once everything has arrived and nothing follows.
    pub(super) async fn next(&mut self) -> Option<Bytes> {
        let (due, packet) = self.packets.recv().await?;
        sleep_until(due).await;
        Some(packet)
    }
}
