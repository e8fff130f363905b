//! Locks of users in this process, taken before a unit of work locks the bytes of a user in the database: of each user one unit
//! at a time holds a connection for that, so that parallel uploads can't take all connections, or the only one.

use std::sync::Arc;
use std::time::Duration;

use domain::{StoreError, UserId};
use tokio::sync::{Mutex, OwnedMutexGuard};
use tokio::time::timeout;

/// The number of locks among which users are divided.
const LOCKS: usize = 128;
/// The time for which uploads of one user wait for each other. A database that does not answer fails them sooner.
const TIMEOUT: Duration = Duration::from_secs(10);

/// The locks of all users of one store; several users may share one.
pub struct UserLocks([Arc<Mutex<()>>; LOCKS]);

/// A lock that is held until it is dropped.
pub type UserLock = OwnedMutexGuard<()>;

impl Default for UserLocks {
    fn default() -> Self {
        Self(std::array::from_fn(|_| Arc::default()))
    }
}

impl UserLocks {
    /// Locks the user; `None` while another unit holds the lock.
    #[must_use]
    pub fn try_lock(&self, user: UserId) -> Option<UserLock> {
        self.of(user).try_lock_owned().ok()
    }

    /// Waits for the lock of the user.
    pub async fn lock(&self, user: UserId) -> Result<UserLock, StoreError> {
        let late = |_| StoreError::Unavailable("other uploads of the user take too long".into());
        timeout(TIMEOUT, self.of(user).lock_owned()).await.map_err(late)
    }

    fn of(&self, user: UserId) -> Arc<Mutex<()>> {
        // The last byte of an id is random.
        self.0[usize::from(user.0.as_bytes()[15]) % LOCKS].clone()
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::Instant;
    use uuid::Uuid;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_user_has_one_lock_at_a_time_and_waits_ten_seconds_for_it() {
        let locks = UserLocks::default();
        let [alice, bob] = [1, 2].map(|n| UserId(Uuid::from_u128(n)));
        let lock = locks.lock(alice).await.unwrap();
        assert!(locks.try_lock(alice).is_none());
        assert!(locks.try_lock(bob).is_some());
        let begun = Instant::now();
        assert!(matches!(locks.lock(alice).await, Err(StoreError::Unavailable(_))));
        assert_eq!(begun.elapsed(), TIMEOUT);
        drop(lock);
        assert!(locks.lock(alice).await.is_ok());
    }
}
