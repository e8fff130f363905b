//! `/admin/api`: administration of the server, for its admins. A surface of its own beside the canonical API, with its own
//! description; the page at `/admin` is its client. Errors and conventions are those of the canonical API.

mod accounts;
mod first;
mod server;
mod sessions;
mod views;

use domain::limit::LimitSet;

use crate::http::UnknownFields;
use crate::routing::{Endpoint, Routes, Tag};

const ACCOUNTS: Tag = Tag { name: "accounts", about: "Accounts, their rights, passwords and sessions." };
const SERVER: Tag = Tag { name: "server", about: "Files, and the state of the server." };
const FIRST: Tag = Tag { name: "first admin", about: "The link that makes the first server admin." };

/// The path of the OpenAPI description.
pub(crate) const DOCUMENT: &str = "/admin/openapi.json";

/// Every endpoint of administration.
#[must_use]
pub fn endpoints() -> Vec<Endpoint> {
    let mut all = vec![];
    all.extend(accounts::endpoints());
    all.extend(sessions::endpoints());
    all.extend(server::endpoints());
    all.extend(first::endpoints());
    all
}

/// Adds the endpoints. They count for the limits of the canonical API.
pub(crate) fn mount(routes: &mut Routes) {
    routes.mount(endpoints(), LimitSet::API, UnknownFields::Rejected);
}

/// Returns whether a path is one of this surface, known or not.
pub(crate) fn has(path: &str) -> bool {
    path.strip_prefix("/admin/api").is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_surface_has_the_paths_below_its_base() {
        for (path, inside) in [
            ("/admin/api", true),
            ("/admin/api/", true),
            ("/admin/api/users", true),
            ("/admin/apis", false),
            ("/admin", false),
            ("/api/admin/api", false),
        ] {
            assert_eq!(has(path), inside, "{path}");
        }
    }
}
