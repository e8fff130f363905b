//! Events as lines for people.

use console::style;
use parlor_client::{Event, Message};
use time::format_description::FormatItem;
use time::macros::format_description;
use time::{Date, OffsetDateTime, UtcOffset};

/// The time of day, for a terminal.
const CLOCK: &[FormatItem<'_>] = format_description!("[hour]:[minute]");
/// The date, once for each day.
const DAY: &[FormatItem<'_>] = format_description!("[year]-[month]-[day]");
/// Date and time in UTC, for a pipe.
const STAMP: &[FormatItem<'_>] = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]Z");

/// Writes events as lines: with the time of day and separators of days on a terminal, each with its full time on a pipe.
pub(super) struct Lines {
    zone: Option<UtcOffset>,
    day: Option<Date>,
    server: String,
}

impl Lines {
    /// Makes the lines for a terminal in that time zone, or for a pipe. Paths of files are completed by the server's URL.
    pub(super) fn new(is_terminal: bool, zone: UtcOffset, server: &str) -> Self {
        Self { zone: is_terminal.then_some(zone), day: None, server: server.to_owned() }
    }

    /// Writes a message; in which room, unless there is only one.
    pub(super) fn message(&mut self, message: &Message, room: Option<&str>) -> String {
        let mut author = style(plain(&message.sender.username)).bold().to_string();
        if let Some(quoted) = &message.extras.reply_to {
            author = format!("{author} (to {})", plain(&quoted.sender.username));
        }
        let text = self.content(message);
        self.line(message.created_at, room, &format!("{author}: {text}"))
    }

    /// Writes an event; `None` for one that passes.
    pub(super) fn event(&mut self, event: &Event, room: Option<&str>) -> Option<String> {
        let text = match event {
            Event::NewMessage(message) => return Some(self.message(message, room)),
            Event::MessageEdited(message) => {
                let (author, text) = (plain(&message.sender.username), self.content(message));
                let changed = message.edited_at.unwrap_or(message.created_at);
                return Some(self.line(
                    changed,
                    room,
                    &format!("{author} changed message {}: {text}", message.seq),
                ));
            }
            Event::MessageDeleted(message) => {
                format!("message {} of {} was deleted", message.seq, plain(&message.sender.username))
            }
            Event::ReactionAdded(event) => {
                format!(
                    "{} reacted to message {}: {}",
                    plain(&event.user.username),
                    event.seq,
                    plain(&event.emoji)
                )
            }
            Event::ReactionRemoved(event) => {
                format!(
                    "{} took {} of message {} back",
                    plain(&event.user.username),
                    plain(&event.emoji),
                    event.seq
                )
            }
            Event::MessagePinned(event) => {
                format!("{} pinned message {}", plain(&event.user.username), event.seq)
            }
            Event::MessageUnpinned(event) => {
                format!("{} unpinned message {}", plain(&event.user.username), event.seq)
            }
            Event::MemberAdded(event) => format!("{} became a member", plain(&event.user.username)),
            Event::MemberRemoved(event) => format!("{} is no member any more", plain(&event.user.username)),
            Event::RoleChanged(event) => {
                format!("{} has the role {:?} now", plain(&event.user.username), event.role)
            }
            Event::RoomUpdated { room, .. } => format!("the room is now called {}", plain(&room.name)),
            Event::RoomDeleted { .. } => "the room was deleted".to_owned(),
            _ => return None,
        };
        let room = room.map(|room| format!("[{}] ", plain(room))).unwrap_or_default();
        Some(style(format!("{room}* {text}")).dim().to_string())
    }

    fn line(&mut self, at: OffsetDateTime, room: Option<&str>, text: &str) -> String {
        let room = room.map(|room| format!("[{}] ", plain(room))).unwrap_or_default();
        let Some(zone) = self.zone else {
            let at = at.to_offset(UtcOffset::UTC).format(STAMP).unwrap_or_default();
            return format!("{at} {room}{text}");
        };
        let at = at.to_offset(zone);
        let clock = style(at.format(CLOCK).unwrap_or_default()).dim();
        let line = format!("{clock} {room}{text}");
        if self.day.replace(at.date()) == Some(at.date()) {
            return line;
        }
        let day = style(format!("--- {} ---", at.format(DAY).unwrap_or_default())).dim();
        format!("{day}\n{line}")
    }

    /// Returns the text of a message, and of its file the name and place.
    fn content(&self, message: &Message) -> String {
        let mut parts = vec![];
        // A line that is continued begins with blanks, so that no text looks like another message.
        parts.extend(message.content.as_deref().map(|text| plain(text).replace('\n', "\n    ")));
        if let Some(file) = &message.file {
            let server = if file.url.starts_with('/') { self.server.as_str() } else { "" };
            parts.push(format!("[{}: {server}{}]", plain(&file.name), plain(&file.url)));
        }
        parts.join(" ")
    }
}

/// Replaces control characters, which a terminal would obey, whatever the server lets through.
fn plain(text: &str) -> String {
    let harmless = |c: char| c == '\n' || c == '\t' || !c.is_control();
    text.chars().map(|c| if harmless(c) { c } else { char::REPLACEMENT_CHARACTER }).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const ID: &str = "0197a5c2-8f00-7000-8000-000000000001";

    fn event(text: &str, timestamp: &str) -> Event {
        let frame: Value = json!({
            "action": "new-message", "roomId": ID, "revision": 1, "seq": 1, "id": ID, "sender": "jane",
            "senderId": ID, "message": text, "type": "text", "timestamp": timestamp,
        });
        frame.into()
    }

    #[test]
    fn a_pipe_gets_full_times_and_no_text_looks_like_another_message() {
        console::set_colors_enabled(false);
        let mut lines = Lines::new(false, UtcOffset::UTC, "");
        let line = lines.event(&event("one\ntwo \u{1b}[31m", "2026-11-21T07:42:19.132089Z"), None);
        assert_eq!(line.as_deref(), Some("2026-11-21T07:42:19Z jane: one\n    two \u{fffd}[31m"));
    }

    #[test]
    fn a_terminal_gets_times_of_its_zone_and_each_day_once() {
        let mut lines = Lines::new(true, UtcOffset::from_hms(2, 0, 0).unwrap(), "");
        console::set_colors_enabled(false);
        let mut show = |timestamp| lines.event(&event("x", timestamp), Some("Tea")).unwrap();
        assert_eq!(show("2026-11-21T21:59:00Z"), "--- 2026-11-21 ---\n23:59 [Tea] jane: x");
        assert_eq!(show("2026-11-21T22:00:00Z"), "--- 2026-11-22 ---\n00:00 [Tea] jane: x");
        assert_eq!(show("2026-11-21T22:01:00Z"), "00:01 [Tea] jane: x");
    }

    #[test]
    fn an_event_that_passes_is_no_line() {
        let frame = json!({"action": "typing", "roomId": ID, "username": "jane", "userId": ID});
        assert_eq!(Lines::new(false, UtcOffset::UTC, "").event(&frame.into(), None), None);
    }
}
