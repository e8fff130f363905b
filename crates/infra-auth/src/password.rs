//! Password hashing by Argon2id, on threads for blocking work and few at a time: each hash takes 19 MiB and tens of
//! milliseconds of one core.

use std::sync::Arc;

use argon2::Argon2;
use argon2::password_hash::phc;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use async_trait::async_trait;
use domain::StoreError;
use domain::account::{Password, PasswordAttempt, PasswordHash, PasswordHasher};
use tokio::sync::Semaphore;

/// Requests that may wait to be hashed; more are rejected, because they would wait for seconds.
const QUEUE: usize = 64;

/// A hash that no password matches, with the parameters of real ones: verifying against it takes as long.
const DUMMY_HASH: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Hashes with Argon2id at 19 MiB, two passes, one lane: OWASP's recommendation, and the library's default.
#[derive(Debug)]
pub struct Argon2Hasher {
    running: Arc<Semaphore>,
    /// Permits for requests that are hashed or wait.
    admitted: Arc<Semaphore>,
}

impl Argon2Hasher {
    /// Creates a hasher that hashes at most `concurrency` passwords at a time.
    #[must_use]
    pub fn new(concurrency: usize) -> Self {
        Self {
            running: Arc::new(Semaphore::new(concurrency)),
            admitted: Arc::new(Semaphore::new(concurrency + QUEUE)),
        }
    }

    /// Runs work on a thread for blocking work. `Err` where too many requests wait.
    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
    ) -> domain::Result<T> {
        let admitted = self.admitted.clone().try_acquire_owned();
        let admitted =
            admitted.map_err(|_| StoreError::Unavailable("too many passwords wait to be hashed".into()))?;
        let running = self.running.clone().acquire_owned().await;
        let running =
            running.map_err(|_| StoreError::Unavailable("the password hasher was shut down".into()))?;
        let done = tokio::task::spawn_blocking(move || {
            // The work itself holds the permits: a caller that is cancelled does not release them early.
            let _permits = (admitted, running);
            work()
        });
        Ok(done.await.map_err(|error| StoreError::Corrupt(format!("hashing was aborted: {error}")))??)
    }
}

#[async_trait]
impl PasswordHasher for Argon2Hasher {
    async fn hash(&self, password: Password) -> domain::Result<PasswordHash> {
        self.run(move || {
            let hash = Argon2::default().hash_password(password.expose().as_bytes());
            hash.map(|hash| PasswordHash(hash.to_string()))
                .map_err(|error| StoreError::Corrupt(format!("a password could not be hashed: {error}")))
        })
        .await
    }

    async fn verify(&self, attempt: PasswordAttempt, hash: Option<PasswordHash>) -> domain::Result<bool> {
        self.run(move || {
            let text = hash.as_ref().map_or(DUMMY_HASH, |hash| hash.0.as_str());
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
    async fn only_the_same_password_matches() {
        let hash = hasher().hash(Password::parse("correct horse").unwrap()).await.unwrap();
        for (attempt, expected) in [("correct horse", true), ("correct horse ", false), ("", false)] {
            let answer = hasher().verify(PasswordAttempt::new(attempt), Some(hash.clone())).await.unwrap();
            assert_eq!(answer, expected, "{attempt:?}");
        }
    }

    #[tokio::test]
    async fn each_hash_has_its_own_salt() {
        let password = Password::parse("correct horse").unwrap();
        let hasher = hasher();
        assert!(hasher.hash(password.clone()).await.unwrap() != hasher.hash(password).await.unwrap());
    }

    #[tokio::test]
    async fn no_password_matches_an_unknown_user_and_the_check_costs_as_much() {
        assert!(!hasher().verify(PasswordAttempt::new("x"), None).await.unwrap());
        let real = hasher().hash(Password::parse("correct horse").unwrap()).await.unwrap();
        let parameters = |text: &str| text.split('$').take(4).map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(parameters(&real.0), parameters(DUMMY_HASH));
        let lengths = |text: &str| text.split('$').map(str::len).collect::<Vec<_>>();
        assert_eq!(lengths(&real.0), lengths(DUMMY_HASH));
    }

    #[tokio::test]
    async fn a_malformed_stored_hash_is_an_error_and_not_a_wrong_password() {
        let answer = hasher().verify(PasswordAttempt::new("x"), Some(PasswordHash("plain".into()))).await;
        assert!(matches!(answer, Err(domain::Error::Store(StoreError::Corrupt(_)))));
    }

    #[tokio::test]
    async fn a_request_beyond_the_queue_is_rejected_at_once() {
        let hasher = Argon2Hasher::new(1);
        let _all = hasher.admitted.clone().try_acquire_many_owned(u32::try_from(QUEUE + 1).unwrap()).unwrap();
        let answer = hasher.verify(PasswordAttempt::new("x"), None).await;
        assert!(matches!(answer, Err(domain::Error::Store(StoreError::Unavailable(_)))));
    }
}
