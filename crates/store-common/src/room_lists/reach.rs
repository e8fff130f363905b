//! The ways in which the page of a list is looked for, and their order.

use domain::room::RoomSort;

use super::patterns::GRAM;
use super::{RoomList, SHALLOW, SORTED, WALKED};

/// The way in which the rooms of a page are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// The first public rooms, for callers without rooms of their own to list.
    Public,
    /// The first public rooms, and those of the caller.
    Merged,
    /// Those of the first rooms that match: enough for a text that many rooms have.
    FirstMatches,
    /// Those of more of the first rooms.
    MoreMatches,
    /// All that match, by the index of text, where they are few.
    AllMatches,
    /// The first that match, among all rooms.
    NextMatches,
}

/// The step that follows a way in which the page was looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// The page is complete, and this is the total.
    Done(i64),
    /// The page is looked for in another way.
    Look(Reach),
}

/// The value of a page's column `lacks` where the page is complete.
pub const COMPLETE: i64 = 0;
/// Matches, of which there may be [few](SORTED) in all.
pub(super) const FEW: i64 = 1;
/// Matches, of which there seem to be many.
pub(super) const MANY: i64 = 2;

impl RoomList {
    /// Returns the way in which the page is looked for first.
    #[must_use]
    pub fn first(&self) -> Reach {
        // Activity is in a table of its own.
        let ordered = self.public.is_some() && self.sort != RoomSort::LastMessageAt;
        match (&self.search, ordered) {
            (None, true) if self.end() < SHALLOW => Reach::Public,
            (None, _) => Reach::Merged,
            (Some(_), true) => Reach::FirstMatches,
            (Some(_), false) => self.indexed(),
        }
    }

    /// Returns the way in which the page is looked for first for a caller who has rooms of their own to list.
    #[must_use]
    pub fn first_with_own(&self) -> Reach {
        match self.first() {
            Reach::Public if self.mine.is_some() => Reach::Merged,
            first => first,
        }
    }

    /// Returns whether that way reads few rooms, however many there are.
    #[must_use]
    pub fn is_bounded(&self, reach: Reach) -> bool {
        matches!(reach, Reach::Public | Reach::Merged | Reach::FirstMatches) && self.end() < SHALLOW
    }

    /// Returns whether [`RoomList::count`] has to tell the total where no room is on a page that was looked for in that way: rows
    /// also tell it.
    #[must_use]
    pub fn must_count(&self, reach: Reach) -> bool {
        self.page.page > 1 && self.instead(reach).is_none()
    }

    /// Returns the step that follows a page which was looked for in that way. `found` holds the columns `total` and `lacks` of its
    /// first row; `None` where it has no rows.
    #[must_use]
    pub fn step(&self, reach: Reach, found: Option<(i64, i64)>) -> Step {
        let Some((total, lacks)) = found else {
            return self.instead(reach).map_or(Step::Done(0), Step::Look);
        };
        match reach {
            Reach::AllMatches if total > SORTED => Step::Look(Reach::NextMatches),
            Reach::FirstMatches if lacks == MANY && self.may_look_further() => Step::Look(Reach::MoreMatches),
            _ if lacks == COMPLETE => Step::Done(total),
            _ => self.instead(reach).map_or(Step::Done(total), Step::Look),
        }
    }

    /// Returns the way that follows where a page lacks rooms.
    fn instead(&self, reach: Reach) -> Option<Reach> {
        match reach {
            Reach::Public => self.mine.map(|_| Reach::Merged),
            Reach::FirstMatches | Reach::MoreMatches => Some(self.indexed()),
            Reach::Merged | Reach::AllMatches | Reach::NextMatches => None,
        }
    }

    /// Returns whether more of the first rooms may be looked through, before an index.
    fn may_look_further(&self) -> bool {
        self.indexed() == Reach::AllMatches && self.walked(Reach::FirstMatches) < WALKED
    }

    /// Returns the way in which matches are found without looking through the first rooms: by the index of text, where it has the
    /// text.
    fn indexed(&self) -> Reach {
        let long = self.search.as_ref().is_some_and(|search| search.chars().count() >= GRAM);
        if long && self.public.is_some() { Reach::AllMatches } else { Reach::NextMatches }
    }
}

#[cfg(test)]
mod tests {
    use domain::PageRequest;
    use domain::room::{RoomQuery, Search};

    use super::*;

    fn search(text: &str) -> RoomList {
        let query = RoomQuery { search: Some(Search::parse(text).unwrap()), ..RoomQuery::default() };
        RoomList::new(&query, PageRequest { page: 1, limit: 20 }, None)
    }

    #[test]
    fn a_search_goes_on_where_its_matches_seem_to_be() {
        let list = search("general");
        assert_eq!(list.first(), Reach::FirstMatches);
        for (found, wanted) in [
            (Some((21, COMPLETE)), Step::Done(21)),
            (Some((9, MANY)), Step::Look(Reach::MoreMatches)),
            (Some((9, FEW)), Step::Look(Reach::AllMatches)),
            (None, Step::Look(Reach::AllMatches)),
        ] {
            assert_eq!(list.step(Reach::FirstMatches, found), wanted, "{found:?}");
        }
        assert_eq!(list.step(Reach::MoreMatches, Some((9, MANY))), Step::Look(Reach::AllMatches));
        assert_eq!(list.step(Reach::AllMatches, Some((SORTED, COMPLETE))), Step::Done(SORTED));
        assert_eq!(
            list.step(Reach::AllMatches, Some((SORTED + 1, COMPLETE))),
            Step::Look(Reach::NextMatches)
        );
        assert_eq!(list.step(Reach::NextMatches, None), Step::Done(0));
    }

    #[test]
    fn a_text_without_an_index_is_looked_for_in_all_rooms_once_the_first_lack_it() {
        let list = search("ab");
        for found in [None, Some((9, MANY)), Some((9, FEW))] {
            assert_eq!(list.step(Reach::FirstMatches, found), Step::Look(Reach::NextMatches), "{found:?}");
        }
    }
}
