//! A fair queue for expensive work: little runs at a time, and clients that wait are served alternately, so that one that asks for
//! much delays others by one piece of its work at most.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::limit::LimitKey;
use domain::{Error, Refusal, StoreError};
use tokio::sync::oneshot;

/// The bounds of the queue.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    /// Pieces of work that run at a time.
    pub running: usize,
    /// Pieces of work of one client that may wait.
    pub share: usize,
    /// Pieces of work of all clients that may wait.
    pub waiting: usize,
    /// The time after which one that waits is refused.
    pub timeout: Duration,
}

/// Gives permits to clients.
#[derive(Debug)]
pub(crate) struct FairQueue {
    bounds: Bounds,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    running: usize,
    /// Those who wait, by client; a client that has none is not listed.
    waiting: HashMap<LimitKey, VecDeque<oneshot::Sender<Permit>>>,
    /// The clients in `waiting`, the next one first.
    order: VecDeque<LimitKey>,
    /// The number of those who wait.
    count: usize,
}

/// The right to run. Dropping it passes it to the next one that waits.
#[derive(Debug)]
pub(crate) struct Permit(Arc<FairQueue>);

impl FairQueue {
    pub(crate) fn new(bounds: Bounds) -> Arc<Self> {
        Arc::new(Self { bounds, state: Mutex::default() })
    }

    /// Waits for a permit of a client. `Err` where too many wait already, or it does not come in time.
    pub(crate) async fn acquire(self: &Arc<Self>, client: LimitKey) -> domain::Result<Permit> {
        let Some(waiter) = self.enqueue(client)? else { return Ok(Permit(self.clone())) };
        match tokio::time::timeout(self.bounds.timeout, waiter).await {
            Ok(Ok(permit)) => Ok(permit),
            Ok(Err(_)) | Err(_) => Err(unavailable("a password waited too long to be hashed")),
        }
    }

    /// Begins to wait; `None` where the client may run at once.
    fn enqueue(&self, client: LimitKey) -> domain::Result<Option<oneshot::Receiver<Permit>>> {
        let mut state = self.lock();
        if state.running < self.bounds.running {
            state.running += 1;
            return Ok(None);
        }
        state.forget_gone(&client);
        if state.waiting.get(&client).is_some_and(|mine| mine.len() >= self.bounds.share) {
            return Err(Refusal::TooManyAtOnce.into());
        }
        if state.count >= self.bounds.waiting {
            return Err(unavailable("too many passwords wait to be hashed"));
        }
        let (waiter, permit) = oneshot::channel();
        state.count += 1;
        if !state.waiting.contains_key(&client) {
            state.order.push_back(client.clone());
        }
        state.waiting.entry(client).or_default().push_back(waiter);
        Ok(Some(permit))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Every change of the state is complete before anything can panic.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Removes those of a client who wait no longer: they were cancelled, or timed out.
    fn forget_gone(&mut self, client: &LimitKey) {
        let Some(mine) = self.waiting.get_mut(client) else { return };
        let before = mine.len();
        mine.retain(|waiter| !waiter.is_closed());
        self.count -= before - mine.len();
        if mine.is_empty() {
            self.waiting.remove(client);
            self.order.retain(|other| other != client);
        }
    }

    /// Removes the first of those who wait of the next client, which goes behind the others.
    fn next(&mut self) -> Option<oneshot::Sender<Permit>> {
        loop {
            let client = self.order.pop_front()?;
            let Some(mine) = self.waiting.get_mut(&client) else { continue };
            let waiter = mine.pop_front();
            if mine.is_empty() {
                self.waiting.remove(&client);
            } else {
                self.order.push_back(client);
            }
            let Some(waiter) = waiter else { continue };
            self.count -= 1;
            if !waiter.is_closed() {
                return Some(waiter);
            }
        }
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let next = {
            let mut state = self.0.lock();
            let next = state.next();
            if next.is_none() {
                state.running -= 1;
            }
            next
        };
        if let Some(waiter) = next {
            // One who has gone since then drops the permit, which passes it to the next.
            drop(waiter.send(Permit(self.0.clone())));
        }
    }
}

fn unavailable(cause: &str) -> Error {
    StoreError::Unavailable(cause.to_owned()).into()
}

#[cfg(test)]
mod tests {
    use std::future::Future;
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    use super::*;

    fn fair_queue(share: usize, waiting: usize) -> Arc<FairQueue> {
        FairQueue::new(Bounds { running: 1, share, waiting, timeout: Duration::from_mins(1) })
    }

