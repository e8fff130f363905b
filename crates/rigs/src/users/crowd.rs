//! The run: every user comes at a time of their own and takes steps at an even pace.

use std::sync::Arc;
use std::time::Duration;

use anyhow::ensure;
use parlor_client::Client;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use super::connections::Deliveries;
use super::journeys::{Journey, Journeys};
use super::report::{Records, Report};
use super::route::Route;
use super::script::Step;
use super::setting::{Setting, has_account};
use super::user::User;

/// The seed of the times at which users come.
const SEED: u64 = 1;

/// The size of a load.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// Users, each with a journey of their own.
    pub users: usize,
    /// The time in which they come and act. Who has come ends what they began.
    pub time: Duration,
    /// The time between two steps of a user.
    pub pace: Duration,
}

/// Puts the server under the load of a plan. `routes` are all its routes; it must have its limits off and trust the
/// forwarding header of this machine.
pub async fn run(url: &str, routes: &[Route], plan: Plan) -> anyhow::Result<Report> {
    // Users may not administer the server, and admins are few.
    let routes: Vec<Route> = routes.iter().filter(|route| !route.administers()).cloned().collect();
    let journeys = Arc::new(Journeys::read(&routes)?);
    let undriven: Vec<String> = journeys.undriven(&routes).iter().map(ToString::to_string).collect();
    ensure!(undriven.is_empty(), "journeys.txt has no step for: {}", undriven.join(", "));
    let fewest = 2 * journeys.of_users.len();
    ensure!(
        plan.users >= fewest,
        "at least {fewest} users are needed: a new and an old one for each journey"
    );
    let server = Client::new(url)?;
    let setting = Setting::prepare(&server, plan.users).await?;
    let records = Arc::new(Records::default());
    let started = Instant::now();
    let mut random = fastrand::Rng::with_seed(SEED);
    let mut crowd = JoinSet::new();
    for number in 0..plan.users {
        let deliveries = Deliveries { started, records: records.clone() };
        let user = User::new(&server, number, setting.known(number), deliveries);
        // Independent of each other, so that some come together.
        let arrival = started + plan.time.mul_f64(random.f64() * 2.0 / 3.0);
        let (journeys, is_new) = (journeys.clone(), !has_account(number));
        crowd.spawn(async move {
            // Journeys do not go with the accounts: each is taken by new users and by others.
            let journey = &journeys.of_users[number / 2 % journeys.of_users.len()];
            let schedule = Schedule { due: arrival, pace: plan.pace };
            visit(user, &journeys, journey, is_new, schedule, started + plan.time).await;
        });
    }
    while let Some(user) = crowd.join_next().await {
        user?;
    }
    Ok(records.finish(&routes))
}

/// The times at which the steps of a user are due: one after the other at the same pace, however late any of them is.
struct Schedule {
    due: Instant,
    pace: Duration,
}

impl Schedule {
    async fn take(&mut self, user: &mut User, steps: &[Step]) {
        for step in steps {
            sleep_until(self.due).await;
            user.take(step, self.due).await;
            self.due += self.pace;
        }
    }
}

/// The visit of a user. They take their journey once, however long that takes, and then again while there is time.
async fn visit(
    mut user: User,
    journeys: &Journeys,
    journey: &Journey,
    is_new: bool,
    mut schedule: Schedule,
    end: Instant,
) {
    if is_new {
        schedule.take(&mut user, &journeys.sign_up.once).await;
    }
    schedule.take(&mut user, &journeys.log_in.once).await;
    schedule.take(&mut user, &journey.once).await;
    schedule.take(&mut user, &journey.again).await;
    while !journey.again.is_empty() && schedule.due < end {
        schedule.take(&mut user, &journey.again).await;
    }
    user.close().await;
    schedule.take(&mut user, &journeys.log_out.once).await;
}
