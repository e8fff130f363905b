//! The ways in which the page of a list is looked for.

/// The way in which the rooms of a page are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// The first public rooms, for callers without rooms of their own to list.
    Public,
    /// The first public rooms, and those of the caller.
    Merged,
    /// Those of the first rooms that match: enough for a text that many rooms have.
    FirstMatches,
    /// All that match, by the index of text, where they are few.
    AllMatches,
    /// The first that match, among all rooms.
    NextMatches,
}

/// The step that follows where no room is on a page: rows also tell the total.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WithoutRows {
    /// The list is empty.
    Empty,
    /// The total is read by [`RoomList::count`](super::RoomList::count).
    Count,
    /// The page is looked for in the next way.
    Continue,
}
