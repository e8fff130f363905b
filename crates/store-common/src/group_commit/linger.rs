//! The wait before a shared commit for the callers whom the one before answered. Clients that send one item after the other come
//! back at once, so all of them share every commit; without the wait half of them would share every other one, which costs
//! nearly twice as much.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, timeout_at};

/// The longest wait.
const LONGEST: Duration = Duration::from_millis(10);
/// The number of commits that begin at once after a wait in vain: those who come have not been waiting for answers.
const PASSES: u32 = 16;

/// The number of items at which the dispatcher is to be woken.
#[derive(Debug)]
pub(super) struct Threshold {
    items: AtomicUsize,
    reached: Notify,
}

impl Default for Threshold {
    fn default() -> Self {
        Self { items: AtomicUsize::new(usize::MAX), reached: Notify::new() }
    }
}

impl Threshold {
    /// Wakes the dispatcher if there are as many items as it waits for.
    pub(super) fn check(&self, items: usize) {
        if items >= self.items.load(Ordering::Relaxed) {
            self.reached.notify_one();
        }
    }
}

/// The wait before the next commit.
pub(super) struct Linger {
    threshold: Arc<Threshold>,
    /// The beginning of the last commit.
    began: Instant,
    until: Option<Instant>,
    /// The number of items to wait for, and of those that waited at the beginning.
    wanted: usize,
    there: usize,
    /// The number of commits that begin at once.
    passes: u32,
}

impl Linger {
    pub(super) fn new(threshold: Arc<Threshold>) -> Self {
        Self { threshold, began: Instant::now(), until: None, wanted: 0, there: 0, passes: 0 }
    }

    pub(super) fn commit_begins(&mut self) {
        self.began = Instant::now();
        self.stop();
    }

    /// Decides about the wait after a commit of so many items, while so many others wait. It lasts no longer than the commit.
    pub(super) fn commit_ended(&mut self, committed: usize, waiting: usize, most: usize) {
        if self.passes > 0 {
            self.passes -= 1;
            return;
        }
        let all = (committed + waiting).min(most);
        // A few may be late, or gone.
        (self.wanted, self.there) = (all - all / 8, waiting);
        let longest = LONGEST.min(self.began.elapsed());
        if waiting < self.wanted && self.wanted > 1 && longest > Duration::ZERO {
            self.until = Some(Instant::now() + longest);
            self.threshold.items.store(self.wanted, Ordering::Relaxed);
        }
    }

    /// Returns whether the next commit is still to wait while so many items do.
    pub(super) fn goes_on(&mut self, waiting: usize) -> bool {
        let Some(until) = self.until else { return false };
        if waiting < self.wanted {
            if Instant::now() < until {
                return true;
            }
            let came = waiting.saturating_sub(self.there);
            if waiting > 0 && came < (self.wanted - self.there).div_ceil(2) {
                self.passes = PASSES;
            }
        }
        self.stop();
        false
    }

    pub(super) fn is_on(&self) -> bool {
        self.until.is_some()
    }

    pub(super) fn stop(&mut self) {
        self.until = None;
        self.threshold.items.store(usize::MAX, Ordering::Relaxed);
    }

    /// Waits until there are enough items, or the time is over.
    pub(super) async fn end(&self) {
        if let Some(until) = self.until {
            let _in_time = timeout_at(until, self.threshold.reached.notified()).await.is_ok();
        }
    }
}
