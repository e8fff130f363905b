//! What a unit of work writes of accounts and sessions.

use diesel::sql_types::{Bool, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use domain::account::{NewUser, PasswordHash, Session};
use domain::{Constraint, SessionId, StoreError, Timestamp, UserId};

use crate::pool::Link;
use crate::rows::CountRow;
use crate::statement::sql;

type Done = Result<(), StoreError>;

pub(super) async fn insert_user(link: &mut Link, new: NewUser) -> Done {
    // PostgreSQL names whichever index it looked at first, and a failed insert ends the transaction; the port wants the
    // name before the address.
    let taken = sql("SELECT count(*) AS n FROM users WHERE username_key = $1")
        .bind::<Text, _>(new.user.username.key());
    if link.row::<CountRow>(taken).await?.is_some_and(|row| row.n > 0) {
        return Err(StoreError::Conflict(Constraint::Username));
    }
    let statement =
        sql("INSERT INTO users (id, username, username_key, email, email_key, password_hash, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)")
        .bind::<SqlUuid, _>(new.user.id.0)
        .bind::<Text, _>(new.user.username.as_str().to_owned())
        .bind::<Text, _>(new.user.username.key())
        .bind::<Text, _>(new.user.email.as_str().to_owned())
        .bind::<Text, _>(new.user.email.key())
        .bind::<Text, _>(new.password.0)
        .bind::<Timestamptz, _>(new.user.created_at.as_datetime());
    link.execute(statement).await.map(drop)
}

pub(super) async fn set_password(
    link: &mut Link,
    user: UserId,
    password: PasswordHash,
    expected: Option<PasswordHash>,
) -> Result<bool, StoreError> {
    let statement =
        sql("UPDATE users SET password_hash = $2 WHERE id = $1 AND ($3::text IS NULL OR password_hash = $3)")
            .bind::<SqlUuid, _>(user.0)
            .bind::<Text, _>(password.0)
            .bind::<Nullable<Text>, _>(expected.map(|hash| hash.0));
    Ok(link.execute(statement).await? > 0)
}

pub(super) async fn set_server_admin(link: &mut Link, user: UserId, admin: bool) -> Done {
    let statement = sql("UPDATE users SET server_admin = $2 WHERE id = $1")
        .bind::<SqlUuid, _>(user.0)
        .bind::<Bool, _>(admin);
    link.execute(statement).await.map(drop)
}

/// The lock makes a login and a change of the password take turns: either the change ends this session too, or the
/// login sees the new password.
pub(super) async fn insert_session(
    link: &mut Link,
    session: Session,
    password: PasswordHash,
) -> Result<bool, StoreError> {
    let statement = sql("WITH owner AS (SELECT id FROM users WHERE id = $2 AND password_hash = $5 FOR SHARE)
         INSERT INTO sessions (id, user_id, created_at, expires_at) SELECT $1, id, $3, $4 FROM owner")
    .bind::<SqlUuid, _>(session.id.0)
    .bind::<SqlUuid, _>(session.user.0)
    .bind::<Timestamptz, _>(session.created_at.as_datetime())
    .bind::<Timestamptz, _>(session.expires_at.as_datetime())
    .bind::<Text, _>(password.0);
    Ok(link.execute(statement).await? > 0)
}

pub(super) async fn extend_session(
    link: &mut Link,
    session: SessionId,
    expires_at: Timestamp,
) -> Result<bool, StoreError> {
    let statement =
        sql("UPDATE sessions SET expires_at = greatest(expires_at, $2) WHERE id = $1 AND ended_at IS NULL")
            .bind::<SqlUuid, _>(session.0)
            .bind::<Timestamptz, _>(expires_at.as_datetime());
    Ok(link.execute(statement).await? > 0)
}

pub(super) async fn end_session(link: &mut Link, session: SessionId, at: Timestamp) -> Done {
    let statement = sql("UPDATE sessions SET ended_at = $2 WHERE id = $1 AND ended_at IS NULL")
        .bind::<SqlUuid, _>(session.0)
        .bind::<Timestamptz, _>(at.as_datetime());
    link.execute(statement).await.map(drop)
}

pub(super) async fn end_sessions(
    link: &mut Link,
    user: UserId,
    except: Option<SessionId>,
    at: Timestamp,
) -> Done {
    let statement = sql(
        "UPDATE sessions SET ended_at = $3 WHERE user_id = $1 AND id IS DISTINCT FROM $2 AND ended_at IS NULL",
    )
    .bind::<SqlUuid, _>(user.0)
    .bind::<Nullable<SqlUuid>, _>(except.map(|session| session.0))
    .bind::<Timestamptz, _>(at.as_datetime());
    link.execute(statement).await.map(drop)
}
