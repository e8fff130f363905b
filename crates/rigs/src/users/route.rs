//! The routes of a server, and the route that a path belongs to.

use std::fmt;

use serde::Deserialize;

/// A route, as `parlor routes --json` lists it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Route {
    method: String,
    /// The path, with `{names}` for the parts that vary.
    path: String,
}

impl Route {
    /// Makes a route from its method and its path.
    #[must_use]
    pub fn new(method: impl Into<String>, path: impl Into<String>) -> Self {
        Self { method: method.into(), path: path.into() }
    }

    /// Returns true where the route answers that path, which may have a query.
    fn answers(&self, method: &str, path: &str) -> bool {
        if self.method != method {
            return false;
        }
        let path = path.split('?').next().unwrap_or_default();
        if let Some((start, _)) = self.path.split_once("{file:.*}") {
            return path.starts_with(start);
        }
        let (mut own, mut other) = (self.path.split('/'), path.split('/'));
        loop {
            match (own.next(), other.next()) {
                (None, None) => return true,
                (Some(part), Some(given)) if part == given || (varies(part) && !given.is_empty()) => {}
                _ => return false,
            }
        }
    }

    /// Returns the path of a GET with what a member of the hall knows for the parts that vary: the hall, one of its messages,
    /// a friend. `None` for other methods, and where another part varies.
    pub(super) fn read_by_a_member(&self) -> Option<String> {
        let in_room = self.path.starts_with("/api/rooms/");
        let parts = self.path.split('/').map(|part| match part {
            "{id}" if in_room => Some("<hall>"),
            "{messageId}" => Some("<message>"),
            "{userId}" => Some("<friend>"),
            part => (!varies(part)).then_some(part),
        });
        let path = parts.collect::<Option<Vec<_>>>()?.join("/");
        (self.method == "GET").then_some(path)
    }

    /// Returns true for the calls of server admins.
    pub(super) fn administers(&self) -> bool {
        self.path.starts_with("/admin/api/")
    }

    /// Returns the number of parts that vary.
    fn variables(&self) -> usize {
        self.path.split('/').filter(|part| varies(part)).count()
    }
}

impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.path)
    }
}

fn varies(part: &str) -> bool {
    part.starts_with('{')
}

/// Finds the route that answers a path: of several the one with the fewest parts that vary.
pub(super) fn find<'a>(routes: &'a [Route], method: &str, path: &str) -> Option<&'a Route> {
    let answering = routes.iter().filter(|route| route.answers(method, path));
    answering.min_by_key(|route| route.variables())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(method: &str, path: &str) -> Option<String> {
        let routes = [
            ("GET", "/api/users/{userId}"),
            ("GET", "/api/users/me"),
            ("GET", "/api/rooms/{id}/messages/{messageId}"),
            ("PATCH", "/api/users/me"),
            ("GET", "/docs/{file:.*}"),
            ("GET", "/docs"),
        ];
        let routes = routes.map(|(method, path)| Route::new(method, path));
        find(&routes, method, path).map(ToString::to_string)
    }

    #[test]
    fn a_path_belongs_to_the_most_literal_route_of_its_method() {
        assert_eq!(found("GET", "/api/users/me").as_deref(), Some("GET /api/users/me"));
        assert_eq!(found("GET", "/api/users/<user>").as_deref(), Some("GET /api/users/{userId}"));
        assert_eq!(found("PATCH", "/api/users/me").as_deref(), Some("PATCH /api/users/me"));
        assert_eq!(found("PATCH", "/api/users/<user>"), None);
    }

    #[test]
    fn a_member_reads_what_they_know_the_parts_of() {
        let read = |method: &str, path: &str| Route::new(method, path).read_by_a_member();
        assert_eq!(read("GET", "/api/rooms/{id}/pins").as_deref(), Some("/api/rooms/<hall>/pins"));
        assert_eq!(read("GET", "/api/mentions").as_deref(), Some("/api/mentions"));
        assert_eq!(read("PUT", "/api/rooms/{id}/pins"), None);
        assert_eq!(read("GET", "/api/files/{id}"), None);
    }

    #[test]
    fn the_query_is_no_part_of_the_path_and_every_part_counts() {
        let route = Some("GET /api/rooms/{id}/messages/{messageId}");
        assert_eq!(found("GET", "/api/rooms/<room>/messages/<message>?x=1/2").as_deref(), route);
        assert_eq!(found("GET", "/api/rooms/<room>/messages"), None);
        assert_eq!(found("GET", "/api/rooms/<room>/messages/"), None);
        assert_eq!(found("GET", "/docs/a/b.css").as_deref(), Some("GET /docs/{file:.*}"));
        assert_eq!(found("GET", "/docs").as_deref(), Some("GET /docs"));
    }
}
