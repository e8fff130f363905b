//! The rooms of a chat: the one that the user writes to, and those that are followed.

use std::collections::BTreeMap;

use parlor_client::{Event, Invitation, Order, Room, RoomId, SubscriptionEvent};

use super::super::failure::Failure;
use super::super::output::note;
use super::{Chat, room};

/// The rooms that are followed.
#[derive(Default)]
pub(super) struct Rooms {
    known: BTreeMap<RoomId, Known>,
    current: Option<RoomId>,
    /// True once all rooms of the user are known: from then on, new ones are reported.
    complete: bool,
}

/// The name of a room in front of a line, where there are several.
pub(super) struct Label(pub(super) Option<String>);

struct Known {
    name: String,
    unread: i64,
    /// The `seq` up to which messages were printed as history, once they were.
    printed: Option<i64>,
}

impl Rooms {
    /// Returns the room that the user writes to.
    pub(super) fn current(&self) -> Option<RoomId> {
        self.current
    }

    fn add(&mut self, room: &Room, printed: Option<i64>) {
        let unread = room.membership.as_ref().map_or(0, |membership| membership.unread_count);
        self.known.insert(room.id, Known { name: room.name.clone(), unread, printed });
    }

    /// Notes what an event of a followed room changes. Returns the label to show it with; `None` for an event that is not shown.
    pub(super) fn take(&mut self, id: RoomId, event: &Event) -> Option<Label> {
        let alone = self.known.len() == 1;
        let known = self.known.get_mut(&id)?;
        match event {
            Event::NewMessage(message) if known.printed.is_some_and(|seq| message.seq <= seq) => return None,
            Event::RoomUpdated { room, .. } => known.name.clone_from(&room.name),
            _ => {}
        }
        Some(Label((!alone).then(|| known.name.clone())))
    }

    /// Forgets a room, and returns its name.
    pub(super) fn remove(&mut self, id: RoomId) -> String {
        self.current = self.current.filter(|current| *current != id);
        self.known.remove(&id).map_or_else(|| id.to_string(), |known| known.name)
    }

    /// Lists the rooms.
    pub(super) fn list(&self) {
        if self.known.is_empty() {
            note("you are in no room; `/room NAME` joins a public one");
        }
        for (id, known) in &self.known {
            let mark = if self.current == Some(*id) { "*" } else { " " };
            let unread = if known.unread > 0 {
                format!(", {} unread at the start", known.unread)
            } else {
                String::new()
            };
            note(&format!("{mark} {} ({id}{unread})", known.name));
        }
    }
}

impl Chat {
    /// Follows the room of that id or name, writes to it from now on, and makes the user a member if they are not yet.
    pub(super) async fn enter(&mut self, named: &str) -> Result<(), Failure> {
        let room = room::enter(&self.account, named, true).await?;
        self.rooms.current = Some(room.id);
        if self.interactive {
            note(&format!("you write to {}; {}", room.name, super::HELP));
        }
        if self.rooms.known.get(&room.id).is_some_and(|known| known.printed.is_some()) {
            return Ok(());
        }
        let printed = self.print_history(&room, named).await?;
        match self.rooms.known.get_mut(&room.id) {
            Some(known) => known.printed = Some(printed),
            None => self.follow(&room, Some(printed)),
        }
        Ok(())
    }

    /// Prints the latest messages; returns the `seq` of the last one.
    async fn print_history(&mut self, room: &Room, named: &str) -> Result<i64, Failure> {
        if self.history == 0 {
            return Ok(0);
        }
        let history =
            self.account.client.room(room.id).messages().limit(self.history).order(Order::Ascending);
        let page = self.account.retrying(|| history.page()).await;
        let page = page.map_err(|error| room::failure(&self.account, error, named))?;
        for message in page.messages.iter().filter(|message| message.deleted_at.is_none()) {
            self.output.line(&self.lines.message(message, None))?;
        }
        Ok(page.messages.last().map_or(0, |message| message.seq))
    }

    /// Follows a room from the revision at which it was read.
    fn follow(&mut self, room: &Room, printed: Option<i64>) {
        self.rooms.add(room, printed);
        // Without a connection there is nothing to follow, and the end of the chat is near.
        let _closed = self.live.join(room.id, Some(room.revision));
    }

    /// Follows the rooms that the user is in, wherever they entered them.
    pub(super) fn discover(&mut self, found: SubscriptionEvent) {
        match found {
            SubscriptionEvent::Room(summary) if !self.rooms.known.contains_key(&summary.room.id) => {
                self.follow(&summary.room, None);
                if self.rooms.complete {
                    note(&format!("you are in {} now", summary.room.name));
                }
            }
            SubscriptionEvent::RoomLeft(room) => {
                let _closed = self.live.leave(room);
                if self.rooms.known.contains_key(&room) {
                    note(&format!("you are not in {} any more", self.rooms.remove(room)));
                }
            }
            SubscriptionEvent::Invited(invitation) => report(&invitation),
            SubscriptionEvent::Invitations(invitations) if !self.rooms.complete => {
                invitations.iter().for_each(report);
            }
            SubscriptionEvent::Synced if !self.rooms.complete => {
                self.rooms.complete = true;
                self.rooms.list();
                note(super::HELP);
            }
            _ => {}
        }
    }
}

fn report(invitation: &Invitation) {
    note(&format!(
        "{} invites you to {name}; `/room {name}` accepts",
        invitation.invited_by.username,
        name = invitation.room_name
    ));
}
