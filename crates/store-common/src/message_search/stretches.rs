//! The stretches of messages whose words are together: chunks of 32, four of which become a span, and eight spans a block. So new
//! messages get their entries by few rows, and a search looks a word up in few places.
//!
//! The stretches of a room follow from the number of its messages that have entries: as many blocks as are complete, then as many
//! spans, then chunks. Chunks go on behind that number where the index lacks earlier messages.

use std::collections::{BTreeMap, BTreeSet};

use domain::RoomId;
use domain::room::Seq;

use super::pages::{Entry, Page, entries_of, pages, place};
use super::pending::LACKING;
use super::{BLOCK, CHUNK};

const CHUNK_BITS: u32 = CHUNK.trailing_zeros();
const SPAN_BITS: u32 = 7;
const BLOCK_BITS: u32 = BLOCK.trailing_zeros();

/// The stretches of a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stretches {
    /// The number of complete blocks, and of spans with those in blocks.
    blocks: i64,
    spans: i64,
}

/// Messages in a row whose words are together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stretch {
    /// The number of the first.
    pub start: i64,
    /// Their number.
    pub size: i64,
}

impl Stretches {
    /// Returns the stretches of a room whose messages up to one have entries.
    #[must_use]
    pub fn up_to(indexed: Seq) -> Self {
        let end = indexed.0 + 1;
        Self { blocks: end >> BLOCK_BITS, spans: end >> SPAN_BITS }
    }

    /// Only chunks.
    const CHUNKS: Self = Self { blocks: 0, spans: 0 };

    /// Returns the stretch of a message.
    #[must_use]
    pub fn of(self, seq: Seq) -> Stretch {
        let bits = if seq.0 >> BLOCK_BITS < self.blocks {
            BLOCK_BITS
        } else if seq.0 >> SPAN_BITS < self.spans {
            SPAN_BITS
        } else {
            CHUNK_BITS
        };
        Stretch { start: seq.0 >> bits << bits, size: 1 << bits }
    }

    /// Returns the stretches of a room to search for messages up to `top`, from the last to the first. Its messages up to `indexed`
    /// have entries, or to the `last` where the index lacks earlier ones.
    pub fn searched(indexed: Seq, last: Seq, top: Seq) -> impl Iterator<Item = Stretch> {
        let end = if last.0 - indexed.0 >= LACKING { last } else { indexed };
        Self::up_to(indexed).down_from(end.min(top))
    }

    /// Returns the stretches from that of a message to the first of the room.
    fn down_from(self, seq: Seq) -> impl Iterator<Item = Stretch> {
        std::iter::successors((seq.0 > 0).then(|| self.of(seq)), move |stretch| {
            (stretch.start > 0).then(|| self.of(Seq(stretch.start - 1)))
        })
    }
}

/// Selects, of rooms `u` with their `words_seq`, `last_seq` and `top`, the number `n` of the last stretch to search, and what
/// [`stretch`] needs.
#[must_use]
pub fn numbered(rooms: &str) -> String {
    let last =
        format!("CASE WHEN u.last_seq - u.words_seq >= {LACKING} THEN u.last_seq ELSE u.words_seq END");
    format!(
        "SELECT t.room_id, t.top, t.blocks, t.spans,
            CASE WHEN t.last >> {BLOCK_BITS} < t.blocks THEN t.last >> {BLOCK_BITS}
                WHEN t.last >> {SPAN_BITS} < t.spans THEN (t.last >> {SPAN_BITS}) - t.blocks * 7
                ELSE (t.last >> {CHUNK_BITS}) - t.spans * 3 - t.blocks * 7 END AS n
         FROM (SELECT u.room_id, u.top, (u.words_seq + 1) >> {BLOCK_BITS} AS blocks,
            (u.words_seq + 1) >> {SPAN_BITS} AS spans, least(u.top, {last}) AS last FROM ({rooms}) AS u) AS t
         WHERE t.last > 0"
    )
}

