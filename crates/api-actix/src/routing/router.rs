//! The router of endpoints. It finds the endpoints of a path in a tree, where actix-web would try the pattern of one path after the
//! other.

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use actix_service::{Service, ServiceFactory, always_ready};
use actix_web::dev::{Extensions, ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::{Error, HttpMessage, Route};
use domain::limit::LimitSet;
use futures_util::future::LocalBoxFuture;

use super::access::{Policy, admit};
use super::endpoint::{Endpoint, MakeRoute};
use super::rate_limit::{self, SecondDecision};
use crate::http::{ApiError, PathValues, RouteName, UnknownFields};

/// The service of a route.
type RouteService = <Route as ServiceFactory<ServiceRequest>>::Service;

/// The endpoints of an application, from which each worker makes its router. It is the application's default service: pages and
/// sockets come before it.
pub(crate) struct Routes {
    paths: Vec<Rc<Path>>,
    other: Route,
}

/// The endpoints of a path.
struct Path {
    pattern: &'static str,
    /// The names of what varies.
    names: Vec<&'static str>,
    policy: Policy,
    /// The data of its requests.
    data: Rc<Extensions>,
    /// The handler of each endpoint, and that of HEAD where it has one of its own.
    handlers: Vec<(Lazy, Option<Lazy>)>,
}

/// A handler that is made when it is first called. An idle server calls few, and the code that makes all of them, spread over
/// that of the handlers, would be megabytes of its memory.
struct Lazy {
    make: MakeRoute,
    made: OnceCell<RouteService>,
}

impl Lazy {
    fn new(make: MakeRoute) -> Self {
        Self { make, made: OnceCell::new() }
    }

    async fn call(&self, request: ServiceRequest) -> Result<ServiceResponse, Error> {
        if let Some(made) = self.made.get() {
            return made.call(request).await;
        }
        let made = (self.make)().new_service(()).await;
        let made = made.map_err(|()| ApiError::internal("a handler can't be made".to_owned()))?;
        self.made.get_or_init(|| made).call(request).await
    }
}

impl Routes {
    /// Creates routes without an endpoint; `other` answers paths that have none.
    pub(crate) fn new(other: Route) -> Self {
        Self { paths: vec![], other }
    }

    /// Adds endpoints behind the access check, which counts requests in that limit set.
    pub(crate) fn mount(&mut self, endpoints: Vec<Endpoint>, set: LimitSet, unknown: UnknownFields) {
        let mut paths: BTreeMap<&'static str, Vec<Endpoint>> = BTreeMap::new();
        for endpoint in endpoints {
            paths.entry(endpoint.path).or_default().push(endpoint);
        }
        for (pattern, endpoints) in paths {
            let mut data = Extensions::new();
            data.insert(unknown);
            data.insert(RouteName(pattern));
            let policy = Policy::of(&endpoints, set);
            let handlers = |endpoint: Endpoint| (Lazy::new(endpoint.route), endpoint.head.map(Lazy::new));
            self.paths.push(Rc::new(Path {
                pattern,
                names: names(pattern).collect(),
                policy,
                data: Rc::new(data),
                handlers: endpoints.into_iter().map(handlers).collect(),
            }));
        }
    }
}

impl ServiceFactory<ServiceRequest> for Routes {
    type Response = ServiceResponse;
    type Error = Error;
    type Config = ();
    type Service = Router;
    type InitError = ();
    type Future = LocalBoxFuture<'static, Result<Router, ()>>;

    fn new_service(&self, (): ()) -> Self::Future {
        let other = self.other.new_service(());
        let paths = self.paths.clone();
        Box::pin(async move {
            let mut tree = matchit::Router::new();
            for path in paths {
                tree.insert(by_place(path.pattern), path).map_err(|error| {
                    tracing::error!(%error, "two paths of the API are the same");
                })?;
            }
            Ok(Router { tree, other: other.await? })
        })
    }
}

/// Names what varies in a path by its place, since names may differ between paths.
fn by_place(pattern: &str) -> String {
    let mut places = 0..;
    let name = |part: &str| match part.split_once('}') {
        Some((_, rest)) => format!("{{{}}}{rest}", places.next().unwrap_or_default()),
        None => part.to_owned(),
    };
    pattern.split('{').map(name).collect()
}

/// Returns the names of what varies in a path.
fn names(pattern: &'static str) -> impl Iterator<Item = &'static str> {
    pattern.split('{').skip(1).filter_map(|part| Some(part.split_once('}')?.0))
}

/// The router of one worker.
pub(crate) struct Router {
    tree: matchit::Router<Rc<Path>>,
    other: RouteService,
}

impl Service<ServiceRequest> for Router {
    type Response = ServiceResponse;
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<ServiceResponse, Error>>;

    always_ready!();

    fn call(&self, mut request: ServiceRequest) -> Self::Future {
        let found = self.tree.at(request.match_info().unprocessed()).ok().map(|found| {
            let values = found.params.iter().map(|(_, value)| value.to_owned());
            let values: PathValues = found.value.names.iter().copied().zip(values).collect();
            (found.value.clone(), values)
        });
        let Some((path, values)) = found else { return self.other.call(request) };
        values.keep(&request);
        request.add_data_container(path.data.clone());
        Box::pin(answer(path, request))
    }
}

/// Answers a request to a path, if it is admitted.
async fn answer(path: Rc<Path>, request: ServiceRequest) -> Result<ServiceResponse, Error> {
    let (place, decision) = match admit(&request, &path.policy).await {
        Ok(admitted) => admitted,
        Err((error, decision)) => {
            let mut response = request.error_response(error);
            rate_limit::write(response.headers_mut(), decision.as_ref());
            return Ok(response);
        }
    };
    let (handler, head) = &path.handlers[place];
    let handler = head.as_ref().filter(|_| request.method() == Method::HEAD).unwrap_or(handler);
    let mut response = handler.call(request).await?;
    rate_limit::write(response.headers_mut(), decision.as_ref());
    let second = response.request().extensions().get::<SecondDecision>().and_then(|second| second.0);
    rate_limit::write(response.headers_mut(), second.as_ref());
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_varies_is_named_by_its_place() {
        for (pattern, by) in [
            ("/api/rooms", "/api/rooms"),
            ("/api/rooms/{id}/members/{userId}", "/api/rooms/{0}/members/{1}"),
            ("/{a}.json", "/{0}.json"),
        ] {
            assert_eq!(by_place(pattern), by);
        }
        let names: Vec<&str> = names("/api/rooms/{id}/members/{userId}").collect();
        assert_eq!(names, ["id", "userId"]);
    }
}
