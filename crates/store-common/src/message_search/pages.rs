//! Pages of the index: the words of a stretch of messages, in their order.
//!
//! A page is a text. For each word it has a line break, the word, a tab, and the places of the messages that have it; no word has
//! a control character. A place is the number of a message in its block, as two digits of 32.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::LazyLock;

use domain::room::Seq;
use domain::search::Key;

use super::{BLOCK, CHUNK};

/// The bytes after which a page ends. SQLite keeps a fourth of a page of its file beside the key; of longer texts more would be
/// read for each word.
const LENGTH: usize = 800;
const DIGITS: &[u8; 32] = b"0123456789abcdefghijklmnopqrstuv";
/// The places of all messages of a block, one after the other.
static PLACES: LazyLock<String> = LazyLock::new(|| {
    let digits = DIGITS.iter().flat_map(|first| DIGITS.iter().map(move |second| [*first, *second]));
    digits.flatten().map(char::from).collect()
});

/// A page of a stretch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// The words from this one on are on the page, up to the next page. The first page of a stretch is from the empty word on.
    pub from: String,
    /// The words, with the places of their messages.
    pub words: String,
}

/// A word, and the places of messages that have it.
pub(super) type Entry<'t> = (&'t str, Cow<'t, str>);

impl Page {
    /// Returns whether a key, which would be on this page, is.
    #[must_use]
    pub fn has(words: &str, key: &Key) -> bool {
        words.contains(&line(key))
    }
}

/// Returns the beginning of the line of a key.
fn line(key: &Key) -> String {
    let Key { beginning, text } = key;
    if *beginning { format!("\n{text}") } else { format!("\n{text}\t") }
}

/// Returns the place of a message in its block.
pub(super) fn place(seq: Seq) -> &'static str {
    let at = usize::try_from(seq.0 % BLOCK).unwrap_or_default() * 2;
    &PLACES[at..at + 2]
}

/// Returns the entries of a page.
pub(super) fn entries_of(words: &str) -> impl Iterator<Item = Entry<'_>> {
    let lines = words.split('\n').filter_map(|line| line.split_once('\t'));
    lines.map(|(word, places)| (word, Cow::Borrowed(places)))
}

/// Divides entries into pages, the first of which is from that word on.
pub(super) fn pages(mut entries: Vec<Entry<'_>>, from: &str) -> Vec<Page> {
    // Most are parts of which each is in order.
    entries.sort();
    let mut pages: Vec<Page> = vec![];
    for same in entries.chunk_by(|one, other| one.0 == other.0) {
        let word = same[0].0;
        let length = word.len() + 2 + same.iter().map(|(_, places)| places.len()).sum::<usize>();
        if pages.last().is_none_or(|last| last.words.len() + length > LENGTH) {
            let from = if pages.is_empty() { from } else { word };
            pages.push(Page { from: from.to_owned(), words: String::with_capacity(LENGTH.max(length)) });
        }
        if let Some(page) = pages.last_mut() {
            page.words.extend(["\n", word, "\t"]);
            page.words.extend(same.iter().map(|(_, places)| &**places));
        }
    }
    pages
}

/// Takes a message out of words, and adds it to others. Of the stretch, these pages are those of all these words. Returns the
/// pages that replace them.
#[must_use]
pub fn edited(
    mut former: Vec<Page>,
    seq: Seq,
    gone: &BTreeSet<String>,
    added: &BTreeSet<String>,
) -> Vec<Page> {
    former.sort_unstable_by(|one, other| one.from.cmp(&other.from));
    // A word before the first page there is.
    if added.first().is_some_and(|word| former.first().is_none_or(|page| *word < page.from)) {
        former.insert(0, Page { from: String::new(), words: String::new() });
    }
    let place = place(seq);
    let mut replaced = vec![];
    for (n, page) in former.iter().enumerate() {
        let end = former.get(n + 1).map(|next| &next.from);
        let is_here = |word: &&String| **word >= page.from && end.is_none_or(|end| *word < end);
        let kept = entries_of(&page.words).map(|(word, places)| {
            if gone.contains(word) || added.contains(word) {
                (word, Cow::Owned(without(&places, place)))
            } else {
                (word, places)
            }
        });
        let kept = kept.filter(|(_, places)| !places.is_empty());
        let new = added.iter().filter(is_here).map(|word| (&**word, Cow::Borrowed(place)));
        let entries: Vec<Entry<'_>> = kept.chain(new).collect();
        // A page is named by one of its words: the one that named it may be gone, and was perhaps to be forgotten.
        let first =
            if page.from.is_empty() { "" } else { entries.iter().map(|(word, _)| *word).min().unwrap_or("") };
        replaced.extend(pages(entries, first));
    }
    replaced
}

fn without(places: &str, place: &str) -> String {
    let others = places.as_bytes().chunks(2).filter(|other| *other != place.as_bytes());
    others.flatten().copied().map(char::from).collect()
}

/// Messages of a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Bits([u32; 32]);

impl Bits {
    pub(super) const ALL: Self = Self([u32::MAX; 32]);

