//! What requests may say: bodies and parameters, as strict as the parsers.

use serde_json::{Map, Value, json};
use utoipa::ToSchema;

/// White space, as trimming takes it off: that of Unicode, of which dialects of patterns know different parts as `\s`.
const SPACE: &str = r"[\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]";
/// Any character but a control character; and one that trimming leaves, too.
const ANY: &str = r"[^\x00-\x1f\x7f-\x9f]";
const INK: &str = r"[^\x00-\x20\x7f-\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]";
/// The same where newline and tab may stand, and what becomes a newline.
const LINES: &str = r"([^\x00-\x08\x0b-\x1f\x7f-\x9f]|\r\n)";

/// What is trimmed, and then is that.
pub(crate) fn trimmed(pattern: &str) -> String {
    format!("^{SPACE}*{pattern}{SPACE}*$")
}

/// At least one character when trimmed.
fn inked(any: &str, most: u16) -> String {
    format!("{INK}({any}{{0,{}}}{INK})?", most - 2)
}

/// Text of one line, at least two characters when trimmed.
fn line(about: &str, least: u16, most: u16, example: &str) -> Value {
    let pattern = trimmed(&format!("{INK}{ANY}{{{},{}}}{INK}", least - 2, most - 2));
    json!({"type": "string", "description": about, "pattern": pattern, "examples": [example]})
}

pub(crate) fn username() -> Value {
    json!({"type": "string", "pattern": "^[A-Za-z0-9_.-]{3,32}$", "examples": ["john_doe"],
        "description": "Unique without regard to case."})
}

pub(crate) fn password() -> Value {
    json!({"type": "string", "pattern": "^[^\\x00-\\x1f\\x7f-\\x9f]{8,128}$", "format": "password",
        "examples": ["correct horse battery"]})
}

pub(crate) fn one_of(words: &[&str]) -> Value {
    json!({"type": "string", "enum": words})
}

/// The first of some words is what is taken where none is sent.
fn defaulted(mut words: Value) -> Value {
    words["default"] = words["enum"][0].clone();
    words
}

pub(crate) fn nullable(mut schema: Value) -> Value {
    if let Some(schema) = schema.as_object_mut() {
        schema.insert("type".into(), json!(["string", "null"]));
    }
    schema
}

pub(crate) fn email() -> Value {
    json!({"type": "string", "format": "email", "maxLength": 254, "examples": ["john@example.com"],
        "description": "Unique without regard to case."})
}

/// What is claimed to be somebody's password.
pub(crate) fn present_password() -> Value {
    json!({"type": "string", "format": "password", "description": "The present password."})
}

/// What is claimed to be somebody's name.
pub(crate) fn present_name() -> Value {
    json!({"type": "string", "pattern": "^[A-Za-z0-9_.-]{3,32}$", "examples": ["john_doe"]})
}

pub(crate) fn room_name() -> Value {
    line("Three to a hundred characters.", 3, 100, "General Chat")
}

pub(crate) fn description() -> Value {
    let pattern = trimmed(&format!("({})?", inked(LINES, 500)));
    json!({"type": ["string", "null"], "description": "At most 500 characters.", "pattern": pattern,
        "examples": ["Talk about anything"]})
}

pub(crate) fn content() -> Value {
    json!({"type": "string", "description": "At most 1000 characters.", "pattern": trimmed(&inked(LINES, 1_000)),
        "examples": ["Hello"]})
}

pub(crate) fn id() -> Value {
    json!({"type": "string", "format": "uuid"})
}

/// A body of which members that nobody knows are passed over.
pub(crate) fn lenient(required: &[&str], properties: &Value) -> Value {
    json!({"type": "object", "required": required, "properties": properties})
}

fn object(required: &[&str], properties: &Value) -> Value {
    json!({"type": "object", "required": required, "properties": properties, "additionalProperties": false})
}

