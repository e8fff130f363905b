//! Dialects: APIs of other chat servers, spoken over the same use cases. They translate, and decide nothing.

mod ryos;

use actix_web::web::ServiceConfig;

/// Adds the dialects, each under its base.
pub(crate) fn configure(config: &mut ServiceConfig) {
    ryos::configure(config);
}
