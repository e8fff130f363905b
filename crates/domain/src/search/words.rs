//! The words of a text, and the entries under which an index finds it. The rules are those of the wire contract, section 14.

use std::collections::BTreeSet;

use unicode_properties::UnicodeEmoji;
use unicode_segmentation::UnicodeSegmentation;

use crate::fold;

/// The most bytes of a word that an index keeps, and the most characters of its entries for a run: what is found by an entry is
/// [compared in full](super::SearchQuery::matches) anyway.
const ENTRY_BYTES: usize = 64;
pub(super) const ENTRY_CHARS: usize = 3;

/// A part of folded text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token<'t> {
    /// A word with a letter or a digit.
    Word(&'t str),
    /// An emoji.
    Emoji(&'t str),
    /// Chinese, Japanese or Korean letters in a row, of which any part counts as a word.
    Run(&'t str),
}

/// Returns text as it is divided: folded, and without variation selectors.
pub(super) fn searchable(text: &str) -> String {
    let mut folded = fold(text);
    if !folded.is_ascii() {
        folded.retain(|c| !matches!(c, '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}'));
    }
    folded
}

/// Divides [searchable] text; each token comes with the place where it ends.
pub(super) fn tokens(text: &str) -> Vec<(usize, Token<'_>)> {
    let mut found = vec![];
    if text.is_ascii() {
        add(&mut found, text, 0, text.len(), Letters::Divided);
        return found;
    }
    let (mut start, mut of) = (0, Letters::Divided);
    for (at, cluster) in text.grapheme_indices(true) {
        let letters = Letters::of(cluster);
        // A modifier that follows no emoji is one by itself.
        let modifier = cluster.find(is_modifier).filter(|_| letters != Letters::Emoji);
        let parts = [(at, letters)].into_iter().chain(modifier.map(|after| (at + after, Letters::Emoji)));
        for (at, letters) in parts {
            if letters != of || letters == Letters::Emoji {
                add(&mut found, text, start, at, of);
                (start, of) = (at, letters);
            }
        }
    }
    add(&mut found, text, start, text.len(), of);
    found
}

/// The way in which a part of a text is divided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Letters {
    /// At the word boundaries of UAX #29.
    Divided,
    /// Each cluster by itself.
    Emoji,
    /// Not at all.
    Run,
}

impl Letters {
    fn of(cluster: &str) -> Self {
        let Some(first) = cluster.chars().next() else { return Self::Divided };
        let keycap = matches!(first, '0'..='9' | '#' | '*') && cluster.contains('\u{20e3}');
        if keycap || (!first.is_ascii() && first.is_emoji_char()) {
            Self::Emoji
        } else if is_run_letter(first) {
            Self::Run
        } else {
            Self::Divided
        }
    }
}

fn add<'t>(found: &mut Vec<(usize, Token<'t>)>, text: &'t str, start: usize, end: usize, letters: Letters) {
    let stretch = &text[start..end];
    match letters {
        Letters::Divided => {
            let words = stretch.unicode_word_indices();
            found.extend(words.map(|(at, word)| (start + at + word.len(), Token::Word(word))));
        }
        Letters::Emoji => found.push((end, Token::Emoji(stretch))),
        Letters::Run => found.push((end, Token::Run(stretch))),
    }
}

/// Returns true for a color of skin.
fn is_modifier(c: char) -> bool {
    matches!(c, '\u{1f3fb}'..='\u{1f3ff}')
}

/// Returns true for a letter of Chinese (ideographs and bopomofo), Japanese (kana too) or Korean (syllables and jamo).
fn is_run_letter(c: char) -> bool {
    matches!(c,
        '\u{1100}'..='\u{11ff}' | '\u{2e80}'..='\u{2fd5}' | '\u{3005}'..='\u{3007}' | '\u{3021}'..='\u{3029}'
        | '\u{3031}'..='\u{3035}' | '\u{3038}'..='\u{303c}' | '\u{3041}'..='\u{3096}' | '\u{309d}'..='\u{309f}'
        | '\u{30a1}'..='\u{30fa}' | '\u{30fc}'..='\u{30ff}' | '\u{3105}'..='\u{312f}' | '\u{3131}'..='\u{318e}'
        | '\u{31a0}'..='\u{31bf}' | '\u{31f0}'..='\u{31ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}'
        | '\u{a960}'..='\u{a97c}' | '\u{ac00}'..='\u{d7a3}' | '\u{d7b0}'..='\u{d7fb}' | '\u{f900}'..='\u{faff}'
        | '\u{1aff0}'..='\u{1b16f}' | '\u{20000}'..='\u{323af}')
}

