//! Rooms that the user names, by id or by name.

use std::future::ready;

use futures_util::TryStreamExt;
use parlor_client::{Error, Room, RoomId};

use super::account::Account;
use super::failure::Failure;

/// Finds the room of that id, or exactly that name, among those that the user may see or is invited to.
pub(super) async fn find(account: &Account, named: &str) -> Result<Room, Failure> {
    if named.trim().is_empty() {
        return Err(Failure::Usage(
            "the name of the room is empty; give its id, or its exact name".to_owned(),
        ));
    }
    let failed = |error| failure(account, error, named);
    if let Ok(id) = named.parse::<RoomId>() {
        let room = account.client.room(id);
        return account.retrying(|| room.get()).await.map_err(failed);
    }
    let exact = async || {
        let rooms = account.client.rooms().search(named).limit(100).items();
        rooms.try_filter(|room| ready(room.name == named)).try_collect::<Vec<_>>().await
    };
    let mut found = account.retrying(exact).await.map_err(failed)?;
    if found.is_empty() {
        found = account.retrying(|| invited(account, named)).await.map_err(failed)?;
    }
    match found.len() {
        0 => Err(Failure::no_room(named)),
        1 => Ok(found.swap_remove(0)),
        _ => {
            let ids: Vec<_> = found.iter().map(|room| format!("\n  {}", room.id)).collect();
            Err(Failure::Room(format!(
                "several rooms are called {named}; name one by its id:{}",
                ids.concat()
            )))
        }
    }
}

/// Returns the private rooms of exactly that name to which the user is invited: lists of rooms have only those that they are in.
async fn invited(account: &Account, named: &str) -> Result<Vec<Room>, Error> {
    let mut rooms = vec![];
    let mut invitations = account.client.invitations().limit(100).items();
    while let Some(invitation) = invitations.try_next().await? {
        if invitation.room_name == named {
            rooms.push(account.client.room(invitation.room_id).get().await?);
        }
    }
    Ok(rooms)
}

/// Finds a room, and makes the user a member if they are not yet and want to be.
pub(super) async fn enter(account: &Account, named: &str, join: bool) -> Result<Room, Failure> {
    let room = find(account, named).await?;
    if join && room.membership.is_none() {
        let entered = account.client.room(room.id);
        account.retrying(|| entered.join()).await.map_err(|error| failure(account, error, named))?;
    }
    Ok(room)
}

/// Reads the failure of a call about a room.
pub(super) fn failure(account: &Account, error: Error, room: &str) -> Failure {
    Failure::about_room(error, room, account.client.base_url())
}
