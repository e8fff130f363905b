//! What the dialect's OpenAPI document says of each of its routes.

use actix_web::http::{Method, StatusCode};
use domain::{Refusal, file, room};
use serde::Serialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use super::accounts::taken;
use super::lists::{ByTime, Sort};
use super::views::{ListedFile, LoggedIn, Message, Room, SentMessage, SignedUp, Upload};
use super::{Envelope, words};
use crate::http::ApiError;
use crate::json::samples;
use crate::routing::schemas as requests;
use crate::routing::schemas::add;
use crate::routing::{Description, Operation};

type Parameter = (&'static str, &'static str, Value);

pub(in crate::dialects) fn description() -> Description {
    let mut schemas = Map::new();
    add::<SignedUp>(&mut schemas);
    add::<LoggedIn>(&mut schemas);
    add::<Room>(&mut schemas);
    add::<SentMessage>(&mut schemas);
    add::<Message>(&mut schemas);
    add::<Upload>(&mut schemas);
    add::<ListedFile>(&mut schemas);
    schemas.insert("Error".into(), error());
    Description {
        title: "envelope",
        about: "Accounts, rooms, messages and files for clients that expect `{success, message, data}`. Events come \
            by Socket.IO, at the server's own `/socket.io/`. Limits: 5 logins and signups a minute, 100 requests in 15 \
            minutes, 10 uploads an hour. Members that a body has beside those named here are passed over.",
        base: "/dialects/envelope",
        id: requests::id(),
        operations: [accounts(), rooms(), messages(), files()].into_iter().flatten().collect(),
        schemas,
    }
}

fn error() -> Value {
    json!({
        "type": "object",
        "required": ["success", "message", "errors"],
        "properties": {
            "success": {"const": false},
            "message": {"type": "string", "description": "What went wrong."},
            "errors": {"type": "array", "minItems": 1, "items": {"type": "string"},
                "description": "What to do about it; of a bad request a sentence for every bad field."},
        },
    })
}

/// `{"success": true, "message", "data"}` with such data.
fn enveloped(message: &str, data: Option<Value>) -> Value {
    let mut schema = json!({
        "type": "object",
        "required": ["success", "message"],
        "properties": {"success": {"const": true}, "message": {"const": message}},
    });
    if let Some(data) = data {
        schema["required"] = json!(["success", "message", "data"]);
        schema["properties"]["data"] = data;
    }
    schema
}

/// The schema of a type, by its name.
fn of<T: ToSchema>() -> Value {
    json!({"$ref": format!("#/components/schemas/{}", T::name())})
}

trait Answers {
    fn answers_one<T: ToSchema + Serialize>(
        self,
        status: StatusCode,
        message: &'static str,
        data: &T,
    ) -> Self;
    fn answers_list<T: ToSchema + Serialize>(self, message: &'static str, item: &T) -> Self;
}

impl Answers for Operation {
    fn answers_one<T: ToSchema + Serialize>(
        self,
        status: StatusCode,
        message: &'static str,
        data: &T,
    ) -> Self {
        let example = json!(Envelope { success: true, message, data: Some(data) });
        self.answers(status, message, enveloped(message, Some(of::<T>())), example)
    }

