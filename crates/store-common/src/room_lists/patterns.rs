//! The forms of a search text in which the databases look for it.

/// The length of the sequences of characters that the databases index.
pub(super) const GRAM: usize = 3;
/// The length of the part that is looked up in its place.
const ENDING: usize = 4;
/// The most sequences of a search text that are looked up.
const GRAMS: usize = 3;

/// Returns the `LIKE` pattern of text that contains `part`, whose own wildcards are literal.
pub(super) fn containing(part: &str) -> String {
    format!("%{}%", part.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_"))
}

/// Returns the last characters of a text, which in a series of names are their difference.
pub(super) fn ending(text: &str) -> &str {
    let start = text.char_indices().rev().nth(ENDING - 1).map_or(0, |(start, _)| start);
    &text[start..]
}

/// Returns sequences of characters of a text, quoted for SQLite's index of text, which wants all of them.
pub(super) fn grams(text: &str) -> String {
    let characters: Vec<char> = text.chars().collect();
    let all: Vec<String> = characters.windows(GRAM).map(|gram| gram.iter().collect()).collect();
    let step = all.len().div_ceil(GRAMS).max(1);
    // From the end, as above.
    let quoted =
        all.iter().rev().step_by(step).map(|gram: &String| format!("\"{}\"", gram.replace('"', "\"\"")));
    quoted.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_text_is_literal_in_its_pattern() {
        assert_eq!(containing("100%_\\"), "%100\\%\\_\\\\%");
    }

    #[test]
    fn the_ending_of_a_text_counts_characters() {
        assert_eq!([ending("room 42"), ending("42"), ending("\u{e9}\u{e9}toile")], ["m 42", "42", "oile"]);
    }

    #[test]
    fn a_search_text_is_looked_up_by_a_bounded_number_of_sequences() {
        assert_eq!(grams("a\"bc"), "\"\"\"bc\" \"a\"\"b\"");
        let long: String = ('a'..='z').cycle().take(100).collect();
        assert!(grams(&long).split(' ').count() <= GRAMS);
    }
}
