//! Messages written as JSON text. Most reads are lists of them, and a serializer looks for characters to escape in the name of
//! each field, and takes a copy of each text: both cost more than all that is written here.

use domain::Timestamp;
use domain::message::{ClientKey, Content, Message};
use serde::Serialize;
use uuid::Uuid;
use uuid::fmt::Hyphenated;

use crate::extras::MessageExtras;
use crate::views::{File, KindName, time_text};

/// The bytes of a plain message, without its content and names.
const PLAIN: usize = 480;

/// The end of a message without extras.
const NO_EXTRAS: &str = r#","replyTo":null,"threadId":null,"thread":null,"reactions":[],"mentions":[],"mentionsRoom":false,"pinnedAt":null,"metadata":{}}"#;

/// Appends messages as a JSON array, each as [`Message`](crate::Message) is serialized.
pub fn write_messages(json: &mut Vec<u8>, messages: &[Message]) -> serde_json::Result<()> {
    let variable =
        |message: &Message| content(message).map_or(0, str::len) + message.sender.username.as_str().len();
    json.reserve(messages.iter().map(|message| PLAIN + variable(message)).sum());
    let mut text = Text(json);
    text.raw("[");
    for (n, message) in messages.iter().enumerate() {
        text.raw(if n == 0 { "" } else { "," });
        text.message(message)?;
    }
    text.raw("]");
    Ok(())
}

fn content(message: &Message) -> Option<&str> {
    message.body().and_then(|body| body.content()).map(Content::as_str)
}

struct Text<'a>(&'a mut Vec<u8>);

