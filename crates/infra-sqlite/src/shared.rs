//! Reads that concurrent callers share: each costs two changes of threads.

use std::sync::Arc;

use diesel::SqliteConnection;
use domain::membership::{Member, Role};
use domain::room::Revision;
use domain::{Page, PageRequest, RoomId, StoreError};
use store_common::room_lists::SHALLOW;
use store_common::rows::HeadRow;
use store_common::shared_reads::{SharedReads, each};
use store_common::statements;

use crate::members::read_members;
use crate::pool::Database;
use crate::query::one;
use crate::scans::Scan;

/// A page of the members of a room that is asked for.
type MembersAsked = (RoomId, Option<Role>, PageRequest);

/// The reads of one store.
#[derive(Clone)]
pub(crate) struct Shared {
    revisions: SharedReads<(), RoomId, Option<Revision>>,
    members: SharedReads<MembersAsked, (), Arc<Page<Member>>>,
}

impl Shared {
    pub(crate) fn start(database: &Arc<Database>) -> Self {
        let (of_revisions, of_members) = (database.clone(), database.clone());
        Self {
            revisions: SharedReads::new("revision", move |(), rooms: Vec<RoomId>| {
                let (database, asked) = (of_revisions.clone(), rooms.len());
                async move { each(asked, database.read(move |c| revisions(c, rooms)).await) }
            }),
            members: SharedReads::of_one_answer("members", move |(room, role, page): MembersAsked| {
                let database = of_members.clone();
                async move {
                    let read = move |c: &mut SqliteConnection| read_members(c, room, role, page);
                    if page.offset() < SHALLOW {
                        database.read(read).await
                    } else {
                        database.scan(Scan::List, read).await
                    }
                }
            }),
        }
    }

    /// Returns the revision of a room, `None` where there is no such room.
    pub(crate) async fn revision(&self, room: RoomId) -> Result<Option<Revision>, StoreError> {
        self.revisions.ask((), room).await
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

fn revisions(c: &mut SqliteConnection, rooms: Vec<RoomId>) -> Result<Vec<Option<Revision>>, StoreError> {
    let mut found = Vec::with_capacity(rooms.len());
    for room in rooms {
        found.push(one::<HeadRow>(c, statements::head(room))?.map(|head| head.revision()));
    }
    Ok(found)
}
