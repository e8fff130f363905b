//! The report: findings, and how long everything took.

use std::fmt::Write;
use std::time::Duration;

use futures_util::TryStreamExt;
use parlor_client::RoomId;

use crate::check::{Fault, Finding, Message};
use crate::ledger::{Answer, Timing, lock};
use crate::revocation::{Delay, GRANTED, Kind};
use crate::users::{User, insist};
use crate::{Load, check};

/// The greatest number of findings that are printed one by one.
const PRINTED: usize = 20;

/// Returns the time within which so many of a hundred are.
fn percentile(sorted: &[Duration], percent: usize) -> Duration {
    let at = (sorted.len() * percent).div_ceil(100).max(1) - 1;
    sorted.get(at).copied().unwrap_or_default()
}

/// Describes times by median, 99th percentile and maximum; returns the median too.
fn spread(times: impl Iterator<Item = Duration>) -> (String, Duration) {
    let mut times: Vec<_> = times.collect();
    times.sort_unstable();
    let [half, most, all] = [50, 99, 100].map(|percent| percentile(&times, percent));
    let ms = |time: Duration| time.as_secs_f64() * 1e3;
    let text = format!("p50 {:.0} ms, p99 {:.0} ms, longest {:.0} ms", ms(half), ms(most), ms(all));
    (text, half)
}

/// Keeps the times from before the first fault.
fn calm(times: &[Timing]) -> impl Iterator<Item = Duration> {
    times.iter().filter(|(_, calm)| *calm).map(|(time, _)| *time)
}

/// Compares history, answers and deliveries, room by room.
pub(crate) async fn compare(load: &Load) -> anyhow::Result<Vec<Finding>> {
    let mut findings = vec![];
    for room in &load.rooms {
        let broken = |id| Finding(Fault::Violation, format!("{room} has {id} without content"));
        let mut stored = vec![];
        for message in history(&load.users[0], *room).await? {
            match message.content {
                Some(key) => stored.push(Message {
                    seq: message.seq,
                    revision: message.revision,
                    id: message.id.to_string(),
                    key,
                }),
                None => findings.push(broken(message.id)),
            }
        }
        let answers = load.ledger.answers();
        let of_room = answers.iter().filter(|answer| answer.room == *room);
        let answered: Vec<_> = of_room.map(|answer| answer.message.clone()).collect();
        drop(answers);
        findings.extend(check::history(&stored));
        findings.extend(check::answers(&stored, &answered));
        for receiver in &load.receivers {
            if let Some(received) = receiver.received(*room) {
                findings.extend(check::deliveries(&receiver.name, &stored, &received));
            }
        }
    }
    for receiver in &load.receivers {
        let name = &receiver.name;
        let problems = receiver.problems();
        findings
            .extend(problems.iter().map(|problem| Finding(Fault::Violation, format!("{name} {problem}"))));
        if receiver.reconnections() == 0 {
            findings
                .push(Finding(Fault::Violation, format!("{name} was never cut off: that proves nothing")));
        }
    }
    Ok(findings)
}

/// Reads a room's whole history, oldest first.
async fn history(user: &User, room: RoomId) -> anyhow::Result<Vec<parlor_client::Message>> {
    let walk = || user.client.room(room).messages().from_start().limit(100).keep_unread().items();
    insist(|| walk().try_collect()).await
}

/// Adds a finding for each kind of revocation that is mostly too late; returns a line for each kind.
pub(crate) fn judge(delays: &[Delay], findings: &mut Vec<Finding>) -> String {
    let mut text = String::new();
    for kind in Kind::ALL {
        let times: Vec<_> =
            delays.iter().filter(|delay| delay.kind == kind).map(|delay| delay.delay).collect();
        let (spread, median) = spread(times.iter().copied());
        let name = kind.name();
        let _never_fails = writeln!(text, "  {name} at other replicas: {spread} ({} times)", times.len());
        if times.is_empty() || median > GRANTED {
            findings.push(Finding(
                Fault::Violation,
                format!("a {name} reaches other replicas too late: {spread}"),
            ));
        }
    }
    text
}

/// Returns the summary of the run.
pub(crate) fn summary(load: &Load, revocations: &str, findings: &[Finding]) -> String {
    let answers = load.ledger.answers();
    let count = |wanted: fn(&&Answer) -> bool| answers.iter().filter(wanted).count();
    let flaws = |flaw| findings.iter().filter(|finding| finding.0 == flaw).count();
    let (waits, deliveries) = (lock(&load.ledger.waits), lock(&load.ledger.deliveries));
    let all = |times: &[Timing]| spread(times.iter().map(|(time, _)| *time)).0;
    let reconnections: u32 = load.receivers.iter().map(|receiver| receiver.reconnections()).sum();
    let slowest = lock(&load.ledger.slowest);
    let mut text = format!(
        "messages: {} answered in {} rooms, {} of them retried, {} of those answered by REST that they were there already\n\
         deliveries: {} to {} subscribers, which reconnected {reconnections} times\n\
         lost {}, doubled {}, misplaced {}, unknown {}, otherwise wrong {}\n\
         from first attempt to answer: {} (before the first fault: {})\n\
         from first attempt to subscriber: {} (before the first fault: {}); the longest was {}\n\
         longest outage that a sender saw: {:.1} s\n{revocations}",
        answers.len(),
        load.rooms.len(),
        count(|answer| answer.attempts > 1),
        count(|answer| answer.replayed),
        deliveries.len(),
        load.receivers.len(),
        flaws(Fault::Lost),
        flaws(Fault::Doubled),
        flaws(Fault::Misplaced),
        flaws(Fault::Unknown),
        flaws(Fault::Violation),
        all(&waits),
        spread(calm(&waits)).0,
        all(&deliveries),
        spread(calm(&deliveries)).0,
        slowest.1,
        waits.iter().map(|(time, _)| *time).max().unwrap_or_default().as_secs_f64(),
    );
    for finding in findings.iter().take(PRINTED) {
        let _never_fails = writeln!(text, "  {finding}");
    }
    if findings.len() > PRINTED {
        let _never_fails = writeln!(text, "  and {} more", findings.len() - PRINTED);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delays(kind: Kind, times: &[u64]) -> Vec<Delay> {
        times.iter().map(|ms| Delay { kind, delay: Duration::from_millis(*ms) }).collect()
    }

    #[test]
    fn percentiles_are_measured_values() {
        let times: Vec<_> = (1..=200).map(Duration::from_millis).collect();
        assert_eq!(percentile(&times, 50), Duration::from_millis(100));
        assert_eq!(percentile(&times, 99), Duration::from_millis(198));
        assert_eq!(percentile(&times, 100), Duration::from_millis(200));
        assert_eq!(percentile(&times[..1], 50), Duration::from_millis(1));
        assert_eq!(percentile(&[], 50), Duration::ZERO);
    }

    #[test]
    fn a_revocation_that_mostly_comes_too_late_is_found() {
        let mut findings = vec![];
        let mut all = delays(Kind::Removal, &[100, 200, 3_000]);
        all.extend(delays(Kind::RoleChange, &[100]));
        all.extend(delays(Kind::Logout, &[100, 200]));
        judge(&all, &mut findings);
        assert_eq!(findings, []);
        all.extend(delays(Kind::Logout, &[1_001, 1_002, 1_003]));
        judge(&all, &mut findings);
        assert_eq!(findings.len(), 1, "{findings:?}");
        judge(&[], &mut findings);
        assert_eq!(findings.len(), 4, "a kind without measurements is a finding");
    }
}
