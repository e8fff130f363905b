//! Turns for expensive work: few run at a time, and clients that wait get theirs alternately, so that one that asks for much
//! delays others by one piece of its work at most.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::limit::LimitKey;
use domain::{Error, Refusal, StoreError};
use tokio::sync::oneshot;

/// The bounds of the turns.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    /// Pieces of work that run at a time.
    pub running: usize,
    /// Pieces of work of one client that may wait.
    pub share: usize,
    /// Pieces of work of all clients that may wait.
    pub waiting: usize,
    /// The time after which one that waits is refused.
    pub patience: Duration,
}

/// Gives turns to clients.
#[derive(Debug)]
pub(crate) struct Turns {
    bounds: Bounds,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    running: usize,
    /// Those who wait, by client; a client that has none is not listed.
    waiting: HashMap<LimitKey, VecDeque<oneshot::Sender<Turn>>>,
    /// The clients in `waiting`, the next one first.
    order: VecDeque<LimitKey>,
    /// The number of those who wait.
    count: usize,
}

/// The right to run. Dropping it gives the next one its turn.
#[derive(Debug)]
pub(crate) struct Turn(Arc<Turns>);

impl Turns {
    pub(crate) fn new(bounds: Bounds) -> Arc<Self> {
        Arc::new(Self { bounds, state: Mutex::default() })
    }

    /// Waits for the turn of a client. `Err` where too many wait already, or it does not come in time.
    pub(crate) async fn take(self: &Arc<Self>, client: LimitKey) -> domain::Result<Turn> {
        let Some(waiter) = self.enter(client)? else { return Ok(Turn(self.clone())) };
        match tokio::time::timeout(self.bounds.patience, waiter).await {
            Ok(Ok(turn)) => Ok(turn),
            Ok(Err(_)) | Err(_) => Err(unavailable("a password waited too long to be hashed")),
        }
    }

    /// Begins to wait; `None` where the client may run at once.
    fn enter(&self, client: LimitKey) -> domain::Result<Option<oneshot::Receiver<Turn>>> {
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
        let (waiter, turn) = oneshot::channel();
        state.count += 1;
        if !state.waiting.contains_key(&client) {
            state.order.push_back(client.clone());
        }
        state.waiting.entry(client).or_default().push_back(waiter);
        Ok(Some(turn))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Every change of the state is complete before anything can panic.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Removes those of a client who wait no longer: they were cancelled, or ran out of patience.
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
    fn next(&mut self) -> Option<oneshot::Sender<Turn>> {
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

impl Drop for Turn {
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
            // One who has gone since then drops the turn, which gives it to the next.
            drop(waiter.send(Turn(self.0.clone())));
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

    fn turns(share: usize, waiting: usize) -> Arc<Turns> {
        Turns::new(Bounds { running: 1, share, waiting, patience: Duration::from_mins(1) })
    }

    fn client(n: u8) -> LimitKey {
        LimitKey::Address([192, 0, 2, n].into())
    }

    /// Lets a client wait. The receiver gets its turn.
    fn wait(turns: &Arc<Turns>, n: u8) -> oneshot::Receiver<Turn> {
        turns.enter(client(n)).unwrap().expect("somebody runs")
    }

    fn running_and_waiting(turns: &Turns) -> (usize, usize) {
        let state = turns.lock();
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
    async fn clients_that_wait_get_their_turns_alternately() {
        let turns = turns(90, 100);
        let mut turn = turns.take(client(1)).await.unwrap();
        let mut first: VecDeque<_> = (0..4).map(|_| wait(&turns, 1)).collect();
        let mut second: VecDeque<_> = (0..2).map(|_| wait(&turns, 2)).collect();
        for n in [1, 2, 1, 2, 1, 1] {
            drop(turn);
            let queue = if n == 1 { &mut first } else { &mut second };
            turn = queue.pop_front().unwrap().try_recv().expect("its turn has come");
            let others = first.iter_mut().chain(&mut second);
            assert!(others.map(oneshot::Receiver::try_recv).all(|early| early.is_err()), "one at a time");
        }
        drop(turn);
        assert_eq!(running_and_waiting(&turns), (0, 0));
    }

    #[tokio::test]
    async fn a_client_may_fill_its_share_alone() {
        let turns = turns(2, 3);
        let _runs = turns.take(client(1)).await.unwrap();
        let _waiting = [wait(&turns, 1), wait(&turns, 1)];
        assert_eq!(refusal(turns.take(client(1)).await), Some(Refusal::TooManyAtOnce));
        let _other = wait(&turns, 2);
        assert_eq!(
            refusal(turns.take(client(3)).await),
            None,
            "all together wait for more than there is room"
        );
    }

    #[tokio::test]
    async fn those_who_have_gone_take_no_turn_and_no_room() {
        let turns = turns(1, 2);
        let runs = turns.take(client(1)).await.unwrap();
        drop(wait(&turns, 1));
        let mut again = wait(&turns, 1);
        drop(wait(&turns, 2));
        drop(runs);
        let turn = again.try_recv().expect("its turn has come");
        drop(turn);
        assert_eq!(running_and_waiting(&turns), (0, 0));
        assert!(turns.take(client(2)).await.is_ok());
    }

    #[tokio::test]
    async fn a_turn_that_nobody_takes_goes_to_the_next() {
        let turns = turns(2, 4);
        let runs = turns.take(client(1)).await.unwrap();
        let (first, mut second) = (wait(&turns, 1), wait(&turns, 2));
        drop(runs);
        // It has the turn, and is cancelled before it looks.
        drop(first);
        assert!(second.try_recv().is_ok());
    }

    #[tokio::test]
    async fn patience_ends() {
        let bounds = Bounds { running: 1, share: 1, waiting: 1, patience: Duration::from_millis(1) };
        let turns = Turns::new(bounds);
        let _runs = turns.take(client(1)).await.unwrap();
        assert_eq!(refusal(turns.take(client(2)).await), None);
        assert!(turns.enter(client(2)).is_ok(), "its place is free again");
    }

    #[tokio::test]
    async fn a_future_that_is_dropped_leaves_its_place() {
        let turns = turns(1, 1);
        let _runs = turns.take(client(1)).await.unwrap();
        {
            let mut waits = pin!(turns.take(client(2)));
            let pending = waits.as_mut().poll(&mut Context::from_waker(Waker::noop()));
            assert!(matches!(pending, Poll::Pending));
        }
        assert!(turns.enter(client(2)).is_ok());
    }
}
