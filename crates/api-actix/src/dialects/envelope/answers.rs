//! `{"success", "message", "data"}`

use std::marker::PhantomData;

use actix_web::body::BoxBody;
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, Responder};
use serde::Serialize;
use serde_json::{Value as Json, json};

use crate::http::{Answer, Operation, Shown, reference};

/// The status and the message of a success.
pub(super) trait Outcome {
    /// The name of the answer's schema.
    const NAME: &'static str;
    const STATUS: StatusCode;
    const MESSAGE: &'static str;
}

macro_rules! outcomes {
    ($($name:ident: $status:ident, $message:literal;)*) => {$(
        pub(super) struct $name;

        impl Outcome for $name {
            const NAME: &'static str = stringify!($name);
            const STATUS: StatusCode = StatusCode::$status;
            const MESSAGE: &'static str = $message;
        }
    )*};
}

outcomes! {
    SignUpResponse: CREATED, "User registered successfully.";
    LogInResponse: OK, "Login successful";
    LogOutResponse: OK, "User logged out successfully.";
    CreateRoomResponse: CREATED, "Room created successfully";
    RoomList: OK, "Rooms retrieved successfully";
    RoomResponse: OK, "Room details retrieved successfully";
    SendMessageResponse: CREATED, "Message sent successfully";
    MessageList: OK, "Messages retrieved successfully";
    UploadResponse: CREATED, "File uploaded successfully";
    FileList: OK, "Files retrieved successfully";
}

#[derive(Serialize)]
struct Envelope<T> {
    success: bool,
    message: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<T>,
}

/// A success with data.
pub(super) struct Success<O, T>(T, PhantomData<O>);

/// A success with data, with status 200 where the request is a repeat.
pub(super) enum NewOrRepeated<O, T> {
    New(Success<O, T>),
    Repeated(Success<O, T>),
}

/// A success without data.
pub(super) struct Done<O>(PhantomData<O>);

impl<O: Outcome, T> Success<O, T> {
    pub(super) fn new(data: T) -> Self {
        Self(data, PhantomData)
    }
}

impl<O: Outcome> Done<O> {
    pub(super) fn new() -> Self {
        Self(PhantomData)
    }
}

impl<O: Outcome, T: Serialize> Responder for Success<O, T> {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        HttpResponse::build(O::STATUS).json(Envelope {
            success: true,
            message: O::MESSAGE,
            data: Some(self.0),
        })
    }
}

impl<O: Outcome, T: Serialize> Responder for NewOrRepeated<O, T> {
    type Body = BoxBody;

    fn respond_to(self, request: &HttpRequest) -> HttpResponse {
        match self {
            Self::New(success) => success.respond_to(request),
            Self::Repeated(success) => {
                let mut answer = success.respond_to(request);
                *answer.status_mut() = StatusCode::OK;
                answer
            }
        }
    }
}

impl<O: Outcome> Responder for Done<O> {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        HttpResponse::build(O::STATUS).json(Envelope::<()> { success: true, message: O::MESSAGE, data: None })
    }
}

impl<O: Outcome, T: Shown> Answer for Success<O, T> {
    fn describe(operation: &mut Operation) {
        let data = reference(&operation.shown::<T>());
        describe::<O>(operation, O::STATUS, Some(data));
    }
}

impl<O: Outcome, T: Shown> Answer for NewOrRepeated<O, T> {
    fn describe(operation: &mut Operation) {
        Success::<O, T>::describe(operation);
        let data = reference(&operation.shown::<T>());
        describe::<O>(operation, StatusCode::OK, Some(data));
    }
}

impl<O: Outcome, T: Shown> Answer for Success<O, Vec<T>> {
    fn describe(operation: &mut Operation) {
        let items = reference(&operation.shown::<T>());
        let data = json!({"type": "array", "maxItems": 100, "items": items});
        describe::<O>(operation, O::STATUS, Some(data));
    }
}

impl<O: Outcome> Answer for Done<O> {
    fn describe(operation: &mut Operation) {
        describe::<O>(operation, O::STATUS, None);
    }
}

fn describe<O: Outcome>(operation: &mut Operation, status: StatusCode, data: Option<Json>) {
    let mut schema = json!({
        "type": "object",
        "required": ["success", "message"],
        "properties": {
            "success": {"type": "boolean", "const": true},
            "message": {"type": "string", "const": O::MESSAGE},
        },
    });
    if let Some(data) = data {
        schema["required"] = json!(["success", "message", "data"]);
        schema["properties"]["data"] = data;
    }
    operation.answers_json(status.as_u16(), O::MESSAGE, (O::NAME.to_owned(), schema));
}
