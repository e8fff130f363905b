//! `parlor user`: accounts, their rights, passwords and sessions.
#![expect(clippy::print_stdout, reason = "the output of commands goes to standard output")]

use anyhow::anyhow;
use domain::account::{Email, NewUsername, SignUpCommand, Username};
use domain::admin::Authority::CommandLine;
use domain::invitation::Invitee;
use domain::{Error, Refusal, UseCases};

use crate::backend::Backend;
use crate::cli::User;
use crate::settings::Settings;
use crate::shared::Shared;
use crate::{password, wiring};

/// The domain of addresses that no mail reaches (RFC 2606), for users who give none.
const NO_ADDRESS: &str = "parlor.invalid";

/// Runs the command.
pub(crate) async fn run(settings: &Settings, action: User) -> anyhow::Result<()> {
    let store = Backend::open_existing(settings).await?;
    store.migrate().await?;
    let use_cases = UseCases::new(&wiring::ports(settings, &store, &Shared::alone(settings))?);
    let operator = &use_cases.admin.operator;
    match action {
        User::Create { username, email, password_file } => {
            let username =
                username.parse::<NewUsername>().map_err(|error| anyhow!("the username {error}"))?.0;
            // Before the password is asked for.
            if store.ports().find(Invitee::Name(username.clone())).await?.is_some() {
                return Err(Error::Refused(Refusal::UsernameTaken).into());
            }
            let email = email.unwrap_or_else(|| format!("{}@{NO_ADDRESS}", username.key()));
            let command = SignUpCommand {
                username,
                email: Email::parse(&email)
                    .map_err(|error| anyhow!("the email address {email:?}: {error}"))?,
                password: password::read(password_file.as_deref())?,
            };
            let user = use_cases.accounts.sign_up.by_operator(command).await?;
            println!("created {} ({})", user.username, user.id);
        }
        User::Promote { username } => {
            let changed = operator.set_server_admin(CommandLine, whom(&username)?, true).await;
            report(&username, known(&username, changed)?, "is a server admin", "is a server admin already");
        }
        User::Demote { username } => {
            let changed = operator.set_server_admin(CommandLine, whom(&username)?, false).await;
            let done = "is no longer a server admin, unless PARLOR_ADMINS lists them";
            let before = "is not a server admin, unless PARLOR_ADMINS lists them";
            report(&username, known(&username, changed)?, done, before);
        }
        User::ResetPassword { username, password_file } => {
            let found = store.ports().find(whom(&username)?).await?.ok_or(Refusal::UserNotFound);
            let user = known(&username, found.map_err(Error::Refused))?;
            let password = password::read(password_file.as_deref())?;
            let reset = operator.reset_password(CommandLine, Invitee::Id(user.id), password).await;
            known(&username, reset)?;
            println!("{username} has a new password; all their sessions have ended");
        }
        User::Disable { username } => {
            let changed = operator.set_disabled(CommandLine, whom(&username)?, true).await;
            let done = "can't log in any more; all their sessions have ended";
            report(&username, known(&username, changed)?, done, "is disabled already");
        }
        User::Enable { username } => {
            let changed = operator.set_disabled(CommandLine, whom(&username)?, false).await;
            report(&username, known(&username, changed)?, "can log in again", "is not disabled");
        }
        User::EndSessions { username } => {
            known(&username, operator.end_sessions(CommandLine, whom(&username)?).await)?;
            println!("all sessions of {username} have ended");
        }
    }
    Ok(())
}

fn whom(username: &str) -> anyhow::Result<Invitee> {
    Username::parse(username).map(Invitee::Name).map_err(|error| anyhow!("the username {error}"))
}

/// Names the user who does not exist in the failure of an act.
fn known<T>(username: &str, result: domain::Result<T>) -> anyhow::Result<T> {
    result.map_err(|error| match error {
        Error::Refused(Refusal::UserNotFound) => {
            anyhow!("there is no user {username}; `parlor user create {username}` makes the account")
        }
        other => other.into(),
    })
}

/// Prints what an act did, or that it was so before.
fn report(username: &str, changed: bool, done: &str, before: &str) {
    if changed {
        println!("{username} {done}");
    } else {
        println!("{username} {before}; nothing changed");
    }
}
