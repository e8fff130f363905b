//! A stream of server-sent events that is opened again whenever it breaks.

use std::time::Duration;

use crate::backoff::Backoff;
use crate::sse::{FIRST_PAUSE, LONGEST_PAUSE};
use crate::{Error, EventStream, RawEvent};

/// A stream that may be broken, and the waits before it is opened again.
#[derive(Debug)]
pub(crate) struct Reopened {
    stream: Option<EventStream>,
    pauses: Backoff,
}

impl Reopened {
    /// Makes a stream that is not open yet.
    pub(crate) fn new() -> Self {
        Self { stream: None, pauses: Backoff::new(FIRST_PAUSE, LONGEST_PAUSE) }
    }

    /// Sets the first and the longest wait.
    pub(crate) fn backoff(self, first: Duration, longest: Duration) -> Self {
        Self { pauses: Backoff::new(first, longest), ..self }
    }

    /// Waits for the next event, and opens the stream by `open` as often as it takes; `Err` where that fails for good.
    pub(crate) async fn next_raw<F>(&mut self, open: impl Fn() -> F) -> Result<RawEvent, Error>
    where
        F: Future<Output = Result<EventStream, Error>>,
    {
        loop {
            let Some(stream) = &mut self.stream else {
                match open().await {
                    Ok(stream) => self.stream = Some(stream),
                    Err(error) if error.is_temporary() => tokio::time::sleep(self.pauses.next()).await,
                    Err(error) => return Err(error),
                }
                continue;
            };
            if let Ok(Some(event)) = stream.next_raw().await {
                self.pauses.reset();
                return Ok(event);
            }
            self.stream = None;
            tokio::time::sleep(self.pauses.next()).await;
        }
    }
}
