//! The parts of HTTP that every endpoint shares: errors and their codes, bodies, fields and parameters, cursors, the
//! client's address and origin, taking a connection over, and the frames that leave it then.

pub(crate) mod address;
pub(crate) mod audit_cursor;
mod body;
mod code;
mod credential;
pub(crate) mod cursor;
mod description;
mod error;
mod fields;
pub(crate) mod idempotency;
pub(crate) mod media_type;
pub(crate) mod message_body;
mod metadata;
pub(crate) mod multipart;
pub(crate) mod named_origin;
pub(crate) mod origin;
pub(crate) mod outgoing;
mod page;
pub(crate) mod params;
mod part_head;
mod path_values;
mod patterns;
mod percent;
mod sent_extras;
pub(crate) mod sync_cursor;
pub(crate) mod takeover;
pub(crate) mod timeline_cursor;
pub(crate) mod unauthenticated;
mod value;
mod values;

pub(crate) use api_derive::FromFields;
pub(crate) use body::{Input, UnknownFields, collect, parse, parse_only, query_value};
pub(crate) use code::ErrorCode;
pub(crate) use credential::Credential;
pub(crate) use description::{
    Answer, AnswerDescription, Argument, Content, Operation, Place, Property, Shown, Variant, any_of,
    examples, object, one_of, reference,
};
pub(crate) use error::{ApiError, Detail, ErrorShape};
pub(crate) use fields::{CursorOpener, Fields, FromFields, InvalidField, Raw};
pub(crate) use page::{OTHER_ROUTES, RouteName, page, pages};
pub(crate) use path_values::PathValues;
pub(crate) use patterns::trimmed;
pub(crate) use sent_extras::SentExtras;
pub(crate) use value::{
    Choice, Field, Nullable, Removable, Value, choice_json, choice_schema, choices, texts,
};
pub(crate) use values::{
    EmojiSegment, Id, Limit, ListOf, MessageNumber, PageNumber, SearchLimit, SyncLimit, Wait,
};

pub use cursor::{decode as decode_cursor, encode as encode_cursor};
pub use live::TRACED;

/// The target of requests' spans, which the log has as well.
pub const REQUEST: &str = "parlor::traces::request";