/// Returns the entries under which an index keeps a text: its words and emoji, and of each run the characters from every place
/// on. A text that a [query](super::SearchQuery) finds has an entry for each of the query's keys.
#[must_use]
pub fn entries(text: &str) -> BTreeSet<String> {
    let text = searchable(text);
    let mut entries = BTreeSet::new();
    for (_, token) in tokens(&text) {
        match token {
            Token::Word(word) | Token::Emoji(word) => {
                entries.insert(truncated(word).to_owned());
            }
            Token::Run(run) => {
                entries.extend(run.char_indices().map(|(at, _)| first_chars(&run[at..]).to_owned()));
            }
        }
    }
    entries
}

/// Returns the part of a word that an index keeps.
pub(super) fn truncated(word: &str) -> &str {
    &word[..word.floor_char_boundary(ENTRY_BYTES)]
}

/// Returns the part of a run that an index keeps.
pub(super) fn first_chars(run: &str) -> &str {
    let end = run.char_indices().nth(ENTRY_CHARS).map_or(run.len(), |(at, _)| at);
    &run[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn cut_to(text: &str, words: &[&str]) {
        let text = searchable(text);
        let found: Vec<&str> = tokens(&text)
            .into_iter()
            .map(|(_, Token::Word(word) | Token::Emoji(word) | Token::Run(word))| word)
            .collect();
        assert_eq!(found, words, "{text:?}");
    }

    #[test]
    fn words_are_those_of_uax_29_with_a_letter_or_digit() {
        cut_to("See example.com, or don't!", &["see", "example.com", "or", "don't"]);
        cut_to("snake_case 3.14 1,000", &["snake_case", "3.14", "1,000"]);
        cut_to("well-known and/or", &["well", "known", "and", "or"]);
        cut_to("— … !? _", &[]);
        cut_to("line\nbreak\ttab", &["line", "break", "tab"]);
    }

    #[test]
    fn words_are_cut_after_folding() {
        cut_to("Ｗｉｄｅ Straße ﬁn re\u{301}sume\u{301}", &["wide", "strasse", "fin", "resume"]);
    }

    #[test]
    fn runs_of_chinese_japanese_and_korean_letters_divide() {
        cut_to("abc日本語def", &["abc", "日本語", "def"]);
        cut_to("한글test 한국어", &["한글", "test", "한국어"]);
        cut_to("食べる、カタカナー。", &["食べる", "カタカナー"]);
        cut_to("ｶﾞｲﾄﾞ", &["ガイド"]);
        cut_to("葛\u{e0100}飾", &["葛飾"]);
        cut_to("2024年3月", &["2024", "年", "3", "月"]);
        cut_to("々〇", &["々〇"]);
    }

    #[test]
    fn every_emoji_cluster_is_a_word() {
        cut_to("ok👍👍🏽done", &["ok", "👍", "👍🏽", "done"]);
        cut_to("❤️ ❤", &["❤", "❤"]);
        cut_to("🇩🇪🇫🇷", &["🇩🇪", "🇫🇷"]);
        cut_to("👨‍👩‍👧x", &["👨‍👩‍👧", "x"]);
        cut_to("a1️⃣", &["a", "1\u{20e3}"]);
        cut_to("ok🏽日🏽 🏽", &["ok", "🏽", "日", "🏽", "🏽"]);
        cut_to("# * 1", &["1"]);
    }

    #[test]
    fn an_index_keeps_each_word_once_and_the_beginnings_of_runs() {
        let of = |text: &str| entries(text).into_iter().collect::<Vec<_>>();
        assert_eq!(of("to be, or not to be"), ["be", "not", "or", "to"]);
        assert_eq!(of("日本語文"), ["文", "日本語", "本語文", "語文"]);
        assert_eq!(of(&"ä".repeat(100)), ["a".repeat(64)]);
        assert_eq!(of(&"я".repeat(100)), ["я".repeat(32)]);
        assert_eq!(of("..."), [""; 0]);
    }
}