/// The schemas of request bodies.
pub(crate) fn schemas() -> Map<String, Value> {
    let visibility = || one_of(&["public", "private"]);
    let current = present_password();
    let login =
        |by: &str, schema: &Value| object(&[by, "password"], &json!({by: schema, "password": current}));
    let named = present_name();
    let key = json!({"type": ["string", "null"], "pattern": "^[!-~]([ -~]{0,62}[!-~])?$", "examples": ["6fe1"],
        "description": "Makes sending again safe: the same key is the same message, for ever."});
    let attachment = |kind: &str| {
        object(
            &["type", "fileId"],
            &json!({"type": {"const": kind}, "fileId": id(), "content": nullable(content()),
            "clientId": key}),
        )
    };
    let text =
        object(&["content"], &json!({"type": {"const": "text"}, "content": content(), "clientId": key}));
    let change = json!({"name": room_name(), "description": description(), "visibility": visibility()});
    let all = [
        (
            "SignUp",
            object(
                &["username", "email", "password"],
                &json!({"username": username(), "email": email(), "password": password()}),
            ),
        ),
        ("LogIn", json!({"oneOf": [login("username", &named), login("email", &email())]})),
        (
            "ChangePassword",
            object(
                &["password", "currentPassword"],
                &json!({"password": password(), "currentPassword": current}),
            ),
        ),
        (
            "CreateRoom",
            object(
                &["name"],
                &json!({"name": room_name(), "description": description(), "visibility": visibility()}),
            ),
        ),
        ("ChangeRoom", object(&[], &change)),
        ("ChangeRole", object(&["role"], &json!({"role": one_of(&["admin", "member"])}))),
        (
            "Invite",
            json!({"oneOf": [object(&["username"], &json!({"username": named})),
            object(&["userId"], &json!({"userId": id()}))]}),
        ),
        ("SendMessage", json!({"oneOf": [text, attachment("image"), attachment("file")]})),
        ("UploadFile", object(&["file"], &json!({"file": {"type": "string", "format": "binary"}}))),
        ("EditMessage", object(&["content"], &json!({"content": content()}))),
        (
            "MarkRead",
            object(&["seq"], &json!({"seq": {"type": "integer", "minimum": 0, "maximum": i64::MAX}})),
        ),
    ];
    all.into_iter().map(|(name, schema)| (name.to_owned(), schema)).collect()
}

/// Parameters that several operations share.
pub(crate) const PAGES: &[&str] = &["page", "limit"];
/// How many, where there are no pages.
pub(crate) const WINDOWS: &str = "windowLimit";

/// Parameters of every operation.
pub(crate) fn shared() -> Value {
    json!({"XRequestId": {"name": "X-Request-Id", "in": "header", "schema": {"type": "string"},
        "description": "What the answer and the log are to call this request: 1 to 128 of `A-Za-z0-9._-`. In the place \
            of anything else there comes an id of the server's own."}})
}

/// A query parameter; its default is said where it has one.
pub(crate) fn query(name: &str) -> Value {
    if name == "position" {
        return position();
    }
    let (about, schema) = match name {
        "page" => (
            "Which page, from 1.",
            json!({"type": "integer", "minimum": 1, "maximum": i64::MAX, "default": 1}),
        ),
        "limit" | WINDOWS => {
            let default = if name == WINDOWS { 50 } else { 20 };
            let schema = json!({"type": "integer", "minimum": 1, "maximum": 100, "default": default});
            return json!({"name": "limit", "in": "query", "description": "How many at most.", "schema": schema});
        }
        "search" => (
            "Part of a name or description, in any case; at most 100 characters.",
            json!({"type": "string", "pattern": trimmed(&format!("({})?", inked(ANY, 100)))}),
        ),
        "visibility" => ("Only rooms of this kind.", one_of(&["public", "private"])),
        "joined" => ("true: only the caller's own; false: only others.", json!({"type": "boolean"})),
        "sort" => (
            "In which order. By lastMessageAt, rooms without messages come last either way.",
            defaulted(one_of(&["createdAt", "name", "memberCount", "lastMessageAt"])),
        ),
        "order" => ("Newest or greatest first, or last.", defaulted(one_of(&["desc", "asc"]))),
        "role" => ("Only members of this role.", one_of(&["admin", "member"])),
        "type" => ("Only messages of this kind.", one_of(&["text", "image", "file"])),
        "senderId" => ("Only messages of this sender.", json!({"type": "string", "format": "uuid"})),
        "since" | "sinceRevision" => (
            "The last revision that is known.",
            json!({"type": "integer", "minimum": 0, "maximum": i64::MAX}),
        ),
        "token" => ("The token, for clients that can't send headers.", json!({"type": "string"})),
        "markRead" => {
            ("false: leave the reading mark where it is.", json!({"type": "boolean", "default": true}))
        }
        _ => ("", json!({})),
    };
    if name == "sinceRevision" {
        return json!({"name": "since", "in": "query", "required": true, "description": about, "schema": schema});
    }
    json!({"name": name, "in": "query", "description": about, "schema": schema})
}

