//! Answers that are kept for repeats.

use diesel::sql_types::Binary;
use domain::idempotency::NewAnswer;
use domain::{AnswerId, Timestamp};

use super::StoreBackend;
use crate::rows::KeptAnswerRow;
use crate::sql_types::{Id, Moment};
use crate::statement::{Statement, sql};

/// Selects an answer that was kept after `lapsed`, as [`KeptAnswerRow`].
#[must_use]
pub fn kept_answer<DB: StoreBackend>(id: AnswerId, lapsed: Timestamp) -> Statement<DB> {
    sql(KeptAnswerRow::SELECT).bind::<Id, _>(id).bind::<Moment, _>(lapsed)
}

/// Keeps an answer, in the place of one that was kept at `lapsed` or before; changes no row where a later one is there.
#[must_use]
pub fn keep_answer<DB: StoreBackend>(new: NewAnswer, lapsed: Timestamp) -> Statement<DB> {
    sql("INSERT INTO kept_answers AS k (id, fingerprint, answer, created_at) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (id) DO UPDATE SET fingerprint = excluded.fingerprint, answer = excluded.answer,
            created_at = excluded.created_at WHERE k.created_at <= ?5")
    .bind::<Id, _>(new.id)
    .bind::<Binary, _>(new.fingerprint.0.to_vec())
    .bind::<Binary, _>(new.answer)
    .bind::<Moment, _>(new.at)
    .bind::<Moment, _>(lapsed)
}
