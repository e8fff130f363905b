//! The end of waiting for a client. One timer serves a connection for all its requests: to register one for each costs more than
//! reading the request.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::time::{Instant, Sleep, sleep};

/// A future that ends when the client has been waited for as long as that may take.
pub(super) struct Deadline {
    timer: Pin<Box<Sleep>>,
    until: Instant,
}

impl Deadline {
    /// Begins to wait for that long.
    pub(super) fn new(limit: Duration) -> Self {
        Self { timer: Box::pin(sleep(limit)), until: Instant::now() + limit }
    }

    /// Restarts the wait. The timer stays as it is, if it ends before that does.
    pub(super) fn restart(mut self: Pin<&mut Self>, limit: Duration) {
        self.until = Instant::now() + limit;
        if self.timer.deadline() > self.until {
            let until = self.until;
            self.timer.as_mut().reset(until);
        }
    }
}

impl Future for Deadline {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        loop {
            ready!(self.timer.as_mut().poll(context));
            if Instant::now() >= self.until {
                return Poll::Ready(());
            }
            // Requests have come since it was set.
            let until = self.until;
            self.timer.as_mut().reset(until);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;

    use tokio::time::{advance, timeout};

    use super::*;

    const LIMIT: Duration = Duration::from_secs(10);

    #[tokio::test(start_paused = true)]
    async fn it_ends_so_long_after_it_was_begun_last() {
        let begun = Instant::now();
        let mut deadline = pin!(Deadline::new(LIMIT));
        for _ in 0..5 {
            assert!(timeout(LIMIT / 2, deadline.as_mut()).await.is_err());
            deadline.as_mut().restart(LIMIT);
        }
        advance(LIMIT / 2).await;
        deadline.as_mut().await;
        assert_eq!(begun.elapsed().as_secs(), (LIMIT / 2 * 5 + LIMIT).as_secs());
    }

    #[tokio::test(start_paused = true)]
    async fn a_shorter_limit_holds_too() {
        let begun = Instant::now();
        let mut deadline = pin!(Deadline::new(LIMIT * 10));
        deadline.as_mut().restart(LIMIT);
        deadline.await;
        assert_eq!(begun.elapsed().as_secs(), LIMIT.as_secs());
    }
}
