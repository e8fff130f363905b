//! The members of a message's body, as the REST API, the WebSocket and Socket.IO name them.

use domain::FileId;
use domain::message::{Body, Content, MessageKind};

use super::params::{Id, KINDS};
use super::{Fields, Flaw};

/// What a message is to hold: the members `type`, `fileId`, and the one that has its words. What is missing or too much
/// is said beside what is bad.
pub(crate) fn read(fields: &mut Fields, words: &str) -> Result<Body, Flaw> {
    let kind = fields.one_of("type", KINDS);
    let content = fields.nullable::<Content>(words);
    let file = fields.nullable::<Id>("fileId");
    let no_words = matches!(content, Ok(None | Some(None)));
    let no_file = matches!(file, Ok(None | Some(None)));
    let mut complain = |field: &str, message: &str| {
        fields.problem(field, message);
    };
    match kind {
        Ok(Some(MessageKind::Image | MessageKind::File)) => {
            if no_file {
                complain("fileId", "is missing; upload the file first");
            }
        }
        Ok(None | Some(MessageKind::Text)) => {
            if no_words {
                complain(words, "is missing");
            }
            if !no_file {
                complain("fileId", "must not stand in a text");
            }
        }
        // Of whatever kind it was to be, there is nothing in it.
        Err(Flaw) if no_words && no_file => complain(words, "is missing"),
        Err(Flaw) => {}
    }
    let (kind, file) = (kind?.unwrap_or(MessageKind::Text), file?.flatten().map(|id| FileId(id.0)));
    Body::stored(kind, content?.flatten(), file).ok_or(Flaw)
}
