//! The turns of units of work that lock the bytes of a user: of each user one at a time holds a connection for it, so parallel
//! uploads can't take all of them, or the only one.

use std::sync::Arc;
use std::time::Duration;

use domain::{StoreError, UserId};
use tokio::sync::{Mutex, OwnedMutexGuard};
use tokio::time::timeout;

/// The number of turns among which users are divided.
const TURNS: usize = 128;
/// The time for which uploads of one user wait for each other. A database that does not answer fails them sooner.
const TIMEOUT: Duration = Duration::from_secs(10);

/// The turns of all users of one store; several users may share one.
pub struct Turns([Arc<Mutex<()>>; TURNS]);

/// A turn, until it is dropped.
pub type Turn = OwnedMutexGuard<()>;

impl Default for Turns {
    fn default() -> Self {
        Self(std::array::from_fn(|_| Arc::default()))
    }
}

impl Turns {
    /// Returns the user's turn, `None` while another unit has it.
    #[must_use]
    pub fn try_take(&self, user: UserId) -> Option<Turn> {
        self.of(user).try_lock_owned().ok()
    }

    /// Waits for the user's turn.
    pub async fn take(&self, user: UserId) -> Result<Turn, StoreError> {
        let late = |_| StoreError::Unavailable("other uploads of the user take too long".into());
        timeout(TIMEOUT, self.of(user).lock_owned()).await.map_err(late)
    }

    fn of(&self, user: UserId) -> Arc<Mutex<()>> {
        // The last byte of an id is random.
        self.0[usize::from(user.0.as_bytes()[15]) % TURNS].clone()
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::Instant;
    use uuid::Uuid;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_user_has_one_turn_at_a_time_and_waits_ten_seconds_for_it() {
        let turns = Turns::default();
        let [alice, bob] = [1, 2].map(|n| UserId(Uuid::from_u128(n)));
        let turn = turns.take(alice).await.unwrap();
        assert!(turns.try_take(alice).is_none());
        assert!(turns.try_take(bob).is_some());
        let begun = Instant::now();
        assert!(matches!(turns.take(alice).await, Err(StoreError::Unavailable(_))));
        assert_eq!(begun.elapsed(), TIMEOUT);
        drop(turn);
        assert!(turns.take(alice).await.is_ok());
    }
}
