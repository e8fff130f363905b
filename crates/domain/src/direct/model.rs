//! The participants of direct rooms as values.

use sha2::{Digest, Sha256};

use crate::UserId;
use crate::account::{Identity, UserRef, Username};
use crate::idempotency::Call;
use crate::message::ClientKey;
use crate::text::Invalid;

/// People as a caller names them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NamedPeople {
    /// By their ids.
    Ids(Vec<UserId>),
    /// By their names, regardless of case.
    Names(Vec<Username>),
}

/// The participants of a direct room besides the caller: 1 to 9, each once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OtherPeople(NamedPeople);

impl OtherPeople {
    /// The most people besides the caller.
    pub const MOST: usize = 9;

    /// Removes the caller and repeats; `Err` where fewer than 1 or more than 9 people remain.
    pub fn new(named: NamedPeople, caller: &UserRef) -> Result<Self, Invalid> {
        let (others, left) = match named {
            NamedPeople::Ids(mut ids) => {
                ids.retain(|id| *id != caller.id);
                ids.sort();
                ids.dedup();
                let left = ids.len();
                (NamedPeople::Ids(ids), left)
            }
            NamedPeople::Names(mut names) => {
                names.retain(|name| name.key() != caller.username.key());
                names.sort_by_key(Username::key);
                names.dedup_by_key(|name| name.key());
                let left = names.len();
                (NamedPeople::Names(names), left)
            }
        };
        if (1..=Self::MOST).contains(&left) {
            Ok(Self(others))
        } else {
            Err(Invalid::new(format!("must name 1 to {} people besides the caller", Self::MOST)))
        }
    }

    /// Returns the number of people.
    pub(crate) fn count(&self) -> usize {
        match &self.0 {
            NamedPeople::Ids(ids) => ids.len(),
            NamedPeople::Names(names) => names.len(),
        }
    }

    /// Returns the people as they are named.
    pub(crate) fn named(self) -> NamedPeople {
        self.0
    }

    /// Returns the call for a direct room with these people. Their order, and repeats, make no other call.
    pub(crate) fn call(&self, caller: &Identity, key: &ClientKey) -> Call {
        let (kind, people): (_, Vec<String>) = match &self.0 {
            NamedPeople::Ids(ids) => ("ids", ids.iter().map(ToString::to_string).collect()),
            NamedPeople::Names(names) => ("names", names.iter().map(Username::key).collect()),
        };
        let body: Vec<Option<&str>> =
            std::iter::once(kind).chain(people.iter().map(String::as_str)).map(Some).collect();
        Call::new(caller.user.id, "directs", key, &body)
    }
}

/// The key of a direct room, the same for the same people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct DirectKey(pub [u8; 32]);

impl DirectKey {
    /// Returns the key of these people, in any order.
    #[must_use]
    pub fn of(participants: &[UserRef]) -> Self {
        let mut ids: Vec<UserId> = participants.iter().map(|user| user.id).collect();
        ids.sort();
        let mut digest = Sha256::new();
        for id in ids {
            digest.update(id.0.as_bytes());
        }
        Self(digest.finalize().into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{caller, user, user_id};

    fn ids(ids: &[u128]) -> NamedPeople {
        NamedPeople::Ids(ids.iter().copied().map(user_id).collect())
    }

    fn names(names: &[&str]) -> NamedPeople {
        NamedPeople::Names(names.iter().map(|name| Username::parse(name).unwrap()).collect())
    }

    #[test]
    fn the_caller_and_repeats_are_passed_over() {
        let of = |named| OtherPeople::new(named, &user(1)).unwrap().named();
        assert_eq!(of(ids(&[3, 1, 2, 3])), ids(&[2, 3]));
        assert_eq!(of(names(&["Bob", "USER-1", "alice", "BOB"])), names(&["alice", "Bob"]));
    }

    #[test]
    fn from_1_to_9_people_must_remain() {
        let many: Vec<u128> = (1..=10).collect();
        for (named, allowed) in [
            (ids(&[]), false),
            (ids(&[1, 1]), false),
            (names(&["user-1"]), false),
            (ids(&[2]), true),
            (ids(&many), true),
            (ids(&[&many[..], &[11]].concat()), false),
        ] {
            let others = OtherPeople::new(named.clone(), &user(1));
            assert_eq!(others.is_ok(), allowed, "{named:?}");
        }
    }

    #[test]
    fn a_key_stands_for_a_set_of_people() {
        let key = |people: &[u128]| DirectKey::of(&people.iter().map(|n| user(*n)).collect::<Vec<_>>());
        assert_eq!(key(&[1, 2, 3]), key(&[3, 1, 2]));
        assert_ne!(key(&[1, 2]), key(&[1, 3]));
        assert_ne!(key(&[1, 2]), key(&[1, 2, 3]));
    }

    #[test]
    fn calls_for_the_same_people_are_the_same() {
        let call = |named, key: &str| {
            let others = OtherPeople::new(named, &user(1)).unwrap();
            others.call(&caller(1), &ClientKey::parse(key).unwrap())
        };
        assert_eq!(call(ids(&[2, 3]), "k"), call(ids(&[3, 1, 2, 2]), "k"));
        assert_ne!(call(ids(&[2, 3]), "k").fingerprint, call(ids(&[2]), "k").fingerprint);
        assert_ne!(call(ids(&[2, 3]), "k").id, call(ids(&[2, 3]), "l").id);
        assert_eq!(call(names(&["bob"]), "k"), call(names(&["BOB"]), "k"));
    }
}
