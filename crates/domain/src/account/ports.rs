//! What accounts need from outside.

use async_trait::async_trait;

use super::{
    Claims, Credentials, Identity, LoginName, Password, PasswordAttempt, PasswordHash, User, UserRef,
    Username,
};
use crate::invitation::Invitee;
use crate::{Result, SessionId, StoreError, Timestamp, UserId};

/// Reads accounts.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait AccountReader: Send + Sync {
    /// The account of that id.
    async fn user(&self, id: UserId) -> std::result::Result<Option<User>, StoreError>;

    /// Who an id or a name, in whatever case, belongs to.
    async fn find(&self, invitee: Invitee) -> std::result::Result<Option<UserRef>, StoreError>;

    /// Everybody who bears one of these names, in whatever case; in one query, in any order.
    async fn named(&self, names: Vec<Username>) -> std::result::Result<Vec<UserRef>, StoreError>;

    /// The account of that name or address, found without regard to case, and its password hash.
    async fn credentials(&self, login: LoginName) -> std::result::Result<Option<Credentials>, StoreError>;
}

/// Reads sessions.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait SessionReader: Send + Sync {
    /// Who a session belongs to. MUST be `None` for one that has ended, or lapses at `now` or before.
    async fn session(
        &self,
        id: SessionId,
        now: Timestamp,
    ) -> std::result::Result<Option<Identity>, StoreError>;
}

/// Hashes and checks passwords: slow on purpose, so it MUST NOT run on a thread that serves requests, and MUST
/// bound how many run at once.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait PasswordHasher: Send + Sync {
    /// Hashes a new password with a fresh salt.
    async fn hash(&self, password: Password) -> Result<PasswordHash>;

    /// Whether the attempt is the password. With `None` (nobody has that name) it MUST take as long as with a hash,
    /// and answer `false`.
    async fn verify(&self, attempt: PasswordAttempt, hash: Option<PasswordHash>) -> Result<bool>;
}

/// Signs tokens and reads them back.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
pub trait TokenSigner: Send + Sync {
    /// The signed text of these claims.
    fn sign(&self, claims: Claims) -> Result<String>;

    /// What the token says. MUST be `None` where the signature is wrong or it has expired at `now`.
    fn verify(&self, token: &str, now: Timestamp) -> Option<Claims>;
}
