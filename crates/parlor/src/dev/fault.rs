//! The faults that a server for development has on purpose.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use tokio::time::Instant;

use super::packet::Packet;

/// The faults: chances from 0 to 1, and times.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Faults {
    /// The chance that the answer to a send is lost with its connection; the message is stored.
    drop_ack: f64,
    /// The time by which every answer and event is late.
    pub(super) delay: Duration,
    /// The time after which a connection is cut, on average.
    cut: Option<Duration>,
    /// The chance that an event comes twice.
    duplicate: f64,
    /// The time for which a token is valid.
    pub(super) expire_tokens: Option<Duration>,
}

impl Faults {
    /// Returns true where answers, events or connections are disturbed.
    pub(super) fn disturb_connections(&self) -> bool {
        *self != Self { expire_tokens: self.expire_tokens, ..Self::default() }
    }

    /// Returns the end of a connection that begins now: about the time of `cut` ahead.
    pub(super) fn end(&self) -> Option<Instant> {
        self.cut.map(|cut| Instant::now() + cut.mul_f64(0.5 + fastrand::f64()))
    }

    /// Decides if a packet is lost, and the connection with it.
    pub(super) fn loses(&self, packet: Packet) -> bool {
        packet == Packet::Answer && fastrand::f64() < self.drop_ack
    }

    /// Decides how many times a packet is delivered.
    pub(super) fn copies(&self, packet: Packet) -> usize {
        if packet == Packet::Event && fastrand::f64() < self.duplicate { 2 } else { 1 }
    }
}

impl fmt::Display for Faults {
    /// Lists the faults as they are given, or says how to get some.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let chance = |name: &str, chance: f64| (chance > 0.0).then(|| format!("{name}={chance}"));
        let time = |name: &str, time: Option<Duration>| time.map(|time| format!("{name}={time:?}"));
        let given = [
            chance("drop-ack", self.drop_ack),
            time("delay", Some(self.delay).filter(|delay| !delay.is_zero())),
            time("cut", self.cut),
            chance("duplicate", self.duplicate),
            time("expire-tokens", self.expire_tokens),
        ];
        match given.into_iter().flatten().collect::<Vec<_>>().join(", ").as_str() {
            "" => f.write_str("none; --fault adds some, such as --fault cut=30s,drop-ack=0.1"),
            given => f.write_str(given),
        }
    }
}

impl FromStr for Faults {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut faults = Self::default();
        let mut given = vec![];
        for part in text.split(',').map(str::trim) {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            if given.contains(&name) {
                return Err(format!("{name} is given twice"));
            }
            let named = |problem: &str| format!("{name} must be {problem}");
            match name {
                "drop-ack" => faults.drop_ack = chance(value).map_err(named)?,
                "duplicate" => faults.duplicate = chance(value).map_err(named)?,
                "delay" => faults.delay = time(value).map_err(named)?,
                "cut" => faults.cut = Some(time(value).map_err(named)?),
                "expire-tokens" => faults.expire_tokens = Some(whole_seconds(value).map_err(named)?),
                _ => {
                    return Err(format!(
                        "there is no fault {name:?}; there are drop-ack, delay, cut, duplicate and expire-tokens"
                    ));
                }
            }
            given.push(name);
        }
        Ok(faults)
    }
}

fn chance(text: &str) -> Result<f64, &'static str> {
    let chance = text.parse::<f64>().ok().filter(|chance| (0.0..=1.0).contains(chance));
    chance.ok_or("a chance from 0 to 1, such as 0.1")
}

fn time(text: &str) -> Result<Duration, &'static str> {
    let digits = text.trim_end_matches(|c: char| !c.is_ascii_digit());
    let unit = match &text[digits.len()..] {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        _ => 0,
    };
    let time = digits.parse::<u32>().ok().map(|count| Duration::from_millis(u64::from(count) * unit));
    time.filter(|time| !time.is_zero()).ok_or("a time such as 200ms, 30s or 5m")
}

fn whole_seconds(text: &str) -> Result<Duration, &'static str> {
    let time = time(text).ok().filter(|time| time.subsec_millis() == 0);
    time.ok_or("a time of whole seconds, at least 1s, such as 60s or 5m")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_named_with_their_chances_and_times() {
        let faults: Faults =
            "drop-ack=0.1, delay=200ms,cut=5m,duplicate=1,expire-tokens=60s".parse().unwrap();
        let expected = Faults {
            drop_ack: 0.1,
            delay: Duration::from_millis(200),
            cut: Some(Duration::from_mins(5)),
            duplicate: 1.0,
            expire_tokens: Some(Duration::from_mins(1)),
        };
        assert_eq!(faults, expected);
        assert_eq!(faults.to_string(), "drop-ack=0.1, delay=200ms, cut=300s, duplicate=1, expire-tokens=60s");
        assert!(Faults::default().to_string().starts_with("none; --fault"));
        assert!(faults.disturb_connections());
        assert!(!"expire-tokens=60s".parse::<Faults>().unwrap().disturb_connections());
    }

    #[test]
    fn a_fault_that_cannot_be_read_is_named() {
        for (text, problem) in [
            ("drop-akc=0.1", "there is no fault \"drop-akc\""),
            ("", "there is no fault \"\""),
            ("drop-ack", "drop-ack must be a chance"),
            ("drop-ack=1.5", "drop-ack must be a chance"),
            ("duplicate=NaN", "duplicate must be a chance"),
            ("delay=200", "delay must be a time"),
            ("delay=0s", "delay must be a time"),
            ("cut=-1s", "cut must be a time"),
            ("expire-tokens=1500ms", "expire-tokens must be a time of whole seconds"),
            ("expire-tokens=0s", "expire-tokens must be a time of whole seconds, at least 1s"),
            ("cut=1s,cut=2s", "cut is given twice"),
        ] {
            let error = text.parse::<Faults>().unwrap_err();
            assert!(error.starts_with(problem), "{text}: {error}");
        }
    }

    #[test]
    fn a_chance_of_one_is_certain_and_of_none_impossible() {
        let certain: Faults = "drop-ack=1,duplicate=1".parse().unwrap();
        assert!(certain.loses(Packet::Answer) && !certain.loses(Packet::Event));
        assert_eq!((certain.copies(Packet::Event), certain.copies(Packet::Answer)), (2, 1));
        let none = Faults::default();
        assert!(!none.loses(Packet::Answer) && none.end().is_none());
        assert_eq!(none.copies(Packet::Event), 1);
    }

    #[test]
    fn a_connection_is_cut_within_half_and_one_and_a_half_of_the_time() {
        let faults: Faults = "cut=10s".parse().unwrap();
        let now = Instant::now();
        for _ in 0..100 {
            let life = faults.end().unwrap() - now;
            assert!(life >= Duration::from_secs(5) && life < Duration::from_secs(16), "{life:?}");
        }
    }
}
