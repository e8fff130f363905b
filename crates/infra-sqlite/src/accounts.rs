//! Accounts and sessions, read.

use async_trait::async_trait;
use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::{BigInt, Binary, Bool, Text};
use diesel::sqlite::Sqlite;
use domain::account::{
    AccountReader, Credentials, Email, Identity, LoginName, PasswordHash, SessionReader, User, UserRef,
    Username,
};
use domain::invitation::Invitee;
use domain::{SessionId, StoreError, Timestamp, UserId};

use crate::SqliteStore;
use crate::errors::store_error;
use crate::rows::{bytes, moment, user_ref, uuid};

#[derive(QueryableByName)]
struct UserRow {
    #[diesel(sql_type = Binary)]
    id: Vec<u8>,
    #[diesel(sql_type = Text)]
    username: String,
    #[diesel(sql_type = Text)]
    email: String,
    #[diesel(sql_type = Text)]
    password_hash: String,
    #[diesel(sql_type = BigInt)]
    created_at: i64,
}

impl UserRow {
    fn credentials(self) -> Result<Credentials, StoreError> {
        let user = User {
            id: UserId(uuid(&self.id)?),
            username: Username::stored(self.username),
            email: Email::stored(self.email),
            created_at: moment(self.created_at)?,
        };
        Ok(Credentials { user, password: PasswordHash(self.password_hash) })
    }
}

#[derive(QueryableByName)]
struct NameRow {
    #[diesel(sql_type = Binary)]
    id: Vec<u8>,
    #[diesel(sql_type = Text)]
    username: String,
}

#[derive(QueryableByName)]
struct IdentityRow {
    #[diesel(sql_type = Binary)]
    id: Vec<u8>,
    #[diesel(sql_type = Text)]
    username: String,
    #[diesel(sql_type = Bool)]
    server_admin: bool,
}

const USER: &str = "SELECT id, username, email, password_hash, created_at FROM users WHERE ";

impl SqliteStore {
    async fn account_where(&self, condition: &str, key: Key) -> Result<Option<Credentials>, StoreError> {
        let sql = format!("{USER}{condition}");
        let row: Option<UserRow> = self
            .database
            .read(move |c| {
                match key {
                    Key::Bytes(bytes) => sql_query(sql).bind::<Binary, _>(bytes).get_result(c),
                    Key::Text(text) => sql_query(sql).bind::<Text, _>(text).get_result(c),
                }
                .optional()
                .map_err(store_error)
            })
            .await?;
        row.map(UserRow::credentials).transpose()
    }
}

enum Key {
    Bytes(Vec<u8>),
    Text(String),
}

#[async_trait]
impl AccountReader for SqliteStore {
    async fn user(&self, id: UserId) -> Result<Option<User>, StoreError> {
        Ok(self.account_where("id = ?1", Key::Bytes(bytes(id.0))).await?.map(|known| known.user))
    }

    async fn find(&self, invitee: Invitee) -> Result<Option<UserRef>, StoreError> {
        let row: Option<NameRow> = self
            .database
            .read(move |c| {
                match invitee {
                    Invitee::Id(id) => sql_query("SELECT id, username FROM users WHERE id = ?1")
                        .bind::<Binary, _>(bytes(id.0))
                        .get_result(c),
                    Invitee::Name(name) => {
                        sql_query("SELECT id, username FROM users WHERE username_key = ?1")
                            .bind::<Text, _>(name.key())
                            .get_result(c)
                    }
                }
                .optional()
                .map_err(store_error)
            })
            .await?;
        row.map(|row| user_ref(&row.id, row.username)).transpose()
    }

    async fn named(&self, names: Vec<Username>) -> Result<Vec<UserRef>, StoreError> {
        let places = (1..=names.len()).map(|n| format!("?{n}")).collect::<Vec<_>>().join(", ");
        let rows: Vec<NameRow> = self
            .database
            .read(move |c| {
                let sql = format!("SELECT id, username FROM users WHERE username_key IN ({places})");
                let mut query = sql_query(sql).into_boxed::<Sqlite>();
                for name in &names {
                    query = query.bind::<Text, _>(name.key());
                }
                query.load(c).map_err(store_error)
            })
            .await?;
        rows.into_iter().map(|row| user_ref(&row.id, row.username)).collect()
    }

    async fn credentials(&self, login: LoginName) -> Result<Option<Credentials>, StoreError> {
        let condition = match login {
            LoginName::Username(_) => "username_key = ?1",
            LoginName::Email(_) => "email_key = ?1",
        };
        self.account_where(condition, Key::Text(login.key())).await
    }
}

#[async_trait]
impl SessionReader for SqliteStore {
    async fn session(&self, id: SessionId, now: Timestamp) -> Result<Option<Identity>, StoreError> {
        let row: Option<IdentityRow> = self
            .database
            .read(move |c| {
                sql_query(
                    "SELECT u.id, u.username, u.server_admin FROM sessions s JOIN users u ON u.id = s.user_id
                     WHERE s.id = ?1 AND s.ended_at IS NULL AND s.expires_at > ?2",
                )
                .bind::<Binary, _>(bytes(id.0))
                .bind::<BigInt, _>(now.unix_micros())
                .get_result(c)
                .optional()
                .map_err(store_error)
            })
            .await?;
        row.map(|row| {
            let user = user_ref(&row.id, row.username)?;
            Ok(Identity { user, session: id, server_admin: row.server_admin })
        })
        .transpose()
    }
}
