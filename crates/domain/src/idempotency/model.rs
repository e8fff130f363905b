//! Calls that can be repeated, and the answers that are kept for them.

use sha2::{Digest, Sha256};
use time::Duration;
use uuid::Uuid;

use crate::message::{ClientKey, Fingerprint};
use crate::{AnswerId, StoreError, Timestamp, UserId};

/// The time for which an answer is kept.
pub const KEPT_FOR: Duration = Duration::hours(24);

/// The key of a request that its sender may repeat, and the way to keep its answer.
pub struct Idempotent<T> {
    /// The key.
    pub key: ClientKey,
    /// Encodes the answer; a repeat gets these bytes back.
    pub encode: fn(&T) -> Result<Vec<u8>, StoreError>,
}

/// The outcome of a request under a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome<T> {
    /// It was done now.
    Done(T),
    /// It had been done before; the encoded answer of that time.
    Repeated(Vec<u8>),
}

/// A user's call under a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Call {
    /// Identifies the user, the kind of call with its target, and the key.
    pub id: AnswerId,
    /// Distinguishes the bodies of calls.
    pub fingerprint: Fingerprint,
}

impl Call {
    /// Returns the call of `user` under `key`. `target` names the kind of call and what it is about, `body` lists every value
    /// that the caller sent: calls with the same values are repeats.
    pub(crate) fn new(user: UserId, target: &str, key: &ClientKey, body: &[Option<&str>]) -> Self {
        let mut id = Sha256::new();
        id.update(user.0.as_bytes());
        // A key has no control characters: the parts can't run into each other.
        id.update(target);
        id.update([0]);
        id.update(key.as_str());
        let digest: [u8; 32] = id.finalize().into();
        let mut first = [0; 16];
        first.copy_from_slice(&digest[..16]);
        let mut fingerprint = Sha256::new();
        for value in body {
            // The length before the text, and another one where there is none: different bodies never produce the same bytes.
            let length = value.map_or(u64::MAX, |text| text.len() as u64);
            fingerprint.update(length.to_be_bytes());
            fingerprint.update(value.unwrap_or_default());
        }
        Self {
            id: AnswerId(Uuid::from_bytes(first)),
            fingerprint: Fingerprint(fingerprint.finalize().into()),
        }
    }
}

/// An answer that is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptAnswer {
    /// The fingerprint of the call.
    pub fingerprint: Fingerprint,
    /// The encoded answer.
    pub answer: Vec<u8>,
}

/// An answer to keep.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAnswer {
    /// The call's id.
    pub id: AnswerId,
    /// The fingerprint of the call.
    pub fingerprint: Fingerprint,
    /// The encoded answer.
    pub answer: Vec<u8>,
    /// The time of the answer.
    pub at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::user_id;

    fn call(user: u128, target: &str, key: &str, body: &[Option<&str>]) -> Call {
        Call::new(user_id(user), target, &ClientKey::parse(key).unwrap(), body)
    }

    #[test]
    fn a_call_is_that_of_a_user_a_target_and_a_key() {
        let calls = [
            call(1, "rooms", "k", &[]),
            call(2, "rooms", "k", &[]),
            call(1, "invitations", "k", &[]),
            call(1, "rooms", "l", &[]),
        ];
        for (i, one) in calls.iter().enumerate() {
            for (j, other) in calls.iter().enumerate() {
                assert_eq!(one.id == other.id, i == j);
            }
        }
        assert_eq!(call(1, "rooms", "k", &[Some("a")]).id, calls[0].id, "whatever the body");
    }

    #[test]
    fn different_bodies_have_different_fingerprints() {
        let bodies: [&[Option<&str>]; 6] = [
            &[],
            &[None],
            &[Some("")],
            &[Some("ab"), Some("c")],
            &[Some("a"), Some("bc")],
            &[Some("ab"), None],
        ];
        for (i, one) in bodies.iter().enumerate() {
            for (j, other) in bodies.iter().enumerate() {
                let same = call(1, "rooms", "k", one).fingerprint == call(1, "rooms", "k", other).fingerprint;
                assert_eq!(same, i == j, "{one:?} {other:?}");
            }
        }
    }
}
