//! Answers that wait until their clients read: for how long, and how many bytes of one client.

use std::cell::RefCell;
use std::collections::HashMap;
use std::io;
use std::net::IpAddr;
use std::pin::pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::limit::LimitKey;
use futures_util::FutureExt;
use tokio::time::timeout;

use super::socket::{self, Socket};

/// The bounds of what waits.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    /// The time that a client has for each piece of an answer, at least.
    pub(crate) time: Duration,
    /// The bytes for which it has a second more.
    pub(crate) bytes_a_second: u32,
    /// The bytes of one client that wait at a time.
    pub(crate) bytes: usize,
}

const BOUNDS: Bounds =
    Bounds { time: Duration::from_secs(30), bytes_a_second: 4 * 1024, bytes: 32 * 1024 * 1024 };

/// Counts the bytes that wait, by client.
pub(crate) struct Unread {
    bounds: Bounds,
    bytes: Mutex<HashMap<LimitKey, usize>>,
}

impl Default for Unread {
    fn default() -> Self {
        Self::within(BOUNDS)
    }
}

impl Unread {
    pub(crate) fn within(bounds: Bounds) -> Self {
        Self { bounds, bytes: Mutex::default() }
    }

    fn bytes(&self) -> MutexGuard<'_, HashMap<LimitKey, usize>> {
        self.bytes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts bytes of a client for as long as they wait; `None` if they are too many with those that wait already.
    fn wait(&self, client: LimitKey, bytes: usize) -> Option<Waiting<'_>> {
        let mut all = self.bytes();
        let sum = all.get(&client).copied().unwrap_or_default() + bytes;
        if sum > self.bounds.bytes {
            return None;
        }
        all.insert(client.clone(), sum);
        Some(Waiting { unread: self, client, bytes })
    }

    fn time(&self, bytes: usize) -> Duration {
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
        self.bounds.time + Duration::from_secs(1) * bytes / self.bounds.bytes_a_second
    }
}

/// Bytes that wait.
struct Waiting<'a> {
    unread: &'a Unread,
    client: LimitKey,
    bytes: usize,
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        let mut all = self.unread.bytes();
        if let Some(sum) = all.get_mut(&self.client) {
            *sum = sum.saturating_sub(self.bytes);
            if *sum == 0 {
                all.remove(&self.client);
            }
        }
    }
}

/// The client that reads an answer.
pub(super) struct Reader<'a> {
    unread: &'a Unread,
    address: IpAddr,
}

impl<'a> Reader<'a> {
    pub(super) fn at(address: IpAddr, unread: &'a Unread) -> Self {
        Self { unread, address }
    }

    /// Writes all of the bytes. Fails if the client takes too long, or has too much that waits already.
    pub(super) async fn write(&self, socket: &RefCell<Socket>, bytes: &[u8]) -> io::Result<()> {
        let mut writing = pin!(socket::write(socket, bytes));
        if let Some(written) = writing.as_mut().now_or_never() {
            return written;
        }
        let client = LimitKey::address(self.address);
        let _waiting = self
            .unread
            .wait(client, bytes.len())
            .ok_or_else(|| io::Error::other("the client leaves too much unread"))?;
        timeout(self.unread.time(bytes.len()), writing)
            .await
            .unwrap_or_else(|_| Err(io::Error::new(io::ErrorKind::TimedOut, "the client reads too slowly")))
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    fn client(last: u8) -> LimitKey {
        LimitKey::address(Ipv4Addr::new(192, 0, 2, last).into())
    }

    #[test]
    fn the_bytes_of_each_client_are_bounded_while_they_wait() {
        let unread = Unread::within(Bounds { bytes: 100, ..BOUNDS });
        let first = unread.wait(client(1), 60).unwrap();
        assert!(unread.wait(client(1), 41).is_none());
        let second = unread.wait(client(1), 40).unwrap();
        let other = unread.wait(client(2), 100).unwrap();
        drop(first);
        let third = unread.wait(client(1), 60).unwrap();
        assert!(unread.wait(client(1), 1).is_none());
        drop((second, third, other));
        assert!(unread.bytes().is_empty());
    }

    #[test]
    fn a_large_piece_has_more_time() {
        let unread = Unread::default();
        assert_eq!(unread.time(0), Duration::from_secs(30));
        assert_eq!(unread.time(64 * 1024), Duration::from_secs(46));
    }
}