    /// Returns the messages that have a key on pages.
    pub(super) fn of(key: &Key, pages: &str) -> Self {
        let start = line(key);
        let mut found = Self([0; 32]);
        for (at, start) in pages.match_indices(&start) {
            let rest = &pages[at + start.len()..];
            let line = rest.split('\n').next().unwrap_or_default();
            let places = line.split_once('\t').map_or(line, |(_, places)| places);
            for place in places.as_bytes().chunks_exact(2) {
                found.0[digit(place[0])] |= 1 << digit(place[1]);
            }
        }
        found
    }

    /// Returns the messages of those numbers.
    pub(super) fn of_seqs(seqs: &[i64]) -> Self {
        let mut found = Self([0; 32]);
        for seq in seqs {
            let place = usize::try_from(seq % BLOCK).unwrap_or_default();
            found.0[place / 32] |= 1 << (place % 32);
        }
        found
    }

    pub(super) fn and(mut self, other: Self) -> Self {
        self.0.iter_mut().zip(other.0).for_each(|(bits, other)| *bits &= other);
        self
    }

    /// Returns the numbers of the messages of a block, given its first, newest first.
    pub(super) fn seqs(self, first: i64) -> impl Iterator<Item = i64> {
        (0..BLOCK)
            .rev()
            .filter(move |place| {
                let [chunk, bit] =
                    [place / CHUNK, place % CHUNK].map(|n| usize::try_from(n).unwrap_or_default());
                (self.0[chunk] >> bit) & 1 == 1
            })
            .map(move |place| first + place)
    }
}

/// Returns the value of a digit.
fn digit(byte: u8) -> usize {
    usize::from(if byte <= b'9' { byte.wrapping_sub(b'0') } else { byte.wrapping_sub(b'a' - 10) }) % 32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(text: &str, beginning: bool) -> Key {
        Key { text: text.into(), beginning }
    }

    fn found(text: &str, beginning: bool, pages: &[Page]) -> Vec<i64> {
        let words: String = pages.iter().map(|page| page.words.as_str()).collect();
        Bits::of(&key(text, beginning), &words).seqs(0).collect()
    }

    fn written(said: &[(i64, &'static str)]) -> Vec<Page> {
        let entries = said.iter().map(|(seq, word)| (*word, Cow::Borrowed(place(Seq(*seq)))));
        pages(entries.collect(), "")
    }

    fn words(words: &[&str]) -> BTreeSet<String> {
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    #[test]
    fn a_page_has_the_places_of_each_word() {
        let pages = written(&[(1, "to"), (1, "be"), (2, "to"), (1_023, "to"), (1_024, "tomorrow")]);
        assert_eq!(pages, [Page { from: String::new(), words: "\nbe\t01\nto\t0102vv\ntomorrow\t00".into() }]);
        assert_eq!(found("to", false, &pages), [1_023, 2, 1]);
        assert_eq!(found("to", true, &pages), [1_023, 2, 1, 0]);
        assert_eq!(found("t", false, &pages), [0; 0]);
        assert_eq!(Bits::of_seqs(&[1_025, 2_047]).seqs(1_024).collect::<Vec<_>>(), [2_047, 1_025]);
        assert_eq!(Bits::ALL.seqs(0).count(), 1_024);
    }

    #[test]
    fn many_words_are_divided_into_pages_named_by_their_first_word() {
        let many: Vec<String> = (0..300).map(|n| format!("word{n:03}")).collect();
        let entries = |words: &'static str| many.iter().map(move |word| (&**word, Cow::Borrowed(words)));
        let divided = pages(entries("01").chain(entries("02")).collect(), "");
        assert_eq!(divided.len(), 5);
        assert_eq!((&*divided[0].from, &*divided[1].from), ("", "word061"));
        assert!(divided[1].words.starts_with("\nword061\t0102\nword062\t"));
        assert!(divided.iter().all(|page| page.words.len() <= LENGTH));
    }

    #[test]
    fn an_edit_takes_a_message_out_of_words_and_adds_it_to_others() {
        let former = written(&[(1, "the"), (2, "the"), (1, "red"), (1, "fox")]);
        let now = edited(former, Seq(1), &words(&["red"]), &words(&["blue", "the"]));
        assert_eq!(now, [Page { from: String::new(), words: "\nblue\t01\nfox\t01\nthe\t0102".into() }]);
        assert_eq!(edited(now, Seq(1), &words(&["blue", "fox", "the"]), &words(&[])).len(), 1);
        assert_eq!(edited(vec![], Seq(1), &words(&["a"]), &words(&["b"]))[0].words, "\nb\t01");
        assert!(edited(vec![], Seq(1), &words(&["a"]), &words(&[])).is_empty());
    }

    #[test]
    fn no_page_keeps_a_word_that_is_gone_as_its_name() {
        let page = |from: &str, words: &str| Page { from: from.into(), words: words.into() };
        let former = vec![page("secret", "\nsecret\t01\nword\t02"), page("zoo", "\nzoo\t01")];
        let now = edited(former, Seq(1), &words(&["secret", "zoo"]), &words(&["apple"]));
        assert_eq!(now, [page("", "\napple\t01"), page("word", "\nword\t02")]);
    }
}
