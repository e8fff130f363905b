//! The body of a sent message.

use domain::message::{self, Body, ClientKey, Content, MessageKind};

use crate::http::{
    Fields, FromFields, Id, InvalidField, Nullable, Property, SentExtras, Variant, message_body, one_of,
};

/// A text, or a file with a caption.
#[derive(FromFields)]
#[fields(output = (Body, message::SentExtras, Option<ClientKey>), then = parsed, schema = schema)]
pub(super) struct SendMessage {
    #[field(name = "type")]
    kind: Option<MessageKind>,
    content: Nullable<Content>,
    /// An uploaded file.
    file_id: Nullable<Id>,
    #[field(flatten = SentExtras)]
    extras: message::SentExtras,
    /// Makes repeats safe: the same key names the same message, for ever.
    client_id: Nullable<ClientKey>,
}

fn parsed(
    fields: &mut Fields,
    kind: Result<Option<MessageKind>, InvalidField>,
    content: Result<Nullable<Content>, InvalidField>,
    file: Result<Nullable<Id>, InvalidField>,
    extras: Result<message::SentExtras, InvalidField>,
    client_id: Result<Nullable<ClientKey>, InvalidField>,
) -> Result<(Body, message::SentExtras, Option<ClientKey>), InvalidField> {
    let body = message_body::check(fields, "content", kind, content, file);
    // The key stands last in a message, and so does its problem.
    fields.move_to_end("clientId");
    Ok((body?, extras?, client_id?.0))
}

fn schema(properties: &[Property]) -> serde_json::Value {
    let attachment = |title, kind| Variant {
        title,
        required: &["fileId"],
        optional: &["content", "replyTo", "threadId", "metadata", "clientId"],
        kind: Some((kind, false)),
    };
    let text = Variant {
        title: "SendText",
        required: &["content"],
        optional: &["replyTo", "threadId", "metadata", "clientId"],
        kind: Some(("text", true)),
    };
    one_of(properties, &[text, attachment("SendImage", "image"), attachment("SendFile", "file")])
}
