//! The dialect `envelope`: the REST API of source document S4, under `/dialects/envelope`. Every answer is
//! `{"success", "message", "data"}`, every error `{"success", "message", "errors"}`.

mod accounts;
mod description;
mod files;
mod lists;
mod messages;
mod rooms;
mod views;

use actix_web::http::{Method, StatusCode};
use actix_web::{HttpResponse, ResponseError, web};
use serde::Serialize;
use serde_json::{Value, json};

use crate::http::ApiError;
use crate::routing::{Caller, Endpoint, line};

pub(super) use description::description;

pub(super) fn endpoints() -> Vec<Endpoint> {
    use Caller::{Anyone, NewComer, SignedIn};
    vec![
        line(Method::POST, "/dialects/envelope/api/auth/signup", NewComer, || web::to(accounts::sign_up)),
        line(Method::POST, "/dialects/envelope/api/auth/login", NewComer, || web::to(accounts::log_in)),
        line(Method::GET, "/dialects/envelope/api/auth/logout", SignedIn, || web::to(accounts::log_out)),
        line(Method::POST, "/dialects/envelope/api/rooms", SignedIn, || web::to(rooms::create)),
        line(Method::GET, "/dialects/envelope/api/rooms", Anyone, || web::to(rooms::list)),
        line(Method::GET, "/dialects/envelope/api/rooms/{roomId}", Anyone, || web::to(rooms::show)),
        line(Method::POST, "/dialects/envelope/api/messages", SignedIn, || web::to(messages::send)),
        line(Method::GET, "/dialects/envelope/api/messages/{roomId}", SignedIn, || web::to(messages::list)),
        line(Method::POST, "/dialects/envelope/api/files/upload", SignedIn, || web::to(files::upload)),
        line(Method::GET, "/dialects/envelope/api/files", SignedIn, || web::to(files::list)),
        line(Method::GET, "/dialects/envelope/api/files/{fileId}", SignedIn, || web::to(files::download)),
    ]
}

/// What went wrong in S4's words, where it has some, and in `errors` what to do about it.
pub(super) fn error(error: &ApiError) -> Value {
    let words = match (error.status_code(), error.code()) {
        (_, "VALIDATION_FAILED") => "Validation failed",
        (_, "EMAIL_TAKEN") => "Email already exists",
        (_, "USERNAME_TAKEN") => "Username already exists",
        (_, "INVALID_CREDENTIALS") => "Invalid credentials",
        (_, "ROOM_NOT_FOUND") => "Room not found",
        (_, "FILE_NOT_FOUND") => "File not found",
        (StatusCode::UNAUTHORIZED, _) => "Unauthorized",
        (StatusCode::FORBIDDEN, _) => "Forbidden",
        (StatusCode::NOT_FOUND, _) => "Resource not found",
        (StatusCode::TOO_MANY_REQUESTS, _) => "Rate limit exceeded",
        (StatusCode::INTERNAL_SERVER_ERROR, _) => "Internal server error",
        _ => error.message(),
    };
    let flaws: Vec<String> =
        error.details().iter().map(|flaw| format!("{} {}", flaw.field, flaw.message)).collect();
    let errors = if flaws.is_empty() { vec![error.message().to_owned()] } else { flaws };
    json!({"success": false, "message": words, "errors": errors})
}

/// What S4 says of each success.
mod words {
    pub(super) const SIGNED_UP: &str = "User registered successfully.";
    pub(super) const LOGGED_IN: &str = "Login successful";
    pub(super) const LOGGED_OUT: &str = "User logged out successfully.";
    pub(super) const ROOM_MADE: &str = "Room created successfully";
    pub(super) const ROOMS: &str = "Rooms retrieved successfully";
    pub(super) const ROOM: &str = "Room details retrieved successfully";
    pub(super) const SENT: &str = "Message sent successfully";
    pub(super) const MESSAGES: &str = "Messages retrieved successfully";
    pub(super) const UPLOADED: &str = "File uploaded successfully";
    pub(super) const FILES: &str = "Files retrieved successfully";
}

#[derive(Serialize)]
struct Envelope<T> {
    success: bool,
    message: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<T>,
}

fn success<T: Serialize>(status: StatusCode, message: &'static str, data: T) -> HttpResponse {
    HttpResponse::build(status).json(Envelope { success: true, message, data: Some(data) })
}

/// A success with nothing to show.
fn done(message: &'static str) -> HttpResponse {
    HttpResponse::Ok().json(Envelope::<()> { success: true, message, data: None })
}
