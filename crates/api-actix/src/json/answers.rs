//! Answers: each type is what a handler returns and what the description says of it.

use actix_web::body::BoxBody;
use actix_web::http::StatusCode;
use actix_web::http::header::{ContentType, LOCATION};
use actix_web::{HttpRequest, HttpResponse, Responder};
use bytes::Bytes;
use domain::PageRequest;
use live::{ChangeBody, links};
use serde::Serialize;
use serde_json::{Value as Json, json};

use super::{AuditEvent, CursorInfo, Message, PageInfo, RevisionInfo, event_schemas};
use crate::http::{Answer, Operation, Shown, reference};

/// `{"data": …}`
#[derive(Serialize)]
pub(super) struct Envelope<T> {
    pub data: T,
}

/// `{"data": …, "pagination": …}`
#[derive(Serialize)]
pub(crate) struct Paginated<T, P> {
    pub data: Vec<T>,
    pub pagination: P,
}

/// The name and the schema of `{"data": …}` with one value.
fn one<T: Shown>(operation: &mut Operation) -> (String, Json) {
    let name = operation.shown::<T>();
    let schema = json!({"type": "object", "required": ["data"], "properties": {"data": reference(&name)}});
    (format!("{name}Response"), schema)
}

/// Describes an answer with a list of `T` and a `pagination` of `P`.
pub(super) fn list<T: Shown, P: Shown>(operation: &mut Operation, name: &str) {
    let (item, pagination) = (operation.shown::<T>(), operation.shown::<P>());
    paginated(operation, name, &item, &pagination);
}

/// Describes a list of one schema with a pagination of another.
fn paginated(operation: &mut Operation, name: &str, item: &str, pagination: &str) {
    let items = json!({"type": "array", "items": reference(item)});
    let schema = json!({"type": "object", "required": ["data", "pagination"],
        "properties": {"data": items, "pagination": reference(pagination)}});
    operation.answers_json(200, "One page.", (name.to_owned(), schema));
}

/// 200 with one value.
pub(crate) struct Data<T>(pub T);

impl<T: Serialize> Responder for Data<T> {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        HttpResponse::Ok().json(Envelope { data: self.0 })
    }
}

impl<T: Shown> Answer for Data<T> {
    fn describe(operation: &mut Operation) {
        let schema = one::<T>(operation);
        operation.answers_json(200, "The result.", schema);
    }
}

/// 201 with what was created, and its path.
pub(crate) struct Created<T>(pub T, pub String);

impl<T: Serialize> Responder for Created<T> {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        HttpResponse::Created().insert_header((LOCATION, links::to(&self.1))).json(Envelope { data: self.0 })
    }
}

impl<T: Shown> Answer for Created<T> {
    fn describe(operation: &mut Operation) {
        CreatedHere::<T>::describe(operation);
        if let Some(answer) = operation.answers.last_mut() {
            answer.located = true;
        }
    }
}

/// 201 with what was created, which has no path of its own.
pub(crate) struct CreatedHere<T>(pub T);

impl<T: Serialize> Responder for CreatedHere<T> {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        HttpResponse::Created().json(Envelope { data: self.0 })
    }
}

impl<T: Shown> Answer for CreatedHere<T> {
    fn describe(operation: &mut Operation) {
        let schema = one::<T>(operation);
        operation.answers_json(201, "Created.", schema);
    }
}

/// 201 with what was created and its path, or 200 with what had existed.
pub(crate) enum CreatedOrExisting<T> {
    Created(T, String),
    Existing(T),
}

impl<T: Serialize> Responder for CreatedOrExisting<T> {
    type Body = BoxBody;

    fn respond_to(self, request: &HttpRequest) -> HttpResponse {
        match self {
            Self::Created(data, path) => Created(data, path).respond_to(request),
            Self::Existing(data) => Data(data).respond_to(request),
        }
    }
}

impl<T: Shown> Answer for CreatedOrExisting<T> {
    fn describe(operation: &mut Operation) {
        Created::<T>::describe(operation);
        let schema = one::<T>(operation);
        operation.answers_json(200, "It exists already.", schema);
    }
}

/// 200 with one of numbered pages.
pub(crate) struct Page<T> {
    items: Vec<T>,
    pagination: PageInfo,
}

