//! The cursor that a page of a list lies next to.

use domain::message::Anchor;

use crate::http::{Fields, InvalidField};

/// Reads `before` or `after` by `place`, which gets true where a timestamp is to be rounded up. Both together are bad fields.
pub(super) fn between<P>(
    fields: &mut Fields,
    before: Option<String>,
    after: Option<String>,
    place: impl Fn(&str, bool) -> Option<P>,
) -> Result<Anchor<P>, InvalidField> {
    match (before, after) {
        (None, None) => Ok(Anchor::Newest),
        (Some(text), None) => {
            place(&text, true).map(Anchor::Before).ok_or_else(|| fields.bad_cursor("before"))
        }
        (None, Some(text)) => {
            place(&text, false).map(Anchor::After).ok_or_else(|| fields.bad_cursor("after"))
        }
        (Some(_), Some(_)) => {
            fields.problem("before", "must not stand beside `after`");
            Err(fields.problem("after", "must not stand beside `before`"))
        }
    }
}
