//! Writers that wait for the lock of a room: of each room one at a time waits on a connection, and of all rooms a few. So a
//! room that stays locked can't take all connections from the others.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use domain::{RoomId, StoreError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

/// The time for which a writer waits for its turn and the lock together: less than the two seconds in which every port answers.
const TIMEOUT: Duration = Duration::from_millis(1_600);

/// The queues of those who wait for a locked room. They wait without a connection, in the order of their arrival.
pub(crate) struct RoomLocks {
    rooms: Mutex<HashMap<RoomId, Weak<Semaphore>>>,
    connections: Arc<Semaphore>,
}

/// The right to wait for the lock of a room on a connection, until it is dropped.
struct Turn {
    _room: OwnedSemaphorePermit,
    _connection: OwnedSemaphorePermit,
}

impl RoomLocks {
    /// `connections` is the number of connections that may wait.
    pub(crate) fn new(connections: usize) -> Self {
        Self { rooms: Mutex::default(), connections: Arc::new(Semaphore::new(connections)) }
    }

    /// Waits for a turn, and then for `locking`, which waits for the lock on a connection.
    pub(crate) async fn wait<T>(
        &self,
        room: RoomId,
        locking: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        let locking = async {
            let _turn = self.turn(room).await?;
            locking.await
        };
        timeout(TIMEOUT, locking).await.unwrap_or_else(|_| Err(locked()))
    }

    async fn turn(&self, room: RoomId) -> Result<Turn, StoreError> {
        let queue = self.queue(room);
        let room = queue.acquire_owned().await.map_err(|_| locked())?;
        let connection = self.connections.clone().acquire_owned().await.map_err(|_| locked())?;
        Ok(Turn { _room: room, _connection: connection })
    }

    fn queue(&self, room: RoomId) -> Arc<Semaphore> {
        let mut rooms = self.rooms.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(queue) = rooms.get(&room).and_then(Weak::upgrade) {
            return queue;
        }
        rooms.retain(|_, queue| queue.strong_count() > 0);
        let queue = Arc::new(Semaphore::new(1));
        rooms.insert(room, Arc::downgrade(&queue));
        queue
    }
}

fn locked() -> StoreError {
    StoreError::Unavailable("the room is locked".into())
}
