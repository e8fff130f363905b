//! Patterns of texts, as strict as the domain's parsers.

/// White space as trimming removes it: Unicode's, of which regular-expression dialects know different parts as `\s`.
const SPACE: &str = r"[\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]";
/// Any character but a control character.
pub(super) const ANY: &str = r"[^\x00-\x1f\x7f-\x9f]";
/// Any character that is neither a control character nor white space.
pub(super) const INK: &str = r"[^\x00-\x20\x7f-\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]";
/// As [`ANY`], with newline, tab and CR LF, which becomes a newline.
pub(super) const LINES: &str = r"([^\x00-\x08\x0b-\x1f\x7f-\x9f]|\r\n)";

/// Text that matches once white space around it is trimmed.
pub(crate) fn trimmed(pattern: &str) -> String {
    format!("^{SPACE}*{pattern}{SPACE}*$")
}

/// One to `most` characters when trimmed.
pub(super) fn inked(any: &str, most: u16) -> String {
    format!("{INK}({any}{{0,{}}}{INK})?", most - 2)
}

/// `least` (two or more) to `most` characters when trimmed.
pub(super) fn inked_from(any: &str, least: u16, most: u16) -> String {
    format!("{INK}{any}{{{},{}}}{INK}", least - 2, most - 2)
}

/// A name on one line, of `least` (two or more) to `most` characters when trimmed. (That one of them must be visible is more
/// than a pattern can say.)
pub(super) fn name(least: u16, most: u16) -> String {
    // The controls of text direction, and the separators of lines and paragraphs.
    let other = r"\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]";
    let [any, ink] = [ANY, INK].map(|class| format!("{}{other}", class.trim_end_matches(']')));
    trimmed(&format!("{ink}{any}{{{},{}}}{ink}", least - 2, most - 2))
}