    fn answers_list<T: ToSchema + Serialize>(self, message: &'static str, item: &T) -> Self {
        let list = json!({"type": "array", "maxItems": 100, "items": of::<T>()});
        let example = json!(Envelope { success: true, message, data: Some([item]) });
        self.answers(StatusCode::OK, message, enveloped(message, Some(list)), example)
    }
}

/// Which page of a list, and in which order.
fn pages<S: Sort>() -> [Parameter; 4] {
    let sorts: Vec<&str> = S::WORDS.iter().map(|(word, _)| *word).collect();
    let mut sort = requests::one_of(&sorts);
    sort["default"] = json!("createdAt");
    let mut order = requests::one_of(&["desc", "asc"]);
    order["default"] = json!("desc");
    let page = json!({"type": "integer", "minimum": 1, "maximum": i64::MAX, "default": 1});
    [
        ("page", "Which page, from 1.", page),
        (
            "limit",
            "How many at most; above 100 it is taken as 100.",
            json!({"type": "integer", "minimum": 1, "default": 20}),
        ),
        ("sort", "By what.", sort),
        ("order", "Newest or greatest first, or last.", order),
    ]
}

fn accounts() -> Vec<Operation> {
    let sign_up = requests::lenient(
        &["username", "email", "password"],
        &json!({"username": requests::username(), "email": requests::email(), "password": requests::password()}),
    );
    let signing_up =
        json!({"username": "john_doe", "email": "john@example.com", "password": "securePassword123"});
    let log_in = |by: &str, schema: Value| {
        requests::lenient(&[by, "password"], &json!({by: schema, "password": requests::present_password()}))
    };
    let log_in = json!({"anyOf": [
        log_in("email", requests::email()),
        log_in("username", requests::present_name()),
    ]});
    let logging_in = json!({"email": "john@example.com", "password": "securePassword123"});
    let user = samples::user();
    let out = json!(Envelope::<()> { success: true, message: words::LOGGED_OUT, data: None });
    vec![
        Operation::new(Method::POST, "/api/auth/signup", "signUp", "Registers a new user")
            .reads(sign_up, signing_up)
            .answers_one(StatusCode::CREATED, words::SIGNED_UP, &SignedUp { user_id: user.id.0 })
            .refuses([Refusal::EmailTaken, Refusal::UsernameTaken].map(|refusal| taken(refusal.into()))),
        Operation::new(Method::POST, "/api/auth/login", "logIn", "Logs a user in")
            .reads(log_in, logging_in)
            .answers_one(StatusCode::OK, words::LOGGED_IN, &LoggedIn::new(&user, "eyJ0eXAi…".into()))
            .refuses([Refusal::InvalidCredentials]),
        Operation::new(Method::GET, "/api/auth/logout", "logOut", "Ends the session").answers(
            StatusCode::OK,
            words::LOGGED_OUT,
            enveloped(words::LOGGED_OUT, None),
            out,
        ),
    ]
}

fn rooms() -> Vec<Operation> {
    let create = requests::lenient(
        &["name"],
        &json!({"name": requests::room_name(), "description": requests::description()}),
    );
    let creating = json!({"name": "General Discussion", "description": "A room for general conversations"});
    let (room, messages) = (samples::room(), [samples::message()]);
    vec![
        Operation::new(Method::POST, "/api/rooms", "createRoom", "Makes a public room")
            .reads(create, creating)
            .answers_one(StatusCode::CREATED, words::ROOM_MADE, &Room::made(&room)),
        Operation::new(Method::GET, "/api/rooms", "listRooms", "Public rooms, and the caller's private ones")
            .query(pages::<room::RoomSort>())
            .answers_list(words::ROOMS, &Room::listed(&room)),
        Operation::new(
            Method::GET,
            "/api/rooms/{roomId}",
            "showRoom",
            "One room; to members with its latest 50 messages, oldest first",
        )
        .answers_one(StatusCode::OK, words::ROOM, &Room::with(&room, &messages))
        .refuses([Refusal::RoomNotFound]),
    ]
}

fn messages() -> Vec<Operation> {
    let words_only = requests::lenient(
        &["roomId", "content"],
        &json!({"roomId": requests::id(), "content": requests::content()}),
    );
    let with_file = requests::lenient(
        &["roomId", "fileId"],
        &json!({"roomId": requests::id(), "fileId": requests::id(),
            "content": requests::nullable(requests::content())}),
    );
    let sending = json!({"roomId": samples::ROOM.0, "content": "Hello everyone!"});
    let message = samples::message();
    vec![
        Operation::new(
            Method::POST,
            "/api/messages",
            "sendMessage",
            "Says something, or shows a file of the caller's; whoever is not in a public room joins it",
        )
        .reads(json!({"anyOf": [words_only, with_file]}), sending)
        .answers_one(StatusCode::CREATED, words::SENT, &SentMessage::from(&message))
        .refuses([Refusal::RoomNotFound, Refusal::NotAMember, Refusal::FileNotFound]),
        Operation::new(
            Method::GET,
            "/api/messages/{roomId}",
            "listMessages",
            "The room's messages in numbered pages; read, they are marked as read",
        )
        .query(pages::<ByTime>())
        .answers_list(words::MESSAGES, &Message::from(&message))
        .refuses([Refusal::RoomNotFound, Refusal::NotAMember]),
    ]
}

fn files() -> Vec<Operation> {
    let file = samples::file();
    vec![
        Operation::new(Method::POST, "/api/files/upload", "uploadFile", "Uploads a file")
            .reads_file()
            .answers_one(StatusCode::CREATED, words::UPLOADED, &Upload::from(&file))
            .refuses([Refusal::FileTooLarge]),
        Operation::new(Method::GET, "/api/files", "listFiles", "The caller's own files")
            .query(pages::<file::FileSort>())
            .answers_list(words::FILES, &ListedFile::from(&file)),
        Operation::new(
            Method::GET,
            "/api/files/{fileId}",
            "downloadFile",
            "A file's bytes: for its uploader, and for members of a room where a message shows it",
        )
        .download()
        .answers_bytes()
        .refuses([ApiError::from(Refusal::FileNotFound), ApiError::range_not_satisfiable(file.size)]),
    ]
}
