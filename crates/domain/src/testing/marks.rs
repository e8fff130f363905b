//! Fixtures of read marks.

use std::sync::Arc;

use mockall::predicate::eq;

use super::{publishing, room_id, user, user_id};
use crate::event::{EphemeralEvent, EphemeralKind, Event, MockEventBus, ReadMark};
use crate::message::{MarkMove, MockReadMarks, PublishedMarks};
use crate::room::Seq;

/// Expects a request to move user 1's mark in room 1 to `marked`, and that to be published; or neither.
pub(crate) fn marks(marked: Option<i64>) -> PublishedMarks {
    let (mut marks, mut events) = (MockReadMarks::new(), MockEventBus::new());
    if let Some(seq) = marked.map(Seq) {
        let forward = eq(MarkMove::Forward(seq));
        let moving = marks.expect_move_mark().with(eq(room_id(1)), eq(user_id(1)), forward).times(1);
        moving.returning(|_, _, by| Ok(Some(by.target())));
        let kind = EphemeralKind::Read(ReadMark { seq, by: None });
        events = publishing(Event::Ephemeral(EphemeralEvent { room: room_id(1), user: user(1), kind }));
    }
    PublishedMarks { marks: Arc::new(marks), events: Arc::new(events) }
}
