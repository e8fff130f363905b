//! `parlor chat`: lines in, lines out.

mod editor;
mod input;
mod rooms;

use std::collections::HashSet;
use std::io::{IsTerminal, stdin};

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, OptionFuture};
use parlor_client::{Closed, Error, Event, Live, Message, NewMessage, State, Subscription, Update, Updates};
use time::UtcOffset;
use tokio::sync::watch;

use self::input::{Input, Line};
use self::rooms::Rooms;
use super::account::Account;
use super::command;
use super::failure::Failure;
use super::lines::Lines;
use super::output::{Output, note};
use super::room;

/// The number of earlier messages that a person sees.
const HISTORY: u32 = 10;
const HELP: &str =
    "/room NAME writes to another room, /rooms lists yours, /quit ends; //… sends a text that begins with /";

/// Chats until the input ends and everything is answered.
pub(super) async fn run(arguments: command::Chat, zone: UtcOffset) -> Result<(), Failure> {
    let interactive = stdin().is_terminal();
    if arguments.room.is_none() && !interactive {
        return Err(Failure::Usage(
            "name a room: without a terminal there is no way to choose one".to_owned(),
        ));
    }
    let output = Output::open();
    let account = Account::open_retrying(&arguments.reach)?;
    account.keep_renewed();
    let me = account.retrying(|| account.client.me()).await.map_err(|error| account.failure(error))?;
    let (live, updates) = account.client.live().user(me.id).connect();
    let lines = Lines::new(output.is_terminal, zone, account.client.base_url());
    let history = arguments.history.unwrap_or(if output.is_terminal { HISTORY } else { 0 });
    let mut chat = Chat {
        account,
        live,
        output,
        lines,
        rooms: Rooms::default(),
        interactive,
        history,
        sent: HashSet::new(),
    };
    let all = match arguments.room {
        Some(named) => {
            chat.enter(&named).await?;
            None
        }
        None => Some(chat.account.client.subscription(None)),
    };
    let refused = chat.serve(updates, all).await?;
    match refused {
        0 => Ok(()),
        1 => Err(Failure::Other("1 line was not sent".to_owned())),
        _ => Err(Failure::Other(format!("{refused} lines were not sent"))),
    }
}

struct Chat {
    account: Account,
    live: Live,
    output: Output,
    lines: Lines,
    rooms: Rooms,
    interactive: bool,
    history: u32,
    /// The keys of the messages of this program whose events have not come; they are not shown.
    sent: HashSet<String>,
}

/// A line that was sent, and the answer.
type Answer = (String, Result<Message, Error>);

impl Chat {
    /// Serves the input and the connection; returns the number of lines that the server refused.
    async fn serve(&mut self, mut updates: Updates, mut all: Option<Subscription>) -> Result<u32, Failure> {
        let mut input = Input::open();
        let mut state = self.live.watch_state();
        state.mark_unchanged();
        let (mut refused, mut waited) = (0, false);
        // One line at a time: so they are stored in their order, whatever happens between.
        let mut sending: Option<BoxFuture<'static, Answer>> = None;
        loop {
            tokio::select! {
                update = updates.next() => match update {
                    Some(update) => self.update(update)?,
                    None => return Err(self.closed()),
                },
                Some(found) = OptionFuture::from(all.as_mut().map(Subscription::next)) => {
                    let found = found.map_err(|error| self.account.failure(error))?;
                    self.discover(found);
                }
                Ok(()) = state.changed() => report(&mut state, &mut waited),
                Some((line, answer)) = OptionFuture::from(sending.as_mut()) => {
                    sending = None;
                    if let Err(error) = answer {
                        note(&format!("not sent: {:?}: {error}", beginning(&line)));
                        refused += 1;
                    }
                }
                line = input.next(), if sending.is_none() => {
                    let Some(line) = line else { return Ok(refused) };
                    match Line::read(&line, self.interactive) {
                        Line::Blank => {}
                        Line::Text(text) => sending = self.send(text),
                        Line::Room(name) => {
                            if let Err(failure) = self.enter(name).await {
                                note(&failure.to_string());
                            }
                        }
                        Line::Rooms => self.rooms.list(),
                        Line::Help => note(HELP),
                        Line::Unknown(word) => note(&format!("there is no command /{word}: {HELP}")),
                        Line::Quit => return Ok(refused),
                    }
                }
            }
        }
    }

    /// Begins to send a line to the room that the user writes to.
    fn send(&mut self, text: &str) -> Option<BoxFuture<'static, Answer>> {
        let Some(room) = self.rooms.current() else {
            note("choose a room first: `/room NAME`; `/rooms` lists yours");
            return None;
        };
        let (live, line, message) = (self.live.clone(), text.to_owned(), NewMessage::text(text));
        self.sent.insert(message.key().to_owned());
        Some(async move { (line, live.send(room, message).await) }.boxed())
    }

    /// Prints an update of the connection.
    fn update(&mut self, update: Update) -> Result<(), Failure> {
        match update {
            Update::Event(event) => {
                let own = match &event {
                    Event::NewMessage(message) => {
                        message.client_id.as_ref().is_some_and(|key| self.sent.remove(key))
                    }
                    _ => false,
                };
                let shown = event.room().and_then(|id| self.rooms.take(id, &event));
                if let Some(label) = shown.filter(|_| !own)
                    && let Some(line) = self.lines.event(&event, label.0.as_deref())
                {
                    self.output.line(&line)?;
                }
                Ok(())
            }
            Update::Ended { room, reason } => {
                let name = self.rooms.remove(room);
                let reason = reason
                    .map_or("it was deleted, or you were removed".to_owned(), |reason| reason.to_string());
                let text = format!("{name} has ended for you: {reason}");
                if self.interactive {
                    note(&text);
                    return Ok(());
                }
                Err(Failure::Room(text))
            }
            Update::Error(error) => {
                note(&error.to_string());
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Makes the failure for a connection that is over.
    fn closed(&self) -> Failure {
        match self.live.state() {
            State::Closed(Closed::Unauthenticated) => Failure::session_over(self.account.client.base_url()),
            State::Closed(Closed::Refused(error)) => Failure::Refused(error.to_string()),
            _ => Failure::Other("the connection is closed".to_owned()),
        }
    }
}

/// Returns the beginning of a line, by which its writer knows it again.
fn beginning(line: &str) -> String {
    const SHOWN: usize = 40;
    let mut text: String = line.chars().take(SHOWN).collect();
    if line.chars().nth(SHOWN).is_some() {
        text.push('…');
    }
    text
}

/// Reports that the connection was lost, once, and that it is back.
fn report(state: &mut watch::Receiver<State>, waited: &mut bool) {
    match &*state.borrow_and_update() {
        State::Waiting { .. } if !*waited => {
            note("the connection is lost; trying again");
            *waited = true;
        }
        State::Live if *waited => {
            note("connected again");
            *waited = false;
        }
        _ => {}
    }
}
