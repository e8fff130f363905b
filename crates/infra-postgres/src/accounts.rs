//! Accounts and sessions, read.

use async_trait::async_trait;
use diesel::QueryableByName;
use diesel::sql_types::{Array, Bool, Text, Timestamptz, Uuid as SqlUuid};
use domain::account::{
    AccountReader, Credentials, Email, Identity, LoginName, PasswordHash, SessionReader, User, UserRef,
    Username,
};
use domain::invitation::Invitee;
use domain::{SessionId, StoreError, Timestamp, UserId};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::PostgresStore;
use crate::rows::{moment, user_ref};
use crate::statement::sql;

#[derive(QueryableByName)]
struct UserRow {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Text)]
    username: String,
    #[diesel(sql_type = Text)]
    email: String,
    #[diesel(sql_type = Text)]
    password_hash: String,
    #[diesel(sql_type = Timestamptz)]
    created_at: OffsetDateTime,
}

impl UserRow {
    fn credentials(self) -> Result<Credentials, StoreError> {
        let user = User {
            id: UserId(self.id),
            username: Username::stored(self.username),
            email: Email::stored(self.email),
            created_at: moment(self.created_at)?,
        };
        Ok(Credentials { user, password: PasswordHash(self.password_hash) })
    }
}

/// Who bears a name.
#[derive(QueryableByName)]
pub(crate) struct NameRow {
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    #[diesel(sql_type = Text)]
    pub username: String,
}

#[derive(QueryableByName)]
struct IdentityRow {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Text)]
    username: String,
    #[diesel(sql_type = Bool)]
    server_admin: bool,
}

const USER: &str = "SELECT id, username, email, password_hash, created_at FROM users WHERE ";

#[async_trait]
impl AccountReader for PostgresStore {
    async fn user(&self, id: UserId) -> Result<Option<User>, StoreError> {
        let statement = sql(format!("{USER} id = $1")).bind::<SqlUuid, _>(id.0);
        let row: Option<UserRow> = self.database.row(statement).await?;
        Ok(row.map(UserRow::credentials).transpose()?.map(|known| known.user))
    }

    async fn find(&self, invitee: Invitee) -> Result<Option<UserRef>, StoreError> {
        let statement = match invitee {
            Invitee::Id(id) => sql("SELECT id, username FROM users WHERE id = $1").bind::<SqlUuid, _>(id.0),
            Invitee::Name(name) => {
                sql("SELECT id, username FROM users WHERE username_key = $1").bind::<Text, _>(name.key())
            }
        };
        let row: Option<NameRow> = self.database.row(statement).await?;
        Ok(row.map(|row| user_ref(row.id, row.username)))
    }

    async fn named(&self, names: Vec<Username>) -> Result<Vec<UserRef>, StoreError> {
        let keys: Vec<String> = names.iter().map(Username::key).collect();
        let statement =
            sql("SELECT id, username FROM users WHERE username_key = ANY($1)").bind::<Array<Text>, _>(keys);
        let rows: Vec<NameRow> = self.database.link().await?.rows(statement).await?;
        Ok(rows.into_iter().map(|row| user_ref(row.id, row.username)).collect())
    }

    async fn credentials(&self, login: LoginName) -> Result<Option<Credentials>, StoreError> {
        let column = match login {
            LoginName::Username(_) => "username_key",
            LoginName::Email(_) => "email_key",
        };
        let statement = sql(format!("{USER} {column} = $1")).bind::<Text, _>(login.key());
        let row: Option<UserRow> = self.database.row(statement).await?;
        row.map(UserRow::credentials).transpose()
    }
}

#[async_trait]
impl SessionReader for PostgresStore {
    async fn session(&self, id: SessionId, now: Timestamp) -> Result<Option<Identity>, StoreError> {
        let statement =
            sql("SELECT u.id, u.username, u.server_admin FROM sessions s JOIN users u ON u.id = s.user_id
             WHERE s.id = $1 AND s.ended_at IS NULL AND s.expires_at > $2")
            .bind::<SqlUuid, _>(id.0)
            .bind::<Timestamptz, _>(now.as_datetime());
        let row: Option<IdentityRow> = self.database.row(statement).await?;
        Ok(row.map(|row| {
            let user = user_ref(row.id, row.username);
            Identity { user, session: id, server_admin: row.server_admin }
        }))
    }
}
