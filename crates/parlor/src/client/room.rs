//! Rooms that the user names, by id or by name.

use futures_util::TryStreamExt;
use parlor_client::{Room, RoomId};

use super::account::Account;
use super::failure::Failure;

/// Finds the room of that id, or exactly that name, among those that the user may see.
pub(super) async fn find(account: &Account, named: &str) -> Result<Room, Failure> {
    let client = &account.client;
    if let Ok(id) = named.parse::<RoomId>() {
        return client.room(id).get().await.map_err(|error| failure(account, error, named));
    }
    let mut found = vec![];
    let mut rooms = client.rooms().search(named).limit(100).items();
    while let Some(room) = rooms.try_next().await.map_err(|error| failure(account, error, named))? {
        if room.name == named {
            found.push(room);
        }
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

/// Finds a room, and makes the user a member if they are not yet and want to be.
pub(super) async fn enter(account: &Account, named: &str, join: bool) -> Result<Room, Failure> {
    let room = find(account, named).await?;
    if join && room.membership.is_none() {
        account.client.room(room.id).join().await.map_err(|error| failure(account, error, named))?;
    }
    Ok(room)
}

/// Reads the failure of a call about a room.
pub(super) fn failure(account: &Account, error: parlor_client::Error, room: &str) -> Failure {
    Failure::about_room(error, room, account.client.base_url())
}