/// `before` or `after`, of which at most one may be sent: an object whose members are parameters of their own.
fn position() -> Value {
    let only = |name: &str, about: &str| {
        let cursor = json!({"type": "string", "format": "date-time", "description": about});
        object(&[name], &json!({name: cursor}))
    };
    json!({"name": "position", "in": "query", "style": "form", "explode": true,
        "description": "Where the window lies: `before` or `after` a cursor of an earlier answer, or an RFC 3339 time. \
            Without either, at the newest message.",
        "schema": {"type": "object", "oneOf": [
            only("before", "Older than this, newest first."), only("after", "Newer than this.")]}})
}

/// A path parameter: an id.
pub(crate) fn path(path: &str, name: &str) -> Value {
    let about = match name {
        "userId" => "The user's id.",
        "messageId" => "The message's id.",
        _ if path.starts_with("/api/files") => "The file's id.",
        _ => "The room's id.",
    };
    json!({"name": name, "in": "path", "required": true, "description": about,
        "schema": {"type": "string", "format": "uuid"}})
}

/// Adds the schema of a type, and those of what it holds.
pub(crate) fn add<T: ToSchema>(all: &mut Map<String, Value>) {
    let mut found = vec![(T::name().to_string(), T::schema())];
    T::schemas(&mut found);
    for (name, schema) in found {
        all.insert(name, serde_json::to_value(schema).unwrap_or_default());
    }
}

#[cfg(test)]
mod tests {
    use domain::message::Content;
    use domain::room::{Description, RoomName, Search};

    use super::*;

    #[test]
    fn patterns_take_what_parsers_take() {
        type Takes = fn(&str) -> bool;
        let held: [(Value, Takes); 4] = [
            (room_name(), |text| RoomName::parse(text).is_ok()),
            (content(), |text| Content::parse(text).is_ok()),
            (description(), |text| Description::parse(text).is_ok()),
            (query("search")["schema"].take(), |text| Search::parse(text).is_ok()),
        ];
        let odd = (0..0x100).chain([0x1680, 0x180e]).chain(0x2000..0x2070).chain([0x3000, 0xfeff]);
        let odd: Vec<String> =
            odd.filter_map(char::from_u32).map(String::from).chain(["\r\n".into()]).collect();
        let long = [1, 2, 3, 100, 101, 500, 501, 1000, 1001]
            .map(|length| format!("\u{3000}{} ", "x".repeat(length)));
        for (schema, takes) in held {
            let pattern = regex::Regex::new(schema["pattern"].as_str().unwrap()).unwrap();
            for text in &long {
                assert_eq!(pattern.is_match(text), takes(text), "{} characters by {pattern}", text.len());
            }
            for c in &odd {
                for text in [c.clone(), format!("{c}{c}abc{c}{c}"), format!("a{c}b{c}c")] {
                    assert_eq!(pattern.is_match(&text), takes(&text), "{text:?} by {pattern}");
                }
            }
        }
    }
}
