//! Endpoints: one declaration gives route, access, rate limit and description.

use actix_web::http::Method;
use actix_web::{FromRequest, Handler, Responder, Route, web};
use domain::limit::LimitClass;

use super::Access;
use crate::http::{Answer, ApiError, Argument, Operation};

/// The chapters of a description.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Tag {
    pub name: &'static str,
    pub about: &'static str,
}

/// Makes what actix-web calls a route, around the handler.
pub(super) type MakeRoute = Box<dyn Fn() -> Route + Send + Sync>;

/// A route: its method and path, who may call it, how it is counted, and its description.
pub struct Endpoint {
    /// GET also answers HEAD, with the same head: by the same handler, or by one [of its own](Self::head).
    pub method: Method,
    /// With `{names}` for what varies.
    pub path: &'static str,
    /// The callers that it admits.
    pub access: Access,
    pub(super) limit: LimitClass,
    pub(super) route: MakeRoute,
    pub(super) head: Option<MakeRoute>,
    pub(crate) id: &'static str,
    pub(crate) tag: Option<Tag>,
    pub(crate) summary: &'static str,
    pub(crate) about: &'static str,
    refusals: Vec<ApiError>,
    describe: fn(&mut Operation),
}

/// Declares an endpoint: by default for signed-in callers, under the general limit of the API.
fn endpoint<F, Args>(method: Method, path: &'static str, handler: F) -> Endpoint
where
    F: Handler<Args> + Send + Sync,
    Args: FromRequest + Argument + 'static,
    F::Output: Responder + Answer + 'static,
{
    Endpoint {
        method,
        path,
        access: Access::SignedIn,
        limit: LimitClass::Api,
        route: Box::new(move || web::to(handler.clone())),
        head: None,
        id: "",
        tag: None,
        summary: "",
        about: "",
        refusals: vec![],
        describe: |operation| {
            Args::describe(operation);
            F::Output::describe(operation);
        },
    }
}

macro_rules! methods {
    ($($name:ident $method:ident)*) => {$(
        pub(crate) fn $name<F, Args>(path: &'static str, handler: F) -> Endpoint
        where
            F: Handler<Args> + Send + Sync,
            Args: FromRequest + Argument + 'static,
            F::Output: Responder + Answer + 'static,
        {
            endpoint(Method::$method, path, handler)
        }
    )*};
}

methods!(get GET post POST put PUT patch PATCH delete DELETE);

impl Endpoint {
    /// Names the operation: its id, its chapter and its title.
    pub(crate) fn named(mut self, id: &'static str, tag: Tag, summary: &'static str) -> Self {
        (self.id, self.tag, self.summary) = (id, Some(tag), summary);
        self
    }

    /// Says what the title does not.
    pub(crate) fn about(mut self, about: &'static str) -> Self {
        self.about = about;
        self
    }

    /// Has another handler answer HEAD. A GET that changes anything, waits, or opens a stream needs one, with the same checks
    /// and the same head, and without these effects.
    pub(crate) fn head<F, Args>(mut self, handler: F) -> Self
    where
        F: Handler<Args> + Send + Sync,
        Args: FromRequest + Argument + 'static,
        F::Output: Responder + Answer + 'static,
    {
        self.head = Some(Box::new(move || web::to(handler.clone())));
        self
    }

    pub(crate) fn access(mut self, access: Access) -> Self {
        self.access = access;
        self
    }

    pub(crate) fn limit(mut self, limit: LimitClass) -> Self {
        self.limit = limit;
        self
    }

    /// Adds errors that the operation's own rules may answer.
    pub(crate) fn refuses<E: Into<ApiError>>(mut self, refusals: impl IntoIterator<Item = E>) -> Self {
        self.refusals.extend(refusals.into_iter().map(Into::into));
        self
    }

    /// Describes the operation: what its handler's types say, and what it refuses.
    pub(crate) fn describe(&self) -> Operation {
        let mut operation = Operation::default();
        (self.describe)(&mut operation);
        operation
    }

    pub(crate) fn refusals(&self) -> &[ApiError] {
        &self.refusals
    }
}
