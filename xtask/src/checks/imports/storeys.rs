//! The storeys of `api-actix`: each imports only from those below it.

/// The storeys from bottom to top. What stands on the same one does not import from its neighbours either.
const STOREYS: &[&[&str]] = &[
    &["http"],
    &["json"],
    &["state"],
    &["routing"],
    &["sse"],
    &["rest", "websocket", "socketio"],
    &["dialects/ryos", "dialects/actions", "dialects/envelope"],
    &["dialects"],
    &["admin"],
    &["openapi"],
    &["asyncapi"],
    &["server"],
];

/// A storey, and which of its parts.
fn place(file: &str) -> Option<(usize, &'static str)> {
    let within = |part: &str| {
        let rest = file.strip_prefix(part);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/') || rest == ".rs")
    };
    let parts =
        STOREYS.iter().enumerate().flat_map(|(storey, parts)| parts.iter().map(move |part| (storey, *part)));
    parts.into_iter().find(|(_, part)| within(part))
}

/// Says what is wrong with an import from one file to another, if anything is. The root may name everything.
pub(super) fn complaint(file: &str, import: &str) -> Option<String> {
    if file == "lib.rs" {
        return None;
    }
    let Some((storey, part)) = place(file) else {
        return Some(format!("{file} stands on no storey"));
    };
    let Some((other_storey, other_part)) = place(import) else {
        return Some(format!("{file} imports from {import}, which stands on no storey"));
    };
    if other_storey > storey {
        return Some(format!("{file} imports from {import}, which stands above it"));
    }
    (other_storey == storey && other_part != part)
        .then(|| format!("{file} imports from {import}, its neighbour on the same storey"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn imports_from_below_and_within_a_folder_are_fine() {
        for (file, import) in [
            ("json/mod.rs", "http/error.rs"),
            ("rest/messages.rs", "routing/mod.rs"),
            ("rest/messages.rs", "rest/rooms.rs"),
            ("dialects/ryos/rooms.rs", "state.rs"),
            ("dialects/mod.rs", "dialects/ryos/mod.rs"),
            ("openapi/mod.rs", "dialects/mod.rs"),
            ("server/mod.rs", "sse.rs"),
            ("lib.rs", "server/mod.rs"),
        ] {
            assert_eq!(complaint(file, import), None);
        }
    }

    #[test]
    fn imports_from_above_beside_and_nowhere_are_found() {
        for (file, import, words) in [
            ("http/error.rs", "json/mod.rs", "above"),
            ("state.rs", "routing/mod.rs", "above"),
            ("sse.rs", "server/mod.rs", "above"),
            ("dialects/ryos/mod.rs", "dialects/mod.rs", "above"),
            ("rest/messages.rs", "websocket/mod.rs", "neighbour"),
            ("dialects/ryos/mod.rs", "dialects/actions/mod.rs", "neighbour"),
            ("cellar.rs", "http/error.rs", "no storey"),
            ("rest/messages.rs", "cellar.rs", "no storey"),
        ] {
            assert!(complaint(file, import).is_some_and(|found| found.contains(words)), "{file} → {import}");
        }
    }
}
