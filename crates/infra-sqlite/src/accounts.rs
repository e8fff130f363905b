//! Accounts and sessions.

use async_trait::async_trait;
use diesel::sql_types::{Bool, Nullable, Text};
use domain::account::{
    AccountReader, AccountWrites, Credentials, Identity, LoginName, NewUser, PasswordHash, Session,
    SessionReader, SessionWrites, User, UserRef, Username,
};
use domain::invitation::Invitee;
use domain::{Constraint, SessionId, StoreError, Timestamp, UserId};
use store_common::rows::{AccountRow, IdentityRow, UserRow};
use store_common::sql_types::{Id, Moment};
use store_common::statement::sql;

use crate::SqliteStore;
use crate::unit_of_work::SqliteUnitOfWork;

#[async_trait]
impl AccountReader for SqliteStore {
    async fn user(&self, id: UserId) -> Result<Option<User>, StoreError> {
        let statement = sql(format!("{}id = ?1", AccountRow::SELECT)).bind::<Id, _>(id);
        Ok(self.database.one::<AccountRow>(statement).await?.map(|known| known.user))
    }

    async fn find(&self, invitee: Invitee) -> Result<Option<UserRef>, StoreError> {
        let statement = match invitee {
            Invitee::Id(id) => sql(format!("{}id = ?1", UserRow::SELECT)).bind::<Id, _>(id),
            Invitee::Name(name) => {
                sql(format!("{}username_key = ?1", UserRow::SELECT)).bind::<Text, _>(name.key())
            }
        };
        self.database.one::<UserRow>(statement).await
    }

    async fn named(&self, names: Vec<Username>) -> Result<Vec<UserRef>, StoreError> {
        let places = (1..=names.len()).map(|n| format!("?{n}")).collect::<Vec<_>>().join(", ");
        let statement = sql(format!("{}username_key IN ({places})", UserRow::SELECT));
        let statement = names.iter().fold(statement, |statement, name| statement.bind::<Text, _>(name.key()));
        self.database.all::<UserRow>(statement).await
    }

    async fn credentials(&self, login: LoginName) -> Result<Option<Credentials>, StoreError> {
        let column = match login {
            LoginName::Username(_) => "username_key",
            LoginName::Email(_) => "email_key",
        };
        let statement = sql(format!("{}{column} = ?1", AccountRow::SELECT)).bind::<Text, _>(login.key());
        self.database.one::<AccountRow>(statement).await
    }
}

#[async_trait]
impl SessionReader for SqliteStore {
    async fn session(&self, id: SessionId, now: Timestamp) -> Result<Option<Identity>, StoreError> {
        let statement = sql(IdentityRow::SELECT).bind::<Id, _>(id).bind::<Moment, _>(now);
        let found = self.database.one::<IdentityRow>(statement).await?;
        Ok(found.map(|(user, server_admin)| Identity { user, session: id, server_admin }))
    }
}

#[async_trait]
impl AccountWrites for SqliteUnitOfWork {
    async fn insert_user(&mut self, new: NewUser) -> Result<(), StoreError> {
        let username_key = new.user.username.key();
        let statement =
            sql("INSERT INTO users (id, username, username_key, email, email_key, password_hash, created_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")
            .bind::<Id, _>(new.user.id)
            .bind::<Text, _>(new.user.username.as_str().to_owned())
            .bind::<Text, _>(username_key.clone())
            .bind::<Text, _>(new.user.email.as_str().to_owned())
            .bind::<Text, _>(new.user.email.key())
            .bind::<Text, _>(new.password.0)
            .bind::<Moment, _>(new.user.created_at);
        let inserted = self.execute(statement).await.map(drop);
        if matches!(inserted, Err(StoreError::Conflict(Constraint::Email))) {
            // SQLite names the index that it checked first; the port wants the name before the address.
            let taken = sql("SELECT count(*) AS n FROM users WHERE username_key = ?1");
            if self.number(taken.bind::<Text, _>(username_key)).await? > 0 {
                return Err(StoreError::Conflict(Constraint::Username));
            }
        }
        inserted
    }

    async fn set_password(
        &mut self,
        user: UserId,
        password: PasswordHash,
        expected: Option<PasswordHash>,
    ) -> Result<bool, StoreError> {
        let statement =
            sql("UPDATE users SET password_hash = ?2 WHERE id = ?1 AND (?3 IS NULL OR password_hash = ?3)")
                .bind::<Id, _>(user)
                .bind::<Text, _>(password.0)
                .bind::<Nullable<Text>, _>(expected.map(|hash| hash.0));
        Ok(self.execute(statement).await? > 0)
    }

    async fn set_server_admin(&mut self, user: UserId, admin: bool) -> Result<(), StoreError> {
        let statement = sql("UPDATE users SET server_admin = ?2 WHERE id = ?1")
            .bind::<Id, _>(user)
            .bind::<Bool, _>(admin);
        self.execute(statement).await.map(drop)
    }
}

#[async_trait]
impl SessionWrites for SqliteUnitOfWork {
    async fn insert_session(&mut self, session: Session, password: PasswordHash) -> Result<bool, StoreError> {
        let statement = sql("INSERT INTO sessions (id, user_id, created_at, expires_at)
             SELECT ?1, id, ?3, ?4 FROM users WHERE id = ?2 AND password_hash = ?5")
        .bind::<Id, _>(session.id)
        .bind::<Id, _>(session.user)
        .bind::<Moment, _>(session.created_at)
        .bind::<Moment, _>(session.expires_at)
        .bind::<Text, _>(password.0);
        Ok(self.execute(statement).await? > 0)
    }

    async fn extend_session(
        &mut self,
        session: SessionId,
        expires_at: Timestamp,
    ) -> Result<bool, StoreError> {
        let statement =
            sql("UPDATE sessions SET expires_at = max(expires_at, ?2) WHERE id = ?1 AND ended_at IS NULL")
                .bind::<Id, _>(session)
                .bind::<Moment, _>(expires_at);
        Ok(self.execute(statement).await? > 0)
    }

    async fn end_session(&mut self, session: SessionId, at: Timestamp) -> Result<(), StoreError> {
        let statement = sql("UPDATE sessions SET ended_at = ?2 WHERE id = ?1 AND ended_at IS NULL")
            .bind::<Id, _>(session)
            .bind::<Moment, _>(at);
        self.execute(statement).await.map(drop)
    }

    async fn end_sessions(
        &mut self,
        user: UserId,
        except: Option<SessionId>,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let statement =
            sql("UPDATE sessions SET ended_at = ?3 WHERE user_id = ?1 AND id IS NOT ?2 AND ended_at IS NULL")
                .bind::<Id, _>(user)
                .bind::<Nullable<Id>, _>(except)
                .bind::<Moment, _>(at);
        self.execute(statement).await.map(drop)
    }
}
