//! Lists that describe the program itself, for checks of manifests, dashboards and documentation.

use std::io::{ErrorKind, Write};

use anyhow::Context;
use serde_json::{Value, json};

/// Writes a list to standard output. A reader that has gone, such as `head`, wanted no more of it.
pub(crate) fn print(text: &str) -> anyhow::Result<()> {
    match std::io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(error).context("can't write to standard output")
        }
        _ => Ok(()),
    }
}

/// Lists every HTTP route, as JSON for programs or as lines for people.
pub(crate) fn routes(as_json: bool) -> String {
    let routes = api_actix::routes().into_iter();
    if as_json {
        let routes =
            routes.map(|(method, path, surface)| json!({"method": method, "path": path, "surface": surface}));
        return format!("{:#}\n", routes.collect::<Value>());
    }
    let lines: Vec<_> =
        routes.map(|(method, path, surface)| format!("{method:6} {path} ({surface})\n")).collect();
    lines.concat()
}
