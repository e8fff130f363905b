//! The canonical REST API: its route table, which each noun's file declares beside its handlers.

mod anchor;
mod annotations;
mod audit;
pub(crate) mod auth;
mod changes;
mod directs;
pub(crate) mod download;
pub(crate) mod files;
mod history;
mod invitations;
mod members;
mod mentions;
mod messages;
mod newest;
mod people;
mod pins;
mod reactions;
mod read_marks;
mod rooms;
mod search;
mod send;
mod sync;
pub(crate) mod upload;
mod users;

use domain::account::Directory;
use domain::limit::LimitSet;

use crate::http::UnknownFields;
use crate::routing::{Endpoint, Routes, Tag};
use crate::sse::{self, EVENTS};

const ACCOUNTS: Tag =
    Tag { name: "accounts", about: "Signing up, logging in, the user's own account, finding people." };
const ROOMS: Tag = Tag { name: "rooms", about: "Rooms, public and private." };
const MEMBERS: Tag = Tag { name: "members", about: "Joining, leaving, roles." };
const INVITATIONS: Tag = Tag { name: "invitations", about: "Invitations to rooms." };
const MESSAGES: Tag = Tag { name: "messages", about: "Sending and reading messages." };
const FILES: Tag = Tag { name: "files", about: "Uploading and downloading files." };

/// Every endpoint of the canonical API.
#[must_use]
pub fn endpoints() -> Vec<Endpoint> {
    let mut all = vec![];
    all.extend(auth::endpoints());
    all.extend(users::endpoints());
    all.extend(people::endpoints());
    all.extend(rooms::endpoints());
    all.extend(directs::endpoints());
    all.extend(members::endpoints());
    all.extend(invitations::endpoints());
    all.extend(audit::endpoints());
    all.extend(history::endpoints());
    all.extend(messages::endpoints());
    all.extend(read_marks::endpoints());
    all.extend(reactions::endpoints());
    all.extend(pins::endpoints());
    all.extend(mentions::endpoints());
    all.extend(search::endpoints());
    all.extend(changes::endpoints());
    all.extend(sync::endpoints());
    all.extend(sse::endpoints());
    all.extend(files::endpoints());
    all
}

/// Adds every endpoint of the canonical API, without those of the directory where it is off.
pub(crate) fn mount(routes: &mut Routes, directory: Directory) {
    let mut served = endpoints();
    if directory == Directory::Off {
        let hidden = people::endpoints().map(|endpoint| endpoint.path);
        served.retain(|endpoint| !hidden.contains(&endpoint.path));
    }
    routes.mount(served, LimitSet::API, UnknownFields::Rejected);
}
