//! The members of a sent message beside its body, as the REST API, the WebSocket and Socket.IO name them.

use domain::MessageId;
use domain::message;
use domain::metadata::SentMetadata;

use super::{Fields, FromFields, Id, InvalidField, Nullable};

/// What is sent beside the body.
#[derive(FromFields)]
#[fields(output = message::SentExtras, then = extras)]
pub(crate) struct SentExtras {
    /// The message of the room that this one replies to.
    reply_to: Nullable<Id>,
    /// The first message of the thread that this one belongs to; itself in no thread.
    thread_id: Nullable<Id>,
    metadata: Option<SentMetadata>,
}

fn extras(
    _: &mut Fields,
    reply_to: Result<Nullable<Id>, InvalidField>,
    thread: Result<Nullable<Id>, InvalidField>,
    metadata: Result<Option<SentMetadata>, InvalidField>,
) -> Result<message::SentExtras, InvalidField> {
    let message = |id: Nullable<Id>| id.0.map(|id| MessageId(id.0));
    Ok(message::SentExtras {
        reply_to: message(reply_to?),
        thread: message(thread?),
        metadata: metadata?.unwrap_or_default(),
    })
}
