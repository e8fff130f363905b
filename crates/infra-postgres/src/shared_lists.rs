//! Lists that concurrent callers share: the same page of public rooms, or of the members of a room.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use domain::membership::{Member, MyMembership, Role};
use domain::room::{RoomQuery, RoomView};
use domain::{Page, PageRequest, RoomId, StoreError, UserId};
use store_common::member_lists::{ListedMember, member_count, members};
use store_common::room_lists::{
    COMPLETE, Listed, Reach, RoomList, SharedListed, Step, callers_with_private_rooms, is_shared,
};
use store_common::rows::{CountRow, Row, count};
use store_common::shared_reads::{SharedReads, TIMEOUT, together};
use tokio::sync::SemaphorePermit;
use tokio::time::{Instant, timeout_at};

use crate::pool::{Connection, Database};
use crate::searches::Searches;
use crate::window::Names;

/// The means of reading lists.
#[derive(Clone)]
pub(crate) struct Lists {
    pub(crate) database: Arc<Database>,
    pub(crate) names: Names,
    pub(crate) searches: Arc<Searches>,
}

/// Reads lists, the same for all who ask for them at the same time.
#[derive(Clone)]
pub(crate) struct SharedLists {
    lists: Lists,
    rooms: SharedReads<RoomsAsked, Option<UserId>, View>,
    members: SharedReads<MembersAsked, (), Arc<Page<Member>>>,
}

/// A page of rooms that is asked for. Searches of users and those of strangers take different shares of the connections.
#[derive(Clone, PartialEq, Eq, Hash)]
struct RoomsAsked {
    query: RoomQuery,
    page: PageRequest,
    by_user: bool,
}

/// A page of the members of a room that is asked for.
type MembersAsked = (RoomId, Option<Role>, PageRequest);

impl SharedLists {
    pub(crate) fn start(lists: Lists) -> Self {
        let (of_rooms, of_members) = (lists.clone(), lists.clone());
        Self {
            lists,
            rooms: SharedReads::new("rooms", move |asked: RoomsAsked, callers: Vec<Option<UserId>>| {
                let lists = of_rooms.clone();
                // Boxed, since the wait for lists is large.
                async move { together(callers, |callers| Box::pin(lists.views(&asked, callers))).await }
            }),
            members: SharedReads::of_one_answer("members", move |(room, role, page): MembersAsked| {
                let lists = of_members.clone();
                async move { lists.members(room, role, page).await }
            }),
        }
    }

    /// Returns a page of rooms.
    pub(crate) async fn rooms(
        &self,
        query: RoomQuery,
        page: PageRequest,
        caller: Option<UserId>,
    ) -> Result<Page<RoomView>, StoreError> {
        let (shared, lists_private) = (is_shared(&query), query.visibility.is_none());
        let asked = RoomsAsked { query, page, by_user: caller.is_some() };
        if !shared {
            return Box::pin(self.lists.of_one(&asked, caller, false)).await;
        }
        let deadline = Instant::now() + TIMEOUT;
        match self.rooms.ask(asked.clone(), caller).await? {
            View::Alone(page) => Ok(page),
            View::Shared(page, place) if lists_private && page.owners.contains(&place) => {
                // Both reads together take no longer than one may.
                let own = timeout_at(deadline, Box::pin(self.lists.of_one(&asked, caller, true))).await;
                own.map_err(|_| StoreError::Unavailable("no answer from the list in time".into()))?
            }
            View::Shared(page, place) => Ok(page.seen_from(place)),
        }
    }

    /// Returns a page of the members of a room.
    pub(crate) async fn members(
        &self,
        room: RoomId,
        role: Option<Role>,
        page: PageRequest,
    ) -> Result<Page<Member>, StoreError> {
        self.members.answer((room, role, page)).await
    }
}

/// A page of rooms as one caller sees it.
enum View {
    /// The caller was alone.
    Alone(Page<RoomView>),
    /// The caller at that place shares the page.
    Shared(Arc<SharedPage>, usize),
}

/// A page of rooms as several callers see it.
struct SharedPage {
    /// The rooms without memberships.
    rooms: Vec<RoomView>,
    total: u64,
    /// The memberships of a caller, each with the place of its room.
    memberships: HashMap<usize, Vec<(usize, MyMembership)>>,
    /// The callers who have private rooms.
    owners: HashSet<usize>,
}

impl SharedPage {
    /// Returns the page as the caller at a place sees it.
    fn seen_from(&self, place: usize) -> Page<RoomView> {
        let mut items = self.rooms.clone();
        for (room, mine) in self.memberships.get(&place).into_iter().flatten() {
            if let Some(view) = items.get_mut(*room) {
                view.mine = Some(*mine);
            }
        }
        Page { items, total: self.total }
    }
}

/// Returns the index of a place that counts from 1.
fn index(place: i64) -> Result<usize, StoreError> {
    usize::try_from(place - 1).map_err(|error| StoreError::Corrupt(error.to_string()))
}

/// Returns the total of a page and what the page lacks: those of its first row, else counted where the list says so.
async fn found(
    connection: &mut Connection,
    list: &RoomList,
    reach: Reach,
    first: Option<(i64, i64)>,
) -> Result<Option<(i64, i64)>, StoreError> {
    if first.is_none() && list.must_count(reach) {
        return Ok(Some((connection.number(list.count(reach)).await?, COMPLETE)));
    }
    Ok(first)
}

