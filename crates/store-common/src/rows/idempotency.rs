//! Answers that are kept for repeats.

use diesel::QueryableByName;
use diesel::sql_types::Binary;
use domain::StoreError;
use domain::idempotency::KeptAnswer;
use domain::message::Fingerprint;

use super::Row;

/// A kept answer.
#[derive(QueryableByName)]
pub struct KeptAnswerRow {
    #[diesel(sql_type = Binary)]
    fingerprint: Vec<u8>,
    #[diesel(sql_type = Binary)]
    answer: Vec<u8>,
}

impl KeptAnswerRow {
    /// The answer `?1`, if it was kept after `?2`.
    pub const SELECT: &str = "SELECT fingerprint, answer FROM kept_answers WHERE id = ?1 AND created_at > ?2";
}

impl Row for KeptAnswerRow {
    type Value = KeptAnswer;

    fn value(self) -> Result<KeptAnswer, StoreError> {
        let fingerprint = self.fingerprint.try_into();
        let fingerprint =
            fingerprint.map_err(|_| StoreError::Corrupt("a fingerprint that is no SHA-256".to_owned()))?;
        Ok(KeptAnswer { fingerprint: Fingerprint(fingerprint), answer: self.answer })
    }
}
