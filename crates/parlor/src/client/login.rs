//! `parlor login` and `parlor logout`.

use std::io::{self, IsTerminal, stdin};
use std::net::IpAddr;
use std::time::Duration;

use console::Term;
use parlor_client::{Client, Error, Login};

use super::account::{self, Account};
use super::command::{At, Login as Arguments};
use super::failure::Failure;
use super::output::{Output, note};
use super::session_file::{SessionFile, StoredSession};
use crate::prompt;

/// The time that the end of a former session may take.
const LOG_OUT_TIMEOUT: Duration = Duration::from_secs(3);

/// Begins a session and keeps it.
pub(super) async fn log_in(arguments: Arguments) -> Result<(), Failure> {
    let file = SessionFile::of_user()?;
    // A damaged file is replaced.
    let stored = file.read().ok().flatten();
    let client = account::server(arguments.at.named()?.as_deref(), stored.as_ref())?;
    let server = client.base_url().to_owned();
    if !is_private(&server) {
        note(&format!(
            "warning: the password travels unencrypted to {server}; use https:// if the server has it"
        ));
    }
    let name = match arguments.name {
        Some(name) => name,
        None if stdin().is_terminal() => ask("Username: ")?,
        None => return Err(Failure::Usage("name the user: `parlor login USERNAME`".to_owned())),
    };
    let password = if arguments.password_stdin {
        prompt::first_line(stdin().lock())
    } else if stdin().is_terminal() {
        prompt::hidden("Password: ")
    } else {
        return Err(Failure::Usage(
            "no terminal to ask for the password; `--password-stdin` reads it from standard input".to_owned(),
        ));
    };
    let password = password.map_err(|error| Failure::Usage(format!("can't read the password: {error:#}")))?;
    if password.is_empty() {
        return Err(Failure::Usage("the password is empty; nothing was sent".to_owned()));
    }
    let Login { token, user } =
        client.log_in(&name, &password).await.map_err(|error| match error.code() {
            Some("INVALID_CREDENTIALS") => Failure::Session(format!(
                "{server} knows no such name and password; an account can be made at {server}/"
            )),
            _ => Failure::of(error, &server),
        })?;
    let renew_after = account::half_way(&token);
    let session = StoredSession { server, username: user.username, token: token.access_token, renew_after };
    if let Err(failure) = file.write(&session) {
        // A session that is not kept is of no use, and not left open.
        let _best_effort = client.with_token(session.token).log_out().await;
        return Err(failure);
    }
    if let Some(former) = stored {
        end_former(&former).await;
    }
    Output::open().line(&format!("logged in at {} as {}", session.server, session.username))
}

/// Ends the session that the new one replaces, if its server answers soon.
async fn end_former(former: &StoredSession) {
    if let Ok(client) = Client::new(&former.server) {
        let client = client.with_token(&former.token);
        let _best_effort = tokio::time::timeout(LOG_OUT_TIMEOUT, client.log_out()).await;
    }
}

/// Ends the session and forgets it.
pub(super) async fn log_out(at: &At) -> Result<(), Failure> {
    let account = match Account::open(at) {
        Ok(account) => account,
        Err(Failure::Session(_)) if account::token_of_environment()?.is_none() => {
            return Output::open().line("not logged in");
        }
        Err(failure) => return Err(failure),
    };
    let ended = account.client.log_out().await;
    account.forget()?;
    match ended {
        Err(error) if error.code() != Some("UNAUTHENTICATED") => Err(still_open(&account, error)),
        _ => Output::open().line(&format!("logged out at {}", account.client.base_url())),
    }
}

/// Makes the failure for a session that is forgotten here, but not ended at the server.
fn still_open(account: &Account, error: Error) -> Failure {
    note("the session is forgotten here, but goes on at the server until its token expires:");
    account.failure(error)
}

/// Returns true where no one between can read what is sent.
fn is_private(server: &str) -> bool {
    let Some(rest) = server.strip_prefix("http://") else { return true };
    let authority = rest.split('/').next().unwrap_or_default();
    let host = match authority.rsplit_once(':') {
        // The colons of [::1] do not precede a port.
        Some((host, port)) if !port.ends_with(']') => host,
        _ => authority,
    };
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

fn ask(question: &str) -> Result<String, Failure> {
    let mut answer = String::new();
    let mut ask = || -> io::Result<()> {
        let terminal = Term::stderr();
        terminal.write_str(question)?;
        // The end of the input, unlike an empty line, leaves the cursor behind the question.
        if stdin().read_line(&mut answer)? == 0 { terminal.write_line("") } else { Ok(()) }
    };
    ask().map_err(|error| Failure::Other(format!("can't ask for the name: {error}")))?;
    match answer.trim() {
        "" => Err(Failure::Usage("no username was given; nothing was sent".to_owned())),
        name => Ok(name.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_connection_with_tls_or_within_the_machine_is_private() {
        for server in
            ["https://chat.example", "http://localhost:3020", "http://127.0.0.1:3020/x", "http://[::1]:3020"]
        {
            assert!(is_private(server), "{server}");
        }
        for server in ["http://chat.example", "http://127.0.0.1.example", "http://192.168.0.1:3020"] {
            assert!(!is_private(server), "{server}");
        }
    }
}
