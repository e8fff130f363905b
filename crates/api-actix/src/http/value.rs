//! The types of request fields: each is read and described by itself, so that parser and schema cannot differ.

use std::fmt::Display;
use std::str::FromStr;

use serde_json::{Value as Json, json};

use super::{Fields, InvalidField};

/// A type that a field of a request can have.
pub(crate) trait Value: Sized {
    /// Reads a field; `None` where it is absent. Null is invalid.
    fn optional(fields: &mut Fields, name: &str) -> Result<Option<Self>, InvalidField>;

    /// The JSON Schema, with an example.
    fn schema() -> Json;

    /// The value as clients send it, to show a default. Null where no field has a default of the type.
    fn to_json(&self) -> Json {
        Json::Null
    }
}

/// A field as a struct has it: a [`Value`] that is required, or one of the wrappers that make it optional.
pub(crate) trait Field: Sized {
    const REQUIRED: bool;

    fn read(fields: &mut Fields, name: &str) -> Result<Self, InvalidField>;

    fn schema() -> Json;
}

impl<T: Value> Field for T {
    const REQUIRED: bool = true;

    fn read(fields: &mut Fields, name: &str) -> Result<Self, InvalidField> {
        T::optional(fields, name)?.ok_or_else(|| fields.problem(name, "is missing"))
    }

    fn schema() -> Json {
        T::schema()
    }
}

/// A field that may be absent, and not null.
impl<T: Value> Field for Option<T> {
    const REQUIRED: bool = false;

    fn read(fields: &mut Fields, name: &str) -> Result<Self, InvalidField> {
        T::optional(fields, name)
    }

    fn schema() -> Json {
        T::schema()
    }
}

/// A text that may be absent or null, which mean the same.
#[derive(Debug)]
pub(crate) struct Nullable<T>(pub Option<T>);

impl<T: Value + FromStr<Err: Display>> Field for Nullable<T> {
    const REQUIRED: bool = false;

    fn read(fields: &mut Fields, name: &str) -> Result<Self, InvalidField> {
        Ok(Self(fields.nullable(name)?.flatten()))
    }

    fn schema() -> Json {
        or_null(T::schema())
    }
}

/// A text that may be absent (`None`) or null (`Some(None)`), which mean different things.
#[expect(clippy::option_option, reason = "absent and null are two things in a PATCH")]
pub(crate) struct Removable<T>(pub Option<Option<T>>);

impl<T: Value + FromStr<Err: Display>> Field for Removable<T> {
    const REQUIRED: bool = false;

    fn read(fields: &mut Fields, name: &str) -> Result<Self, InvalidField> {
        Ok(Self(fields.nullable(name)?))
    }

    fn schema() -> Json {
        or_null(T::schema())
    }
}

fn or_null(mut schema: Json) -> Json {
    schema["type"] = json!([schema["type"], "null"]);
    schema
}

/// One of a few words.
pub(crate) trait Choice: Copy + PartialEq + 'static {
    /// The words, and what they mean.
    const WORDS: &'static [(&'static str, Self)];
}

/// The [`Value::schema`] of a [`Choice`].
pub(crate) fn choice_schema<T: Choice>() -> Json {
    let words: Vec<&str> = T::WORDS.iter().map(|(word, _)| *word).collect();
    json!({"type": "string", "enum": words, "examples": words[..1]})
}

/// The [`Value::to_json`] of a [`Choice`].
pub(crate) fn choice_json<T: Choice>(value: T) -> Json {
    T::WORDS.iter().find(|(_, known)| *known == value).map_or(Json::Null, |(word, _)| json!(word))
}

/// Makes types [`Choice`]s of words, and with that [`Value`]s.
macro_rules! choices {
    ($($of:ty { $($word:literal => $value:expr),* $(,)? })*) => {$(
        impl $crate::http::Choice for $of {
            const WORDS: &'static [(&'static str, Self)] = &[$(($word, $value)),*];
        }

        impl $crate::http::Value for $of {
            fn optional(
                fields: &mut $crate::http::Fields,
                name: &str,
            ) -> Result<Option<Self>, $crate::http::InvalidField> {
                fields.one_of(name, <Self as $crate::http::Choice>::WORDS)
            }

            fn schema() -> ::serde_json::Value {
                $crate::http::choice_schema::<Self>()
            }

            fn to_json(&self) -> ::serde_json::Value {
                $crate::http::choice_json(*self)
            }
        }
    )*};
}
pub(crate) use choices;

/// Makes types that parse themselves [`Value`]s of that schema.
macro_rules! texts {
    ($($of:ty: $schema:expr;)*) => {$(
        impl $crate::http::Value for $of {
            fn optional(
                fields: &mut $crate::http::Fields,
                name: &str,
            ) -> Result<Option<Self>, $crate::http::InvalidField> {
                fields.optional(name)
            }

            fn schema() -> ::serde_json::Value {
                $schema
            }
        }
    )*};
}
pub(crate) use texts;