/// Returns the terms of the first message and of the size of stretch `g.n` of the room `m`.
#[must_use]
pub fn stretch() -> [String; 2] {
    let each = |block: &str, span: &str, chunk: &str| {
        format!(
            "CASE WHEN g.n < m.blocks THEN {block} WHEN g.n < m.spans - m.blocks * 7 THEN {span} ELSE {chunk} END"
        )
    };
    let start = each(
        &format!("g.n << {BLOCK_BITS}"),
        &format!("(g.n + m.blocks * 7) << {SPAN_BITS}"),
        &format!("(g.n + m.blocks * 7 + m.spans * 3) << {CHUNK_BITS}"),
    );
    [start, each(&BLOCK.to_string(), &(1 << SPAN_BITS).to_string(), &CHUNK.to_string())]
}

/// The work of adding the entries of messages: the pages of some stretches are written, instead of all that are there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rewrite {
    /// The room.
    pub room: RoomId,
    /// The first message of the first stretch. What was in smaller ones up to `from` is in its pages.
    pub start: Seq,
    /// The first message whose text is read: that of a chunk.
    pub from: Seq,
    /// The last message whose text is read.
    pub last: Seq,
    /// The last message of which former pages are removed.
    pub until: Seq,
    stretches: Stretches,
    replaces: bool,
}

impl Rewrite {
    /// Adds the entries of the messages after one, up to another, of a room that has those up to the first.
    #[must_use]
    pub fn new(room: RoomId, after: Seq, last: Seq) -> Self {
        let from = first_of_chunk(Seq(after.0 + 1));
        let stretches = Stretches::up_to(last);
        let start = Seq(stretches.of(from).start);
        // Later ones of the last chunk may be there already.
        let last = Seq(first_of_chunk(last).0 + CHUNK - 1);
        let is_next = from.0 == after.0 + 1 && start == from && last.0 - after.0 < LACKING / 2;
        Self { room, start, from, last, until: last, stretches, replaces: !is_next }
    }

    /// Adds the entries of the pending messages after one, up to another. Those behind stay pending: where the index lacked more, it
    /// may have pages of them, in a chunk that is not complete.
    #[must_use]
    pub fn of_pending(room: RoomId, after: Seq, last: Seq) -> Self {
        Self { until: Seq(i64::MAX), ..Self::new(room, after, last) }
    }

    /// Adds the entries of messages after one that lacks them, as do some before it.
    #[must_use]
    pub fn of_chunks(room: RoomId, after: Seq) -> Self {
        let from = first_of_chunk(Seq(after.0 + 1));
        let last = Seq(i64::MAX);
        Self { room, start: from, from, last, until: last, stretches: Stretches::CHUNKS, replaces: true }
    }

    /// Returns whether smaller stretches become part of a larger one.
    #[must_use]
    pub fn merges(&self) -> bool {
        self.start < self.from
    }

    /// Returns whether there may be pages already.
    #[must_use]
    pub fn replaces(&self) -> bool {
        self.replaces
    }

    /// Returns the pages with the first message of their stretch, given the former pages from `start` to `from` and the entries of
    /// the texts.
    #[must_use]
    pub fn pages(&self, former: &[String], texts: &[(Seq, BTreeSet<String>)]) -> Vec<(i64, Page)> {
        let mut stretches: BTreeMap<i64, Vec<Entry<'_>>> = BTreeMap::new();
        if !former.is_empty() {
            stretches.insert(self.start.0, former.iter().flat_map(|words| entries_of(words)).collect());
        }
        for (seq, words) in texts {
            let entries = stretches.entry(self.stretches.of(*seq).start).or_default();
            entries.extend(words.iter().map(|word| (&**word, place(*seq).into())));
        }
        let written = stretches.into_iter().map(|(start, entries)| (start, pages(entries, "")));
        written.flat_map(|(start, pages)| pages.into_iter().map(move |page| (start, page))).collect()
    }
}

/// Returns up to which message a step of a reindex adds entries: so many, or all where fewer are left than the index may lack.
/// Those would be pending at once, for a search that has read the pending ones already, and have chunks that a batch expects of none.
#[must_use]
pub fn end_of_step(indexed: Seq, last: Seq, batch: u32) -> Seq {
    let end = Seq(indexed.0.saturating_add(batch.into()));
    if last.0 - end.0 < LACKING { last } else { end }
}

fn first_of_chunk(seq: Seq) -> Seq {
    Seq(seq.0 >> CHUNK_BITS << CHUNK_BITS)
}

