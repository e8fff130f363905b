//! `cargo xtask capacity`: estimates the cores, connections and bytes that a number of users need. It multiplies figures
//! that were measured on one machine (docs/scaling.md): an order of magnitude, to be measured again on yours.
#![expect(clippy::print_stdout, reason = "prints its estimate")]

use std::fmt;

use clap::Args;

/// CPU time of a replica for one delivery to one socket, at half load, where little shares a write; at full load it was
/// half of that. `cargo xtask bench --only websocket`.
const DELIVERY: f64 = 4.1e-6;
/// Memory in bytes of an open socket that is subscribed to a room. `cargo xtask bench`.
const SOCKET: f64 = 7_500.0;
/// CPU time of a durable send: two cores did 10,000 a second, the database and the load generator included.
/// `cargo xtask bench`.
const SEND: f64 = 2.0 / 10_000.0;
/// CPU time of a history page of 50 that is read from rows, likewise: 12,000 a second. The newest page, which is cached,
/// takes a fifth of that. `cargo xtask bench`.
const PAGE: f64 = 2.0 / 12_000.0;
/// Bytes of the event of a message of 29 characters in Redis, which sends each replica a copy: `redis-cli info stats`
/// before and after 200 sends.
const EVENT: f64 = 560.0;
/// CPU time of a replica for an event that another one published: between 2.3 µs where many arrive together and 9 µs where
/// each arrives alone. No bench measures it; docs/scaling.md says how.
const REMOTE_EVENT: f64 = 5e-6;
/// PostgreSQL connections of a replica with the pool that `deploy` gives it, and those reserved for operators: docs/operations.md.
const CONNECTIONS: f64 = 8.0 + 1.0;
const RESERVED: f64 = 4.0;

/// The load of an installation.
#[derive(Args, Clone, Copy)]
pub(crate) struct Workload {
    /// Users who are online, with a socket each.
    #[arg(long, default_value_t = 100_000.0)]
    users: f64,
    /// Messages that each of them sends in a second.
    #[arg(long, default_value_t = 0.01)]
    messages: f64,
    /// Users online in the room that a message goes to.
    #[arg(long, default_value_t = 50.0)]
    receivers: f64,
    /// History pages that each of them opens in a second.
    #[arg(long, default_value_t = 0.01)]
    pages: f64,
    /// Cores that a replica has.
    #[arg(long, default_value_t = 2.0)]
    cores: f64,
    /// The largest used share of a core; the rest is for peaks and for a replica that fails.
    #[arg(long, default_value_t = 0.5)]
    load: f64,
}

/// The resources that a load takes.
struct Plan {
    workload: Workload,
    sends: f64,
    deliveries: f64,
    /// Cores that sends and pages keep busy, here and in the database: an upper bound for each of the two.
    working: f64,
    /// Cores that deliveries keep busy.
    delivering: f64,
    /// The number of replicas; `None` where the events of the others alone keep each of them busy.
    replicas: Option<f64>,
}

fn plan(workload: &Workload) -> Plan {
    let sends = workload.users * workload.messages;
    let deliveries = sends * workload.receivers;
    let working = sends * SEND + workload.users * workload.pages * PAGE;
    let delivering = deliveries * DELIVERY;
    // Every replica receives every event, however many replicas there are.
    let left = workload.cores * workload.load - sends * REMOTE_EVENT;
    let replicas = (left > 0.0).then(|| ((working + delivering) / left).ceil().max(2.0));
    Plan { workload: *workload, sends, deliveries, working, delivering, replicas }
}

/// Prints the resources that a load takes.
pub(crate) fn run(workload: &Workload) {
    println!("{}", plan(workload));
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { workload, sends, deliveries, working, delivering, replicas } = self;
        writeln!(f, "{sends:.0} sends and {deliveries:.0} deliveries a second")?;
        writeln!(f, "busy cores: {delivering:.1} for deliveries")?;
        writeln!(
            f,
            "            at most {working:.1} for sends and pages in Parlor, and as many in PostgreSQL"
        )?;
        let Some(replicas) = replicas else {
            return write!(
                f,
                "replicas: no number is enough; the events of the others alone would keep each one busy"
            );
        };
        let Workload { users, cores, load, .. } = workload;
        writeln!(
            f,
            "replicas: {replicas:.0} of {cores:.0} cores, of which {:.0} % are to be used",
            load * 100.0
        )?;
        let sockets = users / replicas;
        writeln!(f, "sockets: {sockets:.0} in each, with {:.1} GB of memory", sockets * SOCKET / 1e9)?;
        let connections = (replicas + 1.0) * CONNECTIONS + RESERVED;
        writeln!(f, "PostgreSQL: {:.0} cores, {connections:.0} connections", (working / load).ceil())?;
        let megabits = sends * EVENT * 8.0 / 1e6;
        write!(
            f,
            "Redis: {sends:.0} events a second, {megabits:.1} Mbit/s in, {:.1} out",
            megabits * replicas
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WORKLOAD: Workload =
        Workload { users: 100_000.0, messages: 0.01, receivers: 50.0, pages: 0.01, cores: 2.0, load: 0.5 };

    fn near(left: f64, right: f64) -> bool {
        (left - right).abs() < 1e-9
    }

    #[test]
    fn a_plan_multiplies_the_load_by_the_measured_figures() {
        let plan = plan(&WORKLOAD);
        assert!(near(plan.sends, 1_000.0) && near(plan.deliveries, 50_000.0));
        assert!(near(plan.delivering, 0.205));
        assert!(near(plan.working, 0.2 + 2_000.0 / 12_000.0));
        // One would do, but one alone can't be restarted without a pause.
        assert_eq!(plan.replicas, Some(2.0));
    }

    #[test]
    fn the_benchmarks_own_load_needs_the_benchmarks_own_cores() {
        let bench =
            Workload { users: 10_000.0, messages: 1.0, receivers: 0.0, pages: 0.0, cores: 2.0, load: 1.0 };
        assert!(near(plan(&bench).working, 2.0));
    }

    #[test]
    fn more_of_anything_takes_no_fewer_replicas() {
        let base = Workload { messages: 0.1, receivers: 500.0, ..WORKLOAD };
        let replicas = |workload: Workload| plan(&workload).replicas;
        assert!(replicas(base) > Some(2.0));
        assert!(replicas(Workload { receivers: 1_000.0, ..base }) > replicas(base));
        assert!(replicas(Workload { messages: 0.2, ..base }) > replicas(base));
        assert!(replicas(Workload { cores: 4.0, ..base }) < replicas(base));
        assert!(replicas(Workload { load: 0.25, ..base }) > replicas(base));
    }

    #[test]
    fn no_number_of_replicas_is_enough_when_events_of_others_take_all_their_time() {
        let workload = Workload { users: 1_000_000.0, messages: 1.0, ..WORKLOAD };
        assert_eq!(plan(&workload).replicas, None);
        assert!(plan(&workload).to_string().contains("no number is enough"));
    }

    #[test]
    fn connections_and_bytes_follow_the_replicas() {
        let text = plan(&WORKLOAD).to_string();
        assert!(text.contains("31 connections"), "{text}");
        assert!(text.contains("4.5 Mbit/s in, 9.0 out"), "{text}");
        assert!(text.contains("50000 in each, with 0.4 GB"), "{text}");
    }
}
