//! Accounts and sessions.

use diesel::QueryableByName;
use diesel::sql_types::{Bool, Text};
use domain::account::{Credentials, Email, PasswordHash, Profile, TicketGrant, User, UserRef, Username};
use domain::{SessionId, StoreError, Timestamp, UserId};

use super::{Row, user_ref};
use crate::sql_types::{Id, Moment};

/// An account and its password hash.
#[derive(QueryableByName)]
pub struct AccountRow {
    #[diesel(sql_type = Id)]
    id: UserId,
    #[diesel(sql_type = Text)]
    username: String,
    #[diesel(sql_type = Text)]
    email: String,
    #[diesel(sql_type = Text)]
    password_hash: String,
    #[diesel(sql_type = Moment)]
    created_at: Timestamp,
}

impl AccountRow {
    /// Ends where the condition on `users` goes.
    pub const SELECT: &str = "SELECT id, username, email, password_hash, created_at FROM users WHERE ";
}

impl Row for AccountRow {
    type Value = Credentials;

    fn value(self) -> Result<Credentials, StoreError> {
        let user = User {
            id: self.id,
            username: Username::stored(self.username),
            email: Email::stored(self.email),
            created_at: self.created_at,
        };
        Ok(Credentials { user, password: PasswordHash(self.password_hash) })
    }
}

/// The id and name of a user.
#[derive(QueryableByName)]
pub struct UserRow {
    #[diesel(sql_type = Id)]
    id: UserId,
    #[diesel(sql_type = Text)]
    username: String,
}

impl UserRow {
    /// Ends where the condition on `users` goes.
    pub const SELECT: &str = "SELECT id, username FROM users WHERE ";
}

impl Row for UserRow {
    type Value = UserRef;

    fn value(self) -> Result<UserRef, StoreError> {
        Ok(user_ref(self.id, self.username))
    }
}

/// A user as others see them.
#[derive(QueryableByName)]
pub struct ProfileRow {
    #[diesel(sql_type = Id)]
    id: UserId,
    #[diesel(sql_type = Text)]
    username: String,
    #[diesel(sql_type = Moment)]
    created_at: Timestamp,
}

impl ProfileRow {
    /// Ends where the condition on the users `u` goes.
    pub const SELECT: &str = "SELECT u.id, u.username, u.created_at FROM users u WHERE ";
}

impl Row for ProfileRow {
    type Value = Profile;

    fn value(self) -> Result<Profile, StoreError> {
        Ok(Profile { user: user_ref(self.id, self.username), created_at: self.created_at })
    }
}

/// The user of a session.
#[derive(QueryableByName)]
pub struct IdentityRow {
    #[diesel(sql_type = Id)]
    id: UserId,
    #[diesel(sql_type = Text)]
    username: String,
    #[diesel(sql_type = Bool)]
    server_admin: bool,
}

impl IdentityRow {
    /// The living session `?1` at the moment `?2`.
    pub const SELECT: &str =
        "SELECT u.id, u.username, u.server_admin FROM sessions s JOIN users u ON u.id = s.user_id
        WHERE s.id = ?1 AND s.ended_at IS NULL AND s.expires_at > ?2";
}

impl Row for IdentityRow {
    /// The user, and whether they administer the server.
    type Value = (UserRef, bool);

    fn value(self) -> Result<Self::Value, StoreError> {
        Ok((user_ref(self.id, self.username), self.server_admin))
    }
}

/// A ticket's session, and the expiry of the token that it was issued for.
#[derive(QueryableByName)]
pub struct TicketRow {
    #[diesel(sql_type = Id)]
    session_id: SessionId,
    #[diesel(sql_type = Moment)]
    token_expires_at: Timestamp,
}

impl Row for TicketRow {
    type Value = TicketGrant;

    fn value(self) -> Result<TicketGrant, StoreError> {
        Ok(TicketGrant { session: self.session_id, token_expires_at: self.token_expires_at })
    }
}
