//! Lists that concurrent callers share: the same page of public rooms, or of the members of a room.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use domain::membership::{Member, MyMembership, Role};
use domain::room::{RoomQuery, RoomView};
use domain::{Page, PageRequest, RoomId, StoreError, UserId};
use store_common::member_lists::{ListedMember, member_count, members};
use store_common::room_lists::{
    COMPLETE, RoomList, SharedListed, Step, callers_with_private_rooms, is_shared,
};
use store_common::rows::{CountRow, Row, count};
use store_common::shared_reads::{SharedReads, each};

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
    rooms: SharedReads<RoomsAsked, Option<UserId>, Seat>,
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
        let of_members = lists.clone();
        Self {
            rooms: SharedReads::new("rooms", move |asked: RoomsAsked, callers: Vec<Option<UserId>>| {
                let lists = lists.clone();
                async move {
                    let read = lists.rooms(&asked, &callers).await.map(Arc::new);
                    let seats = |page: Arc<SharedPage>| {
                        (0..callers.len()).map(|place| Seat { page: page.clone(), place }).collect()
                    };
                    each(callers.len(), read.map(seats))
                }
            }),
            members: SharedReads::new("members", move |(room, role, page): MembersAsked, asked: Vec<()>| {
                let lists = of_members.clone();
                async move {
                    let read = lists.members(room, role, page).await.map(Arc::new);
                    each(asked.len(), read.map(|page| vec![page; asked.len()]))
                }
            }),
        }
    }

    /// Returns a page of rooms; `None` where the caller has rooms of their own to list, or the list is of the rooms that they
    /// joined.
    pub(crate) async fn rooms(
        &self,
        query: &RoomQuery,
        page: PageRequest,
        caller: Option<UserId>,
    ) -> Result<Option<Page<RoomView>>, StoreError> {
        if !is_shared(query) {
            return Ok(None);
        }
        let asked = RoomsAsked { query: query.clone(), page, by_user: caller.is_some() };
        Ok(self.rooms.ask(asked, caller).await?.view(query.visibility.is_none()))
    }

    /// Returns a page of the members of a room.
    pub(crate) async fn members(
        &self,
        room: RoomId,
        role: Option<Role>,
        page: PageRequest,
    ) -> Result<Page<Member>, StoreError> {
        self.members.ask((room, role, page), ()).await.map(Arc::unwrap_or_clone)
    }
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

/// One of the callers who share a page.
struct Seat {
    page: Arc<SharedPage>,
    place: usize,
}

impl Seat {
    /// Returns the page as the caller sees it; `None` where their private rooms belong to the list too.
    fn view(&self, lists_private: bool) -> Option<Page<RoomView>> {
        let Self { page, place } = self;
        if lists_private && page.owners.contains(place) {
            return None;
        }
        let mut items = page.rooms.clone();
        for (room, mine) in page.memberships.get(place).into_iter().flatten() {
            if let Some(view) = items.get_mut(*room) {
                view.mine = Some(*mine);
            }
        }
        Some(Page { items, total: page.total })
    }
}

/// Returns the index of a place that counts from 1.
fn index(place: i64) -> Result<usize, StoreError> {
    usize::try_from(place - 1).map_err(|error| StoreError::Corrupt(error.to_string()))
}

impl Lists {
    async fn rooms(&self, asked: &RoomsAsked, callers: &[Option<UserId>]) -> Result<SharedPage, StoreError> {
        let RoomsAsked { query, page, by_user } = asked;
        let _turn = match query.folded_search() {
            Some(_) => Some(self.searches.turn(*by_user).await?),
            None => None,
        };
        let users: Vec<UserId> = callers.iter().flatten().copied().collect();
        let list = RoomList::new(query, *page, None);
        let mut connection = self.database.connection().await?;
        let mut reach = list.first();
        loop {
            let rows: Vec<SharedListed> = connection.typed_rows(list.shared_page(reach, &users)).await?;
            let found = match rows.first() {
                Some((_, total, lacks, ..)) => Some((*total, *lacks)),
                None if list.must_count(reach) => {
                    Some((connection.number(list.count(reach)).await?, COMPLETE))
                }
                None => None,
            };
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
