//! Work that lets others go first: on threads of a lower priority, so that a burst of it does not delay requests that wait for the
//! same cores.

use std::thread;

use domain::StoreError;
use tokio::sync::oneshot;

/// The niceness above that of the process. Beside one busy thread of it, such a thread gets a quarter of a core.
#[cfg(target_os = "linux")]
const NICENESS: i32 = 5;

/// Runs work on a thread of its own, to its end even where the caller is dropped. Its start is a thousandth of a password's hash.
pub(crate) async fn run<T: Send + 'static>(
    name: &str,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, StoreError> {
    let (done, result) = oneshot::channel();
    let thread = thread::Builder::new().name(name.to_owned()).spawn(move || {
        lower_priority();
        // The caller may be gone.
        drop(done.send(work()));
    });
    thread.map_err(|error| StoreError::Unavailable(format!("no thread for {name}: {error}")))?;
    result.await.map_err(|_| StoreError::Corrupt(format!("the work on {name} panicked")))
}

/// Lowers the priority of the calling thread. Only Linux has one for each thread.
#[cfg(target_os = "linux")]
fn lower_priority() {
    use rustix::process::{getpriority_process, setpriority_process};

    // Without it the work is done all the same.
    let _lowered =
        getpriority_process(None).and_then(|own| setpriority_process(None, own + NICENESS)).is_ok();
}

#[cfg(not(target_os = "linux"))]
fn lower_priority() {}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use rustix::process::getpriority_process;

    use super::*;

    #[tokio::test]
    async fn only_the_work_has_a_lower_priority() {
        let own = getpriority_process(None).unwrap();
        let lowered = run("a test", || getpriority_process(None).unwrap()).await.unwrap();
        assert_eq!(lowered, (own + NICENESS).min(19));
        assert_eq!(getpriority_process(None).unwrap(), own);
    }

    #[tokio::test]
    async fn work_that_panics_is_an_error_of_its_caller() {
        let result = run("a test", || panic!("unlucky")).await;
        assert!(matches!(result, Err::<(), _>(StoreError::Corrupt(_))));
    }
}
