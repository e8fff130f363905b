//! The use cases of the dialect `envelope`, built from the ports.

use super::{PostMessage, ReadPage};
use crate::membership::JoinRoom;
use crate::message::{PublishedMarks, SendMessage};
use crate::wiring::use_cases;

use_cases! {
    /// The use cases of this dialect: one field each.
    EnvelopeUseCases(ports) {
        post_message: PostMessage {
            members, files; ; join: JoinRoom::new(ports), send: SendMessage::new(ports)
        },
        read_page: ReadPage { rooms, messages; ; marks: PublishedMarks::new(ports) },
    }
}
