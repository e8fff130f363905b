//! What every endpoint shares of HTTP: errors and their codes, reading bodies, fields and parameters, cursors, the client's
//! address and origin, and taking a connection over.

pub(crate) mod address;
mod body;
pub(crate) mod cursor;
mod error;
mod fields;
pub(crate) mod message_body;
pub(crate) mod origin;
mod page;
pub(crate) mod params;
pub(crate) mod takeover;

pub(crate) use body::{Input, parse, query_value};
pub(crate) use error::{ApiError, Detail, Shape};
pub(crate) use fields::{Fields, Flaw, FromFields, Nothing, Raw};
pub(crate) use page::{OTHER_ROUTES, page};

pub use live::TRACED;

/// The target of requests' spans, which the log has as well.
pub const REQUEST: &str = "parlor::traces::request";