impl<T> Page<T> {
    /// Makes each item of a page with `view`.
    pub(crate) fn of<'a, I>(
        page: &'a domain::Page<I>,
        request: PageRequest,
        view: impl FnMut(&'a I) -> T,
    ) -> Self {
        Self { pagination: PageInfo::of(page, request), items: page.items.iter().map(view).collect() }
    }
}

impl<T: Serialize> Responder for Page<T> {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        HttpResponse::Ok().json(Paginated { data: self.items, pagination: self.pagination })
    }
}

impl<T: Shown> Answer for Page<T> {
    fn describe(operation: &mut Operation) {
        list::<T, PageInfo>(operation, &format!("{}Page", T::name()));
    }
}

/// 200 with all there is.
pub(crate) struct List<T>(pub Vec<T>);

impl<T: Serialize> Responder for List<T> {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        HttpResponse::Ok().json(Envelope { data: self.0 })
    }
}

impl<T: Shown> Answer for List<T> {
    fn describe(operation: &mut Operation) {
        let name = operation.shown::<T>();
        let items = json!({"type": "array", "items": reference(&name)});
        let schema = json!({"type": "object", "required": ["data"], "properties": {"data": items}});
        operation.answers_json(200, "All of them.", (format!("{name}List"), schema));
    }
}

/// 200 with a page of messages between cursors, serialized already.
pub(crate) struct MessagePage(pub Bytes);

impl Responder for MessagePage {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        HttpResponse::Ok().insert_header(ContentType::json()).body(self.0)
    }
}

impl Answer for MessagePage {
    fn describe(operation: &mut Operation) {
        list::<Message, CursorInfo>(operation, "MessagePage");
    }
}

/// 200 with one of numbered pages of pinned messages.
pub(crate) struct PinPage(pub Page<Message>);

impl Responder for PinPage {
    type Body = BoxBody;

    fn respond_to(self, request: &HttpRequest) -> HttpResponse {
        self.0.respond_to(request)
    }
}

impl Answer for PinPage {
    fn describe(operation: &mut Operation) {
        list::<Message, PageInfo>(operation, "PinPage");
    }
}

/// 200 with a page of audit events between cursors.
pub(crate) struct AuditPage(Paginated<AuditEvent, CursorInfo>);

impl AuditPage {
    pub(crate) fn of(events: &[domain::audit::AuditEvent], pagination: CursorInfo) -> Self {
        Self(Paginated { data: events.iter().map(AuditEvent::from).collect(), pagination })
    }
}

impl Responder for AuditPage {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        HttpResponse::Ok().json(self.0)
    }
}

impl Answer for AuditPage {
    fn describe(operation: &mut Operation) {
        list::<AuditEvent, CursorInfo>(operation, "AuditEventPage");
    }
}

/// 200 with a page of changes after a revision.
pub(crate) struct ChangePage {
    pub changes: Vec<ChangeBody>,
    pub pagination: RevisionInfo,
}

impl Responder for ChangePage {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        HttpResponse::Ok().json(Paginated { data: self.changes, pagination: self.pagination })
    }
}

impl Answer for ChangePage {
    fn describe(operation: &mut Operation) {
        event_schemas::add(operation);
        let pagination = operation.shown::<RevisionInfo>();
        paginated(operation, "ChangePage", event_schemas::CHANGE, &pagination);
    }
}

/// 204
pub(crate) struct NoContent;

impl Responder for NoContent {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        HttpResponse::NoContent().finish()
    }
}

impl Answer for NoContent {
    fn describe(operation: &mut Operation) {
        operation.answers(204, "Done.");
    }
}

/// A value as dialects answer it: bare, with this status.
pub(crate) struct Bare<T, const STATUS: u16 = 200>(pub T);

impl<T: Serialize, const STATUS: u16> Responder for Bare<T, STATUS> {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        HttpResponse::build(StatusCode::from_u16(STATUS).unwrap_or_default()).json(self.0)
    }
}

impl<T: Shown, const STATUS: u16> Answer for Bare<T, STATUS> {
    fn describe(operation: &mut Operation) {
        let name = operation.shown::<T>();
        let schema = operation.schemas.get(&name).cloned().unwrap_or_default();
        operation.answers_json(STATUS, "The result.", (name, schema));
    }
}
