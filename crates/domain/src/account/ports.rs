//! What accounts need from outside.

use async_trait::async_trait;

use super::{
    Claims, Credentials, Identity, LoginName, NewUser, Password, PasswordAttempt, PasswordHash, Session,
    User, UserRef, Username,
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

/// Changes accounts in a unit of work.
#[async_trait]
pub trait AccountWrites: Send {
    /// Stores an account. MUST return [`StoreError::Conflict`] where the name or the address is taken in any case: for
    /// the name where both are.
    async fn insert_user(&mut self, user: NewUser) -> std::result::Result<(), StoreError>;

    /// Replaces the password hash; where `expected` is `Some`, only while the hash is still that one. MUST compare and
    /// replace in one step. Returns `false` where the hash is another, or there is no such user.
    async fn set_password(
        &mut self,
        user: UserId,
        password: PasswordHash,
        expected: Option<PasswordHash>,
    ) -> std::result::Result<bool, StoreError>;

    /// Grants or withdraws the administration of the server.
    async fn set_server_admin(&mut self, user: UserId, admin: bool) -> std::result::Result<(), StoreError>;
}

/// Changes sessions in a unit of work.
#[async_trait]
pub trait SessionWrites: Send {
    /// Stores a session while the user's password hash is still `password`; returns `false` where it is another.
    async fn insert_session(
        &mut self,
        session: Session,
        password: PasswordHash,
    ) -> std::result::Result<bool, StoreError>;

    /// Moves a session's expiry, never back; returns `false` where the session has ended.
    async fn extend_session(
        &mut self,
        session: SessionId,
        expires_at: Timestamp,
    ) -> std::result::Result<bool, StoreError>;

    /// Ends a session; one that has ended stays as it is.
    async fn end_session(&mut self, session: SessionId, at: Timestamp)
    -> std::result::Result<(), StoreError>;

    /// Ends every session of the user but `except`.
    async fn end_sessions(
        &mut self,
        user: UserId,
        except: Option<SessionId>,
        at: Timestamp,
    ) -> std::result::Result<(), StoreError>;
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
