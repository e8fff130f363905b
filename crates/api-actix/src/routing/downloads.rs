//! What a download may be asked for by headers (RFC 9110, 13.1 and 14.2), for every document that describes one.

use serde_json::{Value, json};

/// The answers to a download: their status, and what they are. The header `Range` is told of here and not among the
/// parameters: no schema can say which ranges are good, for that depends on the file.
pub(crate) const ANSWERS: [(u16, &str); 2] = [
    (200, "The file, whole."),
    (
        206,
        "The one range of bytes that the header `Range` asks for, such as `bytes=0-1023`. Several at once, or what is no \
         range, are answered with the whole.",
    ),
];

/// The headers that are parameters: their names, meanings and schemas.
pub(crate) fn headers() -> [(&'static str, &'static str, Value); 2] {
    let text = json!({"type": "string"});
    [
        ("If-Range", "With `Range`: the whole, if the file no longer has this tag.", text.clone()),
        ("If-None-Match", "Only if the file has none of these tags.", text),
    ]
}
