//! Users of the cluster, and calls that must succeed whatever breaks meanwhile.

use std::time::{Duration, Instant};

use parlor_client::{Client, Error, NewRoom, RoomId, UserId};

/// The time within which an answer must come, and within which a call must succeed.
pub(crate) const CALL_TIMEOUT: Duration = Duration::from_secs(10);
const RETRY_TIMEOUT: Duration = Duration::from_mins(1);
/// The wait before another attempt.
pub(crate) const RETRY_PAUSE: Duration = Duration::from_millis(100);

const PASSWORD: &str = "correct horse";

/// A user, and the client of one of their sessions.
#[derive(Clone)]
pub(crate) struct User {
    pub(crate) id: UserId,
    pub(crate) name: String,
    pub(crate) client: Client,
}

/// Repeats a call until it succeeds, while its failures are temporary.
pub(crate) async fn insist<T, F>(call: impl Fn() -> F) -> anyhow::Result<T>
where
    F: Future<Output = Result<T, Error>>,
{
    let begun = Instant::now();
    loop {
        match call().await {
            Err(error) if error.is_temporary() && begun.elapsed() < RETRY_TIMEOUT => {
                tokio::time::sleep(RETRY_PAUSE).await;
            }
            answer => return Ok(answer?),
        }
    }
}

impl User {
    /// Signs a new user up and in at that server.
    pub(crate) async fn sign_up(server: &Client, name: &str) -> anyhow::Result<Self> {
        let email = format!("{name}@example.com");
        let account = insist(|| server.sign_up(name, &email, PASSWORD)).await?;
        let user = Self { id: account.id, name: name.to_owned(), client: server.clone() };
        user.log_in_at(server).await
    }

    /// Begins another session, at that server.
    pub(crate) async fn log_in_at(&self, server: &Client) -> anyhow::Result<Self> {
        let client = insist(|| server.sign_in(&self.name, PASSWORD)).await?;
        Ok(Self { client, ..self.clone() })
    }

    /// Returns a client with the same session at another server.
    pub(crate) fn at(&self, server: &Client) -> Client {
        server.with_token(self.client.token().unwrap_or_default())
    }

    /// Creates a public room.
    pub(crate) async fn create_room(&self, name: &str) -> anyhow::Result<RoomId> {
        let room = NewRoom::public(name);
        Ok(insist(|| self.client.create_room(&room)).await?.id)
    }

    /// Becomes a member of a room.
    pub(crate) async fn join(&self, room: RoomId) -> anyhow::Result<()> {
        insist(|| async { self.client.room(room).join().await }).await.map(drop)
    }
}
