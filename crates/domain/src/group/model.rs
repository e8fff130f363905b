//! Groups as values, and the rule about who goes.

use crate::account::Username;
use crate::membership::Role;
use crate::text::Invalid;

/// Who is named to be in a group: 1 to 100 names, each once without regard to case. Whether its maker is among them
/// does not matter: they are in it anyway.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupMembers(Vec<Username>);

impl GroupMembers {
    /// The most names that a group is made of: they are read, stored and shown together.
    const MOST: usize = 100;

    /// Takes the names as they were written.
    pub fn new(mut names: Vec<Username>) -> Result<Self, Invalid> {
        names.sort_by_key(Username::key);
        names.dedup_by_key(|name| name.key());
        if (1..=Self::MOST).contains(&names.len()) {
            Ok(Self(names))
        } else {
            Err(Invalid::new(format!("must be 1 to {} usernames", Self::MOST)))
        }
    }

    /// All of them but one.
    #[must_use]
    pub fn without(self, name: &Username) -> Vec<Username> {
        self.0.into_iter().filter(|other| other.key() != name.key()).collect()
    }
}

/// What becomes of a group when one of its members goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leaving {
    /// The others stay as they are.
    Alone,
    /// The longest-standing of the others becomes admin first: a room keeps an admin.
    Succeeded,
    /// Nobody or one alone would stay: the group ends.
    EndsTheGroup,
}

/// The rule of groups. The counts are of before, read under the room's lock.
#[must_use]
pub fn leaving(role: Role, members: i64, admins: i64) -> Leaving {
    if members <= 2 {
        Leaving::EndsTheGroup
    } else if role == Role::Admin && admins <= 1 {
        Leaving::Succeeded
    } else {
        Leaving::Alone
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> Vec<Username> {
        names.iter().map(|name| Username::parse(name).unwrap()).collect()
    }

    #[test]
    fn a_name_counts_once_and_its_maker_not_at_all() {
        let companions = GroupMembers::new(names(&["bob", "Alice", "BOB"])).unwrap();
        assert_eq!(companions.without(&names(&["ALICE"])[0]), names(&["bob"]));
    }

    #[test]
    fn a_group_is_made_of_1_to_100_names() {
        assert!(GroupMembers::new(vec![]).is_err());
        let many = |n: usize| (0..n).map(|i| Username::parse(&format!("user-{i}")).unwrap()).collect();
        assert!(GroupMembers::new(many(100)).is_ok());
        assert!(GroupMembers::new(many(101)).is_err());
    }

    #[test]
    fn a_group_of_two_ends_a_last_admin_is_succeeded_and_others_just_go() {
        for members in [0, 1, 2] {
            assert_eq!(leaving(Role::Admin, members, 1), Leaving::EndsTheGroup);
            assert_eq!(leaving(Role::Member, members, 1), Leaving::EndsTheGroup);
        }
        assert_eq!(leaving(Role::Admin, 3, 1), Leaving::Succeeded);
        assert_eq!(leaving(Role::Admin, 3, 2), Leaving::Alone);
        assert_eq!(leaving(Role::Member, 3, 1), Leaving::Alone);
    }
}
