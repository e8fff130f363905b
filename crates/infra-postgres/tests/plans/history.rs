//! Windows into a room of half a million messages.

use domain::message::{Anchor, HistoryQuery, MessageKind, MessageReader, Position, Threads};
use domain::room::{RoomReader, Seq};
use domain::{MessageId, PageRequest, SortOrder, UserId};

use crate::{FEW, HANDFUL, Recorder, id, moment, room, user};

/// The longest that the API allows.
const LIMIT: u32 = 100;

pub(crate) async fn run(plans: &mut Recorder) {
    let store = plans.store.clone();
    let newest = store.room(room(1), None).await.unwrap().unwrap().room.log.last_seq.0;
    let seq = |n| Position::Seq(Seq(n));
    // Every other message is in the room.
    let time = |n: i64| Position::Time(moment(2 * n - 1));
    let anchors = [
        Anchor::Newest,
        Anchor::Before(seq(250_000)),
        Anchor::Before(seq(300)),
        Anchor::After(seq(0)),
        Anchor::After(seq(250_000)),
        Anchor::After(seq(499_990)),
        Anchor::Before(time(250_000)),
        Anchor::Before(time(300)),
        Anchor::Before(Position::Time(moment(9_000_000))),
        Anchor::After(Position::Time(moment(-9_000_000))),
        Anchor::After(time(250_000)),
        Anchor::After(time(499_990)),
        Anchor::After(Position::Time(moment(9_000_000))),
    ];
    for anchor in anchors {
        for (kind, sender) in filters() {
            let query = HistoryQuery {
                kind,
                sender,
                ..HistoryQuery::unfiltered(anchor, LIMIT, SortOrder::Descending)
            };
            let name =
                format!("window {anchor:?} kind {kind:?} sender {:?}", sender.map(|id| id.0.as_u128()));
            let window = plans.record(&name, FEW, store.window(room(1), query)).await;
            if (kind, sender) == (None, None) {
                let seqs = window.messages.first().zip(window.messages.last());
                let seqs = seqs.map(|(first, last)| (first.seq.0, last.seq.0));
                assert_eq!(seqs, expected(anchor, newest), "{name}");
            }
        }
        let query = HistoryQuery::unfiltered(anchor, LIMIT, SortOrder::Ascending);
        plans.record(format!("window {anchor:?} of a small room"), FEW, store.window(room(2), query)).await;
    }
    for threads in [Threads::Outside, Threads::Of(MessageId(id(1))), Threads::Of(MessageId(id(3)))] {
        for anchor in anchors.into_iter().chain([Anchor::Before(seq(220_001)), Anchor::After(seq(200_000))]) {
            let query =
                HistoryQuery { threads, ..HistoryQuery::unfiltered(anchor, LIMIT, SortOrder::Descending) };
            plans.record(format!("window {anchor:?} {threads:?}"), FEW, store.window(room(1), query)).await;
        }
    }
    for (root, living) in [(1, 19_800), (3, 1)] {
        let found = plans.record("a thread's first", FEW, store.message(room(1), MessageId(id(root)))).await;
        assert_eq!(found.unwrap().extras().replies.map(|replies| replies.count), Some(living));
    }
    let versions = store.versions(MessageId(id(97)), PageRequest { page: 1, limit: 20 });
    assert_eq!(plans.record("the versions of a message", FEW, versions).await.total, 2);
    let newest = plans.record("the newest, none held", FEW, store.newest(room(1), LIMIT, None)).await;
    let held = newest.map(|newest| newest.revision);
    let again = plans.record("the newest, still held", HANDFUL, store.newest(room(1), LIMIT, held)).await;
    assert_eq!(again, None);
    let found = plans.record("one message", FEW, store.message(room(1), MessageId(id(77_777)))).await;
    assert!(found.is_some());
}

/// Returns the first and last seq of a window, whose anchor is a seq or the time of one.
fn expected(anchor: Anchor, newest: i64) -> Option<(i64, i64)> {
    let seq_at = |position| match position {
        Position::Seq(seq) => seq.0,
        Position::Time(at) => (at.unix_micros() / 1_000_000 - 1_700_000_000 + 1) / 2,
    };
    let (first, last) = match anchor {
        Anchor::Newest => (newest - 99, newest),
        Anchor::Before(position) => {
            let last = (seq_at(position) - 1).min(newest);
            (last - 99, last)
        }
        Anchor::After(position) => {
            let first = (seq_at(position) + 1).max(1);
            (first, (first + 99).min(newest))
        }
    };
    (first <= last).then_some((first, last))
}

/// Common and rare ones (see `data.sql`), alone and together.
fn filters() -> Vec<(Option<MessageKind>, Option<UserId>)> {
    let kinds = [None, Some(MessageKind::Text), Some(MessageKind::Image), Some(MessageKind::File)];
    let senders = [None, Some(5), Some(60), Some(70), Some(80), Some(19_999)];
    let pairs = kinds.into_iter().flat_map(|kind| senders.map(|sender| (kind, sender.map(user))));
    pairs.collect()
}
