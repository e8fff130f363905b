//! Accounts and sessions.

use diesel::sql_types::{Binary, Bool, Nullable, Text};
use domain::account::{LoginName, NewUser, PasswordHash, Ticket, TicketHash};
use domain::invitation::Invitee;
use domain::{SessionId, Timestamp, UserId};

use super::StoreBackend;
use crate::rows::{AccountRow, IdentityRow, UserRow};
use crate::sql_types::{Id, Moment};
use crate::statement::{Statement, sql};

/// Selects the account of an id, as [`AccountRow`].
#[must_use]
pub fn account<DB: StoreBackend>(id: UserId) -> Statement<DB> {
    sql(format!("{}id = ?1", AccountRow::SELECT)).bind::<Id, _>(id)
}

/// Selects the account of a login name, as [`AccountRow`].
#[must_use]
pub fn account_of_login<DB: StoreBackend>(login: &LoginName) -> Statement<DB> {
    let column = match login {
        LoginName::Username(_) => "username_key",
        LoginName::Email(_) => "email_key",
    };
    sql(format!("{}{column} = ?1", AccountRow::SELECT)).bind::<Text, _>(login.key())
}

/// Selects a user, as [`UserRow`].
#[must_use]
pub fn user<DB: StoreBackend>(invitee: Invitee) -> Statement<DB> {
    match invitee {
        Invitee::Id(id) => sql(format!("{}id = ?1", UserRow::SELECT)).bind::<Id, _>(id),
        Invitee::Name(name) => {
            sql(format!("{}username_key = ?1", UserRow::SELECT)).bind::<Text, _>(name.key())
        }
    }
}

/// Selects the user of a living session, as [`IdentityRow`].
#[must_use]
pub fn session<DB: StoreBackend>(id: SessionId, now: Timestamp) -> Statement<DB> {
    sql(IdentityRow::SELECT).bind::<Id, _>(id).bind::<Moment, _>(now)
}

/// Counts the accounts of a name.
#[must_use]
pub fn name_count<DB: StoreBackend>(key: String) -> Statement<DB> {
    sql("SELECT count(*) AS n FROM users WHERE username_key = ?1").bind::<Text, _>(key)
}

/// Inserts an account.
#[must_use]
pub fn insert_user<DB: StoreBackend>(new: NewUser) -> Statement<DB> {
    sql("INSERT INTO users (id, username, username_key, email, email_key, password_hash, created_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")
    .bind::<Id, _>(new.user.id)
    .bind::<Text, _>(new.user.username.as_str().to_owned())
    .bind::<Text, _>(new.user.username.key())
    .bind::<Text, _>(new.user.email.as_str().to_owned())
    .bind::<Text, _>(new.user.email.key())
    .bind::<Text, _>(new.password.0)
    .bind::<Moment, _>(new.user.created_at)
}

/// Replaces the password hash, where `expected` is `None` or equals it.
#[must_use]
pub fn set_password<DB: StoreBackend>(
    user: UserId,
    password: PasswordHash,
    expected: Option<PasswordHash>,
) -> Statement<DB> {
    sql("UPDATE users SET password_hash = ?2 WHERE id = ?1 AND (CAST(?3 AS text) IS NULL OR password_hash = ?3)")
        .bind::<Id, _>(user)
        .bind::<Text, _>(password.0)
        .bind::<Nullable<Text>, _>(expected.map(|hash| hash.0))
}

/// Grants the administration of the server to a user without it, or withdraws it from one who has it.
#[must_use]
pub fn set_server_admin<DB: StoreBackend>(user: UserId, admin: bool) -> Statement<DB> {
    sql("UPDATE users SET server_admin = ?2 WHERE id = ?1 AND server_admin <> ?2")
        .bind::<Id, _>(user)
        .bind::<Bool, _>(admin)
}

/// Moves the expiry of a living session, never back.
#[must_use]
pub fn extend_session<DB: StoreBackend>(session: SessionId, expires_at: Timestamp) -> Statement<DB> {
    sql(format!(
        "UPDATE sessions SET expires_at = {}(expires_at, ?2) WHERE id = ?1 AND ended_at IS NULL",
        DB::GREATEST
    ))
    .bind::<Id, _>(session)
    .bind::<Moment, _>(expires_at)
}

/// Counts the living session of that id.
#[must_use]
pub fn session_count<DB: StoreBackend>(session: SessionId, now: Timestamp) -> Statement<DB> {
    sql("SELECT count(*) AS n FROM sessions WHERE id = ?1 AND ended_at IS NULL AND expires_at > ?2")
        .bind::<Id, _>(session)
        .bind::<Moment, _>(now)
}

/// Ends a living session.
#[must_use]
pub fn end_session<DB: StoreBackend>(session: SessionId, at: Timestamp) -> Statement<DB> {
    sql("UPDATE sessions SET ended_at = ?2 WHERE id = ?1 AND ended_at IS NULL")
        .bind::<Id, _>(session)
        .bind::<Moment, _>(at)
}

/// Ends every living session of the user but `except`.
#[must_use]
pub fn end_sessions<DB: StoreBackend>(
    user: UserId,
    except: Option<SessionId>,
    at: Timestamp,
) -> Statement<DB> {
    sql("UPDATE sessions SET ended_at = ?3 WHERE user_id = ?1 AND id IS DISTINCT FROM ?2 AND ended_at IS NULL")
        .bind::<Id, _>(user)
        .bind::<Nullable<Id>, _>(except)
        .bind::<Moment, _>(at)
}

/// Inserts a ticket.
#[must_use]
pub fn insert_ticket<DB: StoreBackend>(ticket: Ticket) -> Statement<DB> {
    sql("INSERT INTO tickets (hash, session_id, token_expires_at, expires_at) VALUES (?1, ?2, ?3, ?4)")
        .bind::<Binary, _>(ticket.hash.0.to_vec())
        .bind::<Id, _>(ticket.grant.session)
        .bind::<Moment, _>(ticket.grant.token_expires_at)
        .bind::<Moment, _>(ticket.expires_at)
}

/// Removes a ticket that has not lapsed, and selects it as [`TicketRow`](crate::rows::TicketRow). Of several at once, one
/// finds it.
#[must_use]
pub fn take_ticket<DB: StoreBackend>(hash: TicketHash, now: Timestamp) -> Statement<DB> {
    sql("DELETE FROM tickets WHERE hash = ?1 AND expires_at > ?2 RETURNING session_id, token_expires_at")
        .bind::<Binary, _>(hash.0.to_vec())
        .bind::<Moment, _>(now)
}

/// Removes the lapsed tickets of a session.
#[must_use]
pub fn delete_lapsed_tickets<DB: StoreBackend>(session: SessionId, now: Timestamp) -> Statement<DB> {
    sql("DELETE FROM tickets WHERE session_id = ?1 AND expires_at <= ?2")
        .bind::<Id, _>(session)
        .bind::<Moment, _>(now)
}
