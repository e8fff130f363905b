//! The members of a message's body, as the REST API, the WebSocket and Socket.IO name them.

use domain::FileId;
use domain::message::{Body, Content, MessageKind};

use super::{Fields, Id, InvalidField, Nullable};

/// Makes a body of its members. A missing or superfluous member is recorded beside bad ones.
pub(crate) fn check(
    fields: &mut Fields,
    content_name: &str,
    kind: Result<Option<MessageKind>, InvalidField>,
    content: Result<Nullable<Content>, InvalidField>,
    file: Result<Nullable<Id>, InvalidField>,
) -> Result<Body, InvalidField> {
    let no_content = matches!(content, Ok(Nullable(None)));
    let no_file = matches!(file, Ok(Nullable(None)));
    let mut problem = |field: &str, message: &str| {
        fields.problem(field, message);
    };
    match kind {
        Ok(Some(MessageKind::Image | MessageKind::File)) => {
            if no_file {
                problem("fileId", "is missing; upload the file first");
            }
        }
        Ok(None | Some(MessageKind::Text)) => {
            if no_content {
                problem(content_name, "is missing");
            }
            if !no_file {
                problem("fileId", "must not stand in a text");
            }
        }
        // A message of any kind needs content or a file.
        Err(InvalidField) if no_content && no_file => problem(content_name, "is missing"),
        Err(InvalidField) => {}
    }
    let (kind, file) = (kind?.unwrap_or(MessageKind::Text), file?.0.map(|id| FileId(id.0)));
    Body::stored(kind, content?.0, file).ok_or(InvalidField)
}
