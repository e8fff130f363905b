//! Named raw values (of a JSON object, a query, a path, headers), read one by one. A problem with one does not end the
//! reading, so that the client learns of every bad field in one answer.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;
use std::sync::Arc;

use domain::sync::Cursor;
use serde_json::value::RawValue;

use super::{Detail, Property, object};

/// One raw value.
pub(crate) enum Raw {
    /// Well-formed JSON, not yet parsed, so that neither deep nesting nor a large number can do harm.
    Json(Box<RawValue>),
    /// Text of a path, a query or a header.
    Text(String),
}

/// The error of a value that could not be read. The [`Fields`] have the name and the reason.
#[derive(Debug, Clone, Copy)]
pub(crate) struct InvalidField;

/// The raw values of a request, and the problems with them.
#[derive(Default)]
pub(crate) struct Fields {
    values: BTreeMap<String, Raw>,
    /// The first problem of each bad field.
    pub(crate) problems: Vec<Detail>,
    /// The names of the bad fields.
    bad: BTreeSet<String>,
    /// The number of problems that are unreadable cursors. One that stands alone has a code of its own.
    pub(crate) bad_cursors: usize,
    /// Opens the sealed cursors of the caller, where the request may have one.
    pub(crate) opener: Option<CursorOpener>,
}

/// Opens the sealed cursors of a request's caller. Data of a request.
#[derive(Clone)]
pub(crate) struct CursorOpener(pub Arc<OpenCursor>);

type OpenCursor = dyn Fn(&str) -> Option<Cursor> + Send + Sync;

/// A part of a request, read from its fields and described by them. `#[derive(FromFields)]` implements it.
pub(crate) trait FromFields: Sized {
    /// The result of the reading.
    type Output;
    /// The name of the schema, where the part is a body.
    const NAME: &'static str;
    /// The description of the schema.
    const ABOUT: &'static str;

    /// Returns the names of the fields.
    fn names() -> Vec<&'static str>;

    /// Reads every field once and records the problems. Returns `Err` if there is any.
    fn read(fields: &mut Fields) -> Result<Self::Output, InvalidField>;

    /// Describes every field.
    fn properties() -> Vec<Property>;

    /// The schema of an object with these fields.
    fn schema() -> serde_json::Value {
        object(&Self::properties())
    }
}

/// A part of a request in which nothing is read.
impl FromFields for () {
    type Output = Self;
    const NAME: &'static str = "";
    const ABOUT: &'static str = "";

    fn names() -> Vec<&'static str> {
        vec![]
    }

    fn read(_: &mut Fields) -> Result<Self, InvalidField> {
        Ok(())
    }

    fn properties() -> Vec<Property> {
        vec![]
    }
}

impl Fields {
    /// Adds a value. A second one of the same name is a problem.
    pub(crate) fn insert(&mut self, name: String, value: Raw) {
        match self.values.entry(name) {
            Entry::Vacant(free) => {
                free.insert(value);
            }
            Entry::Occupied(taken) => {
                let name = taken.key().clone();
                self.problem(&name, "must not be given twice");
            }
        }
    }

    /// Records a problem, unless the field has one already.
    pub(crate) fn problem(&mut self, field: &str, message: impl Into<String>) -> InvalidField {
        if self.bad.insert(field.to_owned()) {
            self.problems.push(Detail { field: field.to_owned(), message: message.into() });
        }
        InvalidField
    }

    /// Moves the problem of a field behind those of the others, where it has one.
    pub(crate) fn move_to_end(&mut self, field: &str) {
        if let Some(at) = self.problems.iter().position(|problem| problem.field == field) {
            let problem = self.problems.remove(at);
            self.problems.push(problem);
        }
    }

    /// Records an unreadable cursor of a list that has timestamps too.
    pub(crate) fn bad_cursor(&mut self, field: &str) -> InvalidField {
        self.bad_cursors += 1;
        self.problem(field, "must be a cursor from an earlier answer, a message id, or an RFC 3339 timestamp")
    }

    /// Opens a sealed cursor of the caller.
    pub(crate) fn open_cursor(&mut self, field: &str, text: &str) -> Result<Cursor, InvalidField> {
        let opened = self.opener.as_ref().and_then(|opener| (opener.0)(text));
        opened.ok_or_else(|| {
            self.bad_cursors += 1;
            self.problem(field, "must be a cursor from an earlier answer to the same user")
        })
    }

    /// Drops an empty text, which then counts as absent.
    pub(crate) fn drop_empty(&mut self, name: &str) {
        if matches!(self.values.get(name), Some(Raw::Text(text)) if text.is_empty()) {
            self.values.remove(name);
        }
    }

    /// Reads and parses a text that is required.
    pub(crate) fn required<T: FromStr<Err: std::fmt::Display>>(
        &mut self,
        name: &str,
    ) -> Result<T, InvalidField> {
        match self.optional(name)? {
            Some(value) => Ok(value),
            None => Err(self.problem(name, "is missing")),
        }
    }

    /// Reads and parses a text that may be absent, and not null.
    pub(crate) fn optional<T: FromStr<Err: std::fmt::Display>>(
        &mut self,
        name: &str,
    ) -> Result<Option<T>, InvalidField> {
        match self.nullable(name)? {
            Some(None) => Err(self.problem(name, "must not be null; leave it out")),
            Some(value) => Ok(value),
            None => Ok(None),
        }
    }

