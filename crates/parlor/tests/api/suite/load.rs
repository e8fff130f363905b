//! The load of `cargo xtask load`: every route is driven by many users, and none of their requests fails. Times are not
//! compared: this is a debug build, and other tests run beside it.

use std::time::Duration;

use rigs::users::{self, Plan, Route};

use crate::support::Parlor;

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_users_take_every_route_and_no_request_fails() {
    let parlor = Parlor::with(&[("PARLOR_LIMITS", "off"), ("PARLOR_TRUSTED_PROXIES", "127.0.0.1/32")]);
    let routes = api_actix::routes().into_iter().map(|(method, path, _)| Route::new(method, path));
    let plan = Plan { users: 100, time: Duration::from_secs(15), pace: Duration::from_secs(1) };
    let report = users::run(&parlor.url, &routes.collect::<Vec<_>>(), plan).await.unwrap();
    assert_eq!(report.failures(None), [""; 0], "{}", report.table());
}
