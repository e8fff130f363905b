//! Resources that are only read.

use actix_web::{FromRequest, Handler, Resource, Responder, guard, web};

use super::ApiError;

/// A path that is there to be read and nothing else.
pub(crate) fn page<F, Args>(path: &str, read: F) -> Resource
where
    F: Handler<Args>,
    Args: FromRequest + 'static,
    F::Output: Responder + 'static,
{
    let elsewise = || async { Err::<&str, _>(ApiError::method_not_allowed("GET, HEAD".to_owned())) };
    let reading = guard::Any(guard::Get()).or(guard::Head());
    web::resource(path).route(web::route().guard(reading).to(read)).default_service(web::to(elsewise))
}
