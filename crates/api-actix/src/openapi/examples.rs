//! Examples of what the canonical API answers, made of the types that it answers with, and of what it is sent.

use domain::{Page, PageRequest};
use serde_json::{Value, json};

use crate::json::{
    Account, CursorInfo, Mine, OpenInvitation, PageInfo, PresentUser, Room, RoomMember, RoomMessage,
    SharedFile, StretchInfo, Token, samples,
};
use live::ChangeBody;

/// What is answered, by the name of its schema. A test keeps a null out of the description.
pub(super) fn of(schema: &str) -> Value {
    match schema {
        "Account" => json!(Account::from(&samples::user())),
        "Token" => json!(Token::new(samples::token(), Some(&samples::user()))),
        "Membership" => json!(Mine::from(&samples::mine())),
        "Room" => json!(Room::from(&samples::view())),
        "RoomMember" => json!(RoomMember::new(&samples::member(), &[samples::present()])),
        "PresentUser" => json!(PresentUser::from(&samples::present())),
        "OpenInvitation" => json!(OpenInvitation::from(&samples::invitation())),
        "RoomMessage" => json!(RoomMessage::from(&samples::message())),
        "File" => json!(SharedFile::from(&samples::file())),
        "Change" => json!(ChangeBody::from(&samples::change())),
        "PageInfo" => {
            json!(PageInfo::of(&Page { items: vec![()], total: 1 }, PageRequest { page: 1, limit: 20 }))
        }
        "CursorInfo" => json!(CursorInfo::of(50, &samples::window())),
        "StretchInfo" => json!(StretchInfo::new(50, false, samples::change().revision)),
        _ => Value::Null,
    }
}

/// What is sent, by the name of its schema.
pub(super) fn sent(schema: &str) -> Value {
    let password = "correct horse battery";
    match schema {
        "SignUp" => json!({"username": "john_doe", "email": "john@example.com", "password": password}),
        "LogIn" => json!({"username": "john_doe", "password": password}),
        "ChangePassword" => json!({"password": "another battery", "currentPassword": password}),
        "CreateRoom" => {
            json!({"name": "General Chat", "description": "Talk about anything", "visibility": "public"})
        }
        "ChangeRoom" => json!({"name": "General Discussion", "description": null}),
        "ChangeRole" => json!({"role": "admin"}),
        "Invite" => json!({"username": "jane_doe"}),
        "SendMessage" => json!({"content": "Hello", "clientId": "6fe1"}),
        "EditMessage" => json!({"content": "Hello, everybody"}),
        "MarkRead" => json!({"seq": 1}),
        _ => Value::Null,
    }
}
