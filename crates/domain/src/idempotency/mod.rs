//! Answers that are kept, so that a request repeated under its idempotency key gets the first answer.

mod model;
mod ports;

pub use model::{Call, Idempotent, KEPT_FOR, KeptAnswer, NewAnswer, Outcome};
pub use ports::IdempotencyWrites;

use crate::store::UnitOfWork;
use crate::{Refusal, Result, Timestamp};

/// Returns the answer that was first given to the call; `None` where it is new. Rejects a call that asks for something
/// else under the same key with [`Refusal::IdempotencyConflict`].
pub(crate) async fn earlier_answer(
    work: &mut dyn UnitOfWork,
    call: &Call,
    now: Timestamp,
) -> Result<Option<Vec<u8>>> {
    match work.kept_answer(call.id, now.plus(-KEPT_FOR)).await? {
        Some(kept) if kept.fingerprint == call.fingerprint => Ok(Some(kept.answer)),
        Some(_) => Err(Refusal::IdempotencyConflict.into()),
        None => Ok(None),
    }
}

/// Keeps the answer to the call; returns `false` where another request with the same key was quicker, and nothing of
/// this one may be stored.
pub(crate) async fn keep_answer(
    work: &mut dyn UnitOfWork,
    call: &Call,
    answer: Vec<u8>,
    now: Timestamp,
) -> Result<bool> {
    let new = NewAnswer { id: call.id, fingerprint: call.fingerprint, answer, at: now };
    Ok(work.keep_answer(new, now.plus(-KEPT_FOR)).await?)
}
