//! The bytes that the server holds of what each user has sent by Socket.IO, on all of their connections together.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::UserId;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The most bytes held of a user: bodies and frames that are arriving, attachments that wait for others, and events that wait for
/// their turn.
const USER_BYTES: usize = 8 * 1024 * 1024;

/// The bytes that may still be held, by user.
#[derive(Default)]
pub(super) struct Budgets(Mutex<HashMap<UserId, User>>);

struct User {
    connections: usize,
    left: Arc<Semaphore>,
}

impl Budgets {
    /// Returns the budget of a user, which all of their connections share.
    pub(super) fn of(self: &Arc<Self>, user: UserId) -> Budget {
        let mut users = self.users();
        let new = || User { connections: 0, left: Arc::new(Semaphore::new(USER_BYTES)) };
        let known = users.entry(user).or_insert_with(new);
        known.connections += 1;
        Budget { left: known.left.clone(), user: Some((self.clone(), user)) }
    }

    fn users(&self) -> MutexGuard<'_, HashMap<UserId, User>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The budget of a user, as one of their connections has it.
pub(super) struct Budget {
    left: Arc<Semaphore>,
    user: Option<(Arc<Budgets>, UserId)>,
}

/// Bytes that are held until this is dropped.
pub(super) type Held = OwnedSemaphorePermit;

/// The budget does not suffice.
#[derive(Debug)]
pub(super) struct Exhausted;

impl Budget {
    /// A budget that belongs to no user.
    pub(super) fn of_nobody(bytes: usize) -> Self {
        Self { left: Arc::new(Semaphore::new(bytes)), user: None }
    }

    /// Takes bytes out of the budget until the returned value is dropped.
    pub(super) fn hold(&self, bytes: usize) -> Result<Held, Exhausted> {
        hold(&self.left, bytes)
    }
}

/// Takes bytes out of what is left until the returned value is dropped.
pub(super) fn hold(left: &Arc<Semaphore>, bytes: usize) -> Result<Held, Exhausted> {
    let bytes = u32::try_from(bytes).map_err(|_| Exhausted)?;
    left.clone().try_acquire_many_owned(bytes).map_err(|_| Exhausted)
}

impl Drop for Budget {
    fn drop(&mut self) {
        let Some((all, user)) = &self.user else { return };
        let mut users = all.users();
        if let Some(known) = users.get_mut(user) {
            known.connections -= 1;
            if known.connections == 0 {
                users.remove(user);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn the_connections_of_a_user_share_one_budget_that_others_do_not_touch() {
        let all = Arc::new(Budgets::default());
        let [alice, bob] = [1, 2].map(|n| UserId(Uuid::from_u128(n)));
        let (one, two, other) = (all.of(alice), all.of(alice), all.of(bob));
        let held = one.hold(USER_BYTES - 10).unwrap();
        assert!(two.hold(11).is_err());
        let rest = two.hold(10).unwrap();
        drop(other.hold(USER_BYTES).unwrap());
        drop(held);
        drop(one.hold(USER_BYTES - 10).unwrap());
        drop((one, two, other, rest));
        assert!(all.users().is_empty(), "a user without connections takes no memory");
    }
}
