//! `#[derive(FromFields)]`: makes the parser and the schema of a request's fields from one struct, so that the two cannot
//! differ. It is for `api-actix` alone, whose `http` module has the traits that the generated code names.
//!
//! ```ignore
//! /// A new room.
//! #[derive(FromFields)]
//! #[fields(into = CreateRoomCommand)]
//! pub(super) struct CreateRoom {
//!     /// The room's name.
//!     name: RoomName,
//!     /// Null is no description.
//!     description: Nullable<Description>,
//!     #[field(default = Visibility::Public)]
//!     visibility: Visibility,
//! }
//! ```
//!
//! A field's name on the wire is its own in camel case, its description is its doc comment, and its type says how it is read
//! and whether it may be absent (see `http::Field`). All fields are read before the first problem ends the reading.
//!
//! On the struct, `#[fields(…)]` takes:
//! - `into = Type`: the result is `Type::from(the struct)` instead of the struct;
//! - `output = Type, then = function`: the result is that of `function(&mut Fields, first, second, …)`, which is given every
//!   field as a `Result`, for rules about several fields;
//! - `schema = function`: `function(&[Property])` makes the schema of the body, for unions;
//! - `name = "Name"`: the name of the schema, by default the struct's.
//!
//! On a field, `#[field(…)]` takes:
//! - `name = "type"`: the name on the wire;
//! - `default = expression`: the value where none is sent, which the schema shows;
//! - `missing = "text"`: the message where a required value is missing;
//! - `example = expression`: an example in the place of the type's own;
//! - `flatten`, or `flatten = Type`: the field stands for further fields, those of its own type or of another one whose
//!   result it is.

mod attributes;
mod expand;

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

/// Implements `http::FromFields` for a struct with named fields.
#[proc_macro_derive(FromFields, attributes(fields, field))]
pub fn from_fields(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    expand::from_fields(&input).unwrap_or_else(|error| error.to_compile_error()).into()
}