impl Text<'_> {
    fn message(&mut self, message: &Message) -> serde_json::Result<()> {
        self.raw(r#"{"id":"#);
        self.id(message.id.0);
        self.raw(r#","roomId":"#);
        self.id(message.room.0);
        self.raw(r#","seq":"#);
        self.value(&message.seq.0)?;
        self.raw(r#","revision":"#);
        self.value(&message.revision.0)?;
        self.raw(r#","type":"#);
        self.value(&KindName::from(message.kind()))?;
        self.raw(r#","content":"#);
        self.text(content(message))?;
        self.raw(r#","sender":{"id":"#);
        self.id(message.sender.id.0);
        self.raw(r#","username":"#);
        self.text(Some(message.sender.username.as_str()))?;
        self.raw(r#"},"file":"#);
        match message.file.as_deref() {
            Some(file) => self.value(&File::from(file))?,
            None => self.raw("null"),
        }
        self.raw(r#","clientId":"#);
        self.text(message.client_key.as_ref().map(ClientKey::as_str))?;
        self.raw(r#","createdAt":"#);
        self.time(Some(message.created_at));
        self.raw(r#","editedAt":"#);
        self.time(message.edited_at);
        self.raw(r#","deletedAt":"#);
        self.time(message.deleted_at());
        if message.extras.is_none() {
            self.raw(NO_EXTRAS);
            return Ok(());
        }
        let begin = self.0.len();
        self.value(&MessageExtras::from(message.extras()))?;
        // The message goes on where the extras would begin an object of their own.
        self.0[begin] = b',';
        Ok(())
    }

    fn raw(&mut self, text: &str) {
        self.0.extend_from_slice(text.as_bytes());
    }

    fn id(&mut self, id: Uuid) {
        let mut text = [b'"'; Hyphenated::LENGTH + 2];
        id.hyphenated().encode_lower(&mut text[1..=Hyphenated::LENGTH]);
        self.0.extend_from_slice(&text);
    }

    fn time(&mut self, moment: Option<Timestamp>) {
        let Some(moment) = moment else { return self.raw("null") };
        self.raw("\"");
        self.0.extend_from_slice(&time_text(moment));
        self.raw("\"");
    }

    fn text(&mut self, text: Option<&str>) -> serde_json::Result<()> {
        let Some(text) = text else {
            self.raw("null");
            return Ok(());
        };
        // Looks at all bytes, many at a time: to stop at the first would take one at a time.
        let special = |byte| byte < 0x20 || byte == b'"' || byte == b'\\';
        let escaped = text.bytes().fold(0, |found, byte| found | u8::from(special(byte))) > 0;
        if escaped {
            return self.value(text);
        }
        self.raw("\"");
        self.raw(text);
        self.raw("\"");
        Ok(())
    }

    fn value(&mut self, value: &(impl Serialize + ?Sized)) -> serde_json::Result<()> {
        serde_json::to_writer(&mut *self.0, value)
    }
}

#[cfg(test)]
mod tests {
    use domain::account::{UserRef, Username};
    use domain::file::{ContentType, Digest, FileName};
    use domain::message::{
        AttachmentKind, Body, Emoji, Extras, MessageKind, MessageState, Quote, Reaction, Replies,
    };
    use domain::metadata::Metadata;
    use domain::room::{Revision, Seq};
    use domain::{FileId, MessageId, RoomId, UserId};

    use super::*;

    const ID: Uuid = Uuid::from_u128(0x0193_b089_3a00_7000_8000_0000_0000_00ff);

    fn user(name: &str) -> UserRef {
        UserRef { id: UserId(ID), username: Username::stored(name.to_owned()) }
    }

    fn at(micros: i64) -> Timestamp {
        Timestamp::from_unix_micros(micros).unwrap()
    }

    fn text(content: &str) -> Message {
        Message {
            id: MessageId(ID),
            room: RoomId(Uuid::from_u128(2)),
            seq: Seq(i64::MAX),
            revision: Revision(12),
            sender: user("jane_doe"),
            client_key: None,
            created_at: at(1_733_832_000_000_001),
            edited_at: None,
            state: MessageState::Live(Body::Text(Content::stored(content.to_owned()))),
            file: None,
            extras: None,
        }
    }

    fn picture(caption: Option<&str>) -> Message {
        let file = domain::file::File {
            id: FileId(ID),
            name: FileName::stored("a \"cat\".png".to_owned()),
            content_type: ContentType("image/png".to_owned()),
            size: 7,
            sha256: Digest([9; 32]),
            image: true,
            uploaded_by: user("jane_doe"),
            created_at: at(1),
        };
        let caption = caption.map(|caption| Content::stored(caption.to_owned()));
        let body = Body::Attachment { kind: AttachmentKind::Image, file: FileId(ID), caption };
        Message { state: MessageState::Live(body), file: Some(Box::new(file)), ..text("") }
    }

    fn with_extras() -> Message {
        let quote = Quote {
            id: MessageId(ID),
            seq: Seq(1),
            sender: user("bob"),
            content: Some(Content::stored("a\tb".to_owned())),
            deleted_at: None,
        };
        let reaction = Reaction { emoji: Emoji::parse("👍").unwrap(), count: 1, users: vec![user("bob")] };
        let extras = Extras {
            reply_to: Some(quote),
            thread: Some(MessageId(ID)),
            replies: Some(Replies { count: 3, last_at: at(5) }),
            reactions: vec![reaction],
            mentions: vec![user("bob")],
            mentions_room: true,
            pinned_at: Some(at(6)),
            metadata: Metadata::stored(Some(r#"{"a":[1.50]}"#.to_owned())),
        };
        let client_key = Some(ClientKey::stored("key \"1\"".to_owned()));
        Message { client_key, edited_at: Some(at(3)), extras: extras.kept(), ..text("Hello") }
    }

    fn tombstone() -> Message {
        Message { state: MessageState::Deleted { kind: MessageKind::File, at: at(4) }, ..text("") }
    }

    #[test]
    fn messages_are_written_as_they_are_serialized() {
        let escaped: String =
            (0..=0x2f).filter_map(char::from_u32).chain(['\\', '\u{7f}', '\u{2028}']).collect();
        let texts =
            ["", "Hello, everyone in the room!", "日本語 🦀", "a \"word\"", escaped.as_str()].map(text);
        let others = [picture(None), picture(Some("A cat")), with_extras(), tombstone()];
        let messages: Vec<Message> = texts.into_iter().chain(others).collect();
        for messages in [&messages[..], &messages[..1], &[]] {
            let mut written = b"before ".to_vec();
            write_messages(&mut written, messages).unwrap();
            let serialized: Vec<_> = messages.iter().map(crate::Message::from).collect();
            let serialized = format!("before {}", serde_json::to_string(&serialized).unwrap());
            assert_eq!(String::from_utf8(written).unwrap(), serialized);
        }
    }
}
