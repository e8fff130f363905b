//! Edits of messages in the index.

use std::collections::BTreeSet;

use domain::room::Seq;
use domain::search::entries;

use super::changed_entries;
use super::pages::{Page, edited};
use super::pending::LACKING;
use super::stretches::Stretches;

/// A change of a message's entries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryEdit {
    /// The first message of the stretch.
    pub start: i64,
    seq: Seq,
    gone: BTreeSet<String>,
    added: BTreeSet<String>,
    pending: bool,
}

impl EntryEdit {
    /// Replaces the entries of a message's former text by those of another. Its room has entries up to a message, and a last one.
    #[must_use]
    pub fn new(seq: Seq, (up_to, last): (Seq, Seq), former: &str, text: &str) -> Self {
        let (gone, mut added) = changed_entries(former, text);
        let (lacks, lacking) = (seq > up_to, last.0 - up_to.0 >= LACKING / 2);
        if lacks && lacking {
            // It may have none yet, and is not pending.
            added = entries(text);
        }
        Self { start: Stretches::up_to(up_to).of(seq).start, seq, gone, added, pending: lacks && !lacking }
    }

    /// Returns the words that change.
    #[must_use]
    pub fn words(&self) -> Vec<String> {
        self.gone.union(&self.added).cloned().collect()
    }

    /// Returns the pages that replace those of the words.
    #[must_use]
    pub fn pages(&self, former: Vec<(String, String)>) -> Vec<Page> {
        // The last chunk has pages only after a reindex.
        if self.pending && former.is_empty() {
            return vec![];
        }
        let former = former.into_iter().map(|(from, words)| Page { from, words }).collect();
        edited(former, self.seq, &self.gone, &self.added)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edit(seq: i64, up_to: i64, last: i64) -> EntryEdit {
        EntryEdit::new(Seq(seq), (Seq(up_to), Seq(last)), "red fox", "blue fox")
    }

    #[test]
    fn an_edit_changes_the_words_that_differ() {
        let edit = edit(1, 200, 210);
        assert_eq!((edit.start, edit.words()), (0, vec!["blue".to_owned(), "red".to_owned()]));
        let former = (String::new(), "\nfox\t01\nred\t01".to_owned());
        assert_eq!(edit.pages(vec![former])[0].words, "\nblue\t01\nfox\t01");
    }

    #[test]
    fn a_pending_message_gets_no_entries() {
        let pending = edit(205, 200, 210);
        assert_eq!((pending.start, pending.pages(vec![])), (192, vec![]));
        let reindexed = (String::new(), "\nred\t6d".to_owned());
        assert_eq!(pending.pages(vec![reindexed])[0].words, "\nblue\t6d");
    }

    #[test]
    fn where_the_index_lacks_a_message_all_its_words_are_added() {
        let lacking = edit(1_500, 200, 3_000);
        assert_eq!(lacking.pages(vec![])[0].words, "\nblue\tes\nfox\tes");
    }
}
