//! The session that the commands use: of the environment, or of the last login; and its renewal.

use std::env::{VarError, var};
use std::time::Duration;

use parlor_client::{Client, Error, Token, repeat_for};
use time::OffsetDateTime;

use super::command::{At, Reach};
use super::failure::Failure;
use super::output::note;
use super::session_file::{SessionFile, StoredSession};

/// The server that is used where none is named.
const DEFAULT_SERVER: &str = "http://127.0.0.1:3020";
/// The wait before a renewal that did not succeed is tried again.
const RENEWAL_PAUSE: Duration = Duration::from_secs(5);

/// A client with a session.
pub(super) struct Account {
    pub(super) client: Client,
    /// The time for which calls are repeated while the server can't be reached.
    retry_for: Duration,
    /// The session of the last login; `None` for one of the environment.
    stored: Option<(SessionFile, StoredSession)>,
}

/// Returns the server of a command: the named one, that of the last login, or the default.
pub(super) fn server(named: Option<&str>, stored: Option<&StoredSession>) -> Result<Client, Failure> {
    let url = named.or(stored.map(|stored| stored.server.as_str())).unwrap_or(DEFAULT_SERVER);
    Client::new(url).map_err(|error| Failure::of(error, url))
}

/// Returns the token of the environment.
pub(super) fn token_of_environment() -> Result<Option<String>, Failure> {
    let invalid =
        || Failure::Usage("PARLOR_TOKEN is not a token: it has characters that no token has".to_owned());
    match var("PARLOR_TOKEN") {
        Ok(token) if token.trim().is_empty() => Ok(None),
        Ok(token) if token.trim().bytes().all(|byte| byte.is_ascii_graphic()) => {
            Ok(Some(token.trim().to_owned()))
        }
        Err(VarError::NotPresent) => Ok(None),
        Ok(_) | Err(VarError::NotUnicode(_)) => Err(invalid()),
    }
}

impl Account {
    /// Finds the session for that server. The token of the last login is sent to no other server than it is of, and that of the
    /// environment to the one named beside it.
    pub(super) fn open(at: &At) -> Result<Self, Failure> {
        let (named, retry_for) = (at.named()?, Duration::ZERO);
        if let Some(token) = token_of_environment()? {
            let client = server(named.as_deref(), None)?.with_token(token);
            return Ok(Self { client, retry_for, stored: None });
        }
        let file = SessionFile::of_user()?;
        let session = file.read()?;
        let client = server(named.as_deref(), session.as_ref())?;
        match session.filter(|session| session.server == client.base_url()) {
            Some(session) => {
                let client = client.with_token(&session.token);
                Ok(Self { client, retry_for, stored: Some((file, session)) })
            }
            None => Err(Failure::Session(format!(
                "not logged in at {server}; log in with `parlor login --server {server}`, or set PARLOR_TOKEN",
                server = client.base_url()
            ))),
        }
    }

    /// Does the same for a command whose calls are repeated.
    pub(super) fn open_retrying(reach: &Reach) -> Result<Self, Failure> {
        Ok(Self { retry_for: reach.retry_for(), ..Self::open(&reach.at)? })
    }

    /// Makes a call that may safely be repeated, and repeats it while the server can't be reached or is not ready.
    pub(super) async fn retrying<T>(
        &self,
        mut call: impl AsyncFnMut() -> Result<T, Error>,
    ) -> Result<T, Error> {
        let mut is_noted = self.retry_for.is_zero();
        let repeated = repeat_for(self.retry_for, async || {
            let answer = call().await;
            if let Err(error) = &answer
                && error.is_temporary()
                && !is_noted
            {
                let (server, seconds) = (self.client.base_url(), self.retry_for.as_secs());
                note(&format!("{server}: {error}; trying again for {seconds} s"));
                is_noted = true;
            }
            answer
        });
        repeated.await
    }

    /// Forgets the session of the last login.
    pub(super) fn forget(&self) -> Result<(), Failure> {
        self.stored.as_ref().map_or(Ok(()), |(file, _)| file.remove())
    }

    /// Reads the failure of a call.
    pub(super) fn failure(&self, error: Error) -> Failure {
        Failure::of(error, self.client.base_url())
    }

    /// Renews the session of the last login, where half of its token's time is over. A failure is not reported: the command
    /// itself will have the same.
    pub(super) async fn renew_if_due(&mut self) -> Result<(), Failure> {
        let Some((file, session)) = &mut self.stored else { return Ok(()) };
        if now() < session.renew_after {
            return Ok(());
        }
        match self.client.refresh().await {
            Ok(token) => keep(file, session, token),
            Err(_) => Ok(()),
        }
    }

    /// Renews the session for as long as the program runs, each time after half of the token's time.
    pub(super) fn keep_renewed(&self) {
        let (client, mut stored) = (self.client.clone(), self.stored.clone());
        tokio::spawn(async move {
            // A token of the environment does not say how long it is good.
            let mut due = stored.as_ref().map_or_else(now, |(_, session)| session.renew_after);
            loop {
                tokio::time::sleep((due - now()).try_into().unwrap_or_default()).await;
                match client.refresh().await {
                    Ok(token) => {
                        due = half_way(&token).max(now() + Duration::from_secs(1));
                        if let Some((file, session)) = &mut stored
                            && let Err(failure) = keep(file, session, token)
                        {
                            note(&failure.to_string());
                        }
                    }
                    Err(error) if error.is_temporary() => tokio::time::sleep(RENEWAL_PAUSE).await,
                    // The connection ends with the session, and says so.
                    Err(_) => return,
                }
            }
        });
    }
}

/// Keeps a new token of the same session.
fn keep(file: &SessionFile, session: &mut StoredSession, token: Token) -> Result<(), Failure> {
    session.renew_after = half_way(&token);
    session.token = token.access_token;
    file.write(session)
}

/// Returns the time at which half of a new token's time is over.
pub(super) fn half_way(token: &Token) -> OffsetDateTime {
    let now = now();
    now + (token.expires_at - now) / 2
}

#[expect(clippy::disallowed_methods, reason = "the program of a user, outside of the domain and its clock")]
fn now() -> OffsetDateTime {
    OffsetDateTime::now_utc()
}