    /// Reads and parses a text that may be absent (`None`) or null (`Some(None)`).
    #[expect(clippy::option_option, reason = "absent and null are two things in a PATCH")]
    pub(crate) fn nullable<T: FromStr<Err: std::fmt::Display>>(
        &mut self,
        name: &str,
    ) -> Result<Option<Option<T>>, InvalidField> {
        let text = match self.values.remove(name) {
            None => return Ok(None),
            Some(Raw::Text(text)) => text,
            Some(Raw::Json(json)) => match serde_json::from_str::<Option<String>>(json.get()) {
                Ok(None) => return Ok(Some(None)),
                Ok(Some(text)) => text,
                Err(_) => return Err(self.problem(name, "must be a string of valid Unicode")),
            },
        };
        match text.parse() {
            Ok(value) => Ok(Some(Some(value))),
            Err(error) => Err(self.problem(name, error.to_string())),
        }
    }

    /// Takes the value as JSON; `None` if it is absent.
    pub(crate) fn json(&mut self, name: &str) -> Option<serde_json::Value> {
        match self.values.remove(name)? {
            Raw::Json(json) => serde_json::from_str(json.get()).ok(),
            Raw::Text(text) => Some(text.into()),
        }
    }

    /// Takes a value of a JSON object as it was written; `None` if it is absent.
    pub(crate) fn as_written(&mut self, name: &str) -> Option<Box<RawValue>> {
        match self.values.remove(name)? {
            Raw::Json(json) => Some(json),
            Raw::Text(_) => None,
        }
    }

    /// Reads a whole number between two bounds, in JSON a number, elsewhere digits.
    pub(crate) fn integer(&mut self, name: &str, least: i64, most: i64) -> Result<Option<i64>, InvalidField> {
        let number = match self.values.remove(name) {
            None => return Ok(None),
            Some(Raw::Text(text)) => text.parse::<i64>().ok(),
            Some(Raw::Json(json)) => whole_number(json.get()),
        };
        match number.filter(|number| (least..=most).contains(number)) {
            Some(number) => Ok(Some(number)),
            None if most == i64::MAX => {
                Err(self.problem(name, format!("must be a whole number from {least} on")))
            }
            None => Err(self.problem(name, format!("must be a whole number from {least} to {most}"))),
        }
    }

    /// Reads one of a few words.
    pub(crate) fn one_of<T: Copy>(
        &mut self,
        name: &str,
        words: &[(&str, T)],
    ) -> Result<Option<T>, InvalidField> {
        let Some(word) = self.optional::<String>(name)? else { return Ok(None) };
        if let Some((_, value)) = words.iter().find(|(known, _)| *known == word) {
            return Ok(Some(*value));
        }
        let known: Vec<&str> = words.iter().map(|(known, _)| *known).collect();
        Err(self.problem(name, format!("must be one of: {}", known.join(", "))))
    }

    /// Records every value that was not read as a problem with this message.
    pub(crate) fn reject_unknown(&mut self, message: &str) {
        for name in std::mem::take(&mut self.values).into_keys() {
            self.problem(&name, message);
        }
    }
}

/// Parses a JSON number without a fraction, however it is written: JSON has no integers, so `7.0` is 7.
fn whole_number(json: &str) -> Option<i64> {
    /// Beyond it a float stands for several integers.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if let Ok(number) = serde_json::from_str::<i64>(json) {
        return Some(number);
    }
    let float = serde_json::from_str::<f64>(json).ok()?;
    let exact = float.fract() == 0.0 && float.abs() <= EXACT;
    exact.then(|| format!("{float:.0}").parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::room::RoomName;

    fn json(pairs: &[(&str, &str)]) -> Fields {
        let mut fields = Fields::default();
        for (name, text) in pairs {
            fields.insert((*name).to_owned(), Raw::Json(RawValue::from_string((*text).to_owned()).unwrap()));
        }
        fields
    }

    #[test]
    fn every_bad_field_is_named_at_once() {
        let mut fields = json(&[("name", "\"ab\""), ("seq", "1e999"), ("typo", "1")]);
        assert!(fields.required::<RoomName>("name").is_err());
        assert!(fields.required::<RoomName>("missing").is_err());
        assert!(fields.integer("seq", 0, 10).is_err());
        fields.reject_unknown("is not a field of this request");
        let named: Vec<&str> = fields.problems.iter().map(|problem| problem.field.as_str()).collect();
        assert_eq!(named, ["name", "missing", "seq", "typo"]);
    }

    #[test]
    fn a_field_is_named_once_however_much_is_wrong_with_it() {
        let mut fields =
            json(&[("name", "\"ab\""), ("name", "1"), ("name", "2"), ("typo", "1"), ("typo", "1")]);
        assert!(fields.required::<RoomName>("name").is_err());
        fields.reject_unknown("is not a field of this request");
        let named: Vec<&str> = fields.problems.iter().map(|problem| problem.field.as_str()).collect();
        assert_eq!(named, ["name", "typo"]);
    }

    #[test]
    fn null_is_a_value_only_where_it_may_be_one() {
        assert!(json(&[("a", "null")]).optional::<String>("a").is_err());
        assert!(matches!(json(&[("a", "null")]).nullable::<String>("a"), Ok(Some(None))));
        assert!(matches!(json(&[]).nullable::<String>("a"), Ok(None)));
        assert!(json(&[("a", "null")]).required::<String>("a").is_err());
    }

    #[test]
    fn a_number_without_a_fraction_is_whole_however_it_is_written() {
        for (text, number) in
            [("7", Some(7)), ("7.0", Some(7)), ("7e1", Some(70)), ("7.5", None), ("1e999", None)]
        {
            assert_eq!(whole_number(text), number, "{text}");
        }
    }

    #[test]
    fn a_lone_surrogate_or_another_type_is_a_problem_of_its_field() {
        for bad in [r#""\ud800""#, "1", "[[]]", "{}"] {
            assert!(json(&[("a", bad)]).optional::<String>("a").is_err(), "{bad}");
        }
    }
}
