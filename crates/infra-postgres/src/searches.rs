//! Searches at the same time: those of strangers, and those of users, take a share of the connections, and leave the others to
//! everything else.

use std::time::Duration;

use domain::StoreError;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::timeout;

use crate::errors::unavailable;

/// The time for which a search waits for its turn.
const TIMEOUT: Duration = Duration::from_millis(600);

/// The connections that searches may take.
pub(crate) struct Searches {
    of_users: Semaphore,
    of_strangers: Semaphore,
}

impl Searches {
    /// `connections` is the number of connections that each of the two may take.
    pub(crate) fn new(connections: usize) -> Self {
        Self { of_users: Semaphore::new(connections), of_strangers: Semaphore::new(connections) }
    }

    /// Waits for the right of a user, or of a stranger, to search on a connection, which lasts until it is dropped.
    pub(crate) async fn turn(&self, by_user: bool) -> Result<SemaphorePermit<'_>, StoreError> {
        let share = if by_user { &self.of_users } else { &self.of_strangers };
        let turn = timeout(TIMEOUT, share.acquire()).await;
        turn.map_err(|_| unavailable("too many searches"))?.map_err(unavailable)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn searches_of_strangers_leave_users_their_share() {
        let searches = Searches::new(1);
        let first = searches.turn(false).await.unwrap();
        let of_a_user = searches.turn(true).await.unwrap();
        assert!(matches!(searches.turn(false).await, Err(StoreError::Unavailable(_))));
        assert!(matches!(searches.turn(true).await, Err(StoreError::Unavailable(_))));
        drop((first, of_a_user));
        assert!(searches.turn(false).await.is_ok());
    }
}
