//! Rules of the dialect `envelope`: posting that joins, history in numbered pages, and rate limits of its own.

mod post_message;
mod read_page;

pub use post_message::{PostBody, PostMessage};
pub use read_page::ReadPage;

use crate::limit::LimitSet;
use crate::membership::JoinRoom;
use crate::message::{PublishedMarks, SendMessage};
use crate::wiring::use_cases;

/// The limits that the clients of this dialect were promised.
pub const LIMITS: LimitSet = LimitSet("envelope");

use_cases! {
    /// The use cases of this dialect: one field each.
    EnvelopeUseCases(ports) {
        post_message: PostMessage {
            members, files; ; join: JoinRoom::new(ports), send: SendMessage::new(ports)
        },
        read_page: ReadPage { rooms, messages; ; marks: PublishedMarks::new(ports) },
    }
}
