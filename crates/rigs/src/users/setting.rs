//! The accounts and rooms that are there before the users come.

use anyhow::Context;
use futures_util::stream::{self, TryStreamExt};
use parlor_client::{Client, NewRoom};

/// Users of a shared room.
const USERS_OF_A_HALL: usize = 25;
/// Accounts that play the friends of users.
const FRIENDS: usize = 10;
/// Rooms besides, so that lists have pages.
const OTHER_ROOMS: usize = 50;
/// Accounts that are made at a time: each takes a core for some hundredths of a second.
const AT_A_TIME: usize = 2;
pub(super) const PASSWORD: &str = "correct horse";

/// A shared room.
struct Hall {
    id: String,
    slug: String,
}

/// Another user, who takes part where a step says so.
struct Friend {
    id: String,
    name: String,
    token: String,
}

/// The setting of a run.
pub(super) struct Setting {
    prefix: String,
    halls: Vec<Hall>,
    friends: Vec<Friend>,
}

impl Setting {
    /// Prepares a server for so many users, every other of whom gets an account.
    pub(super) async fn prepare(server: &Client, users: usize) -> anyhow::Result<Self> {
        // Another run may have used the same server.
        let prefix = format!("u{}", std::process::id());
        let (mut halls, mut friends) = (vec![], vec![]);
        for n in 0..FRIENDS {
            let name = format!("{prefix}-friend-{n}");
            sign_up(server, &name).await?;
            let friend = server.sign_in(&name, PASSWORD).await?;
            let id = friend.me().await?.id.to_string();
            friends.push(Friend { id, name, token: friend.token().context("no token")? });
        }
        let host = server.with_token(&friends[0].token);
        for n in 0..users.div_ceil(USERS_OF_A_HALL) {
            let room = host.create_room(&NewRoom::public(format!("Hall {n} of {prefix}"))).await?;
            host.room(room.id).send("Welcome, everyone").await?;
            halls
                .push(Hall { id: room.id.to_string(), slug: room.slug.context("a public room has a slug")? });
        }
        for n in 0..OTHER_ROOMS {
            host.create_room(&NewRoom::public(format!("Room {n} of {prefix}"))).await?;
        }
        let setting = Self { prefix, halls, friends };
        let names = (0..users).filter(|n| has_account(*n)).map(|n| setting.name(n));
        stream::iter(names.map(Ok::<_, anyhow::Error>))
            .try_for_each_concurrent(AT_A_TIME, |name| async move { sign_up(server, &name).await })
            .await?;
        Ok(setting)
    }

    fn name(&self, user: usize) -> String {
        format!("{}-{user}", self.prefix)
    }

    /// Returns what a user knows from the start.
    pub(super) fn known(&self, user: usize) -> [(&'static str, String); 7] {
        let hall = &self.halls[user % self.halls.len()];
        let friend = &self.friends[user % self.friends.len()];
        [
            ("name", self.name(user)),
            ("password", PASSWORD.to_owned()),
            ("hall", hall.id.clone()),
            ("hallslug", hall.slug.clone()),
            ("friend", friend.id.clone()),
            ("friendname", friend.name.clone()),
            ("friendtoken", friend.token.clone()),
        ]
    }
}

/// Returns true where a user has an account before they come.
pub(super) fn has_account(user: usize) -> bool {
    user.is_multiple_of(2)
}

async fn sign_up(server: &Client, name: &str) -> anyhow::Result<()> {
    server.sign_up(name, &format!("{name}@example.com"), PASSWORD).await?;
    Ok(())
}
