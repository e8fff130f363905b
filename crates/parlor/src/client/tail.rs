//! `parlor tail`.

use time::UtcOffset;

use super::account::Account;
use super::command::Tail;
use super::failure::Failure;
use super::lines::Lines;
use super::output::{Output, note};
use super::room;

/// Prints the events of a room for as long as the room, the session and the reader of the output last.
pub(super) async fn run(arguments: &Tail, zone: UtcOffset) -> Result<(), Failure> {
    let account = Account::open_retrying(&arguments.reach)?;
    account.keep_renewed();
    let room = room::enter(&account, &arguments.room, arguments.join).await?;
    let since = arguments.since.unwrap_or(room.revision);
    if since > room.revision {
        note(&format!(
            "warning: {} is at revision {}, and what happens up to revision {since} is not printed; is `--since` of another room?",
            room.name, room.revision
        ));
    }
    let output = Output::open();
    let mut lines = Lines::new(output.is_terminal, zone, account.client.base_url());
    let mut stream = account.client.room(room.id).stream(since);
    let failed = |error| room::failure(&account, error, &arguments.room);
    loop {
        if arguments.json {
            output.line(&stream.next_raw().await.map_err(failed)?.data)?;
        } else if let Some(line) = lines.event(&stream.next().await.map_err(failed)?, None) {
            output.line(&line)?;
        }
    }
}
