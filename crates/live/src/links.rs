//! The links that clients receive: absolute paths, or URLs where the server knows its own.

use std::sync::OnceLock;

use domain::FileId;

/// One for the whole program: a link is the same in every answer and event, and events are encoded once for all transports.
static PUBLIC_URL: OnceLock<String> = OnceLock::new();

/// Makes every link begin with that URL, which has no slash at its end. Called at the start, before anything is served;
/// later calls change nothing.
pub fn begin_with(public_url: &str) {
    PUBLIC_URL.get_or_init(|| public_url.to_owned());
}

/// Returns the URL that links begin with; `None` where they are paths.
#[must_use]
pub fn public_url() -> Option<&'static str> {
    PUBLIC_URL.get().map(String::as_str)
}

/// Returns the link to an absolute path of this server.
#[must_use]
pub fn to(path: &str) -> String {
    format!("{}{path}", public_url().unwrap_or_default())
}

/// Returns the link to the bytes of a file.
#[must_use]
pub fn to_file(file: FileId) -> String {
    to(&format!("/api/files/{file}"))
}
