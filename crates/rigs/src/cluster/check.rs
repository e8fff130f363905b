//! The checks of what was answered, stored and received. Pure: they know no server.

use std::collections::{HashMap, HashSet};
use std::fmt;

/// A message as its sender was answered, as the history shows it, or as a receiver got it. Its content is its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Message {
    pub(crate) seq: i64,
    pub(crate) revision: i64,
    pub(crate) id: String,
    pub(crate) key: String,
}

/// The kinds of findings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Answered or stored, and then missing.
    Lost,
    /// There more than once.
    Doubled,
    /// Not in the order of the room, or not at the position of the answer.
    Misplaced,
    /// There, though no answer names it.
    Unknown,
    /// Anything else.
    Violation,
}

/// A fault that was found, and its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Finding(pub(crate) Fault, pub(crate) String);

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.0, self.1)
    }
}

/// Checks a room's history: places without a gap, rising revisions, each message once.
pub(crate) fn history(stored: &[Message]) -> Vec<Finding> {
    let mut findings = vec![];
    let (mut ids, mut keys) = (HashSet::new(), HashSet::new());
    let mut before = 0;
    for (place, message) in (1..).zip(stored) {
        if message.seq != place {
            findings.push(Finding(Fault::Misplaced, format!("{message:?} is stored at place {place}")));
        }
        if message.revision <= before {
            findings.push(Finding(Fault::Misplaced, format!("{message:?} comes after revision {before}")));
        }
        if !ids.insert(&message.id) || !keys.insert(&message.key) {
            findings.push(Finding(Fault::Doubled, format!("{message:?} is stored again")));
        }
        before = message.revision;
    }
    findings
}

/// Checks that what was answered is stored, and nothing else is.
pub(crate) fn answers(stored: &[Message], answered: &[Message]) -> Vec<Finding> {
    let by_key: HashMap<&str, &Message> =
        stored.iter().map(|message| (message.key.as_str(), message)).collect();
    let mut findings = vec![];
    let mut keys = HashSet::new();
    for answer in answered {
        keys.insert(answer.key.as_str());
        match by_key.get(answer.key.as_str()) {
            None => findings.push(Finding(Fault::Lost, format!("{answer:?} was answered"))),
            Some(message) if *message != answer => {
                findings.push(Finding(Fault::Misplaced, format!("{answer:?} was answered of {message:?}")));
            }
            Some(_) => {}
        }
    }
    for message in stored.iter().filter(|message| !keys.contains(message.key.as_str())) {
        findings.push(Finding(Fault::Unknown, format!("{message:?} is stored and was never answered")));
    }
    findings
}

/// Checks that a receiver got what is stored, each message once and in order.
pub(crate) fn deliveries(receiver: &str, stored: &[Message], received: &[Message]) -> Vec<Finding> {
    let by_id: HashMap<&str, &Message> =
        stored.iter().map(|message| (message.id.as_str(), message)).collect();
    let mut findings = vec![];
    let mut known = HashSet::new();
    let mut before = 0;
    for message in received {
        if !known.insert(message.id.as_str()) {
            findings.push(Finding(Fault::Doubled, format!("{receiver} received {message:?} again")));
            continue;
        }
        if message.revision <= before {
            findings
                .push(Finding(Fault::Misplaced, format!("{receiver} received {message:?} after {before}")));
        }
        before = before.max(message.revision);
        match by_id.get(message.id.as_str()) {
            None => findings.push(Finding(Fault::Unknown, format!("{receiver} received {message:?}"))),
            Some(stored) if *stored != message => {
                findings.push(Finding(
                    Fault::Misplaced,
                    format!("{receiver} received {message:?} of {stored:?}"),
                ));
            }
            Some(_) => {}
        }
    }
    for message in stored.iter().filter(|message| !known.contains(message.id.as_str())) {
        findings.push(Finding(Fault::Lost, format!("{receiver} has not received {message:?}")));
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Makes so many messages in order, after the revision of a member who joined.
    fn room(count: i64) -> Vec<Message> {
        let message =
            |seq| Message { seq, revision: seq + 1, id: format!("id-{seq}"), key: format!("key-{seq}") };
        (1..=count).map(message).collect()
    }

    fn flaws(findings: &[Finding]) -> Vec<Fault> {
        findings.iter().map(|finding| finding.0).collect()
    }

    #[test]
    fn a_complete_run_has_no_findings() {
        let stored = room(5);
        assert_eq!(history(&stored), []);
        assert_eq!(deliveries("ws", &stored, &stored), []);
        // Answers come in any order.
        let answered: Vec<_> = stored.iter().rev().cloned().collect();
        assert_eq!(answers(&stored, &answered), []);
    }

    #[test]
    fn a_lost_message_is_found() {
        let stored = room(5);
        let without_the_third: Vec<_> = stored.iter().filter(|message| message.seq != 3).cloned().collect();
        assert_eq!(flaws(&answers(&without_the_third, &stored)), [Fault::Lost]);
        assert_eq!(flaws(&deliveries("ws", &stored, &without_the_third)), [Fault::Lost]);
        assert_eq!(flaws(&history(&without_the_third)), [Fault::Misplaced; 2], "a gap moves those after it");
        assert_eq!(flaws(&deliveries("ws", &stored, &stored[..4])), [Fault::Lost], "the last one, too");
    }

    #[test]
    fn a_doubled_message_is_found() {
        let mut stored = room(5);
        let answered = stored.clone();
        // The same key once more, at a place of its own.
        stored.push(Message { key: "key-2".to_owned(), ..room(6).remove(5) });
        assert_eq!(flaws(&history(&stored)), [Fault::Doubled]);
        assert!(!answers(&stored, &answered).is_empty(), "the answer names the other one");
        let mut received = answered.clone();
        received.push(answered[4].clone());
        assert_eq!(flaws(&deliveries("sse", &answered, &received)), [Fault::Doubled]);
    }

    #[test]
    fn messages_in_the_wrong_order_are_found() {
        let stored = room(5);
        let mut swapped = stored.clone();
        swapped.swap(1, 2);
        assert_eq!(flaws(&deliveries("ws", &stored, &swapped)), [Fault::Misplaced]);
        assert_eq!(flaws(&history(&swapped)), [Fault::Misplaced; 3]);
    }

    #[test]
    fn a_message_at_another_place_than_answered_is_found() {
        let stored = room(5);
        let mut answered = stored.clone();
        answered[0].seq = 2;
        assert_eq!(flaws(&answers(&stored, &answered)), [Fault::Misplaced]);
        assert_eq!(flaws(&deliveries("ws", &stored, &answered)), [Fault::Misplaced]);
    }

    #[test]
    fn a_message_that_was_never_sent_is_found() {
        let stored = room(5);
        assert_eq!(flaws(&answers(&stored, &stored[..4])), [Fault::Unknown]);
        assert_eq!(flaws(&deliveries("ws", &stored[..4], &stored)), [Fault::Unknown]);
    }
}
