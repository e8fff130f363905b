//! Calls that are repeated, because no answer came or the server could not do it just then.

use std::time::Duration;

use serde::de::DeserializeOwned;
use tokio::time::{Instant, sleep};

use crate::backoff::Backoff;
use crate::client::data;
use crate::error::Error;
use crate::request::Request;

/// The number of times a keyed send is repeated after its first attempt failed on the way.
const RETRIES: u32 = 4;
/// The bounds of the first and of the longest wait.
const WAITS: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(5));

/// Repeats a call for that time, with growing, random waits, while its failure is [temporary](Error::is_temporary). The call must be
/// one that may safely be repeated: one that reads, or a send under a key.
///
/// # Errors
/// As the call: a failure that is not temporary at once, the last temporary one when the time is over.
pub async fn repeat_for<T>(
    time: Duration,
    mut call: impl AsyncFnMut() -> Result<T, Error>,
) -> Result<T, Error> {
    let end = Instant::now() + time;
    let mut backoff = Backoff::new(WAITS.0, WAITS.1);
    loop {
        let error = match call().await {
            Err(error) if error.is_temporary() => error,
            answered => return answered,
        };
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() || asked(&error) > left {
            return Err(error);
        }
        // The last attempt is at the end.
        sleep(backoff.next().max(asked(&error)).min(left)).await;
    }
}

/// Sends a request that may safely be repeated, until an answer comes or the attempts are used up; returns the `data`.
pub(crate) async fn repeat<T: DeserializeOwned>(request: Request) -> Result<T, Error> {
    let mut backoff = Backoff::new(WAITS.0, WAITS.1);
    for _ in 0..RETRIES {
        let Some(attempt) = request.try_clone() else { break };
        match data(attempt).await {
            Err(error) if is_unanswered(&error) => {
                sleep(backoff.next().max(asked(&error).min(WAITS.1))).await;
            }
            answered => return answered,
        }
    }
    data(request).await
}

fn is_unanswered(error: &Error) -> bool {
    matches!(error, Error::Transport(_)) || error.code() == Some("UNAVAILABLE")
}

/// Returns the time after which the server asks to try again.
fn asked(error: &Error) -> Duration {
    Duration::from_secs(error.api().and_then(|error| error.retry_after).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;
    use crate::{ApiError, TransportError};

    /// Calls for ten seconds what fails so until it is called for the `last` time; returns the number of calls.
    async fn calls(failure: impl Fn() -> Error, last: u32) -> (u32, Result<(), Error>) {
        let calls = Cell::new(0);
        let repeated = repeat_for(Duration::from_secs(10), async || {
            calls.set(calls.get() + 1);
            if calls.get() < last { Err(failure()) } else { Ok(()) }
        });
        let result = repeated.await;
        (calls.get(), result)
    }

    fn refused(code: &str, retry_after: Option<u64>) -> Error {
        let (code, message) = (code.to_owned(), "No.".to_owned());
        ApiError { status: None, code, message, details: vec![], request_id: None, retry_after }.into()
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_without_an_answer_is_repeated_until_one_comes_or_the_time_is_over() {
        let silent = || Error::from(TransportError::Timeout);
        assert!(matches!(calls(silent, 4).await, (4, Ok(()))));
        let begun = Instant::now();
        let (many, Err(Error::Transport(TransportError::Timeout))) = calls(silent, u32::MAX).await else {
            panic!()
        };
        let took = begun.elapsed();
        assert!(
            many > 4 && took >= Duration::from_secs(10) && took < Duration::from_secs(11),
            "{many} in {took:?}"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn the_server_says_when_a_call_is_repeated() {
        let begun = Instant::now();
        assert!(calls(|| refused("UNAVAILABLE", Some(7)), 2).await.1.is_ok());
        assert!(begun.elapsed() >= Duration::from_secs(7));
        let (once, result) = calls(|| refused("RATE_LIMITED", Some(60)), 2).await;
        assert_eq!((once, result.unwrap_err().code()), (1, Some("RATE_LIMITED")));
    }

    #[tokio::test(start_paused = true)]
    async fn a_refusal_is_final() {
        let (once, result) = calls(|| refused("ROOM_NOT_FOUND", None), 2).await;
        assert_eq!((once, result.unwrap_err().code()), (1, Some("ROOM_NOT_FOUND")));
    }
}
