//! Accounts and sessions.

use async_trait::async_trait;
use diesel::sql_types::{Array, Text};
use domain::account::{
    AccountReader, AccountWrites, Circle, Credentials, Identity, LoginName, NewUser, PasswordHash, Profile,
    Session, SessionReader, SessionWrites, Ticket, TicketGrant, TicketHash, User, UserRef, Username,
};
use domain::invitation::Invitee;
use domain::{Constraint, Page, PageRequest, SessionId, StoreError, Timestamp, UserId};
use store_common::rows::{AccountRow, IdentityRow, ProfileRow, TicketRow, UserRow};
use store_common::sql_types::{Id, Moment};
use store_common::statement::sql;
use store_common::statements;

use crate::PostgresStore;
use crate::unit_of_work::PostgresUnitOfWork;

#[async_trait]
impl AccountReader for PostgresStore {
    async fn user(&self, id: UserId) -> Result<Option<User>, StoreError> {
        Ok(self.database.one::<AccountRow>(statements::account(id)).await?.map(|known| known.user))
    }

    async fn find(&self, invitee: Invitee) -> Result<Option<UserRef>, StoreError> {
        self.database.one::<UserRow>(statements::user(invitee)).await
    }

    async fn named(&self, names: Vec<Username>) -> Result<Vec<UserRef>, StoreError> {
        let keys: Vec<String> = names.iter().map(Username::key).collect();
        let statement =
            sql(format!("{}username_key = ANY(?1)", UserRow::SELECT)).bind::<Array<Text>, _>(keys);
        self.database.all::<UserRow>(statement).await
    }

    async fn profile(&self, id: UserId, circle: Circle) -> Result<Option<Profile>, StoreError> {
        self.database.one::<ProfileRow>(statements::profile(id, circle)).await
    }

    async fn profiles(
        &self,
        start: String,
        circle: Circle,
        page: PageRequest,
    ) -> Result<Page<Profile>, StoreError> {
        let (total, listed) = statements::profiles(&start, circle, page);
        self.database.page::<ProfileRow>(total, listed).await
    }

    async fn with_ids(&self, ids: Vec<UserId>) -> Result<Vec<UserRef>, StoreError> {
        let statement = sql(format!("{}id = ANY(?1)", UserRow::SELECT)).bind::<Array<Id>, _>(ids);
        self.database.all::<UserRow>(statement).await
    }

    async fn credentials(&self, login: LoginName) -> Result<Option<Credentials>, StoreError> {
        self.database.one::<AccountRow>(statements::account_of_login(&login)).await
    }
}

#[async_trait]
impl SessionReader for PostgresStore {
    async fn session(&self, id: SessionId, now: Timestamp) -> Result<Option<Identity>, StoreError> {
        let found = self.database.one::<IdentityRow>(statements::session(id, now)).await?;
        Ok(found.map(|(user, server_admin)| Identity { user, session: id, server_admin, address: None }))
    }
}

#[async_trait]
impl AccountWrites for PostgresUnitOfWork {
    async fn insert_user(&mut self, new: NewUser) -> Result<(), StoreError> {
        // PostgreSQL names the index that it checked first, and a failed insertion ends the transaction; the port wants
        // the name before the address.
        if self.number(statements::name_count(new.user.username.key())).await? > 0 {
            return Err(StoreError::Conflict(Constraint::Username));
        }
        self.execute(statements::insert_user(new)).await.map(drop)
    }

    async fn set_password(
        &mut self,
        user: UserId,
        password: PasswordHash,
        expected: Option<PasswordHash>,
    ) -> Result<bool, StoreError> {
        Ok(self.execute(statements::set_password(user, password, expected)).await? > 0)
    }

    async fn set_server_admin(&mut self, user: UserId, admin: bool) -> Result<bool, StoreError> {
        Ok(self.execute(statements::set_server_admin(user, admin)).await? > 0)
    }
}

#[async_trait]
impl SessionWrites for PostgresUnitOfWork {
    /// The lock makes a login and a change of the password, or the end of the account's use, exclude each other: either the
    /// change ends this session too, or the login sees it.
    async fn insert_session(&mut self, session: Session, password: PasswordHash) -> Result<bool, StoreError> {
        let statement = sql("WITH owner AS (SELECT id FROM users
                    WHERE id = ?2 AND password_hash = ?5 AND disabled_at IS NULL FOR SHARE)
             INSERT INTO sessions (id, user_id, created_at, expires_at) SELECT ?1, id, ?3, ?4 FROM owner")
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
        Ok(self.execute(statements::extend_session(session, expires_at)).await? > 0)
    }

    async fn end_session(&mut self, session: SessionId, at: Timestamp) -> Result<(), StoreError> {
        self.execute(statements::end_session(session, at)).await.map(drop)
    }

    async fn end_sessions(
        &mut self,
        user: UserId,
        except: Option<SessionId>,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        self.execute(statements::end_sessions(user, except, at)).await.map(drop)
    }

    async fn insert_ticket(&mut self, ticket: Ticket) -> Result<(), StoreError> {
        self.execute(statements::insert_ticket(ticket)).await.map(drop)
    }

    async fn take_ticket(
        &mut self,
        hash: TicketHash,
        now: Timestamp,
    ) -> Result<Option<TicketGrant>, StoreError> {
        self.one::<TicketRow>(statements::take_ticket(hash, now)).await
    }

    async fn delete_lapsed_tickets(&mut self, session: SessionId, now: Timestamp) -> Result<(), StoreError> {
        self.execute(statements::delete_lapsed_tickets(session, now)).await.map(drop)
    }
}
