//! Password hashing by Argon2id, on threads for blocking work and few at a time: each hash takes 19 MiB and tens of
//! milliseconds of one core.

use std::sync::Arc;
use std::time::Duration;

use argon2::Argon2;
use argon2::password_hash::phc;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use async_trait::async_trait;
use domain::StoreError;
use domain::account::{Password, PasswordAttempt, PasswordHash, PasswordHasher};
use domain::limit::LimitKey;

use crate::fair_queue::{Bounds, FairQueue};

/// Passwords of one client that may wait to be hashed.
const SHARE: usize = 32;
/// Passwords of all clients that may wait: hashing them all takes about as long as one may wait.
const WAITING: usize = 512;
/// The time that a password may wait.
const TIMEOUT: Duration = Duration::from_secs(10);

/// A hash that no password matches, with the parameters of real ones: verifying against it takes as long.
const DUMMY_HASH: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Hashes with Argon2id at 19 MiB, two passes, one lane: OWASP's recommendation, and the library's default.
#[derive(Debug)]
pub struct Argon2Hasher {
    queue: Arc<FairQueue>,
}

impl Argon2Hasher {
    /// Creates a hasher that hashes at most `concurrency` passwords at a time.
    #[must_use]
    pub fn new(concurrency: usize) -> Self {
        let bounds = Bounds { running: concurrency, share: SHARE, waiting: WAITING, timeout: TIMEOUT };
        Self { queue: FairQueue::new(bounds) }
    }

    /// Runs work on a thread for blocking work, when the client has a permit.
    async fn run<T: Send + 'static>(
        &self,
        client: LimitKey,
        work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
    ) -> domain::Result<T> {
        let permit = self.queue.acquire(client).await?;
        let done = tokio::task::spawn_blocking(move || {
            // The work itself holds the permit: a caller that is cancelled does not end it early.
            let _permit = permit;
            work()
        });
        Ok(done.await.map_err(|error| StoreError::Corrupt(format!("hashing was aborted: {error}")))??)
    }
}

#[async_trait]
impl PasswordHasher for Argon2Hasher {
    async fn hash(&self, client: LimitKey, password: Password) -> domain::Result<PasswordHash> {
        self.run(client, move || {
            let hash = Argon2::default().hash_password(password.expose().as_bytes());
            hash.map(|hash| PasswordHash(hash.to_string()))
                .map_err(|error| StoreError::Corrupt(format!("a password could not be hashed: {error}")))
        })
        .await
    }

    async fn verify(
        &self,
        client: LimitKey,
        attempt: PasswordAttempt,
        hash: Option<PasswordHash>,
    ) -> domain::Result<bool> {
        self.run(client, move || {
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

    fn client() -> LimitKey {
        LimitKey::Account("alice".into())
    }

    #[tokio::test]
    async fn only_the_same_password_matches() {
        let hash = hasher().hash(client(), Password::parse("correct horse").unwrap()).await.unwrap();
        for (attempt, expected) in [("correct horse", true), ("correct horse ", false), ("", false)] {
            let answer =
                hasher().verify(client(), PasswordAttempt::new(attempt), Some(hash.clone())).await.unwrap();
            assert_eq!(answer, expected, "{attempt:?}");
        }
    }

    #[tokio::test]
    async fn each_hash_has_its_own_salt() {
        let password = Password::parse("correct horse").unwrap();
        let hasher = hasher();
        assert!(
            hasher.hash(client(), password.clone()).await.unwrap()
                != hasher.hash(client(), password).await.unwrap()
        );
    }

    #[tokio::test]
    async fn no_password_matches_an_unknown_user_and_the_check_costs_as_much() {
        assert!(!hasher().verify(client(), PasswordAttempt::new("x"), None).await.unwrap());
        let real = hasher().hash(client(), Password::parse("correct horse").unwrap()).await.unwrap();
        let parameters = |text: &str| text.split('$').take(4).map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(parameters(&real.0), parameters(DUMMY_HASH));
        let lengths = |text: &str| text.split('$').map(str::len).collect::<Vec<_>>();
        assert_eq!(lengths(&real.0), lengths(DUMMY_HASH));
    }

    #[tokio::test]
    async fn a_malformed_stored_hash_is_an_error_and_not_a_wrong_password() {
        let answer =
            hasher().verify(client(), PasswordAttempt::new("x"), Some(PasswordHash("plain".into()))).await;
        assert!(matches!(answer, Err(domain::Error::Store(StoreError::Corrupt(_)))));
    }

    #[tokio::test]
    async fn a_password_of_one_client_waits_for_one_of_another_at_most() {
        let hasher = Arc::new(Argon2Hasher::new(1));
        let many = (0..SHARE).map(|_| {
            let hasher = hasher.clone();
            tokio::spawn(async move { hasher.verify(client(), PasswordAttempt::new("x"), None).await })
        });
        let many: Vec<_> = many.collect();
        tokio::task::yield_now().await;
        let other = LimitKey::Account("bob".into());
        assert!(!hasher.verify(other, PasswordAttempt::new("x"), None).await.unwrap());
        assert!(many.iter().filter(|task| task.is_finished()).count() <= 3);
        many.iter().for_each(tokio::task::JoinHandle::abort);
    }
}