    fn client(n: u8) -> LimitKey {
        LimitKey::Address([192, 0, 2, n].into())
    }

    /// Lets a client wait. The receiver gets its permit.
    fn wait(fair_queue: &Arc<FairQueue>, n: u8) -> oneshot::Receiver<Permit> {
        fair_queue.enqueue(client(n)).unwrap().expect("somebody runs")
    }

    fn running_and_waiting(fair_queue: &FairQueue) -> (usize, usize) {
        let state = fair_queue.lock();
        (state.running, state.count)
    }

    fn refusal<T>(result: domain::Result<T>) -> Option<Refusal> {
        match result.err().expect("it is refused") {
            Error::Refused(refusal) => Some(refusal),
            Error::Store(StoreError::Unavailable(_)) => None,
            Error::Store(other) => panic!("{other}"),
        }
    }

    #[tokio::test]
    async fn clients_that_wait_get_permits_alternately() {
        let fair_queue = fair_queue(90, 100);
        let mut permit = fair_queue.acquire(client(1)).await.unwrap();
        let mut first: VecDeque<_> = (0..4).map(|_| wait(&fair_queue, 1)).collect();
        let mut second: VecDeque<_> = (0..2).map(|_| wait(&fair_queue, 2)).collect();
        for n in [1, 2, 1, 2, 1, 1] {
            drop(permit);
            let queue = if n == 1 { &mut first } else { &mut second };
            permit = queue.pop_front().unwrap().try_recv().expect("its permit has come");
            let others = first.iter_mut().chain(&mut second);
            assert!(others.map(oneshot::Receiver::try_recv).all(|early| early.is_err()), "one at a time");
        }
        drop(permit);
        assert_eq!(running_and_waiting(&fair_queue), (0, 0));
    }

    #[tokio::test]
    async fn a_client_may_fill_its_share_alone() {
        let fair_queue = fair_queue(2, 3);
        let _runs = fair_queue.acquire(client(1)).await.unwrap();
        let _waiting = [wait(&fair_queue, 1), wait(&fair_queue, 1)];
        assert_eq!(refusal(fair_queue.acquire(client(1)).await), Some(Refusal::TooManyAtOnce));
        let _other = wait(&fair_queue, 2);
        assert_eq!(
            refusal(fair_queue.acquire(client(3)).await),
            None,
            "all together wait for more than there is room"
        );
    }

    #[tokio::test]
    async fn those_who_have_gone_take_no_permit_and_no_room() {
        let fair_queue = fair_queue(1, 2);
        let runs = fair_queue.acquire(client(1)).await.unwrap();
        drop(wait(&fair_queue, 1));
        let mut again = wait(&fair_queue, 1);
        drop(wait(&fair_queue, 2));
        drop(runs);
        let permit = again.try_recv().expect("its permit has come");
        drop(permit);
        assert_eq!(running_and_waiting(&fair_queue), (0, 0));
        assert!(fair_queue.acquire(client(2)).await.is_ok());
    }

    #[tokio::test]
    async fn a_permit_that_nobody_takes_goes_to_the_next() {
        let fair_queue = fair_queue(2, 4);
        let runs = fair_queue.acquire(client(1)).await.unwrap();
        let (first, mut second) = (wait(&fair_queue, 1), wait(&fair_queue, 2));
        drop(runs);
        // It has the permit, and is cancelled before it looks.
        drop(first);
        assert!(second.try_recv().is_ok());
    }

    #[tokio::test]
    async fn who_waits_too_long_is_refused() {
        let bounds = Bounds { running: 1, share: 1, waiting: 1, timeout: Duration::from_millis(1) };
        let fair_queue = FairQueue::new(bounds);
        let _runs = fair_queue.acquire(client(1)).await.unwrap();
        assert_eq!(refusal(fair_queue.acquire(client(2)).await), None);
        assert!(fair_queue.enqueue(client(2)).is_ok(), "its place is free again");
    }

    #[tokio::test]
    async fn a_future_that_is_dropped_leaves_its_place() {
        let fair_queue = fair_queue(1, 1);
        let _runs = fair_queue.acquire(client(1)).await.unwrap();
        {
            let mut waits = pin!(fair_queue.acquire(client(2)));
            let pending = waits.as_mut().poll(&mut Context::from_waker(Waker::noop()));
            assert!(matches!(pending, Poll::Pending));
        }
        assert!(fair_queue.enqueue(client(2)).is_ok());
    }
}
