//! What a unit of work writes of accounts and sessions.

use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::{BigInt, Binary, Bool, Nullable, Text};
use domain::account::{NewUser, PasswordHash, Session};
use domain::{Constraint, SessionId, StoreError, Timestamp, UserId};

use crate::errors::store_error;
use crate::rows::{CountRow, bytes};

type Done = Result<(), StoreError>;

pub(super) fn insert_user(c: &mut SqliteConnection, new: &NewUser) -> Done {
    let done = sql_query(
        "INSERT INTO users (id, username, username_key, email, email_key, password_hash, created_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )
    .bind::<Binary, _>(bytes(new.user.id.0))
    .bind::<Text, _>(new.user.username.as_str())
    .bind::<Text, _>(new.user.username.key())
    .bind::<Text, _>(new.user.email.as_str())
    .bind::<Text, _>(new.user.email.key())
    .bind::<Text, _>(&new.password.0)
    .bind::<BigInt, _>(new.user.created_at.unix_micros())
    .execute(c)
    .map(drop)
    .map_err(store_error);
    match done {
        // SQLite names whichever index it looked at first; the port wants the name before the address.
        Err(StoreError::Conflict(Constraint::Email)) if name_taken(c, new)? => {
            Err(StoreError::Conflict(Constraint::Username))
        }
        done => done,
    }
}

fn name_taken(c: &mut SqliteConnection, new: &NewUser) -> Result<bool, StoreError> {
    let row: CountRow = sql_query("SELECT count(*) AS n FROM users WHERE username_key = ?1")
        .bind::<Text, _>(new.user.username.key())
        .get_result(c)
        .map_err(store_error)?;
    Ok(row.n > 0)
}

pub(super) fn set_password(
    c: &mut SqliteConnection,
    user: UserId,
    password: &PasswordHash,
    expected: Option<&PasswordHash>,
) -> Result<bool, StoreError> {
    let set =
        sql_query("UPDATE users SET password_hash = ?2 WHERE id = ?1 AND (?3 IS NULL OR password_hash = ?3)")
            .bind::<Binary, _>(bytes(user.0))
            .bind::<Text, _>(&password.0)
            .bind::<Nullable<Text>, _>(expected.map(|hash| &hash.0))
            .execute(c)
            .map_err(store_error)?;
    Ok(set > 0)
}

pub(super) fn set_server_admin(c: &mut SqliteConnection, user: UserId, admin: bool) -> Done {
    sql_query("UPDATE users SET server_admin = ?2 WHERE id = ?1")
        .bind::<Binary, _>(bytes(user.0))
        .bind::<Bool, _>(admin)
        .execute(c)
        .map_err(store_error)?;
    Ok(())
}

pub(super) fn insert_session(
    c: &mut SqliteConnection,
    session: &Session,
    password: &PasswordHash,
) -> Result<bool, StoreError> {
    let inserted = sql_query(
        "INSERT INTO sessions (id, user_id, created_at, expires_at)
         SELECT ?1, id, ?3, ?4 FROM users WHERE id = ?2 AND password_hash = ?5",
    )
    .bind::<Binary, _>(bytes(session.id.0))
    .bind::<Binary, _>(bytes(session.user.0))
    .bind::<BigInt, _>(session.created_at.unix_micros())
    .bind::<BigInt, _>(session.expires_at.unix_micros())
    .bind::<Text, _>(&password.0)
    .execute(c)
    .map_err(store_error)?;
    Ok(inserted > 0)
}

pub(super) fn extend_session(
    c: &mut SqliteConnection,
    session: SessionId,
    expires_at: Timestamp,
) -> Result<bool, StoreError> {
    let extended =
        sql_query("UPDATE sessions SET expires_at = max(expires_at, ?2) WHERE id = ?1 AND ended_at IS NULL")
            .bind::<Binary, _>(bytes(session.0))
            .bind::<BigInt, _>(expires_at.unix_micros())
            .execute(c)
            .map_err(store_error)?;
    Ok(extended > 0)
}

pub(super) fn end_session(c: &mut SqliteConnection, session: SessionId, at: Timestamp) -> Done {
    sql_query("UPDATE sessions SET ended_at = ?2 WHERE id = ?1 AND ended_at IS NULL")
        .bind::<Binary, _>(bytes(session.0))
        .bind::<BigInt, _>(at.unix_micros())
        .execute(c)
        .map_err(store_error)?;
    Ok(())
}

pub(super) fn end_sessions(
    c: &mut SqliteConnection,
    user: UserId,
    except: Option<SessionId>,
    at: Timestamp,
) -> Done {
    sql_query("UPDATE sessions SET ended_at = ?3 WHERE user_id = ?1 AND id <> ?2 AND ended_at IS NULL")
        .bind::<Binary, _>(bytes(user.0))
        .bind::<Binary, _>(except.map(|session| bytes(session.0)).unwrap_or_default())
        .bind::<BigInt, _>(at.unix_micros())
        .execute(c)
        .map_err(store_error)?;
    Ok(())
}
