//! Windows of history beside a message, which concurrent callers read by one query, whatever their rooms.

use std::cmp::Reverse;
use std::sync::Arc;

use domain::message::{Anchor, HistoryQuery, Position};
use domain::room::Seq;
use domain::{RoomId, StoreError};
use store_common::rows::WindowRow;
use store_common::shared_reads::{SharedReads, together};
use store_common::statements;

use crate::pool::Database;

/// Reads the rows of windows, those before a message apart from those after one.
#[derive(Clone)]
pub(crate) struct SharedWindows(SharedReads<Side, Asked, Vec<WindowRow>>);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Side {
    Before,
    After,
}

/// A window that is asked for: its room, the message that it lies beside, and the number of its messages.
type Asked = (RoomId, Seq, u32);

impl SharedWindows {
    pub(crate) fn start(database: Arc<Database>) -> Self {
        Self(SharedReads::new("window", move |side: Side, asked: Vec<Asked>| {
            let database = database.clone();
            async move { together(asked, |asked| read(&database, side, asked)).await }
        }))
    }

    /// Returns the rows of a window, nearest to the message first and one more than asked; `None` where the window is none
    /// beside a message, or leaves messages out.
    pub(crate) async fn rows(
        &self,
        room: RoomId,
        query: &HistoryQuery,
    ) -> Result<Option<Vec<WindowRow>>, StoreError> {
        let (side, seq) = match query.anchor {
            Anchor::Before(Position::Seq(seq)) if query.is_unfiltered() => (Side::Before, seq),
            Anchor::After(Position::Seq(seq)) if query.is_unfiltered() => (Side::After, seq),
            _ => return Ok(None),
        };
        self.0.ask(side, (room, seq, query.limit)).await.map(Some)
    }
}

async fn read(database: &Database, side: Side, asked: Vec<Asked>) -> Result<Vec<Vec<WindowRow>>, StoreError> {
    let statement = statements::windows(side == Side::Before, &asked);
    let rows: Vec<(i64, WindowRow)> = database.connection().await?.typed_rows(statement).await?;
    let mut windows: Vec<Vec<WindowRow>> = asked
        .iter()
        .map(|&(.., limit)| Vec::with_capacity(usize::try_from(limit).unwrap_or_default() + 1))
        .collect();
    for (place, row) in rows {
        let Some(window) = windows.get_mut(usize::try_from(place - 1).unwrap_or(usize::MAX)) else {
            return Err(StoreError::Corrupt(format!("no window {place}")));
        };
        window.push(row);
    }
    for window in &mut windows {
        match side {
            Side::Before => window.sort_unstable_by_key(|row| Reverse(row.seq())),
            Side::After => window.sort_unstable_by_key(WindowRow::seq),
        }
    }
    Ok(windows)
}
