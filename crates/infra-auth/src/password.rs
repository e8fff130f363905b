//! Passwords by Argon2id, off the threads that serve requests, and few at a time: each takes 19 MiB and tens of
//! milliseconds of one core.

use std::sync::Arc;

use argon2::Argon2;
use argon2::password_hash::phc;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use async_trait::async_trait;
use domain::StoreError;
use domain::account::{Password, PasswordAttempt, PasswordHash, PasswordHasher};
use tokio::sync::Semaphore;

/// How many may wait for their turn; more are turned away, because they would wait for seconds.
const QUEUE: usize = 64;

/// A hash of nobody's password, with the parameters of all others: checking against it takes as long.
const NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Hashes with Argon2id at 19 MiB, two passes, one lane: OWASP's recommendation, and the library's default.
#[derive(Debug)]
pub struct Argon2Hasher {
    turns: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
}

impl Argon2Hasher {
    /// A hasher that works on at most `at_once` passwords at a time.
    #[must_use]
    pub fn new(at_once: usize) -> Self {
        Self { turns: Arc::new(Semaphore::new(at_once)), waiting: Arc::new(Semaphore::new(at_once + QUEUE)) }
    }

    /// Runs slow work on a thread for such, in its turn.
    async fn slowly<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
    ) -> domain::Result<T> {
        let place = self.waiting.clone().try_acquire_owned();
        let place =
            place.map_err(|_| StoreError::Unavailable("too many passwords wait to be hashed".into()))?;
        let turn = self.turns.clone().acquire_owned().await;
        let turn = turn.map_err(|_| StoreError::Unavailable("the password hasher was shut down".into()))?;
        let done = tokio::task::spawn_blocking(move || {
            // Held by the work itself: a caller that goes away does not make room before its work has ended.
            let _held = (place, turn);
            work()
        });
        Ok(done.await.map_err(|error| StoreError::Corrupt(format!("hashing broke off: {error}")))??)
    }
}

#[async_trait]
impl PasswordHasher for Argon2Hasher {
    async fn hash(&self, password: Password) -> domain::Result<PasswordHash> {
        self.slowly(move || {
            let hash = Argon2::default().hash_password(password.expose().as_bytes());
            hash.map(|hash| PasswordHash(hash.to_string()))
                .map_err(|error| StoreError::Corrupt(format!("a password could not be hashed: {error}")))
        })
        .await
    }

    async fn verify(&self, attempt: PasswordAttempt, hash: Option<PasswordHash>) -> domain::Result<bool> {
        self.slowly(move || {
            let text = hash.as_ref().map_or(NOBODY, |hash| hash.0.as_str());
            let parsed = phc::PasswordHash::new(text).map_err(|error| {
                StoreError::Corrupt(format!("a stored password hash is unreadable: {error}"))
            })?;
            let same = Argon2::default().verify_password(attempt.expose().as_bytes(), &parsed).is_ok();
            Ok(same && hash.is_some())
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hasher() -> Argon2Hasher {
        Argon2Hasher::new(2)
    }

    #[tokio::test]
    async fn the_password_is_right_and_everything_else_wrong() {
        let hash = hasher().hash(Password::parse("correct horse").unwrap()).await.unwrap();
        for (attempt, right) in [("correct horse", true), ("correct horse ", false), ("", false)] {
            let answer = hasher().verify(PasswordAttempt::new(attempt), Some(hash.clone())).await.unwrap();
            assert_eq!(answer, right, "{attempt:?}");
        }
    }

    #[tokio::test]
    async fn the_same_password_is_hashed_with_a_salt_of_its_own() {
        let password = Password::parse("correct horse").unwrap();
        let hasher = hasher();
        assert!(hasher.hash(password.clone()).await.unwrap() != hasher.hash(password).await.unwrap());
    }

    #[tokio::test]
    async fn nobodys_password_is_never_right_and_costs_as_much_as_anybodys() {
        assert!(!hasher().verify(PasswordAttempt::new("x"), None).await.unwrap());
        let real = hasher().hash(Password::parse("correct horse").unwrap()).await.unwrap();
        let parameters = |text: &str| text.split('$').take(4).map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(parameters(&real.0), parameters(NOBODY));
        let lengths = |text: &str| text.split('$').map(str::len).collect::<Vec<_>>();
        assert_eq!(lengths(&real.0), lengths(NOBODY));
    }

    #[tokio::test]
    async fn a_stored_hash_that_is_none_is_an_error_and_no_wrong_password() {
        let answer = hasher().verify(PasswordAttempt::new("x"), Some(PasswordHash("plain".into()))).await;
        assert!(matches!(answer, Err(domain::Error::Store(StoreError::Corrupt(_)))));
    }

    #[tokio::test]
    async fn who_would_wait_too_long_is_turned_away_at_once() {
        let hasher = Argon2Hasher::new(1);
        let _all = hasher.waiting.clone().try_acquire_many_owned(u32::try_from(QUEUE + 1).unwrap()).unwrap();
        let answer = hasher.verify(PasswordAttempt::new("x"), None).await;
        assert!(matches!(answer, Err(domain::Error::Store(StoreError::Unavailable(_)))));
    }
}
