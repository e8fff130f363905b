//! The link that makes the first server admin.

use std::fmt;

use sha2::{Digest, Sha256};

use crate::Timestamp;

/// The hash of the secret in a link: the store does not know the secret itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LinkHash(pub [u8; 32]);

impl LinkHash {
    /// Returns the hash of a secret.
    #[must_use]
    pub fn of(secret: &str) -> Self {
        Self(Sha256::digest(secret).into())
    }
}

/// A link that makes the first server admin, once. `Debug` does not print the secret.
#[derive(Clone, PartialEq, Eq)]
pub struct OfferedLink {
    /// The secret that the link carries.
    pub secret: String,
    /// The time at which it lapses.
    pub expires_at: Timestamp,
}

impl fmt::Debug for OfferedLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OfferedLink").field("expires_at", &self.expires_at).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_sha_256_and_the_secret_is_not_printed() {
        assert_eq!(LinkHash::of("abc").0[..4], [0xba, 0x78, 0x16, 0xbf]);
        let link = OfferedLink { secret: "hidden".to_owned(), expires_at: Timestamp::EPOCH };
        assert!(!format!("{link:?}").contains("hidden"));
    }
}
