//! Accounts, sessions and files as admins see them.

use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Bool, Nullable, Text};
use domain::account::{Email, Session, User, Username};
use domain::admin::{AccountRecord, FileUsage};
use domain::{SessionId, StoreError, Timestamp, UserId};

use super::{Row, count, user_ref};
use crate::sql_types::{Id, Moment};

/// An account, its rights, and whether it is in use.
#[derive(QueryableByName)]
pub struct AccountRecordRow {
    #[diesel(sql_type = Id)]
    id: UserId,
    #[diesel(sql_type = Text)]
    username: String,
    #[diesel(sql_type = Text)]
    email: String,
    #[diesel(sql_type = Moment)]
    created_at: Timestamp,
    #[diesel(sql_type = Bool)]
    server_admin: bool,
    #[diesel(sql_type = Nullable<Moment>)]
    disabled_at: Option<Timestamp>,
}

impl AccountRecordRow {
    /// Ends where the condition on the users `u` goes.
    pub const SELECT: &str =
        "SELECT u.id, u.username, u.email, u.created_at, u.server_admin, u.disabled_at FROM users u WHERE ";
}

impl Row for AccountRecordRow {
    type Value = AccountRecord;

    fn value(self) -> Result<AccountRecord, StoreError> {
        let user = User {
            id: self.id,
            username: Username::stored(self.username),
            email: Email::stored(self.email),
            created_at: self.created_at,
        };
        Ok(AccountRecord { user, server_admin: self.server_admin, disabled_at: self.disabled_at })
    }
}

/// A session.
#[derive(QueryableByName)]
pub struct SessionRow {
    #[diesel(sql_type = Id)]
    id: SessionId,
    #[diesel(sql_type = Id)]
    user_id: UserId,
    #[diesel(sql_type = Moment)]
    created_at: Timestamp,
    #[diesel(sql_type = Moment)]
    expires_at: Timestamp,
}

impl SessionRow {
    /// Ends where the condition on `sessions` goes.
    pub const SELECT: &str = "SELECT id, user_id, created_at, expires_at FROM sessions WHERE ";
}

impl Row for SessionRow {
    type Value = Session;

    fn value(self) -> Result<Session, StoreError> {
        let Self { id, user_id: user, created_at, expires_at } = self;
        Ok(Session { id, user, created_at, expires_at })
    }
}

/// The files of a user.
#[derive(QueryableByName)]
pub struct FileUsageRow {
    #[diesel(sql_type = Id)]
    user_id: UserId,
    #[diesel(sql_type = Text)]
    username: String,
    #[diesel(sql_type = BigInt)]
    bytes: i64,
    #[diesel(sql_type = BigInt)]
    files: i64,
}

impl Row for FileUsageRow {
    type Value = FileUsage;

    fn value(self) -> Result<FileUsage, StoreError> {
        let user = user_ref(self.user_id, self.username);
        Ok(FileUsage { user, files: count(self.files)?, bytes: count(self.bytes)? })
    }
}
