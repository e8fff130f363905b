//! What was found, in numbers.

use std::fmt::Write;
use std::time::Duration;

use crate::check::{Finding, Flaw};
use crate::ledger::{Answer, Took, lock};
use crate::reach::{GRANTED, Reach};
use crate::{Load, check};

/// The most findings that are told one by one.
const TOLD: usize = 20;

/// The time within which so many of a hundred are.
fn percentile(sorted: &[Duration], percent: usize) -> Duration {
    let at = (sorted.len() * percent).div_ceil(100).max(1) - 1;
    sorted.get(at).copied().unwrap_or_default()
}

/// Median, 99 of 100, and the longest.
fn spread(times: impl Iterator<Item = Duration>) -> (String, Duration) {
    let mut times: Vec<_> = times.collect();
    times.sort_unstable();
    let [half, most, all] = [50, 99, 100].map(|percent| percentile(&times, percent));
    let ms = |time: Duration| time.as_secs_f64() * 1e3;
    let text = format!("p50 {:.0} ms, p99 {:.0} ms, longest {:.0} ms", ms(half), ms(most), ms(all));
    (text, half)
}

/// Which of the times are from before the first fault.
fn calm(times: &[Took]) -> impl Iterator<Item = Duration> {
    times.iter().filter(|(_, calm)| *calm).map(|(time, _)| *time)
}

/// How messages, answers and hearings compare, room by room.
pub(crate) async fn compare(load: &Load) -> anyhow::Result<Vec<Finding>> {
    let mut findings = vec![];
    for room in &load.rooms {
        let broken = |data| Finding(Flaw::Broken, format!("{room} has {data}"));
        let mut stored = vec![];
        for data in load.rest.of(&load.people[0]).history(room).await? {
            match crate::ledger::message(&data) {
                Some(message) => stored.push(message),
                None => findings.push(broken(data)),
            }
        }
        let answers = load.ledger.answers();
        let of_room = answers.iter().filter(|answer| answer.room == *room);
        let answered: Vec<_> = of_room.map(|answer| answer.message.clone()).collect();
        drop(answers);
        findings.extend(check::history(&stored));
        findings.extend(check::answers(&stored, &answered));
        for listener in &load.listeners {
            if let Some(heard) = listener.heard(room) {
                findings.extend(check::hearing(&listener.name, &stored, &heard));
            }
        }
    }
    for listener in &load.listeners {
        let complaints = listener.complaints();
        findings
            .extend(complaints.iter().map(|what| Finding(Flaw::Broken, format!("{} {what}", listener.name))));
        if listener.comebacks() == 0 {
            findings.push(Finding(
                Flaw::Broken,
                format!("{} was never cut off: nothing is shown", listener.name),
            ));
        }
    }
    Ok(findings)
}

/// Judges how soon revocations held; answers a line for each kind.
pub(crate) fn judge(reached: &[Reach], findings: &mut Vec<Finding>) -> String {
    let mut text = String::new();
    for what in ["role change", "removal", "logout"] {
        let times: Vec<_> =
            reached.iter().filter(|reach| reach.what == what).map(|reach| reach.took).collect();
        let (told, half) = spread(times.iter().copied());
        let _never_fails = writeln!(text, "  {what} at other replicas: {told} ({} times)", times.len());
        if times.is_empty() || half > GRANTED {
            findings.push(Finding(Flaw::Broken, format!("a {what} reaches other replicas too late: {told}")));
        }
    }
    text
}

/// The summary.
pub(crate) fn tell(load: &Load, reached: &str, findings: &[Finding]) -> String {
    let answers = load.ledger.answers();
    let count = |wanted: fn(&&Answer) -> bool| answers.iter().filter(wanted).count();
    let flaws = |flaw| findings.iter().filter(|finding| finding.0 == flaw).count();
    let (waits, deliveries) = (lock(&load.ledger.waits), lock(&load.ledger.deliveries));
    let all = |times: &[Took]| spread(times.iter().map(|(time, _)| *time)).0;
    let comebacks: u32 = load.listeners.iter().map(|listener| listener.comebacks()).sum();
    let latest = lock(&load.ledger.latest);
    let mut text = format!(
        "messages: {} answered in {} rooms, {} of them retried, {} of those told by REST that they were there already\n\
         deliveries: {} to {} subscribers, which came back {comebacks} times\n\
         lost {}, doubled {}, misplaced {}, unknown {}, otherwise wrong {}\n\
         from first try to answer: {} (before the first fault: {})\n\
         from first try to subscriber: {} (before the first fault: {}); the longest was {}\n\
         longest outage that a sender saw: {:.1} s\n{reached}",
        answers.len(),
        load.rooms.len(),
        count(|answer| answer.tries > 1),
        count(|answer| answer.replayed),
        deliveries.len(),
        load.listeners.len(),
        flaws(Flaw::Lost),
        flaws(Flaw::Doubled),
        flaws(Flaw::Misplaced),
        flaws(Flaw::Unknown),
        flaws(Flaw::Broken),
        all(&waits),
        spread(calm(&waits)).0,
        all(&deliveries),
        spread(calm(&deliveries)).0,
        latest.1,
        waits.iter().map(|(time, _)| *time).max().unwrap_or_default().as_secs_f64(),
    );
    for finding in findings.iter().take(TOLD) {
        let _never_fails = writeln!(text, "  {finding}");
    }
    if findings.len() > TOLD {
        let _never_fails = writeln!(text, "  and {} more", findings.len() - TOLD);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reached(what: &'static str, times: &[u64]) -> Vec<Reach> {
        times.iter().map(|ms| Reach { what, took: Duration::from_millis(*ms) }).collect()
    }

    #[test]
    fn percentiles_are_of_what_was_measured() {
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
        let mut all = reached("removal", &[100, 200, 3_000]);
        all.extend(reached("role change", &[100]));
        all.extend(reached("logout", &[100, 200]));
        judge(&all, &mut findings);
        assert_eq!(findings, []);
        all.extend(reached("logout", &[1_001, 1_002, 1_003]));
        judge(&all, &mut findings);
        assert_eq!(findings.len(), 1, "{findings:?}");
        judge(&[], &mut findings);
        assert_eq!(findings.len(), 4, "what was not measured does not hold");
    }
}
