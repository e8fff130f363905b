//! `parlor send`.

use std::io::{Read, stdin};

use parlor_client::{Error, NewMessage, RoomId};

use super::account::Account;
use super::command::Send;
use super::failure::Failure;
use super::output::{Output, note};
use super::room;

/// The most bytes that are read: more than any message has.
const MOST_BYTES: u64 = 1 << 20;

/// Sends a message, repeats it while no answer comes, and prints its id.
pub(super) async fn run(arguments: Send) -> Result<(), Failure> {
    let text = if arguments.text == "-" { text_of_input()? } else { arguments.text };
    let mut account = Account::open_retrying(&arguments.reach)?;
    account.renew_if_due().await?;
    let id = match arguments.room.parse::<RoomId>() {
        Ok(id) if !arguments.join => id,
        _ => room::enter(&account, &arguments.room, arguments.join).await?.id,
    };
    let mut message = NewMessage::text(text);
    if let Some(key) = arguments.client_id {
        message = message.with_key(key);
    }
    let room = account.client.room(id);
    let sent = account.retrying(|| room.send(message.clone())).await.map_err(|error| {
        if matches!(error, Error::Transport(_)) {
            note(&format!(
                "the message may be stored; `--client-id {}` repeats it without sending it twice",
                message.key()
            ));
        }
        room::failure(&account, error, &arguments.room)
    })?;
    Output::open().line(&sent.id.to_string())
}

/// Reads standard input to its end; the end of its last line does not count.
fn text_of_input() -> Result<String, Failure> {
    let mut text = String::new();
    let read = stdin().lock().take(MOST_BYTES).read_to_string(&mut text);
    read.map_err(|error| Failure::Usage(format!("can't read the text from standard input: {error}")))?;
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}
