//! From raw requests to parsed values, with every problem named at once.

mod body;
mod fields;

pub(crate) use body::{Input, parse, query_value};
pub(crate) use fields::{Fields, Flaw, FromFields, Nothing, Raw};
