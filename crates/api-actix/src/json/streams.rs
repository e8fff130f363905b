//! Answers that are no JSON: the bytes of files, and server-sent events.

use actix_web::body::BoxBody;
use actix_web::{HttpRequest, HttpResponse, Responder};
use serde_json::json;

use super::event_schemas;
use crate::http::{Answer, AnswerDescription, ApiError, Content, Operation, Place, Property};

/// The media types that the sniffer names, by family. Generated clients read bytes of each of them as binary data.
const MEDIA_TYPES: [&str; 7] =
    ["application/octet-stream", "application/*", "audio/*", "font/*", "image/*", "text/*", "video/*"];

/// 200 with server-sent events of a room, until one side ends it.
pub(crate) struct EventStream(pub HttpResponse);

impl Responder for EventStream {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        self.0
    }
}

impl Answer for EventStream {
    fn describe(operation: &mut Operation) {
        let about = "The data of each event is one of these. The field `id` is the revision of a lasting event, to resume after.";
        describe(operation, about, event_schemas::ROOM_EVENT);
    }
}

/// 200 with server-sent events of all rooms of the caller, until one side ends it.
pub(crate) struct AllEventsStream(pub HttpResponse);

impl Responder for AllEventsStream {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        self.0
    }
}

impl Answer for AllEventsStream {
    fn describe(operation: &mut Operation) {
        let about = "The data of each event is one of these. The field `id` is the cursor of `synced`, to resume after.";
        describe(operation, about, event_schemas::SUBSCRIPTION_EVENT);
    }
}

fn describe(operation: &mut Operation, about: &'static str, union: &str) {
    event_schemas::add(operation);
    let schema = operation.schemas.get(union).cloned().unwrap_or_default();
    operation.answers_json(200, about, (union.to_owned(), schema));
    if let Some(content) = operation.answers.last_mut().and_then(|answer| answer.content.last_mut()) {
        content.media_type = "text/event-stream";
    }
}

/// A file's bytes, whole or a range of them, with everything that a download answers.
pub(crate) struct FileBytes(pub HttpResponse);

impl Responder for FileBytes {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        self.0
    }
}

/// `Range` is no parameter: no schema can say which ranges are good, for that depends on the file.
impl Answer for FileBytes {
    fn describe(operation: &mut Operation) {
        let header = |name, about: &str, example: &str| Property {
            name,
            required: false,
            schema: json!({"type": "string", "description": about, "examples": [example]}),
        };
        let tag = "\"2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824\"";
        operation.parameters(
            Place::Header,
            vec![
                header("If-Range", "With `Range`: send the whole file if it no longer has this tag.", tag),
                header("If-None-Match", "Send the file only if it has none of these tags.", tag),
            ],
        );
        let range = "The range of bytes that the header `Range` names, such as `bytes=0-1023`. A list of ranges, or an \
            unknown unit, is answered with the whole file.";
        for (status, about) in [(200, "The whole file."), (206, range)] {
            let schema = || ("FileContent".to_owned(), json!({"type": "string", "format": "binary"}));
            let content = MEDIA_TYPES.map(|media_type| Content { media_type, schema: schema() });
            operation.answers.push(AnswerDescription {
                status,
                about,
                content: content.into(),
                located: false,
            });
        }
        operation.answers(304, "The client has the file already.");
        operation.refusals.push(ApiError::range_not_satisfiable(1_024_000));
    }
}
