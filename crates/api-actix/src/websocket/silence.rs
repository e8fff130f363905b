//! The silence of a client while the server was running.

use std::time::Duration;

use tokio::time::Instant;

/// The time after which a silent socket is closed.
const TIMEOUT: Duration = Duration::from_mins(1);
/// A timer that is later than this was not served in time: the server was away, not the client.
const PAUSE: Duration = Duration::from_secs(2);

/// The silence of a client.
pub(super) struct Silence {
    since: Instant,
}

impl Silence {
    /// A silence that begins now.
    pub(super) fn new() -> Self {
        Self { since: Instant::now() }
    }

    /// Notes that the client sent something, or was not read from meanwhile.
    pub(super) fn end(&mut self) {
        self.since = Instant::now();
    }

    /// Returns how long it may last.
    pub(super) fn left(&self) -> Duration {
        TIMEOUT.saturating_sub(self.since.elapsed())
    }

    /// Returns true if a timer that was due then is served in time. Otherwise the server has paused, and the
    /// silence starts over.
    pub(super) fn in_time(&mut self, due: Instant) -> bool {
        let in_time = due.elapsed() < PAUSE;
        if !in_time {
            self.end();
        }
        in_time
    }

    /// Returns true if the client was silent for too long, all the while that the server was running.
    pub(super) fn is_too_long(&mut self) -> bool {
        self.left().is_zero() && self.in_time(self.since + TIMEOUT)
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_silence_is_too_long_after_a_minute() {
        let mut silence = Silence::new();
        advance(TIMEOUT.saturating_sub(Duration::from_millis(1))).await;
        assert!(!silence.is_too_long());
        advance(Duration::from_millis(1)).await;
        assert!(silence.is_too_long());
        silence.end();
        assert_eq!(silence.left(), TIMEOUT);
        assert!(!silence.is_too_long());
    }

    #[tokio::test(start_paused = true)]
    async fn a_pause_of_the_server_is_no_silence_of_the_client() {
        let mut silence = Silence::new();
        advance(TIMEOUT * 10).await;
        assert!(!silence.is_too_long());
        assert_eq!(silence.left(), TIMEOUT);
        // A late ping reveals the pause too.
        advance(Duration::from_secs(50)).await;
        let due = Instant::now() - Duration::from_secs(25);
        assert!(!silence.in_time(due));
        assert_eq!(silence.left(), TIMEOUT);
    }
}
