//! Routes: the declaration of endpoints, and what requests pass before their handlers.

mod access;
mod endpoint;
pub(crate) mod rate_limit;
mod surface;

use std::collections::BTreeMap;

use actix_web::http::Method;
use actix_web::middleware::from_fn;
use actix_web::{Resource, guard, web};
use domain::limit::LimitSet;

pub use access::Access;
pub(crate) use access::{CurrentUser, Expiry, refuse};
pub use endpoint::Endpoint;
pub(crate) use endpoint::{Tag, delete, get, patch, post, put};
pub(crate) use surface::Surface;

use crate::http::UnknownFields;

/// Adds endpoints: one resource for each path, behind the access check, which counts requests in that limit set.
pub(crate) fn mount(
    config: &mut web::ServiceConfig,
    endpoints: Vec<Endpoint>,
    set: LimitSet,
    unknown: UnknownFields,
) {
    let mut paths: BTreeMap<&'static str, Vec<Endpoint>> = BTreeMap::new();
    for endpoint in endpoints {
        paths.entry(endpoint.path).or_default().push(endpoint);
    }
    for (path, endpoints) in paths {
        let mut resource: Resource = web::resource(path);
        for endpoint in &endpoints {
            let route = (endpoint.route)();
            resource = match &endpoint.head {
                Some(head) => resource.route(route.guard(guard::Get())).route(head().guard(guard::Head())),
                None if endpoint.method == Method::GET => {
                    resource.route(route.guard(guard::Any(guard::Get()).or(guard::Head())))
                }
                None => resource.route(route.method(endpoint.method.clone())),
            };
        }
        let policy = access::Policy::of(&endpoints, set);
        config.service(resource.app_data(policy).app_data(unknown).wrap(from_fn(access::pass)));
    }
}
