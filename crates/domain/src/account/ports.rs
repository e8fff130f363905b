//! Ports for accounts, sessions, password hashes and tokens.

use async_trait::async_trait;

use super::{
    Circle, Claims, Credentials, Identity, LoginName, NewUser, Password, PasswordAttempt, PasswordHash,
    Profile, Session, Ticket, TicketGrant, TicketHash, User, UserRef, Username,
};
use crate::invitation::Invitee;
use crate::limit::LimitKey;
use crate::{Page, PageRequest, Refusal, Result, SessionId, StoreError, Timestamp, UserId};

/// Reads accounts.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait AccountReader: Send + Sync {
    /// Returns the account of that id; `None` where there is none.
    async fn user(&self, id: UserId) -> std::result::Result<Option<User>, StoreError>;

    /// Returns the user with that id, or with that name regardless of case; `None` where there is none.
    async fn find(&self, invitee: Invitee) -> std::result::Result<Option<UserRef>, StoreError>;

    /// Returns the users with any of these names regardless of case, in any order. MUST use one query.
    async fn named(&self, names: Vec<Username>) -> std::result::Result<Vec<UserRef>, StoreError>;

    /// Returns the user with that id, where they are in the circle. MUST use one query.
    async fn profile(&self, id: UserId, circle: Circle) -> std::result::Result<Option<Profile>, StoreError>;

    /// Returns one page of the users in the circle whose [key](Username::key) starts with `start`, which has letters in lower
    /// case, digits, `_`, `.` and `-` only, in the order of the keys' bytes. MUST find them by an index.
    async fn profiles(
        &self,
        start: String,
        circle: Circle,
        page: PageRequest,
    ) -> std::result::Result<Page<Profile>, StoreError>;

    /// Returns the users with any of these ids, in any order. MUST use one query.
    async fn with_ids(&self, ids: Vec<UserId>) -> std::result::Result<Vec<UserRef>, StoreError>;

    /// Returns the account with that name or address, regardless of case, and its password hash; `None` where there
    /// is none.
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

    /// Grants or withdraws the administration of the server. Returns `false` where it was so before, or there is no such
    /// account.
    async fn set_server_admin(&mut self, user: UserId, admin: bool) -> std::result::Result<bool, StoreError>;
}

/// Changes sessions in a unit of work.
#[async_trait]
pub trait SessionWrites: Send {
    /// Stores a session while the user's password hash is still `password` and the account is enabled; returns `false` where
    /// it is another, or the account is disabled.
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

    /// Stores a ticket of a session.
    async fn insert_ticket(&mut self, ticket: Ticket) -> std::result::Result<(), StoreError>;

    /// Removes a ticket and returns what it grants; `None` where there is none, or it lapses at `now` or before. MUST
    /// return it to one caller at most, however many ask at once.
    async fn take_ticket(
        &mut self,
        hash: TicketHash,
        now: Timestamp,
    ) -> std::result::Result<Option<TicketGrant>, StoreError>;

    /// Removes the tickets of a session that lapse at `now` or before.
    async fn delete_lapsed_tickets(
        &mut self,
        session: SessionId,
        now: Timestamp,
    ) -> std::result::Result<(), StoreError>;
}

/// Reads sessions.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait SessionReader: Send + Sync {
    /// Returns the owner of a session. MUST return `None` for a session that has ended, or that expires at `now` or
    /// before.
    async fn session(
        &self,
        id: SessionId,
        now: Timestamp,
    ) -> std::result::Result<Option<Identity>, StoreError>;
}

impl dyn SessionReader {
    /// Rejects a caller whose session has ended or expired with [`Refusal::Unauthenticated`].
    pub(crate) async fn require(&self, caller: &Identity, now: Timestamp) -> Result<()> {
        self.session(caller.session, now).await?.ok_or(Refusal::Unauthenticated)?;
        Ok(())
    }
}

/// Hashes and verifies passwords, which is slow on purpose: MUST NOT run on a thread that serves requests, and MUST
/// bound the number of concurrent runs. Clients that wait MUST get their turns alternately, and MUST be refused with
/// [`Refusal::TooManyAtOnce`] where one has too many waiting.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait PasswordHasher: Send + Sync {
    /// Hashes a new password with a fresh salt, for a client.
    async fn hash(&self, client: LimitKey, password: Password) -> Result<PasswordHash>;

    /// Returns whether the attempt of a client matches the hash. With `None` (an unknown name) MUST take as long as with a hash,
    /// and return `false`.
    async fn verify(
        &self,
        client: LimitKey,
        attempt: PasswordAttempt,
        hash: Option<PasswordHash>,
    ) -> Result<bool>;
}

/// Signs and verifies tokens.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
pub trait TokenSigner: Send + Sync {
    /// Returns the signed text of these claims.
    fn sign(&self, claims: Claims) -> Result<String>;

    /// Returns the claims of a token. MUST return `None` where the signature is wrong or the token has expired at
    /// `now`.
    fn verify(&self, token: &str, now: Timestamp) -> Option<Claims>;
}

/// Makes secrets.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
pub trait SecretSource: Send + Sync {
    /// Returns a text of ASCII letters and digits that can't be guessed: MUST have at least 256 random bits, from a source
    /// fit for keys.
    fn secret(&self) -> String;
}
