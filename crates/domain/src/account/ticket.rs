//! Tickets: secrets that stand for a session once and for a short time, for URLs, which end up in logs.

use std::fmt;

use sha2::{Digest, Sha256};

use crate::{SessionId, Timestamp};

/// The hash of a ticket: the store does not know the tickets themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TicketHash(pub [u8; 32]);

impl TicketHash {
    /// Returns the hash of a ticket's text.
    #[must_use]
    pub fn of(text: &str) -> Self {
        Self(Sha256::digest(text).into())
    }
}

/// A ticket to store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ticket {
    /// Its hash.
    pub hash: TicketHash,
    /// The session that it stands for.
    pub grant: TicketGrant,
    /// The time at which it lapses.
    pub expires_at: Timestamp,
}

/// The rights that a ticket gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TicketGrant {
    /// The session that it stands for.
    pub session: SessionId,
    /// The expiry of the token that it was issued for: what it opens ends then.
    pub token_expires_at: Timestamp,
}

/// A ticket as its owner gets it. `Debug` does not print the text, which is a secret.
#[derive(Clone, PartialEq, Eq)]
pub struct IssuedTicket {
    /// The text that the client sends as `?ticket=`.
    pub text: String,
    /// The time at which it lapses.
    pub expires_at: Timestamp,
}

impl fmt::Debug for IssuedTicket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IssuedTicket").field("expires_at", &self.expires_at).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_sha_256() {
        assert_eq!(TicketHash::of("abc").0[..4], [0xba, 0x78, 0x16, 0xbf]);
    }
}
