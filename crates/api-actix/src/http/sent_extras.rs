//! The members of a sent message beside its body, as the REST API, the WebSocket and Socket.IO name them.

use std::str::FromStr;

use domain::metadata::SentMetadata;
use domain::{Invalid, MessageId, message};
use serde_json::json;

use super::{Fields, FromFields, Id, InvalidField, Nullable, texts};

/// The members beside the body.
#[derive(FromFields)]
#[fields(output = message::SentExtras, then = extras)]
pub(crate) struct SentExtras {
    /// The message of the room that this one replies to.
    reply_to: Nullable<Named>,
    /// The first message of the thread that this one belongs to; itself in no thread.
    thread_id: Nullable<Named>,
    metadata: Option<SentMetadata>,
}

fn extras(
    _: &mut Fields,
    reply_to: Result<Nullable<Named>, InvalidField>,
    thread: Result<Nullable<Named>, InvalidField>,
    metadata: Result<Option<SentMetadata>, InvalidField>,
) -> Result<message::SentExtras, InvalidField> {
    let message = |named: Nullable<Named>| named.0.map(|Named(message)| message);
    Ok(message::SentExtras {
        reply_to: message(reply_to?),
        thread: message(thread?),
        metadata: metadata?.unwrap_or_default(),
    })
}

/// The id of another message. It has no example: what is sent as one is made of all examples, and answers nothing.
struct Named(MessageId);

impl FromStr for Named {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        text.parse::<Id>().map(|id| Self(MessageId(id.0)))
    }
}

texts! {
    Named: json!({"type": "string", "format": "uuid"});
}
