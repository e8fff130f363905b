//! Named raw values (a JSON object's, a query's, a path's), read one by one. What is wrong with one does not keep the
//! others from being looked at: a client learns of every bad field in one answer.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;

use serde_json::value::RawValue;

use super::Detail;

/// One raw value.
pub(crate) enum Raw {
    /// Some JSON, not yet looked into: whatever it nests or however large its numbers are, it is well-formed.
    Json(Box<RawValue>),
    /// Text from a path or a query.
    Text(String),
}

/// A value could not be read; which and why is noted in the [`Fields`].
#[derive(Debug, Clone, Copy)]
pub(crate) struct Flaw;

/// The raw values of a request, and what was found wrong with them.
#[derive(Default)]
pub(crate) struct Fields {
    values: BTreeMap<String, Raw>,
    /// One for each bad field, the first that was found.
    pub(crate) problems: Vec<Detail>,
    /// Which fields have one.
    bad: BTreeSet<String>,
    /// The problems that are cursors: alone they have a code of their own.
    pub(crate) bad_cursors: usize,
}

/// What is read from raw values.
pub(crate) trait FromFields: Sized {
    /// Whether members that nobody asks for are passed over, as dialects do, instead of being refused as typos.
    const LENIENT: bool = false;
    /// The headers that are read, as their names are spelt, where headers are.
    const HEADERS: &'static [&'static str] = &[];

    /// Reads each value once and notes what is wrong; answers only if nothing is.
    fn read(fields: &mut Fields) -> Result<Self, Flaw>;
}

/// Nothing is read: an endpoint without a query or a body.
pub(crate) struct Nothing;

impl FromFields for Nothing {
    fn read(_: &mut Fields) -> Result<Self, Flaw> {
        Ok(Self)
    }
}

impl Fields {
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

    pub(crate) fn problem(&mut self, field: &str, message: impl Into<String>) -> Flaw {
        if self.bad.insert(field.to_owned()) {
            self.problems.push(Detail { field: field.to_owned(), message: message.into() });
        }
        Flaw
    }

    pub(crate) fn bad_cursor(&mut self, field: &str) -> Flaw {
        self.bad_cursors += 1;
        self.problem(field, "must be a cursor from an earlier answer, or an RFC 3339 timestamp")
    }

    /// Text that must be there, parsed.
    pub(crate) fn required<T: FromStr<Err: std::fmt::Display>>(&mut self, name: &str) -> Result<T, Flaw> {
        match self.optional(name)? {
            Some(value) => Ok(value),
            None => Err(self.problem(name, "is missing")),
        }
    }

    /// Text that may be absent, parsed; null is no text.
    pub(crate) fn optional<T: FromStr<Err: std::fmt::Display>>(
        &mut self,
        name: &str,
    ) -> Result<Option<T>, Flaw> {
        match self.nullable(name)? {
            Some(None) => Err(self.problem(name, "must not be null; leave it out")),
            Some(value) => Ok(value),
            None => Ok(None),
        }
    }

    #[expect(clippy::option_option, reason = "absent and null are two things in a PATCH")]
    /// Text that may be absent (`None`), or null (`Some(None)`), parsed.
    pub(crate) fn nullable<T: FromStr<Err: std::fmt::Display>>(
        &mut self,
        name: &str,
    ) -> Result<Option<Option<T>>, Flaw> {
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

    /// Whatever JSON stands there.
    pub(crate) fn json(&mut self, name: &str) -> Option<serde_json::Value> {
        match self.values.remove(name)? {
            Raw::Json(json) => serde_json::from_str(json.get()).ok(),
            Raw::Text(text) => Some(text.into()),
        }
    }

    /// A whole number between two bounds, in JSON a number, elsewhere digits.
    pub(crate) fn integer(&mut self, name: &str, least: i64, most: i64) -> Result<Option<i64>, Flaw> {
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

    /// One of some words.
    pub(crate) fn one_of<T: Copy>(&mut self, name: &str, words: &[(&str, T)]) -> Result<Option<T>, Flaw> {
        let Some(word) = self.optional::<String>(name)? else { return Ok(None) };
        if let Some((_, value)) = words.iter().find(|(known, _)| *known == word) {
            return Ok(Some(*value));
        }
        let known: Vec<&str> = words.iter().map(|(known, _)| *known).collect();
        Err(self.problem(name, format!("must be one of: {}", known.join(", "))))
    }

    /// Notes whatever nobody asked for.
    pub(crate) fn refuse_unknown(&mut self) {
        for name in std::mem::take(&mut self.values).into_keys() {
            self.problem(&name, "is not a field of this request");
        }
    }
}

/// A JSON number without a fraction, however it is written: JSON knows no integers, so `7.0` is 7.
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
        fields.refuse_unknown();
        let named: Vec<&str> = fields.problems.iter().map(|problem| problem.field.as_str()).collect();
        assert_eq!(named, ["name", "missing", "seq", "typo"]);
    }

    #[test]
    fn a_field_is_named_once_however_much_is_wrong_with_it() {
        let mut fields =
            json(&[("name", "\"ab\""), ("name", "1"), ("name", "2"), ("typo", "1"), ("typo", "1")]);
        assert!(fields.required::<RoomName>("name").is_err());
        fields.refuse_unknown();
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
    fn a_lone_surrogate_or_another_type_is_a_flaw_of_its_field() {
        for bad in [r#""\ud800""#, "1", "[[]]", "{}"] {
            assert!(json(&[("a", bad)]).optional::<String>("a").is_err(), "{bad}");
        }
    }
}