impl Lists {
    /// Reads a page as each of these callers sees it.
    async fn views(&self, asked: &RoomsAsked, callers: Vec<Option<UserId>>) -> Result<Vec<View>, StoreError> {
        if let [caller] = callers[..] {
            return Ok(vec![View::Alone(self.of_one(asked, caller, false).await?)]);
        }
        let page = Arc::new(self.rooms(asked, &callers).await?);
        Ok((0..callers.len()).map(|place| View::Shared(page.clone(), place)).collect())
    }

    /// Reads a page for one caller, of whom it may be known that they have rooms of their own to list.
    async fn of_one(
        &self,
        asked: &RoomsAsked,
        caller: Option<UserId>,
        has_own: bool,
    ) -> Result<Page<RoomView>, StoreError> {
        let _turn = self.turn(asked).await?;
        let list = RoomList::new(&asked.query, asked.page, caller);
        let mut connection = self.database.connection().await?;
        let mut reach = if has_own { list.first_with_own() } else { list.first() };
        loop {
            let rows: Vec<Listed> = connection.typed_rows(list.page(reach)).await?;
            let first = rows.first().map(|&(_, total, lacks)| (total, lacks));
            let found = found(&mut connection, &list, reach, first).await?;
            match list.step(reach, found) {
                Step::Done(total) => {
                    let rooms = rows.into_iter().map(|(row, ..)| row.value());
                    let mut items: Vec<RoomView> = rooms.collect::<Result<_, _>>()?;
                    self.names.fill_creators(&mut connection, &mut items).await?;
                    return Ok(Page { items, total: count(total)? });
                }
                Step::Look(next) => reach = next,
            }
        }
    }

    /// Waits for the right to search, where the list is a search.
    async fn turn(&self, asked: &RoomsAsked) -> Result<Option<SemaphorePermit<'_>>, StoreError> {
        match asked.query.folded_search() {
            Some(_) => self.searches.turn(asked.by_user).await.map(Some),
            None => Ok(None),
        }
    }

    /// Reads a page for several callers.
    async fn rooms(&self, asked: &RoomsAsked, callers: &[Option<UserId>]) -> Result<SharedPage, StoreError> {
        let _turn = self.turn(asked).await?;
        let users: Vec<UserId> = callers.iter().flatten().copied().collect();
        let list = RoomList::new(&asked.query, asked.page, None);
        let mut connection = self.database.connection().await?;
        let mut reach = list.first();
        loop {
            let rows: Vec<SharedListed> = connection.typed_rows(list.shared_page(reach, &users)).await?;
            let first = rows.first().map(|&(_, total, lacks, ..)| (total, lacks));
            let found = found(&mut connection, &list, reach, first).await?;
            match list.step(reach, found) {
                Step::Done(total) => return self.shared_page(&mut connection, rows, total, &users).await,
                Step::Look(next) => reach = next,
            }
        }
    }

    async fn shared_page(
        &self,
        connection: &mut Connection,
        rows: Vec<SharedListed>,
        total: i64,
        users: &[UserId],
    ) -> Result<SharedPage, StoreError> {
        let owners = match rows.first() {
            Some((.., owners)) => owners.clone(),
            None if users.is_empty() => vec![],
            None => connection.all::<CountRow>(callers_with_private_rooms(users)).await?,
        };
        let owners = owners.into_iter().map(index).collect::<Result<_, _>>()?;
        let mut shared =
            SharedPage { rooms: vec![], total: count(total)?, memberships: HashMap::new(), owners };
        for (row, _, _, place, _) in rows {
            let mut view = row.value()?;
            let mine = view.mine.take();
            if shared.rooms.last().is_none_or(|last| last.room.id != view.room.id) {
                shared.rooms.push(view);
            }
            if let (Some(place), Some(mine)) = (place, mine) {
                let room = shared.rooms.len() - 1;
                shared.memberships.entry(index(place)?).or_default().push((room, mine));
            }
        }
        self.names.fill_creators(connection, &mut shared.rooms).await?;
        Ok(shared)
    }

    async fn members(
        &self,
        room: RoomId,
        role: Option<Role>,
        page: PageRequest,
    ) -> Result<Page<Member>, StoreError> {
        let mut connection = self.database.connection().await?;
        let rows: Vec<ListedMember> = connection.typed_rows(members(room, role, page)).await?;
        let total = match rows.first() {
            Some((_, total)) => *total,
            None if page.page <= 1 => 0,
            None => connection.number(member_count(room, role)).await?,
        };
        let mut items: Vec<Member> =
            rows.into_iter().map(|(row, _)| row.value()).collect::<Result<_, _>>()?;
        let known =
            self.names.of(&mut connection, items.iter().map(|member| member.user.id).collect()).await?;
        for member in &mut items {
            let user = known.get(&member.user.id);
            member
                .user
                .clone_from(user.ok_or_else(|| StoreError::Corrupt("a member without an account".into()))?);
        }
        Ok(Page { items, total: count(total)? })
    }
}