#[cfg(test)]
mod tests {
    use domain::search::entries;
    use uuid::Uuid;

    use super::*;

    const ROOM: RoomId = RoomId(Uuid::nil());

    fn down(indexed: i64, from: i64) -> Vec<(i64, i64)> {
        let stretches = Stretches::up_to(Seq(indexed)).down_from(Seq(from));
        stretches.map(|Stretch { start, size }| (start, size)).collect()
    }

    #[test]
    fn a_room_has_blocks_then_spans_then_chunks() {
        assert!(down(0, 0).is_empty());
        assert_eq!(down(40, 40), [(32, 32), (0, 32)]);
        assert_eq!(down(127, 127), [(0, 128)]);
        let all = [(1_344, 32), (1_312, 32), (1_280, 32), (1_152, 128), (1_024, 128), (0, 1_024)];
        assert_eq!(down(1_350, 1_350), all);
        assert_eq!(down(1_350, 1_279), all[3..]);
        assert_eq!(down(1_350, 7), all[5..]);
        assert_eq!(down(127, 200), [(192, 32), (160, 32), (128, 32), (0, 128)], "chunks go on");
    }

    #[test]
    fn a_chunk_is_written_with_its_last_message() {
        let first = Rewrite::new(ROOM, Seq(0), Seq(31));
        assert_eq!((first.start, first.from, first.last), (Seq(0), Seq(0), Seq(31)));
        let next = Rewrite::new(ROOM, Seq(31), Seq(63));
        assert_eq!((next.start, next.from, next.last), (Seq(32), Seq(32), Seq(63)));
        assert!(!next.merges() && !next.replaces());
        let begun = Rewrite::new(ROOM, Seq(40), Seq(70));
        assert_eq!((begun.start, begun.from, begun.last), (Seq(32), Seq(32), Seq(95)));
        assert!(!begun.merges() && begun.replaces());
    }

    #[test]
    fn a_complete_chunk_removes_what_there_is_of_messages_that_stay_pending() {
        let first = Rewrite::of_pending(ROOM, Seq(0), Seq(607));
        assert_eq!((first.start, first.last, first.until), (Seq(0), Seq(607), Seq(i64::MAX)));
        assert!(first.replaces());
        assert_eq!(Rewrite::new(ROOM, Seq(0), Seq(607)).until, Seq(607), "a reindex may leave more");
    }

    #[test]
    fn complete_spans_and_blocks_replace_their_parts() {
        let span = Rewrite::new(ROOM, Seq(1_119), Seq(1_151));
        assert_eq!((span.start, span.from, span.last), (Seq(1_024), Seq(1_120), Seq(1_151)));
        let block = Rewrite::new(ROOM, Seq(2_015), Seq(2_047));
        assert_eq!((block.start, block.from, block.last), (Seq(1_024), Seq(2_016), Seq(2_047)));
        assert!(span.merges() && span.replaces() && block.merges() && block.replaces());
    }

    #[test]
    fn a_step_of_a_reindex_leaves_no_message_pending() {
        for (last, end) in [(1_523, 1_523), (1_524, 500), (2_000, 500), (20, 20)] {
            assert_eq!(end_of_step(Seq(0), Seq(last), 500), Seq(end), "{last}");
        }
    }

    #[test]
    fn the_pages_have_what_was_there_and_the_entries_of_the_texts() {
        let said = |seq, text| (Seq(seq), entries(text));
        let rewrite = Rewrite::new(ROOM, Seq(95), Seq(130));
        let pages = rewrite.pages(
            &["\nred\t01".into(), "\nred\t10\nsun\t11".into()],
            &[said(96, "red fox"), said(128, "fox")],
        );
        let pages: Vec<(i64, &str)> = pages.iter().map(|(start, page)| (*start, &*page.words)).collect();
        assert_eq!(pages, [(0, "\nfox\t30\nred\t011030\nsun\t11"), (128, "\nfox\t40")]);
        let chunks = Rewrite::of_chunks(ROOM, Seq(1_500)).pages(&[], &[said(1_500, "a"), said(1_504, "b")]);
        assert_eq!(chunks.iter().map(|(start, _)| *start).collect::<Vec<_>>(), [1_472, 1_504]);
    }
}
